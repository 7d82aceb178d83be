/*
 * What the YAML parser says, in words for somebody who writes rules and knows no YAML.
 *
 * The parser names the place and its own notion of the mistake; the line at that place tells what
 * was meant. Because it stops at its first error, the rest of the file is searched line by line for
 * values that need quotes and have none, and for tabs: those two are sure enough to be reported
 * without the parser's word. Block scalars are passed over.
 */
#include "compile/yaml.h"

#include "base/span.h"

static void
report(const struct source_file *file, uint32_t line, uint32_t column, weir_diags *diags,
       const char *message)
{
    struct weir__place at = {file->path, line, column, 1, weir__line_of(file, line)};

    weir__diag_add(diags, WEIR_ERROR, &at, "%s", message);
}

static bool
has_bad_escape(weir_span v)
{
    for (size_t i = 0; i + 1 < v.len; i++) {
        if (v.p[i] != '\\')
            continue;
        if (!memchr("0abtnvfre \"/\\N_LPxuU", v.p[i + 1], 20))
            return true;
        i++;
    }
    return false;
}

/* The inside of the first double-quoted part of a line that has a bad escape; {NULL, 0}: none. */
static weir_span
badly_escaped(weir_span line)
{
    for (size_t i = 0; i < line.len; i++) {
        if (line.p[i] == '\'') {
            i += 1 + span_find(span_skip(line, i + 1), '\'');
            continue;
        }
        if (line.p[i] != '"')
            continue;
        weir_span inner = span_skip(line, i + 1);
        size_t n = 0;
        while (n < inner.len && inner.p[n] != '"')
            n += inner.p[n] == '\\' ? 2 : 1;
        inner.len = n < inner.len ? n : inner.len;
        if (has_bad_escape(inner))
            return inner;
        i += inner.len + 1;
    }
    return SPAN_NONE;
}

/* A mistake that a line of its own shows. */
struct mistake {
    const char *message; /* NULL: it looks sound */
    uint32_t column;     /* 0: not known better than by the parser */
};

static struct mistake
mistake_at(weir_span line, const char *at, const char *message)
{
    return (struct mistake){message, weir__span_width(span_head(line, (size_t)(at - line.p))) + 1};
}

/* An entry inside brackets that needs quotes and has none. What stands behind `#` and ends in a
   bracket is no comment. */
static struct mistake
mistake_inside(weir_span line, struct arena *work)
{
    static const char firsts[] = "@*&!%`#";

    for (size_t i = 0; i + 1 < sizeof firsts; i++) {
        weir_span entry = weir__flow_entry(line, firsts[i]);
        size_t n = 0;
        while (n < entry.len && !strchr(",]} ", entry.p[n]))
            n++;
        if (n < 2 || (firsts[i] == '#' && span_find(entry, ']') == entry.len))
            continue;
        return mistake_at(line, entry.p,
                          arena_printf(work, "%s: write \"%.*s\"",
                                       firsts[i] == '#' ? "without quotes # begins a comment"
                                                        : weir__needs_quotes(firsts[i]),
                                       (int)n, entry.p));
    }
    return (struct mistake){NULL, 0};
}

/* A line's indentation, dash and key: what stands there as a blank should be a space. */
static weir_span
front_of(weir_span line)
{
    size_t n = 0;

    while (n < line.len && (line.p[n] & 0x80 || line.p[n] == ' ' || line.p[n] == '-'))
        n++;
    while (n < line.len && (ascii_lower(line.p[n]) >= 'a' && ascii_lower(line.p[n]) <= 'z'))
        n++;
    if (n < line.len && line.p[n] == ':')
        for (n++; n < line.len && line.p[n] & 0x80; n++)
            continue;
    return span_head(line, n);
}

static struct mistake
mistake_in(weir_span line, const struct weir__value *v, struct arena *work)
{
    const char *why = v->text.len ? weir__needs_quotes(v->text.p[0]) : NULL;

    if (why)
        return mistake_at(line, v->text.p,
                          arena_printf(work, "%s: write \"%.*s\"", why, SPAN_FMT(v->text)));
    weir_span escaped = badly_escaped(line);
    if (escaped.p)
        return (struct mistake){
            arena_printf(work,
                         "in double quotes a backslash begins an escape, and this is none that "
                         "YAML knows: use single quotes, '%.*s'",
                         SPAN_FMT(escaped)),
            0};
    const char *odd = weir__odd_blank(work, front_of(line));
    if (odd)
        return mistake_at(line, line.p, odd);
    weir_span regex = weir__bare_regex(line, v->text);
    if (regex.p && weir__is_cut_regex(regex))
        return mistake_at(line, regex.p, weir__quote_regex(work, regex));
    for (size_t i = 0; i < line.len && (line.p[i] == ' ' || line.p[i] == '\t'); i++)
        if (line.p[i] == '\t')
            return mistake_at(
                line, line.p + i,
                "a tab stands here for indentation, which YAML does not allow: use spaces");
    return mistake_inside(line, work);
}

/* The parser's most common complaints, by a word of theirs. */
static const char *
translate(const char *says)
{
    static const struct {
        const char *word, *text;
    } words[] = {
        {"nested block mapping on the same line",
         "two colons on one line: a value that holds \": \" needs quotes"},
        {"double-quoted scalar", "a double quote is opened here and not closed as it should be"},
        {"single-quoted scalar", "a single quote is opened here and not closed as it should be; "
                                 "inside single quotes, write '' for one"},
        {"tab character", "a tab stands here for indentation, which YAML does not allow: use "
                          "spaces"},
        {"indent", "the indentation does not fit the lines above: entries of one list or one "
                   "map begin in the same column"},
        {"flow", "a bracket or brace is opened and not closed, or a comma is missing between two "
                 "entries"},
        {"mapping", "a `key: value` was expected here: is a colon, or the space behind it, "
                    "missing?"},
        {"sequence", "a list entry was expected here: each begins with \"- \" in one column"},
        {"multiline plain key", "the next line is indented more than this one, so YAML reads the "
                                "two as one value: begin both in one column"},
        {"expected ':'", "a `key: value` was expected here: the space behind a colon is missing, "
                         "or the colon"},
        {"utf", "this is no UTF-8: save the file as UTF-8"},
    };

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(says, words[i].word))
            return words[i].text;
    return NULL;
}

static struct mistake
explain_place(const struct source_file *file, uint32_t line, const char *says, struct arena *work)
{
    weir_span text = weir__line_of(file, line);
    struct weir__value v = weir__value_of(text);
    struct mistake own = mistake_in(text, &v, work);

    if (own.message)
        return own;
    weir_span regex = weir__bare_regex(text, v.text);
    if (regex.p)
        return (struct mistake){weir__quote_regex(work, regex), 0};
    const char *translated = translate(says);
    return (struct mistake){
        translated ? arena_printf(work, "%s (the YAML reader says: %s)", translated, says)
                   : arena_printf(work, "this cannot be read as YAML: %s", says),
        0};
}

/* The indentation of a block scalar's parent, when the line begins one ("key: |"); else -1. */
static int
begins_block(weir_span line)
{
    weir_span t = weir__span_trim(line);
    int indent = 0;

    while ((size_t)indent < line.len && line.p[indent] == ' ')
        indent++;
    for (size_t i = t.len; i > 0 && i + 3 > t.len; i--)
        if (i >= 2 && (t.p[i - 1] == '|' || t.p[i - 1] == '>') && t.p[i - 2] == ' ')
            return indent;
    return -1;
}

static int
indent_of(weir_span line)
{
    int n = 0;

    while ((size_t)n < line.len && line.p[n] == ' ')
        n++;
    return n;
}

static void
search_rest(const struct source_file *file, uint32_t reported, struct arena *work,
            weir_diags *diags)
{
    int block = -1;
    weir_span rest = file->text;

    for (uint32_t n = 1; rest.len; n++) {
        weir_span line = span_head(rest, span_find(rest, '\n'));
        rest = span_skip(rest, line.len < rest.len ? line.len + 1 : line.len);
        weir_span t = weir__span_trim(line);
        if (block >= 0 && (t.len == 0 || indent_of(line) > block))
            continue;
        block = begins_block(line);
        if (n == reported || t.len == 0 || t.p[0] == '#')
            continue;
        struct weir__value v = weir__value_of(line);
        struct mistake m = mistake_in(line, &v, work);
        if (m.message)
            report(file, n, m.column ? m.column : v.column, diags, m.message);
    }
}

/* Is there nothing but blank lines from this one on? */
static bool
is_end(const struct source_file *file, uint32_t line)
{
    weir_span s = weir__line_of(file, line);

    if (s.p)
        s.len = (size_t)(file->text.p + file->text.len - s.p);
    return span_is_blank(s);
}

void
weir__yaml_explain(const struct source_file *file, uint32_t line, uint32_t column,
                   const char *parser_says, struct arena *work, weir_diags *diags)
{
    struct mistake m = explain_place(file, line, parser_says, work);
    size_t before = weir_diags_count(diags);
    bool at_end = is_end(file, line); /* it looked for something in vain that stands further up */

    if (!at_end)
        report(file, line, m.column ? m.column : column, diags, m.message);
    search_rest(file, line, work, diags);
    if (at_end && weir_diags_count(diags) == before)
        report(file, line, column, diags, m.message);
}

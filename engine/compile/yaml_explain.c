/*
 * What the YAML parser says, in words for somebody who writes rules and knows no YAML.
 *
 * The parser names the place and its own notion of the mistake; the line at that place tells what
 * was meant. Because it stops at its first error, the rest of the file is searched line by line for
 * values that begin with a character that needs quotes, and for tabs: those two are sure enough to
 * be reported without the parser's word. Block scalars are passed over.
 */
#include "compile/yaml.h"

#include "base/span.h"

/* A line's value: what stands behind its `- ` and `key: `, and where. */
struct value {
    weir_span text;  /* without a comment behind it, trimmed */
    uint32_t column; /* in code points, from 1 */
};

static weir_span
skip_blank(weir_span s)
{
    while (s.len && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = span_skip(s, 1);
    return s;
}

static bool
is_key_char(char c)
{
    return ascii_is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || c == '_' ||
           c == '-' || c == '.';
}

/* Past `key:` and a blank, if the span begins so. */
static weir_span
skip_key(weir_span s)
{
    size_t n = 0;

    while (n < s.len && is_key_char(s.p[n]))
        n++;
    if (n && n + 1 < s.len && s.p[n] == ':' && s.p[n + 1] == ' ')
        return skip_blank(span_skip(s, n + 1));
    return s;
}

static struct value
value_of(weir_span line)
{
    weir_span s = skip_blank(line);

    while (s.len > 1 && s.p[0] == '-' && (s.p[1] == ' ' || s.p[1] == '\t'))
        s = skip_blank(span_skip(s, 1));
    s = skip_key(s);
    uint32_t column = weir__span_width(span_head(line, (size_t)(s.p - line.p))) + 1;
    for (size_t i = 1; i + 1 < s.len; i++)
        if (s.p[i] == '#' && s.p[i - 1] == ' ' && s.p[0] != '"' && s.p[0] != '\'')
            s.len = i;
    return (struct value){weir__span_trim(s), column};
}

static void
report(const struct source_file *file, uint32_t line, uint32_t column, weir_diags *diags,
       const char *message)
{
    struct weir__place at = {file->path, line, column, 1, weir__line_of(file, line)};

    weir__diag_add(diags, WEIR_ERROR, &at, "%s", message);
}

/* Why a value that begins like this needs quotes; NULL when it does not. */
static const char *
needs_quotes(char first)
{
    switch (first) {
    case '@':
        return "a value cannot begin with @ unless it stands in quotes";
    case '*':
        return "YAML takes a value that begins with * for an alias; a glob needs quotes";
    case '&':
        return "YAML takes a value that begins with & for an anchor; it needs quotes";
    case '!':
        return "YAML takes a value that begins with ! for a tag; it needs quotes";
    case '%':
        return "a value cannot begin with % unless it stands in quotes";
    case '`':
        return "a value cannot begin with ` unless it stands in quotes";
    default:
        return NULL;
    }
}

/* A regex that stands in the line without quotes, as the value or inside brackets; {NULL, 0}:
   there is none. It ends at the line's last slash: that is where a regex ends. */
static weir_span
bare_regex(weir_span line, weir_span value)
{
    size_t from = line.len, last = line.len;

    if (value.len > 1 && value.p[0] == '/')
        from = (size_t)(value.p - line.p);
    for (size_t i = 1; i < line.len && from == line.len; i++)
        if (line.p[i] == '/' && strchr("[,", line.p[i - 1 - (i > 1 && line.p[i - 1] == ' ')]))
            from = i;
    if (from == line.len)
        return SPAN_NONE;
    while (last > from + 1 && line.p[last - 1] != '/')
        last--;
    return (weir_span){line.p + from, last - from};
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

/* What is wrong with a line of its own, in our words; NULL when it looks sound. */
static const char *
mistake_in(weir_span line, const struct value *v, struct arena *work)
{
    const char *why = v->text.len ? needs_quotes(v->text.p[0]) : NULL;

    if (why)
        return arena_printf(work, "%s: write \"%.*s\"", why, SPAN_FMT(v->text));
    weir_span escaped = badly_escaped(line);
    if (escaped.p)
        return arena_printf(work,
                            "in double quotes a backslash begins an escape, and this is none that "
                            "YAML knows: use single quotes, '%.*s'",
                            SPAN_FMT(escaped));
    for (size_t i = 0; i < line.len && (line.p[i] == ' ' || line.p[i] == '\t'); i++)
        if (line.p[i] == '\t')
            return "a tab stands here for indentation, which YAML does not allow: use spaces";
    return NULL;
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

static const char *
explain_place(const struct source_file *file, uint32_t line, const struct value *v,
              const char *says, struct arena *work)
{
    const char *own = mistake_in(weir__line_of(file, line), v, work);

    if (own)
        return own;
    weir_span regex = bare_regex(weir__line_of(file, line), v->text);
    if (regex.p)
        return arena_printf(work,
                            "a regex must stand in single quotes, since YAML gives meaning to some "
                            "of its characters: write '%.*s'",
                            SPAN_FMT(regex));
    const char *translated = translate(says);
    if (translated)
        return arena_printf(work, "%s (the YAML reader says: %s)", translated, says);
    return arena_printf(work, "this cannot be read as YAML: %s", says);
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
        struct value v = value_of(line);
        const char *mistake = mistake_in(line, &v, work);
        if (mistake)
            report(file, n, v.column, diags, mistake);
    }
}

void
weir__yaml_explain(const struct source_file *file, uint32_t line, uint32_t column,
                   const char *parser_says, struct arena *work, weir_diags *diags)
{
    struct value v = value_of(weir__line_of(file, line));

    report(file, line, column, diags, explain_place(file, line, &v, parser_says, work));
    search_rest(file, line, work, diags);
}

const char *
weir__empty_hint(struct arena *work, const struct node *n)
{
    weir_span line = weir__line_of(n->file, n->line);
    weir_span s = skip_blank(line);

    while (s.len && s.p[0] == '-' && (s.len == 1 || s.p[1] == ' '))
        s = skip_blank(span_skip(s, 1));
    s = weir__span_trim(skip_key(s));
    if (s.len > 1 && s.p[0] == '#' && s.p[1] != ' ')
        return arena_printf(work,
                            "this entry is empty, because without quotes # begins a comment: write "
                            "\"%.*s\"",
                            SPAN_FMT(s));
    return "a value is missing here";
}

/*
 * Values without quotes: where they stand in a line, which of them YAML reads otherwise than their
 * author meant, and the fix.
 */
#include "compile/yaml.h"

#include "base/span.h"

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

struct weir__value
weir__value_of(weir_span line)
{
    weir_span s = skip_blank(line);

    while (s.len > 1 && s.p[0] == '-' && (s.p[1] == ' ' || s.p[1] == '\t'))
        s = skip_blank(span_skip(s, 1));
    s = skip_key(s);
    uint32_t column = weir__span_width(span_head(line, (size_t)(s.p - line.p))) + 1;
    for (size_t i = 1; i + 1 < s.len; i++)
        if (s.p[i] == '#' && s.p[i - 1] == ' ' && s.p[0] != '"' && s.p[0] != '\'')
            s.len = i;
    return (struct weir__value){weir__span_trim(s), column};
}

const char *
weir__needs_quotes(char first)
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

weir_span
weir__flow_entry(weir_span line, char first)
{
    bool inside = false, begins = false;

    for (size_t i = 0; i < line.len; i++) {
        char c = line.p[i];
        if (inside && begins && c == first)
            return span_skip(line, i);
        if (begins && (c == '"' || c == '\''))
            i += 1 + span_find(span_skip(line, i + 1), c);
        inside = inside || c == '[' || c == '{';
        begins = strchr("[{,", c) || (c == ' ' && (begins || (i && line.p[i - 1] == ':')));
    }
    return SPAN_NONE;
}

/* May a regex end in front of this, which stands behind a slash? */
static bool
ends_value(weir_span rest)
{
    if (rest.len && rest.p[0] == 'x')
        rest = span_skip(rest, 1);
    weir_span s = skip_blank(rest);
    return s.len == 0 || strchr(",]}\r", s.p[0]) || (s.p[0] == '#' && s.len < rest.len);
}

/* The regex that begins here, without quotes, up to the slash that its author meant to end it. */
static weir_span
regex_at(weir_span rest)
{
    for (size_t i = 1; i < rest.len; i++)
        if (rest.p[i] == '/' && rest.p[i - 1] != '\\' && ends_value(span_skip(rest, i + 1)))
            return span_head(rest, i + 1 + (i + 1 < rest.len && rest.p[i + 1] == 'x'));
    return SPAN_NONE;
}

weir_span
weir__bare_regex(weir_span line, weir_span value)
{
    weir_span from = value.len > 1 && value.p[0] == '/'
                         ? span_skip(line, (size_t)(value.p - line.p))
                         : weir__flow_entry(line, '/');

    return from.p ? regex_at(from) : SPAN_NONE;
}

bool
weir__is_cut_regex(weir_span regex)
{
    for (size_t i = 0; i + 1 < regex.len; i++)
        if ((regex.p[i] == ':' && regex.p[i + 1] == ' ') ||
            (regex.p[i] == ' ' && regex.p[i + 1] == '#'))
            return true;
    return false;
}

const char *
weir__quote_regex(struct arena *work, weir_span regex)
{
    char *p = arena_alloc(work, 2 * regex.len + 1);
    size_t n = 0;

    for (size_t i = 0; i < regex.len; i++) {
        if (regex.p[i] == '\'')
            p[n++] = '\'';
        p[n++] = regex.p[i];
    }
    return arena_printf(work,
                        "a regex must stand in single quotes, since YAML gives meaning to some of "
                        "its characters: write '%.*s'",
                        (int)n, p);
}

const char *
weir__regex_hint(struct arena *work, const struct node *n)
{
    const struct node *at = n->kind == NODE_MAP && n->n ? n->keys[0] : n;

    if (at->kind != NODE_SCALAR || at->quoted || !span_starts(at->text, "/"))
        return NULL;
    weir_span regex = regex_at(weir__rest_of_line(at));
    return regex.len > at->text.len && weir__is_cut_regex(regex) ? weir__quote_regex(work, regex)
                                                                 : NULL;
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

/*
 * What word processors, web pages and other formats leave around a value: typographic quotes,
 * blanks that are no spaces, and in list files the signs of YAML.
 */
#include "compile/tree.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

/* “ ” „ ‟ ‘ ’ ‚ ‛ « » ‹ › */
static bool
is_typographic_quote(UChar32 c)
{
    return (c >= 0x2018 && c <= 0x201F) || c == 0xAB || c == 0xBB || c == 0x2039 || c == 0x203A;
}

/* An apostrophe is none by itself. */
static bool
are_quotes(UChar32 first, UChar32 last)
{
    bool single = (first >= 0x2018 && first <= 0x201B) || (last >= 0x2018 && last <= 0x201B);

    if (is_typographic_quote(first) && is_typographic_quote(last))
        return true;
    return !single && (is_typographic_quote(first) || is_typographic_quote(last));
}

static bool
is_odd_blank(UChar32 c)
{
    return c >= 0x80 && u_charType(c) == U_SPACE_SEPARATOR;
}

static UChar32
first_of(weir_span s, size_t *len)
{
    UChar32 c = -1;

    *len = 0;
    if (s.len)
        U8_NEXT((const uint8_t *)s.p, *len, s.len, c);
    return c;
}

static UChar32
last_of(weir_span s, size_t *len)
{
    size_t i = s.len;

    while (i && ((unsigned char)s.p[--i] & 0xC0) == 0x80)
        continue;
    UChar32 c = first_of(span_skip(s, i), len);
    *len = s.len - i;
    return c;
}

/* Without the quotes and blanks at either end. */
static weir_span
inside_of(weir_span s)
{
    size_t n;

    for (UChar32 c; (c = first_of(s, &n)) >= 0 && (is_typographic_quote(c) || is_odd_blank(c));)
        s = span_skip(s, n);
    for (UChar32 c; (c = last_of(s, &n)) >= 0 && (is_typographic_quote(c) || is_odd_blank(c));)
        s.len -= n;
    return s;
}

const char *
weir__odd_blank(struct arena *work, weir_span s)
{
    for (size_t at = 0; at < s.len;) {
        UChar32 c;
        U8_NEXT((const uint8_t *)s.p, at, s.len, c);
        if (c >= 0 && is_odd_blank(c))
            return arena_printf(work,
                                "%s (U+%04X) stands here, which is read as a letter: type an "
                                "ordinary space",
                                c == 0xA0 ? "a no-break space" : "a blank that is no space",
                                (unsigned)c);
    }
    return NULL;
}

const char *
weir__odd_edges(struct arena *work, weir_span s, bool in_list_file)
{
    size_t n;
    UChar32 first = first_of(s, &n), last = last_of(s, &n);
    weir_span inside = inside_of(s);

    if (!are_quotes(first, last))
        return inside.len < s.len ? weir__odd_blank(work, s) : NULL;
    if (in_list_file)
        return arena_printf(work, "entries of list files stand without quotes: write %.*s",
                            SPAN_FMT(inside));
    return arena_printf(work,
                        "these are typographic quotes, as word processors make them, and to YAML "
                        "they are part of the value: write straight quotes, '%.*s'",
                        SPAN_FMT(inside));
}

/* Where ` #` begins what may be meant for a comment; behind `id:1 @handle` all is a note. */
static size_t
comment_in(weir_span s)
{
    size_t from = 0;

    if (s.p[0] == '/') /* a regex may hold it */
        for (size_t i = 1; i < s.len; i++)
            from = s.p[i] == '/' ? i : from;
    for (size_t i = from; i + 1 < s.len; i++) {
        bool blank = s.p[i] == ' ' || s.p[i] == '\t';
        if (blank && s.p[i + 1] == '@')
            break;
        if (blank && s.p[i + 1] == '#')
            return i;
    }
    return s.len;
}

static weir_span
without_comma(weir_span s)
{
    return s.len > 1 && s.p[s.len - 1] == ',' ? weir__span_trim(span_head(s, s.len - 1)) : s;
}

const char *
weir__list_line_hint(struct arena *work, weir_span line)
{
    weir_span s = without_comma(line);
    size_t comment = comment_in(line);

    if (span_starts(s, "- "))
        return arena_printf(work,
                            "a list file is no YAML, and its entries stand without \"- \": "
                            "write %.*s",
                            SPAN_FMT(weir__span_trim(span_skip(s, 2))));
    if (s.len > 2 && (s.p[0] == '"' || s.p[0] == '\'') && s.p[s.len - 1] == s.p[0])
        return arena_printf(work, "entries of list files stand without quotes: write %.*s",
                            (int)s.len - 2, s.p + 1);
    if (comment == line.len)
        return NULL;
    weir_span entry = without_comma(weir__span_trim(span_head(line, comment)));
    weir_span behind = span_skip(line, comment + 2);
    if (behind.len && behind.p[0] != ' ' && behind.p[0] != '\t')
        return "a list file has one entry a line, and a comment stands on a line of its own";
    return arena_printf(work,
                        "in a list file a comment stands on a line of its own, \"# \" in front: "
                        "write %.*s here",
                        SPAN_FMT(entry));
}

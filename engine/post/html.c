/*
 * HTML to the text that its reader sees, for Mastodon's `content` where a status has no `tags`.
 *
 * Not a parser of HTML: servers write a small clean part of it. Tags and comments are dropped,
 * their text kept (that of `invisible` spans too: it is in the page); `<br>` and blocks are line
 * breaks; character references are decoded, of the named ones those below. Nothing grows: the
 * text is never longer than the HTML, and everything is one pass.
 */
#include "post/read.h"

/* Names of character references that servers, or whoever wants to hide a tag, may use. */
static const struct {
    const char *name;
    uint16_t cp;
} references[] = {
    {"amp", '&'},       {"lt", '<'},        {"gt", '>'},        {"quot", '"'},
    {"apos", '\''},     {"nbsp", 0xA0},     {"num", '#'},       {"commat", '@'},
    {"lowbar", '_'},    {"shy", 0xAD},      {"hellip", 0x2026}, {"ndash", 0x2013},
    {"mdash", 0x2014},  {"lsquo", 0x2018},  {"rsquo", 0x2019},  {"sbquo", 0x201A},
    {"ldquo", 0x201C},  {"rdquo", 0x201D},  {"bdquo", 0x201E},  {"laquo", 0xAB},
    {"raquo", 0xBB},    {"bull", 0x2022},   {"middot", 0xB7},   {"copy", 0xA9},
    {"reg", 0xAE},      {"trade", 0x2122},  {"deg", 0xB0},      {"euro", 0x20AC},
    {"pound", 0xA3},    {"yen", 0xA5},      {"cent", 0xA2},     {"sect", 0xA7},
    {"para", 0xB6},     {"times", 0xD7},    {"divide", 0xF7},   {"iexcl", 0xA1},
    {"iquest", 0xBF},   {"ordf", 0xAA},     {"ordm", 0xBA},     {"micro", 0xB5},
    {"szlig", 0xDF},    {"Agrave", 0xC0},   {"Aacute", 0xC1},   {"Acirc", 0xC2},
    {"Atilde", 0xC3},   {"Auml", 0xC4},     {"Aring", 0xC5},    {"AElig", 0xC6},
    {"Ccedil", 0xC7},   {"Egrave", 0xC8},   {"Eacute", 0xC9},   {"Ecirc", 0xCA},
    {"Euml", 0xCB},     {"Igrave", 0xCC},   {"Iacute", 0xCD},   {"Icirc", 0xCE},
    {"Iuml", 0xCF},     {"ETH", 0xD0},      {"Ntilde", 0xD1},   {"Ograve", 0xD2},
    {"Oacute", 0xD3},   {"Ocirc", 0xD4},    {"Otilde", 0xD5},   {"Ouml", 0xD6},
    {"Oslash", 0xD8},   {"Ugrave", 0xD9},   {"Uacute", 0xDA},   {"Ucirc", 0xDB},
    {"Uuml", 0xDC},     {"Yacute", 0xDD},   {"THORN", 0xDE},    {"agrave", 0xE0},
    {"aacute", 0xE1},   {"acirc", 0xE2},    {"atilde", 0xE3},   {"auml", 0xE4},
    {"aring", 0xE5},    {"aelig", 0xE6},    {"ccedil", 0xE7},   {"egrave", 0xE8},
    {"eacute", 0xE9},   {"ecirc", 0xEA},    {"euml", 0xEB},     {"igrave", 0xEC},
    {"iacute", 0xED},   {"icirc", 0xEE},    {"iuml", 0xEF},     {"eth", 0xF0},
    {"ntilde", 0xF1},   {"ograve", 0xF2},   {"oacute", 0xF3},   {"ocirc", 0xF4},
    {"otilde", 0xF5},   {"ouml", 0xF6},     {"oslash", 0xF8},   {"ugrave", 0xF9},
    {"uacute", 0xFA},   {"ucirc", 0xFB},    {"uuml", 0xFC},     {"yacute", 0xFD},
    {"thorn", 0xFE},    {"yuml", 0xFF},     {"zwj", 0x200D},    {"zwnj", 0x200C},
};

#define NAME_MAX_LEN 6

static const char *const breaking[] = {
    "br", "p",  "div", "li", "ul", "ol", "blockquote", "pre", "h1",
    "h2", "h3", "h4",  "h5", "h6", "hr", "tr",         "table",
};

static bool
is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* ---- tags ---- */

/* Bytes up to the `>` that ends a tag, itself included; one in a quoted value ends nothing. */
static size_t
tag_len(weir_span s)
{
    char quote = 0;

    for (size_t i = 1; i < s.len; i++) {
        char c = s.p[i];
        if (quote)
            quote = c == quote ? 0 : quote;
        else if (c == '"' || c == '\'')
            quote = c;
        else if (c == '>')
            return i + 1;
    }
    return s.len;
}

static size_t
comment_len(weir_span s)
{
    const char *end = s.len > 4 ? memmem(s.p + 4, s.len - 4, "-->", 3) : NULL;

    return end ? (size_t)(end - s.p) + 3 : s.len;
}

static bool
is_breaking(weir_span tag)
{
    size_t from = tag.len > 1 && tag.p[1] == '/' ? 2 : 1, to = from;

    while (to < tag.len && (is_alpha(tag.p[to]) || ascii_is_digit(tag.p[to])))
        to++;
    weir_span name = {tag.p + from, to - from};
    for (size_t i = 0; i < sizeof breaking / sizeof *breaking; i++)
        if (weir__span_eq_nocase(name, span_of(breaking[i])))
            return true;
    return false;
}

/* Length of the tag or comment at the front of s, which begins with `<`; 0: it is text. */
static size_t
markup_len(weir_span s)
{
    char c = s.len > 1 ? s.p[1] : '\0';

    if (span_starts(s, "<!--"))
        return comment_len(s);
    if (is_alpha(c) || c == '!' || c == '?' || (c == '/' && s.len > 2 && is_alpha(s.p[2])))
        return tag_len(s);
    return 0;
}

/* ---- character references ---- */

static int
digit_of(char c, uint32_t base)
{
    int v = ascii_is_digit(c) ? c - '0' : is_alpha(c) ? ascii_lower(c) - 'a' + 10 : 99;

    return v < (int)base ? v : -1;
}

/* `&#35;`, `&#x23;`; the `;` may be missing, as browsers have it. @return bytes used, 0: none. */
static size_t
numeric_reference(weir_span s, uint32_t *cp)
{
    uint32_t base = s.len > 2 && (s.p[2] == 'x' || s.p[2] == 'X') ? 16 : 10, v = 0;
    size_t from = base == 16 ? 3 : 2, i = from;

    for (int d; i < s.len && (d = digit_of(s.p[i], base)) >= 0; i++)
        if (v <= 0x10FFFF)
            v = v * base + (uint32_t)d;
    if (i == from)
        return 0;
    *cp = v;
    return i < s.len && s.p[i] == ';' ? i + 1 : i;
}

static size_t
named_reference(weir_span s, uint32_t *cp)
{
    weir_span name = span_skip(s, 1);

    if (name.len > NAME_MAX_LEN + 1)
        name.len = NAME_MAX_LEN + 1;
    size_t n = span_find(name, ';');
    if (n == name.len)
        return 0;
    name.len = n;
    for (size_t i = 0; i < sizeof references / sizeof *references; i++)
        if (span_is(name, references[i].name)) {
            *cp = references[i].cp;
            return n + 2;
        }
    return 0;
}

/* UTF-8 of a code point; no reference is shorter than what it stands for. */
static size_t
put_cp(char *out, uint32_t cp)
{
    if (cp == 0 || cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
        cp = 0xFFFD;
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    size_t n = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, cp >>= 6)
        out[i] = (char)(0x80 | (cp & 0x3F));
    out[0] = (char)((0xF00u >> n & 0xFF) | cp);
    return n;
}

weir_span
weir__html_text(struct arena *arena, weir_span html)
{
    char *out = arena_take(arena, html.len);
    size_t n = 0, i = 0;

    while (i < html.len) {
        weir_span rest = span_skip(html, i);
        uint32_t cp;
        size_t used = 0;
        if (rest.p[0] == '<' && (used = markup_len(rest)) != 0) {
            if (is_breaking(span_head(rest, used)))
                out[n++] = '\n';
        } else if (rest.p[0] == '&' && (used = rest.len > 1 && rest.p[1] == '#'
                                                   ? numeric_reference(rest, &cp)
                                                   : named_reference(rest, &cp)) != 0) {
            n += put_cp(out + n, cp);
        } else {
            out[n++] = rest.p[0];
            used = 1;
        }
        i += used;
    }
    return (weir_span){out, n};
}

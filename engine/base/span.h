/*
 * Spans: borrowed runs of bytes, compared, cut and searched without copies.
 */
#ifndef WEIR_BASE_SPAN_H
#define WEIR_BASE_SPAN_H

#include <tagweir/common.h>

#include <endian.h>
#include <string.h>

#define SPAN_LIT(s) ((weir_span){(s), sizeof(s) - 1})
#define SPAN_NONE ((weir_span){NULL, 0})
/* For printf's %.*s. */
#define SPAN_FMT(s) (int)(s).len, (s).p

static inline weir_span
span_of(const char *cstr)
{
    return cstr ? (weir_span){cstr, strlen(cstr)} : SPAN_NONE;
}

static inline bool
span_eq(weir_span a, weir_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static inline bool
span_is(weir_span a, const char *cstr)
{
    return span_eq(a, span_of(cstr));
}

static inline bool
span_starts(weir_span s, const char *prefix)
{
    size_t n = strlen(prefix);

    return s.len >= n && (n == 0 || memcmp(s.p, prefix, n) == 0);
}

/* The span without its first n bytes; n must not exceed its length. */
static inline weir_span
span_skip(weir_span s, size_t n)
{
    return (weir_span){s.p + n, s.len - n};
}

static inline weir_span
span_head(weir_span s, size_t n)
{
    return (weir_span){s.p, n};
}

/* The text behind a byte order mark, where there is one. */
static inline weir_span
span_without_bom(weir_span s)
{
    static const char bom[] = "\xEF\xBB\xBF";

    return span_starts(s, bom) ? span_skip(s, sizeof bom - 1) : s;
}

/* Offset of the first c, or s.len. */
static inline size_t
span_find(weir_span s, char c)
{
    const char *at = s.len ? memchr(s.p, c, s.len) : NULL;

    return at ? (size_t)(at - s.p) : s.len;
}

/* Is a space or a control character of ASCII in it? */
static inline bool
span_has_blank(weir_span s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7F)
            return true;
    return false;
}

/* A space, a tab, CR or LF. */
static inline bool
ascii_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static inline bool
span_is_blank(weir_span s)
{
    size_t i = 0;

    while (i < s.len && ascii_is_blank(s.p[i]))
        i++;
    return i == s.len;
}

/* Without leading and trailing spaces, tabs, CR and LF. */
weir_span weir__span_trim(weir_span s);
/* Code points in UTF-8: the bytes that continue none. What columns and carets count. */
uint32_t weir__span_width(weir_span s);
/* ASCII letters compare caselessly, all else byte for byte. */
bool weir__span_eq_nocase(weir_span a, weir_span b);
/* Bytewise order; a prefix sorts first. <0, 0, >0. */
int weir__span_cmp(weir_span a, weir_span b);
/* Is this the name of that, but for a typing mistake? Damerau-Levenshtein distance, at most
   `limit` + 1 (search stops there). For "did you mean". ASCII caseless. */
size_t weir__span_distance(weir_span a, weir_span b, size_t limit);
/* The same of a word and what it may have been meant for; greater than 2: it is no typing mistake
   of that. Of what is short more edits than one make any word of any other. */
size_t weir__span_mistyped(weir_span word, weir_span meant);

static inline char
ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static inline char
ascii_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c & ~0x20) : c;
}

static inline bool
ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits, and at least one. */
static inline bool
span_is_digits(weir_span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!ascii_is_digit(s.p[i]))
            return false;
    return s.len > 0;
}

/* The eight bytes from p on, the first one lowest. */
static inline uint64_t
eight_at(const char *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof v);
    return le64toh(v);
}

#endif

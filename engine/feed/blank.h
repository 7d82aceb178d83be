/*
 * What JSON takes for blanks.
 */
#ifndef WEIR_FEED_BLANK_H
#define WEIR_FEED_BLANK_H

#include <tagweir/common.h>

static inline bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The first offset from `at` on where none is, or the end. */
static inline size_t
skip_blanks(weir_span s, size_t at)
{
    while (at < s.len && is_blank(s.p[at]))
        at++;
    return at;
}

#endif

/*
 * Reading text one code point at a time. For the files of this room alone.
 */
#ifndef WEIR_TEXT_SCAN_H
#define WEIR_TEXT_SCAN_H

#include "base/span.h"

#include <unicode/utf8.h>

#define WEIR__BAD_BYTE (-1)
#define WEIR__NO_CHAR (-2)

/* The code point at `at`, which moves past it: WEIR__BAD_BYTE for a malformed sequence,
   WEIR__NO_CHAR at the end. */
static inline int32_t
weir__next_cp(weir_span s, size_t *at)
{
    const uint8_t *p = (const uint8_t *)s.p;
    UChar32 c;

    if (*at >= s.len)
        return WEIR__NO_CHAR;
    U8_NEXT(p, *at, s.len, c);
    return c < 0 ? WEIR__BAD_BYTE : c;
}

static inline bool
weir__is_ascii_alnum(int32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Latin letters with accents, as far as twitter-text knows them. */
bool weir__is_accented_latin(int32_t c);

/*
 * Where the URL that begins at `at` ends, or `at` where none does that could hold a `#` or `＃`:
 * one with a scheme or a path. `before` is the code point in front of it. How far it looked for a
 * host goes to *seen, which begins as 0: what was none is not looked at again from its middle.
 */
size_t weir__url_end(weir_span text, size_t at, int32_t before, size_t *seen);

#endif

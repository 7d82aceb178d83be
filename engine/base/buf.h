/*
 * Buffers: what the engine writes into one besides the public functions of common.h.
 */
#ifndef WEIR_BASE_BUF_H
#define WEIR_BASE_BUF_H

#include "base/span.h"

/* The code point as UTF-8; surrogates and values beyond U+10FFFF become U+FFFD. */
void weir__buf_put_cp(weir_buf *b, uint32_t cp);

/* As weir_buf_put_json, without the quotes. */
void weir__buf_put_escaped(weir_buf *b, weir_span s);

/* Nearly always: it is worth no call to find that out. */
static inline bool
weir__buf_has_room(const weir_buf *b, size_t more)
{
    return __builtin_expect(b->cap - b->len >= more && b->p && !b->failed, 1);
}

/* As weir_buf_put, for what is short or of a length that the compiler knows. s.p is not NULL. */
static inline void
weir__buf_add(weir_buf *b, weir_span s)
{
    if (!weir__buf_has_room(b, s.len)) {
        weir_buf_put(b, s);
        return;
    }
    memcpy(b->p + b->len, s.p, s.len);
    b->len += s.len;
}

/* Copies what of a text stands in a JSON string as it is, up to the first byte that does not, and
   perhaps some bytes behind that; `to` has room for all of it. @return how many are before it */
size_t weir__copy_plain(char *to, weir_span s);

/* weir__buf_put_escaped with something before and behind it, of lengths that the compiler knows.
   Most texts need no escapes, and are written in one piece. */
static inline void
weir__buf_put_between(weir_buf *b, weir_span before, weir_span s, weir_span behind)
{
    size_t around = before.len + behind.len;

    if (weir__buf_has_room(b, around + s.len)) {
        char *to = b->p + b->len;
        memcpy(to, before.p, before.len);
        to += before.len;
        if (weir__copy_plain(to, s) == s.len) {
            memcpy(to + s.len, behind.p, behind.len);
            b->len += around + s.len;
            return;
        }
    }
    weir_buf_put(b, before);
    weir__buf_put_escaped(b, s);
    weir_buf_put(b, behind);
}

/* Append a string literal. */
#define BUF_LIT(b, text) weir__buf_add((b), SPAN_LIT(text))

static inline weir_span
span_of_buf(const weir_buf *b)
{
    return (weir_span){b->p, b->len};
}

#endif

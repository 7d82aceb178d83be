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

/* Append a string literal. */
#define BUF_LIT(b, text) weir__buf_add((b), SPAN_LIT(text))

static inline weir_span
span_of_buf(const weir_buf *b)
{
    return (weir_span){b->p, b->len};
}

#endif

/*
 * Buffers: what the engine writes into one besides the public functions of common.h.
 */
#ifndef WEIR_BASE_BUF_H
#define WEIR_BASE_BUF_H

#include "base/span.h"

/* The code point as UTF-8; surrogates and values beyond U+10FFFF become U+FFFD. */
void weir__buf_put_cp(weir_buf *b, uint32_t cp);

static inline weir_span
span_of_buf(const weir_buf *b)
{
    return (weir_span){b->p, b->len};
}

#endif

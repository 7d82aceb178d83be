/*
 * The language: distinct made-up hashtags that rules and streams are drawn from.
 *
 * Tags are put together from made-up words as people put hashtags together, 20 % of them in other
 * scripts than ASCII. Each is its own canonical key, so that what folding costs stays out of what
 * is measured.
 */
#ifndef BENCH_LANGUAGE_H
#define BENCH_LANGUAGE_H

#include "util.h"

#ifdef __cplusplus
extern "C" {
#endif

struct language {
    char *bytes;
    uint32_t *at; /* tag i is bytes[at[i], at[i + 1]) */
    size_t n;
    size_t nreal; /* the first ones are real tags, not made up */
};

/*
 * n tags, the same for the same seed whatever n is. `real` (may be NULL) come first: distinct, and
 * fit for patterns.
 */
void language_make(struct language *l, size_t n, uint64_t seed, const weir_span *real,
                   size_t nreal);
void language_fini(struct language *l);

static inline weir_span
language_tag(const struct language *l, size_t i)
{
    return (weir_span){l->bytes + l->at[i], l->at[i + 1] - l->at[i]};
}

/* Bytes of the code point that starts with this byte. */
static inline size_t
utf8_length(char first)
{
    unsigned char c = (unsigned char)first;

    return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

#ifdef __cplusplus
}
#endif
#endif

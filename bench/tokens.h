/*
 * Streams of hashtags, as canonical keys.
 */
#ifndef BENCH_TOKENS_H
#define BENCH_TOKENS_H

#include "language.h"

#define STREAMS(X)                                                                                 \
    X(ZIPF, "zipf", "1,000,000 tags, Zipf (s = 1) over 500,000")                                   \
    X(UNIQUE, "unique", "tags that are never repeated")                                            \
    X(UNKNOWN, "unknown", "tags that are never repeated and that no rule was made from")           \
    X(REAL, "real", "the tags of real feeds, repeated, and some rules made from them")

enum stream {
#define X(name, text, about) STREAM_##name,
    STREAMS(X)
#undef X
        NSTREAMS,
    STREAM_NONE = NSTREAMS /* compiled only */
};

const char *stream_name(enum stream s);
const char *stream_about(enum stream s);

/*
 * The tokens lie one behind the other in one block, in order, with a newline before the first and
 * behind each: as whoever folds tags for a scanner that wants them joined would lay them out, so
 * that joining costs the peers nothing.
 */
struct tokens {
    weir_span *v;
    size_t n;
    size_t nslices; /* a round takes the next slice of n / nslices tokens; 1: all of them, always */
    char *bytes;
};

/* Zipf, s = 1: tag i of the first nvocabulary ones comes in proportion to 1 / (i + 1). */
void tokens_zipf(struct tokens *t, const struct language *l, size_t n, size_t nvocabulary,
                 uint64_t seed);
/* All of the language's made-up tags in random order, at most n of them, none twice. */
void tokens_unique(struct tokens *t, const struct language *l, size_t n, size_t nslices,
                   uint64_t seed);
/* These, in their order, again and again until there are n. */
void tokens_repeat(struct tokens *t, const weir_span *v, size_t nv, size_t n);
/* A copy of these. */
void tokens_copy(struct tokens *t, const weir_span *v, size_t n);
void tokens_fini(struct tokens *t);

static inline const weir_span *
tokens_slice(const struct tokens *t, size_t round, size_t *n)
{
    *n = t->n / t->nslices;
    return t->v + round % t->nslices * *n;
}

#endif

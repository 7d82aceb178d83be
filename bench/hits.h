/*
 * Who matched what: collected, compared, counted.
 */
#ifndef BENCH_HITS_H
#define BENCH_HITS_H

#include "engine.h"

/* Pairs of token and rule; zero-initialise. */
struct hits {
    uint64_t *v; /* token << 32 | rule */
    size_t n, cap;
    uint32_t base; /* number of the first token of the call */
};

/* Both are hit_fn; arg is a struct hits, a struct tally. */
void hits_add(void *arg, uint32_t token, uint32_t rule);
void tally_add(void *arg, uint32_t token, uint32_t rule);

void hits_sort(struct hits *h);
void hits_fini(struct hits *h);

/* One pair that stands in one of two but not in the other, or not as often. */
struct difference {
    uint32_t token, rule;
    bool in_first; /* the one that has it (more often) is the first */
};

/*
 * The first difference between two sorted collections, of tokens before `ntokens` only.
 * @return false: there is none.
 */
bool hits_differ(const struct hits *a, const struct hits *b, size_t ntokens,
                 struct difference *out);

/* What is left of hits while the clock runs: their number, and a sum that hardly ever is equal for
   different ones, whatever their order. Zero-initialise. */
struct tally {
    uint64_t n, sum;
};

#endif

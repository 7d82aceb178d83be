/*
 * What contests are held over: languages, and the streams drawn from them. Made when first asked
 * for, the same for the same seed and scale.
 */
#ifndef BENCH_WORLD_H
#define BENCH_WORLD_H

#include "tokens.h"

struct world {
    uint64_t seed;
    size_t ntokens; /* of a stream; vocabularies scale with it */
    size_t nslices; /* of those that never repeat */
    struct language made, unknown, real;
    struct tokens streams[NSTREAMS];
    size_t nreal; /* tags in the feeds */
    size_t nreal_distinct;
};

void world_init(struct world *w, uint64_t seed, size_t ntokens, unsigned nrounds);
void world_fini(struct world *w);

/* Tags of the language that rules are drawn from. */
size_t world_language_size(const struct world *w);
/* What rules for this stream are drawn from. */
const struct language *world_language(struct world *w, enum stream s);
/* NULL: the feeds are not there. */
const struct tokens *world_stream(struct world *w, enum stream s);
/* Where real feeds are looked for. */
const char *world_feeds(void);

#endif

/*
 * What weir-ondemand says that it read, held against what Tagweir reads in the same lines.
 */
#ifndef BENCH_REPLAY_SUMS_H
#define BENCH_REPLAY_SUMS_H

#include "programs/feed.h"

/* As weir-ondemand counts them: posts within posts too, handles without their @. */
#define SUMS(X)                                                                                    \
    X(IDS, "ids")                                                                                  \
    X(AUTHOR_IDS, "author_ids")                                                                    \
    X(AUTHOR_HANDLES, "author_handles")                                                            \
    X(HASHTAGS, "hashtags")                                                                        \
    X(MENTION_IDS, "mention_ids")                                                                  \
    X(MENTION_HANDLES, "mention_handles")                                                          \
    X(LANGS, "langs")                                                                              \
    X(TIMES, "times") /* whose bytes are not compared: Tagweir keeps none of them */

enum sum {
#define X(name, text) SUM_##name,
    SUMS(X)
#undef X
        NSUMS
};

struct sums {
    uint64_t nlines, nposts;
    uint64_t n[NSUMS], bytes[NSUMS];
};

/* Of so many lines of the feed, from the first, again and again. */
void sums_read(struct sums *s, const struct feed *f, uint64_t nlines);
/* false: `said`, which weir-ondemand printed, is something else; `fault` says what. */
bool sums_agree(const struct sums *s, const char *said, char *fault, size_t cap);

#endif

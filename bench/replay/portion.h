/*
 * Feeds as files: some lines of one to start with, many to measure with, and the same packed.
 */
#ifndef BENCH_REPLAY_PORTION_H
#define BENCH_REPLAY_PORTION_H

#include "programs/feed.h"
#include "programs/workplace.h"

enum packing { PACKING_NONE, PACKING_GZIP, PACKING_ZSTD };

struct portion {
    char path[WORKPLACE_PATH_MAX];
    uint64_t nlines; /* of the feed, from the first, again and again */
    size_t nbytes;   /* not packed */
};

void portion_write(struct portion *p, const struct feed *f, const char *name, uint64_t nlines);
/* As gzip and zstd pack by themselves. false: there is no such program here; `why` says so. */
bool portion_pack(struct portion *out, const struct portion *p, enum packing packing, char *why,
                  size_t cap);

#endif

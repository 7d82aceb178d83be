/*
 * The hash table of the peers that stand for "hash + a scanner": as good as one would write without
 * going to extremes, so that it is the scanner that is measured. Open addressing with XXH3, half
 * full, eight bytes a slot of which four are of the hash; a batch is hashed ahead, and its slots
 * are prefetched. The plain choice, uthash, is a peer of its own.
 */
#ifndef BENCH_LITERALS_H
#define BENCH_LITERALS_H

#include "engine.h"

struct literals;

/* Of the rules that are literals, which must outlive it. */
struct literals *literals_new(const struct rules *rules);
void literals_free(struct literals *t);
void literals_match(const struct literals *t, const weir_span *tokens, size_t n, hit_fn hit,
                    void *arg);

#endif

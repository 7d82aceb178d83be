/*
 * A made-up feed: posts of Tagweir's own dialect, 200 to 460 bytes long, with 1 to 3 hashtags of
 * the bench's language.
 */
#ifndef BENCH_LOAD_POSTS_H
#define BENCH_LOAD_POSTS_H

#include "load/feed.h"
#include "tokens.h"

/*
 * n posts whose hashtags are the tokens in their order, again from the beginning where they do not
 * suffice. The same for the same seed.
 */
void posts_make(struct feed *f, size_t n, const struct tokens *tags, uint64_t seed);

#endif

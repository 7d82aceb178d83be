/*
 * Rules as grep and ripgrep are given them, and lines counted plainly, to hold their counts
 * against.
 */
#ifndef BENCH_REPLAY_PLAIN_H
#define BENCH_REPLAY_PLAIN_H

#include "programs/feed.h"
#include "rules.h"

/*
 * A pattern a line: literals as they are; regexes for the whole line of a post, in which hashtags
 * stand between quotes, so that `^abc.*x$` becomes `"abc[^"]*x"`.
 */
void plain_patterns(const struct rules *rules, weir_buf *out);
/* The same to a file. The end, if it cannot be written. */
void plain_write(const struct rules *rules, const char *path);

/* How many of the first nlines lines hold a match of a pattern: each line is searched for each, by
   memmem or PCRE2. */
uint64_t plain_count(const struct rules *rules, const struct feed *f, size_t nlines);

/* Leaves the regexes of the rules alone. */
void plain_keep_regexes(struct rules *rules);

#endif

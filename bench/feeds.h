/*
 * The hashtags of real feeds, which are not part of the project.
 */
#ifndef BENCH_FEEDS_H
#define BENCH_FEEDS_H

#include "util.h"

struct feeds {
    struct text text;
    weir_span *v; /* canonical keys, in the order in which they come */
    size_t n, cap;
};

/* All posts of *.ndjson in the folder, what they repost and quote among them. Empty when there is
   no such folder. */
void feeds_read(struct feeds *f, const char *folder);
void feeds_fini(struct feeds *f);

#endif

/*
 * What it costs to fold a tag as it is written into its canonical key: not part of any contest,
 * since engines and peers alike are given keys.
 */
#ifndef BENCH_FOLDING_H
#define BENCH_FOLDING_H

#include "measure.h"
#include "tokens.h"

struct folding {
    const char *of; /* "ASCII, lower case" ... */
    struct spread ns;
    size_t ntags;
};

#define NFOLDINGS 4

/* The tags of the stream, by what they are made of. */
void folding_measure(const struct tokens *t, unsigned nrounds, struct folding out[NFOLDINGS]);

#endif

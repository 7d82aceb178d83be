/*
 * Clocks, memory, medians.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "util.h"

#define MAX_ROUNDS 31

/* Nanoseconds, or whatever; the samples of one contender, a round each. NAN is one that could not
   be had: it holds its round's place, and counts nowhere. */
struct samples {
    double v[MAX_ROUNDS];
    size_t n;
};

struct spread {
    double median, min, max;
};

void samples_add(struct samples *s, double value);
/* All zero where there is no sample. */
struct spread samples_spread(const struct samples *s);
/* The median of a's samples over b's of the same round: what the machine does in a round hits both,
   and falls out. 0 counts as it is, over 0 as well: in that round nothing was done. What is over 0
   is infinite. Negative: there is no round that both have. */
double samples_ratio(const struct samples *a, const struct samples *b);

/* Bytes that malloc has given out; what PCRE2 makes executable is not among them. */
size_t heap_bytes(void);
/* Bytes of the process that are in memory, after what malloc holds back was returned. */
size_t resident_bytes(void);

#endif

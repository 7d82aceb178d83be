/*
 * Latencies, counted in buckets that are narrow where values are small and never wider than a
 * thousandth of their values: three significant digits from nanoseconds to hours, in bounded
 * memory, by a few instructions a value. The idea is that of HdrHistogram, whose C library Debian
 * does not have.
 */
#ifndef BENCH_LOAD_HISTOGRAM_H
#define BENCH_LOAD_HISTOGRAM_H

#include "util.h"

/*
 * Values below 2^HISTOGRAM_BITS have a bucket each. Above, each power of two is cut into half as
 * many buckets: 1,024, so that a bucket is at most 1/1024 of its values wide.
 */
#define HISTOGRAM_BITS 11
#define HISTOGRAM_HALF (1u << (HISTOGRAM_BITS - 1))
/* Greater values count as this: 4.9 hours in nanoseconds. */
#define HISTOGRAM_MOST ((UINT64_C(1) << 44) - 1)
#define HISTOGRAM_BUCKETS (HISTOGRAM_HALF * (44 - HISTOGRAM_BITS + 2))

struct histogram {
    uint64_t *counts; /* HISTOGRAM_BUCKETS of them */
    uint64_t n;
    uint64_t max; /* exact */
    double sum;
};

void histogram_init(struct histogram *h);
void histogram_fini(struct histogram *h);
/* Add all that was counted in `from`. */
void histogram_add(struct histogram *h, const struct histogram *from);

/* The value that `percent` of all are not above, as the greatest of its bucket, but never more than
   the greatest of all; 0 of nothing. */
uint64_t histogram_percentile(const struct histogram *h, double percent);
double histogram_mean(const struct histogram *h);

static inline size_t
histogram_bucket(uint64_t value)
{
    unsigned bits = 64 - (unsigned)__builtin_clzll(value | 1);
    unsigned shift = bits > HISTOGRAM_BITS ? bits - HISTOGRAM_BITS : 0;

    return shift * HISTOGRAM_HALF + (size_t)(value >> shift);
}

/* n times the same value. */
static inline void
histogram_count(struct histogram *h, uint64_t value, uint64_t n)
{
    h->counts[histogram_bucket(value < HISTOGRAM_MOST ? value : HISTOGRAM_MOST)] += n;
    h->n += n;
    h->sum += (double)value * (double)n;
    if (value > h->max)
        h->max = value;
}

#endif

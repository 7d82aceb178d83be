/*
 * Percentiles.
 */
#include "load/histogram.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void
histogram_init(struct histogram *h)
{
    *h = (struct histogram){.counts = allocate(HISTOGRAM_BUCKETS, sizeof *h->counts)};
}

void
histogram_fini(struct histogram *h)
{
    free(h->counts);
    memset(h, 0, sizeof *h);
}

void
histogram_add(struct histogram *h, const struct histogram *from)
{
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        h->counts[i] += from->counts[i];
    h->n += from->n;
    h->sum += from->sum;
    if (from->max > h->max)
        h->max = from->max;
}

/* The greatest value of a bucket. */
static uint64_t
top_of(size_t bucket)
{
    size_t shift = bucket < 2 * HISTOGRAM_HALF ? 0 : bucket / HISTOGRAM_HALF - 1;

    return ((uint64_t)(bucket - shift * HISTOGRAM_HALF + 1) << shift) - 1;
}

uint64_t
histogram_percentile(const struct histogram *h, double percent)
{
    /* what 99.9 is not, as a double, must not cost a whole rank */
    double rank = ceil(percent * (double)h->n / 100 - 1e-6);
    uint64_t wanted = rank < 1 ? 1 : (uint64_t)rank, seen = 0;

    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += h->counts[i];
        if (seen >= wanted && h->counts[i] > 0)
            return top_of(i) < h->max ? top_of(i) : h->max;
    }
    return h->max;
}

double
histogram_mean(const struct histogram *h)
{
    return h->n ? h->sum / (double)h->n : 0;
}

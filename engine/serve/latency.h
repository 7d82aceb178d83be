/*
 * How long answers took: from the read that brought a line to the moment its answer was made. Time
 * that a client takes to read is in it, for what had to wait for that.
 */
#ifndef WEIR_SERVE_LATENCY_H
#define WEIR_SERVE_LATENCY_H

#include <stddef.h>
#include <stdint.h>

/* Upper bounds of the buckets in microseconds; one more has no bound. */
#define LATENCY_BOUNDS(X)                                                                          \
    X(50)                                                                                          \
    X(100)                                                                                         \
    X(250)                                                                                         \
    X(500)                                                                                         \
    X(1000)                                                                                        \
    X(2500)                                                                                        \
    X(5000)                                                                                        \
    X(10000)                                                                                       \
    X(25000)                                                                                       \
    X(50000)                                                                                       \
    X(100000)                                                                                      \
    X(250000)                                                                                      \
    X(500000)                                                                                      \
    X(1000000)                                                                                     \
    X(2500000)

#define LATENCY_BUCKETS 16

static const int64_t latency_bounds[LATENCY_BUCKETS - 1] = {
#define X(us) us,
    LATENCY_BOUNDS(X)
#undef X
};

/* Zero-initialise. */
struct latency {
    uint64_t n[LATENCY_BUCKETS];
    uint64_t sum_us;
};

static inline void
latency_count(struct latency *l, int64_t us, uint64_t answers)
{
    size_t i = 0;

    while (i + 1 < LATENCY_BUCKETS && us > latency_bounds[i])
        i++;
    l->n[i] += answers;
    l->sum_us += (uint64_t)us * answers;
}

static inline void
latency_add(struct latency *l, const struct latency *other)
{
    for (size_t i = 0; i < LATENCY_BUCKETS; i++)
        l->n[i] += other->n[i];
    l->sum_us += other->sum_us;
}

#endif

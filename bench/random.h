/*
 * Random numbers that are the same on every machine: splitmix64, seeded by name so that adding a
 * draw in one place does not change what another one draws.
 */
#ifndef BENCH_RANDOM_H
#define BENCH_RANDOM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <xxhash.h>

struct random {
    uint64_t state;
};

static inline struct random
random_named(uint64_t seed, const char *name)
{
    return (struct random){XXH3_64bits_withSeed(name, strlen(name), seed)};
}

static inline uint64_t
random_next(struct random *r)
{
    uint64_t z = (r->state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* In [0, n); n must not be 0. */
static inline size_t
random_below(struct random *r, size_t n)
{
    return (size_t)(((random_next(r) >> 32) * (uint64_t)n) >> 32);
}

/* In [0, 1). */
static inline double
random_unit(struct random *r)
{
    return (double)(random_next(r) >> 11) * 0x1p-53;
}

static inline void
random_shuffle(struct random *r, uint32_t *v, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = random_below(r, i);
        uint32_t t = v[i - 1];

        v[i - 1] = v[j];
        v[j] = t;
    }
}

#endif

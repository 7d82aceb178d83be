/*
 * Drawing at random. WEIR_SEED, which is printed, repeats a run.
 */
#ifndef WEIR_TESTS_DRAW_H
#define WEIR_TESTS_DRAW_H

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

static uint64_t drawn_seed, drawn;

static inline void
draw_from_seed(void)
{
    const char *given = getenv("WEIR_SEED");

    drawn_seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    drawn = drawn_seed * 2 + 1;
    print_message("# WEIR_SEED=%llu\n", (unsigned long long)drawn_seed);
}

static inline uint64_t
draw_next(void)
{
    return drawn = drawn * 6364136223846793005u + 1442695040888963407u;
}

/* Below n. */
static inline unsigned
draw(size_t n)
{
    return (unsigned)((draw_next() >> 33) % n);
}

/* The same, for what may be more than 31 bits have. */
static inline int64_t
draw_wide(int64_t below)
{
    return (int64_t)(draw_next() >> 20) % below;
}

#define DRAW_ONE(array) ((array)[draw(sizeof(array) / sizeof *(array))])

#endif

/*
 * Nanoseconds.
 */
#ifndef BENCH_PROGRAMS_CLOCK_H
#define BENCH_PROGRAMS_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t
clock_ns(clockid_t clock)
{
    struct timespec t = {0, 0};

    (void)clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

static inline uint64_t
now_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

static inline void
sleep_until_ns(uint64_t when)
{
    const struct timespec t = {(time_t)(when / 1000000000), (long)(when % 1000000000)};

    (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

#endif

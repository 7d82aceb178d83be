/*
 * The one place where the programs read the wall clock; everything below gets time as an argument.
 */
#ifndef WEIR_FLOW_CLOCK_H
#define WEIR_FLOW_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t
clock_now_ms(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_REALTIME, &ts); /* cannot fail for this clock */
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* 0 where the clock, a thread's perhaps, cannot be read. */
static inline int64_t
clock_us(clockid_t clock)
{
    struct timespec ts = {0};

    (void)clock_gettime(clock, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* For how long something took; no time of day. */
static inline int64_t
clock_running_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

#endif

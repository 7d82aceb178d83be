/*
 * When to rest. How long a rest is was measured (S3 of the bench): with 150 us, at half the highest
 * rate of one processor, a load has a third of it.
 */
#include "serve/rest.h"

#include "flow/clock.h"

#define REST_US 150
#define LONG_PASS_US 800
#define WORK_MOST_US 5000 /* without a rest */

static bool
is_wanted(const struct rest *r)
{
    return r->wanted && atomic_load_explicit(r->wanted, memory_order_relaxed);
}

void
rest_begin(struct rest *r)
{
    r->begun = is_wanted(r);
    if (r->begun)
        r->began_us = clock_us(CLOCK_THREAD_CPUTIME_ID);
}

void
rest_end(struct rest *r)
{
    static const struct timespec pause = {.tv_nsec = REST_US * 1000};

    if (!r->begun || !is_wanted(r))
        return;
    int64_t pass_us = clock_us(CLOCK_THREAD_CPUTIME_ID) - r->began_us;
    r->worked_us += pass_us;
    if (pass_us >= LONG_PASS_US && r->worked_us < WORK_MOST_US)
        return;
    r->worked_us = 0;
    (void)nanosleep(&pause, NULL);
}

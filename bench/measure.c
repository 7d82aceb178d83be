/*
 * CPU time is the thread's own: other programs on the machine cost cache and clock rate, but not
 * time.
 */
#include "measure.h"

#include "engine.h"

#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

double
thread_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void
samples_add(struct samples *s, double value)
{
    if (s->n < MAX_ROUNDS)
        s->v[s->n++] = value;
}

static int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

struct spread
samples_spread(const struct samples *s)
{
    double v[MAX_ROUNDS];
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++)
        if (!isnan(s->v[i]))
            v[n++] = s->v[i];
    if (n == 0)
        return (struct spread){0, 0, 0};
    qsort(v, n, sizeof *v, by_value);
    double median = n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
    return (struct spread){median, v[0], v[n - 1]};
}

double
samples_ratio(const struct samples *a, const struct samples *b)
{
    struct samples ratios = {.n = 0};

    for (size_t i = 0; i < a->n && i < b->n; i++)
        if (!isnan(a->v[i]) && !isnan(b->v[i]))
            samples_add(&ratios, a->v[i] > 0 ? a->v[i] / b->v[i] : 0);
    return ratios.n ? samples_spread(&ratios).median : -1;
}

size_t
heap_bytes(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

size_t
resident_bytes(void)
{
    size_t total = 0, resident = 0;
    FILE *f;

    malloc_trim(0);
    f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%zu %zu", &total, &resident) != 2)
        resident = 0;
    if (f)
        fclose(f);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

/*
 * From cells to the steps of a plot.
 */
#include "replay/course.h"

#include "flow/check.h"

#include <stdlib.h>
#include <string.h>

/* What is left outside is this share of the posts at either end, and only where the axis would else
   be so many times longer. */
#define OUTSIDE_OF 100
#define LONGER 20

struct times {
    uint32_t series;
    struct time {
        int64_t from_ms;
        uint64_t posts;
    } * v;
    size_t n, cap;
    uint64_t posts;
    bool failed;
};

static void
add_time(void *arg, uint32_t series, int64_t from_ms, const struct course_counts *n)
{
    struct times *t = arg;

    if (series != t->series || from_ms == INT64_MIN || t->failed)
        return;
    if (t->n == t->cap) {
        size_t cap = t->cap ? t->cap * 2 : 256;
        struct time *v = reallocarray(t->v, cap, sizeof *v);

        if (!v) {
            t->failed = true;
            return;
        }
        t->v = v;
        t->cap = cap;
    }
    t->v[t->n++] = (struct time){from_ms, n->posts};
    t->posts += n->posts;
}

static int
by_time(const void *a, const void *b)
{
    const struct time *x = a, *y = b;

    return x->from_ms < y->from_ms ? -1 : x->from_ms > y->from_ms;
}

/* The first and the last step that are to be on the axis. */
static void
bounds_of(const struct times *t, enum course_width kept, int64_t *from, int64_t *until)
{
    uint64_t most = t->posts / OUTSIDE_OF, skipped = 0;
    size_t low = 0, high = t->n - 1;

    while (low < high && skipped + t->v[low].posts <= most)
        skipped += t->v[low++].posts;
    for (skipped = 0; high > low && skipped + t->v[high].posts <= most; high--)
        skipped += t->v[high].posts;
    int64_t core = course_next(kept, t->v[high].from_ms) - t->v[low].from_ms;
    int64_t whole = course_next(kept, t->v[t->n - 1].from_ms) - t->v[0].from_ms;
    if (whole / LONGER < core) {
        low = 0;
        high = t->n - 1;
    }
    *from = t->v[low].from_ms;
    *until = t->v[high].from_ms;
}

/* Steps from one time to another, both in it; most + 1: they are too many. */
static size_t
count_steps(enum course_width w, int64_t from, int64_t until, size_t most)
{
    size_t n = 0;

    for (int64_t at = course_floor(w, from); at <= until && n <= most; n++)
        at = course_next(w, at);
    return n;
}

static bool
set_edges(struct course_axis *a, int64_t from, int64_t until, size_t most)
{
    while (a->width < COURSE_YEARS_100 && count_steps(a->width, from, until, most) > most)
        a->width++;
    a->n = count_steps(a->width, from, until, most);
    CHECK(a->n > 0 && a->n <= most);
    a->edges = calloc(a->n + 1, sizeof *a->edges);
    if (!a->edges)
        return false;
    a->edges[0] = course_floor(a->width, from);
    for (size_t i = 0; i < a->n; i++)
        a->edges[i + 1] = course_next(a->width, a->edges[i]);
    return true;
}

bool
course_axis_init(struct course_axis *a, const struct course *c, uint32_t series, size_t most)
{
    struct times t = {.series = series};
    int64_t from, until;
    bool good = true;

    CHECK(most >= 100); /* so many centuries can be written */
    *a = (struct course_axis){.width = course_kept_by(c)};
    course_each(c, add_time, &t);
    if (!t.failed && t.n > 0) {
        qsort(t.v, t.n, sizeof *t.v, by_time);
        bounds_of(&t, a->width, &from, &until);
        good = set_edges(a, from, until, most);
    }
    free(t.v);
    return good && !t.failed;
}

void
course_axis_fini(struct course_axis *a)
{
    free(a->edges);
}

struct drawing {
    const struct course_axis *a;
    struct course_line *line_of;
    size_t nseries;
};

static struct course_counts *
place_in(const struct course_axis *a, struct course_line *line, int64_t ms)
{
    size_t low = 0, high = a->n;

    if (ms == INT64_MIN || a->n == 0)
        return &line->untimed;
    if (ms < a->edges[0])
        return &line->before;
    if (ms >= a->edges[a->n])
        return &line->after;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        *(ms < a->edges[middle] ? &high : &low) = middle;
    }
    return &line->steps[low];
}

static void
draw_cell(void *arg, uint32_t series, int64_t from_ms, const struct course_counts *n)
{
    const struct drawing *d = arg;

    CHECK(series < d->nseries);
    course_counts_add(place_in(d->a, &d->line_of[series], from_ms), n);
}

void
course_draw(const struct course *c, const struct course_axis *a, struct course_line *line_of,
            size_t nseries)
{
    struct drawing d = {a, line_of, nseries};

    course_each(c, draw_cell, &d);
}

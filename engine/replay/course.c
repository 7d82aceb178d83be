/*
 * Counting over time: cells of a series and a step in a hash table, which is gone over when it has
 * too many, so that steps become wider. Widths nest, so what comes of it is what would have come of
 * it had steps been that wide from the beginning.
 */
#include "replay/course.h"

#include "flow/check.h"

#include <tagweir/tagweir.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* Times come from outside: nobody may aim at a bucket. `c` is the course. */
#define HASH_NONFATAL_OOM 1
#define HASH_FUNCTION(p, len, hash) (hash) = (unsigned)XXH3_64bits_withSeed(p, len, c->seed)
#include <uthash.h>

#define COURSE_MAGIC 0xC0425Eu
#define NO_TIME INT64_MIN

/* 0000-01-01 and the last millisecond of 9999: what can be written as a date. Some dialects have
   times in numbers, which may be anything. */
#define FIRST_MS (-INT64_C(62167219200000))
#define LAST_MS INT64_C(253402300799999)

struct cell {
    struct cell_key {
        int64_t from_ms;
        uint64_t series; /* as wide as its neighbour: nothing lies between */
    } key;
    struct course_counts n;
    UT_hash_handle hh;
};

struct course {
    uint32_t magic;
    enum course_width width;
    struct cell *cells;
    uint64_t lost;
    uint64_t seed;
};

static const struct {
    int64_t ms;
    unsigned months;
    const char *name;
    bool kept;
} widths[COURSE_NWIDTHS] = {
#define X(id, seconds, months, name, kept) {(seconds)*INT64_C(1000), months, name, kept},
    COURSE_WIDTHS(X)
#undef X
};

/* Widths -----------------------------------------------------------------------------------------
 */

const char *
course_width_name(enum course_width w)
{
    return widths[w].name;
}

static int64_t
floor_to(int64_t ms, int64_t width, int64_t from)
{
    int64_t rest = (ms - from) % width;

    return ms - (rest < 0 ? rest + width : rest);
}

/* Months since the year 0, and back. */
static int
month_of(int64_t ms)
{
    char text[WEIR_TIME_MAX];
    int year = 0, month = 1;

    (void)weir_time_format(ms, text);
    (void)sscanf(text, "%4d-%2d", &year, &month);
    return year * 12 + month - 1;
}

/* The year 10000 cannot be written, and is where the last step ends. */
static int64_t
start_of_month(int month)
{
    char text[64];
    int64_t ms = LAST_MS + 1;

    int len = snprintf(text, sizeof text, "%04d-%02d-01T00:00:00Z", month / 12, month % 12 + 1);
    (void)weir_time_parse((weir_span){text, (size_t)len}, &ms);
    return ms;
}

int64_t
course_floor(enum course_width w, int64_t ms)
{
    const int64_t monday = 4 * INT64_C(86400000); /* 1970-01-05 */

    if (widths[w].months)
        return start_of_month(month_of(ms) / (int)widths[w].months * (int)widths[w].months);
    return floor_to(ms, widths[w].ms, w == COURSE_WEEK ? monday : 0);
}

int64_t
course_next(enum course_width w, int64_t ms)
{
    if (widths[w].months)
        return start_of_month((month_of(ms) / (int)widths[w].months + 1) * (int)widths[w].months);
    return course_floor(w, ms) + widths[w].ms;
}

/* Cells ------------------------------------------------------------------------------------------
 */

void
course_counts_add(struct course_counts *to, const struct course_counts *n)
{
    to->posts += n->posts;
    to->withheld += n->withheld;
    to->downranked += n->downranked;
    to->exempted += n->exempted;
}

struct course *
course_new(void)
{
    struct course *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->magic = COURSE_MAGIC;
    c->width = COURSE_MINUTE;
    if (getrandom(&c->seed, sizeof c->seed, GRND_NONBLOCK) < 0)
        c->seed = (uintptr_t)c;
    return c;
}

void
course_free(struct course *c)
{
    struct cell *cell, *next;

    if (!c)
        return;
    CHECK_OBJ(c, COURSE_MAGIC);
    HASH_ITER(hh, c->cells, cell, next)
    {
        HASH_DEL(c->cells, cell);
        free(cell);
    }
    c->magic = 0;
    free(c);
}

static struct cell *
find(const struct course *c, const struct cell_key *key)
{
    struct cell *cell;

    HASH_FIND(hh, c->cells, key, sizeof *key, cell);
    return cell;
}

/* @return false, and the cell is the caller's still: there is no memory for it to be found by. */
static bool
insert(struct course *c, struct cell *cell)
{
    HASH_ADD(hh, c->cells, key, sizeof cell->key, cell);
    return cell->hh.tbl != NULL;
}

/* The next width that counts are kept by; cells that fall together become one. */
static void
widen(struct course *c, enum course_width to)
{
    struct cell *cell, *next, *moved = NULL;

    CHECK(to > c->width && widths[to].kept);
    c->width = to;
    HASH_ITER(hh, c->cells, cell, next)
    {
        int64_t from_ms =
            cell->key.from_ms == NO_TIME ? NO_TIME : course_floor(to, cell->key.from_ms);

        if (from_ms == cell->key.from_ms)
            continue;
        HASH_DEL(c->cells, cell);
        cell->key.from_ms = from_ms;
        cell->hh.next = moved; /* out of the table, its own list is free to be used */
        moved = cell;
    }
    for (cell = moved; cell; cell = next) {
        struct cell *same = find(c, &cell->key);

        next = cell->hh.next;
        memset(&cell->hh, 0, sizeof cell->hh);
        if (same) {
            course_counts_add(&same->n, &cell->n);
            free(cell);
        } else if (!insert(c, cell)) {
            c->lost++;
            free(cell);
        }
    }
}

static void
make_room(struct course *c)
{
    while (HASH_COUNT(c->cells) > COURSE_CELLS && c->width < COURSE_YEARS_100) {
        enum course_width to = c->width + 1;

        while (!widths[to].kept)
            to++;
        widen(c, to);
    }
}

void
course_count(struct course *c, uint32_t series, bool has_time, int64_t ms,
             const struct course_counts *n)
{
    struct cell_key key = {.from_ms = NO_TIME, .series = series};

    CHECK_OBJ(c, COURSE_MAGIC);
    if (has_time)
        key.from_ms = course_floor(c->width, ms < FIRST_MS  ? FIRST_MS
                                             : ms > LAST_MS ? LAST_MS
                                                            : ms);
    struct cell *cell = find(c, &key);
    if (!cell) {
        cell = calloc(1, sizeof *cell);
        if (cell)
            cell->key = key;
        if (!cell || !insert(c, cell)) {
            free(cell);
            c->lost++;
            return;
        }
        course_counts_add(&cell->n, n);
        make_room(c);
        return;
    }
    course_counts_add(&cell->n, n);
}

void
course_add(struct course *c, const struct course *other)
{
    CHECK_OBJ(c, COURSE_MAGIC);
    CHECK_OBJ(other, COURSE_MAGIC);
    c->lost += other->lost;
    if (other->width > c->width)
        widen(c, other->width);
    for (const struct cell *cell = other->cells; cell; cell = cell->hh.next)
        course_count(c, (uint32_t)cell->key.series, cell->key.from_ms != NO_TIME, cell->key.from_ms,
                     &cell->n);
}

uint64_t
course_lost(const struct course *c)
{
    return c->lost;
}

void
course_each(const struct course *c, course_fn *fn, void *arg)
{
    for (const struct cell *cell = c->cells; cell; cell = cell->hh.next)
        fn(arg, (uint32_t)cell->key.series, cell->key.from_ms, &cell->n);
}

enum course_width
course_kept_by(const struct course *c)
{
    return c->width;
}

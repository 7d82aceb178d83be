/*
 * The course: counts over time, of as many series as whoever counts likes. Each thread has its own,
 * and they are added up; the sum does not depend on who counted what.
 *
 * Counts are kept by the minute, as long as there are no more than COURSE_CELLS of a time and a
 * series; beyond that by the quarter of an hour, the hour, the day and so on, so that memory is
 * bounded whatever times posts claim to be of. The width is the narrowest that has room for all:
 * what any thread has seen alone cannot need a wider one than all have together.
 *
 * All times are UTC; a day begins at midnight, a week on a Monday.
 */
#ifndef WEIR_REPLAY_COURSE_H
#define WEIR_REPLAY_COURSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COURSE_CELLS ((size_t)1 << 16)

/* Widths of steps: seconds, 0 for months; months; what one is called; whether counts are kept so.
   A step of one that counts are kept by is in one step of every wider one. */
#define COURSE_WIDTHS(X)                                                                           \
    X(MINUTE, 60, 0, "minute", true)                                                               \
    X(MINUTES_5, 300, 0, "5 minutes", false)                                                       \
    X(MINUTES_15, 900, 0, "15 minutes", true)                                                      \
    X(MINUTES_30, 1800, 0, "30 minutes", false)                                                    \
    X(HOUR, 3600, 0, "hour", true)                                                                 \
    X(HOURS_3, 10800, 0, "3 hours", false)                                                         \
    X(HOURS_6, 21600, 0, "6 hours", false)                                                         \
    X(HOURS_12, 43200, 0, "12 hours", false)                                                       \
    X(DAY, 86400, 0, "day", true)                                                                  \
    X(WEEK, 604800, 0, "week", false)                                                              \
    X(MONTH, 0, 1, "month", true)                                                                  \
    X(MONTHS_3, 0, 3, "quarter of a year", false)                                                  \
    X(YEAR, 0, 12, "year", true)                                                                   \
    X(YEARS_10, 0, 120, "decade", false)                                                           \
    X(YEARS_100, 0, 1200, "century", true)

enum course_width {
#define X(id, seconds, months, name, kept) COURSE_##id,
    COURSE_WIDTHS(X)
#undef X
        COURSE_NWIDTHS
};

const char *course_width_name(enum course_width w);
/* When the step that holds a time began, and when the next one begins. */
int64_t course_floor(enum course_width w, int64_t ms);
int64_t course_next(enum course_width w, int64_t ms);

/* Of posts; `exempted` ones are among the others. */
struct course_counts {
    uint64_t posts, withheld, downranked, exempted;
};

void course_counts_add(struct course_counts *to, const struct course_counts *n);

struct course;

/* @return NULL without memory. */
struct course *course_new(void);
void course_free(struct course *c);

/* What has no time is counted without one. Without memory the count is lost, and counted so. */
void course_count(struct course *c, uint32_t series, bool has_time, int64_t ms,
                  const struct course_counts *n);
/* Add another's, which is left as it is. */
void course_add(struct course *c, const struct course *other);
/* Counts that are missing, as there was no memory. */
uint64_t course_lost(const struct course *c);

/* Reading: course_axis.c --------------------------------------------------------------------- */

/* Steps that follow each other: `edges` has one more than there are. */
struct course_axis {
    enum course_width width;
    int64_t *edges;
    size_t n;
};

/*
 * The axis for a series: all its times in no more than `most` steps (100 at least), as narrow as
 * can be. Where a hundredth of the posts at either end would make it twenty times longer than the
 * rest needs, they are left outside. @return false: no memory. Without times it has no steps.
 */
bool course_axis_init(struct course_axis *a, const struct course *c, uint32_t series, size_t most);
void course_axis_fini(struct course_axis *a);

/* A series along an axis. `steps` has room for a->n, which may be 0. */
struct course_line {
    struct course_counts before, after, untimed; /* what is in no step */
    struct course_counts *steps;
};

/* Add all series up along the axis: line_of[series] is where each goes. */
void course_draw(const struct course *c, const struct course_axis *a, struct course_line *line_of,
                 size_t nseries);

/* For course_axis.c: all cells, in no order that means anything. `from_ms` is INT64_MIN without a
   time. */
typedef void course_fn(void *arg, uint32_t series, int64_t from_ms, const struct course_counts *n);
void course_each(const struct course *c, course_fn *fn, void *arg);
enum course_width course_kept_by(const struct course *c);

#endif

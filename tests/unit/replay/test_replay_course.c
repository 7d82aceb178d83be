/*
 * replay/course: counts over time are the same whoever counted what, also when there are too many
 * for minutes; where steps begin; which axis shows them.
 */
#include "unit/test.h"

#include "unit/draw.h"

#include "replay/course.h"

#include <tagweir/tagweir.h>

static int64_t
ms_of(const char *text)
{
    int64_t ms;

    assert_true(weir_time_parse((weir_span){text, strlen(text)}, &ms));
    return ms;
}

static void
steps_begin_where_the_calendar_has_them(void **state)
{
    static const struct {
        enum course_width width;
        const char *at, *from, *next;
    } cases[] = {
        {COURSE_MINUTE, "2021-02-01T06:59:59.999Z", "2021-02-01T06:59:00Z", "2021-02-01T07:00:00Z"},
        {COURSE_HOURS_6, "1969-12-31T23:59:59Z", "1969-12-31T18:00:00Z", "1970-01-01T00:00:00Z"},
        {COURSE_DAY, "2020-02-29T00:00:00Z", "2020-02-29T00:00:00Z", "2020-03-01T00:00:00Z"},
        {COURSE_WEEK, "2021-02-07T23:59:59Z", "2021-02-01T00:00:00Z", "2021-02-08T00:00:00Z"},
        {COURSE_WEEK, "1969-12-31T00:00:00Z", "1969-12-29T00:00:00Z", "1970-01-05T00:00:00Z"},
        {COURSE_MONTH, "2020-12-31T23:59:59Z", "2020-12-01T00:00:00Z", "2021-01-01T00:00:00Z"},
        {COURSE_MONTHS_3, "2021-06-30T00:00:00Z", "2021-04-01T00:00:00Z", "2021-07-01T00:00:00Z"},
        {COURSE_YEAR, "2021-06-30T00:00:00Z", "2021-01-01T00:00:00Z", "2022-01-01T00:00:00Z"},
        {COURSE_YEARS_10, "1969-06-30T00:00:00Z", "1960-01-01T00:00:00Z", "1970-01-01T00:00:00Z"},
        {COURSE_YEARS_100, "0000-06-30T00:00:00Z", "0000-01-01T00:00:00Z", "0100-01-01T00:00:00Z"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t at = ms_of(cases[i].at);

        assert_int_equal(course_floor(cases[i].width, at), ms_of(cases[i].from));
        assert_int_equal(course_next(cases[i].width, at), ms_of(cases[i].next));
    }
    int64_t last = ms_of("9999-12-31T23:59:59.999Z");
    for (int w = 0; w < COURSE_NWIDTHS; w++)
        if (w != COURSE_WEEK)
            assert_int_equal(course_next((enum course_width)w, last), last + 1);
}

static const struct course_counts one = {.posts = 1};

/* All that a course says, in one line. */
static char *
told(const struct course *c, uint32_t nseries)
{
    struct course_axis a;
    weir_buf out = {0};

    assert_true(course_axis_init(&a, c, 0, 100));
    struct course_line *lines = calloc(nseries, sizeof *lines);
    struct course_counts *steps = calloc(nseries * (a.n + 1), sizeof *steps);
    for (uint32_t s = 0; s < nseries; s++)
        lines[s].steps = steps + s * a.n;
    course_draw(c, &a, lines, nseries);
    weir_buf_printf(&out, "%s from %lld:", course_width_name(a.width),
                    a.n ? (long long)a.edges[0] : 0);
    for (uint32_t s = 0; s < nseries; s++) {
        for (size_t i = 0; i < a.n; i++)
            weir_buf_printf(&out, " %llu", (unsigned long long)lines[s].steps[i].posts);
        weir_buf_printf(&out, " (%llu %llu %llu);", (unsigned long long)lines[s].before.posts,
                        (unsigned long long)lines[s].after.posts,
                        (unsigned long long)lines[s].untimed.posts);
    }
    weir_buf_putc(&out, '\0');
    course_axis_fini(&a);
    free(lines);
    free(steps);
    return out.p;
}

/* So many counts within a span, by so many hands, which are added up. */
static char *
told_by(size_t hands, uint64_t seed, size_t n, int64_t span_ms, enum course_width *kept)
{
    struct course *all = course_new(), *hand[8];

    for (size_t i = 0; i < hands; i++)
        hand[i] = course_new();
    drawn = seed;
    for (size_t i = 0; i < n; i++) {
        int64_t at = INT64_C(1612137600000) + draw_wide(span_ms);
        uint32_t series = draw(3);
        bool timed = draw(50) > 0;

        course_count(hand[hands > 1 ? (i * 7 + i / 1000) % hands : 0], series, timed, at, &one);
    }
    for (size_t i = 0; i < hands; i++) {
        course_add(all, hand[i]);
        course_free(hand[i]);
    }
    assert_int_equal(course_lost(all), 0);
    *kept = course_kept_by(all);
    char *text = told(all, 3);
    course_free(all);
    return text;
}

static void
sums_do_not_depend_on_who_counted(void **state)
{
    static const struct {
        size_t n;
        int64_t span_ms;
        enum course_width kept;
    } cases[] = {{0, 1, COURSE_MINUTE},
                 {1, 1, COURSE_MINUTE},
                 {5000, INT64_C(86400000), COURSE_MINUTE},
                 {200000, INT64_C(86400000) * 90, COURSE_MINUTES_15},
                 {300000, INT64_C(86400000) * 3000, COURSE_DAY},
                 {400000, INT64_C(86400000) * 365 * 1500, COURSE_MONTH}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum course_width kept, kept_by_one;
        uint64_t seed = draw_next();
        char *by_one = told_by(1, seed, cases[i].n, cases[i].span_ms, &kept_by_one);
        char *by_many = told_by(8, seed, cases[i].n, cases[i].span_ms, &kept);

        assert_string_equal(by_many, by_one);
        assert_int_equal(kept, kept_by_one);
        assert_int_equal(kept, cases[i].kept);
        free(by_one);
        free(by_many);
    }
}

static void
expect_axis(const struct course *c, const char *expected)
{
    char *text = told(c, 1);

    assert_string_equal(text, expected);
    free(text);
}

static void
the_axis_is_as_narrow_as_can_be(void **state)
{
    struct course *c = course_new();

    (void)state;
    expect_axis(c, "minute from 0: (0 0 0);");
    course_count(c, 0, false, 0, &one);
    expect_axis(c, "minute from 0: (0 0 1);");
    course_count(c, 0, true, ms_of("2021-02-01T06:10:59Z"), &one);
    expect_axis(c, "minute from 1612159800000: 1 (0 0 1);");
    course_count(c, 0, true, ms_of("2021-02-01T06:12:00Z"), &one);
    expect_axis(c, "minute from 1612159800000: 1 0 1 (0 0 1);");
    course_count(c, 0, true, ms_of("2021-02-05T06:12:00Z"), &one);
    struct course_axis a;
    assert_true(course_axis_init(&a, c, 0, 100));
    assert_int_equal(a.width, COURSE_HOUR);
    assert_int_equal(a.n, 97);
    course_axis_fini(&a);
    course_free(c);
}

static void
few_posts_far_away_stay_outside(void **state)
{
    struct course *c = course_new();
    const struct course_counts many = {.posts = 300};

    (void)state;
    course_count(c, 0, true, ms_of("2021-02-01T06:10:00Z"), &many);
    course_count(c, 0, true, INT64_MIN + 1, &one);
    course_count(c, 0, true, INT64_MAX, &one);
    expect_axis(c, "minute from 1612159800000: 300 (1 1 0);");
    for (int i = 0; i < 3; i++) /* more than a hundredth */
        course_count(c, 0, true, ms_of("1971-01-01T00:00:00Z"), &one);
    struct course_axis a;
    assert_true(course_axis_init(&a, c, 0, 100));
    assert_int_equal(a.width, COURSE_YEAR);
    assert_int_equal(a.n, 51);
    course_axis_fini(&a);
    course_free(c);
}

static void
times_that_no_calendar_has_are_at_its_ends(void **state)
{
    struct course *c = course_new();

    (void)state;
    course_count(c, 0, true, INT64_MIN + 1, &one);
    course_count(c, 0, true, INT64_MAX, &one);
    struct course_axis a;
    assert_true(course_axis_init(&a, c, 0, 100));
    assert_int_equal(a.width, COURSE_YEARS_100);
    assert_int_equal(a.n, 100);
    course_axis_fini(&a);
    course_free(c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_begin_where_the_calendar_has_them),
        cmocka_unit_test(sums_do_not_depend_on_who_counted),
        cmocka_unit_test(the_axis_is_as_narrow_as_can_be),
        cmocka_unit_test(few_posts_far_away_stay_outside),
        cmocka_unit_test(times_that_no_calendar_has_are_at_its_ends),
    };

    draw_from_seed();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

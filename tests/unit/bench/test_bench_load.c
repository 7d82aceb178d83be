/*
 * bench: percentiles are those of the values; a lost, overtaken or made-up answer is found out;
 * feeds know what they are owed; goals of serving are computed as they read.
 */
#include "unit/test.h"

#include "json_put.h"
#include "programs/answers.h"
#include "load/histogram.h"
#include "programs/posts.h"
#include "load/stream_goals.h"
#include "random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The histogram ------------------------------------------------------------------------------ */

static int
by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* The same rank in all of the values, sorted. */
static uint64_t
exact(const uint64_t *sorted, size_t n, double percent)
{
    size_t rank = (size_t)ceil(percent * (double)n / 100 - 1e-6);

    return sorted[rank ? rank - 1 : 0];
}

/* Spread over as many powers of two as `bits` says. */
static void
draw(uint64_t *v, size_t n, unsigned bits)
{
    struct random r = random_named(7, "values");

    for (size_t i = 0; i < n; i++)
        v[i] = random_next(&r) >> (64 - bits + random_below(&r, bits));
}

static void
percentiles_are_those_of_the_values(void **state)
{
    enum { N = 100000 };
    static const double percents[] = {0, 1, 50, 90, 99, 99.9, 99.99, 100};
    static const unsigned bits[] = {4, 11, 12, 20, 40};
    static uint64_t v[N];

    (void)state;
    for (size_t b = 0; b < sizeof bits / sizeof *bits; b++) {
        struct histogram h;

        histogram_init(&h);
        draw(v, N, bits[b]);
        for (size_t i = 0; i < N; i++)
            histogram_count(&h, v[i], 1);
        qsort(v, N, sizeof *v, by_value);
        for (size_t i = 0; i < sizeof percents / sizeof *percents; i++) {
            uint64_t is = exact(v, N, percents[i]), told = histogram_percentile(&h, percents[i]);

            /* never less, and not more by a thousandth */
            assert_true(told >= is && told - is <= is / 1024);
        }
        assert_int_equal(h.max, v[N - 1]);
        assert_int_equal(histogram_percentile(&h, 100), h.max);
        histogram_fini(&h);
    }
}

static void
every_value_has_a_bucket_of_its_width(void **state)
{
    (void)state;
    for (uint64_t v = 0; v < 1u << HISTOGRAM_BITS; v++)
        assert_int_equal(histogram_bucket(v), v);
    for (unsigned bit = HISTOGRAM_BITS; bit < 44; bit++) {
        uint64_t v = UINT64_C(1) << bit;

        assert_int_equal(histogram_bucket(v), histogram_bucket(v - 1) + 1);
        assert_true(histogram_bucket(2 * v - 1) < HISTOGRAM_BUCKETS);
    }
    assert_int_equal(histogram_bucket(HISTOGRAM_MOST), HISTOGRAM_BUCKETS - 1);
}

static void
histograms_add_up(void **state)
{
    struct histogram a, b, all;

    (void)state;
    histogram_init(&a);
    histogram_init(&b);
    histogram_init(&all);
    assert_int_equal(histogram_percentile(&a, 50), 0);
    histogram_count(&a, 100, 3);
    histogram_count(&b, 5000, 6);
    histogram_count(&b, UINT64_MAX, 1); /* beyond all buckets, and no further */
    histogram_add(&all, &a);
    histogram_add(&all, &b);
    assert_int_equal(all.n, 10);
    assert_int_equal(all.max, UINT64_MAX);
    assert_int_equal(histogram_percentile(&all, 30), 100);
    assert_in_range(histogram_percentile(&all, 90), 5000, 5004);
    assert_int_equal(histogram_percentile(&all, 99), HISTOGRAM_MOST);
    histogram_fini(&a);
    histogram_fini(&b);
    histogram_fini(&all);
}

/* Feeds -------------------------------------------------------------------------------------- */

static void
feed_of(struct feed *f, const char *const *lines)
{
    weir_reader *reader;

    memset(f, 0, sizeof *f);
    assert_int_equal(weir_reader_new(NULL, &reader), WEIR_OK);
    for (; *lines; lines++)
        feed_add(f, reader, span_of_text(*lines));
    weir_reader_free(reader);
}

static const char *const some_lines[] = {
    "{\"id\":\"1\",\"author\":\"@x\",\"hashtags\":[\"a\"]}",
    " ",
    "{\"id\":\"1\\u0041\\n\",\"author\":\"@x\"}\r",
    "{\"query\":{\"hashtag\":\"a\"}}",
    "{\"delete\":{\"status\":{\"id\":1}}}",
    "{",
    "{\"data\":[{\"id\":\"7\",\"text\":\"x\",\"author_id\":\"1\"},"
    "{\"id\":\"8\",\"text\":\"y\",\"author_id\":\"1\"}]}",
    NULL,
};

static void
a_feed_knows_what_it_is_owed(void **state)
{
    static const char *const heads[] = {
        "{\"v\":1,\"post\":\"1\"",    "{\"v\":1,\"post\":\"1A\\n\"",   "{\"v\":1,\"query\":{",
        "{\"v\":1,\"skip\":\"delete", "{\"v\":1,\"error\":\"bad_json", "{\"v\":1,\"post\":\"7\"",
        "{\"v\":1,\"post\":\"8\"",
    };
    struct feed f;

    (void)state;
    feed_of(&f, some_lines);
    assert_int_equal(f.nlines, 6); /* the blank one is owed nothing */
    assert_int_equal(f.nanswers, sizeof heads / sizeof *heads);
    for (size_t i = 0; i < f.nanswers; i++) {
        weir_span head = feed_head(&f, i);

        assert_int_equal(head.len, strlen(heads[i]));
        assert_memory_equal(head.p, heads[i], head.len);
    }
    assert_int_equal(f.nskips, 1);
    assert_int_equal(f.nerrors, 1);
    assert_int_equal(f.answer_at[6] - f.answer_at[5], 2); /* the page */
    assert_memory_equal(f.bytes.p + f.line_at[1], "{\"id\":\"1\\u0041", 13);
    feed_fini(&f);
}

static void
made_up_posts_are_posts(void **state)
{
    struct language language;
    struct tokens tags;
    struct feed f, again;
    size_t least = SIZE_MAX, most = 0, outside = 0;

    (void)state;
    language_make(&language, 5000, 1, NULL, 0);
    tokens_zipf(&tags, &language, 3000, 1000, 1);
    posts_make(&f, 2000, &tags, &posts_served, 3);
    posts_make(&again, 2000, &tags, &posts_served, 3);
    assert_int_equal(f.nlines, 2000);
    assert_int_equal(f.nanswers, 2000);
    assert_int_equal(f.nerrors + f.nskips, 0);
    assert_int_equal(f.bytes.len, again.bytes.len);
    assert_memory_equal(f.bytes.p, again.bytes.p, f.bytes.len);
    for (size_t i = 0; i < f.nlines; i++) {
        size_t len = f.line_at[i + 1] - f.line_at[i] - 1;

        least = len < least ? len : least;
        most = len > most ? len : most;
        outside += len < 200 || len > 460;
    }
    assert_true(least >= 190 && most <= 600 && outside < 100);
    feed_fini(&f);
    feed_fini(&again);
    tokens_fini(&tags);
    language_fini(&language);
}

/* Answers ------------------------------------------------------------------------------------ */

#define DIGEST "0123456789abcdef"
#define RECORD(id) "{\"v\":1,\"post\":\"" id "\",\"action\":\"allow\",\"ruleset\":\"" DIGEST "\"}\n"

static const char *const three_posts[] = {
    "{\"id\":\"1\",\"author\":\"@x\"}",
    "{\"id\":\"12\",\"author\":\"@x\"}",
    "{\"id\":\"3\",\"author\":\"@x\"}",
    NULL,
};

/* All of it at once, or in pieces of so many bytes. */
static struct answers
answers_to(const struct feed *f, size_t line, uint64_t asked, const char *came, size_t piece)
{
    struct answers a;
    size_t len = strlen(came);

    answers_init(&a, f, line);
    a.asked = asked;
    for (size_t at = 0; at < len; at += piece)
        answers_take(&a, came + at, len - at < piece ? len - at : piece);
    return a;
}

static void
answers_in_order_are_taken_however_they_are_cut(void **state)
{
    const char *came = RECORD("12") RECORD("3") RECORD("1") RECORD("12");
    struct feed f;

    (void)state;
    feed_of(&f, three_posts);
    for (size_t piece = 1; piece < 400; piece += piece < 10 ? 1 : 37) {
        struct answers a = answers_to(&f, 1, 4, came, piece);

        assert_string_equal(a.fault, "");
        assert_int_equal(a.lines, 4);
        assert_int_equal(a.n, 4);
        assert_int_equal(a.nsurplus, 0);
        answers_fini(&a);
    }
    feed_fini(&f);
}

static void
what_is_not_as_it_should_be_is_found_out(void **state)
{
    static const struct {
        const char *about, *came, *fault;
        uint64_t surplus;
    } rows[] = {
        {"one is lost", RECORD("1") RECORD("3"), "fits what was asked 1 later", 0},
        {"one overtakes", RECORD("12") RECORD("1") RECORD("3"), "fits what was asked 1 later", 0},
        {"one is twice", RECORD("1") RECORD("1") RECORD("12"), "answer 2 should begin with", 0},
        {"another id", RECORD("1") RECORD("120"), "answer 2 should begin with", 0},
        {"another kind", "{\"v\":1,\"skip\":\"like\"}\n", "answer 1 should begin with", 0},
        {"cut short", "{\"v\":1\n", "answer 1 should begin with", 0},
        {"too many", RECORD("1") RECORD("12") RECORD("3") RECORD("1"), "", 1},
    };
    struct feed f;

    (void)state;
    feed_of(&f, three_posts);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct answers a = answers_to(&f, 0, 3, rows[i].came, SIZE_MAX / 2);

        if (!strstr(a.fault, rows[i].fault) || !*rows[i].fault != !*a.fault)
            fail_msg("%s: \"%s\"", rows[i].about, a.fault);
        assert_int_equal(a.nsurplus, rows[i].surplus);
        answers_fini(&a);
    }
    feed_fini(&f);
}

static void
a_replay_has_no_answers_to_skips(void **state)
{
    struct feed f;
    struct answers a;
    const char *came = RECORD("1") RECORD("1A\\n") "{\"v\":1,\"query\":{\"hashtag\":\"a\"}}\n"
                                                   "{\"v\":1,\"error\":\"bad_json\"}\n" RECORD("7")
                                                       RECORD("8") RECORD("1");

    (void)state;
    feed_of(&f, some_lines);
    answers_init(&a, &f, 0);
    a.without_skips = true;
    a.asked = UINT64_MAX;
    answers_take(&a, came, strlen(came));
    assert_string_equal(a.fault, "");
    assert_int_equal(a.n, 7);
    answers_fini(&a);
    feed_fini(&f);
}

static void
take(struct answers *a, const char *came)
{
    answers_take(a, came, strlen(came));
}

static void
another_rule_set_is_seen(void **state)
{
    _Atomic uint64_t seen = 0;
    struct answers a;
    struct feed f;

    (void)state;
    feed_of(&f, three_posts);
    answers_init(&a, &f, 0);
    a.watch.seen = &seen;
    a.asked = 3;
    take(&a, RECORD("1"));
    assert_int_equal(seen, UINT64_C(0x0123456789abcdef));
    take(&a, "{\"v\":1,\"post\":\"12\",\"ruleset\":\"fedcba9876543210\"}\n");
    assert_int_equal(a.lines, 2);
    assert_int_equal(seen, UINT64_C(0xfedcba9876543210));
    /* what names none says nothing */
    take(&a, "{\"v\":1,\"post\":\"3\",\"detail\":\"0123456789abcdef0123456789abcdef\"}\n");
    assert_int_equal(seen, UINT64_C(0xfedcba9876543210));
    answers_fini(&a);
    feed_fini(&f);
}

/* Goals -------------------------------------------------------------------------------------- */

static struct target_value
value_of(const char *id, const struct figures *f, struct requirement *q)
{
    struct target_value v[MAX_REQUIREMENTS];
    struct requirements all = {.n = 0};
    char why[256];

    if (!requirements_add(&all, stream_goal, id, why, sizeof why))
        fail_msg("%s: %s", id, why);
    assert_int_equal(all.n, 1);
    stream_goals_measure(&all, f, v);
    *q = all.v[0];
    return v[0];
}

static void
add_speed(struct figures *f, size_t nrules, double serve, double baseline, double replay)
{
    struct speed *s = &f->speeds[f->nspeeds++];

    s->nrules = nrules;
    samples_add(&s->rate[SPEED_SERVE], serve);
    samples_add(&s->rate[SPEED_BASELINE], baseline);
    samples_add(&s->rate[SPEED_REPLAY], replay);
}

static void
the_worst_rule_set_decides(void **state)
{
    struct figures *f = calloc(1, sizeof *f);
    struct requirement q;
    struct target_value v;

    (void)state;
    add_speed(f, 1000, 95, 40, 100);
    add_speed(f, 100000, 80, 20, 100);
    v = value_of("S1", f, &q);
    assert_true(v.measured && fabs(v.value - 0.8) < 1e-9 && !requirement_met(&q, &v));
    assert_non_null(strstr(v.where, "100000 rules"));
    v = value_of("S2>=2.3", f, &q);
    assert_true(v.measured && fabs(v.value - 95.0 / 40) < 1e-9 && requirement_met(&q, &v));
    v = value_of("S3.compiled", f, &q);
    assert_false(v.measured || requirement_met(&q, &v));
    assert_string_equal(v.why, "not asked for");
    snprintf(f->speeds[0].fault, sizeof f->speeds[0].fault, "answers were lost");
    v = value_of("S1", f, &q);
    assert_false(v.measured || requirement_met(&q, &v));
    assert_string_equal(v.why, "answers were lost");
    free(f);
}

/* A round in which we delivered nothing is our worst, and no round that was not. */
static void
rounds_without_a_post_count(void **state)
{
    static const struct {
        const char *promise;
        double serve[5], replay[5];
        size_t n;
        bool measured;
        double value;
    } rows[] = {
        {"all is well", {90, 80, 100}, {100, 100, 100}, 3, true, 0.9},
        {"most rounds without a post", {0, 90, 0}, {100, 100, 100}, 3, true, 0},
        {"one of them", {0, 90, 80}, {100, 100, 100}, 3, true, 0.8},
        {"one of four", {0, 90, 80, 100}, {100, 100, 100, 100}, 4, true, 0.85},
        {"all of them", {0, 0}, {100, 100}, 2, true, 0},
        {"both delivered nothing", {0, 0}, {0, 0}, 2, true, 0},
        {"replay was held up", {50, 90, 50}, {NAN, 100, NAN}, 3, true, 0.9},
        {"held up while we delivered nothing", {0, 90}, {NAN, 100}, 2, true, 0.9},
        {"replay was held up in all rounds", {90, 90}, {NAN, NAN}, 2, false, 0},
        {"one round that the other did nothing in", {90, 90, 90}, {0, 100, 50}, 3, true, 1.8},
        {"most of them", {90, 90, 90}, {0, 0, 50}, 3, false, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct figures *f = calloc(1, sizeof *f);
        struct requirement q;

        f->nspeeds = 1;
        for (size_t k = 0; k < rows[i].n; k++) {
            samples_add(&f->speeds[0].rate[SPEED_SERVE], rows[i].serve[k]);
            samples_add(&f->speeds[0].rate[SPEED_REPLAY], rows[i].replay[k]);
        }
        struct target_value v = value_of("S1", f, &q);
        if (v.measured != rows[i].measured || (v.measured && fabs(v.value - rows[i].value) > 1e-9))
            fail_msg("%s: measured %d, %g", rows[i].promise, v.measured, v.value);
        assert_true(!rows[i].measured || requirement_met(&q, &v) == (rows[i].value >= 0.9));
        assert_true(v.measured || v.why[0]);
        free(f);
    }
}

/* The worst rule set is also the one of which nothing came, wherever it stands. */
static void
no_rule_set_hides_another(void **state)
{
    (void)state;
    for (int last = 0; last < 2; last++) {
        struct figures *f = calloc(1, sizeof *f);
        struct requirement q;

        add_speed(f, 1000, last ? 95 : 0, 40, 100);
        add_speed(f, 100000, last ? 0 : 95, 40, 100);
        struct target_value v = value_of("S1", f, &q);
        assert_true(v.measured && v.value == 0 && !requirement_met(&q, &v));
        assert_non_null(strstr(v.where, last ? "100000 rules" : "1000 rules"));
        free(f);
    }
}

static void
a_sample_that_could_not_be_had_is_none(void **state)
{
    struct samples s = {.n = 0};
    weir_buf out = {0};

    (void)state;
    samples_add(&s, NAN);
    assert_true(samples_spread(&s).median == 0 && samples_spread(&s).max == 0);
    samples_add(&s, 3);
    samples_add(&s, 5);
    assert_true(samples_spread(&s).median == 4 && samples_spread(&s).min == 3);
    json_put_samples(&out, "x", &s);
    weir_buf_putc(&out, '\0');
    assert_string_equal(out.p, ",\"x\":{\"median\":4,\"min\":3,\"max\":5,\"samples\":[null,3,5]}");
    weir_buf_fini(&out);
}

static void
reloads_may_cost_twice_or_two_milliseconds(void **state)
{
    static const struct {
        const char *goal;
        double calm_ms, under_ms;
        bool met;
    } rows[] = {
        {"S3.sources", 1.0, 2.0, true},      {"S3.sources", 0.1, 2.0, true},
        {"S3.sources", 0.1, 2.2, false},     {"S3.sources", 5.0, 9.0, true},
        {"S3.sources", 5.0, 11.0, false},    {"S3.sources<=1.2", 0.1, 0.2, false},
        {"S3.sources<=1.2", 1.0, 1.1, true}, {"S3.sources<=3", 0.1, 1.0, true},
    };
    struct figures *f = calloc(1, sizeof *f);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct reload *r = &f->reloads[RELOAD_SOURCES];
        struct requirement q;

        *r = (struct reload){.nrules = 10};
        f->has_reload[RELOAD_SOURCES] = true;
        samples_add(&r->calm, rows[i].calm_ms * 1e6);
        samples_add(&r->under, rows[i].under_ms * 1e6);
        struct target_value v = value_of(rows[i].goal, f, &q);
        assert_true(v.measured);
        if (requirement_met(&q, &v) != rows[i].met)
            fail_msg("%s: %g ms, then %g ms", rows[i].goal, rows[i].calm_ms, rows[i].under_ms);
    }
    free(f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles_are_those_of_the_values),
        cmocka_unit_test(every_value_has_a_bucket_of_its_width),
        cmocka_unit_test(histograms_add_up),
        cmocka_unit_test(a_feed_knows_what_it_is_owed),
        cmocka_unit_test(made_up_posts_are_posts),
        cmocka_unit_test(answers_in_order_are_taken_however_they_are_cut),
        cmocka_unit_test(what_is_not_as_it_should_be_is_found_out),
        cmocka_unit_test(a_replay_has_no_answers_to_skips),
        cmocka_unit_test(another_rule_set_is_seen),
        cmocka_unit_test(the_worst_rule_set_decides),
        cmocka_unit_test(rounds_without_a_post_count),
        cmocka_unit_test(no_rule_set_hides_another),
        cmocka_unit_test(a_sample_that_could_not_be_had_is_none),
        cmocka_unit_test(reloads_may_cost_twice_or_two_milliseconds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

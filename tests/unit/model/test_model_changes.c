/*
 * model/changes: what time alone changes, and when. On made-up orders and rules the changes told
 * are held against what is answered on both sides of them and between.
 *
 * Orders and rules are drawn from WEIR_SEED, which is printed.
 */
#include "unit/test.h"

#include "unit/draw.h"

#include "base/check.h"
#include "model/ruleset.h"
#include "unit/match/given.h"

#include <inttypes.h>

#define N WEIR_TIME_NONE
#define HOUR INT64_C(3600000)

/* Changes as a test compares them: "9: o0 begins, 12: r0 ends+", + for `with_order`. */
static void
note_change(void *arg, const weir_change *c)
{
    weir_buf *b = arg;

    weir_buf_printf(b, "%s%" PRId64 ": %c%u %s%s", b->len ? ", " : "", c->at_ms,
                    c->rule == WEIR_NONE ? 'o' : 'r', c->rule == WEIR_NONE ? c->order : c->rule,
                    weir_change_name(c->kind), c->with_order ? "+" : "");
}

/* Rule files ---------------------------------------------------------------------------------- */

#define TIME(hour) "1970-01-01T" hour ":00:00Z"
#define RULES "rules: []\n"
#define RULE(id, more)                                                                             \
    "- {id: " id ", regions: [IN], action: withhold, match: {posts: [1]}" more "}\n"
#define UNDER ", order: a"
#define FROM(hour) ", from: " TIME(hour)
#define UNTIL(hour) ", until: " TIME(hour)
#define ORDER(id, more) "  " id ": {kind: policy" more "}\n"
#define SERVED(hour) ", served: " TIME(hour)
#define IN_FORCE(...) ", in_force: [" __VA_ARGS__ "]"
#define REVIEW(hour) ", review_by: " TIME(hour)
#define LIFT ", on_lapse: lift"
#define CONFIRMED(hour) ", confirmed: " TIME(hour)
#define REVOKED(hour) ", revoked: " TIME(hour)

/* a promise, its orders and rules, and what is told, in hours */
/* clang-format off */
static const struct {
    const char *promise, *yaml, *expected;
} rows[] = {
    {"nothing ever changes",
     "orders:\n" ORDER("a", "") "rules:\n" RULE("r", UNDER), ""},
    {"a rule's own interval",
     "rules:\n" RULE("r", FROM("03") UNTIL("05")), "3: r0 begins, 5: r0 ends"},
    {"an order takes its rules with it, and no others",
     "orders:\n" ORDER("a", SERVED("02")) "rules:\n" RULE("own", "") RULE("r", UNDER)
     RULE("s", UNDER UNTIL("04")),
     "2: o0 begins, 2: r1 begins+, 2: r2 begins+, 4: r2 ends"},
    {"what a rule's own interval does while its order does not hold is nothing",
     "orders:\n" ORDER("a", IN_FORCE("{from: " TIME("05") UNTIL("06") "}")) "rules:\n"
     RULE("r", UNDER FROM("03") UNTIL("07")),
     "5: o0 begins, 5: r0 begins+, 6: o0 ends, 6: r0 ends+"},
    {"order and rule begin by themselves at one time",
     "orders:\n" ORDER("a", SERVED("02")) "rules:\n" RULE("r", UNDER FROM("02")),
     "2: o0 begins, 2: r0 begins+"},
    {"intervals that touch are one",
     "orders:\n" ORDER("a", IN_FORCE("{from: " TIME("01") UNTIL("02") "}, {from: " TIME("02")
     UNTIL("03") "}")) RULES,
     "1: o0 begins, 3: o0 ends"},
    {"a review that nobody makes, of an order that goes on",
     "orders:\n" ORDER("a", SERVED("02") REVIEW("09")) "rules:\n" RULE("r", UNDER),
     "2: o0 begins, 2: r0 begins+, 9: o0 overdue"},
    {"and of one that lapses",
     "orders:\n" ORDER("a", SERVED("02") REVIEW("09") LIFT) "rules:\n" RULE("r", UNDER),
     "2: o0 begins, 2: r0 begins+, 9: o0 lapsed, 9: o0 ends, 9: r0 ends+"},
    {"it comes back when it is confirmed, and ends with its revocation",
     "orders:\n" ORDER("a", SERVED("02") REVIEW("09") LIFT CONFIRMED("11") REVOKED("13")) RULES,
     "2: o0 begins, 9: o0 lapsed, 9: o0 ends, 11: o0 confirmed, 11: o0 begins, 13: o0 revoked, "
     "13: o0 ends"},
    {"confirmed in time it does not lapse",
     "orders:\n" ORDER("a", SERVED("02") REVIEW("09") LIFT CONFIRMED("05")) RULES,
     "2: o0 begins, 5: o0 confirmed"},
    {"a review that falls due when the order is over is none",
     "orders:\n" ORDER("a", IN_FORCE("{until: " TIME("04") "}") REVIEW("09")) RULES,
     "4: o0 ends"},
    {"it lapses in a pause, and does not come back",
     "orders:\n" ORDER("a", IN_FORCE("{until: " TIME("04") "}, {from: " TIME("12") "}")
     REVIEW("09") LIFT) RULES,
     "4: o0 ends, 9: o0 lapsed"},
    {"orders before rules, each in source order",
     "orders:\n" ORDER("b", SERVED("02")) ORDER("a", IN_FORCE("{until: " TIME("02") "}"))
     "rules:\n" RULE("z", UNDER) RULE("y", ", order: b") RULE("x", UNTIL("02")),
     "2: o0 begins, 2: o1 ends, 2: r0 ends+, 2: r1 begins+, 2: r2 ends"},
    {"what is off begins as if it were not",
     "rules:\n" RULE("r", ", mode: 'off'" FROM("03")), "3: r0 begins"},
};
/* clang-format on */

/* Times are whole hours. */
static void
in_hours(void *arg, const weir_change *c)
{
    weir_change hours = *c;

    assert_int_equal(c->at_ms % HOUR, 0);
    hours.at_ms /= HOUR;
    note_change(arg, &hours);
}

static void
changes_of_rule_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_ruleset *rs = given_rules(rows[i].yaml);
        weir_buf b = {0};

        weir_ruleset_changes(rs, INT64_MIN, INT64_MAX, in_hours, &b);
        weir_buf_putc(&b, '\0');
        if (strcmp(b.p, rows[i].expected) != 0)
            fail_msg("%s:\n     told %s\n expected %s", rows[i].promise, b.p, rows[i].expected);
        weir_buf_fini(&b);
        weir_ruleset_unref(rs);
    }
}

static void
a_change_is_behind_one_end_and_not_behind_the_other(void **state)
{
    static const struct {
        int64_t from, to;
        const char *expected;
    } spans[] = {
        {0, 3 * HOUR - 1, ""},        {0, 3 * HOUR, "3: r0 begins"},
        {3 * HOUR, 5 * HOUR - 1, ""}, {3 * HOUR - 1, 5 * HOUR, "3: r0 begins, 5: r0 ends"},
        {5 * HOUR, INT64_MAX, ""},    {9 * HOUR, 1 * HOUR, ""},
        {INT64_MAX, INT64_MAX, ""},
    };
    weir_ruleset *rs = given_rules(rows[1].yaml);

    (void)state;
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
        weir_buf b = {0};

        weir_ruleset_changes(rs, spans[i].from, spans[i].to, in_hours, &b);
        weir_buf_putc(&b, '\0');
        assert_string_equal(b.p, spans[i].expected);
        weir_buf_fini(&b);
    }
    assert_int_equal(weir_ruleset_next_change(rs, INT64_MIN), 3 * HOUR);
    assert_int_equal(weir_ruleset_next_change(rs, 3 * HOUR - 1), 3 * HOUR);
    assert_int_equal(weir_ruleset_next_change(rs, 3 * HOUR), 5 * HOUR);
    assert_int_equal(weir_ruleset_next_change(rs, 5 * HOUR), INT64_MAX);
    assert_int_equal(weir_ruleset_next_change(rs, INT64_MAX), INT64_MAX);
    weir_ruleset_unref(rs);
}

/* Made-up orders ------------------------------------------------------------------------------ */

#define NORDERS 3
#define NRULES 6
#define NINTERVALS 4

struct world {
    int64_t span; /* times are from 0 to this */
    struct weir__interval intervals[NORDERS][NINTERVALS];
    struct weir__order orders[NORDERS];
    struct weir_rule rules[NRULES];
    struct weir_ruleset rs;
};

static int64_t
draw_time(const struct world *w)
{
    return draw_wide(w->span + 1);
}

static int
compare_times(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* As the compiler leaves them: sorted, not empty, at most touching, open only at the ends. */
static void
draw_intervals(const struct world *w, struct weir__interval *in, struct weir__order *o)
{
    int64_t t[2 * NINTERVALS];
    size_t n = 1 + (size_t)draw_wide(NINTERVALS);

    for (size_t i = 0; i < 2 * n; i++)
        t[i] = draw_time(w);
    qsort(t, 2 * n, sizeof *t, compare_times);
    for (size_t i = 0; i < n; i++) {
        in[o->nintervals] = (struct weir__interval){t[2 * i], t[2 * i + 1]};
        if (i && draw_wide(3) == 0)
            in[o->nintervals].from = t[2 * i - 1];
        if (in[o->nintervals].from < in[o->nintervals].until)
            o->nintervals++;
    }
    if (!o->nintervals)
        in[o->nintervals++] = (struct weir__interval){N, N};
    if (draw_wide(3) == 0)
        in[0].from = N;
    if (draw_wide(3) == 0)
        in[o->nintervals - 1].until = N;
    o->intervals = in;
}

static void
draw_order(const struct world *w, struct weir__interval *in, struct weir__order *o)
{
    *o = (struct weir__order){.served = N};
    draw_intervals(w, in, o);
    o->review_by = draw_wide(3) ? draw_time(w) : N;
    o->lapses = o->review_by != N && draw_wide(2);
    o->confirmed = draw_wide(3) == 0 ? draw_time(w) : N;
    o->revoked = draw_wide(4) == 0 ? draw_time(w) : N;
}

static void
draw_rule(const struct world *w, struct weir_rule *r)
{
    int64_t a = draw_time(w), b = draw_time(w);

    *r = (struct weir_rule){.order = draw_wide(4) ? (uint32_t)draw_wide(NORDERS) : WEIR_NONE};
    r->in_force = (struct weir__interval){a < b ? a : b, a < b ? b : a + 1};
    if (draw_wide(2))
        r->in_force.from = N;
    if (draw_wide(2))
        r->in_force.until = N;
}

static void
draw_world(struct world *w, int64_t span)
{
    w->span = span;
    for (size_t i = 0; i < NORDERS; i++)
        draw_order(w, w->intervals[i], &w->orders[i]);
    for (size_t i = 0; i < NRULES; i++)
        draw_rule(w, &w->rules[i]);
    w->rs.magic = WEIR_RULESET_MAGIC;
    w->rs.orders = w->orders;
    w->rs.norders = NORDERS;
    w->rs.rules = w->rules;
    w->rs.nrules = NRULES;
}

/* All that is answered of a moment. */
struct answers {
    bool holds[NORDERS], in_force[NRULES];
    weir_review review[NORDERS];
};

static struct answers
answers_at(const struct world *w, int64_t at)
{
    struct answers a;

    memset(&a, 0, sizeof a); /* compared as bytes */
    for (uint32_t i = 0; i < NORDERS; i++) {
        weir_interval around;

        weir_ruleset_order_interval(&w->rs, i, at, &around);
        a.holds[i] = around.holds;
        a.review[i] = weir_ruleset_order_review(&w->rs, i, at);
    }
    for (uint32_t i = 0; i < NRULES; i++)
        a.in_force[i] = weir_ruleset_rule_in_force(&w->rs, i, at);
    return a;
}

static bool
differ(const struct answers *a, const struct answers *b)
{
    return memcmp(a, b, sizeof *a) != 0;
}

/* What must be told of one time, worked out from the answers on both sides of it. */
static void
expect_changes(const struct world *w, int64_t at, weir_buf *out)
{
    static const char *const told[] = {[WEIR_REVIEW_LAPSED] = "lapsed",
                                       [WEIR_REVIEW_OVERDUE] = "overdue",
                                       [WEIR_REVIEW_CONFIRMED] = "confirmed",
                                       [WEIR_REVIEW_REVOKED] = "revoked"};
    struct answers before = answers_at(w, at - 1), now = answers_at(w, at);

#define COMMA (out->len ? ", " : "")
    for (uint32_t i = 0; i < NORDERS; i++) {
        if (now.review[i] != before.review[i] && told[now.review[i]])
            weir_buf_printf(out, "%s%" PRId64 ": o%u %s", COMMA, at, i, told[now.review[i]]);
        if (now.holds[i] != before.holds[i])
            weir_buf_printf(out, "%s%" PRId64 ": o%u %s", COMMA, at, i,
                            now.holds[i] ? "begins" : "ends");
    }
    for (uint32_t i = 0; i < NRULES; i++) {
        uint32_t order = w->rules[i].order;

        if (now.in_force[i] != before.in_force[i])
            weir_buf_printf(
                out, "%s%" PRId64 ": r%u %s%s", COMMA, at, i, now.in_force[i] ? "begins" : "ends",
                order != WEIR_NONE && now.holds[order] != before.holds[order] ? "+" : "");
    }
#undef COMMA
}

/* From one change to the next: there something changes, and on the way nothing does. */
static void
walk(const struct world *w, int64_t from, weir_buf *expected)
{
    for (;;) {
        int64_t next = weir_ruleset_next_change(&w->rs, from);
        int64_t last = next == INT64_MAX ? w->span + 9 : next - 1;
        struct answers here = answers_at(w, from), there = answers_at(w, last);

        assert_true(next > from);
        if (differ(&here, &there))
            fail_msg("something changed behind %" PRId64 ", before %" PRId64, from, next);
        for (int i = 0; i < 20 && last > from; i++) {
            int64_t at =
                last - from < 20 ? from + 1 + i % (last - from) : from + 1 + draw_wide(last - from);

            there = answers_at(w, at);
            if (differ(&here, &there))
                fail_msg("something changed by %" PRId64 ", behind %" PRId64, at, from);
        }
        if (next == INT64_MAX)
            return;
        there = answers_at(w, next);
        if (!differ(&here, &there))
            fail_msg("nothing changed at %" PRId64, next);
        size_t told = expected->len;
        expect_changes(w, next, expected);
        assert_true(expected->len > told);
        from = next;
    }
}

static void
nothing_changes_between_changes(void **state)
{
    static const int64_t spans[] = {8, 60, INT64_C(4000000000000)};
    int rounds = getenv("WEIR_TEST_NO_JIT") ? 30 : 3000; /* Valgrind is slow */
    struct world *w = calloc(1, sizeof *w);
    weir_buf told = {0}, expected = {0};

    (void)state;
    draw_from_seed();
    for (int i = 0; i < rounds; i++) {
        draw_world(w, spans[i % 3]);
        told.len = expected.len = 0;
        walk(w, -9, &expected);
        weir_ruleset_changes(&w->rs, -9, INT64_MAX, note_change, &told);
        assert_int_equal(told.len, expected.len);
        if (told.len && memcmp(told.p, expected.p, told.len) != 0)
            fail_msg("     told %.*s\n expected %.*s", (int)told.len, told.p, (int)expected.len,
                     expected.p);
    }
    weir_buf_fini(&told);
    weir_buf_fini(&expected);
    free(w);
}

/* However a span of time is cut, each change is told once. */
static void
spans_of_time_can_be_cut_anywhere(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    weir_buf whole = {0}, pieces = {0};

    (void)state;
    draw_from_seed();
    for (int i = 0; i < 200; i++) {
        draw_world(w, 60);
        whole.len = pieces.len = 0;
        weir_ruleset_changes(&w->rs, -1, 61, note_change, &whole);
        for (int64_t from = -1, to; from < 61; from = to) {
            to = from + draw_wide(9);
            weir_ruleset_changes(&w->rs, from, to < 61 ? to : 61, note_change, &pieces);
        }
        assert_int_equal(whole.len, pieces.len);
        assert_true(whole.len == 0 || memcmp(whole.p, pieces.p, whole.len) == 0);
    }
    weir_buf_fini(&whole);
    weir_buf_fini(&pieces);
    free(w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_of_rule_files),
        cmocka_unit_test(a_change_is_behind_one_end_and_not_behind_the_other),
        cmocka_unit_test(nothing_changes_between_changes),
        cmocka_unit_test(spans_of_time_can_be_cut_anywhere),
    };

    return cmocka_run_group_tests_name("model/changes", tests, NULL, NULL);
}

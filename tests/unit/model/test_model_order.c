/*
 * model/order: when orders and the rules under them hold, since and until when, and how an order's
 * review stands.
 */
#include "unit/test.h"

#include "model/order.h"
#include "unit/match/given.h"

#include <inttypes.h>

#define N WEIR_TIME_NONE
#define HOUR INT64_C(3600000)

/* Times in these tables are small numbers, and 0 is one that a row does not name. */
struct given_order {
    struct weir__interval in[2]; /* {0, 0}: not given; without any: from `served` on */
    int64_t served, review_by, confirmed, revoked;
    bool lapses;
};

static void
make_order(const struct given_order *g, struct weir__interval room[2], struct weir__order *o)
{
    *o = (struct weir__order){.lapses = g->lapses, .intervals = room};
    o->served = g->served ? g->served : N;
    o->review_by = g->review_by ? g->review_by : N;
    o->confirmed = g->confirmed ? g->confirmed : N;
    o->revoked = g->revoked ? g->revoked : N;
    for (int i = 0; i < 2; i++)
        if (g->in[i].from || g->in[i].until)
            room[o->nintervals++] = g->in[i];
    if (!o->nintervals)
        room[o->nintervals++] = (struct weir__interval){o->served, N};
}

#define TWICE .in = {{10, 20}, {30, N}}
#define LIFT .lapses = true, .review_by = 50
#define HOLD .review_by = 50
#define NONE WEIR_REVIEW_NONE
#define DUE WEIR_REVIEW_DUE
#define OVERDUE WEIR_REVIEW_OVERDUE
#define LAPSED WEIR_REVIEW_LAPSED
#define CONFIRMED WEIR_REVIEW_CONFIRMED
#define REVOKED WEIR_REVIEW_REVOKED

static const struct row {
    const char *promise;
    struct given_order order;
    int64_t at;
    weir_interval expected;
    weir_review review;
} orders[] = {
    {"neither served nor in_force: always", {.served = 0}, 9, {true, N, N}, NONE},
    {"served: not before", {.served = 10}, 9, {false, N, 10}, NONE},
    {"served: from then on", {.served = 10}, 10, {true, 10, N}, NONE},
    {"before the first of two intervals", {TWICE}, 9, {false, N, 10}, NONE},
    {"from is in", {TWICE}, 10, {true, 10, 20}, NONE},
    {"the last moment is in", {TWICE}, 19, {true, 10, 20}, NONE},
    {"until is out: the gap has two ends", {TWICE}, 20, {false, 20, 30}, NONE},
    {"the second interval, open at its end", {TWICE}, 30, {true, 30, N}, NONE},
    {"an open end has none", {TWICE}, INT64_MAX, {true, 30, N}, NONE},
    {"an open beginning", {.in = {{N, 20}}}, 5, {true, N, 20}, NONE},
    {"ended for good", {.in = {{N, 20}}}, 20, {false, 20, N}, NONE},
    {"intervals that touch are one", {.in = {{10, 20}, {20, 40}}}, 15, {true, 10, 40}, NONE},
    {"in_force counts, not served", {TWICE, .served = 5}, 7, {false, N, 10}, NONE},

    {"hold: ahead of the review", {.served = 10, HOLD}, 49, {true, 10, N}, DUE},
    {"hold: past it, it goes on", {.served = 10, HOLD}, 50, {true, 10, N}, OVERDUE},
    {"hold: not served yet, the review is to come", {.served = 10, HOLD}, 5, {false, N, 10}, DUE},
    {"hold: confirmed in time",
     {.served = 10, HOLD, .confirmed = 40},
     60,
     {true, 10, N},
     CONFIRMED},
    {"hold: before it was confirmed",
     {.served = 10, HOLD, .confirmed = 40},
     39,
     {true, 10, N},
     DUE},
    {"hold: confirmed late, overdue until then",
     {.served = 10, HOLD, .confirmed = 60},
     59,
     {true, 10, N},
     OVERDUE},
    {"hold: confirmed late, no more from then on",
     {.served = 10, HOLD, .confirmed = 60},
     60,
     {true, 10, N},
     CONFIRMED},
    {"hold: it ended before its review was due",
     {.in = {{10, 20}}, HOLD},
     60,
     {false, 20, N},
     NONE},
    {"hold: it ended, and the review's day is to come",
     {.in = {{10, 20}}, HOLD},
     30,
     {false, 20, N},
     NONE},
    {"hold: overdue while it went on", {.in = {{10, 70}}, HOLD}, 60, {true, 10, 70}, OVERDUE},
    {"hold: over, and nobody need review it", {.in = {{10, 70}}, HOLD}, 70, {false, 70, N}, NONE},
    {"hold: overdue in a pause, for it goes on after that",
     {.in = {{10, 20}, {90, N}}, HOLD},
     60,
     {false, 20, 90},
     OVERDUE},

    {"lift: until the review", {.served = 10, LIFT}, 49, {true, 10, 50}, DUE},
    {"lift: not from the review on", {.served = 10, LIFT}, 50, {false, 50, N}, LAPSED},
    {"lift: confirmed in time it never lapses",
     {.served = 10, LIFT, .confirmed = 40},
     20,
     {true, 10, N},
     DUE},
    {"lift: confirmed in time, past the review",
     {.served = 10, LIFT, .confirmed = 40},
     50,
     {true, 10, N},
     CONFIRMED},
    {"lift: confirmed at the last moment",
     {.served = 10, LIFT, .confirmed = 50},
     50,
     {true, 10, N},
     CONFIRMED},
    {"lift: confirmed late leaves a gap",
     {.served = 10, LIFT, .confirmed = 60},
     55,
     {false, 50, 60},
     LAPSED},
    {"lift: before that gap", {.served = 10, LIFT, .confirmed = 60}, 45, {true, 10, 50}, DUE},
    {"lift: confirmed late, again from then on",
     {.served = 10, LIFT, .confirmed = 60},
     60,
     {true, 60, N},
     CONFIRMED},
    {"lift: always until the review", {LIFT}, 0, {true, N, 50}, DUE},
    {"lift: it cuts into an interval", {TWICE, LIFT}, 40, {true, 30, 50}, DUE},
    {"lift: it falls into a pause", {.in = {{10, 40}, {60, 70}}, LIFT}, 45, {false, 40, N}, DUE},
    {"lift: it ended before it could lapse", {.in = {{10, 20}}, LIFT}, 60, {false, 20, N}, NONE},
    {"lift: ended on the very moment", {.in = {{10, 50}}, LIFT}, 60, {false, 50, N}, NONE},
    {"lift: confirmed in a later interval",
     {.in = {{10, 20}, {30, 90}}, LIFT, .confirmed = 80},
     70,
     {false, 50, 80},
     LAPSED},

    {"not yet revoked", {.served = 10, .revoked = 70}, 69, {true, 10, 70}, NONE},
    {"revoked is the end", {.served = 10, .revoked = 70}, 70, {false, 70, N}, REVOKED},
    {"revoked although confirmed",
     {.served = 10, HOLD, .confirmed = 40, .revoked = 70},
     80,
     {false, 70, N},
     REVOKED},
    {"revoked before its confirmation could bring it back",
     {.served = 10, LIFT, .confirmed = 60, .revoked = 55},
     90,
     {false, 50, N},
     REVOKED},
    {"revoked in a pause takes the rest away", {TWICE, .revoked = 25}, 22, {false, 20, N}, NONE},
    {"revoked before it began: never", {TWICE, .revoked = 5}, 15, {false, N, N}, REVOKED},
    {"overdue ends with the revocation",
     {.served = 10, HOLD, .revoked = 70},
     69,
     {true, 10, 70},
     OVERDUE},
};

static void
assert_interval(const char *promise, const weir_interval *got, const weir_interval *expected)
{
    if (got->holds != expected->holds || got->from_ms != expected->from_ms ||
        got->until_ms != expected->until_ms)
        fail_msg("%s: %s [%" PRId64 ", %" PRId64 ")", promise, got->holds ? "in" : "out",
                 got->from_ms, got->until_ms);
}

static void
orders_hold_in_their_intervals(void **state)
{
    static const struct weir__interval always = {N, N};

    (void)state;
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        const struct row *r = &orders[i];
        struct weir__interval room[2];
        struct weir__order o;
        weir_interval got;

        make_order(&r->order, room, &o);
        assert_int_equal(weir__order_holds(&o, r->at), r->expected.holds);
        weir__interval_around(&o, &always, r->at, &got);
        assert_interval(r->promise, &got, &r->expected);
        if (weir__order_review(&o, r->at) != r->review)
            fail_msg("%s: the review is %s", r->promise,
                     weir_review_name(weir__order_review(&o, r->at)));
    }
}

static const struct {
    const char *promise;
    bool has_order;
    struct given_order order;
    struct weir__interval own;
    int64_t at;
    weir_interval expected;
} cuts[] = {
    {"own policy: always", false, {.served = 0}, {N, N}, 9, {true, N, N}},
    {"own policy, within its interval", false, {.served = 0}, {10, 20}, 10, {true, 10, 20}},
    {"own policy, before it", false, {.served = 0}, {10, 20}, 9, {false, N, 10}},
    {"own policy, after it", false, {.served = 0}, {10, 20}, 20, {false, 20, N}},
    {"own policy, open at its beginning", false, {.served = 0}, {N, 20}, 19, {true, N, 20}},
    {"the order's interval, no own one", true, {TWICE}, {N, N}, 15, {true, 10, 20}},
    {"its own from cuts in", true, {TWICE}, {15, N}, 15, {true, 15, 20}},
    {"its own until cuts in", true, {TWICE}, {N, 15}, 14, {true, 10, 15}},
    {"both cut in", true, {.served = 10}, {15, 18}, 16, {true, 15, 18}},
    {"its own interval is wider", true, {TWICE}, {5, 25}, 12, {true, 10, 20}},
    {"its own ended, although the order goes on", true, {TWICE}, {N, 15}, 35, {false, 15, N}},
    {"its own begins in the order's pause", true, {TWICE}, {25, N}, 12, {false, N, 30}},
    {"its own ends in the order's pause", true, {TWICE}, {N, 25}, 22, {false, 20, N}},
    {"its own spans the pause", true, {TWICE}, {15, 35}, 22, {false, 20, 30}},
    {"after the pause, until its own end", true, {TWICE}, {15, 35}, 31, {true, 30, 35}},
    {"the two never meet", true, {TWICE}, {21, 29}, 25, {false, N, N}},
    {"its own ends before a review could lift it", true, {LIFT}, {10, 40}, 20, {true, 10, 40}},
    {"a review lifts it before its own end", true, {LIFT}, {10, 60}, 20, {true, 10, 50}},
    {"a confirmation after its own end is none",
     true,
     {LIFT, .confirmed = 70},
     {10, 60},
     55,
     {false, 50, N}},
    {"a revocation before its own beginning",
     true,
     {.served = 10, .revoked = 20},
     {30, N},
     15,
     {false, N, N}},
};

static void
rules_cut_into_the_intervals_of_orders(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        struct weir__interval room[2];
        struct weir__order o;
        weir_interval got;

        make_order(&cuts[i].order, room, &o);
        weir__interval_around(cuts[i].has_order ? &o : NULL, &cuts[i].own, cuts[i].at, &got);
        assert_interval(cuts[i].promise, &got, &cuts[i].expected);
    }
}

/* The plain way to the same: go from moment to moment while the answer stays what it is. */
static void
walk(const struct weir__order *o, const struct weir__interval *own, int64_t at, weir_interval *out)
{
    int64_t from = at, until = at;

    *out = (weir_interval){weir__both_hold(o, own, at), N, N};
    while (from > -1 && weir__both_hold(o, own, from - 1) == out->holds)
        from--;
    while (until < 101 && weir__both_hold(o, own, until) == out->holds)
        until++;
    out->from_ms = from > -1 ? from : N;
    out->until_ms = until < 101 ? until : N;
}

static void
walking_through_time_finds_the_same_intervals(void **state)
{
    static const struct weir__interval owns[] = {{N, N}, {15, N}, {N, 35}, {25, 65}, {50, 60}};

    (void)state;
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        struct weir__interval room[2];
        struct weir__order o;

        make_order(&orders[i].order, room, &o);
        for (size_t k = 0; k < sizeof owns / sizeof *owns; k++) {
            for (int64_t at = 0; at <= 100; at++) {
                weir_interval got, expected;

                weir__interval_around(&o, &owns[k], at, &got);
                walk(&o, &owns[k], at, &expected);
                assert_interval(orders[i].promise, &got, &expected);
            }
        }
    }
}

static void
of_many_intervals_the_one_around_a_time_is_found(void **state)
{
    static struct weir__interval many[1001];
    struct weir__order o = {.served = N, .review_by = N, .confirmed = N, .revoked = N};

    (void)state;
    o.intervals = many;
    for (o.nintervals = 0; o.nintervals < 1001; o.nintervals++) /* 8 in 10, the first one open */
        many[o.nintervals] = (struct weir__interval){
            o.nintervals ? (int64_t)o.nintervals * 10 : N, (int64_t)o.nintervals * 10 + 8};
    for (int64_t at = 0; at < 10020; at++)
        assert_int_equal(weir__order_holds(&o, at), at < 10008 && at % 10 < 8);
    assert_true(weir__order_holds(&o, INT64_MIN + 1));
    assert_false(weir__order_holds(&o, INT64_MAX));
    o.nintervals = 0;
    assert_false(weir__order_holds(&o, 5));
}

static void
the_public_interface_tells_it(void **state)
{
    weir_ruleset *rs = given_rules(
        "orders:\n"
        "  urgent: {kind: emergency, authority: A, basis: B, served: 1970-01-01T10:00:00Z}\n"
        "rules:\n"
        "  - {id: under, order: urgent, regions: [IN], action: withhold, match: {hashtags: [a]},\n"
        "     until: 1970-01-01T20:00:00Z}\n"
        "  - {id: own, regions: [IN], action: withhold, match: {hashtags: [a]}}\n");
    weir_rule_info r;
    weir_interval i;

    (void)state;
    weir_ruleset_rule(rs, 0, &r);
    assert_int_equal(r.from_ms, INT64_MIN);
    assert_int_equal(r.until_ms, 20 * HOUR);
    weir_ruleset_rule_interval(rs, 0, 12 * HOUR, &i);
    assert_interval("both", &i, &(weir_interval){true, 10 * HOUR, 20 * HOUR});
    weir_ruleset_order_interval(rs, 0, 12 * HOUR, &i);
    assert_interval("the order alone", &i, &(weir_interval){true, 10 * HOUR, INT64_MIN});
    weir_ruleset_rule_interval(rs, 0, 20 * HOUR, &i);
    assert_interval("the rule ended", &i, &(weir_interval){false, 20 * HOUR, INT64_MIN});
    weir_ruleset_rule_interval(rs, 1, 12 * HOUR, &i);
    assert_interval("own policy", &i, &(weir_interval){true, INT64_MIN, INT64_MIN});
    assert_string_equal(weir_review_name(weir_ruleset_order_review(rs, 0, 57 * HOUR)), "due");
    assert_string_equal(weir_review_name(weir_ruleset_order_review(rs, 0, 58 * HOUR)), "overdue");
    weir_ruleset_unref(rs);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_hold_in_their_intervals),
        cmocka_unit_test(rules_cut_into_the_intervals_of_orders),
        cmocka_unit_test(walking_through_time_finds_the_same_intervals),
        cmocka_unit_test(of_many_intervals_the_one_around_a_time_is_found),
        cmocka_unit_test(the_public_interface_tells_it),
    };

    return cmocka_run_group_tests_name("model/order", tests, NULL, NULL);
}

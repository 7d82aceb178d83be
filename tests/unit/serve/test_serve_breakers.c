/*
 * serve/breakers: what is counted, in which minute, by how many threads at once; when a breaker
 * trips, how often that is told, and what a reset brings back.
 */
#include "unit/test.h"

#include "unit/decide/said.h"

#include "serve/breakers.h"

#include <pthread.h>

#define MINUTE INT64_C(60000)

static const char yaml[] =
    "breaker: {per_minute: 50}\n"
    "rules:\n"
    "- {id: four, regions: [XX], action: withhold, match: {hashtags: [x]},"
    "   breaker: {per_minute: 4, then: observe}}\n"
    "- {id: half, regions: [XX], action: downrank, factor: 0.5, match: {hashtags: [x]},"
    "   breaker: {share: 0.5}}\n"
    "- {id: set, regions: [XX], action: withhold, match: {hashtags: [x]}}\n";
enum { FOUR, HALF, SET };

/* A decision on which a rule acts in two regions. */
static bool
act(struct breakers *b, size_t seat, uint32_t rule, weir_action action, int64_t now_ms)
{
    weir_region_outcome regions[2] = {{.region = 0}, {.region = 5}};

    for (int i = 0; i < 2; i++) {
        regions[i].outcome.action = action;
        regions[i].outcome.act.rule = rule;
        regions[i].outcome.surfaces = action == WEIR_DOWNRANK ? 3 : 0;
        regions[i].outcome.surface[0].act.rule = rule;
        regions[i].outcome.surface[1].act.rule = rule;
    }
    weir_decision d = {.action = action, .regions = regions, .nregions = 2};
    return breakers_count(b, seat, &d, now_ms);
}

/* So many posts that nothing is done to. */
static void
pass(struct breakers *b, size_t seat, uint32_t n, int64_t now_ms)
{
    weir_decision d = {.action = WEIR_ALLOW};

    for (uint32_t i = 0; i < n; i++)
        assert_false(breakers_count(b, seat, &d, now_ms));
}

static uint32_t
take_all(struct breakers *b, struct breaker_trip *last)
{
    uint32_t at = 0, n = 0;

    while (breakers_take(b, &at, last))
        n++;
    return n;
}

static struct breakers *
make(weir_ruleset **rs, size_t seats)
{
    *rs = given_rules(yaml);
    struct breakers *b = breakers_new(*rs, seats);
    assert_non_null(b);
    return b;
}

static void
a_post_counts_once_and_a_cap_is_what_may_be(void **state)
{
    weir_ruleset *rs;
    struct breakers *b = make(&rs, 1);
    struct breaker_trip trip = {0};

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_false(act(b, 0, FOUR, WEIR_WITHHOLD, 7 * MINUTE + i));
    assert_int_equal(breakers_how(b, FOUR), WEIR_TRIP_NONE);
    assert_true(act(b, 0, FOUR, WEIR_WITHHOLD, 7 * MINUTE + 5));
    assert_false(act(b, 0, FOUR, WEIR_WITHHOLD, 7 * MINUTE + 6)); /* once is enough */
    assert_int_equal(take_all(b, &trip), 1);
    assert_int_equal(trip.rule, FOUR);
    assert_int_equal(trip.how, WEIR_TRIP_OBSERVE);
    assert_int_equal(trip.acted, 5);
    assert_int_equal(take_all(b, &trip), 0);
    breakers_free(b);
    weir_ruleset_unref(rs);
}

static void
each_minute_begins_anew(void **state)
{
    weir_ruleset *rs;
    struct breakers *b = make(&rs, 1);

    (void)state;
    for (int64_t minute = 100; minute < 130; minute++)
        for (int i = 0; i < 4; i++)
            assert_false(act(b, 0, FOUR, WEIR_WITHHOLD, minute * MINUTE + 59 * 1000));
    assert_int_equal(breakers_how(b, FOUR), WEIR_TRIP_NONE);
    breakers_free(b);
    weir_ruleset_unref(rs);
}

static void
a_share_is_of_enough_posts(void **state)
{
    weir_ruleset *rs;
    struct breakers *b = make(&rs, 1);
    struct breaker_trip trip = {0};

    (void)state;
    for (uint32_t i = 0; i < BREAKERS_SHARE_FROM - 1; i++)
        assert_false(act(b, 0, HALF, WEIR_DOWNRANK, MINUTE));
    assert_int_equal(take_all(b, &trip), 0);
    pass(b, 0, BREAKERS_SHARE_FROM / 2, 2 * MINUTE);
    for (uint32_t i = 0; i < BREAKERS_SHARE_FROM / 2; i++)
        assert_false(act(b, 0, HALF, WEIR_DOWNRANK, 2 * MINUTE));
    assert_true(act(b, 0, HALF, WEIR_DOWNRANK, 2 * MINUTE));
    assert_int_equal(take_all(b, &trip), 1);
    assert_int_equal(trip.rule, HALF);
    assert_int_equal(trip.how, WEIR_TRIP_ALERT);
    assert_int_equal(trip.posts, BREAKERS_SHARE_FROM + 1);
    breakers_free(b);
    weir_ruleset_unref(rs);
}

/* Where each worker decides by itself: what another one has decided is part of it. */
static void
a_share_is_of_the_posts_of_all(void **state)
{
    weir_ruleset *rs;
    struct breakers *b = make(&rs, 3);
    struct breaker_trip trip = {0};

    (void)state;
    pass(b, 0, 700, MINUTE);
    pass(b, 2, 500, MINUTE);
    for (uint32_t i = 0; i < 1200; i++)
        assert_false(act(b, 1, HALF, WEIR_DOWNRANK, MINUTE));
    assert_true(act(b, 1, HALF, WEIR_DOWNRANK, MINUTE));
    assert_int_equal(take_all(b, &trip), 1);
    assert_int_equal(trip.acted, 1201);
    assert_int_equal(trip.posts, 2401);
    breakers_free(b);
    weir_ruleset_unref(rs);
}

static void
queries_do_not_count(void **state)
{
    weir_ruleset *rs;
    struct breakers *b = make(&rs, 1);
    weir_post asked = {.query.kind = WEIR_QUERY_HASHTAG};
    weir_region_outcome region = {.outcome = {.action = WEIR_WITHHOLD, .act.rule = FOUR}};
    weir_decision d = {.post = &asked, .action = WEIR_WITHHOLD, .regions = &region, .nregions = 1};
    struct breaker_trip trip;

    (void)state;
    for (int i = 0; i < 2000; i++)
        assert_false(breakers_count(b, 0, &d, MINUTE));
    assert_int_equal(take_all(b, &trip), 0);
    breakers_free(b);
    weir_ruleset_unref(rs);
}

/* What a breaker was when it was told of. */
struct heard {
    struct breakers *b;
    struct breaker_trip trip;
    int n;
    weir_trip how_then;
};

static void
on_tripped(void *arg, const weir_ruleset *rs, const struct breaker_trip *t)
{
    struct heard *h = arg;

    assert_non_null(rs);
    h->trip = *t;
    h->n++;
    h->how_then = breakers_how(h->b, t->rule);
}

/* A journal has it before anything that was decided under it. */
static void
a_trip_is_told_of_before_it_shows_and_once(void **state)
{
    weir_ruleset *rs;
    struct breakers *b = make(&rs, 1);
    struct heard heard = {.b = b};
    struct breaker_trip trip;

    (void)state;
    breakers_hear(b, on_tripped, &heard);
    for (int i = 0; i < 4; i++)
        (void)act(b, 0, FOUR, WEIR_WITHHOLD, MINUTE);
    assert_int_equal(heard.n, 0);
    for (int i = 0; i < 4; i++)
        (void)act(b, 0, FOUR, WEIR_WITHHOLD, MINUTE);
    assert_int_equal(heard.n, 1);
    assert_int_equal(heard.how_then, WEIR_TRIP_NONE);
    assert_int_equal(breakers_how(b, FOUR), heard.trip.how);
    assert_int_equal(heard.trip.rule, FOUR);
    assert_int_equal(heard.trip.acted, 5);
    assert_int_equal(take_all(b, &trip), 1);
    assert_true(breakers_set(b, FOUR, WEIR_TRIP_NONE)); /* it may trip again */
    for (int i = 0; i < 5; i++)
        (void)act(b, 0, FOUR, WEIR_WITHHOLD, MINUTE);
    assert_int_equal(heard.n, 2);
    breakers_free(b);
    weir_ruleset_unref(rs);
}

/* Also where nothing is done to the post that quotes it. */
static void
what_is_done_to_quoted_posts_counts(void **state)
{
    weir_ruleset *rs;
    struct breakers *b = make(&rs, 1);
    weir_region_outcome region = {.outcome = {.action = WEIR_WITHHOLD, .act.rule = FOUR}};
    weir_decision quoted = {.action = WEIR_WITHHOLD, .regions = &region, .nregions = 1};
    weir_decision d = {.action = WEIR_ALLOW, .quoted = &quoted};
    struct breaker_trip trip = {0};

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_false(breakers_count(b, 0, &d, MINUTE));
    assert_true(breakers_count(b, 0, &d, MINUTE));
    assert_int_equal(take_all(b, &trip), 1);
    assert_int_equal(trip.acted, 5);
    assert_int_equal(trip.posts, 5);
    breakers_free(b);
    weir_ruleset_unref(rs);
}

static void
who_is_late_does_not_begin_the_minute_anew(void **state)
{
    weir_ruleset *rs;
    struct breakers *b = make(&rs, 2);

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_false(act(b, 0, FOUR, WEIR_WITHHOLD, 8 * MINUTE));
    assert_false(act(b, 1, FOUR, WEIR_WITHHOLD, 8 * MINUTE - 1));
    assert_true(act(b, 0, FOUR, WEIR_WITHHOLD, 8 * MINUTE + 1));
    breakers_free(b);
    weir_ruleset_unref(rs);
}

static void
a_clock_that_is_set_back_begins_anew(void **state)
{
    weir_ruleset *rs;
    struct breakers *b = make(&rs, 1);

    (void)state;
    for (int64_t minute = 100; minute > 50; minute -= 10)
        for (int i = 0; i < 4; i++)
            assert_false(act(b, 0, FOUR, WEIR_WITHHOLD, minute * MINUTE));
    breakers_free(b);
    weir_ruleset_unref(rs);
}

/* The set's cap is over all that is withheld; a rule without one of its own is under it alone. */
static void
the_set_counts_withheld_posts(void **state)
{
    weir_ruleset *rs;
    struct breakers *b = make(&rs, 1);
    struct breaker_trip trip = {0};
    uint32_t at = 0;

    (void)state;
    for (int i = 0; i < 25; i++) {
        (void)act(b, 0, FOUR, WEIR_WITHHOLD, MINUTE);
        assert_false(act(b, 0, SET, WEIR_WITHHOLD, MINUTE));
        assert_false(act(b, 0, HALF, WEIR_DOWNRANK, MINUTE));
    }
    assert_true(act(b, 0, SET, WEIR_WITHHOLD, MINUTE));
    assert_true(breakers_take(b, &at, &trip));
    assert_int_equal(trip.rule, FOUR);
    assert_true(breakers_take(b, &at, &trip));
    assert_int_equal(trip.rule, WEIR_NONE);
    assert_int_equal(trip.acted, 51);
    assert_false(breakers_take(b, &at, &trip));
    breakers_free(b);
    weir_ruleset_unref(rs);
}

static void
a_reset_counts_anew(void **state)
{
    weir_ruleset *rs;
    struct breakers *b = make(&rs, 1);
    struct breaker_trip trip = {0};

    (void)state;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 4; i++)
            assert_false(act(b, 0, FOUR, WEIR_WITHHOLD, MINUTE));
        assert_true(act(b, 0, FOUR, WEIR_WITHHOLD, MINUTE));
        assert_int_equal(take_all(b, &trip), 1);
        assert_true(breakers_set(b, FOUR, WEIR_TRIP_NONE));
        assert_int_equal(breakers_how(b, FOUR), WEIR_TRIP_NONE);
    }
    assert_true(breakers_set(b, FOUR, WEIR_TRIP_OBSERVE)); /* carried over: no news */
    assert_int_equal(take_all(b, &trip), 0);
    assert_false(breakers_set(b, HALF, WEIR_TRIP_OBSERVE)); /* it may only alert */
    breakers_free(b);
    weir_ruleset_unref(rs);
}

/* The same rules, of which one is gone, in another order. */
static const char later[] =
    "rules:\n"
    "- {id: half, regions: [XX], action: downrank, factor: 0.5, match: {hashtags: [x]},"
    "   breaker: {share: 0.5}}\n"
    "- {id: new, regions: [XX], action: withhold, match: {hashtags: [x]}}\n"
    "- {id: four, regions: [XX], action: withhold, match: {hashtags: [x]},"
    "   breaker: {per_minute: 4, then: observe}}\n";
enum { LATER_HALF, LATER_NEW, LATER_FOUR };

static void
other_rules_go_on_with_the_minute(void **state)
{
    weir_ruleset *rs, *later_rs = given_rules(later);
    struct breakers *b = make(&rs, 1), *to = breakers_new(later_rs, 1);

    (void)state;
    assert_non_null(to);
    for (int i = 0; i < 3; i++)
        assert_false(act(b, 0, FOUR, WEIR_WITHHOLD, MINUTE));
    breakers_carry(b, to, MINUTE + 5);
    breakers_carry(b, to, MINUTE + 6);
    assert_false(act(b, 0, FOUR, WEIR_WITHHOLD, MINUTE + 7)); /* by one that has not moved yet */
    breakers_carry(b, to, MINUTE + 8);
    assert_int_equal(breakers_how(to, LATER_FOUR), WEIR_TRIP_NONE);
    assert_true(act(to, 0, LATER_FOUR, WEIR_WITHHOLD, MINUTE + 9));
    breakers_free(to);
    breakers_free(b);
    weir_ruleset_unref(later_rs);
    weir_ruleset_unref(rs);
}

static void
a_minute_that_is_over_is_not_carried(void **state)
{
    weir_ruleset *rs, *later_rs = given_rules(later);
    struct breakers *b = make(&rs, 1), *to = breakers_new(later_rs, 1);

    (void)state;
    assert_non_null(to);
    for (int i = 0; i < 4; i++)
        assert_false(act(b, 0, FOUR, WEIR_WITHHOLD, MINUTE));
    breakers_carry(b, to, 2 * MINUTE);
    for (int i = 0; i < 4; i++)
        assert_false(act(to, 0, LATER_FOUR, WEIR_WITHHOLD, 2 * MINUTE));
    breakers_free(to);
    breakers_free(b);
    weir_ruleset_unref(later_rs);
    weir_ruleset_unref(rs);
}

static void
a_share_goes_on_with_the_minute(void **state)
{
    weir_ruleset *rs, *later_rs = given_rules(later);
    struct breakers *b = make(&rs, 2), *to = breakers_new(later_rs, 2);

    (void)state;
    assert_non_null(to);
    pass(b, 0, 900, MINUTE);
    pass(b, 1, 300, MINUTE);
    breakers_carry(b, to, MINUTE);
    pass(b, 1, 200, MINUTE); /* by one that has not moved yet */
    breakers_carry(b, to, MINUTE);
    for (int i = 0; i < 1400; i++)
        assert_false(act(to, 1, LATER_HALF, WEIR_DOWNRANK, MINUTE));
    assert_true(act(to, 0, LATER_HALF, WEIR_DOWNRANK, MINUTE));
    breakers_free(to);
    breakers_free(b);
    weir_ruleset_unref(later_rs);
    weir_ruleset_unref(rs);
}

static void
without_caps_nothing_trips(void **state)
{
    weir_ruleset *rs =
        given_rules("rules:\n- {id: a, regions: [XX], action: withhold, match: {hashtags: [x]}}\n");
    struct breakers *b = breakers_new(rs, 1);
    struct breaker_trip trip = {0};

    (void)state;
    assert_non_null(b);
    for (int i = 0; i < 100000; i++)
        assert_false(act(b, 0, 0, WEIR_WITHHOLD, MINUTE));
    assert_int_equal(take_all(b, &trip), 0);
    assert_false(breakers_set(b, 0, WEIR_TRIP_ALERT));
    breakers_free(b);
    weir_ruleset_unref(rs);
}

/* Threads ------------------------------------------------------------------------------------- */

struct counting {
    struct breakers *b;
    size_t seat;
    int trips;
};

static void *
count_many(void *arg)
{
    struct counting *c = arg;

    for (int i = 0; i < 20000; i++)
        c->trips += act(c->b, c->seat, FOUR, WEIR_WITHHOLD, MINUTE);
    return NULL;
}

static void
threads_trip_it_once_together(void **state)
{
    weir_ruleset *rs;
    struct breakers *b = make(&rs, 4);
    struct counting counting[4];
    pthread_t threads[4];
    struct breaker_trip trip;
    uint32_t at = 0;
    int trips = 0;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        counting[i] = (struct counting){b, i, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, count_many, &counting[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        trips += counting[i].trips;
    }
    assert_int_equal(trips, 2); /* the rule's and the set's, each told to one of them */
    assert_true(breakers_take(b, &at, &trip));
    assert_int_equal(trip.acted, 5);
    breakers_free(b);
    weir_ruleset_unref(rs);
}

/* One act in three posts, by four threads at once: never seen as more than half. */
static void *
count_a_third(void *arg)
{
    struct counting *c = arg;

    for (int i = 0; i < 20000; i++) {
        pass(c->b, c->seat, 2, MINUTE);
        c->trips += act(c->b, c->seat, HALF, WEIR_DOWNRANK, MINUTE);
    }
    return NULL;
}

static void
threads_agree_on_a_share(void **state)
{
    weir_ruleset *rs;
    struct breakers *b = make(&rs, 4);
    struct counting counting[4];
    pthread_t threads[4];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        counting[i] = (struct counting){b, i, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, count_a_third, &counting[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(counting[i].trips, 0);
    }
    breakers_free(b);
    weir_ruleset_unref(rs);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_post_counts_once_and_a_cap_is_what_may_be),
        cmocka_unit_test(each_minute_begins_anew),
        cmocka_unit_test(a_share_is_of_enough_posts),
        cmocka_unit_test(a_share_is_of_the_posts_of_all),
        cmocka_unit_test(queries_do_not_count),
        cmocka_unit_test(a_trip_is_told_of_before_it_shows_and_once),
        cmocka_unit_test(what_is_done_to_quoted_posts_counts),
        cmocka_unit_test(who_is_late_does_not_begin_the_minute_anew),
        cmocka_unit_test(a_clock_that_is_set_back_begins_anew),
        cmocka_unit_test(the_set_counts_withheld_posts),
        cmocka_unit_test(a_reset_counts_anew),
        cmocka_unit_test(other_rules_go_on_with_the_minute),
        cmocka_unit_test(a_minute_that_is_over_is_not_carried),
        cmocka_unit_test(a_share_goes_on_with_the_minute),
        cmocka_unit_test(without_caps_nothing_trips),
        cmocka_unit_test(threads_trip_it_once_together),
        cmocka_unit_test(threads_agree_on_a_share),
    };

    return cmocka_run_group_tests_name("serve/breakers", tests, NULL, NULL);
}

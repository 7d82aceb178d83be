/*
 * flow/tally: every item is counted once under what became of it, and the rules by region.
 */
#include "unit/test.h"

#include "flow/tally.h"

static const weir_post a_post, a_query = {.query = {.kind = WEIR_QUERY_HASHTAG}};

static void
count_decision(struct tally *t, const weir_post *post, weir_action action)
{
    weir_decision d = {.post = post, .action = action};

    t->items++;
    tally_decision(t, &d);
}

static void
count_some_of_all(struct tally *t)
{
    tally_init(t);
    count_decision(t, &a_post, WEIR_ALLOW);
    count_decision(t, &a_post, WEIR_ALLOW);
    count_decision(t, &a_post, WEIR_DOWNRANK);
    count_decision(t, &a_query, WEIR_WITHHOLD);
    t->items += 5;
    tally_skip(t, "delete");
    tally_skip(t, "like");
    tally_skip(t, "delete");
    tally_error(t, WEIR_READ_BAD_JSON);
    tally_error(t, WEIR_READ_NO_ID);
    t->items++;
    t->abandoned++;
}

static void
items_are_what_became_of_them(void **state)
{
    struct tally t;

    (void)state;
    tally_init(&t);
    assert_true(tally_adds_up(&t));
    count_some_of_all(&t);
    assert_true(tally_adds_up(&t));
    assert_int_equal(t.items, 10);
    assert_int_equal(t.posts, 3);
    assert_int_equal(t.queries, 1);
    assert_int_equal(t.skips, 3);
    assert_int_equal(t.errors, 2);
    assert_int_equal(t.action[WEIR_ALLOW], 2);
    assert_int_equal(t.action[WEIR_DOWNRANK], 1);
    assert_int_equal(t.action[WEIR_WITHHOLD], 1);
    assert_int_equal(t.error[WEIR_READ_BAD_JSON], 1);
    assert_int_equal(t.error[WEIR_READ_NO_ID], 1);
    tally_fini(&t);
}

/* Whichever counter is one too high or too low, the sums tell. */
static void
no_counter_may_be_wrong(void **state)
{
    struct tally t;

    (void)state;
    count_some_of_all(&t);
    uint64_t *counters[] = {&t.items,
                            &t.posts,
                            &t.queries,
                            &t.skips,
                            &t.errors,
                            &t.abandoned,
                            &t.action[WEIR_ALLOW],
                            &t.action[WEIR_DOWNRANK],
                            &t.action[WEIR_WITHHOLD],
                            &t.error[WEIR_READ_BAD_JSON],
                            &t.error[WEIR_READ_NO_ID],
                            &t.skip[0].n,
                            &t.skip[1].n};
    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++) {
        ++*counters[i];
        if (tally_adds_up(&t))
            fail_msg("counter %zu may be one too high", i);
        *counters[i] -= 2;
        if (tally_adds_up(&t))
            fail_msg("counter %zu may be one too low", i);
        ++*counters[i];
    }
    assert_true(tally_adds_up(&t));
    tally_fini(&t);
}

/* Where nothing decides, posts are counted as they are written, and have no action. */
static void
posts_may_be_undecided(void **state)
{
    struct tally t;

    (void)state;
    tally_init(&t);
    t.items = t.posts = 7;
    assert_true(tally_adds_up(&t));
    tally_fini(&t);
}

static void
kinds_of_skips(void **state)
{
    static char kinds[TALLY_SKIPS + 8][8];
    struct tally t;

    (void)state;
    tally_init(&t);
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
            (void)snprintf(kinds[i], sizeof kinds[i], "kind%zu", i);
            t.items++;
            tally_skip(&t, kinds[i]);
        }
    assert_int_equal(t.nskip, TALLY_SKIPS);
    for (size_t i = 0; i + 1 < TALLY_SKIPS; i++) {
        assert_string_equal(t.skip[i].kind, kinds[i]);
        assert_int_equal(t.skip[i].n, 2);
    }
    assert_string_equal(t.skip[TALLY_SKIPS - 1].kind, "other");
    assert_int_equal(t.skip[TALLY_SKIPS - 1].n, 2 * 9);
    assert_true(tally_adds_up(&t));
    tally_fini(&t);
}

/* Rules ----------------------------------------------------------------------------------- */

enum { XX = WEIR_REGION_XX, FR = 80, IN = 104, ALL = WEIR_REGION_NONE };

static weir_outcome
withheld_by(uint32_t rule)
{
    return (weir_outcome){.action = WEIR_WITHHOLD, .act = {.rule = rule}};
}

/* The rules of the surfaces in turn; -1: untouched. */
static weir_outcome
downranked_by(const int rules[WEIR_NSURFACES])
{
    weir_outcome o = {.action = WEIR_DOWNRANK};

    for (int s = 0; s < WEIR_NSURFACES; s++)
        if (rules[s] >= 0) {
            o.surfaces |= 1u << s;
            o.surface[s].act.rule = (uint32_t)rules[s];
        }
    return o;
}

static void
assert_rows(const struct tally *t, const struct tally_row *expected, size_t n)
{
    size_t got;
    struct tally_row *rows = tally_rows(t, &got);

    assert_int_equal(got, n);
    for (size_t i = 0; i < n; i++) {
        const struct tally_row *a = &rows[i], *b = &expected[i];
        if (a->rule != b->rule || a->region != b->region || a->withheld != b->withheld ||
            a->downranked != b->downranked || a->exempted != b->exempted ||
            a->observed != b->observed || a->held_back != b->held_back || a->first != b->first)
            fail_msg("row %zu: rule %u in region %u, not rule %u in region %u, or other counts", i,
                     a->rule, a->region, b->rule, b->region);
    }
    free(rows);
}

static void
rules_by_region(void **state)
{
    static const int one[] = {3, -1, 3, 3, -1}, three[] = {2, 3, 2, 1, -1};
    const weir_region_outcome regions[] = {
        {XX, downranked_by(one)}, {FR, withheld_by(7)}, {IN, downranked_by(three)}};
    static const weir_exemption in_fr[] = {{5, 9}, {6, 9}};
    static const weir_region_exemptions exempted[] = {{FR, in_fr, 2}, {IN, NULL, 0}};
    static const uint32_t observed[] = {4, 7}, held_back[] = {4};
    static const struct tally_row rows[] = {
        {.rule = 3, .region = XX, .downranked = 2, .first = 2}, /* once, on however many surfaces */
        {.rule = 5, .region = FR, .exempted = 2},
        {.rule = 6, .region = FR, .exempted = 2},
        {.rule = 7, .region = FR, .withheld = 2},
        {.rule = 1, .region = IN, .downranked = 2},
        {.rule = 2, .region = IN, .downranked = 2, .first = 2}, /* one outcome of three rules */
        {.rule = 3, .region = IN, .downranked = 2},
        {.rule = 4, .region = ALL, .observed = 2, .held_back = 2},
        {.rule = 7, .region = ALL, .observed = 2},
    };
    weir_decision d = {.post = &a_post,
                       .action = WEIR_WITHHOLD,
                       .regions = regions,
                       .nregions = 3,
                       .exempted = exempted,
                       .nexempted = 2,
                       .observed = observed,
                       .nobserved = 2,
                       .held_back = held_back,
                       .nheld_back = 1};
    struct tally t;

    (void)state;
    tally_init(&t);
    assert_rows(&t, NULL, 0);
    tally_decision(&t, &d);
    tally_decision(&t, &d);
    assert_rows(&t, rows, sizeof rows / sizeof *rows);
    assert_int_equal(t.posts, 2);
    assert_int_equal(t.exempted, 2);
    assert_int_equal(t.observed, 2);
    assert_int_equal(t.held_back, 2);
    assert_int_equal(t.limit, 0);
    assert_int_equal(t.rows_lost, 0);
    tally_fini(&t);
}

/* `exempted` where a region has none that XX has: the list is empty, and nothing was exempted. */
static void
decisions_with_something(void **state)
{
    static const weir_region_exemptions none[] = {{FR, NULL, 0}};
    static const uint32_t rules[] = {1};
    const weir_decision quoted2 = {.post = &a_post, .action = WEIR_DOWNRANK},
                        quoted = {.post = &a_post, .quoted = &quoted2};
    const weir_decision decisions[] = {
        {.post = &a_post, .exempted = none, .nexempted = 1},
        {.post = &a_post, .limit = rules, .nlimit = 1},
        {.post = &a_post, .limit_tags = true},
        {.post = &a_post, .limit = rules, .nlimit = 1, .limit_tags = true},
        {.post = &a_post, .quoted = &quoted},
    };
    struct tally t;

    (void)state;
    tally_init(&t);
    for (size_t i = 0; i < sizeof decisions / sizeof *decisions; i++)
        tally_decision(&t, &decisions[i]);
    assert_int_equal(t.exempted, 0);
    assert_int_equal(t.limit, 3);
    assert_int_equal(t.limit_patterns, 2);
    assert_int_equal(t.limit_tags, 2);
    assert_int_equal(t.quoted[WEIR_ALLOW], 1);
    assert_int_equal(t.quoted[WEIR_DOWNRANK], 1);
    assert_int_equal(t.quoted[WEIR_WITHHOLD], 0);
    t.items = 5; /* what is quoted is no item */
    assert_true(tally_adds_up(&t));
    tally_fini(&t);
}

/* Of an original that is known by its id only, tags and (but on Bluesky) the author are not known:
   it may be one that rules are about. */
static void
reposts_of_ids(void **state)
{
    static const weir_span tag = {"a", 1};
    static const struct {
        weir_post original;
        uint64_t counted;
    } rows[] = {
        {{.id = {"2", 1}}, 1},
        {{.id = {"2", 1}, .source = WEIR_SOURCE_BLUESKY, .author = {.id = {"did:plc:a", 9}}}, 1},
        {{.id = {"2", 1}, .author = {.id = {"5", 1}}}, 0},
        {{.id = {"2", 1}, .hashtags = &tag, .nhashtags = 1}, 0},
        {{.id = {"2", 1}, .has_created = true}, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const weir_post repost = {.repost_of = &rows[i].original}, twice = {.repost_of = &repost};
        const weir_decision d[] = {{.post = &rows[i].original}, {.post = &repost}};
        const weir_decision nested = {.post = &twice};
        struct tally t;

        tally_init(&t);
        tally_decision(&t, &d[0]);
        assert_int_equal(t.by_id, 0);
        tally_decision(&t, &d[1]);
        assert_int_equal(t.by_id, rows[i].counted);
        tally_decision(&t, &nested);
        assert_int_equal(t.by_id, rows[i].counted + 1); /* of `repost` nothing is known either */
        tally_fini(&t);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_what_became_of_them),
        cmocka_unit_test(no_counter_may_be_wrong),
        cmocka_unit_test(posts_may_be_undecided),
        cmocka_unit_test(kinds_of_skips),
        cmocka_unit_test(rules_by_region),
        cmocka_unit_test(decisions_with_something),
        cmocka_unit_test(reposts_of_ids),
    };

    return cmocka_run_group_tests_name("flow/tally", tests, NULL, NULL);
}

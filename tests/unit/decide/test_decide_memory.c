/*
 * decide/: deciding does not allocate once the scratch has grown, and a scratch carries nothing
 * from one post to the next.
 * Neither does it when breakers trip meanwhile.
 * Over a million posts, test_decide_million.c looks at it.
 */
#include "unit/test.h"

#include "unit/count_allocations.h"
#include "unit/decide/said.h"

static const char yaml[] =
    "rules:\n"
    "- {id: a, regions: [IN, TR, EU], action: withhold,"
    "   match: {hashtags: [farmers, 'farmer*', '/^kisan_?ekta\\d{0,4}$/', '/(a+)+b/']}}\n"
    "- {id: b, regions: [XX], fold: confusable, action: downrank, factor: 0.5,"
    "   match: {hashtags: [farmers, 'far?er*', '/armer/']}, except: {langs: [pa]}}\n"
    "- {id: c, regions: [TR], fold: turkic, action: withhold, match: {hashtags: [istanbul]}}\n"
    "- {id: d, action: allow, match: {accounts: ['@press', 'domain:example.org', '/^news/']}}\n"
    "- {id: e, regions: [XX], mode: observe, action: withhold, match: {mentions: ['@m', 'n*']}}\n"
    "- {id: f, regions: [XX], rollout: 50, action: withhold, match: {posts: ['7'], langs: [en]}}\n"
    "- {id: g, regions: [XX], on_limit: match, action: withhold,"
    "   match: {hashtags: ['/^(?:a|a)*(?=x)b$/']}}\n"
    "- {id: h, regions: [DE], action: allow, priority: 4, match: {hashtags: [h]}}\n";

static const char *const posts[] = {
    "id=1 by=@a tag=farmers tag=x lang=en-GB",
    "id=2 by=id:4@press tag=FARMERS tag=h to=@m to=@news",
    "id=3 by=@x@m.example.org tag=fаrmers tag=İstanbul tag=ＦＡＲＭ",
    "id=4 by=did:plc:z@a.example.org tag=kisanekta21 lang=pa",
    "id=5 by=@b tag=aaaaaaaaaaaaaaaaaaaaaaaaaaaaab tag=농민 tag=किसान",
    "id=6 by=@z",
    "id=8 by=id:https://m.Example.org:80/u/1@y@z.example tag=h",
    "id=7 by=id:99 lang=en lang=iw tag=istanbul tag=ırmak tag=h tag=farmer2021",
};
#define NPOSTS (sizeof posts / sizeof *posts)

/* Every post as it is, as a repost and as a quote of the next. */
static void
link_posts(struct given_post *g)
{
    for (size_t i = 0; i < NPOSTS; i++)
        (void)given_post(&g[i], posts[i]);
    for (size_t i = 0; i < NPOSTS; i++)
        for (size_t k = 1; k < 3; k++) {
            struct given_post *outer = &g[k * NPOSTS + i], *inner = &g[(i + k) % NPOSTS];
            (void)given_post(outer, posts[i]);
            outer->post.repost_of = k == 1 ? &inner->post : NULL;
            outer->post.quotes = k == 2 ? &inner->post : NULL;
        }
}

static void
decide_all(weir_ruleset *rs, weir_scratch *s, const struct given_post *g, weir_buf *out)
{
    for (size_t i = 0; i < 3 * NPOSTS; i++) {
        weir_decision d;
        weir_status st = weir_decide(rs, s, &g[i].post, NOON, &d);

        assert_true(st == WEIR_OK || st == WEIR_E_LIMIT);
        weir_record_write(&d, out);
    }
}

/* All rules, and the set: in turn not at all, to alert, to be observed. */
static void
trip_all(weir_scratch *s, uint32_t nrules, weir_trip how)
{
    for (uint32_t i = 0; i < nrules; i++)
        assert_int_equal(weir_scratch_trip(s, i, how), WEIR_OK);
    assert_int_equal(weir_scratch_trip(s, WEIR_NONE, how ? WEIR_TRIP_ALERT : WEIR_TRIP_NONE),
                     WEIR_OK);
}

static void
deciding_allocates_nothing(bool trace)
{
    const weir_decide_options o = {.trace = trace};
    struct given_post *g = calloc(3 * NPOSTS, sizeof *g);
    weir_ruleset *rs = given_rules(yaml);
    weir_scratch *s = NULL;
    weir_buf out = {0};
    int rounds = getenv("WEIR_TEST_NO_JIT") ? 10 : 500; /* Valgrind is slow */

    link_posts(g);
    assert_int_equal(weir_scratch_new(rs, &o, &s), WEIR_OK);
    decide_all(rs, s, g, &out);
    size_t before = nallocations;
    for (int i = 0; i < rounds; i++) {
        out.len = 0;
        trip_all(s, weir_ruleset_nrules(rs), (weir_trip)((i + 1) % 3));
        decide_all(rs, s, g, &out);
    }
    assert_int_equal(nallocations, before);
    weir_scratch_free(s);
    weir_ruleset_unref(rs);
    weir_buf_fini(&out);
    free(g);
}

static void
no_allocation_once_warm(void **state)
{
    (void)state;
    if (!allocations_are_counted())
        skip_because(WHY_NOT_COUNTED);
    deciding_allocates_nothing(false);
    deciding_allocates_nothing(true);
}

static void
nothing_is_carried_over(void **state)
{
    struct given_post *g = calloc(3 * NPOSTS, sizeof *g);
    weir_ruleset *rs = given_rules(yaml);
    weir_scratch *used = NULL;
    weir_buf once = {0}, again = {0}, fresh = {0};

    (void)state;
    link_posts(g);
    assert_int_equal(weir_scratch_new(rs, NULL, &used), WEIR_OK);
    decide_all(rs, used, g, &once);
    decide_all(rs, used, g, &again);
    for (size_t i = 0; i < 3 * NPOSTS; i++) {
        weir_scratch *s = NULL;
        weir_decision d;

        assert_int_equal(weir_scratch_new(rs, NULL, &s), WEIR_OK);
        (void)weir_decide(rs, s, &g[i].post, NOON, &d);
        weir_record_write(&d, &fresh);
        weir_scratch_free(s);
    }
    assert_int_equal(once.len, again.len);
    assert_int_equal(once.len, fresh.len);
    assert_memory_equal(once.p, again.p, once.len);
    assert_memory_equal(once.p, fresh.p, once.len);
    weir_scratch_free(used);
    weir_ruleset_unref(rs);
    weir_buf_fini(&once);
    weir_buf_fini(&again);
    weir_buf_fini(&fresh);
    free(g);
}

static void
a_scratch_keeps_its_rule_set(void **state)
{
    struct given_post *g = calloc(1, sizeof *g);
    weir_ruleset *rs = given_rules(yaml);
    weir_scratch *s = NULL;
    weir_decision d;

    (void)state;
    assert_int_equal(weir_scratch_new(rs, NULL, &s), WEIR_OK);
    weir_ruleset_unref(rs);
    assert_int_equal(weir_decide(rs, s, given_post(g, posts[0]), NOON, &d), WEIR_OK);
    assert_int_equal(d.action, WEIR_WITHHOLD);
    weir_scratch_free(s);
    weir_scratch_free(NULL);
    free(g);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_allocation_once_warm),
        cmocka_unit_test(nothing_is_carried_over),
        cmocka_unit_test(a_scratch_keeps_its_rule_set),
    };

    return cmocka_run_group_tests_name("decide: memory", tests, NULL, NULL);
}

/*
 * replay/contrast, reach, samples: what there is no memory for is counted as lost, or said, and
 * never a crash.
 */
#include "unit/fail_allocations.h"
#include "unit/test.h"

#include "unit/decide/said.h"

#include "replay/contrast.h"

static const char yaml[] =
    "rules:\n- {id: a, regions: [IN, TR], action: withhold, match: {hashtags: [t]}}\n";
static const char other[] =
    "rules:\n- {id: b, regions: [IN], action: withhold, match: {hashtags: [t]}}\n";

static const struct contrast_options all = {.region = WEIR_REGION_NONE, .samples = 3};

struct world {
    weir_ruleset *rs[2];
    weir_scratch *s[2];
    struct given_post *post;
    weir_decision d[2];
};

static void
world_init(struct world *w)
{
    w->rs[0] = given_rules(yaml);
    w->rs[1] = given_rules(other);
    w->post = calloc(1, sizeof *w->post);
    (void)given_post(w->post, "id=1 by=@x tag=t");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(weir_scratch_new(w->rs[i], NULL, &w->s[i]), WEIR_OK);
        assert_int_equal(weir_decide(w->rs[i], w->s[i], &w->post->post, NOON, &w->d[i]), WEIR_OK);
    }
}

static void
world_fini(struct world *w)
{
    for (int i = 0; i < 2; i++) {
        weir_scratch_free(w->s[i]);
        weir_ruleset_unref(w->rs[i]);
    }
    free(w->post);
}

/* Until nothing fails any more, everything is tried with one allocation less. */
static void
counts_are_lost_and_known_to_be(void **state)
{
    bool did = true, lost = false;
    struct world w;

    (void)state;
    world_init(&w);
    for (size_t k = 1; did; k++) {
        struct contrast *c = contrast_new(&all), *sum = contrast_new(&all);
        weir_buf facts = {0};

        fail_allocation(k);
        assert_true(contrast_take(c, &w.d[0], &w.d[1], &facts));
        contrast_add(sum, c);
        did = allocation_failed();
        assert_int_equal(contrast_sums(sum)->changed, 1);
        if (!did) {
            assert_int_equal(contrast_kind(sum, WEIR_NDIFFERENCES).authors, 1);
            assert_int_equal(contrast_lost(sum), 0);
        }
        assert_true(!contrast_lost(sum) || did);
        lost = lost || contrast_lost(sum);
        weir_buf_fini(&facts);
        contrast_free(c);
        contrast_free(sum);
    }
    assert_true(lost);
    world_fini(&w);
}

static void
what_cannot_be_made_is_said_to_be_none(void **state)
{
    struct contrast *c = contrast_new(&all);
    struct world w;
    weir_buf facts = {0};
    bool did = true;
    size_t n;

    (void)state;
    world_init(&w);
    assert_true(contrast_take(c, &w.d[0], &w.d[1], &facts));
    for (size_t k = 1; did; k++) {
        fail_allocation(k);
        struct reach *r = reach_new(contrast_counts(c));
        did = allocation_failed();
        assert_int_equal(r == NULL, did);
        reach_free(r);
    }
    did = true;
    for (size_t k = 1; did; k++) {
        struct samples *s = samples_new(3);

        fail_allocation(k);
        bool good = samples_take(s, &facts);
        did = allocation_failed();
        assert_int_equal(good, !did);
        samples_free(s);
    }
    for (size_t k = 1; k < 3; k++) {
        fail_allocation(k);
        struct contrast *none = contrast_new(&all);
        assert_true(allocation_failed());
        assert_null(none);
    }
    fail_allocation(1);
    struct contrast_row *rows = contrast_rows(c, &n);
    (void)allocation_failed();
    assert_int_equal(rows == NULL, n == 0);
    free(rows);
    weir_buf_fini(&facts);
    contrast_free(c);
    world_fini(&w);
}

static void
sameness_is_not_known(void **state)
{
    struct world w;
    bool did = true, same;

    (void)state;
    world_init(&w);
    for (size_t k = 1; did; k++) {
        fail_allocation(k);
        weir_status st = weir_ruleset_same_rule(w.rs[0], 0, w.rs[1], 0, &same);
        did = allocation_failed();
        assert_int_equal(st, did ? WEIR_E_NOMEM : WEIR_OK);
    }
    assert_false(same);
    world_fini(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_lost_and_known_to_be),
        cmocka_unit_test(what_cannot_be_made_is_said_to_be_none),
        cmocka_unit_test(sameness_is_not_known),
    };

    return cmocka_run_group_tests_name("replay_contrast_out_of_memory", tests, NULL, NULL);
}

/*
 * flow/ledger: what a ledger has no memory for is missing from its rows, and it knows how many.
 */
#include "unit/fail_allocations.h"
#include "unit/test.h"

#include "unit/match/given.h"

#include "flow/ledger.h"

static const char rules[] = "rules:\n"
                            "- {id: a, regions: [XX], action: withhold, match: {hashtags: [x]}}\n"
                            "- {id: b, regions: [XX], action: withhold, match: {hashtags: [y]}}\n"
                            "- {id: c, regions: [XX], action: withhold, match: {hashtags: [z]}}\n";

/* Each rule was observed once. */
static void
count(struct tally *t)
{
    static const uint32_t observed[] = {0, 1, 2};
    static const weir_post post;
    const weir_decision d = {.post = &post, .observed = observed, .nobserved = 3};

    tally_init(t);
    tally_decision(t, &d);
}

static uint64_t
sum_of(const struct ledger *l)
{
    size_t n;
    struct ledger_row *rows = ledger_rows(l, &n);
    uint64_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += rows[i].did.observed;
    free(rows);
    return sum;
}

static void
rows_are_counted_or_lost(void **state)
{
    weir_ruleset *rs = given_rules(rules);
    bool lost_all = false;

    (void)state;
    for (size_t k = 1, did = true; did; k++) {
        struct ledger l = {0};
        struct tally t;

        count(&t);
        fail_allocation(k);
        ledger_add(&l, rs, &t);
        did = allocation_failed();
        assert_int_equal(sum_of(&l) + l.lost, 3);
        assert_int_equal(l.lost > 0, did);
        lost_all |= l.lost == 3;
        tally_fini(&t);
        ledger_fini(&l);
        assert_true(did || k > 3);
    }
    assert_true(lost_all);
    weir_ruleset_unref(rs);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_counted_or_lost),
    };

    return cmocka_run_group_tests_name("flow/ledger_out_of_memory", tests, NULL, NULL);
}

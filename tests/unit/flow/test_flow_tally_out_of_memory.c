/*
 * flow/tally: without memory for a row a decision is counted all the same, and what is in no row is
 * known.
 */
#include "unit/fail_allocations.h"
#include "unit/test.h"

#include "flow/tally.h"

static void
rows_may_be_lost(void **state)
{
    static const uint32_t observed[] = {1, 2, 3};
    static const weir_post post;
    const weir_decision d = {.post = &post, .observed = observed, .nobserved = 3};
    struct tally t;

    (void)state;
    for (size_t k = 1, did = true; did; k++) {
        size_t n;

        tally_init(&t);
        fail_allocation(k);
        tally_decision(&t, &d);
        did = allocation_failed();
        struct tally_row *rows = tally_rows(&t, &n);
        assert_int_equal(t.rows_lost, did);
        assert_int_equal(n, 3 - t.rows_lost);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(rows[i].observed, 1);
        t.items = 1;
        assert_true(t.posts == 1 && tally_adds_up(&t));
        free(rows);
        tally_fini(&t);
        assert_true(did || k > 3);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_may_be_lost),
    };

    return cmocka_run_group_tests_name("flow/tally_out_of_memory", tests, NULL, NULL);
}

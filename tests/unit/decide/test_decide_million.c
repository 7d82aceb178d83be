/*
 * decide/: a million decisions on posts that are all different, and not one allocation; the same
 * without each of the parts that make matching fast, which take other ways through memory.
 *
 * Between the warm-up and the end of the count nothing but deciding happens: posts are made in
 * place, and records are not written (test_decide_memory.c writes them).
 */
#include "unit/test.h"

#include "unit/count_allocations.h"
#include "unit/decide/world.h"

#define NPOSTS 1000000u
#ifdef __OPTIMIZE__
#define NEACH 200000u /* without one of the optimisations */
#else
#define NEACH 25000u
#endif
#define NNONE 10000u  /* without any of them */
#define NLARGEST 200u /* to warm up with: they hit more rules than any to come */
#define NWARM 5000u

/* Deciding ---------------------------------------------------------------------------------- */

struct became {
    size_t acted, limited;
};

static struct became
decide_many(weir_ruleset *rs, weir_scratch *s, size_t n, bool largest)
{
    struct became became = {0};
    struct made m[3];

    for (size_t i = 0; i < n; i++) {
        weir_decision d;
        weir_status st = weir_decide(rs, s, make_thread(m, largest), NOON, &d);

        assert_true(st == WEIR_OK || st == WEIR_E_LIMIT);
        became.acted += d.action != WEIR_ALLOW;
        became.limited += st == WEIR_E_LIMIT;
    }
    return became;
}

static void
decide_without(uint32_t off, size_t n)
{
    const weir_decide_options o = {.match_off = off};
    weir_scratch *s = NULL;

    given_match_off = off & (WEIR_MATCH_WORDS | WEIR_MATCH_JIT);
    weir_ruleset *rs = make_rules("");
    given_match_off = 0;
    drawn = off;
    assert_int_equal(weir_scratch_new(rs, &o, &s), WEIR_OK);
    assert_int_equal(decide_many(rs, s, NLARGEST, true).limited, NLARGEST);
    (void)decide_many(rs, s, NWARM, false);
    size_t before = nallocations;
    size_t nacted = decide_many(rs, s, n, false).acted;
    size_t nmade = nallocations - before;
    if (nmade)
        fail_msg("%zu allocations in %zu decisions", nmade, n);
    assert_in_range(nacted, n / 4, n - n / 100); /* the rules are about these posts */
    weir_scratch_free(s);
    weir_ruleset_unref(rs);
}

static void
need_count(void)
{
    if (getenv("WEIR_TEST_NO_JIT"))
        skip_because("a million decisions take too long under Valgrind");
    if (!allocations_are_counted())
        skip_because(WHY_NOT_COUNTED);
}

static void
a_million_decisions_allocate_nothing(void **state)
{
    (void)state;
    need_count();
    decide_without(0, NPOSTS);
}

static void
nor_do_they_without_each_optimisation(void **state)
{
    (void)state;
    need_count();
    for (int part = 0; part < WEIR_NMATCH_PARTS; part++)
        decide_without(1u << part, NEACH);
    decide_without((1u << WEIR_NMATCH_PARTS) - 1, NNONE);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_million_decisions_allocate_nothing),
        cmocka_unit_test(nor_do_they_without_each_optimisation),
    };

    return cmocka_run_group_tests_name("decide: a million", tests, NULL, NULL);
}

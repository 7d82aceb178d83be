/*
 * flow/ledger: what rules did is kept by their ids, over rule sets in which they have other
 * numbers.
 */
#include "unit/test.h"

#include "unit/match/given.h"

#include "flow/ledger.h"

static const weir_post a_post;

/* One post on which a rule acts everywhere, and another one is observed. */
static void
count(struct tally *t, uint32_t acts, uint32_t observed, int64_t at_ms)
{
    weir_region_outcome everywhere = {.outcome = {.action = WEIR_WITHHOLD, .act = {.rule = acts}}};
    weir_decision d = {.post = &a_post,
                       .at_ms = at_ms,
                       .action = WEIR_WITHHOLD,
                       .regions = &everywhere,
                       .nregions = 1,
                       .observed = &observed,
                       .nobserved = 1};

    tally_decision(t, &d);
}

static const char first_rules[] =
    "orders:\n  o: {kind: report, served: 2021-03-01T00:00:00Z}\n"
    "rules:\n"
    "- {id: a, regions: [XX], action: withhold, match: {hashtags: [x]}}\n"
    "- {id: b, order: o, regions: [XX], action: withhold, match: {hashtags: [y]}}\n";
static const char second_rules[] =
    "orders:\n  o: {kind: report, served: 2021-03-01T00:00:00Z}\n"
    "rules:\n"
    "- {id: c, regions: [XX], action: withhold, match: {hashtags: [z]}}\n"
    "- {id: b, order: o, regions: [XX], action: withhold, match: {hashtags: [y]}}\n"
    "- {id: a, regions: [XX], action: withhold, match: {hashtags: [x]}}\n";

static void
add(struct ledger *l, weir_ruleset *rs, const struct tally *t)
{
    ledger_add(l, rs, t);
    weir_ruleset_unref(rs); /* nothing is kept of it */
}

static void
rules_are_known_by_their_ids(void **state)
{
    static const struct {
        const char *rule, *order;
        bool is_observed;
        uint64_t n;
        int64_t last_ms;
    } expected[] = {
        {"a", NULL, false, 3, 2000}, {"b", "o", false, 1, 1000}, {"c", NULL, false, 1, 3000},
        {"a", NULL, true, 3, 3000},  {"b", "o", true, 2, 1000},
    };
    struct ledger l = {0};
    struct tally t;
    size_t n;

    (void)state;
    tally_init(&t);
    count(&t, 0, 1, 1000); /* a, and b observed */
    count(&t, 0, 1, 1000);
    count(&t, 1, 0, 1000); /* b, and a observed */
    add(&l, given_rules(first_rules), &t);
    tally_fini(&t);
    tally_init(&t);
    count(&t, 2, 2, 2000); /* a, and itself */
    count(&t, 0, 2, 3000); /* c, and a */
    add(&l, given_rules(second_rules), &t);
    tally_fini(&t);

    struct ledger_row *rows = ledger_rows(&l, &n);
    assert_int_equal(n, sizeof expected / sizeof *expected);
    for (size_t i = 0; i < n; i++) {
        const struct tally_row *did = &rows[i].did;

        assert_string_equal(rows[i].rule, expected[i].rule);
        assert_string_equal(rows[i].order ? rows[i].order : "-",
                            expected[i].order ? expected[i].order : "-");
        assert_int_equal(did->region, expected[i].is_observed ? WEIR_REGION_NONE : WEIR_REGION_XX);
        assert_int_equal(expected[i].is_observed ? did->observed : did->withheld, expected[i].n);
        assert_int_equal(did->last_ms, expected[i].last_ms);
    }
    free(rows);
    assert_int_equal(l.lost, 0);
    ledger_fini(&l);
}

static void
ledgers_add_up(void **state)
{
    struct ledger one = {0}, sum = {0};
    struct tally t;
    size_t n;

    (void)state;
    assert_null(ledger_rows(&one, &n));
    assert_int_equal(n, 0);
    tally_init(&t);
    count(&t, 0, 1, 1000);
    add(&one, given_rules(first_rules), &t);
    tally_fini(&t);
    ledger_add_ledger(&sum, &one);
    ledger_add_ledger(&sum, &one);
    ledger_fini(&one);
    struct ledger_row *rows = ledger_rows(&sum, &n);
    assert_int_equal(n, 2);
    assert_int_equal(rows[0].did.withheld, 2);
    assert_int_equal(rows[1].did.observed, 2);
    assert_string_equal(rows[1].order, "o");
    free(rows);
    ledger_fini(&sum);
}

/* Whichever came first, and in sums of ledgers; a rule of the same name under another order, or
   none, is another row. */
static void
what_was_confidential_stays_so(void **state)
{
    static const char rules[] =
        "orders:\n  o: {kind: report, served: 2021-03-01T00:00:00Z, confidential: true}\n"
        "rules:\n"
        "- {id: a, regions: [XX], action: withhold, match: {hashtags: [x]}}\n"
        "- {id: b, order: o, regions: [XX], action: withhold, match: {hashtags: [y]}}\n";
    static const char *const orders[][2] = {{rules, first_rules}, {first_rules, rules}};
    struct ledger sum = {0};
    size_t n;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct ledger l = {0};

        for (size_t k = 0; k < 2; k++) {
            struct tally t;

            tally_init(&t);
            count(&t, 0, 1, 1000);
            add(&l, given_rules(orders[i][k]), &t);
            tally_fini(&t);
        }
        ledger_add_ledger(&sum, &l);
        struct ledger_row *rows = ledger_rows(&l, &n);
        assert_int_equal(n, 2);
        assert_true(rows[0].did.withheld == 2 && !rows[0].confidential && !rows[0].order);
        assert_true(rows[1].did.observed == 2 && rows[1].confidential);
        free(rows);
        ledger_fini(&l);
    }
    struct ledger_row *rows = ledger_rows(&sum, &n);
    assert_true(n == 2 && !rows[0].confidential && rows[1].confidential);
    free(rows);
    ledger_fini(&sum);
}

static void
queries_have_no_time(void **state)
{
    static const weir_post query = {.query = {.kind = WEIR_QUERY_HASHTAG}};
    uint32_t observed = 1;
    weir_decision d = {.post = &query, .at_ms = INT64_MAX, .observed = &observed, .nobserved = 1};
    struct tally t;
    size_t n;

    (void)state;
    tally_init(&t);
    tally_decision(&t, &d);
    struct tally_row *rows = tally_rows(&t, &n);
    assert_true(n == 1 && rows[0].observed == 1 && rows[0].last_ms == 0);
    free(rows);
    d.post = &a_post;
    d.at_ms = 5000;
    tally_decision(&t, &d);
    rows = tally_rows(&t, &n);
    assert_true(n == 1 && rows[0].observed == 2 && rows[0].last_ms == 5000);
    free(rows);
    tally_fini(&t);
}

static void
moved_rows_are_those_of_both(void **state)
{
    struct tally a, b;
    size_t n;

    (void)state;
    tally_init(&a);
    tally_init(&b);
    count(&a, 0, 1, 1000);
    tally_move_rows(&b, &a);
    assert_null(tally_rows(&a, &n));
    count(&a, 0, 2, 5000);
    tally_move_rows(&b, &a);
    struct tally_row *rows = tally_rows(&b, &n);
    assert_int_equal(n, 3);
    assert_int_equal(rows[0].withheld, 2);
    assert_int_equal(rows[0].last_ms, 5000);
    free(rows);
    tally_fini(&a);
    tally_fini(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_are_known_by_their_ids),   cmocka_unit_test(ledgers_add_up),
        cmocka_unit_test(what_was_confidential_stays_so), cmocka_unit_test(queries_have_no_time),
        cmocka_unit_test(moved_rows_are_those_of_both),
    };

    return cmocka_run_group_tests_name("flow/ledger", tests, NULL, NULL);
}

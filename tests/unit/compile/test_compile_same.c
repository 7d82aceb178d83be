/*
 * model/same: whether two rules, or two orders, say the same.
 */
#include "unit/test.h"

#include "unit/match/given.h"

#define TIME "1970-01-01T00:00:00Z"
#define LISTS(entries) "lists:\n  l: {accounts: [" entries "]}\n  m: {accounts: [z]}\n"
#define ORDERS(more) "orders:\n  o: {kind: policy, served: " TIME more "}\n"
#define RULE(more)                                                                                 \
    "rules:\n- {id: r, order: o, regions: [IN, TR], action: withhold" more                         \
    ", match: {accounts: [{list: l}, b], hashtags: [t, 'x*']}}\n"
#define PLAIN LISTS("'id:1', a") ORDERS("") RULE("")

/* clang-format off */
static const struct {
    const char *promise, *other;
    bool rules, orders;
} rows[] = {
    {"the same text", PLAIN, true, true},
    {"its layout does not matter", LISTS("'id:1', a") ORDERS("")
     "rules:\n# a comment\n- id: r\n  order: o\n  regions: [TR, IN]\n  action: withhold\n"
     "  match:\n    accounts: [{list: l}, b]\n    hashtags: [t, 'x*']\n", true, true},
    {"nor do its tests", LISTS("'id:1', a") ORDERS("") RULE(", tests: {match: ['#t']}"), true, true},
    {"an entry of a list", LISTS("'id:1', c") ORDERS("") RULE(""), false, true},
    {"one entry more", LISTS("'id:1', a, c") ORDERS("") RULE(""), false, true},
    {"another priority", LISTS("'id:1', a") ORDERS("") RULE(", priority: 1"), false, true},
    {"another mode", LISTS("'id:1', a") ORDERS("") RULE(", mode: observe"), false, true},
    {"another order's terms", LISTS("'id:1', a") ORDERS(", revoked: 1971-01-01T00:00:00Z") RULE(""),
     true, false},
    {"another notice", LISTS("'id:1', a") ORDERS(", notice: x") RULE(""), true, false},
    {"a list that it does not name", "lists:\n  l: {accounts: ['id:1', a]}\n  m: {accounts: [y]}\n"
     ORDERS("") RULE(""), true, true},
};
/* clang-format on */

static void
what_they_say_makes_them_the_same(void **state)
{
    weir_ruleset *a = given_rules(PLAIN);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_ruleset *b = given_rules(rows[i].other);
        bool rules, orders, back;

        assert_int_equal(weir_ruleset_same_rule(a, 0, b, 0, &rules), WEIR_OK);
        assert_int_equal(weir_ruleset_same_rule(b, 0, a, 0, &back), WEIR_OK);
        assert_int_equal(weir_ruleset_same_order(a, 0, b, 0, &orders), WEIR_OK);
        if (rules != rows[i].rules || back != rules || orders != rows[i].orders)
            fail_msg("%s: rules %d, orders %d", rows[i].promise, rules, orders);
        weir_ruleset_unref(b);
    }
    weir_ruleset_unref(a);
}

static void
two_rules_of_one_set(void **state)
{
    weir_ruleset *rs =
        given_rules("rules:\n- {id: r, regions: [IN], action: withhold, match: {hashtags: [t]}}\n"
                    "- {id: s, regions: [IN], action: withhold, match: {hashtags: [t]}}\n");
    bool same;

    (void)state;
    assert_int_equal(weir_ruleset_same_rule(rs, 1, rs, 1, &same), WEIR_OK);
    assert_true(same);
    assert_int_equal(weir_ruleset_same_rule(rs, 0, rs, 1, &same), WEIR_OK);
    assert_false(same); /* they have other names */
    weir_ruleset_unref(rs);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_they_say_makes_them_the_same),
        cmocka_unit_test(two_rules_of_one_set),
    };

    return cmocka_run_group_tests_name("compile_same", tests, NULL, NULL);
}

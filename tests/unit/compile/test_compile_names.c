/*
 * compile/: orders, lists and rules are found by their names, in a rule set as compiled and in one
 * from a compiled file.
 */
#include "unit/compile/compiled.h"

/* Every name is found, and nothing that is not one: the empty one, beginnings, longer ones. */
static void
assert_found(const weir_ruleset *rs, uint32_t (*find)(const weir_ruleset *, weir_span),
             const char *name, uint32_t expected)
{
    char longer[64];
    weir_span s = span_of(name);

    assert_int_equal(find(rs, s), expected);
    (void)snprintf(longer, sizeof longer, "%sz", name);
    assert_int_equal(find(rs, span_of(longer)), WEIR_NONE);
    assert_int_equal(find(rs, span_head(s, s.len - 1)), WEIR_NONE);
    assert_int_equal(find(rs, SPAN_NONE), WEIR_NONE);
    assert_int_equal(find(rs, SPAN_LIT("~")), WEIR_NONE);
}

static void
names_are_found(void **state)
{
    weir_buf bytes = {0};
    weir_rule_info rule;
    weir_order_info order;
    weir_list_info list;

    (void)state;
    compile_to("set.tws", &bytes);
    for (int saved = 0; saved < 2; saved++) {
        weir_ruleset *rs = load_one(in_folder(saved ? "set.tws" : "rules"));

        for (uint32_t i = 0; i < weir_ruleset_nrules(rs); i++) {
            weir_ruleset_rule(rs, i, &rule);
            assert_found(rs, weir_ruleset_find_rule, rule.id, i);
        }
        for (uint32_t i = 0; i < weir_ruleset_norders(rs); i++) {
            weir_ruleset_order(rs, i, &order);
            assert_found(rs, weir_ruleset_find_order, order.id, i);
        }
        for (uint32_t i = 0; i < weir_ruleset_nlists(rs); i++) {
            weir_ruleset_list(rs, i, &list);
            assert_found(rs, weir_ruleset_find_list, list.name, i);
        }
        assert_int_equal(weir_ruleset_find_rule(rs, SPAN_LIT("o-1")), WEIR_NONE);
        weir_ruleset_unref(rs);
    }
    weir_buf_fini(&bytes);
}

/* Many, in no order, some the beginning of others. */
static void
many_names_are_found(void **state)
{
    enum { MANY = 1000 };
    weir_buf yaml = {0};
    weir_diags *d = weir_diags_new();
    char id[16];

    (void)state;
    weir_buf_puts(&yaml, "tagweir: 1\nrules:\n");
    for (unsigned i = 0; i < MANY; i++)
        weir_buf_printf(&yaml, "- {id: r%u, action: allow, match: {posts: [1]}}\n",
                        i * 7919 % MANY);
    weir_buf_putc(&yaml, '\0');
    write_text("many.yaml", yaml.p);
    weir_ruleset *rs = load_one(in_folder("many.yaml"));
    assert_int_equal(weir_ruleset_save(rs, in_folder("many.tws"), d), WEIR_OK);
    weir_ruleset *saved = load_one(in_folder("many.tws"));
    for (unsigned i = 0; i < MANY; i++) {
        (void)snprintf(id, sizeof id, "r%u", i * 7919 % MANY);
        assert_int_equal(weir_ruleset_find_rule(rs, span_of(id)), i);
        assert_int_equal(weir_ruleset_find_rule(saved, span_of(id)), i);
    }
    assert_int_equal(weir_ruleset_find_rule(saved, SPAN_LIT("r1000")), WEIR_NONE);
    weir_ruleset_unref(rs);
    weir_ruleset_unref(saved);
    weir_diags_free(d);
    weir_buf_fini(&yaml);
}

static void
nothing_is_found_in_an_empty_set(void **state)
{
    (void)state;
    write_text("empty.yaml", "tagweir: 1\nrules: []\n");
    weir_ruleset *rs = load_one(in_folder("empty.yaml"));
    assert_int_equal(weir_ruleset_find_rule(rs, SPAN_LIT("a")), WEIR_NONE);
    assert_int_equal(weir_ruleset_find_order(rs, SPAN_LIT("a")), WEIR_NONE);
    assert_int_equal(weir_ruleset_find_list(rs, SPAN_LIT("a")), WEIR_NONE);
    weir_ruleset_unref(rs);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_found),
        cmocka_unit_test(many_names_are_found),
        cmocka_unit_test(nothing_is_found_in_an_empty_set),
    };

    return cmocka_run_group_tests_name("compile: names", tests, make_folder, remove_folder);
}

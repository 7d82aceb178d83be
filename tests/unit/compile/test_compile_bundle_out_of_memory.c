/*
 * compile/: when memory runs out while a compiled rule set is written or loaded, that is said, and
 * nothing is left behind, neither in memory nor in the folder.
 *
 * That nothing is left behind in memory is seen by AddressSanitizer and Valgrind.
 */
#include "unit/compile/compiled.h"
#include "unit/fail_allocations.h"

static weir_ruleset *sound; /* what is saved */

static weir_status
save(weir_diags *d)
{
    return weir_ruleset_save(sound, in_folder("out.tws"), d);
}

static weir_status
load(weir_diags *d)
{
    const char *path = in_folder("set.tws");
    /* without memory PCRE2 is taken to have no JIT, and that is only warned of */
    const weir_load_options o = {.match_off = WEIR_MATCH_JIT};
    weir_ruleset *rs = NULL;
    weir_status st = weir_ruleset_load(&path, 1, &o, d, &rs);

    assert_int_equal(rs != NULL, st == WEIR_OK);
    weir_ruleset_unref(rs);
    assert_nothing_mapped();
    return st;
}

/* Compiled again, with others. */
static weir_status
load_among(weir_diags *d)
{
    const char *const paths[] = {in_folder("set.tws"), in_folder("more.yaml")};
    const weir_load_options o = {.match_off = WEIR_MATCH_JIT};
    weir_ruleset *rs = NULL;
    weir_status st = weir_ruleset_load(paths, 2, &o, d, &rs);

    assert_int_equal(rs != NULL, st == WEIR_OK);
    if (rs)
        assert_int_equal(weir_ruleset_nrules(rs), weir_ruleset_nrules(sound) + 1);
    weir_ruleset_unref(rs);
    assert_nothing_mapped();
    return st;
}

/* A message was lost for want of memory, and nothing else. */
static bool
lost_a_message(const weir_diags *d)
{
    size_t n = weir_diags_count(d);

    return n && strstr(weir_diags_at(d, n - 1)->message, "out of memory");
}

/* Does it with the k-th allocation failing; false: there are not that many. */
static bool
fail_at(size_t k, const char *what, weir_status (*act)(weir_diags *d))
{
    weir_diags *d = weir_diags_new();

    assert_non_null(d);
    fail_allocation(k);
    weir_status st = act(d);
    bool did_fail = allocation_failed();
    if (did_fail ? st != WEIR_E_NOMEM && !(st == WEIR_OK && lost_a_message(d)) : st != WEIR_OK)
        fail_msg("%s: allocation %zu %s, and the status is: %s", what, k,
                 did_fail ? "failed" : "did not fail", weir_status_text(st));
    weir_diags_free(d);
    return did_fail;
}

static void
each_allocation_may_fail(void **state)
{
    static const struct {
        const char *what;
        weir_status (*act)(weir_diags *d);
    } acts[] = {{"saving", save}, {"loading", load}, {"loading among others", load_among}};

    (void)state;
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        size_t k = 1;
        assert_false(fail_at(0, acts[i].what, acts[i].act)); /* what is made once, is made */
        assert_int_equal(i == 0 ? unlink(in_folder("out.tws")) : 0, 0);
        while (fail_at(k, acts[i].what, acts[i].act)) {
            assert_int_equal(access(in_folder("out.tws"), F_OK), i == 0 ? -1 : 0);
            k++;
        }
        assert_true(k > 2);
    }
    assert_int_equal(access(in_folder("out.tws.new0"), F_OK), -1);
}

static int
make_files(void **state)
{
    weir_buf bytes = {0};

    if (make_folder(state) != 0)
        return -1;
    write_text("more.yaml", "tagweir: 1\nrules: [{id: more, regions: [FR], action: withhold, "
                            "match: {hashtags: [more]}}]\n");
    compile_to("set.tws", &bytes);
    weir_buf_fini(&bytes);
    sound = load_one(in_folder("rules"));
    return 0;
}

static int
remove_files(void **state)
{
    weir_ruleset_unref(sound);
    return remove_folder(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_may_fail),
    };

    return cmocka_run_group_tests_name("compile: compiled rule sets without memory", tests,
                                       make_files, remove_files);
}

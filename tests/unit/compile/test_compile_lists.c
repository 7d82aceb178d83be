/*
 * compile/: what is told of lists, of a rule set as compiled and of one from a compiled file.
 */
#include "unit/compile/compiled.h"

static const char *
without_folders(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* Its name, its place, entries in all, and each kind. */
static void
assert_list(const weir_ruleset *rs, uint32_t list, const char *expected)
{
    weir_list_info info;
    weir_buf b = {0};

    weir_ruleset_list(rs, list, &info);
    weir_buf_printf(&b, "%s %s:%u %zu", info.name, without_folders(info.file), info.line,
                    info.nentries);
    for (size_t i = 0; i < info.nparts; i++)
        weir_buf_printf(&b, ", %s %zu of %s", weir_selector_name(info.part[i].kind),
                        info.part[i].nentries, without_folders(info.part[i].file));
    weir_buf_putc(&b, '\0');
    assert_string_equal(b.p, expected);
    weir_buf_fini(&b);
}

static void
lists_are_told_of(void **state)
{
    weir_buf bytes = {0};

    (void)state;
    compile_to("set.tws", &bytes);
    for (int saved = 0; saved < 2; saved++) {
        weir_ruleset *rs = load_one(in_folder(saved ? "set.tws" : "rules"));

        assert_int_equal(rs->mapped != NULL, saved);
        assert_int_equal(weir_ruleset_nlists(rs), 3);
        assert_list(rs, 0, "press 20-rules.yaml:3 3, accounts 3 of press.txt");
        assert_list(rs, 1,
                    "both 20-rules.yaml:4 4, accounts 2 of words.csv, hashtags 2 of words.csv");
        assert_list(
            rs, 2,
            "named 20-rules.yaml:5 3, accounts 2 of 20-rules.yaml, posts 1 of 20-rules.yaml");
        weir_ruleset_unref(rs);
    }
    weir_buf_fini(&bytes);
}

/* A file that was cut off must not look like a list that is not there. */
static void
empty_lists_are_told_of(void **state)
{
    weir_diags *d = weir_diags_new();

    (void)state;
    write_text("empty.txt", "# nothing is left\n");
    write_text("few.yaml", "tagweir: 1\nlists:\n  unused: {posts: empty.txt}\n"
                           "  twice: {hashtags: [a, A], accounts: empty.txt}\nrules: []\n");
    weir_ruleset *rs = load_one(in_folder("few.yaml"));
    assert_int_equal(weir_ruleset_save(rs, in_folder("few.tws"), d), WEIR_OK);
    weir_ruleset_unref(rs);
    for (int saved = 0; saved < 2; saved++) {
        rs = load_one(in_folder(saved ? "few.tws" : "few.yaml"));
        assert_int_equal(weir_ruleset_nlists(rs), 2);
        assert_list(rs, 0, "unused few.yaml:3 0, posts 0 of empty.txt");
        assert_list(rs, 1, "twice few.yaml:4 2, accounts 0 of empty.txt, hashtags 2 of few.yaml");
        weir_ruleset_unref(rs);
    }
    weir_diags_free(d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_told_of),
        cmocka_unit_test(empty_lists_are_told_of),
    };

    return cmocka_run_group_tests_name("compile: lists", tests, make_folder, remove_folder);
}

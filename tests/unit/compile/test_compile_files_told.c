/*
 * compile/: whoever loads rules is told of every file that is about to be read, and of no other, so
 * that it can tell that it writes onto none.
 */
#include "unit/compile/compiled.h"

/* What was told: a letter for the kind, and the path without the folder's, a line each. */
static void
note(void *arg, const char *path, weir_file_kind kind)
{
    static const char letters[] = {
        [WEIR_FILE_RULES] = 'r', [WEIR_FILE_LIST] = 'l', [WEIR_FILE_COMPILED] = 'c'};
    weir_buf *told = arg;

    assert_int_equal(strncmp(path, folder, strlen(folder)), 0);
    weir_buf_printf(told, "%c %s\n", letters[kind], path + strlen(folder) + 1);
}

static void
assert_told(const char *const *paths, size_t n, weir_status want, const char *expected)
{
    weir_diags *d = weir_diags_new();
    weir_ruleset *rs = NULL;
    weir_buf told = {0};
    const weir_load_options o = {
        .match_off = WEIR_MATCH_JIT, .on_file = note, .on_file_arg = &told};

    assert_int_equal(weir_ruleset_load(paths, n, &o, d, &rs), want);
    weir_buf_putc(&told, '\0');
    assert_string_equal(told.p, expected);
    weir_ruleset_unref(rs);
    weir_diags_free(d);
    weir_buf_fini(&told);
}

static void
every_file_is_told_of(void **state)
{
    const char *rules = in_folder("rules"), *file = in_folder("rules/20-rules.yaml");

    (void)state;
    write_text("rules/notes.txt", "nothing that is read\n");
    assert_told(&rules, 1, WEIR_OK,
                "r rules/10-orders.yaml\nr rules/20-rules.yaml\nl rules/lists/press.txt\n"
                "l rules/lists/words.csv\nl rules/lists/words.csv\n");
    /* alone it lacks its orders: what was read is told of all the same */
    assert_told(&file, 1, WEIR_E_RULES,
                "r rules/20-rules.yaml\nl rules/lists/press.txt\nl rules/lists/words.csv\n"
                "l rules/lists/words.csv\n");
}

static void
what_is_not_there_is_told_of(void **state)
{
    const char *path = in_folder("missing.yaml");

    (void)state;
    assert_told(&path, 1, WEIR_E_IO, "r missing.yaml\n");
    write_text("lacks.yaml", "tagweir: 1\nlists: {a: {accounts: missing.txt}}\nrules: []\n");
    path = in_folder("lacks.yaml");
    assert_told(&path, 1, WEIR_E_RULES, "r lacks.yaml\nl missing.txt\n");
}

/* What it was made of is in it, and not read again. */
static void
a_compiled_set_is_one_file(void **state)
{
    weir_buf bytes = {0};

    (void)state;
    compile_to("set.tws", &bytes);
    write_text("more.yaml", "tagweir: 1\nrules: []\n");
    const char *const paths[] = {in_folder("set.tws"), in_folder("more.yaml")};
    assert_told(paths, 1, WEIR_OK, "c set.tws\n");
    assert_told(paths, 2, WEIR_OK, "c set.tws\nr more.yaml\n");
    weir_buf_fini(&bytes);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_is_told_of),
        cmocka_unit_test(what_is_not_there_is_told_of),
        cmocka_unit_test(a_compiled_set_is_one_file),
    };

    return cmocka_run_group_tests_name("compile: files that are read", tests, make_folder,
                                       remove_folder);
}

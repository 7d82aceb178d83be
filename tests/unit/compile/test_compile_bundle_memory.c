/*
 * compile/: what of a compiled rule set is in the memory of a process that decides by it.
 */
#include "unit/compile/compiled.h"

/* How many of the pages that lie wholly within the text are in the memory of this process. */
static size_t
count_present(weir_span text)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), npresent = 0;
    size_t from = ((uintptr_t)text.p + page - 1) / page, to = ((uintptr_t)text.p + text.len) / page;
    int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    uint64_t entry;

    assert_true(fd >= 0);
    for (size_t i = from; i < to; i++) {
        assert_int_equal(pread(fd, &entry, sizeof entry, (off_t)(i * sizeof entry)), sizeof entry);
        npresent += entry >> 63;
    }
    assert_int_equal(close(fd), 0);
    return npresent;
}

static weir_span
source_named(const weir_ruleset *rs, const char *end)
{
    for (uint32_t i = 0; i < rs->nfiles; i++)
        if (strstr(rs->sources[i].name.p, end))
            return rs->sources[i].text;
    fail_msg("no source %s", end);
    return SPAN_NONE;
}

static void
what_deciding_never_reads_takes_no_memory(void **state)
{
    weir_buf list = {0}, records = {0};

    (void)state;
    if (access("/proc/self/pagemap", R_OK) != 0)
        skip_because("the system does not tell which pages are in memory");
    weir_diags *d = weir_diags_new();
    for (int i = 0; i < 100000; i++)
        weir_buf_printf(&list, "some_tag_of_a_long_list_%d\n", i);
    assert_int_equal(mkdir(in_folder("long"), 0777), 0);
    write_bytes(in_folder("long/list.txt"), list.p, list.len);
    write_text(
        "long/rules.yaml",
        "tagweir: 1\nlists: {l: {hashtags: list.txt}}\n"
        "rules: [{id: r, regions: [IN], action: withhold, match: {hashtags: [{list: l}]}}]\n");
    weir_ruleset *from = load_one(in_folder("long"));
    assert_int_equal(weir_ruleset_save(from, in_folder("long.tws"), d), WEIR_OK);
    weir_ruleset *rs = load_one(in_folder("long.tws"));
    decide_posts(rs, &records);
    weir_span text = source_named(rs, "list.txt");
    /* those beside what was read may have come with it */
    assert_true(text.len > 2000000 && count_present(text) <= 64);
    assert_true(span_eq(text, span_of_buf(&list)));
    assert_true(count_present(text) > 64);
    weir_ruleset_unref(from);
    weir_ruleset_unref(rs);
    weir_diags_free(d);
    weir_buf_fini(&list);
    weir_buf_fini(&records);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_deciding_never_reads_takes_no_memory),
    };

    return cmocka_run_group_tests_name("compile: memory of compiled rule sets", tests, make_folder,
                                       remove_folder);
}

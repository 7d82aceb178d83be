/*
 * compile/: when memory runs out, wherever that is, loading says so, and nothing is left behind.
 *
 * That nothing is left behind is seen by AddressSanitizer and Valgrind, under which tests/run runs
 * this too.
 */
#include "unit/compile/told.h"
#include "unit/fail_allocations.h"

#define HEAD "tagweir: 1\n"
static const char sound[] =
    HEAD "groups:\n  fr_all: [FR, GP, MQ]\n"
         "lists:\n"
         "  press: {accounts: press.txt}\n"
         "  tags: {hashtags: tags.csv, column: tag}\n"
         "orders:\n"
         "  o: {kind: emergency, authority: a, basis: b, served: 2021-01-31T18:30:00Z, meta: {a: "
         "[1, x]},\n"
         "      refused: [{target: t, reason: r}]}\n"
         "rules:\n"
         "  - id: a\n    order: o\n    regions: [fr_all, IN]\n    action: withhold\n"
         "    match:\n      accounts: [{list: press}, '@Bank', 'domain:Example.ORG', '*_fan', "
         "'/bot\\d+/']\n"
         "      hashtags: [a, '#A', 'ﬁn*', '/^ﬁn|e\xCC\x81/', '/.*/', {list: tags}, {list: tags}]\n"
         "      posts: [\"https://x.com/status/1\"]\n"
         "    tests: {match: [\"#a\", {id: \"1\", author: \"@x\", hashtags: [a]}]}\n"
         "  - {id: b, regions: [XX], action: downrank, rollout: 0, fold: confusable, from: "
         "2020-01-01T00:00:00Z,\n"
         "     match: {hashtags: [paypal, 'pаypal', 'p*y', '/а/', {list: tags}]}}\n"
         "  - {id: c, action: allow, against: [o], match: {mentions: ['@x']}}\n";

static const struct {
    const char *name, *rules;
    weir_status sound;
} files[] = {
    {"a sound file", sound, WEIR_OK},
    {"mistakes of the language",
     HEAD
     "groups: {a: [FRANCE, b], c: [x]}\n"
     "lists: {l: {accounts: nowhere.txt, hashtags: [\"/(/\", 'a\\b*']}}\n"
     "orders: {o: {kind: x, served: 2021-01-01}}\n"
     "rules:\n"
     "  - {id: r, regions: [fr_al], actoin: allow, match: {hashtags: [{list: k}, [a], /a: b/]}}\n"
     "  - {id: r, order: p, action: deny, factor: 2, match: {accounts: ['did:x', "
     "'domain:a..b']}}\n",
     WEIR_E_RULES},
    {"no YAML", HEAD "rules:\n  - {a: [*x, &y z]\n\t- @b\n  - \"\\d\"\n", WEIR_E_RULES},
    {"a list", "@a\n@b\n#c\n", WEIR_E_RULES},
};

static weir_status
load(weir_diags *d)
{
    const char *path = folder;
    weir_load_options no_jit = {.match_off = WEIR_MATCH_JIT};
    weir_ruleset *rs = NULL;

    weir_status st = weir_ruleset_load(&path, 1, &no_jit, d, &rs);
    assert_int_equal(rs != NULL, st == WEIR_OK);
    weir_ruleset_unref(rs);
    return st;
}

/* Memory for a message was missing, and for nothing else: the messages say so themselves. */
static bool
lost_a_message(const weir_diags *d)
{
    size_t n = weir_diags_count(d);

    return n && strstr(weir_diags_at(d, n - 1)->message, "out of memory");
}

/* Loads with the k-th allocation failing; false: there are not that many. */
static bool
fail_at(size_t k, const char *name, weir_status sound_status)
{
    weir_diags *d = weir_diags_new();

    assert_non_null(d);
    fail_allocation(k);
    weir_status st = load(d);
    bool did = allocation_failed();
    if (did ? st != WEIR_E_NOMEM && !(st == sound_status && lost_a_message(d)) : st != sound_status)
        fail_msg("%s: allocation %zu of the load %s, and the status is: %s", name, k,
                 did ? "failed" : "did not fail", weir_status_text(st));
    weir_diags_free(d);
    return did;
}

/* As many comments as it takes for the blocks of memory to end elsewhere. */
static void
write_padded(const char *rules, size_t lines)
{
    static char text[16384];

    (void)snprintf(text, sizeof text, "%s", rules);
    for (size_t i = 0; i < lines; i++)
        strcat(text, "\n# as long as it needs to be");
    (void)write_file("r.yaml", text);
}

static void
each_allocation_may_fail(void **state)
{
    (void)state;
    for (size_t round = 0; round < 2 * sizeof files / sizeof *files; round++) {
        const char *name = files[round / 2].name;
        weir_status sound_status = files[round / 2].sound;
        all_fail_then = round % 2;
        for (size_t lines = 0; lines < 200; lines += 29 * step_by(4)) {
            size_t k = 1;
            write_padded(files[round / 2].rules, lines);
            assert_false(fail_at(0, name, sound_status)); /* what is made once, is made */
            while (fail_at(k, name, sound_status))
                k++;
            assert_true(k > 3);
        }
    }
}

static int
make_files(void **state)
{
    if (make_folder(state) != 0)
        return -1;
    (void)write_file("press.txt", "@a\n# press\nid:1 @b\n");
    (void)write_file("tags.csv", "tag,name\n\"a\"\"b\",x\nｃ*,y\nd,z\nD,z\n");
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_may_fail),
    };

    return cmocka_run_group_tests_name("compile/out_of_memory", tests, make_files, remove_folder);
}

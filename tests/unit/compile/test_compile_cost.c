/*
 * What a rule set tells of its patterns: what they are found by, and which of them are warned of.
 */
#include "unit/test.h"

#include "unit/compile/told.h"

struct loaded {
    weir_diags *diags;
    weir_ruleset *rs;
};

static struct loaded
load(const char *yaml, bool warn_cost)
{
    const char *path = write_file("r.yaml", yaml);
    const weir_load_options o = {.match_off = getenv("WEIR_TEST_NO_JIT") ? WEIR_MATCH_JIT : 0,
                                 .warn_cost = warn_cost};
    struct loaded l = {.diags = weir_diags_new()};
    weir_status st = weir_ruleset_load(&path, 1, &o, l.diags, &l.rs);

    if (st != WEIR_OK)
        tell_all(l.diags);
    assert_int_equal(st, WEIR_OK);
    return l;
}

static void
unload(struct loaded *l)
{
    weir_ruleset_unref(l->rs);
    weir_diags_free(l->diags);
}

static void
put_literal(void *arg, const weir_pattern_literal *l)
{
    weir_buf *b = arg;

    weir_buf_putc(b, ' ');
    weir_buf_puts(b, l->at_start ? "^" : "");
    weir_buf_put(b, l->text);
    weir_buf_puts(b, l->at_end ? "$" : "");
}

/* The pattern as one line: class, selector, text, its literals, its rules. */
static void
describe(const weir_ruleset *rs, uint32_t pattern, weir_buf *b)
{
    weir_pattern_info p;

    weir_ruleset_pattern(rs, pattern, &p);
    weir_buf_printf(b, "%s %s %.*s%s:", weir_pattern_class_name(p.cls),
                    weir_selector_name(p.selector), (int)p.text.len, p.text.p,
                    p.certain ? " certainly" : "");
    assert_int_equal(weir_ruleset_pattern_literals(rs, pattern, put_literal, b), WEIR_OK);
    weir_buf_puts(b, " of");
    for (uint32_t r = weir_ruleset_pattern_rule(rs, pattern, 0); r != WEIR_NONE;
         r = weir_ruleset_pattern_rule(rs, pattern, r + 1))
        weir_buf_printf(b, " %u", r);
    bool tried = p.is_regex && p.cls != WEIR_PATTERN_WORDS;
    assert_true(tried ? p.memory > 0 : p.memory == 0 && !p.jit);
    assert_true(p.is_regex || !p.extended);
}

#define RULE(id, match) "  - {id: " id ", regions: [XX], action: withhold, match: {" match "}}\n"

/* The pattern stands in rule 1, between two plain ones. */
static const struct {
    const char *promise, *match, *expected;
} rows[] = {
    {"a glob is told as it was written, its literals as they are compared",
     "hashtags: ['FollowBack*']", "edge hashtags FollowBack* certainly: ^followback of 1"},
    {"a literal in the middle", "hashtags: ['*weir*']",
     "factor hashtags *weir* certainly: weir of 1"},
    {"of two runs the better one is looked for", "hashtags: ['ab*genocide']",
     "edge hashtags ab*genocide: genocide$ of 1"},
    {"a few words are looked up", "hashtags: ['/^w[i1]n$/']",
     "words hashtags ^w[i1]n$ certainly: ^w1n$ ^win$ of 1"},
    {"two letters inside are not enough", "hashtags: ['*ab*c?d']", "loose hashtags *ab*c?d: of 1"},
    {"one that may be empty", "hashtags: ['/\\b\\d?/']", "always hashtags \\b\\d?: of 1"},
    {"one that may be empty, of authors", "accounts: ['/\\b\\d?/']",
     "always accounts \\b\\d?: of 1"},
    {"of mentions", "mentions: ['promo_*']", "edge mentions promo_* certainly: ^promo_ of 1"},
};

static void
each_pattern_says_what_it_is_found_by(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_buf yaml = {0}, b = {0};

        weir_buf_printf(&yaml,
                        "tagweir: 1\nrules:\n" RULE("a", "hashtags: [x]") RULE("b", "%s")
                            RULE("c", "hashtags: [y]"),
                        rows[i].match);
        weir_buf_putc(&yaml, '\0');
        struct loaded l = load(yaml.p, false);
        assert_int_equal(weir_ruleset_npatterns(l.rs), 1);
        describe(l.rs, 0, &b);
        weir_buf_putc(&b, '\0');
        if (strcmp(b.p, rows[i].expected) != 0)
            fail_msg("%s:\n     told %s\n expected %s", rows[i].promise, b.p, rows[i].expected);
        unload(&l);
        weir_buf_fini(&yaml);
        weir_buf_fini(&b);
    }
}

static void
equal_patterns_are_one_with_all_their_rules(void **state)
{
    weir_pattern_info p;
    struct loaded l =
        load("tagweir: 1\nrules:\n" RULE("a", "hashtags: ['*WEIR*']") RULE("b", "hashtags: [x]")
                 RULE("c", "hashtags: ['*weir*'], langs: [en]}, "
                           "except: {hashtags: ['*weir*']"),
             false);

    (void)state;
    assert_int_equal(weir_ruleset_npatterns(l.rs), 1);
    weir_ruleset_pattern(l.rs, 0, &p);
    assert_true(span_is(p.text, "*WEIR*")); /* the first one's */
    assert_int_equal(p.line, 3);
    assert_int_equal(p.column, 66);
    assert_string_equal(p.file + strlen(folder), "/r.yaml");
    assert_int_equal(weir_ruleset_pattern_rule(l.rs, 0, 0), 0);
    assert_int_equal(weir_ruleset_pattern_rule(l.rs, 0, 1), 2);
    assert_int_equal(weir_ruleset_pattern_rule(l.rs, 0, 3), WEIR_NONE);
    unload(&l);
}

static void
the_dear_ones_are_warned_of_where_that_was_asked_for(void **state)
{
    static const char yaml[] =
        "tagweir: 1\nrules:\n" RULE("a", "hashtags: ['*weir*', '/x\\d+y/'], accounts: ['*a?b']")
            RULE("b", "mentions: ['/\\b\\d?/']");
    struct loaded quiet = load(yaml, false), l = load(yaml, true);

    (void)state;
    assert_int_equal(weir_diags_count(quiet.diags), 0);
    assert_int_equal(weir_diags_count(l.diags), 3);
    tell_all(l.diags);
    assert_true(
        is_told(l.diags, "r.yaml",
                ":3:76: warning: this regex is tried on every hashtag, because no fixed text"));
    assert_true(is_told(l.diags, "r.yaml",
                        ":3:99: warning: this glob is tried on every author, because no fixed text"));
    assert_true(is_told(l.diags, "r.yaml",
                        ":4:66: warning: this regex is tried by itself on every "
                        "single mention"));
    assert_string_equal(weir_ruleset_digest(l.rs), weir_ruleset_digest(quiet.rs));
    unload(&quiet);
    unload(&l);
}

/* WEIR_MANY_LOOSE of them are still nothing to be told of. */
static void
many_of_them_are_warned_of_once(void **state)
{
    (void)state;
    for (int more = 0; more < 2; more++) {
        weir_buf yaml = {0};

        weir_buf_puts(&yaml, "tagweir: 1\nrules:\n  - id: a\n    regions: [XX]\n"
                             "    action: withhold\n    match:\n      hashtags:\n");
        for (int i = 0; i < WEIR_MANY_LOOSE + more; i++)
            weir_buf_printf(&yaml, "        - '/%c\\d%c/'\n", 'a' + i / 26, 'a' + i % 26);
        weir_buf_putc(&yaml, '\0');
        struct loaded l = load(yaml.p, false);
        assert_int_equal(weir_diags_count(l.diags), more);
        if (more) {
            assert_int_equal(weir_diags_at(l.diags, 0)->severity, WEIR_WARNING);
            assert_non_null(strstr(weir_diags_at(l.diags, 0)->message, "101 globs and regexes"));
            assert_non_null(strstr(weir_diags_at(l.diags, 0)->message, "tagweir check --cost"));
        }
        unload(&l);
        weir_buf_fini(&yaml);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_pattern_says_what_it_is_found_by),
        cmocka_unit_test(equal_patterns_are_one_with_all_their_rules),
        cmocka_unit_test(the_dear_ones_are_warned_of_where_that_was_asked_for),
        cmocka_unit_test(many_of_them_are_warned_of_once),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

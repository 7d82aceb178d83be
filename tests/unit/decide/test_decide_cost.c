/*
 * What patterns cost, as it is bounded and counted: a regex that could take ages takes its budget
 * and no more, on each value and over each post.
 */
#include "unit/test.h"

#include "unit/decide/said.h"

#include "decide/scratch.h"

/*
 * Regexes that take exponentially or by a high power longer with each letter. What follows the
 * repeat never holds behind it, which neither literals nor the automaton know, as they know no
 * look-around: so the tags below are candidates, and only PCRE2 can tell that they do not match.
 */
static const char *const catastrophes[] = {
    "^(a+)+(?<!a)$",         "^(a|a)*(?<!a)$",  "^(a|aa)+(?<!a)$",  "^(.*a){12}(?<!a)$",
    "^([a-z]+)*(?<![a-z])$", "^(a*)*(?<!a)b?$", "^(a+)+\\1(?<!a)$", "^(?=.*a)(a?a?)+(?<!a)$",
};
#define NCATASTROPHES (sizeof catastrophes / sizeof *catastrophes)

#define POST_LIMIT 8u
#define NTAGS 100u

static weir_ruleset *
rule_with(const char *regex)
{
    weir_buf yaml = {0};

    weir_buf_printf(&yaml,
                    "rules:\n  - {id: slow, action: withhold, regions: [XX],"
                    " match: {hashtags: ['/%s/']}}\n",
                    regex);
    weir_buf_putc(&yaml, '\0');
    weir_ruleset *rs = given_rules(yaml.p);
    weir_buf_fini(&yaml);
    return rs;
}

/* NTAGS tags of a's, the shortest of which is beyond every budget. */
static const weir_post *
post_of_a(struct given_post *g, size_t ntags)
{
    static char letters[48 + NTAGS];

    memset(letters, 'a', sizeof letters);
    (void)given_post(g, "id=1 by=id:7");
    for (size_t i = 0; i < ntags; i++)
        g->tags[i] = (weir_span){letters, 48 + i};
    g->post.nhashtags = ntags;
    return &g->post;
}

static void
these_regexes_are_catastrophes(void **state)
{
    char letters[48];

    (void)state;
    memset(letters, 'a', sizeof letters);
    for (size_t i = 0; i < NCATASTROPHES; i++) {
        struct weir__regex *re;
        struct weir__regex_scratch *s;

        assert_int_equal(weir__regex_compile(span_of(catastrophes[i]), false,
                                             !getenv("WEIR_TEST_NO_JIT"), &re, NULL),
                         WEIR_OK);
        assert_int_equal(weir__regex_scratch_new(100 * WEIR__MATCH_LIMIT, &s), WEIR_OK);
        if (weir__regex_match(re, s, (weir_span){letters, sizeof letters}) != WEIR__RAN_OUT)
            fail_msg("%s: a hundred times the budget is enough", catastrophes[i]);
        weir__regex_scratch_free(s);
        weir__regex_free(re);
    }
}

static void
a_post_costs_a_bounded_number_of_long_matches(void **state)
{
    const weir_decide_options o = {.post_limit = POST_LIMIT};
    struct given_post *g = malloc(sizeof *g);

    (void)state;
    for (size_t i = 0; i < NCATASTROPHES; i++) {
        weir_ruleset *rs = rule_with(catastrophes[i]);
        weir_rule_counts counts = {0};
        weir_scratch *s;
        weir_decision d;

        assert_int_equal(weir_scratch_new(rs, &o, &s), WEIR_OK);
        assert_int_equal(weir_decide(rs, s, post_of_a(g, NTAGS), NOON, &d), WEIR_E_LIMIT);
        assert_int_equal(d.action, WEIR_ALLOW);
        assert_int_equal(d.nlimit, 1);
        assert_int_equal(d.limit[0], 0);
        weir_scratch_add_counts(s, &counts);
        if (counts.candidates != NTAGS || counts.over != NTAGS || counts.hard != POST_LIMIT ||
            counts.confirmed)
            fail_msg("%s: %u candidates, %u over, %u hard, %u confirmed", catastrophes[i],
                     (unsigned)counts.candidates, (unsigned)counts.over, (unsigned)counts.hard,
                     (unsigned)counts.confirmed);
        /* the next post has a budget of its own; what ran out was not remembered as a miss */
        assert_int_equal(weir_decide(rs, s, post_of_a(g, 3), NOON, &d), WEIR_E_LIMIT);
        counts = (weir_rule_counts){0};
        weir_scratch_add_counts(s, &counts);
        assert_int_equal(counts.over, NTAGS + 3);
        assert_int_equal(counts.hard, POST_LIMIT + 3);
        weir_scratch_free(s);
        weir_ruleset_unref(rs);
    }
    free(g);
}

/* Each of them alone, so that a post of one tag costs what its patterns cost, and no more. */
static void
all_of_them_together_stay_within_one_budget(void **state)
{
    struct given_post *g = malloc(sizeof *g);
    weir_rule_counts counts[NCATASTROPHES] = {{0}};
    weir_buf yaml = {0};
    weir_scratch *s;
    weir_decision d;
    uint64_t hard = 0;

    (void)state;
    weir_buf_puts(&yaml, "rules:\n");
    for (size_t i = 0; i < NCATASTROPHES; i++)
        weir_buf_printf(&yaml,
                        "  - {id: r%zu, action: withhold, regions: [XX],"
                        " match: {hashtags: ['/%s/']}}\n",
                        i, catastrophes[i]);
    weir_buf_putc(&yaml, '\0');
    weir_ruleset *rs = given_rules(yaml.p);
    assert_int_equal(weir_scratch_new(rs, NULL, &s), WEIR_OK);
    assert_int_equal(weir_decide(rs, s, post_of_a(g, NTAGS), NOON, &d), WEIR_E_LIMIT);
    assert_int_equal(d.nlimit, NCATASTROPHES);
    weir_scratch_add_counts(s, counts);
    for (size_t i = 0; i < NCATASTROPHES; i++) {
        assert_int_equal(counts[i].over, NTAGS);
        hard += counts[i].hard;
    }
    assert_int_equal(hard, WEIR__POST_LIMIT);
    weir_scratch_free(s);
    weir_ruleset_unref(rs);
    weir_buf_fini(&yaml);
    free(g);
}

#define FOUR_RULES                                                                                 \
    "rules:\n"                                                                                     \
    "  - {id: a, action: withhold, regions: [XX], match: {hashtags: ['/farm\\d+/', '*weir*']}}\n"  \
    "  - {id: b, action: withhold, regions: [XX], match: {hashtags: ['/farm\\d+/']}}\n"            \
    "  - {id: c, action: withhold, regions: [XX], match: {hashtags: [x]},"                         \
    "     except: {hashtags: ['*weir*']}}\n"                                                       \
    "  - {id: d, action: withhold, regions: [XX], match: {hashtags: ['/^w[i1]n$/', plain]}}\n"

static void
counts_are_by_rule_and_shared_patterns_count_for_each(void **state)
{
    struct given_post *g = malloc(sizeof *g);
    const weir_decide_options o = {.match_off = WEIR_MATCH_MEMO};
    weir_rule_counts counts[4] = {{0}};
    weir_ruleset *rs = given_rules(FOUR_RULES);
    weir_scratch *s;
    weir_decision d;

    (void)state;
    assert_int_equal(weir_scratch_new(rs, &o, &s), WEIR_OK);
    assert_int_equal(
        weir_decide(rs, s,
                    given_post(g, "id=1 tag=farm tag=farm1 tag=weirs tag=win tag=plain tag=none"),
                    NOON, &d),
        WEIR_OK);
    weir_scratch_add_counts(s, counts);
    assert_int_equal(counts[0].candidates, counts[1].candidates + counts[2].candidates);
    assert_int_equal(counts[0].confirmed, 2);
    assert_in_range(counts[1].candidates, 1, 2); /* `farm` has no digit: it may be told by that */
    assert_int_equal(counts[1].confirmed, 1);
    assert_int_equal(counts[2].candidates, 1);
    assert_int_equal(counts[2].confirmed, 1);
    assert_int_equal(counts[3].candidates, 0); /* looked up */
    for (int i = 0; i < 4; i++)
        assert_true(counts[i].over == 0 && counts[i].hard == 0);
    weir_scratch_free(s);
    weir_ruleset_unref(rs);
    free(g);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(these_regexes_are_catastrophes),
        cmocka_unit_test(a_post_costs_a_bounded_number_of_long_matches),
        cmocka_unit_test(all_of_them_together_stay_within_one_budget),
        cmocka_unit_test(counts_are_by_rule_and_shared_patterns_count_for_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

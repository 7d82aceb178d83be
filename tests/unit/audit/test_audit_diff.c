/*
 * audit/diff: what differs between two decisions of a post, and the line that says so.
 */
#include "unit/test.h"

#include "unit/decide/said.h"

#include <tagweir/diff.h>

/* What is told, a difference behind the other: `IN newly_withheld - a`, with `by x`. */
struct telling {
    const weir_decision *before, *after;
    weir_buf out;
};

static void
put_rule(weir_buf *out, const weir_ruleset *rs, uint32_t rule)
{
    weir_rule_info info;

    if (rule == WEIR_NONE) {
        weir_buf_puts(out, " -");
        return;
    }
    weir_ruleset_rule(rs, rule, &info);
    weir_buf_printf(out, " %s", info.id);
}

static void
put_difference(void *arg, const weir_difference *d)
{
    struct telling *t = arg;
    bool is_outcome = d->kind <= WEIR_DIFFERENCE_RULE;

    assert_int_equal(is_outcome, d->before && d->after);
    assert_int_equal(d->before_act != NULL, is_outcome && d->before_rule != WEIR_NONE);
    assert_int_equal(d->after_act != NULL, is_outcome && d->after_rule != WEIR_NONE);
    weir_buf_printf(&t->out, "%s%s%s%s", t->out.len ? "; " : "",
                    d->region == WEIR_REGION_NONE ? "" : weir_region_code(d->region),
                    d->region == WEIR_REGION_NONE ? "" : " ", weir_difference_name(d->kind));
    put_rule(&t->out, t->before->rs, d->before_rule);
    put_rule(&t->out, t->after->rs, d->after_rule);
    if (d->by == WEIR_NONE)
        return;
    weir_buf_puts(&t->out, " by");
    put_rule(&t->out, d->after_rule == WEIR_NONE ? t->before->rs : t->after->rs, d->by);
}

/* One post, decided by two rule sets. */
struct pair {
    weir_ruleset *rs[2];
    weir_scratch *s[2];
    weir_decision d[2];
    struct given_post *post;
};

static void
pair_init(struct pair *p, const char *before, const char *after, const char *post, int64_t at_ms)
{
    const char *yaml[2] = {before, after};

    p->post = calloc(1, sizeof *p->post);
    (void)given_post(p->post, post);
    for (int i = 0; i < 2; i++) {
        weir_buf whole = {0};

        weir_buf_printf(&whole, "%s%s", strstr(yaml[i], "rules:") ? "" : "rules:\n", yaml[i]);
        weir_buf_putc(&whole, '\0');
        p->rs[i] = given_rules(whole.p);
        weir_buf_fini(&whole);
        assert_int_equal(weir_scratch_new(p->rs[i], NULL, &p->s[i]), WEIR_OK);
        assert_int_equal(weir_decide(p->rs[i], p->s[i], &p->post->post, at_ms, &p->d[i]), WEIR_OK);
    }
}

static void
pair_fini(struct pair *p)
{
    for (int i = 0; i < 2; i++) {
        weir_scratch_free(p->s[i]);
        weir_ruleset_unref(p->rs[i]);
    }
    free(p->post);
}

#define POST "id=1 by=@x tag=t"
#define W(id, regions)                                                                             \
    "- {id: " id ", regions: [" regions "], action: withhold, match: {hashtags: [t]}}\n"
#define D(id, regions, factor, surfaces)                                                           \
    "- {id: " id ", regions: [" regions "], action: downrank, factor: " factor                     \
    ", surfaces: [" surfaces "], match: {hashtags: [t]}}\n"
#define ALLOW(id, more) "- {id: " id ", action: allow" more ", match: {accounts: ['@x']}}\n"
#define NOTHING "- {id: nothing, regions: [IN], action: withhold, match: {hashtags: [other]}}\n"
#define UNDER(order, rule)                                                                         \
    "orders:\n  o: {kind: policy, served: 1970-01-01T00:00:00Z}\n"                                 \
    "  p: {kind: policy, served: 1970-01-01T00:00:00Z}\nrules:\n"                                  \
    "- {id: " rule ", order: " order                                                               \
    ", regions: [IN], action: withhold, match: {hashtags: [t]}}\n"

/* clang-format off */
static const struct {
    const char *promise, *before, *after, *expected;
} rows[] = {
    {"the same rule is no change", W("a", "IN"), W("a", "IN"), ""},
    {"where it stands is none either", W("a", "IN") NOTHING, NOTHING W("a", "IN"), ""},
    {"a new withhold", NOTHING, W("a", "IN"), "IN newly_withheld - a"},
    {"one that is gone", W("a", "IN"), NOTHING, "IN no_longer_withheld a -"},
    {"one by another rule", W("a", "IN"), W("b", "IN"), "IN other_rule a b"},
    {"one by the rule under another order", UNDER("o", "a"), UNDER("p", "a"), "IN other_rule a a"},
    {"one under an order that was own policy", W("a", "IN"), UNDER("p", "a"), "IN other_rule a a"},
    {"a new downrank", NOTHING, D("a", "IN", "0.5", "trends"), "IN newly_downranked - a"},
    {"one that is gone", D("a", "IN", "0.5", "trends"), NOTHING, "IN no_longer_downranked a -"},
    {"a smaller factor", D("a", "IN", "0.5", "trends"), D("a", "IN", "0.4", "trends"),
     "IN downranked_more a a"},
    {"a greater one", D("a", "IN", "0.5", "trends"), D("a", "IN", "0.6", "trends"),
     "IN downranked_less a a"},
    {"one surface more", D("a", "IN", "0.5", "trends"), D("a", "IN", "0.5", "trends, search"),
     "IN downranked_more - a"},
    {"one less", D("a", "IN", "0.5", "trends, search"), D("a", "IN", "0.5", "trends"),
     "IN downranked_less a -"},
    {"another surface", D("a", "IN", "0.5", "trends"), D("a", "IN", "0.5", "search"),
     "IN downranked_otherwise - a; IN downranked_otherwise a -"},
    {"the same factor by another rule", D("a", "IN", "0.5", "trends"), D("b", "IN", "0.5", "trends"),
     "IN other_rule a b"},
    {"each pair of rules once", D("a", "IN", "0.5", "trends, search, suggest"),
     D("a", "IN", "0.5", "trends") D("b", "IN", "0.1", "search, suggest"), "IN downranked_more a b"},
    {"a downrank that becomes a withhold, by the surfaces that it was on",
     D("a", "IN", "0.5", "trends") D("b", "IN", "0.1", "search"), W("c", "IN"),
     "IN newly_withheld b c; IN newly_withheld a c"},
    {"and back", W("c", "IN"), D("a", "IN", "0.5", "trends"), "IN no_longer_withheld c a"},
    {"regions are told of bytewise, XX first", W("a", "TR, IN"), W("b", "XX, IN"),
     "XX newly_withheld - b; IN other_rule a b; TR other_rule a b"},
    {"a region that was as XX is looked up there", D("a", "XX", "0.5", "trends"),
     D("a", "XX", "0.5", "trends") W("b", "IN"), "IN newly_withheld a b"},
    {"one that is as XX from now on", W("a", "IN") D("b", "XX", "0.5", "trends"),
     D("b", "XX", "0.5", "trends"), "IN no_longer_withheld a b"},
    {"one that XX does not reach", W("a", "XX"), "- {id: a, regions: [XX], except_regions: [IN],"
     " action: withhold, match: {hashtags: [t]}}\n", "IN no_longer_withheld a -"},
    {"a new exemption", W("a", "IN"), W("a", "IN") ALLOW("e", ""),
     "IN no_longer_withheld a -; IN newly_exempt - a by e"},
    {"one that is gone", W("a", "IN") ALLOW("e", ""), W("a", "IN"),
     "IN newly_withheld - a; IN no_longer_exempt a - by e"},
    {"one by another rule", W("a", "IN") ALLOW("e", ""), W("a", "IN") ALLOW("f", ""),
     "IN newly_exempt - a by f; IN no_longer_exempt a - by e"},
    {"a rule that is exempt from the beginning", NOTHING, W("a", "IN") ALLOW("e", ""),
     "IN newly_exempt - a by e"},
    {"an exemption beside a withhold has no effect",
     "- {id: w, regions: [IN], action: withhold, priority: 9, match: {hashtags: [t]}}\n",
     "- {id: w, regions: [IN], action: withhold, priority: 9, match: {hashtags: [t]}}\n"
     W("a", "IN") ALLOW("e", ""), ""},
    {"nor has one from a downrank beside a smaller factor",
     "- {id: w, regions: [IN], action: downrank, factor: 0.1, surfaces: [trends], priority: 9,"
     " match: {hashtags: [t]}}\n",
     "- {id: w, regions: [IN], action: downrank, factor: 0.1, surfaces: [trends], priority: 9,"
     " match: {hashtags: [t]}}\n" D("a", "IN", "0.5", "trends") ALLOW("e", ""), ""},
    {"but beside a greater one it has",
     "- {id: w, regions: [IN], action: downrank, factor: 0.6, surfaces: [trends], priority: 9,"
     " match: {hashtags: [t]}}\n",
     "- {id: w, regions: [IN], action: downrank, factor: 0.6, surfaces: [trends], priority: 9,"
     " match: {hashtags: [t]}}\n" D("a", "IN", "0.5", "trends") ALLOW("e", ""),
     "IN newly_exempt - a by e"},
    {"a rule goes on trial",
     W("a", "IN"), "- {id: a, mode: observe, regions: [IN], action: withhold, match: {hashtags: [t]}}\n",
     "IN no_longer_withheld a -; newly_observed - a"},
    {"and comes back from it",
     "- {id: a, mode: observe, regions: [IN], action: withhold, match: {hashtags: [t]}}\n", W("a", "IN"),
     "IN newly_withheld - a; no_longer_observed a -"},
    {"a rollout that holds back",
     W("a", "IN"), "- {id: a, rollout: 0, regions: [IN], action: withhold, match: {hashtags: [t]}}\n",
     "IN no_longer_withheld a -; newly_held_back - a"},
    {"and is over",
     "- {id: a, rollout: 0, regions: [IN], action: withhold, match: {hashtags: [t]}}\n", NOTHING,
     "no_longer_held_back a -"},
};
/* clang-format on */

static void
differences_are_what_they_are(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pair p;
        struct telling t = {.out = {0}};

        pair_init(&p, rows[i].before, rows[i].after, POST, NOON);
        t.before = &p.d[0];
        t.after = &p.d[1];
        weir_diff(t.before, t.after, WEIR_REGION_NONE, put_difference, &t);
        weir_buf_putc(&t.out, '\0');
        if (strcmp(t.out.p, rows[i].expected) != 0)
            fail_msg("%s:\n     told %s\n expected %s", rows[i].promise, t.out.p, rows[i].expected);
        weir_buf_fini(&t.out);
        pair_fini(&p);
    }
}

/* The other way round, each has its counterpart, and nothing else. */
static void
what_is_new_was_not_before(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pair p;
        size_t n[2] = {0};

        pair_init(&p, rows[i].before, rows[i].after, POST, NOON);
        for (int way = 0; way < 2; way++) {
            struct telling t = {.before = &p.d[way], .after = &p.d[1 - way], .out = {0}};

            weir_diff(t.before, t.after, WEIR_REGION_NONE, put_difference, &t);
            for (size_t k = 0; k < t.out.len; k++)
                n[way] += t.out.p[k] == ';';
            n[way] += t.out.len > 0;
            weir_buf_fini(&t.out);
        }
        assert_int_equal(n[0], n[1]);
        pair_fini(&p);
    }
}

static void
one_region_alone_is_looked_up_as_a_reader_would(void **state)
{
    static const struct {
        const char *region, *expected;
    } of[] = {{"IN", "IN other_rule a b"},
              {"FR", "FR newly_withheld - b"},
              {"XX", "XX newly_withheld - b"}};
    struct pair p;

    (void)state;
    pair_init(&p, W("a", "IN"), W("b", "XX"), POST, NOON);
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        struct telling t = {.before = &p.d[0], .after = &p.d[1], .out = {0}};

        weir_diff(&p.d[0], &p.d[1], weir_region_find(span_of(of[i].region)), put_difference, &t);
        weir_buf_putc(&t.out, '\0');
        assert_string_equal(t.out.p, of[i].expected);
        weir_buf_fini(&t.out);
    }
    pair_fini(&p);
}

static void
assert_line(const struct pair *p, uint16_t region, const char *expected)
{
    weir_buf b = {0};

    assert_int_equal(weir_diff_write(&p->d[0], &p->d[1], region, &b), *expected != '\0');
    weir_buf_putc(&b, '\0');
    char *at = strstr(b.p, ",\"at\":");
    if (at)
        *at = '\0';
    for (char *c = b.p; *c; c++)
        *c = *c == '"' ? '\'' : *c;
    assert_string_equal(b.p, expected);
    weir_buf_fini(&b);
}

static void
lines_say_what_records_say(void **state)
{
    struct pair p;

    (void)state;
    pair_init(&p, W("a", "IN") D("b", "TR", "0.5", "trends"),
              W("a", "IN")
                  ALLOW("e", "") "- {id: c, mode: observe, regions: [IN], action: withhold, "
                                 "match: {hashtags: [t]}}\n",
              POST, NOON);
    assert_line(&p, WEIR_REGION_NONE,
                "{'v':1,'post':'1','author':'@x','regions':{"
                "'IN':{'change':'no_longer_withheld','before':{'action':'withhold','rule':'a',"
                "'by':'hashtags','value':'#t'},'after':{'action':'allow'}},"
                "'TR':{'change':'no_longer_downranked','before':{'action':'downrank','surfaces':{"
                "'trends':{'factor':0.5,'rule':'b','by':'hashtags','value':'#t'}}},"
                "'after':{'action':'allow'}}},"
                "'exempted':{'IN':{'before':[],'after':[{'rule':'a','by':'e'}]}},"
                "'observed':{'before':[],'after':['c']}");
    assert_line(&p, weir_region_find(SPAN_LIT("FR")),
                "{'v':1,'post':'1','author':'@x','observed':{'before':[],'after':['c']}");
    pair_fini(&p);
    pair_init(&p, W("a", "IN"), W("a", "IN"), POST, NOON);
    assert_line(&p, WEIR_REGION_NONE, "");
    pair_fini(&p);
}

/* Both at their own time, by one rule set; and what is quoted is a post of its own. */
static void
times_and_quotes(void **state)
{
    static const char yaml[] = "rules:\n- {id: a, regions: [IN], action: withhold, until: "
                               "2021-02-01T12:00:00Z, match: {hashtags: [t]}}\n";
    weir_ruleset *rs = given_rules(yaml);
    struct given_post *inner = calloc(1, sizeof *inner), *outer = calloc(1, sizeof *outer);
    weir_scratch *s[2];
    weir_decision d[2];
    weir_buf b = {0};

    (void)state;
    (void)given_post(outer, "id=2 by=@y");
    outer->post.quotes = given_post(inner, POST);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(weir_scratch_new(rs, NULL, &s[i]), WEIR_OK);
        assert_int_equal(weir_decide(rs, s[i], &outer->post, NOON - 1 + i, &d[i]), WEIR_OK);
    }
    assert_true(weir_diff_write(&d[0], &d[1], WEIR_REGION_NONE, &b));
    weir_buf_putc(&b, '\0');
    assert_true(
        strncmp(b.p,
                "{\"v\":1,\"post\":\"2\",\"author\":\"@y\",\"quoted\":{\"v\":1,\"post\":\"1\","
                "\"author\":\"@x\",\"regions\":{\"IN\":{\"change\":\"no_longer_withheld\",",
                100) == 0);
    assert_non_null(strstr(b.p, "\"at\":{\"before\":\"2021-02-01T11:59:59.999Z\",\"after\":"
                                "\"2021-02-01T12:00:00Z\"}"));
    weir_buf_fini(&b);
    for (int i = 0; i < 2; i++)
        weir_scratch_free(s[i]);
    weir_ruleset_unref(rs);
    free(inner);
    free(outer);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences_are_what_they_are),
        cmocka_unit_test(what_is_new_was_not_before),
        cmocka_unit_test(one_region_alone_is_looked_up_as_a_reader_would),
        cmocka_unit_test(lines_say_what_records_say),
        cmocka_unit_test(times_and_quotes),
    };

    return cmocka_run_group_tests_name("audit_diff", tests, NULL, NULL);
}

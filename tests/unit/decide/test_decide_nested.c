/*
 * decide/: reposts, quotes and traces: what several posts decided together say.
 */
#include "unit/test.h"

#include "unit/decide/said.h"

static const char yaml[] =
    "rules:\n"
    "- {id: x, regions: [IN], action: withhold, match: {hashtags: [x]}}\n"
    "- {id: y, regions: [IN, TR], action: withhold, match: {hashtags: [y]}}\n"
    "- {id: half, regions: [XX], action: withhold, match: {hashtags: [h], langs: [pa]}}\n"
    "- {id: down, regions: [FR], action: downrank, factor: 0.5, surfaces: [search, trends],"
    "   match: {hashtags: [d]}}\n"
    "- {id: deep, regions: [FR], action: downrank, factor: 0.1, surfaces: [trends],"
    "   match: {hashtags: [e]}}\n"
    "- {id: press, action: allow, match: {accounts: ['@press']}}\n"
    "- {id: late, regions: [XX], from: 2021-03-01T00:00:00Z, action: withhold,"
    "   match: {hashtags: [late]}}\n"
    "- {id: w1, mode: observe, regions: [XX], action: withhold, match: {hashtags: [w1]}}\n"
    "- {id: w2, mode: observe, regions: [XX], action: withhold, match: {hashtags: [w2]}}\n";

#define ACT(rule, tag) "'rule':'" rule "','by':'hashtags','value':'#" tag "'"
#define MOST 6

struct row {
    const char *promise;
    const char *post[MOST]; /* the first is decided; NULL: unused */
    int repost_of[MOST];    /* 0: none; else the index */
    int quotes[MOST];
    const char *expected;
};

static const struct row rows[] = {
    {"the original's outcome counts, and is told as such",
     {"id=1 by=@a", "id=2 by=@b tag=x"},
     {1},
     {0},
     "'action':'withhold','regions':{'IN':{'action':'withhold','via':'repost'," ACT("x", "x") "}}"},
    {"the wrapper's own",
     {"id=1 by=@a tag=x", "id=2 by=@b"},
     {1},
     {0},
     "'action':'withhold','regions':{'IN':{'action':'withhold'," ACT("x", "x") "}}"},
    {"where both withhold the wrapper's rule acts, whatever the order of rules",
     {"id=1 by=@a tag=y", "id=2 by=@b tag=x"},
     {1},
     {0},
     "'action':'withhold','regions':{'IN':{'action':'withhold'," ACT(
         "y", "y") "},"
                   "'TR':{'action':'withhold'," ACT("y", "y") "}}"},
    {"per region",
     {"id=1 by=@a tag=x", "id=2 by=@b tag=y"},
     {1},
     {0},
     "'action':'withhold','regions':{'IN':{'action':'withhold'," ACT(
         "x", "x") "},"
                   "'TR':{'action':'withhold','via':'repost'," ACT("y", "y") "}}"},
    {"per surface the smaller factor",
     {"id=1 by=@a tag=d", "id=2 by=@b tag=e"},
     {1},
     {0},
     "'action':'downrank','regions':{'FR':{'action':'downrank','surfaces':{"
     "'search':{'factor':0.5," ACT("down", "d") "},"
                                                "'trends':{'factor':0.1,'via':'repost'," ACT(
                                                    "deep", "e") "}}}}"},
    {"equal factors: the wrapper's",
     {"id=1 by=@a tag=D", "id=2 by=@b tag=d"},
     {1},
     {0},
     "'action':'downrank','regions':{'FR':{'action':'downrank','surfaces':{"
     "'search':{'factor':0.5," ACT("down", "D") "},'trends':{'factor':0.5," ACT("down",
                                                                                "D") "}}}}"},
    {"no rule's selectors are met half by each",
     {"id=1 by=@a tag=h", "id=2 by=@b lang=pa"},
     {1},
     {0},
     "'action':'allow'"},
    {"the wrapper's exemption shields not the original",
     {"id=1 by=@press", "id=2 by=@b tag=x"},
     {1},
     {0},
     "'action':'withhold','regions':{'IN':{'action':'withhold','via':'repost'," ACT("x", "x") "}}"},
    {"nor the original's the wrapper; exempted tells of either part",
     {"id=1 by=@a tag=x", "id=2 by=@press tag=x tag=y"},
     {1},
     {0},
     "'action':'withhold','regions':{'IN':{'action':'withhold'," ACT(
         "x", "x") "}},"
                   "'exempted':{'IN':[{'rule':'x','by':'press'},{'rule':'y','by':'press'}],"
                   "'TR':[{'rule':'y','by':'press'}]}"},
    {"equal exemptions once",
     {"id=1 by=@press tag=x", "id=2 by=@press tag=x"},
     {1},
     {0},
     "'action':'allow','exempted':{'IN':[{'rule':'x','by':'press'}]}"},
    {"unions come in source order, once each",
     {"id=1 by=@a tag=w2", "id=2 by=@b tag=w1 tag=w2"},
     {1},
     {0},
     "'action':'allow','observed':['w1','w2']"},
    {"a repost of a repost is decided for each of the three",
     {"id=1 by=@a", "id=2 by=@b tag=w1", "id=3 by=@c tag=y"},
     {1, 2},
     {0},
     "'action':'withhold','regions':{'IN':{'action':'withhold','via':'repost'," ACT(
         "y", "y") "},"
                   "'TR':{'action':'withhold','via':'repost'," ACT("y",
                                                                   "y") "}},'observed':['w1']"},
    {"and not for a fourth",
     {"id=1 by=@a", "id=2 by=@b", "id=3 by=@c", "id=4 by=@d tag=x"},
     {1, 2, 3},
     {0},
     "'action':'allow'"},

    {"quotes do not inherit: the quoted post has its own record",
     {"id=1 by=@a tag=y", "id=2 by=@b tag=x"},
     {0},
     {1},
     "'action':'withhold','regions':{'IN':{'action':'withhold'," ACT(
         "y", "y") "},"
                   "'TR':{'action':'withhold'," ACT(
                       "y", "y") "}},'quoted':{'v':1,'post':'2','author':'@b',"
                                 "'action':'withhold','regions':{'IN':{'action':'withhold'," ACT(
                                     "x", "x") "}},"
                                               "'at':'2021-02-01T12:00:00Z','ruleset':'R'}"},
    {"a quoted post's original is its own, told as such",
     {"id=1 by=@a", "id=2 by=@b", "id=3 by=@c tag=x"},
     {0, 2},
     {1},
     "'action':'allow','quoted':{'v':1,'post':'2','author':'@b','action':'withhold',"
     "'regions':{'IN':{'action':'withhold','via':'repost'," ACT(
         "x", "x") "}},"
                   "'at':'2021-02-01T12:00:00Z','ruleset':'R'}"},
    {"the wrapper's quote before the original's",
     {"id=1 by=@a", "id=2 by=@b", "id=3 by=@c", "id=4 by=@d"},
     {1},
     {3, 2},
     "'action':'allow','quoted':{'v':1,'post':'4','author':'@d','action':'allow',"
     "'at':'2021-02-01T12:00:00Z','ruleset':'R'}"},
    {"else the original's",
     {"id=1 by=@a", "id=2 by=@b", "id=3 by=@c tag=w1"},
     {1},
     {0, 2},
     "'action':'allow','quoted':{'v':1,'post':'3','author':'@c','action':'allow',"
     "'observed':['w1'],'at':'2021-02-01T12:00:00Z','ruleset':'R'}"},
    {"two levels of nesting, reposts and quotes alike",
     {"id=1 by=@a", "id=2 by=@b", "id=3 by=@c", "id=4 by=@d tag=x"},
     {0, 0, 3},
     {1, 2},
     "'action':'allow','quoted':{'v':1,'post':'2','author':'@b','action':'allow',"
     "'quoted':{'v':1,'post':'3','author':'@c','action':'allow',"
     "'at':'2021-02-01T12:00:00Z','ruleset':'R'},"
     "'at':'2021-02-01T12:00:00Z','ruleset':'R'}"},
    {"an original's quote is on the last level",
     {"id=1 by=@a", "id=2 by=@b", "id=3 by=@c", "id=4 by=@d"},
     {1},
     {0, 2, 3},
     "'action':'allow','quoted':{'v':1,'post':'3','author':'@c','action':'allow',"
     "'at':'2021-02-01T12:00:00Z','ruleset':'R'}"},
};

static void
put_ruleset(char *record, const char *digest)
{
    char *at;

    /* the digest is the rule set's business */
    while ((at = strstr(record, digest)) != NULL) {
        *at = 'R';
        memmove(at + 1, at + 16, strlen(at + 16) + 1);
    }
}

static void
link_posts(const struct row *row, struct given_post *g)
{
    for (size_t i = 0; i < MOST && row->post[i]; i++)
        (void)given_post(&g[i], row->post[i]);
    for (size_t i = 0; i < MOST && row->post[i]; i++) {
        g[i].post.repost_of = row->repost_of[i] ? &g[row->repost_of[i]].post : NULL;
        g[i].post.quotes = row->quotes[i] ? &g[row->quotes[i]].post : NULL;
    }
}

static void
reposts_and_quotes(void **state)
{
    struct given_post *g = calloc(MOST, sizeof *g);
    weir_ruleset *rs = given_rules(yaml);
    weir_buf b = {0};
    char digest[17] = "";

    (void)state;
    memcpy(digest, weir_ruleset_digest(rs), 16);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        link_posts(&rows[i], g);
        (void)said(rs, NULL, &g[0].post, NOON, &b);
        put_ruleset(b.p, digest);
        if (strcmp(b.p, rows[i].expected) != 0)
            fail_msg("%s:\n     said %s\n expected %s", rows[i].promise, b.p, rows[i].expected);
    }
    weir_buf_fini(&b);
    weir_ruleset_unref(rs);
    free(g);
}

static void
everything_is_decided_at_the_outer_posts_time(void **state)
{
    static const struct row row = {
        .post = {"id=1 by=@a", "id=2 by=@b tag=late", "id=3 by=@c tag=late"},
        .repost_of = {1},
        .quotes = {2},
    };
    struct given_post *g = calloc(MOST, sizeof *g);
    weir_ruleset *rs = given_rules(yaml);
    weir_scratch *s = NULL;
    weir_decision d;

    (void)state;
    link_posts(&row, g);
    g[1].post.has_created = g[2].post.has_created = true;
    g[1].post.created_ms = g[2].post.created_ms = NOON + INT64_C(86400000) * 100;
    assert_int_equal(weir_scratch_new(rs, NULL, &s), WEIR_OK);
    assert_int_equal(weir_decide(rs, s, &g[0].post, NOON, &d), WEIR_OK);
    assert_int_equal(d.action, WEIR_ALLOW);
    assert_int_equal(d.quoted->action, WEIR_ALLOW);
    assert_int_equal(d.quoted->at_ms, NOON);
    assert_int_equal(weir_decide(rs, s, &g[0].post, NOON + INT64_C(86400000) * 30, &d), WEIR_OK);
    assert_int_equal(d.action, WEIR_WITHHOLD);
    assert_int_equal(d.quoted->action, WEIR_WITHHOLD);
    weir_scratch_free(s);
    weir_ruleset_unref(rs);
    free(g);
}

static void
limits_of_a_quoted_post_are_told_in_its_record_and_by_the_status(void **state)
{
    static const struct row row = {
        .post = {"id=1 by=@a", "id=2 by=@b tag=aaaaaaaaaaaaaaaaaaaaaaaaaaaaab"},
        .quotes = {1},
    };
    struct given_post *g = calloc(MOST, sizeof *g);
    weir_ruleset *rs = given_rules("rules:\n- {id: r, regions: [XX], action: withhold,"
                                   " match: {hashtags: ['/^(?:a|a)*(?=x)b$/']}}\n");
    weir_scratch *s = NULL;
    weir_decision d;

    (void)state;
    link_posts(&row, g);
    assert_int_equal(weir_scratch_new(rs, NULL, &s), WEIR_OK);
    assert_int_equal(weir_decide(rs, s, &g[0].post, NOON, &d), WEIR_E_LIMIT);
    assert_int_equal(d.nlimit, 0);
    assert_int_equal(d.quoted->nlimit, 1);
    weir_scratch_free(s);
    weir_ruleset_unref(rs);
    free(g);
}

/* Traces -------------------------------------------------------------------------------------- */

static const char traced_yaml[] =
    "rules:\n"
    "- {id: off, mode: 'off', regions: [IN], action: withhold, match: {hashtags: [x]}}\n"
    "- {id: gone, until: 2021-01-01T00:00:00Z, regions: [IN], action: withhold,"
    "   match: {hashtags: [x]}}\n"
    "- {id: none, regions: [SE], action: withhold, match: {hashtags: [z]}}\n"
    "- {id: except, regions: [IN], action: withhold, match: {hashtags: [x]},"
    "   except: {accounts: ['@a']}}\n"
    "- {id: held, rollout: 0, mode: observe, regions: [IN], action: withhold,"
    "   match: {hashtags: [x]}}\n"
    "- {id: watch, mode: observe, regions: [IN], action: withhold, match: {hashtags: [x]}}\n"
    "- {id: wide, regions: [XX], except_regions: [TR], action: withhold, match: {hashtags: [x]}}\n"
    "- {id: fr, regions: [FR], priority: 5, action: withhold, match: {hashtags: [x]}}\n"
    "- {id: down, regions: [FR, TR], priority: 7, action: downrank, factor: 0.5,"
    "   surfaces: [search, trends], match: {hashtags: [x]}}\n"
    "- {id: deep, regions: [TR], priority: 7, action: downrank, factor: 0, surfaces: [trends],"
    "   match: {hashtags: [x]}}\n"
    "- {id: shield, regions: [DE], action: allow, match: {accounts: ['@a']}}\n";

static const char traced_says[] =
    "'trace':[{'rule':'off','state':'off'},{'rule':'gone','state':'not_in_force'},"
    "{'rule':'none','state':'no_match'},{'rule':'except','state':'excepted'},"
    "{'rule':'held','state':'held_back'},{'rule':'watch','state':'observed'},"
    "{'rule':'wide','state':'exempted','regions':['DE']},"
    "{'rule':'wide','state':'outranked','regions':['FR']},"
    "{'rule':'wide','state':'matched','regions':['XX','IN','SE']},"
    "{'rule':'fr','state':'matched'},"
    "{'rule':'down','state':'outranked','regions':['FR']},"
    "{'rule':'down','state':'matched','regions':['TR']},"
    "{'rule':'deep','state':'matched'},{'rule':'shield','state':'matched'},"
    /* the original is resolved by itself: nothing shields it */
    "{'rule':'off','state':'off','via':'repost'},"
    "{'rule':'gone','state':'not_in_force','via':'repost'},"
    "{'rule':'none','state':'no_match','via':'repost'},"
    /* ... and `except` is the first to act in IN */
    "{'rule':'except','state':'matched','via':'repost'},"
    "{'rule':'held','state':'held_back','via':'repost'},"
    "{'rule':'watch','state':'observed','via':'repost'},"
    "{'rule':'wide','state':'outranked','via':'repost','regions':['FR','IN']},"
    "{'rule':'wide','state':'matched','via':'repost','regions':['XX','DE','SE']},"
    "{'rule':'fr','state':'matched','via':'repost'},"
    "{'rule':'down','state':'outranked','via':'repost','regions':['FR']},"
    "{'rule':'down','state':'matched','via':'repost','regions':['TR']},"
    "{'rule':'deep','state':'matched','via':'repost'},"
    "{'rule':'shield','state':'no_match','via':'repost'}]";

static void
the_trace_lists_every_rule_and_part(void **state)
{
    static const struct row row = {.post = {"id=1 by=@a tag=x", "id=2 by=@b tag=x"},
                                   .repost_of = {1}};
    struct given_post *g = calloc(MOST, sizeof *g);
    weir_ruleset *rs = given_rules(traced_yaml);
    const weir_decide_options traced = {.trace = true};
    weir_buf b = {0};

    (void)state;
    link_posts(&row, g);
    (void)said(rs, &traced, &g[0].post, NOON, &b);
    char *trace = strstr(b.p, "'trace'");
    assert_non_null(trace);
    assert_string_equal(trace, traced_says);
    weir_buf_fini(&b);
    weir_ruleset_unref(rs);
    free(g);
}

static void
a_trace_in_one_region_lists_what_holds_there(void **state)
{
    struct given_post *g = calloc(1, sizeof *g);
    weir_ruleset *rs = given_rules(traced_yaml);
    const weir_decide_options traced = {.trace = true};
    weir_buf b = {0};

    (void)state;
    (void)given_post(g, "tag=x");
    g->post.source = WEIR_SOURCE_QUERY;
    g->post.query = (weir_query){.kind = WEIR_QUERY_HASHTAG, .value = SPAN_LIT("x")};
    g->post.query.region = weir_region_find(SPAN_LIT("FR"));
    (void)said(rs, &traced, &g->post, NOON, &b);
    assert_string_equal(b.p, "'action':'withhold','regions':{'FR':{'action':'withhold'," ACT(
                                 "fr", "x") "}},"
                                            "'trace':[{'rule':'wide','state':'outranked'},"
                                            "{'rule':'fr','state':'matched'},"
                                            "{'rule':'down','state':'outranked'}]");
    weir_buf_fini(&b);
    weir_ruleset_unref(rs);
    free(g);
}

/* As of a query that names it, of a post with all that is nested in it. */
static void
a_post_can_be_decided_for_one_region(void **state)
{
    static const struct row row = {.post = {"id=1 by=@b tag=x", "id=2 by=@a tag=z"}, .quotes = {1}};
    struct given_post *g = calloc(MOST, sizeof *g);
    weir_ruleset *rs = given_rules(traced_yaml);
    const weir_decide_options se = {.one_region = true, .region = weir_region_find(SPAN_LIT("SE"))};
    weir_buf b = {0};
    weir_scratch *s;
    weir_decision d;

    (void)state;
    link_posts(&row, g);
    (void)said(rs, &se, &g[1].post, NOON, &b);
    assert_string_equal(
        b.p, "'action':'withhold','regions':{'SE':{'action':'withhold'," ACT("none", "z") "}}");
    assert_int_equal(weir_scratch_new(rs, &se, &s), WEIR_OK);
    assert_int_equal(weir_decide(rs, s, &g[0].post, NOON, &d), WEIR_OK);
    assert_int_equal(d.nobserved, 0);
    assert_int_equal(d.nregions, 1);
    assert_int_equal(d.quoted->nregions, 1);
    assert_string_equal(weir_region_code(d.quoted->regions[0].region), "SE");
    weir_scratch_free(s);
    weir_buf_fini(&b);
    weir_ruleset_unref(rs);
    free(g);
}

#define BIT(kind) (1u << WEIR_SEL_##kind)

static void
the_trace_tells_which_selectors_were_hit(void **state)
{
    static const char yaml[] =
        "lists: {press: {accounts: ['@p']}}\n"
        "orders:\n"
        "  y: {kind: policy, authority: A, basis: B}\n"
        "rules:\n"
        "- {id: both, regions: [IN], action: withhold, match: {hashtags: [x, 'y*', '/z/x'],"
        "   langs: [pl]}, except: {accounts: [{list: press}, '@h', 'id:5', 'did:plc:a',"
        "   'domain:d.org']}}\n"
        "- {id: tag, regions: [IN], action: withhold, match: {hashtags: [x]}}\n"
        "- {id: free, action: allow, against: [y], match: {mentions: ['@m']}}\n";
    static const char *const wanted[] = {"#x", "#y*",  "/z/x",      "list press",
                                         "@h", "id:5", "did:plc:a", "domain:d.org"};
    static const uint32_t hits[] = {BIT(HASHTAGS), BIT(HASHTAGS), 0};
    struct given_post *g = calloc(1, sizeof *g);
    weir_ruleset *rs = given_rules(yaml);
    const weir_decide_options traced = {.trace = true};
    weir_rule_info r;
    weir_buf b = {0};
    weir_scratch *s;
    weir_decision d;

    (void)state;
    assert_int_equal(weir_scratch_new(rs, &traced, &s), WEIR_OK);
    assert_int_equal(weir_decide(rs, s, given_post(g, "tag=x"), NOON, &d), WEIR_OK);
    assert_int_equal(d.ntrace, 3);
    for (size_t i = 0; i < d.ntrace; i++)
        assert_int_equal(d.trace[i].hits, hits[i]);
    assert_int_equal(weir_decide(rs, s, given_post(g, "by=@p tag=q"), NOON, &d), WEIR_OK);
    assert_int_equal(d.ntrace, 3);
    for (size_t i = 0; i < d.ntrace; i++) {
        assert_int_equal(d.trace[i].state, WEIR_STATE_NO_MATCH);
        assert_int_equal(d.trace[i].hits, 0);
        assert_int_equal(d.trace[i].excepts, i == 0 ? BIT(ACCOUNTS) : 0);
    }
    weir_ruleset_rule(rs, 0, &r);
    assert_int_equal(r.match, BIT(HASHTAGS) | BIT(LANGS));
    assert_int_equal(r.except, BIT(ACCOUNTS));
    assert_false(r.has_against);
    weir_ruleset_rule(rs, 2, &r);
    assert_true(r.has_against && r.nagainst == 1 && r.against[0] == 0);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        b.len = 0;
        assert_true(weir_ruleset_rule_entry(
            rs, 0, i >= 3, i < 3 ? WEIR_SEL_HASHTAGS : WEIR_SEL_ACCOUNTS, i < 3 ? i : i - 3, &b));
        weir_buf_putc(&b, '\0');
        assert_string_equal(b.p, wanted[i]);
    }
    assert_false(weir_ruleset_rule_entry(rs, 0, false, WEIR_SEL_HASHTAGS, 3, &b));
    assert_false(weir_ruleset_rule_entry(rs, 0, false, WEIR_SEL_ACCOUNTS, 0, &b));
    weir_buf_fini(&b);
    weir_scratch_free(s);
    weir_ruleset_unref(rs);
    free(g);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reposts_and_quotes),
        cmocka_unit_test(everything_is_decided_at_the_outer_posts_time),
        cmocka_unit_test(limits_of_a_quoted_post_are_told_in_its_record_and_by_the_status),
        cmocka_unit_test(the_trace_lists_every_rule_and_part),
        cmocka_unit_test(a_trace_in_one_region_lists_what_holds_there),
        cmocka_unit_test(a_post_can_be_decided_for_one_region),
        cmocka_unit_test(the_trace_tells_which_selectors_were_hit),
    };

    return cmocka_run_group_tests_name("decide: nested", tests, NULL, NULL);
}

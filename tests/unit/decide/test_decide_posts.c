/*
 * decide/: whole rule sets on single posts and queries: what the record says. Each row is a
 * promise of SPEC sections 2, 3, 5, 6 and 7.
 */
#include "unit/test.h"

#include "unit/decide/said.h"

struct row {
    const char *promise, *post, *expected;
};

static void
run(const char *yaml, const struct row *rows, size_t n)
{
    struct given_post *g = malloc(sizeof *g);
    weir_ruleset *rs = given_rules(yaml);

    assert_non_null(g);
    for (size_t i = 0; i < n; i++)
        assert_says(rows[i].promise, rs, given_post(g, rows[i].post), NOON, rows[i].expected);
    weir_ruleset_unref(rs);
    free(g);
}
#define RUN(yaml, rows) run((yaml), (rows), sizeof(rows) / sizeof *(rows))

#define BY_X "'by':'hashtags','value':'#x'"
#define WITHHOLD(rule) "{'action':'withhold','rule':'" rule "'," BY_X "}"

static void
rules_match_as_their_selectors_do(void **state)
{
    static const char yaml[] =
        "orders:\n"
        "  o1: {kind: court_order, authority: A, basis: B, served: 2021-01-01T00:00:00Z}\n"
        "rules:\n"
        "- {id: both, regions: [IN], action: withhold,"
        "   match: {langs: [pa], hashtags: [x, y]}}\n"
        "- {id: excepted, order: o1, regions: [TR], action: withhold,"
        "   match: {posts: ['7'], accounts: ['@a']}, except: {langs: [en], mentions: ['@m']}}\n";
    static const struct row rows[] = {
        {"no rule matches: allow", "id=1 by=@z tag=z", "'action':'allow'"},
        {"one selector of two is not enough", "id=1 by=@z tag=x", "'action':'allow'"},
        {"each selector given must match; by is the first of the table, value the first that "
         "matched",
         "id=1 by=@z lang=pa-IN tag=z tag=Y tag=x",
         "'action':'withhold','regions':{'IN':{'action':'withhold','rule':'both','by':'hashtags',"
         "'value':'#Y'}}"},
        {"order is written where there is one; accounts come before posts", "id=7 by=id:4@A",
         "'action':'withhold','regions':{'TR':{'action':'withhold','rule':'excepted','order':'o1',"
         "'by':'accounts','value':'@A'}}"},
        {"any selector of except is enough", "id=7 by=@a lang=en", "'action':'allow'"},
        {"whichever it is", "id=7 by=@a to=@z to=@m", "'action':'allow'"},
        {"regions come bytewise", "id=7 by=@a lang=pa tag=x",
         "'action':'withhold','regions':{'IN':" WITHHOLD(
             "both") ","
                     "'TR':{'action':'withhold','rule':'excepted','order':'o1','by':'accounts','"
                     "value':'@a'}}"},
    };

    (void)state;
    RUN(yaml, rows);
}

static void
modes_and_rollouts_hold_rules_back(void **state)
{
    static const char yaml[] =
        "rules:\n"
        "- {id: off, mode: 'off', regions: [XX], action: withhold, match: {hashtags: [x]}}\n"
        "- {id: watch, mode: observe, regions: [IN], action: withhold, match: {hashtags: [x]}}\n"
        "- {id: pass, mode: observe, action: allow, match: {hashtags: [x, y]}}\n"
        "- {id: slow, rollout: 0, regions: [XX], action: withhold, match: {hashtags: [x]}}\n"
        "- {id: slow-watch, mode: observe, rollout: 0.01, regions: [XX], action: withhold,"
        "   match: {hashtags: [x]}}\n"
        "- {id: real, regions: [IN], action: withhold, match: {hashtags: [y]}}\n";
    static const struct row rows[] = {
        {"off is nothing, observe is recorded, rollout holds back before observe",
         "id=1 by=@z tag=x",
         "'action':'allow','observed':['watch','pass'],'held_back':['slow','slow-watch']"},
        {"an allow that is observed defeats nothing", "id=1 by=@z tag=y",
         "'action':'withhold','regions':{'IN':{'action':'withhold','rule':'real','by':'hashtags',"
         "'value':'#y'}},'observed':['pass']"},
    };

    (void)state;
    RUN(yaml, rows);
}

/* Half of all authors are in; an author's id comes before the handle, and nobody is held back. */
static void
a_rollout_goes_by_author(void **state)
{
    static const char yaml[] = "rules:\n"
                               "- {id: r, rollout: 50, regions: [XX], action: withhold,"
                               "   match: {hashtags: [x]}}\n";
    static const char in[] = "'action':'withhold','regions':{'XX':" WITHHOLD("r") "}";
    static const char out[] = "'action':'allow','held_back':['r']";
    struct given_post *g = malloc(sizeof *g);
    weir_ruleset *rs = given_rules(yaml);
    weir_buf by_id = {0}, by_handle = {0};
    int nin = 0;

    (void)state;
    for (int i = 0; i < 100; i++) {
        char post[64];

        (void)snprintf(post, sizeof post, "id=1 by=id:a%d@Z tag=x", i);
        (void)said(rs, NULL, given_post(g, post), NOON, &by_id);
        (void)snprintf(post, sizeof post, "id=1 by=@A%d tag=x", i); /* folded: the same key */
        (void)said(rs, NULL, given_post(g, post), NOON, &by_handle);
        assert_string_equal(by_id.p, by_handle.p);
        assert_true(strcmp(by_id.p, in) == 0 || strcmp(by_id.p, out) == 0);
        nin += strcmp(by_id.p, in) == 0;
    }
    assert_in_range(nin, 25, 75);
    assert_says("nobody is held back", rs, given_post(g, "id=1 tag=x"), NOON, out);
    weir_buf_fini(&by_id);
    weir_buf_fini(&by_handle);
    weir_ruleset_unref(rs);
    free(g);
}

static void
regions_are_told_where_they_differ(void **state)
{
    static const char yaml[] =
        "rules:\n"
        "- {id: wide, regions: [XX], except_regions: [DE], action: withhold,"
        "   match: {hashtags: [x]}}\n"
        "- {id: fr, regions: [FR, BE], action: withhold, priority: 1, match: {hashtags: [f]}}\n"
        "- {id: fr-2, regions: [FR], action: withhold, match: {hashtags: [x]}}\n"
        "- {id: shield, regions: [TR], action: allow, match: {hashtags: [t]}}\n"
        "- {id: wide-shield, regions: [XX], except_regions: [IN], action: allow, priority: -1,"
        "   match: {hashtags: [w]}}\n"
        "- {id: low, regions: [XX], priority: -1, action: downrank, factor: 0.5,"
        "   surfaces: [trends, search], match: {hashtags: [l]}}\n";
    static const struct row rows[] = {
        {"XX, and a region that is taken from it; where a rule acts equally nothing is written",
         "id=1 by=@z tag=x",
         "'action':'withhold','regions':{'XX':" WITHHOLD("wide") ",'DE':{'action':'allow'}}"},
        {"another rule acting is a difference", "id=1 by=@z tag=x tag=f",
         "'action':'withhold','regions':{'XX':" WITHHOLD(
             "wide") ","
                     "'BE':{'action':'withhold','rule':'fr','by':'hashtags','value':'#f'},"
                     "'DE':{'action':'allow'},"
                     "'FR':{'action':'withhold','rule':'fr','by':'hashtags','value':'#f'}}"},
        {"exempted in one region alone", "id=1 by=@z tag=x tag=t",
         "'action':'withhold','regions':{'XX':" WITHHOLD(
             "wide") ",'DE':{'action':'allow'},"
                     "'TR':{'action':'allow'}},'exempted':{'TR':[{'rule':'wide','by':'shield'}]}"},
        {"exempted everywhere but in one: [] where XX has some and the region none",
         "id=1 by=@z tag=l tag=w",
         "'action':'downrank','regions':{'IN':{'action':'downrank','surfaces':{"
         "'search':{'factor':0.5,'rule':'low','by':'hashtags','value':'#l'},"
         "'trends':{'factor':0.5,'rule':'low','by':'hashtags','value':'#l'}}}},"
         "'exempted':{'XX':[{'rule':'low','by':'wide-shield'}],'IN':[]}"},
        {"an allow that defeats nothing leaves no trace", "id=1 by=@z tag=t tag=w",
         "'action':'allow'"},
    };

    (void)state;
    RUN(yaml, rows);
}

static void
exemptions_go_by_priority_and_order(void **state)
{
    static const char yaml[] =
        "orders:\n"
        "  o1: {kind: court_order, authority: A, basis: B}\n"
        "  o2: {kind: court_order, authority: A, basis: B}\n"
        "rules:\n"
        "- {id: r1, order: o1, regions: [IN], action: withhold, match: {hashtags: [x]}}\n"
        "- {id: r2, order: o2, regions: [IN], action: withhold, match: {hashtags: [y]}}\n"
        "- {id: own, regions: [IN], action: downrank, factor: 0, surfaces: [trends],"
        "   match: {hashtags: [z]}}\n"
        "- {id: a1, against: [o1], action: allow, match: {accounts: ['@press']}}\n"
        "- {id: a2, action: allow, priority: 2, match: {accounts: ['@press'], hashtags: [p]}}\n"
        "- {id: a3, action: allow, priority: 2, match: {accounts: ['@press'], hashtags: [p]}}\n";
    static const struct row rows[] = {
        {"against names its order alone", "id=1 by=@press tag=x tag=y",
         "'action':'withhold','regions':{'IN':{'action':'withhold','rule':'r2','order':'o2',"
         "'by':'hashtags','value':'#y'}},'exempted':{'IN':[{'rule':'r1','by':'a1'}]}"},
        {"own policy is out of its reach", "id=1 by=@press tag=z",
         "'action':'downrank','regions':{'IN':{'action':'downrank','surfaces':{'trends':{'factor':"
         "0,"
         "'rule':'own','by':'hashtags','value':'#z'}}}}"},
        {"of several, the highest priority, then the first; in source order of restrictions",
         "id=1 by=@press tag=x tag=y tag=z tag=p",
         "'action':'allow','exempted':{'IN':[{'rule':'r1','by':'a2'},{'rule':'r2','by':'a2'},"
         "{'rule':'own','by':'a2'}]}"},
    };

    (void)state;
    RUN(yaml, rows);
}

/* Times --------------------------------------------------------------------------------------- */

static const char times_yaml[] =
    "orders:\n"
    "  none: {kind: report, authority: A, basis: B}\n"
    "  served: {kind: report, authority: A, basis: B, served: 2021-02-01T00:00:00Z}\n"
    "  twice: {kind: report, authority: A, basis: B, in_force: ["
    "    {from: 2021-02-01T06:00:00Z, until: 2021-02-01T18:00:00Z},"
    "    {from: 2021-03-01T00:00:00Z}]}\n"
    "  revoked: {kind: report, authority: A, basis: B, revoked: 2021-02-05T00:00:00Z}\n"
    "  hold: {kind: emergency, authority: A, basis: B, served: 2021-02-01T00:00:00Z}\n"
    "  lift: {kind: emergency, authority: A, basis: B, served: 2021-02-01T00:00:00Z,"
    "         on_lapse: lift}\n"
    "  kept: {kind: emergency, authority: A, basis: B, served: 2021-02-01T00:00:00Z,"
    "         on_lapse: lift, confirmed: 2021-02-04T00:00:00Z}\n"
    "rules:\n"
    "- {id: a, order: none, mode: observe, regions: [XX], action: withhold,"
    "   match: {hashtags: [x]}}\n"
    "- {id: b, order: served, mode: observe, regions: [XX], action: withhold,"
    "   match: {hashtags: [x]}}\n"
    "- {id: c, order: twice, mode: observe, regions: [XX], action: withhold,"
    "   match: {hashtags: [x]}}\n"
    "- {id: d, order: revoked, mode: observe, regions: [XX], action: withhold,"
    "   match: {hashtags: [x]}}\n"
    "- {id: e, order: hold, mode: observe, regions: [XX], action: withhold,"
    "   match: {hashtags: [x]}}\n"
    "- {id: f, order: lift, mode: observe, regions: [XX], action: withhold,"
    "   match: {hashtags: [x]}}\n"
    "- {id: g, order: kept, mode: observe, regions: [XX], action: withhold,"
    "   match: {hashtags: [x]}}\n"
    "- {id: h, order: served, from: 2021-02-02T00:00:00Z, until: 2021-02-03T00:00:00Z,"
    "   mode: observe, regions: [XX], action: withhold, match: {hashtags: [x]}}\n";

static const struct {
    const char *promise, *at, *expected;
} times[] = {
    {"before anything", "2021-01-01T00:00:00Z", "'action':'allow','observed':['a','d']"},
    {"from `served` on, its millisecond included", "2021-02-01T00:00:00Z",
     "'action':'allow','observed':['a','b','d','e','f','g']"},
    {"not a millisecond earlier", "2021-01-31T23:59:59.999Z",
     "'action':'allow','observed':['a','d']"},
    {"inside the first interval", "2021-02-01T17:59:59.999Z",
     "'action':'allow','observed':['a','b','c','d','e','f','g']"},
    {"`until` is out", "2021-02-01T18:00:00Z",
     "'action':'allow','observed':['a','b','d','e','f','g']"},
    {"the rule's own interval and the order's", "2021-02-02T12:00:00Z",
     "'action':'allow','observed':['a','b','d','e','f','g','h']"},
    {"48 hours after: hold holds, lift lifts", "2021-02-03T00:00:00Z",
     "'action':'allow','observed':['a','b','d','e']"},
    {"a confirmation brings it back", "2021-02-04T00:00:00Z",
     "'action':'allow','observed':['a','b','d','e','g']"},
    {"nothing holds once revoked", "2021-02-05T00:00:00Z",
     "'action':'allow','observed':['a','b','e','g']"},
    {"the second interval is open", "2031-01-01T00:00:00Z",
     "'action':'allow','observed':['a','b','c','e','g']"},
};

static void
orders_hold_in_their_intervals(void **state)
{
    struct given_post *g = malloc(sizeof *g);
    weir_ruleset *rs = given_rules(times_yaml);

    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        int64_t now;
        assert_true(weir_time_parse(span_of(times[i].at), &now));
        assert_says(times[i].promise, rs, given_post(g, "id=1 by=@z tag=x"), now,
                    times[i].expected);
    }
    weir_ruleset_unref(rs);
    free(g);
}

/* Queries ------------------------------------------------------------------------------------- */

static const char queries_yaml[] =
    "rules:\n"
    "- {id: tag, regions: [IN, TR], action: withhold, match: {hashtags: [x]}}\n"
    "- {id: shield, regions: [TR], action: allow, match: {hashtags: [x]}}\n"
    "- {id: both, regions: [XX], action: withhold, match: {hashtags: [x], langs: [pa]}}\n"
    "- {id: own, regions: [XX], action: withhold, match: {sources: [own]}}\n"
    "- {id: later, from: 2021-03-01T00:00:00Z, regions: [IN], action: withhold, priority: 1,"
    "   match: {hashtags: [x]}, except: {langs: [pa], sources: [own]}}\n"
    "- {id: watch-in, mode: observe, regions: [IN], action: withhold, match: {hashtags: [x]}}\n"
    "- {id: held-tr, rollout: 5, regions: [TR], action: withhold, match: {hashtags: [x]}}\n";

static void
queries_ask_about_one_value(void **state)
{
    struct given_post *g = malloc(sizeof *g);
    weir_ruleset *rs = given_rules(queries_yaml);
    weir_query *q = &g->post.query;

    (void)state;
    (void)given_post(g, "tag=x");
    g->post.source = WEIR_SOURCE_QUERY;
    *q = (weir_query){
        .kind = WEIR_QUERY_HASHTAG, .value = SPAN_LIT("x"), .region = WEIR_REGION_NONE};
    assert_says("a selector that the query has no value for does not match", rs, &g->post, NOON,
                "'action':'withhold','regions':{'IN':" WITHHOLD(
                    "tag") "},"
                           "'exempted':{'TR':[{'rule':'tag','by':'shield'}]},"
                           "'observed':['watch-in'],'held_back':['held-tr']");
    q->region = weir_region_find(SPAN_LIT("IN"));
    assert_says("with a region it speaks of that one alone", rs, &g->post, NOON,
                "'action':'withhold','regions':{'IN':" WITHHOLD("tag") "},'observed':['watch-in']");
    q->region = weir_region_find(SPAN_LIT("TR"));
    assert_says("also of its exemptions", rs, &g->post, NOON,
                "'action':'allow','exempted':{'TR':[{'rule':'tag','by':'shield'}]},"
                "'held_back':['held-tr']");
    q->region = weir_region_find(SPAN_LIT("FR"));
    assert_says("a region of no rule is allowed", rs, &g->post, NOON, "'action':'allow'");
    q->region = weir_region_find(SPAN_LIT("IN"));
    q->at = SPAN_LIT("2021-04-01T00:00:00Z");
    assert_true(weir_time_parse(q->at, &q->at_ms));
    assert_says("its own time wins; except is not met by a value that is not there", rs, &g->post,
                NOON,
                "'action':'withhold','regions':{'IN':" WITHHOLD("later") "},"
                                                                         "'observed':['watch-in']");
    weir_ruleset_unref(rs);
    free(g);
}

/* Limits -------------------------------------------------------------------------------------- */

#define CATASTROPHE "'/^(?:a|a)*(?=x)b$/'"
#define LONG_TAG "aaaaaaaaaaaaaaaaaaaaaaaaaaaaab"

static const char limits_yaml[] =
    "rules:\n"
    "- {id: skip, regions: [IN], action: withhold, match: {hashtags: [" CATASTROPHE ", x]}}\n"
    "- {id: match, on_limit: match, regions: [TR], action: withhold,"
    "   match: {hashtags: [y, " CATASTROPHE "]}}\n"
    "- {id: but, regions: [FR], action: withhold, match: {hashtags: [x]},"
    "   except: {hashtags: [" CATASTROPHE "]}}\n"
    "- {id: but-match, on_limit: match, regions: [FR], action: withhold,"
    "   match: {hashtags: [x]}, except: {hashtags: [" CATASTROPHE "]}}\n"
    "- {id: off, mode: 'off', regions: [IN], action: withhold,"
    "   match: {hashtags: [" CATASTROPHE "]}}\n"
    "- {id: gone, until: 2021-01-01T00:00:00Z, regions: [IN], action: withhold,"
    "   match: {hashtags: [" CATASTROPHE "]}}\n"
    "- {id: and, regions: [IN], action: withhold,"
    "   match: {hashtags: [" CATASTROPHE "], langs: [pa]}}\n";

static const struct row limits_rows[] = {
    {"a skip is no match, a match is one, on the value that ran out",
     "id=1 by=@z tag=b tag=" LONG_TAG,
     "'action':'withhold','regions':{'TR':{'action':'withhold','rule':'match','by':'hashtags',"
     "'value':'#" LONG_TAG "'}},'limit':['skip','match','but','but-match','and']"},
    {"the first value counts, ran out or not", "id=1 by=@z tag=" LONG_TAG " tag=y",
     "'action':'withhold','regions':{'TR':{'action':'withhold','rule':'match','by':'hashtags',"
     "'value':'#" LONG_TAG "'}},'limit':['skip','match','but','but-match','and']"},
    {"in except, a skip shields nobody, a match shields", "id=1 by=@z tag=x tag=" LONG_TAG,
     "'action':'withhold','regions':{'FR':" WITHHOLD("but") ",'IN':" WITHHOLD(
         "skip") ","
                 "'TR':{'action':'withhold','rule':'match','by':'hashtags','value':'#" LONG_TAG
                 "'}},"
                 "'limit':['skip','match','but','but-match','and']"},
    {"nothing ran out: no limit", "id=1 by=@z tag=b", "'action':'allow'"},
};

static void
what_ran_out_is_told(void **state)
{
    struct given_post *g = malloc(sizeof *g);
    weir_ruleset *rs = given_rules(limits_yaml);
    const weir_decide_options traced = {.trace = true};
    weir_buf b = {0};

    (void)state;
    RUN(limits_yaml, limits_rows);
    assert_int_equal(said(rs, NULL, given_post(g, "id=1 tag=b"), NOON, &b), WEIR_OK);
    assert_int_equal(said(rs, &traced, given_post(g, "id=1 tag=" LONG_TAG), NOON, &b),
                     WEIR_E_LIMIT);
    assert_non_null(strstr(b.p, "'trace':[{'rule':'skip','state':'limit'},"
                                "{'rule':'match','state':'matched'},"
                                "{'rule':'but','state':'no_match'},"
                                "{'rule':'but-match','state':'no_match'},"
                                "{'rule':'off','state':'off'},"
                                "{'rule':'gone','state':'not_in_force'},"
                                "{'rule':'and','state':'no_match'}]"));
    weir_buf_fini(&b);
    weir_ruleset_unref(rs);
    free(g);
}

static void
a_thousand_tags_and_no_more(void **state)
{
    static char names[1001][8];
    struct given_post *g = malloc(sizeof *g);
    weir_ruleset *rs = given_rules("rules:\n"
                                   "- {id: r, regions: [XX], action: withhold,"
                                   "   match: {hashtags: [t1000]}}\n"
                                   "- {id: s, regions: [IN], action: withhold,"
                                   "   match: {hashtags: [t999]}}\n");

    (void)state;
    (void)given_post(g, "id=1 by=@z");
    for (size_t i = 0; i <= 1000; i++)
        g->tags[i] = (weir_span){names[i], (size_t)snprintf(names[i], 8, "t%zu", i)};
    g->post.nhashtags = 1001;
    assert_says("the 1,001st distinct tag is not decided, and that is told", rs, &g->post, NOON,
                "'action':'withhold','regions':{'IN':{'action':'withhold','rule':'s',"
                "'by':'hashtags','value':'#t999'}},'limit':['tags']");
    g->post.nhashtags = 1000;
    assert_says("a thousand are no limit", rs, &g->post, NOON,
                "'action':'withhold','regions':{'IN':{'action':'withhold','rule':'s',"
                "'by':'hashtags','value':'#t999'}}");
    weir_ruleset_unref(rs);
    free(g);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_match_as_their_selectors_do),
        cmocka_unit_test(modes_and_rollouts_hold_rules_back),
        cmocka_unit_test(a_rollout_goes_by_author),
        cmocka_unit_test(regions_are_told_where_they_differ),
        cmocka_unit_test(exemptions_go_by_priority_and_order),
        cmocka_unit_test(orders_hold_in_their_intervals),
        cmocka_unit_test(queries_ask_about_one_value),
        cmocka_unit_test(what_ran_out_is_told),
        cmocka_unit_test(a_thousand_tags_and_no_more),
    };

    return cmocka_run_group_tests_name("decide: posts", tests, NULL, NULL);
}

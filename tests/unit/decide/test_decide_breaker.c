/*
 * decide/: breakers: whose caps a rule is under, what a scratch that was told of trips decides and
 * says, and that all other rules decide as they did.
 */
#include "unit/test.h"

#include "unit/decide/said.h"

/* Whose caps ---------------------------------------------------------------------------------- */

static void
assert_breaker(const char *promise, const weir_breaker *got, const weir_breaker *expected)
{
    if (got->given != expected->given || got->per_minute != expected->per_minute ||
        got->share_milli != expected->share_milli || got->observe != expected->observe)
        fail_msg("%s: %sgiven, %u a minute, %u of 1000, %s", promise, got->given ? "" : "not ",
                 got->per_minute, got->share_milli, got->observe ? "observe" : "alert");
}

static void
rules_are_under_their_own_caps_or_the_sets(void **state)
{
    static const char rules[] =
        "rules:\n"
        "- {id: own, regions: [XX], action: withhold, match: {hashtags: [x]},"
        "   breaker: {share: 0.05, then: observe}}\n"
        "- {id: both, regions: [XX], action: withhold, match: {hashtags: [x]},"
        "   breaker: {per_minute: 7, share: 1}}\n"
        "- {id: none, regions: [XX], action: withhold, match: {hashtags: [x]}}\n"
        "- {id: shield, action: allow, match: {hashtags: [x]}}\n";
    static const struct {
        const char *promise, *of_set;
        weir_breaker expected[4], set;
    } rows[] = {
        {"no caps at all",
         "",
         {{true, 0, 50, true}, {true, 7, 1000, false}, {0}, {0}},
         {.given = false}},
        {"the set's, where a rule has none of its own; those of its own are all that it is under",
         "breaker: {per_minute: 900, share: 0.2}\n",
         {{true, 0, 50, true},
          {true, 7, 1000, false},
          {false, 900, 200, false},
          {false, 900, 200, false}},
         {true, 900, 200, false}},
    };
    char yaml[1024];
    weir_rule_info info;
    weir_breaker set;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)snprintf(yaml, sizeof yaml, "%s%s", rows[i].of_set, rules);
        weir_ruleset *rs = given_rules(yaml);
        for (uint32_t r = 0; r < 4; r++) {
            weir_ruleset_rule(rs, r, &info);
            assert_breaker(rows[i].promise, &info.breaker, &rows[i].expected[r]);
        }
        weir_ruleset_breaker(rs, &set);
        assert_breaker(rows[i].promise, &set, &rows[i].set);
        weir_ruleset_unref(rs);
    }
}

/* What is said -------------------------------------------------------------------------------- */

static const char yaml[] =
    "orders:\n"
    "  late: {kind: report, served: 2021-03-01T00:00:00Z}\n"
    "rules:\n"
    "- {id: x, regions: [IN], action: withhold, match: {hashtags: [x]}, except: {langs: [pa]}}\n"
    "- {id: y, regions: [IN, TR], action: withhold, match: {hashtags: [y]}}\n"
    "- {id: d, regions: [XX], action: downrank, factor: 0.5, surfaces: [trends],"
    "   match: {hashtags: [x, d]}}\n"
    "- {id: press, action: allow, match: {accounts: ['@press']}}\n"
    "- {id: watch, mode: observe, regions: [XX], action: withhold, match: {hashtags: [w]}}\n"
    "- {id: off, mode: 'off', regions: [XX], action: withhold, match: {hashtags: [x]}}\n"
    "- {id: late-x, order: late, regions: [XX], action: withhold, match: {hashtags: [x]}}\n"
    "- {id: slow, rollout: 0, regions: [XX], action: withhold, match: {hashtags: [x]}}\n"
    "- {id: half, regions: [XX], action: withhold, match: {hashtags: [h], langs: [hi]}}\n";

#define ACT(rule, tag) "'rule':'" rule "','by':'hashtags','value':'#" tag "'"
#define WITHHOLD(rule, tag) "{'action':'withhold'," ACT(rule, tag) "}"
#define TRENDS(tag) "{'action':'downrank','surfaces':{'trends':{'factor':0.5," ACT("d", tag) "}}}"
#define SLOW "'held_back':['slow']"

static const struct row {
    const char *promise;
    const char *trips; /* rules in rising order, each with what its breaker does; `*`: the set */
    const char *post;
    const char *original, *quoted; /* NULL: none */
    const char *expected;
} rows[] = {
    {"an alert is told, and changes nothing", "x:alert", "id=1 tag=x", NULL, NULL,
     "'action':'withhold','regions':{'XX':" TRENDS("x") ",'IN':" WITHHOLD(
         "x", "x") "}," SLOW ",'breaker':['x']"},
    {"observe takes the rule for one on trial: others act then", "x:observe", "id=1 tag=x", NULL,
     NULL,
     "'action':'downrank','regions':{'XX':" TRENDS("x") "},'observed':['x']," SLOW
                                                        ",'breaker':['x']"},
    {"a rule that does not match is not told of", "x:observe y:alert", "id=1 tag=d", NULL, NULL,
     "'action':'downrank','regions':{'XX':" TRENDS("d") "}"},
    {"nor is one that matches half", "half:alert", "id=1 tag=h", NULL, NULL, "'action':'allow'"},
    {"nor one that is excepted, off, not in force or held back",
     "x:alert off:alert late-x:observe slow:alert", "id=1 tag=x lang=pa", NULL, NULL,
     "'action':'downrank','regions':{'XX':" TRENDS("x") "}," SLOW},
    {"one that is outranked is", "d:alert", "id=1 tag=d tag=x", NULL, NULL,
     "'action':'withhold','regions':{'XX':" TRENDS("d") ",'IN':" WITHHOLD(
         "x", "x") "}," SLOW ",'breaker':['d']"},
    {"one that is exempted is", "x:alert", "id=1 by=@press tag=x", NULL, NULL,
     "'action':'allow','exempted':{'XX':[{'rule':'d','by':'press'}],"
     "'IN':[{'rule':'x','by':'press'},{'rule':'d','by':'press'}]}," SLOW ",'breaker':['x']"},
    {"what is observed is not exempted", "x:observe", "id=1 by=@press tag=x", NULL, NULL,
     "'action':'allow','exempted':{'XX':[{'rule':'d','by':'press'}]},'observed':['x']," SLOW
     ",'breaker':['x']"},
    {"an exemption that is observed defeats nothing", "press:observe", "id=1 by=@press tag=y", NULL,
     NULL,
     "'action':'withhold','regions':{'IN':" WITHHOLD("y", "y") ",'TR':" WITHHOLD(
         "y", "y") "},'observed':['press'],'breaker':['press']"},
    {"one that acts is told of by itself, whether there is anything to defeat or not",
     "press:alert", "id=1 by=@press", NULL, NULL, "'action':'allow','breaker':['press']"},
    {"a rule that is on trial anyway stays there, and is told of", "watch:alert", "id=1 tag=w",
     NULL, NULL, "'action':'allow','observed':['watch'],'breaker':['watch']"},
    {"rules come in source order, once each", "x:alert y:observe d:alert",
     "id=1 tag=d tag=y tag=x tag=X", NULL, NULL,
     "'action':'withhold','regions':{'XX':" TRENDS("d") ",'IN':" WITHHOLD(
         "x", "x") "},'observed':['y']," SLOW ",'breaker':['x','y','d']"},

    {"the set's trip shows where a post is withheld, in front of all", "*:alert x:alert",
     "id=1 tag=x", NULL, NULL,
     "'action':'withhold','regions':{'XX':" TRENDS("x") ",'IN':" WITHHOLD(
         "x", "x") "}," SLOW ",'breaker':['*','x']"},
    {"by itself, too", "*:alert", "id=1 tag=y", NULL, NULL,
     "'action':'withhold','regions':{'IN':" WITHHOLD("y", "y") ",'TR':" WITHHOLD(
         "y", "y") "},'breaker':['*']"},
    {"not where nothing is withheld", "*:alert", "id=1 tag=d", NULL, NULL,
     "'action':'downrank','regions':{'XX':" TRENDS("d") "}"},
    {"not where what would withhold is observed", "*:alert y:observe", "id=1 tag=y", NULL, NULL,
     "'action':'allow','observed':['y'],'breaker':['y']"},

    {"what matches a repost's original counts", "y:alert", "id=1", "id=2 tag=y", NULL,
     "'action':'withhold','regions':{'IN':{'action':'withhold','via':'repost'," ACT(
         "y", "y") "},'TR':{'action':'withhold','via':'repost'," ACT("y",
                                                                     "y") "}},'breaker':['y']"},
    {"both parts are one list", "x:observe y:observe", "id=1 tag=y", "id=2 tag=y tag=x lang=pa",
     NULL,
     "'action':'downrank','regions':{'XX':{'action':'downrank','surfaces':{'trends':"
     "{'factor':0.5,'via':'repost'," ACT("d", "x") "}}}},'observed':['y']," SLOW
                                                   ",'breaker':['y']"},
    {"a quoted post has its own record, and its own list", "*:alert x:alert y:alert", "id=1 tag=d",
     NULL, "id=2 tag=y",
     "'action':'downrank','regions':{'XX':" TRENDS("d") "},'quoted':{'v':1,'post':'2','action':'"
                                                        "withhold','regions':{'IN':" WITHHOLD(
                                                            "y",
                                                            "y") ",'TR':" WITHHOLD("y",
                                                                                   "y") "},'"
                                                                                        "breaker':["
                                                                                        "'*','y'],"
                                                                                        "'at':'"
                                                                                        "2021-02-"
                                                                                        "01T12:00:"
                                                                                        "00Z','"
                                                                                        "ruleset':'"
                                                                                        "R'}"},
};

static uint32_t
rule_named(const weir_ruleset *rs, weir_span id)
{
    weir_rule_info info;

    for (uint32_t i = 0; i < weir_ruleset_nrules(rs); i++) {
        weir_ruleset_rule(rs, i, &info);
        if (span_is(id, info.id))
            return i;
    }
    assert_true(span_is(id, "*"));
    return WEIR_NONE;
}

static void
trip(weir_scratch *s, const weir_ruleset *rs, const char *trips)
{
    for (weir_span rest = span_of(trips); rest.len;) {
        weir_span word = span_head(rest, span_find(rest, ' '));
        weir_span id = span_head(word, span_find(word, ':')), how = span_skip(word, id.len + 1);

        rest = span_skip(rest, word.len + (word.len < rest.len));
        assert_int_equal(
            weir_scratch_trip(s, rule_named(rs, id),
                              span_is(how, "observe") ? WEIR_TRIP_OBSERVE : WEIR_TRIP_ALERT),
            WEIR_OK);
    }
}

/* A record as a test compares it: R for each digest, and ' for ". */
static void
plain(weir_buf *b)
{
    static const char key[] = "\"ruleset\":\"";

    weir_buf_putc(b, '\0');
    assert_false(b->failed);
    for (char *at = b->p; (at = strstr(at, key)) != NULL;) {
        char *digest = at + sizeof key - 1, *end = strchr(digest, '"');
        *digest = 'R';
        memmove(digest + 1, end, strlen(end) + 1);
        at = digest;
    }
    for (char *c = b->p; *c; c++)
        if (*c == '"')
            *c = '\'';
}

static void
trips_are_told(void **state)
{
    struct given_post *g = calloc(3, sizeof *g);
    weir_ruleset *rs = given_rules(yaml);
    weir_buf b = {0};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *r = &rows[i];
        weir_scratch *s = NULL;
        weir_decision d;

        (void)given_post(&g[0], r->post);
        g[0].post.repost_of = r->original ? given_post(&g[1], r->original) : NULL;
        g[0].post.quotes = r->quoted ? given_post(&g[2], r->quoted) : NULL;
        assert_int_equal(weir_scratch_new(rs, NULL, &s), WEIR_OK);
        trip(s, rs, r->trips);
        assert_int_equal(weir_decide(rs, s, &g[0].post, NOON, &d), WEIR_OK);
        b.len = 0;
        weir_record_write(&d, &b);
        plain(&b);
        char *from = strstr(b.p, "'action'"), *to = strstr(b.p, ",'at':");
        for (char *at = to; (at = strstr(at + 1, ",'at':")) != NULL;)
            to = at;
        *to = '\0';
        if (strcmp(from, r->expected) != 0)
            fail_msg("%s:\n     said %s\n expected %s", r->promise, from, r->expected);
        weir_scratch_free(s);
    }
    weir_buf_fini(&b);
    weir_ruleset_unref(rs);
    free(g);
}

static void
of_one_region_only_rules_that_hold_there_are_told(void **state)
{
    const weir_decide_options in_tr = {.one_region = true,
                                       .region = weir_region_find(SPAN_LIT("TR"))};
    struct given_post *g = calloc(1, sizeof *g);
    weir_ruleset *rs = given_rules(yaml);
    weir_scratch *s = NULL;
    weir_decision d;

    (void)state;
    assert_int_equal(weir_scratch_new(rs, &in_tr, &s), WEIR_OK);
    trip(s, rs, "*:alert x:observe y:alert");
    assert_int_equal(weir_decide(rs, s, given_post(g, "id=1 tag=x tag=y"), NOON, &d), WEIR_OK);
    assert_true(d.nbreaker == 1 && d.breaker[0] == 1 && d.breaker_set);
    assert_int_equal(weir_scratch_trip(s, 1, WEIR_TRIP_OBSERVE), WEIR_OK);
    assert_int_equal(weir_decide(rs, s, &g->post, NOON, &d), WEIR_OK);
    assert_true(d.nbreaker == 1 && d.nobserved == 1 && !d.breaker_set);
    weir_scratch_free(s);
    weir_ruleset_unref(rs);
    free(g);
}

/* What is asked of it ------------------------------------------------------------------------- */

static void
what_must_be_obeyed_is_not_switched_off(void **state)
{
    static const char kinds[] =
        "orders:\n"
        "  o0: {kind: emergency, authority: A, basis: B, served: 2021-01-01T00:00:00Z}\n"
        "  o1: {kind: legal_demand, authority: A, basis: B}\n"
        "  o2: {kind: court_order, authority: A, basis: B}\n"
        "  o3: {kind: report}\n"
        "  o4: {kind: policy}\n"
        "rules:\n"
        "- {id: r0, order: o0, regions: [IN], action: withhold, match: {hashtags: [x]}}\n"
        "- {id: r1, order: o1, regions: [IN], action: withhold, match: {hashtags: [x]}}\n"
        "- {id: r2, order: o2, regions: [IN], action: withhold, match: {hashtags: [x]}}\n"
        "- {id: r3, order: o3, regions: [IN], action: withhold, match: {hashtags: [x]}}\n"
        "- {id: r4, order: o4, regions: [IN], action: withhold, match: {hashtags: [x]}}\n"
        "- {id: r5, regions: [IN], action: withhold, match: {hashtags: [x]}}\n";
    struct given_post *g = calloc(1, sizeof *g);
    weir_ruleset *rs = given_rules(kinds);
    weir_scratch *s = NULL;
    weir_decision d;

    (void)state;
    assert_int_equal(weir_scratch_new(rs, NULL, &s), WEIR_OK);
    for (uint32_t i = 0; i < 6; i++)
        assert_int_equal(weir_scratch_trip(s, i, WEIR_TRIP_OBSERVE), i < 3 ? WEIR_E_ARG : WEIR_OK);
    assert_int_equal(weir_scratch_trip(s, WEIR_NONE, WEIR_TRIP_OBSERVE), WEIR_E_ARG);
    assert_int_equal(weir_decide(rs, s, given_post(g, "id=1 tag=x"), NOON, &d), WEIR_OK);
    assert_true(d.action == WEIR_WITHHOLD && d.regions[0].outcome.act.rule == 0);
    assert_true(d.nbreaker == 3 && d.nobserved == 3 && !d.breaker_set);
    /* what is refused leaves what was told before */
    assert_int_equal(weir_scratch_trip(s, 1, WEIR_TRIP_ALERT), WEIR_OK);
    assert_int_equal(weir_scratch_trip(s, 1, WEIR_TRIP_OBSERVE), WEIR_E_ARG);
    assert_int_equal(weir_decide(rs, s, &g->post, NOON, &d), WEIR_OK);
    assert_true(d.nbreaker == 4 && d.breaker[0] == 1);
    weir_scratch_free(s);
    weir_ruleset_unref(rs);
    free(g);
}

static void
trips_have_names(void **state)
{
    (void)state;
    assert_string_equal(weir_trip_name(WEIR_TRIP_NONE), "none");
    assert_string_equal(weir_trip_name(WEIR_TRIP_ALERT), "alert");
    assert_string_equal(weir_trip_name(WEIR_TRIP_OBSERVE), "observe");
}

/* All else is the same ------------------------------------------------------------------------ */

/* Each has a place for `mode: observe`, a %. Every rule is met by several posts. */
static const char *const templates[] = {
    "{id: a, regions: [IN, TR], % action: withhold, match: {hashtags: ['far*']}}",
    "{id: b, regions: [XX], except_regions: [DE], % action: withhold, priority: 1,"
    " match: {hashtags: [farmers, x]}}",
    "{id: c, regions: [XX], % action: downrank, factor: 0.5, match: {hashtags: [x, y]}}",
    "{id: e, regions: [IN, FR], % action: downrank, factor: 0.1, surfaces: [trends],"
    " match: {accounts: ['@a', '@press']}}",
    "{id: f, % action: allow, priority: 1, match: {accounts: ['@press']}}",
    "{id: g, regions: [TR], % action: allow, match: {langs: [pa]}}",
    "{id: h, regions: [XX], rollout: 50, % action: withhold, match: {hashtags: [y]}}",
    "{id: i, regions: [XX], on_limit: match, % action: withhold,"
    " match: {hashtags: ['/^(?:a|a)*(?=x)b$/']}}",
};
#define NRULES (sizeof templates / sizeof *templates)

static const char *const posts[] = {
    "id=1 by=@a tag=farmers tag=x",
    "id=2 by=@press tag=farms tag=y lang=pa",
    "id=3 by=@b tag=aaaaaaaaaaaaaaaaaab",
    "id=4 by=@c tag=y lang=pa tag=farm",
    "id=5 by=@press tag=x",
    "id=6 by=@d",
};
#define NPOSTS (sizeof posts / sizeof *posts)

/* Rules of which one is on trial; NRULES: none is. */
static weir_ruleset *
rules_with_mode(size_t observed)
{
    char text[2048] = "rules:\n";

    for (size_t i = 0; i < NRULES; i++) {
        const char *mode = i == observed ? "mode: observe," : "",
                   *place = strchr(templates[i], '%');
        size_t n = strlen(text);

        (void)snprintf(text + n, sizeof text - n, "- %.*s%s%s\n", (int)(place - templates[i]),
                       templates[i], mode, place + 1);
    }
    return given_rules(text);
}

/* Without what the records tell of breakers. */
static void
strip_breakers(weir_buf *b)
{
    for (char *at; (at = strstr(b->p, ",'breaker':[")) != NULL;) {
        char *end = strchr(at, ']') + 1;
        memmove(at, end, strlen(end) + 1);
    }
}

/* Each post by itself, and with each other as its original and as what it quotes, traced. */
static void
decide_all(weir_ruleset *rs, uint32_t rule, weir_trip how, weir_buf *out)
{
    const weir_decide_options traced = {.trace = true};
    struct given_post *g = calloc(3, sizeof *g);
    weir_scratch *s = NULL;
    weir_decision d;

    out->len = 0;
    assert_int_equal(weir_scratch_new(rs, &traced, &s), WEIR_OK);
    assert_int_equal(weir_scratch_trip(s, rule, how), WEIR_OK);
    for (size_t i = 0; i < NPOSTS; i++)
        for (size_t k = 0; k < NPOSTS; k++) {
            (void)given_post(&g[0], posts[i]);
            g[0].post.repost_of = k % 2 ? given_post(&g[1], posts[(i + k) % NPOSTS]) : NULL;
            g[0].post.quotes = k > 2 ? given_post(&g[2], posts[(i + k + 1) % NPOSTS]) : NULL;
            (void)weir_decide(rs, s, &g[0].post, NOON, &d);
            weir_record_write(&d, out);
        }
    plain(out);
    weir_scratch_free(s);
    free(g);
}

static void
trips_to_observe_are_as_the_mode(void **state)
{
    weir_ruleset *rs = rules_with_mode(NRULES);
    weir_buf expected = {0}, got = {0};

    (void)state;
    for (uint32_t i = 0; i < NRULES; i++) {
        weir_ruleset *on_trial = rules_with_mode(i);

        decide_all(on_trial, i, WEIR_TRIP_NONE, &expected);
        decide_all(rs, i, WEIR_TRIP_OBSERVE, &got);
        assert_non_null(strstr(got.p, "'breaker':["));
        strip_breakers(&got);
        assert_string_equal(got.p, expected.p);
        weir_ruleset_unref(on_trial);
    }
    weir_ruleset_unref(rs);
    weir_buf_fini(&expected);
    weir_buf_fini(&got);
}

static void
alerts_change_nothing(void **state)
{
    weir_ruleset *rs = rules_with_mode(NRULES);
    weir_buf expected = {0}, got = {0};

    (void)state;
    decide_all(rs, 0, WEIR_TRIP_NONE, &expected);
    for (uint32_t i = 0; i <= NRULES; i++) {
        decide_all(rs, i < NRULES ? i : WEIR_NONE, WEIR_TRIP_ALERT, &got);
        assert_non_null(strstr(got.p, "'breaker':["));
        strip_breakers(&got);
        assert_string_equal(got.p, expected.p);
    }
    weir_ruleset_unref(rs);
    weir_buf_fini(&expected);
    weir_buf_fini(&got);
}

static void
what_has_tripped_can_be_taken_back(void **state)
{
    struct given_post *g = calloc(1, sizeof *g);
    weir_ruleset *rs = given_rules(yaml);
    weir_scratch *s = NULL;
    weir_decision d;

    (void)state;
    assert_int_equal(weir_scratch_new(rs, NULL, &s), WEIR_OK);
    (void)given_post(g, "id=1 tag=y");
    for (int round = 0; round < 3; round++) {
        assert_int_equal(weir_decide(rs, s, &g->post, NOON, &d), WEIR_OK);
        assert_true(d.action == WEIR_WITHHOLD && d.nbreaker == 0 && !d.breaker_set);
        trip(s, rs, "*:alert y:alert");
        trip(s, rs, "y:observe");
        assert_int_equal(weir_decide(rs, s, &g->post, NOON, &d), WEIR_OK);
        assert_true(d.action == WEIR_ALLOW && d.nbreaker == 1 && d.nobserved == 1);
        assert_int_equal(weir_scratch_trip(s, 1, WEIR_TRIP_NONE), WEIR_OK);
        assert_int_equal(weir_scratch_trip(s, 1, WEIR_TRIP_NONE), WEIR_OK);
        assert_int_equal(weir_decide(rs, s, &g->post, NOON, &d), WEIR_OK);
        assert_true(d.action == WEIR_WITHHOLD && d.nbreaker == 0 && d.breaker_set);
        assert_int_equal(weir_scratch_trip(s, WEIR_NONE, WEIR_TRIP_NONE), WEIR_OK);
    }
    weir_scratch_free(s);
    weir_ruleset_unref(rs);
    free(g);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_are_under_their_own_caps_or_the_sets),
        cmocka_unit_test(trips_are_told),
        cmocka_unit_test(of_one_region_only_rules_that_hold_there_are_told),
        cmocka_unit_test(what_must_be_obeyed_is_not_switched_off),
        cmocka_unit_test(trips_have_names),
        cmocka_unit_test(trips_to_observe_are_as_the_mode),
        cmocka_unit_test(alerts_change_nothing),
        cmocka_unit_test(what_has_tripped_can_be_taken_back),
    };

    return cmocka_run_group_tests_name("decide: breakers", tests, NULL, NULL);
}

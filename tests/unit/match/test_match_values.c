/*
 * match/: which values of a post hit which entries. Each row is a promise of SPEC sections 3
 * and 4: one selector with its entries, one post, and the index of the first value that matches.
 */
#include "unit/test.h"

#include "match/match.h"
#include "unit/match/given.h"

#define MISS -1

struct row {
    const char *promise;
    const char *selector; /* as in a rule file: "hashtags: [...]" */
    const char *fold;     /* NULL: none */
    const char *post;
    int value;
};

static const struct row rows[] = {
    {"a tag matches its like", "hashtags: [farmers]", NULL, "id=1 tag=farmers", 0},
    {"a tag matches in any case", "hashtags: [Farmers]", NULL, "id=1 tag=FARMERS", 0},
    {"a # in front changes nothing", "hashtags: ['#farmers']", NULL, "id=1 tag=#farmers", 0},
    {"nor does the full-width one", "hashtags: [farmers]", NULL, "id=1 tag=＃farmers", 0},
    {"only one of them is dropped", "hashtags: [farmers]", NULL, "id=1 tag=##farmers", MISS},
    {"full-width letters are the same tag", "hashtags: [farmers]", NULL, "id=1 tag=ＦＡＲＭＥＲＳ",
     0},
    {"a zero-width space is nothing", "hashtags: [farmers]", NULL, "id=1 tag=far\xE2\x80\x8Bmers",
     0},
    {"a longer tag is another", "hashtags: [farmers]", NULL, "id=1 tag=farmersprotest", MISS},
    {"the first value that matched", "hashtags: [c, b]", NULL, "id=1 tag=a tag=b tag=c", 1},
    {"twice the same: the first of them", "hashtags: [b]", NULL, "id=1 tag=a tag=B tag=b", 1},
    {"of entries, whichever matched the earlier value", "hashtags: [c, '/^b/']", NULL,
     "id=1 tag=a tag=b tag=c", 1},
    {"an empty key never matches", "hashtags: ['*']", NULL, "id=1 tag=# tag=", MISS},
    {"malformed UTF-8 never matches", "hashtags: ['*']", NULL, "id=1 tag=\xff tag=a\xC0", MISS},
    {"confusables differ without fold", "hashtags: [farmers]", NULL, "id=1 tag=fаrmers", MISS},
    {"fold: confusable, a literal", "hashtags: [farmers]", "confusable", "id=1 tag=fаrmers", 0},
    {"fold: confusable, a glob", "hashtags: ['far*rs']", "confusable", "id=1 tag=fаrmers", 0},
    {"fold: confusable, a regex", "hashtags: ['/^farm/']", "confusable", "id=1 tag=fаrmers", 0},
    {"dotless i differs without fold", "hashtags: [istanbul]", NULL, "id=1 tag=ıstanbul", MISS},
    {"fold: turkic, a literal", "hashtags: [istanbul]", "turkic", "id=1 tag=ıstanbul", 0},
    {"fold: turkic, dotted capital", "hashtags: [istanbul]", "turkic", "id=1 tag=İSTANBUL", 0},
    {"fold: turkic, a regex", "hashtags: ['/^istan/']", "turkic", "id=1 tag=ıstanbul", 0},
    {"a glob is anchored at both ends", "hashtags: ['farm*']", NULL, "id=1 tag=afarmer tag=farmer",
     1},
    {"? is one code point", "hashtags: ['f?rmers']", NULL, "id=1 tag=färmers", 0},
    {"a regex is not anchored", "hashtags: ['/arm/']", NULL, "id=1 tag=farmers", 0},
    {"a regex is caseless", "hashtags: ['/ARM/']", NULL, "id=1 tag=farmers", 0},

    {"a handle, bare", "accounts: [x]", NULL, "id=1 by=@x", 0},
    {"a handle with @", "accounts: ['@X']", NULL, "id=1 by=id:9@x", 0},
    {"handles compare ASCII-caselessly", "accounts: ['@kisan']", NULL, "id=1 by=@Kisan", 0},
    {"and beyond ASCII byte for byte", "accounts: ['@é']", NULL, "id=1 by=@É", MISS},
    {"a bare handle is not one elsewhere", "accounts: ['@x']", NULL, "id=1 by=@x@example.org",
     MISS},
    {"user@domain", "accounts: ['x@example.org']", NULL, "id=1 by=@X@Example.org", 0},
    {"id: compares byte for byte", "accounts: ['id:Ab']", NULL, "id=1 by=id:Ab@x", 0},
    {"id: in another case is another", "accounts: ['id:Ab']", NULL, "id=1 by=id:ab", MISS},
    {"the note behind an id is never compared", "accounts: ['id:1 @x']", NULL, "id=1 by=id:2@x",
     MISS},
    {"a handle that looks like an id is none", "accounts: ['id:x']", NULL, "id=1 by=@x", MISS},
    {"did:", "accounts: ['did:plc:z72i7h']", NULL, "id=1 by=did:plc:z72i7h", 0},
    {"domain: the domain itself", "accounts: ['domain:example.org']", NULL,
     "id=1 by=@x@Example.org", 0},
    {"domain: one above it", "accounts: ['domain:example.org']", NULL, "id=1 by=@x@m.example.org",
     0},
    {"domain: only at a label's edge", "accounts: ['domain:example.org']", NULL,
     "id=1 by=@x@myexample.org", MISS},
    {"domain: not one below it", "accounts: ['domain:m.example.org']", NULL,
     "id=1 by=@x@example.org", MISS},
    {"domain: a bare handle has none", "accounts: ['domain:example.org']", NULL,
     "id=1 by=@example.org", MISS},
    {"domain: with a DID the handle is one", "accounts: ['domain:bsky.social']", NULL,
     "id=1 by=did:plc:a@alice.bsky.social", 0},
    {"domain: a DID without a handle has none", "accounts: ['domain:bsky.social']", NULL,
     "id=1 by=did:plc:a", MISS},
    {"domain: the host of an id that is an address", "accounts: ['domain:example.org']", NULL,
     "id=1 by=id:https://M.Example.org:80/u/1", 0},
    {"domain: whatever handle is claimed beside it", "accounts: ['domain:example.org']", NULL,
     "id=1 by=id:http://example.org@x@other.example", 0},
    {"domain: or that handle's", "accounts: ['domain:other.example']", NULL,
     "id=1 by=id:http://example.org@x@other.example", 0},
    {"domain: no part of a host", "accounts: ['domain:example.org']", NULL,
     "id=1 by=id:https://myexample.org/example.org", MISS},
    {"domain: of no other address", "accounts: ['domain:example.org']", NULL,
     "id=1 by=id:ftp://example.org", MISS},
    {"a glob without @ is tried on bare handles", "accounts: ['kisan*']", NULL,
     "id=1 by=@Kisan_ekta", 0},
    {"and on no others", "accounts: ['kisan*']", NULL, "id=1 by=@kisan@example.org", MISS},
    {"a glob with @ is tried on all", "accounts: ['*@example.org']", NULL, "id=1 by=@x@example.org",
     0},
    {"a regex is tried on every handle", "accounts: ['/ekta/']", NULL, "id=1 by=@kisan_ekta@a.org",
     0},
    {"patterns are not tried on ids", "accounts: ['/1356/', '1356*']", NULL, "id=1 by=id:1356247",
     MISS},
    {"an author is no mention", "accounts: ['@x']", NULL, "id=1 by=@y to=@x", MISS},

    {"a mention", "mentions: ['@x']", NULL, "id=1 by=@y to=@z to=@X", 1},
    {"a mention by id", "mentions: ['id:7']", NULL, "id=1 to=@z to=id:7@z", 1},
    {"a mention by domain", "mentions: ['domain:a.org']", NULL, "id=1 to=@z@b.a.org", 0},
    {"a mention by the host of its id", "mentions: ['domain:a.org']", NULL,
     "id=1 to=@a.org to=id:https://b.a.org/u@x@c.org", 1},
    {"a mention by regex", "mentions: ['/^z/']", NULL, "id=1 to=@a to=@z", 1},
    {"a mention is no author", "mentions: ['@y']", NULL, "id=1 by=@y to=@z", MISS},

    {"a post by its id", "posts: ['1356300']", NULL, "id=1356300", 0},
    {"ids of posts compare byte for byte", "posts: ['aB']", NULL, "id=ab", MISS},

    {"a language", "langs: [pa]", NULL, "id=1 lang=en lang=pa", 1},
    {"its primary subtag, in any case", "langs: [pt]", NULL, "id=1 lang=PT-br", 0},
    {"in is id", "langs: [id]", NULL, "id=1 lang=in", 0},
    {"iw is he", "langs: [he]", NULL, "id=1 lang=iw-IL", 0},
    {"ji is yi", "langs: [yi]", NULL, "id=1 lang=ji", 0},
    {"in rules too", "langs: [iw]", NULL, "id=1 lang=he", 0},
    {"a post without a language never matches", "langs: [pa]", NULL, "id=1", MISS},

    {"a dialect", "sources: [tweet, own]", NULL, "id=1", 0},
    {"another dialect", "sources: [tweet]", NULL, "id=1", MISS},
};

static const struct weir__scope every_rule = {.only = WEIR_NONE, .region = WEIR_REGION_NONE};

static int
value_hit(const struct row *row)
{
    char yaml[512];
    struct given_post *g = malloc(sizeof *g);
    struct weir__match *m = malloc(sizeof *m);

    assert_non_null(g);
    assert_non_null(m);
    (void)snprintf(yaml, sizeof yaml,
                   "rules:\n  - id: r\n    action: withhold\n    regions: [XX]\n"
                   "    fold: %s\n    match: {%s}\n",
                   row->fold ? row->fold : "none", row->selector);
    weir_ruleset *rs = given_rules(yaml);
    assert_int_equal(weir__match_init(m, rs, NULL), WEIR_OK);
    assert_int_equal(weir__match_post(m, given_post(g, row->post), every_rule), WEIR_OK);
    uint32_t hit = weir__match_hit(m, 0);
    assert_int_equal(m->nrules, hit != WEIR_NONE);
    /* the next post finds no mark of this one */
    assert_int_equal(weir__match_post(m, given_post(g, "id=none"), every_rule), WEIR_OK);
    assert_true(weir__match_hit(m, 0) == WEIR_NONE || strncmp(row->selector, "sources", 7) == 0);
    weir__match_fini(m);
    weir_ruleset_unref(rs);
    free(m);
    free(g);
    return hit == WEIR_NONE ? MISS : (int)hit;
}

static void
values_hit_entries(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int hit = value_hit(&rows[i]);
        if (hit != rows[i].value)
            fail_msg("%s (%s, on %s): value %d", rows[i].promise, rows[i].selector, rows[i].post,
                     hit);
    }
}

static void
a_query_has_no_source(void **state)
{
    struct given_post *g = malloc(sizeof *g);
    struct weir__match m;
    weir_ruleset *rs =
        given_rules("rules:\n  - id: r\n    action: withhold\n    regions: [XX]\n"
                    "    match: {sources: [own, tweet, mastodon, bluesky, activitypub]}\n");

    (void)state;
    (void)given_post(g, "tag=a");
    g->post.source = WEIR_SOURCE_QUERY;
    assert_int_equal(weir__match_init(&m, rs, NULL), WEIR_OK);
    assert_int_equal(weir__match_post(&m, &g->post, every_rule), WEIR_OK);
    assert_int_equal(m.nrules, 0);
    weir__match_fini(&m);
    weir_ruleset_unref(rs);
    free(g);
}

/* Tags -------------------------------------------------------------------------------------- */

static void
a_thousand_distinct_tags_are_matched(void **state)
{
    static char names[GIVEN_MOST][32];
    struct given_post *g = calloc(1, sizeof *g);
    struct weir__tags *t = malloc(sizeof *t);

    (void)state;
    for (size_t i = 0; i < GIVEN_MOST; i++)
        g->tags[i] =
            (weir_span){names[i], (size_t)snprintf(names[i], sizeof names[i], "Tag%zu", i)};
    g->post.hashtags = g->tags;
    weir__tags_init(t);
    g->post.nhashtags = WEIR_MAX_TAGS;
    assert_int_equal(weir__tags_take(t, &g->post), WEIR_OK);
    assert_int_equal(t->n, WEIR_MAX_TAGS);
    assert_false(t->too_many);
    g->tags[WEIR_MAX_TAGS] = SPAN_LIT("TAG7"); /* one that is there already is not one more */
    g->tags[WEIR_MAX_TAGS + 1] = SPAN_LIT("#");
    g->post.nhashtags = WEIR_MAX_TAGS + 2;
    assert_int_equal(weir__tags_take(t, &g->post), WEIR_OK);
    assert_int_equal(t->n, WEIR_MAX_TAGS);
    assert_false(t->too_many);
    g->post.nhashtags = WEIR_MAX_TAGS + 3;
    assert_int_equal(weir__tags_take(t, &g->post), WEIR_OK);
    assert_int_equal(t->n, WEIR_MAX_TAGS);
    assert_true(t->too_many);
    for (size_t i = 0; i < t->n; i++) {
        char key[32];
        (void)snprintf(key, sizeof key, "tag%zu", i);
        assert_true(span_is(t->key[i], key));
        assert_int_equal(t->tag[i].value, i);
    }
    g->post.nhashtags = 1;
    assert_int_equal(weir__tags_take(t, &g->post), WEIR_OK);
    assert_int_equal(t->n, 1);
    assert_false(t->too_many);
    weir__tags_fini(t);
    free(t);
    free(g);
}

/* However many there are by then: few are compared, more are hashed. */
static void
each_tag_is_taken_once(void **state)
{
    enum { MOST = 20 };
    char names[2 * MOST][8];
    struct given_post *g = calloc(1, sizeof *g);
    struct weir__tags *t = malloc(sizeof *t);

    (void)state;
    weir__tags_init(t);
    g->post.hashtags = g->tags;
    for (size_t i = 0; i < 2 * MOST; i++)
        g->tags[i] = (weir_span){names[i], (size_t)snprintf(names[i], sizeof names[i], "%s%zu",
                                                            i < MOST ? "t" : "T", i % MOST)};
    for (size_t n = 1; n <= MOST; n++) {
        memmove(g->tags + n, g->tags + MOST, n * sizeof *g->tags); /* the same again */
        g->post.nhashtags = 2 * n;
        assert_int_equal(weir__tags_take(t, &g->post), WEIR_OK);
        assert_int_equal(t->n, n);
        for (size_t i = 0; i < n; i++) {
            assert_true(span_is(t->key[i], names[i]));
            assert_int_equal(t->tag[i].value, i);
        }
        for (size_t i = n; i < 2 * MOST; i++)
            g->tags[i] = (weir_span){names[i], strlen(names[i])};
    }
    weir__tags_fini(t);
    free(t);
    free(g);
}

/* Budgets ----------------------------------------------------------------------------------- */

/* Backtracks without end on a run of a's that something else follows. */
#define CATASTROPHE_TEXT "^(?:a|a)*(?=x)b$"
#define CATASTROPHE "'/" CATASTROPHE_TEXT "/'"
#define LONG_TAG "aaaaaaaaaaaaaaaaaaaaaaaaaaaaab"

static void
a_pattern_out_of_budget_is_told_apart(void **state)
{
    struct given_post *g = malloc(sizeof *g);
    struct weir__match m;
    weir_ruleset *rs =
        given_rules("rules:\n"
                    "  - {id: a, action: withhold, regions: [XX],"
                    "     match: {hashtags: [" CATASTROPHE "]}}\n"
                    "  - {id: b, action: withhold, regions: [XX], match: {hashtags: [x]},"
                    "     except: {hashtags: [" CATASTROPHE "]}}\n");

    (void)state;
    assert_int_equal(weir__match_init(&m, rs, NULL), WEIR_OK);
    assert_int_equal(weir__match_post(&m, given_post(g, "tag=x tag=" LONG_TAG), every_rule),
                     WEIR_OK);
    uint32_t a = rs->rules[0].selector[WEIR__MATCH][WEIR_SEL_HASHTAGS];
    uint32_t b = rs->rules[1].selector[WEIR__EXCEPT][WEIR_SEL_HASHTAGS];
    assert_int_equal(weir__match_hit(&m, a), WEIR_NONE);
    assert_int_equal(weir__match_ran_out(&m, a), 1);
    assert_int_equal(weir__match_hit(&m, b), WEIR_NONE);
    assert_int_equal(weir__match_ran_out(&m, b), 1);
    assert_int_equal(m.nrules, 2);
    /* one rule alone */
    assert_int_equal(
        weir__match_post(&m, given_post(g, "tag=x tag=" LONG_TAG), (struct weir__scope){.only = 1}),
        WEIR_OK);
    assert_int_equal(m.nrules, 1);
    assert_int_equal(m.rules[0], 1);
    weir__match_fini(&m);
    weir_ruleset_unref(rs);
    free(g);
}

static void
a_post_has_a_budget_over_all_patterns(void **state)
{
    struct given_post *g = malloc(sizeof *g);
    struct weir__match m;
    weir_ruleset *rs = given_rules("rules:\n"
                                   "  - {id: a, action: withhold, regions: [XX],"
                                   "     match: {hashtags: [" CATASTROPHE ", '/^z/', '?y']}}\n"
                                   "  - {id: b, action: withhold, regions: [XX],"
                                   "     match: {hashtags: ['/^z/']}}\n");
    uint32_t b = rs->rules[1].selector[WEIR__MATCH][WEIR_SEL_HASHTAGS];

    (void)state;
    assert_int_equal(weir__match_init(&m, rs, &(weir_decide_options){.post_limit = 2}), WEIR_OK);
    assert_int_equal(weir__match_post(&m, given_post(g, "tag=z tag=" LONG_TAG), every_rule),
                     WEIR_OK);
    assert_int_equal(weir__match_hit(&m, b), 0);
    assert_int_equal(weir__match_ran_out(&m, b), WEIR_NONE);
    assert_int_equal(
        weir__match_post(&m,
                         given_post(g, "tag=a" LONG_TAG " tag=b" LONG_TAG " tag=" LONG_TAG
                                       " tag=aa" LONG_TAG " tag=z tag=xy tag=z1"),
                         every_rule),
        WEIR_OK);
    assert_int_equal(m.finder.nhard, 2);
    assert_int_equal(weir__match_hit(&m, b), WEIR_NONE); /* not tried any more */
    assert_int_equal(weir__match_ran_out(&m, b), 4);     /* no tag before can match it */
    uint32_t a = rs->rules[0].selector[WEIR__MATCH][WEIR_SEL_HASHTAGS];
    assert_int_equal(weir__match_hit(&m, a), 5); /* globs need no budget */
    weir__match_fini(&m);
    weir_ruleset_unref(rs);
    free(g);
}

/* Patterns of rules that cannot act must not use up the budget of those that can. */
static void
rules_out_of_scope_spend_no_budget(void **state)
{
    static const char post[] = "tag=a" LONG_TAG " tag=b" LONG_TAG " tag=z";
    struct given_post *g = malloc(sizeof *g);
    struct weir__match m;
    weir_ruleset *rs = given_rules("rules:\n"
                                   "  - {id: off, action: withhold, regions: [FR], mode: off,"
                                   "     match: {hashtags: [" CATASTROPHE "]}}\n"
                                   "  - {id: over, action: withhold, regions: [FR],"
                                   "     until: 2021-01-01T00:00:00Z,"
                                   "     match: {hashtags: ['/(?:" CATASTROPHE_TEXT ")/']}}\n"
                                   "  - {id: elsewhere, action: withhold, regions: [IN],"
                                   "     match: {hashtags: ['/(?i:" CATASTROPHE_TEXT ")/']}}\n"
                                   "  - {id: z, action: withhold, regions: [FR],"
                                   "     match: {hashtags: ['/^z/']}}\n");
    struct weir__scope in_france = {WEIR_NONE, INT64_C(1700000000000),
                                    weir_region_find(SPAN_LIT("FR"))};
    uint32_t z = rs->rules[3].selector[WEIR__MATCH][WEIR_SEL_HASHTAGS];

    (void)state;
    assert_int_equal(weir__match_init(&m, rs, &(weir_decide_options){.post_limit = 1}), WEIR_OK);
    assert_int_equal(weir__match_post(&m, given_post(g, post), in_france), WEIR_OK);
    assert_int_equal(m.finder.nhard, 0);
    assert_int_equal(weir__match_hit(&m, z), 2);
    assert_false(weir__match_in_scope(&m, 0));
    assert_false(weir__match_in_scope(&m, 1));
    assert_false(weir__match_in_scope(&m, 2));
    assert_true(weir__match_in_scope(&m, 3));
    /* where it does hold, it does spend */
    in_france.region = WEIR_REGION_NONE;
    assert_int_equal(weir__match_post(&m, given_post(g, post), in_france), WEIR_OK);
    assert_int_equal(m.finder.nhard, 1);
    assert_int_equal(weir__match_hit(&m, z), WEIR_NONE);
    weir__match_fini(&m);
    weir_ruleset_unref(rs);
    free(g);
}

/* Touched rules come out ascending, over word boundaries of the bit sets too. Made by hand: so
   many rules take their time to compile. */
static void
touched_rules_are_ascending(void **state)
{
    enum { N = 9000, TAGS = 4500 };
    static struct weir_rule rules[N];
    static struct weir__selector selectors[N];
    struct weir_ruleset rs = {.rules = rules, .nrules = N, .selectors = selectors, .nselectors = N};
    struct arena arena;
    struct given_post *g = malloc(sizeof *g);
    struct weir__match m;

    (void)state;
    arena_init(&arena, NULL);
    struct weir__keytable_builder *b = weir__keytable_builder_new(&arena);
    for (uint32_t i = 0; i < N; i++) {
        char tag[8];
        size_t len = (size_t)snprintf(tag, sizeof tag, "t%u", i % TAGS);
        selectors[i] = (struct weir__selector){.rule = i, .kind = WEIR_SEL_HASHTAGS};
        weir__keytable_add(b, WEIR__SPACE_TAG, (weir_span){tag, len}, i);
    }
    struct weir__postings_builder *sets = weir__postings_builder_new(&arena);
    rs.keys = weir__keytable_freeze(b, sets, &arena);
    weir__postings_freeze(sets, &arena, &rs.postings);
    weir__postings_builder_free(sets);
    weir__keytable_builder_free(b);
    assert_int_equal(weir__match_init(&m, &rs, NULL), WEIR_OK);
    assert_int_equal(
        weir__match_post(&m, given_post(g, "tag=t4499 tag=t0 tag=t64 tag=t63"), every_rule),
        WEIR_OK);
    static const uint32_t expected[] = {0, 63, 64, 4499, 4500, 4563, 4564, 8999};
    assert_int_equal(m.nrules, 8);
    assert_memory_equal(m.rules, expected, sizeof expected);
    assert_int_equal(weir__match_post(&m, given_post(g, "tag=t4160"), every_rule), WEIR_OK);
    assert_int_equal(m.nrules, 2);
    assert_int_equal(m.rules[1], 8660);
    weir__match_fini(&m);
    arena_fini(&arena);
    free(g);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_hit_entries),
        cmocka_unit_test(a_query_has_no_source),
        cmocka_unit_test(rules_out_of_scope_spend_no_budget),
        cmocka_unit_test(a_thousand_distinct_tags_are_matched),
        cmocka_unit_test(each_tag_is_taken_once),
        cmocka_unit_test(a_pattern_out_of_budget_is_told_apart),
        cmocka_unit_test(a_post_has_a_budget_over_all_patterns),
        cmocka_unit_test(touched_rules_are_ascending),
    };

    return cmocka_run_group_tests_name("match: values", tests, NULL, NULL);
}

/*
 * decide/: of posts that were looked at together, each is decided as weir_decide would have: the
 * same record, the same status, and the same counts, whatever else is in its batch, and whatever
 * happens between two of them. Once warm, without an allocation.
 *
 * Batches are drawn at random, and decided beside a scratch that sees the posts one by one;
 * WEIR_SEED repeats a run.
 */
#include "unit/test.h"

#include "unit/count_allocations.h"
#include "unit/decide/ahead.h"

#include "decide/scratch.h"

/* What may happen between two decisions of a batch; a bit each. */
#define TRIPS 1u  /* a breaker does, or does no more */
#define OTHERS 2u /* another post is decided by itself */
#define DROPS 4u  /* the rest of the batch is not wanted any more */
/* The scratch that sees posts one by one has no memo. */
#define FORGETS 8u

struct plan {
    const char *promise;
    unsigned traits, events;
    size_t most; /* posts of a batch; 0: WEIR_AHEAD_MAX */
    weir_decide_options o;
};

/* Two scratches by the same rules, one of which sees what comes. */
struct pair {
    const struct plan *plan;
    weir_ruleset *rs;
    weir_scratch *ahead, *plain;
    struct batch *now, *before;
    weir_buf said, expected;
    size_t ndecided, nacted, nlimited, nlooked_together, nlooked_again;
};

static bool
is_slow(void)
{
    return getenv("WEIR_TEST_NO_JIT") != NULL; /* under Valgrind */
}

static size_t
rounds(size_t n)
{
    return is_slow() ? n / 20 + 2 : n;
}

static void
begin(struct pair *p, weir_ruleset *rs, const struct plan *plan)
{
    weir_decide_options o = plan->o;

    *p = (struct pair){.plan = plan, .rs = rs};
    p->now = calloc(1, sizeof *p->now);
    p->before = calloc(1, sizeof *p->before);
    assert_true(p->now && p->before);
    assert_int_equal(weir_scratch_new(rs, &plan->o, &p->ahead), WEIR_OK);
    o.match_off |= plan->events & FORGETS ? WEIR_MATCH_MEMO : 0;
    assert_int_equal(weir_scratch_new(rs, &o, &p->plain), WEIR_OK);
}

static void
end(struct pair *p)
{
    weir_scratch_free(p->ahead);
    weir_scratch_free(p->plain);
    weir_buf_fini(&p->said);
    weir_buf_fini(&p->expected);
    free(p->now);
    free(p->before);
}

/* What one says of the post, and what the other does; it is the next one ahead, or another. */
static void
compare(struct pair *p, const weir_post *post, int64_t at_ms, bool is_next)
{
    weir_decision d = {0}, e = {0};
    weir_status st = is_next ? weir_decide_next(p->rs, p->ahead, at_ms, &d)
                             : weir_decide(p->rs, p->ahead, post, at_ms, &d);

    assert_int_equal(st, weir_decide(p->rs, p->plain, post, at_ms, &e));
    assert_true(st == WEIR_OK || st == WEIR_E_LIMIT);
    assert_ptr_equal(d.post, post);
    p->said.len = p->expected.len = 0;
    weir_record_write(&d, &p->said);
    weir_record_write(&e, &p->expected);
    if (p->said.len != p->expected.len || memcmp(p->said.p, p->expected.p, p->said.len) != 0)
        fail_msg("%s: decision %zu\n     said %.*s\n expected %.*s", p->plan->promise, p->ndecided,
                 SPAN_FMT(p->said), SPAN_FMT(p->expected));
    p->ndecided++;
    p->nacted += d.action != WEIR_ALLOW;
    p->nlimited += st == WEIR_E_LIMIT;
}

static void
trip_any(struct pair *p)
{
    uint32_t rule = draw(10) ? draw(weir_ruleset_nrules(p->rs)) : WEIR_NONE;
    weir_trip how = (weir_trip)draw(3);

    assert_int_equal(weir_scratch_trip(p->ahead, rule, how),
                     weir_scratch_trip(p->plain, rule, how));
}

static void
decide_another(struct pair *p)
{
    struct batch *other = calloc(1, sizeof *other);

    assert_non_null(other);
    draw_batch(other, p->plan->traits, 1);
    compare(p, other->posts[0], other->at_ms[0], false);
    free(other);
}

static bool
happens(const struct pair *p, unsigned event, size_t one_of)
{
    return (p->plan->events & event) && draw(one_of) == 0;
}

/* Whether posts were looked at together, and what was left was looked at again; and that what was
   found then is what the post was decided by. */
static void
see_how(struct pair *p, const weir_post *post)
{
    const struct weir__match *m = &p->ahead->match;
    size_t i = p->ahead->next - 1 - p->ahead->looked_from;

    p->nlooked_together += p->ahead->nlooked > 1;
    p->nlooked_again += p->ahead->looked_from > 0 && p->ahead->nlooked > 0;
    if (p->ahead->nlooked == 0)
        return;
    const struct weir__tags_of *of = &m->ahead.of[i];
    assert_int_equal(of->is_left_out, post->nhashtags > WEIR__AHEAD_TAGS);
    if (of->n && !post->repost_of && !post->quotes)
        assert_ptr_equal(m->tags.key[0].p, m->ahead.key[of->first].p);
}

static void
decide_batch(struct pair *p)
{
    for (size_t i = 0; i < p->now->n && !happens(p, DROPS, 20); i++) {
        if (happens(p, TRIPS, 3))
            trip_any(p);
        if (happens(p, OTHERS, 3))
            decide_another(p);
        compare(p, p->now->posts[i], p->now->at_ms[i], true);
        see_how(p, p->now->posts[i]);
        spoil_post(p->now, i);
    }
}

/* What was ahead before is to be there until now; of the list itself nothing is kept. */
static void
announce_batch(struct pair *p, size_t n)
{
    const weir_post *posts[WEIR_AHEAD_MAX];
    struct batch *before = p->now;

    p->now = p->before;
    p->before = before;
    draw_batch(p->now, p->plan->traits, n);
    memcpy(posts, p->now->posts, sizeof posts);
    weir_decide_ahead(p->rs, p->ahead, posts, n);
    memset(posts, 0xA5, sizeof posts);
    for (size_t i = 0; i < before->n; i++)
        spoil_post(before, i);
}

/* Without the memo, as many values of each kind are counted. With it, those that it knew are in no
   count; and a tag that comes twice in a batch is looked for twice, before the memo knows it. What
   takes a regex its budget, or is left untried, the memo never knows. */
static void
compare_counts(struct pair *p)
{
    size_t n = weir_ruleset_nrules(p->rs);
    weir_rule_counts *of = calloc(2 * n, sizeof *of);

    assert_non_null(of);
    weir_scratch_add_counts(p->ahead, of);
    weir_scratch_add_counts(p->plain, of + n);
    for (size_t i = 0; i < n; i++) {
        if (!(p->plan->o.match_off & WEIR_MATCH_MEMO)) {
            of[i].candidates = of[n + i].candidates;
            of[i].confirmed = of[n + i].confirmed;
        }
        if (memcmp(&of[i], &of[n + i], sizeof *of) != 0)
            fail_msg("%s: rule %zu: over %llu not %llu, hard %llu not %llu, candidates %llu not "
                     "%llu, confirmed %llu not %llu",
                     p->plan->promise, i, (unsigned long long)of[i].over,
                     (unsigned long long)of[n + i].over, (unsigned long long)of[i].hard,
                     (unsigned long long)of[n + i].hard, (unsigned long long)of[i].candidates,
                     (unsigned long long)of[n + i].candidates, (unsigned long long)of[i].confirmed,
                     (unsigned long long)of[n + i].confirmed);
    }
    free(of);
}

/* That the batches were what the plan is about, where there were enough of them. */
static void
check_seen(const struct pair *p)
{
    bool batches = !(p->plan->o.match_off & WEIR_MATCH_BATCH);
    bool overflows = (p->plan->traits & (SEVERAL | NO_TAGS | JUST_FIT | TOO_MANY)) == SEVERAL &&
                     !(p->plan->events & DROPS);

    assert_true(batches || p->nlooked_together == 0);
    if (p->ndecided < 150)
        return;
    assert_true(p->nacted * 4 > p->ndecided);
    assert_true(!(p->plan->traits & DEAR) || p->nlimited > p->ndecided / 50);
    assert_true(!batches || p->nlooked_together > 0);
    assert_true(!batches || !overflows || p->nlooked_again > 0);
}

static void
run(weir_ruleset *rs, const struct plan *plan, size_t nbatches)
{
    size_t most = plan->most ? plan->most : WEIR_AHEAD_MAX;
    struct pair p;

    begin(&p, rs, plan);
    for (size_t i = 0; i < nbatches; i++) {
        announce_batch(&p, i % 2 ? most : draw(most + 1));
        decide_batch(&p);
    }
    compare_counts(&p);
    check_seen(&p);
    end(&p);
}

static void
run_all(const struct plan *plans, size_t n, size_t nbatches)
{
    weir_ruleset *rs = make_rules(timed_rules);

    for (size_t i = 0; i < n; i += is_slow() ? 2 : 1)
        run(rs, &plans[i], rounds(nbatches));
    weir_ruleset_unref(rs);
}

#define RUN_ALL(plans, nbatches) run_all(plans, sizeof plans / sizeof *plans, nbatches)

static void
posts_are_decided_as_one_by_one(void **state)
{
    static const struct plan plans[] = {
        {"posts as they usually are", 0, 0, 0, {0}},
        {"two or three posts", REPEATED, 0, 3, {0}},
        {"posts without tags among others", NO_TAGS, 0, 0, {.trace = true}},
        {"posts that have as many tags as can be ahead", JUST_FIT, 0, 0, {0}},
        {"posts that have more than that are left out", TOO_MANY | JUST_FIT, 0, 0, {0}},
        {"more tags than can be ahead are looked for in parts", SEVERAL, 0, 0, {.trace = true}},
        {"tags that come again in the batch and in the post", REPEATED | SEVERAL, 0, 0, {0}},
        {"tags that are none", KEYLESS | SEVERAL, 0, 0, {0}},
        {"tags too long to be sifted", LONG, 0, 0, {.trace = true}},
        {"reposts and quotes", THREADS | REPEATED, 0, 0, {.trace = true}},
        {"regions and times of their own", QUERIES | REPEATED, 0, 0, {.trace = true}},
        {"all of it", ANY_TRAIT, 0, 0, {.match_limit = 400, .trace = true}},
    };

    (void)state;
    RUN_ALL(plans, 12);
}

static void
each_post_has_its_own_budget(void **state)
{
    static const struct plan plans[] = {
        {"one hard match a post", DEAR | SEVERAL | REPEATED, 0, 0, {.post_limit = 1}},
        {"one hard match a post, in its own region and at its own time",
         DEAR | SEVERAL | REPEATED | QUERIES,
         0,
         0,
         {.post_limit = 1, .match_limit = 400, .trace = true}},
        {"two hard matches a post, which come soon",
         DEAR | SEVERAL | REPEATED | THREADS,
         0,
         0,
         {.post_limit = 2, .match_limit = 400}},
        {"three, and no memo",
         DEAR | SEVERAL | REPEATED,
         0,
         0,
         {.post_limit = 3, .match_limit = 400, .match_off = WEIR_MATCH_MEMO}},
        {"what the memo knows is not known to a post that has spent what it had",
         DEAR | REPEATED,
         OTHERS | FORGETS,
         0,
         {.post_limit = 1, .match_limit = 400}},
        {"a pattern's own budget", DEAR | SEVERAL, 0, 0, {.match_limit = 400, .trace = true}},
    };

    (void)state;
    RUN_ALL(plans, 12);
}

/* Said once more by numbers: whatever the others of its batch have used up. */
static void
no_post_uses_up_what_others_have(void **state)
{
    static const char yaml[] =
        "rules:\n- {id: a, regions: [XX], action: withhold, match: {hashtags: ['/^(a+)+(?<!a)$/',"
        "'/^x\\d/']}}\n";
    const weir_decide_options o = {.post_limit = 2};
    weir_ruleset *rs = given_rules(yaml);
    struct given_post *g = calloc(WEIR_AHEAD_MAX, sizeof *g);
    const weir_post *posts[WEIR_AHEAD_MAX];
    weir_rule_counts counts = {0};
    weir_scratch *s = NULL;
    weir_decision d;

    (void)state;
    assert_non_null(g);
    assert_int_equal(weir_scratch_new(rs, &o, &s), WEIR_OK);
    for (size_t i = 0; i < WEIR_AHEAD_MAX; i++) {
        posts[i] = given_post(&g[i], "id=1 by=@a tag=x1");
        g[i].post.nhashtags = i % 3 ? 1 : 4;
        for (size_t k = 1; k < 4; k++)
            g[i].tags[k] = span_head(SPAN_LIT(runs_out), 30 + k);
    }
    weir_decide_ahead(rs, s, posts, WEIR_AHEAD_MAX);
    for (size_t i = 0; i < WEIR_AHEAD_MAX; i++) {
        assert_int_equal(weir_decide_next(rs, s, NOON, &d), i % 3 ? WEIR_OK : WEIR_E_LIMIT);
        assert_int_equal(d.action, WEIR_WITHHOLD);
    }
    weir_scratch_add_counts(s, &counts);
    assert_int_equal(counts.hard, 11 * 2);
    assert_int_equal(counts.over, 11 * 3);
    weir_scratch_free(s);
    weir_ruleset_unref(rs);
    free(g);
}

/* Known from a post before, and left untried all the same where the author has spent what there
   was: else decisions would depend on what came before. */
static void
what_is_known_is_left_untried_where_nothing_is_left(void **state)
{
    static const char yaml[] =
        "rules:\n- {id: a, regions: [XX], action: withhold, match: {hashtags: ['/^x\\d/']}}\n"
        "- {id: b, regions: [XX], action: withhold, match: {accounts: ['/^(a+)+(?<!a)$/']}}\n";
    static const char dear[] = "id=2 by=@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa tag=x1";
    const weir_decide_options o = {.post_limit = 1};
    weir_ruleset *rs = given_rules(yaml);
    struct given_post *g = calloc(4, sizeof *g);
    const weir_post *posts[] = {given_post(&g[0], "id=1 by=@b tag=x1"), given_post(&g[1], dear),
                                given_post(&g[2], "id=3 by=@b tag=x1"), given_post(&g[3], dear)};
    weir_scratch *s = NULL;
    weir_decision d;

    (void)state;
    assert_int_equal(weir_scratch_new(rs, &o, &s), WEIR_OK);
    assert_int_equal(weir_decide(rs, s, posts[0], NOON, &d), WEIR_OK);
    weir_decide_ahead(rs, s, posts, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(weir_decide_next(rs, s, NOON, &d), i % 2 ? WEIR_E_LIMIT : WEIR_OK);
        assert_int_equal(d.action, i % 2 ? WEIR_ALLOW : WEIR_WITHHOLD);
        assert_int_equal(d.nlimit, i % 2 ? 2 : 0);
    }
    weir_scratch_free(s);
    weir_ruleset_unref(rs);
    free(g);
}

/* Nor is what one has too many of held against the next. */
static void
too_many_tags_are_those_of_one_post(void **state)
{
    weir_ruleset *rs = given_rules("rules:\n- {id: a, regions: [XX], action: withhold,"
                                   "   match: {hashtags: [x]}}\n");
    struct given_post *g = calloc(3, sizeof *g);
    const weir_post *posts[3];
    static char many[WEIR_MAX_TAGS + 1][8];
    weir_scratch *s = NULL;
    weir_decision d;

    (void)state;
    assert_non_null(g);
    assert_int_equal(weir_scratch_new(rs, NULL, &s), WEIR_OK);
    for (size_t i = 0; i < 3; i++)
        posts[i] = given_post(&g[i], "id=1 by=@a tag=x");
    for (size_t i = 1; i <= WEIR_MAX_TAGS; i++) {
        (void)snprintf(many[i], sizeof many[i], "t%zu", i);
        g[1].tags[g[1].post.nhashtags++] = span_of(many[i]);
    }
    weir_decide_ahead(rs, s, posts, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(weir_decide_next(rs, s, NOON, &d), i == 1 ? WEIR_E_LIMIT : WEIR_OK);
        assert_int_equal(d.limit_tags, i == 1);
        assert_int_equal(d.action, WEIR_WITHHOLD);
    }
    weir_scratch_free(s);
    weir_ruleset_unref(rs);
    free(g);
}

static void
all_may_be_decided_for_one_region(void **state)
{
    struct plan plans[] = {
        {"rules that do not hold there are as if they were not",
         ANY_TRAIT,
         0,
         0,
         {.one_region = true, .match_limit = 400}},
        {"nor do they use up anything",
         DEAR | SEVERAL | REPEATED | QUERIES,
         0,
         0,
         {.one_region = true, .post_limit = 1, .match_limit = 400, .trace = true}},
    };

    (void)state;
    plans[0].o.region = weir_region_find(SPAN_LIT("IN"));
    plans[1].o.region = weir_region_find(SPAN_LIT("BR"));
    RUN_ALL(plans, 12);
}

static void
what_comes_in_between_changes_nothing_else(void **state)
{
    static const struct plan plans[] = {
        {"breakers trip", SEVERAL, TRIPS, 0, {.trace = true}},
        {"others are decided", SEVERAL | REPEATED, OTHERS, 0, {0}},
        {"others are decided, and spend what they have",
         DEAR | SEVERAL | REPEATED | THREADS,
         OTHERS,
         0,
         {.post_limit = 1, .match_limit = 400}},
        {"all of it", ANY_TRAIT, TRIPS | OTHERS, 0, {.match_limit = 400, .trace = true}},
    };

    (void)state;
    RUN_ALL(plans, 12);
}

static void
other_posts_take_the_place_of_those_ahead(void **state)
{
    static const struct plan plans[] = {
        {"batches are dropped", REPEATED | SEVERAL, DROPS, 0, {0}},
        {"and whatever else may happen does",
         ANY_TRAIT,
         DROPS | OTHERS | TRIPS,
         0,
         {.post_limit = 2, .match_limit = 400, .trace = true}},
    };

    (void)state;
    RUN_ALL(plans, 24);
}

/* What is switched off while rules are loaded, is there; the rest, while they are used. */
static void
whatever_is_off_the_same_is_decided(void **state)
{
    (void)state;
    for (int part = 0; part <= WEIR_NMATCH_PARTS; part += is_slow() ? 4 : 1) {
        uint32_t off = part == WEIR_NMATCH_PARTS ? (1u << WEIR_NMATCH_PARTS) - 1 : 1u << part;
        const struct plan plan = {"without a part of the matcher",
                                  ANY_TRAIT,
                                  TRIPS | OTHERS | DROPS,
                                  0,
                                  {.post_limit = 2, .match_limit = 400, .match_off = off}};

        given_match_off = off & (WEIR_MATCH_WORDS | WEIR_MATCH_JIT);
        weir_ruleset *rs = make_rules(timed_rules);
        given_match_off = 0;
        run(rs, &plan, rounds(12));
        weir_ruleset_unref(rs);
    }
}

/* Memory -------------------------------------------------------------------------------------- */

static void
decide_all(weir_ruleset *rs, weir_scratch *s, const struct batch *b)
{
    weir_decision d;

    weir_decide_ahead(rs, s, b->posts, b->n);
    for (size_t i = 0; i < b->n; i++) {
        weir_status st = weir_decide_next(rs, s, b->at_ms[i], &d);

        assert_true(st == WEIR_OK || st == WEIR_E_LIMIT);
    }
}

static void
decide_many(weir_ruleset *rs, weir_scratch *s, struct batch *b, size_t nbatches)
{
    for (size_t i = 0; i < nbatches; i++) {
        draw_batch(b, ANY_TRAIT, WEIR_AHEAD_MAX);
        decide_all(rs, s, b);
    }
}

static void
nothing_is_allocated_once_warm(void **state)
{
    const weir_decide_options o = {.trace = true, .post_limit = 2, .match_limit = 400};
    struct batch *b = calloc(1, sizeof *b);
    weir_ruleset *rs = make_rules(timed_rules);
    weir_scratch *s = NULL;

    (void)state;
    assert_non_null(b);
    assert_int_equal(weir_scratch_new(rs, &o, &s), WEIR_OK);
    drawn = 1; /* the same posts each time: how large they may become, nobody has drawn yet */
    make_largest_batch(b);
    decide_all(rs, s, b);
    decide_many(rs, s, b, rounds(30));
    size_t before = nallocations;
    decide_many(rs, s, b, rounds(30));
    size_t nmade = nallocations - before;
    weir_scratch_free(s);
    weir_ruleset_unref(rs);
    free(b);
    if (!allocations_are_counted())
        skip_because(WHY_NOT_COUNTED);
    assert_int_equal(nmade, 0);
}

static int
draw_seed(void **state)
{
    (void)state;
    draw_from_seed();
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(posts_are_decided_as_one_by_one),
        cmocka_unit_test(each_post_has_its_own_budget),
        cmocka_unit_test(no_post_uses_up_what_others_have),
        cmocka_unit_test(what_is_known_is_left_untried_where_nothing_is_left),
        cmocka_unit_test(too_many_tags_are_those_of_one_post),
        cmocka_unit_test(all_may_be_decided_for_one_region),
        cmocka_unit_test(what_comes_in_between_changes_nothing_else),
        cmocka_unit_test(other_posts_take_the_place_of_those_ahead),
        cmocka_unit_test(whatever_is_off_the_same_is_decided),
        cmocka_unit_test(nothing_is_allocated_once_warm),
    };

    return cmocka_run_group_tests_name("decide: ahead", tests, draw_seed, NULL);
}

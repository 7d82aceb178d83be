/*
 * replay/contrast, reach, samples: what changes is counted once for each post, whoever counts it,
 * and the first posts of each row are those of the input.
 */
#include "unit/test.h"

#include "unit/decide/said.h"
#include "unit/draw.h"

#include "replay/contrast.h"

static const char before_yaml[] =
    "rules:\n"
    "- {id: a, regions: [IN, TR], action: withhold, match: {hashtags: [t1, t2]}}\n"
    "- {id: b, regions: [XX], action: downrank, factor: 0.5, surfaces: [trends], match: {hashtags: "
    "['t*']}}\n"
    "- {id: c, action: allow, match: {accounts: ['@u1']}}\n"
    "- {id: gone, regions: [FR], action: withhold, match: {hashtags: [t3]}}\n";
static const char after_yaml[] =
    "rules:\n"
    "- {id: new, regions: [IN], action: withhold, match: {hashtags: [t2, t4]}}\n"
    "- {id: a, regions: [IN, TR], action: withhold, mode: observe, match: {hashtags: [t1, t2]}}\n"
    "- {id: b, regions: [XX], action: downrank, factor: 0, surfaces: [trends, search], match: "
    "{hashtags: ['t*']}}\n"
    "- {id: c, action: allow, match: {accounts: ['@u1', '@u2']}}\n";

#define POSTS 400

struct world {
    weir_ruleset *rs[2];
    weir_scratch *s[2];
    struct given_post *post;
    char text[POSTS][64];
};

static void
world_init(struct world *w)
{
    const char *yaml[2] = {before_yaml, after_yaml};

    w->post = calloc(1, sizeof *w->post);
    for (int i = 0; i < 2; i++) {
        w->rs[i] = given_rules(yaml[i]);
        assert_int_equal(weir_scratch_new(w->rs[i], NULL, &w->s[i]), WEIR_OK);
    }
    for (unsigned i = 0; i < POSTS; i++)
        (void)snprintf(w->text[i], sizeof w->text[i], "id=%u by=@u%u tag=%c%u", i, draw(9),
                       draw(3) ? 't' : 'n', draw(6));
}

static void
world_fini(struct world *w)
{
    for (int i = 0; i < 2; i++) {
        weir_scratch_free(w->s[i]);
        weir_ruleset_unref(w->rs[i]);
    }
    free(w->post);
}

static bool
take(struct world *w, struct contrast *c, unsigned i, weir_buf *facts)
{
    weir_decision d[2];

    (void)given_post(w->post, w->text[i]);
    for (int side = 0; side < 2; side++)
        assert_int_equal(weir_decide(w->rs[side], w->s[side], &w->post->post, NOON, &d[side]),
                         WEIR_OK);
    return contrast_take(c, &d[0], &d[1], facts);
}

static const struct contrast_options all = {.region = WEIR_REGION_NONE, .samples = 2};

/* By so many, each of whom takes runs of posts; results are handed on in order. */
static struct contrast *
count_by(struct world *w, unsigned n, struct samples *samples)
{
    struct contrast *sum = contrast_new(&all), *c[5];
    uint64_t changed = 0;

    for (unsigned k = 0; k < n; k++)
        c[k] = contrast_new(&all);
    for (unsigned i = 0; i < POSTS;) {
        unsigned who = draw(n), run = 1 + draw(30);
        weir_buf facts = {0};

        for (; run && i < POSTS; run--)
            changed += take(w, c[who], i++, &facts);
        assert_true(samples_take(samples, &facts));
        weir_buf_fini(&facts);
    }
    for (unsigned k = 0; k < n; k++) {
        contrast_add(sum, c[k]);
        contrast_free(c[k]);
    }
    assert_int_equal(contrast_sums(sum)->changed, changed);
    assert_int_equal(contrast_sums(sum)->posts, POSTS);
    return sum;
}

static void
assert_same_samples(const struct samples *a, const struct samples *b, struct headcount_key key)
{
    size_t n, m;
    const struct sample *x = samples_find(a, key, &n), *y = samples_find(b, key, &m);

    assert_int_equal(n, m);
    assert_true(n > 0 && n <= all.samples);
    for (size_t i = 0; i < n; i++) {
        assert_true(span_eq(x[i].post, y[i].post) && span_eq(x[i].author, y[i].author));
        assert_true(span_eq(x[i].value, y[i].value) && x[i].by == y[i].by);
        assert_true(i == 0 || atoi(x[i - 1].post.p) < atoi(x[i].post.p));
    }
}

static void
the_sum_is_the_same_whoever_counts(void **state)
{
    struct world w;
    struct samples *one_s = samples_new(all.samples);

    (void)state;
    world_init(&w);
    struct contrast *one = count_by(&w, 1, one_s);
    size_t n, m;
    struct contrast_row *x = contrast_rows(one, &n);
    assert_true(n > 10);
    for (int round = 0; round < 20; round++) {
        struct samples *s = samples_new(all.samples);
        struct contrast *c = count_by(&w, 2 + draw(4), s);
        struct contrast_row *y = contrast_rows(c, &m);

        assert_int_equal(n, m);
        for (size_t i = 0; i < n; i++) {
            assert_memory_equal(&x[i].key, &y[i].key, sizeof x[i].key);
            assert_int_equal(x[i].n.posts, y[i].n.posts);
            assert_int_equal(x[i].n.authors, y[i].n.authors);
            assert_same_samples(one_s, s, x[i].key);
        }
        for (int k = 0; k <= WEIR_NDIFFERENCES; k++)
            assert_int_equal(contrast_kind(one, (weir_difference_kind)k).authors,
                             contrast_kind(c, (weir_difference_kind)k).authors);
        free(y);
        contrast_free(c);
        samples_free(s);
    }
    free(x);
    contrast_free(one);
    samples_free(one_s);
    world_fini(&w);
}

/* Counted anew from the posts' texts. */
static void
rows_count_each_post_once(void **state)
{
    struct world w;
    struct samples *s = samples_new(all.samples);
    uint64_t withheld = 0, any = 0;
    bool by[9] = {false};

    (void)state;
    world_init(&w);
    struct contrast *c = count_by(&w, 3, s);
    for (unsigned i = 0; i < POSTS; i++) {
        unsigned id, author, tag;
        char kind;

        assert_int_equal(sscanf(w.text[i], "id=%u by=@u%u tag=%c%u", &id, &author, &kind, &tag), 4);
        any += kind == 't' && author != 1;
        if (kind == 't' && tag == 4 && author != 1 && author != 2) {
            withheld++;
            by[author] = true;
        }
    }
    struct headcount_row n = contrast_kind(c, WEIR_DIFFERENCE_WITHHELD);
    assert_int_equal(n.posts, withheld);
    for (int i = 0; i < 9; i++)
        n.authors -= by[i];
    assert_int_equal(n.authors, 0);
    /* whom the exemption shields on both sides it is no news for, but for rules that are new, gone
       or on trial */
    assert_true(contrast_kind(c, WEIR_NDIFFERENCES).posts >= any);
    assert_false(contrast_is_estimate(c));
    assert_int_equal(contrast_lost(c), 0);
    contrast_free(c);
    samples_free(s);
    world_fini(&w);
}

static const struct reach_row *
row_of(const struct reach *r, enum reach_side side, uint32_t rule, enum reach_effect e,
       enum reach_about about, uint32_t which)
{
    size_t n;
    const struct reach_row *rows = reach_find(r, side, REACH_RULE, rule, &n);

    for (size_t i = 0; i < n; i++) {
        assert_true(i == 0 || rows[i - 1].effect <= rows[i].effect);
        if (rows[i].effect == e && rows[i].about == about && rows[i].which == which)
            return &rows[i];
    }
    return NULL;
}

static void
what_rules_reach(void **state)
{
    struct contrast *c = contrast_new(&all);
    uint16_t in = weir_region_find(SPAN_LIT("IN"));
    struct world w;
    weir_buf facts = {0};
    size_t n;

    (void)state;
    world_init(&w);
    strcpy(w.text[0], "id=0 by=@u5 tag=t4");
    strcpy(w.text[1], "id=1 by=@u2 tag=t4");
    strcpy(w.text[2], "id=2 by=@u5 tag=t4 tag=t2");
    strcpy(w.text[3], "id=3 by=@u5 tag=n1");
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(take(&w, c, i, &facts), i != 3);
    struct reach *r = reach_new(contrast_counts(c));
    uint32_t rule = weir_ruleset_find_rule(w.rs[1], SPAN_LIT("new"));
    const struct reach_row *row = row_of(r, REACH_AFTER, rule, REACH_WITHHELD, REACH_ALL, 0);
    assert_int_equal(row->n.posts, 2);
    assert_int_equal(row->n.authors, 1);
    assert_int_equal(row_of(r, REACH_AFTER, rule, REACH_WITHHELD, REACH_REGION, in)->n.posts, 2);
    assert_int_equal(row_of(r, REACH_AFTER, rule, REACH_EXEMPT, REACH_ALL, 0)->n.posts, 1);
    uint32_t by = weir_ruleset_find_rule(w.rs[1], SPAN_LIT("c"));
    assert_int_equal(row_of(r, REACH_AFTER, rule, REACH_EXEMPT, REACH_BY, by)->n.posts, 1);
    assert_int_equal(row_of(r, REACH_AFTER, by, REACH_EXEMPTS, REACH_ALL, 0)->n.posts, 1);
    rule = weir_ruleset_find_rule(w.rs[1], SPAN_LIT("b"));
    assert_int_equal(
        row_of(r, REACH_AFTER, rule, REACH_KEPT_OUT, REACH_SURFACE, WEIR_SURFACE_SEARCH)->n.posts,
        2);
    assert_null(row_of(r, REACH_AFTER, rule, REACH_DOWNRANKED, REACH_ALL, 0));
    rule = weir_ruleset_find_rule(w.rs[0], SPAN_LIT("b"));
    assert_int_equal(row_of(r, REACH_BEFORE, rule, REACH_DOWNRANKED, REACH_ALL, 0)->n.posts, 3);
    assert_non_null(reach_find(r, REACH_BEFORE, REACH_ORDER, 7, &n));
    assert_int_equal(n, 0);
    reach_free(r);
    contrast_free(c);
    weir_buf_fini(&facts);
    world_fini(&w);
}

static void
changes_that_are_asked_for(void **state)
{
    bool before[4] = {false}, after[4] = {false};
    struct contrast_options o = {
        .region = WEIR_REGION_NONE, .rules = {before, after}, .samples = 1};
    struct contrast *c = contrast_new(&o);
    struct world w;
    weir_buf facts = {0};

    (void)state;
    world_init(&w);
    before[weir_ruleset_find_rule(w.rs[0], SPAN_LIT("gone"))] = true;
    strcpy(w.text[0], "id=0 by=@u5 tag=t4");
    strcpy(w.text[1], "id=1 by=@u5 tag=t3");
    strcpy(w.text[2], "id=2 by=@u1 tag=t3");
    assert_false(take(&w, c, 0, &facts));
    assert_int_equal(facts.len, 0);
    assert_true(take(&w, c, 1, &facts));
    assert_true(take(&w, c, 2, &facts));
    assert_int_equal(contrast_sums(c)->posts, 3);
    assert_int_equal(contrast_sums(c)->changed, 2);
    assert_int_equal(contrast_kind(c, WEIR_DIFFERENCE_RELEASED).posts, 1);
    assert_int_equal(contrast_kind(c, WEIR_DIFFERENCE_NOT_EXEMPT).posts, 1);
    assert_int_equal(contrast_region(c, weir_region_find(SPAN_LIT("FR"))).posts, 2);
    contrast_free(c);
    weir_buf_fini(&facts);
    world_fini(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sum_is_the_same_whoever_counts),
        cmocka_unit_test(rows_count_each_post_once),
        cmocka_unit_test(what_rules_reach),
        cmocka_unit_test(changes_that_are_asked_for),
    };

    draw_from_seed();
    return cmocka_run_group_tests_name("replay_contrast", tests, NULL, NULL);
}

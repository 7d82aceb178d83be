/*
 * replay/census: authors are counted exactly as long as there are few, well estimated beyond, and
 * the same whoever counted whom; replay/tops: what came most often, in the input's order.
 */
#include "unit/test.h"

#include "unit/draw.h"
#include "unit/match/given.h"

#include "replay/census.h"
#include "replay/tops.h"

static const char rules[] = "orders:\n"
                            "  first: {authority: A, kind: policy}\n"
                            "rules:\n"
                            "- {id: a, order: first, regions: [IN, TR], action: withhold,"
                            "   match: {hashtags: [x]}}\n"
                            "- {id: b, order: first, regions: [DE], action: withhold,"
                            "   match: {hashtags: [x]}}\n"
                            "- {id: c, regions: [FR], action: downrank, match: {hashtags: [x]}}\n";

enum { A, B, C, NRULES };

/* A decision made by hand: that these rules act on a post of an author. */
struct made {
    weir_decision d;
    weir_post post;
    weir_region_outcome regions[4];
    char id[24];
};

static void
act(struct made *m, const char *region, uint32_t rule)
{
    weir_region_outcome *r = &m->regions[m->d.nregions++];

    *r = (weir_region_outcome){
        .region = weir_region_find((weir_span){region, 2}),
        .outcome = {.action = rule == C ? WEIR_DOWNRANK : WEIR_WITHHOLD, .act = {.rule = rule}}};
    if (rule == C) {
        r->outcome.surfaces = 1u << WEIR_SURFACE_TRENDS | 1u << WEIR_SURFACE_SEARCH;
        r->outcome.surface[WEIR_SURFACE_TRENDS].act.rule = rule;
        r->outcome.surface[WEIR_SURFACE_SEARCH].act.rule = rule;
    }
}

static void
make(struct made *m, const weir_ruleset *rs, uint64_t author, unsigned which)
{
    *m = (struct made){.d = {.rs = rs}};
    m->d.post = &m->post;
    m->d.regions = m->regions;
    m->post.author.id = (weir_span){
        m->id, (size_t)snprintf(m->id, sizeof m->id, "%llu", (unsigned long long)author)};
    if (which & 1u) {
        act(m, "IN", A);
        act(m, "TR", A);
    }
    if (which & 2u)
        act(m, "DE", B);
    if (which & 4u)
        act(m, "FR", C);
}

static weir_ruleset *rs;

/* Under Valgrind, a hundred times slower, millions of decisions would take minutes. */
static bool
is_slow(void)
{
    return getenv("WEIR_TEST_NO_JIT") != NULL;
}

static int
load(void **state)
{
    (void)state;
    rs = given_rules(rules);
    return rs ? 0 : -1;
}

static int
unload(void **state)
{
    (void)state;
    weir_ruleset_unref(rs);
    return 0;
}

static void
expect(struct headcount *c, enum census_of of, uint32_t id, const char *region,
       uint64_t posts, uint64_t authors)
{
    struct headcount_row row =
        census_find(c, of, id, region ? weir_region_find((weir_span){region, 2}) : 0);

    assert_int_equal(row.posts, posts);
    assert_int_equal(row.authors, authors);
}

static void
a_post_counts_once_in_each_row(void **state)
{
    struct headcount *c = headcount_new();
    struct made m;

    (void)state;
    make(&m, rs, 7, 7);
    census_take(c, &m.d);
    make(&m, rs, 7, 1);
    census_take(c, &m.d);
    make(&m, rs, 8, 4);
    census_take(c, &m.d);
    make(&m, rs, 9, 0);
    census_take(c, &m.d);
    expect(c, CENSUS_ALL, 0, NULL, 3, 2);
    expect(c, CENSUS_RULE, A, "IN", 2, 1);
    expect(c, CENSUS_RULE, A, "TR", 2, 1);
    expect(c, CENSUS_RULE, B, "DE", 1, 1);
    expect(c, CENSUS_RULE, B, "IN", 0, 0);
    expect(c, CENSUS_RULE, C, "FR", 2, 2);
    expect(c, CENSUS_ORDER, 0, NULL, 2, 1);
    expect(c, CENSUS_REGION, 0, "FR", 2, 2);
    assert_false(headcount_is_estimate(c));
    headcount_free(c);
}

/* As many censuses as threads would have, and one of all. */
static void
sums_do_not_depend_on_who_counted(void **state)
{
    static const struct {
        uint64_t posts, authors; /* authors are drawn from so many */
    } sizes[] = {{1000, 100}, {30000, 30000}, {1500000, 900000}};

    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes - is_slow(); s++) {
        struct headcount *one = headcount_new(), *sum = headcount_new(), *of[3];
        struct made m;

        for (int i = 0; i < 3; i++)
            of[i] = headcount_new();
        for (uint64_t i = 0; i < sizes[s].posts; i++) {
            make(&m, rs, draw(sizes[s].authors), draw(8));
            census_take(one, &m.d);
            census_take(of[draw(3)], &m.d);
        }
        for (int i = 2; i >= 0; i--) {
            headcount_add(sum, of[i]);
            headcount_free(of[i]);
        }
        assert_int_equal(headcount_is_estimate(one), headcount_is_estimate(sum));
        for (uint32_t r = 0; r < NRULES; r++)
            for (uint16_t region = 0; region < weir_region_count(); region++) {
                struct headcount_row x = census_find(one, CENSUS_RULE, r, region),
                                     y = census_find(sum, CENSUS_RULE, r, region);

                assert_int_equal(x.posts, y.posts);
                assert_int_equal(x.authors, y.authors);
            }
        assert_int_equal(headcount_lost(sum), 0);
        headcount_free(one);
        headcount_free(sum);
    }
}

/* Where there is just room for all, who comes once more does not need any. */
static void
numbers_are_exact_as_long_as_there_is_room(void **state)
{
    struct headcount *c = headcount_new();
    uint64_t author = 0, pairs = 20; /* three of each author, and ten of two */
    struct made m;

    (void)state;
    while (author < 2) {
        make(&m, rs, author++, 7);
        census_take(c, &m.d);
    }
    for (; pairs < HEADCOUNT_EXACT; pairs += 3) {
        make(&m, rs, author++, 4);
        census_take(c, &m.d);
    }
    assert_int_equal(pairs, HEADCOUNT_EXACT);
    assert_false(headcount_is_estimate(c));
    make(&m, rs, 2, 4);
    census_take(c, &m.d);
    assert_false(headcount_is_estimate(c));
    expect(c, CENSUS_ALL, 0, NULL, author + 1, author);
    make(&m, rs, author, 4);
    census_take(c, &m.d);
    assert_true(headcount_is_estimate(c));
    headcount_free(c);
}

static void
estimates_are_near(void **state)
{
    struct headcount *c;
    const uint64_t authors = 2000000;
    struct made m;

    (void)state;
    if (is_slow())
        skip_because("two million authors take too long where everything is slow");
    c = headcount_new();
    for (uint64_t i = 0; i < authors; i++) {
        make(&m, rs, i, i % 4 ? 4 : 2);
        census_take(c, &m.d);
    }
    assert_true(headcount_is_estimate(c));
    struct headcount_row all = census_find(c, CENSUS_ALL, 0, 0);
    struct headcount_row b = census_find(c, CENSUS_RULE, B, weir_region_find((weir_span){"DE", 2}));
    assert_int_equal(all.posts, authors);
    assert_int_equal(b.posts, authors / 4);
    assert_in_range(all.authors, authors / 100 * 98, authors / 100 * 102);
    assert_in_range(b.authors, authors / 400 * 97, authors / 400 * 103);
    headcount_free(c);
}

/* ---- tops ---- */

static void
count(struct tops *t, const char *text, int n)
{
    while (n-- > 0)
        tops_count(t, (weir_span){text, strlen(text)});
}

static void
the_most_frequent_come_first(void **state)
{
    struct tops *t = tops_new();
    struct top first[3];

    (void)state;
    assert_int_equal(tops_first(t, first, 3), 0);
    count(t, "b", 2);
    count(t, "c", 5);
    count(t, "ab", 2);
    count(t, "a", 2);
    count(t, "d", 1);
    assert_int_equal(tops_first(t, first, 3), 3);
    assert_memory_equal(first[0].text.p, "c", 1);
    assert_int_equal(first[0].n, 5);
    assert_int_equal(first[1].text.len, 1);
    assert_memory_equal(first[1].text.p, "a", 1);
    assert_int_equal(first[2].text.len, 2);
    assert_memory_equal(first[2].text.p, "ab", 2);
    tops_free(t);
}

static void
those_beyond_the_first_are_counted_together(void **state)
{
    struct tops *t = tops_new();
    char text[16];

    (void)state;
    for (size_t i = 0; i < TOPS_DISTINCT + 10; i++) {
        (void)snprintf(text, sizeof text, "t%zu", i);
        count(t, text, 1 + (i == TOPS_DISTINCT + 3));
    }
    assert_int_equal(tops_distinct(t), TOPS_DISTINCT);
    assert_int_equal(tops_others(t), 11);
    tops_free(t);
}

/* Texts come from outside, and may be as long as a line. */
static void
long_texts_do_not_fill_the_memory(void **state)
{
    struct tops *t = tops_new();
    weir_buf text = {0};
    struct top first[1];

    (void)state;
    for (size_t i = 0; i < 1000 * 1000; i++)
        weir_buf_putc(&text, 'x');
    for (size_t i = 0; i < 2 * TOPS_BYTES / text.len; i++) {
        text.p[i] = 'y';
        tops_count(t, (weir_span){text.p, text.len});
        text.p[i] = 'x';
    }
    assert_int_equal(tops_distinct(t), TOPS_BYTES / text.len);
    assert_int_equal(tops_others(t), 2 * TOPS_BYTES / text.len - TOPS_BYTES / text.len);
    text.p[0] = 'y'; /* what is counted goes on to be */
    tops_count(t, (weir_span){text.p, text.len});
    assert_int_equal(tops_first(t, first, 1), 1);
    assert_int_equal(first[0].n, 2);
    weir_buf_fini(&text);
    tops_free(t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_post_counts_once_in_each_row),
        cmocka_unit_test(sums_do_not_depend_on_who_counted),
        cmocka_unit_test(numbers_are_exact_as_long_as_there_is_room),
        cmocka_unit_test(estimates_are_near),
        cmocka_unit_test(the_most_frequent_come_first),
        cmocka_unit_test(those_beyond_the_first_are_counted_together),
        cmocka_unit_test(long_texts_do_not_fill_the_memory),
    };

    draw_from_seed();
    return cmocka_run_group_tests(tests, load, unload);
}

/*
 * decide/resolve: the candidates of one region to one outcome; decide/merge: the outcomes of parts
 * to one; decide/rollout. Each row of the tables is a promise of SPEC sections 3, 5 and 7.
 */
#include "unit/test.h"

#include "decide/merge.h"
#include "decide/rollout.h"

#include <stdio.h>

#define MOST 5
#define ALL_SURFACES ((1u << WEIR_NSURFACES) - 1)
#define TIMELINE (1u << WEIR_SURFACE_TIMELINE)
#define SEARCH (1u << WEIR_SURFACE_SEARCH)
#define TRENDS (1u << WEIR_SURFACE_TRENDS)

enum { ELSEWHERE, HERE }; /* regions of the tables: only HERE is resolved */
enum { ORDER_A, ORDER_B, NORDERS };

struct spec {
    weir_action action;
    int32_t priority;
    uint32_t factor, surfaces;
    uint32_t order;      /* one more than the order; 0: own policy */
    uint32_t against[3]; /* likewise; its end is 0 */
    bool has_against, elsewhere;
};

#define ALLOW(...)                                                                                 \
    {                                                                                              \
        .action = WEIR_ALLOW, __VA_ARGS__                                                          \
    }
#define WITHHOLD(...)                                                                              \
    {                                                                                              \
        .action = WEIR_WITHHOLD, __VA_ARGS__                                                       \
    }
#define DOWN(f, ...)                                                                               \
    {                                                                                              \
        .action = WEIR_DOWNRANK, .factor = (f), .surfaces = ALL_SURFACES, __VA_ARGS__              \
    }
#define DOWN_ON(s, f, ...)                                                                         \
    {                                                                                              \
        .action = WEIR_DOWNRANK, .factor = (f), .surfaces = (s), __VA_ARGS__                       \
    }
#define P(n) .priority = (n)
#define UNDER(o) .order = (o) + 1
#define AGAINST(...) .has_against = true, .against = {__VA_ARGS__}
#define NO -1

struct row {
    const char *promise;
    struct spec spec[MOST];
    size_t n;
    weir_action action;
    int acting;                  /* of a withhold, as an index of spec; else NO */
    int surface[WEIR_NSURFACES]; /* of a downrank: one more than the index; 0: untouched */
    int exempted[MOST][2];       /* restriction, allow, each one more than the index; ends in 0 */
};

#define EVERY(i)                                                                                   \
    {                                                                                              \
        (i) + 1, (i) + 1, (i) + 1, (i) + 1, (i) + 1                                                \
    }

/* a promise a line or two */
/* clang-format off */
static const struct row rows[] = {
    {.promise = "no candidate: allow", .n = 0, .action = WEIR_ALLOW, .acting = NO},
    {"a withhold withholds", {WITHHOLD()}, 1, WEIR_WITHHOLD, 0, {0}, {{0}}},
    {"a downrank gives its factor to each surface", {DOWN(100)}, 1, WEIR_DOWNRANK, NO, EVERY(0),
     {{0}}},
    {"a rule that does not hold here does nothing",
     {WITHHOLD(.elsewhere = true), DOWN(0, .elsewhere = true)}, 2, WEIR_ALLOW, NO, {0}, {{0}}},
    {"an allow that does not hold here exempts from nothing",
     {WITHHOLD(), ALLOW(.elsewhere = true)}, 2, WEIR_WITHHOLD, 0, {0}, {{0}}},
    {"an allow alone is no exemption", {ALLOW()}, 1, WEIR_ALLOW, NO, {0}, {{0}}},

    {"equal priority: allow beats withhold", {ALLOW(), WITHHOLD()}, 2, WEIR_ALLOW, NO, {0},
     {{2, 1}}},
    {"equal priority: it does so from behind, too", {WITHHOLD(), ALLOW()}, 2, WEIR_ALLOW, NO, {0},
     {{1, 2}}},
    {"an exemption of higher priority is one", {WITHHOLD(), ALLOW(P(1))}, 2, WEIR_ALLOW, NO, {0},
     {{1, 2}}},
    {"an exemption of lower priority is none", {ALLOW(), WITHHOLD(P(10))}, 2, WEIR_WITHHOLD, 1, {0},
     {{0}}},
    {"priorities below zero sort below zero", {ALLOW(P(-1)), WITHHOLD()}, 2, WEIR_WITHHOLD, 1, {0},
     {{0}}},
    {"an allow beats a downrank", {DOWN(0), ALLOW()}, 2, WEIR_ALLOW, NO, {0}, {{1, 2}}},
    {"one allow defeats all that it reaches", {WITHHOLD(), DOWN(5), ALLOW()}, 3, WEIR_ALLOW, NO,
     {0}, {{1, 3}, {2, 3}}},
    {"what is not defeated stays", {WITHHOLD(P(5)), WITHHOLD(), ALLOW()}, 3, WEIR_WITHHOLD, 0, {0},
     {{2, 3}}},
    {"a withhold that is exempted leaves the downrank", {WITHHOLD(), DOWN(5, P(1)), ALLOW()}, 3,
     WEIR_DOWNRANK, NO, EVERY(1), {{1, 3}}},
    {"of several allows, the one of highest priority is named", {ALLOW(), ALLOW(P(3)), WITHHOLD()},
     3, WEIR_ALLOW, NO, {0}, {{3, 2}}},
    {"of several allows of one priority, the first in source order is named",
     {WITHHOLD(), ALLOW(P(2)), ALLOW(P(2))}, 3, WEIR_ALLOW, NO, {0}, {{1, 2}}},

    {"against: an order that is named is reached",
     {WITHHOLD(UNDER(ORDER_A)), ALLOW(AGAINST(ORDER_A + 1))}, 2, WEIR_ALLOW, NO, {0}, {{1, 2}}},
    {"against: any of the orders named", {WITHHOLD(UNDER(ORDER_B)),
     ALLOW(AGAINST(ORDER_A + 1, ORDER_B + 1))}, 2, WEIR_ALLOW, NO, {0}, {{1, 2}}},
    {"against: another order is out of reach",
     {WITHHOLD(UNDER(ORDER_B)), ALLOW(AGAINST(ORDER_A + 1))}, 2, WEIR_WITHHOLD, 0, {0}, {{0}}},
    {"against: own policy is out of reach", {WITHHOLD(), ALLOW(AGAINST(ORDER_A + 1))}, 2,
     WEIR_WITHHOLD, 0, {0}, {{0}}},
    {"against: out of reach at any priority", {WITHHOLD(), ALLOW(P(9), AGAINST(ORDER_A + 1))}, 2,
     WEIR_WITHHOLD, 0, {0}, {{0}}},
    {"without against, rules under orders are reached", {WITHHOLD(UNDER(ORDER_A)), ALLOW()}, 2,
     WEIR_ALLOW, NO, {0}, {{1, 2}}},
    {"an allow that does not reach is not named, whatever its priority",
     {WITHHOLD(UNDER(ORDER_B)), ALLOW(P(9), AGAINST(ORDER_A + 1)), ALLOW()}, 3, WEIR_ALLOW, NO, {0},
     {{1, 3}}},

    {"against: of allows that reach by order and by having none, the higher priority is named",
     {WITHHOLD(UNDER(ORDER_A)), ALLOW(P(1)), ALLOW(P(2), AGAINST(ORDER_A + 1))}, 3, WEIR_ALLOW, NO,
     {0}, {{1, 3}}},
    {"against: with equal priorities, the first in source order is named",
     {WITHHOLD(UNDER(ORDER_A)), ALLOW(), ALLOW(AGAINST(ORDER_A + 1)), WITHHOLD(UNDER(ORDER_B))}, 4,
     WEIR_ALLOW, NO, {0}, {{1, 2}, {4, 2}}},
    {"against: one order's allow is no other's",
     {WITHHOLD(UNDER(ORDER_A)), ALLOW(AGAINST(ORDER_A + 1)), WITHHOLD(UNDER(ORDER_B)),
      ALLOW(AGAINST(ORDER_B + 1)), WITHHOLD()}, 5, WEIR_WITHHOLD, 4, {0}, {{1, 2}, {3, 4}}},
    {"against: what does not hold here reaches nothing",
     {WITHHOLD(UNDER(ORDER_A)), ALLOW(.elsewhere = true, AGAINST(ORDER_A + 1)), ALLOW(P(-1))}, 3,
     WEIR_WITHHOLD, 0, {0}, {{0}}},

    {"any withhold that survives makes it a withhold", {DOWN(0), WITHHOLD(), DOWN(1)}, 3,
     WEIR_WITHHOLD, 1, {0}, {{0}}},
    {"no downrank ever cancels a withhold", {DOWN(50, P(10)), WITHHOLD()}, 2, WEIR_WITHHOLD, 1, {0},
     {{0}}},
    {"of two withholds, the one of higher priority acts", {WITHHOLD(), WITHHOLD(P(1))}, 2,
     WEIR_WITHHOLD, 1, {0}, {{0}}},
    {"of two withholds of one priority, the first acts", {WITHHOLD(), WITHHOLD()}, 2, WEIR_WITHHOLD,
     0, {0}, {{0}}},

    {"two downranks: the smaller factor", {DOWN(50), DOWN(10)}, 2, WEIR_DOWNRANK, NO, EVERY(1),
     {{0}}},
    {"two downranks: priority cancels no smaller factor", {DOWN(50, P(10)), DOWN(10)}, 2,
     WEIR_DOWNRANK, NO, EVERY(1), {{0}}},
    {"equal factors: the one of higher priority", {DOWN(10), DOWN(10, P(1))}, 2, WEIR_DOWNRANK, NO,
     EVERY(1), {{0}}},
    {"equal factors and priorities: the first", {DOWN(10), DOWN(10)}, 2, WEIR_DOWNRANK, NO,
     EVERY(0), {{0}}},
    {"each surface gets the smallest factor of its own",
     {DOWN_ON(TIMELINE | TRENDS, 500), DOWN_ON(TRENDS, 100), DOWN_ON(SEARCH, 900)}, 3,
     WEIR_DOWNRANK, NO, {1, 3, 0, 2, 0}, {{0}}},
    {"surfaces fall apart where only one factor is smaller",
     {DOWN_ON(TIMELINE, 0), DOWN(10), DOWN_ON(TRENDS, 0, P(-5))}, 3, WEIR_DOWNRANK, NO,
     {1, 2, 2, 3, 2}, {{0}}},
};
/* clang-format on */

static void
build(const struct row *row, struct weir_rule *rules, uint32_t (*against)[3])
{
    for (size_t i = 0; i < row->n; i++) {
        const struct spec *s = &row->spec[i];
        rules[i] = (struct weir_rule){.action = s->action,
                                      .priority = s->priority,
                                      .factor_milli = s->factor,
                                      .surfaces = s->surfaces,
                                      .order = s->order ? s->order - 1 : WEIR_NONE,
                                      .has_against = s->has_against,
                                      .against = against[i]};
        for (; s->against[rules[i].nagainst]; rules[i].nagainst++)
            against[i][rules[i].nagainst] = s->against[rules[i].nagainst] - 1;
        weir__region_add(&rules[i].regions, s->elsewhere ? ELSEWHERE : HERE);
    }
}

static void
check(const struct row *row, const struct weir__candidate *c)
{
    const struct weir__candidate *against[NORDERS] = {NULL};
    weir_exemption exempted[MOST];
    weir_outcome o;
    size_t n = weir__resolve(c, row->n, HERE, against, &o, exempted), expected = 0;

    for (size_t i = 0; i < NORDERS; i++)
        assert_null(against[i]);
    if (o.action != row->action)
        fail_msg("%s: the outcome is %s", row->promise, weir_action_name(o.action));
    if (o.action == WEIR_WITHHOLD && (int)o.act.rule != row->acting)
        fail_msg("%s: rule %u acts", row->promise, o.act.rule);
    for (int i = 0; i < WEIR_NSURFACES; i++) {
        int by = o.surfaces >> i & 1 ? (int)o.surface[i].act.rule + 1 : 0;
        if (by != row->surface[i])
            fail_msg("%s: %s is rule %d's", row->promise, weir_surface_name((weir_surface)i),
                     by - 1);
        if (by && o.surface[i].factor_milli != row->spec[by - 1].factor)
            fail_msg("%s: another factor than its rule's", row->promise);
    }
    for (; expected < MOST && row->exempted[expected][0]; expected++) {
        bool found = false;
        for (size_t k = 0; k < n; k++)
            found |= (int)exempted[k].rule + 1 == row->exempted[expected][0] &&
                     (int)exempted[k].by + 1 == row->exempted[expected][1];
        if (!found)
            fail_msg("%s: an exemption is missing or by another rule", row->promise);
    }
    if (n != expected)
        fail_msg("%s: %zu exemptions", row->promise, n);
    for (uint32_t r = 0; r < row->n; r++) {
        bool acts = o.action == WEIR_WITHHOLD && o.act.rule == r;
        for (int i = 0; i < WEIR_NSURFACES; i++)
            acts |= row->surface[i] == (int)r + 1;
        assert_int_equal(weir__acts(&o, r), acts);
    }
}

/* Heap's algorithm: each order once. */
static size_t
in_every_order(const struct row *row, struct weir__candidate *c, size_t k)
{
    size_t n = 0;

    if (k <= 1) {
        check(row, c);
        return 1;
    }
    for (size_t i = 0; i < k; i++) {
        n += in_every_order(row, c, k - 1);
        size_t at = k % 2 ? 0 : i;
        struct weir__candidate swap = c[at];
        c[at] = c[k - 1];
        c[k - 1] = swap;
    }
    return n;
}

static void
every_promise_in_every_order(void **state)
{
    static const size_t factorial[] = {1, 1, 2, 6, 24, 120};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct weir_rule rules[MOST];
        uint32_t against[MOST][3];
        struct weir__candidate c[MOST];

        build(&rows[i], rules, against);
        for (uint32_t k = 0; k < rows[i].n; k++)
            c[k] = (struct weir__candidate){&rules[k], {.rule = k}};
        assert_int_equal(in_every_order(&rows[i], c, rows[i].n), factorial[rows[i].n]);
    }
}

/* Merging -------------------------------------------------------------------------------- */

static weir_outcome
withhold(uint32_t rule)
{
    return (weir_outcome){.action = WEIR_WITHHOLD, .act = {.rule = rule}};
}

static weir_outcome
down(uint32_t surfaces, uint32_t factor, uint32_t rule)
{
    weir_outcome o = {.action = WEIR_DOWNRANK, .surfaces = surfaces};

    for (int i = 0; i < WEIR_NSURFACES; i++)
        if (surfaces >> i & 1) {
            o.surface[i].factor_milli = factor;
            o.surface[i].act.rule = rule;
        }
    return o;
}

static void
parts_merge_to_the_stricter(void **state)
{
    const weir_outcome allow = {.action = WEIR_ALLOW};
    /* clang-format off */
    const struct {
        const char *promise;
        weir_outcome wrapper, original;
        weir_action action;
        uint32_t acting;
        uint32_t surface[WEIR_NSURFACES]; /* one more than the rule */
    } merges[] = {
        {"two allows are one", allow, allow, WEIR_ALLOW, 0, {0}},
        {"the wrapper's withhold counts", withhold(1), allow, WEIR_WITHHOLD, 1, {0}},
        {"the original's withhold counts", allow, withhold(2), WEIR_WITHHOLD, 2, {0}},
        {"both withhold: the wrapper's rule acts", withhold(1), withhold(2), WEIR_WITHHOLD, 1, {0}},
        {"a withhold is stricter than a downrank", down(TRENDS, 0, 1), withhold(2), WEIR_WITHHOLD,
         2, {0}},
        {"a downrank takes nothing from a withhold", withhold(1), down(TRENDS, 0, 2), WEIR_WITHHOLD,
         1, {0}},
        {"a downrank is stricter than an allow", allow, down(TRENDS, 0, 2), WEIR_DOWNRANK, 0,
         {0, 0, 0, 3, 0}},
        {"per surface the smaller factor", down(TRENDS | SEARCH, 500, 1), down(TRENDS, 100, 2),
         WEIR_DOWNRANK, 0, {0, 2, 0, 3, 0}},
        {"the larger factor changes nothing", down(TRENDS, 100, 1), down(TRENDS, 500, 2),
         WEIR_DOWNRANK, 0, {0, 0, 0, 2, 0}},
        {"equal factors: the wrapper's rule acts", down(TRENDS, 100, 2), down(TRENDS, 100, 1),
         WEIR_DOWNRANK, 0, {0, 0, 0, 3, 0}},
        {"surfaces of both", down(TIMELINE, 100, 1), down(TRENDS, 100, 2), WEIR_DOWNRANK, 0,
         {2, 0, 0, 3, 0}},
    };
    /* clang-format on */

    (void)state;
    for (size_t i = 0; i < sizeof merges / sizeof *merges; i++) {
        weir_outcome o = merges[i].wrapper;

        weir__outcome_merge(&o, &merges[i].original);
        if (o.action != merges[i].action)
            fail_msg("%s: %s", merges[i].promise, weir_action_name(o.action));
        if (o.action == WEIR_WITHHOLD && o.act.rule != merges[i].acting)
            fail_msg("%s: rule %u acts", merges[i].promise, o.act.rule);
        for (int s = 0; o.action == WEIR_DOWNRANK && s < WEIR_NSURFACES; s++)
            if ((o.surfaces >> s & 1 ? o.surface[s].act.rule + 1 : 0) != merges[i].surface[s])
                fail_msg("%s: %s", merges[i].promise, weir_surface_name((weir_surface)s));
    }
}

static void
outcomes_are_compared_as_records_show_them(void **state)
{
    const weir_span tag = SPAN_LIT("#Farmers"), bare = SPAN_LIT("Farmers"), other = SPAN_LIT("x");
    const weir_post a = {
        .hashtags = &tag, .nhashtags = 1, .author = {SPAN_LIT("1"), SPAN_LIT("n")}};
    const weir_post b = {
        .hashtags = &bare, .nhashtags = 1, .author = {SPAN_LIT("2"), SPAN_LIT("n")}};
    const weir_post c = {.hashtags = &other, .nhashtags = 1, .author = {.id = SPAN_LIT("1")}};
    weir_outcome x = withhold(1), y = withhold(1);

    (void)state;
    x.act.selector = y.act.selector = WEIR_SEL_HASHTAGS;
    x.act.via_repost = y.act.via_repost = true;
    x.act.part = &a;
    y.act.part = &b;
    assert_true(weir__outcome_same(&x, &y)); /* "#Farmers" both */
    y.act.part = &c;
    assert_false(weir__outcome_same(&x, &y));
    x.act.selector = y.act.selector = WEIR_SEL_ACCOUNTS;
    assert_false(weir__outcome_same(&x, &y)); /* "@n" and "id:1" */
    y.act.part = &b;
    assert_true(weir__outcome_same(&x, &y)); /* "@n" both */
    y.act.via_repost = false;
    assert_false(weir__outcome_same(&x, &y));
    x = down(TRENDS, 100, 1);
    y = down(TRENDS, 100, 1);
    assert_true(weir__outcome_same(&x, &y));
    y = down(TRENDS | SEARCH, 100, 1);
    assert_false(weir__outcome_same(&x, &y));
    y = down(TRENDS, 100, 2);
    assert_false(weir__outcome_same(&x, &y));
}

static void
exemptions_unite_sorted_and_once(void **state)
{
    static const weir_exemption a[] = {{1, 9}, {3, 5}, {4, 7}};
    static const weir_exemption b[] = {{0, 9}, {3, 4}, {3, 5}, {8, 1}};
    static const weir_exemption sum[] = {{0, 9}, {1, 9}, {3, 4}, {3, 5}, {4, 7}, {8, 1}};
    weir_exemption out[7];

    (void)state;
    assert_int_equal(weir__exemptions_unite(a, 3, b, 4, out), 6);
    assert_true(weir__exemptions_same(out, 6, sum, 6));
    assert_int_equal(weir__exemptions_unite(b, 4, a, 3, out), 6);
    assert_true(weir__exemptions_same(out, 6, sum, 6));
    assert_int_equal(weir__exemptions_unite(a, 3, NULL, 0, out), 3);
    assert_true(weir__exemptions_same(out, 3, a, 3));
    assert_false(weir__exemptions_same(out, 3, a, 2));
    assert_false(weir__exemptions_same(out, 3, b, 3));
}

/* Rollout -------------------------------------------------------------------------------- */

static void
a_growing_rollout_only_adds_authors(void **state)
{
    struct weir_rule rule = {.id = SPAN_LIT("in-2021")};
    struct weir_rule other = {.id = SPAN_LIT("in-2022"), .rollout_bp = 5000};
    size_t in = 0, differing = 0;

    (void)state;
    for (uint32_t i = 0; i < 2000; i++) {
        char id[16];
        weir_span author = {id, (size_t)snprintf(id, sizeof id, "%u", i)};
        bool was_in = false;

        for (rule.rollout_bp = 0; rule.rollout_bp <= 10000; rule.rollout_bp += 500) {
            bool is_in = weir__rollout_includes(&rule, author);
            if (was_in && !is_in)
                fail_msg("author %u is lost at %u", i, rule.rollout_bp);
            was_in = is_in;
        }
        assert_true(was_in); /* at 100 everyone is */
        rule.rollout_bp = 5000;
        in += weir__rollout_includes(&rule, author);
        differing +=
            weir__rollout_includes(&rule, author) != weir__rollout_includes(&other, author);
        rule.rollout_bp = 0;
        assert_false(weir__rollout_includes(&rule, author));
    }
    assert_in_range(in, 900, 1100);
    assert_in_range(differing, 900, 1100); /* two rules draw different authors */
}

/* These places among 10,000 are part of the rule language: a journal must replay years later. */
static void
an_authors_place_is_fixed(void **state)
{
    static const struct {
        const char *rule, *author;
        uint32_t place;
    } places[] = {
        {"in-2021-01-tag", "1356247", 442},
        {"in-2021-01-tag", "kisan_ekta", 5329},
        {"a", "did:plc:z72i7hdynmk6r22z27h6tvur", 2572},
    };

    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct weir_rule rule = {.id = span_of(places[i].rule)};

        rule.rollout_bp = places[i].place;
        if (weir__rollout_includes(&rule, span_of(places[i].author)))
            fail_msg("%s is in too early", places[i].author);
        rule.rollout_bp = places[i].place + 1;
        if (!weir__rollout_includes(&rule, span_of(places[i].author)))
            fail_msg("%s is not in", places[i].author);
    }
}

static void
nobody_known_is_held_back(void **state)
{
    struct weir_rule rule = {.id = SPAN_LIT("r"), .rollout_bp = 9999};

    (void)state;
    assert_false(weir__rollout_includes(&rule, SPAN_NONE));
    rule.rollout_bp = 10000;
    assert_true(weir__rollout_includes(&rule, SPAN_NONE));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_promise_in_every_order),
        cmocka_unit_test(parts_merge_to_the_stricter),
        cmocka_unit_test(outcomes_are_compared_as_records_show_them),
        cmocka_unit_test(exemptions_unite_sorted_and_once),
        cmocka_unit_test(a_growing_rollout_only_adds_authors),
        cmocka_unit_test(an_authors_place_is_fixed),
        cmocka_unit_test(nobody_known_is_held_back),
    };

    return cmocka_run_group_tests_name("decide: resolve", tests, NULL, NULL);
}

/*
 * The goals of replay: medians of the ratios of each round.
 */
#include "race/race_goals.h"

#include "figures.h"

#include <math.h>
#include <stdio.h>

struct goal {
    struct target target; /* first, for the cast back */
    enum race_kind race;
    enum side of, over;
    unsigned also; /* sides that are measured and told with it */
};

static const struct goal goals[] = {
    {{"R1", "real tweets: replay, over simdjson On-Demand reading the same fields", false, 0.6,
      0.9},
     RACE_TWEETS,
     SIDE_REPLAY,
     SIDE_ONDEMAND,
     0},
    {{"R2", "small posts: replay, over simdjson On-Demand reading the same fields", false, 0.3,
      0.45},
     RACE_SMALL,
     SIDE_REPLAY,
     SIDE_ONDEMAND,
     0},
    {{"R3.tweets", "real tweets: replay by many rules, over replay by few", false, 0.65, 0.9},
     RACE_TWEETS,
     SIDE_REPLAY,
     SIDE_FEW,
     0},
    {{"R3.small", "small posts: replay by many rules, over replay by few", false, 0.65, 0.9},
     RACE_SMALL,
     SIDE_REPLAY,
     SIDE_FEW,
     0},
    {{"R4.tweets", "real tweets: replay on two cores, over one", false, 1.8, 1.95},
     RACE_TWEETS,
     SIDE_TWO,
     SIDE_ONE,
     1u << SIDE_GZIP_ONE | 1u << SIDE_GZIP_TWO | 1u << SIDE_ZSTD_ONE | 1u << SIDE_ZSTD_TWO},
    {{"R4.small", "small posts: replay on two cores, over one", false, 1.8, 1.95},
     RACE_SMALL,
     SIDE_TWO,
     SIDE_ONE,
     0},
    {{"R5.grep", "replay by literals on two cores, over grep -F -f, which has one", false, 4, 8},
     RACE_LITERALS,
     SIDE_TWO,
     SIDE_GREP,
     1u << SIDE_REPLAY},
    {{"R5.rg", "replay by regexes, over rg -f on posts that it has not seen", false, 100, 500},
     RACE_REGEXES,
     SIDE_REPLAY,
     SIDE_RG,
     1u << SIDE_RG_SEEN},
};

#define NGOALS (sizeof goals / sizeof *goals)

const struct target *
race_goal(size_t i)
{
    return i < NGOALS ? &goals[i].target : NULL;
}

static unsigned
sides_of(const struct goal *g)
{
    return 1u << g->of | 1u << g->over | g->also;
}

unsigned
race_goals_sides(const struct requirements *q, enum race_kind kind)
{
    unsigned sides = 0;

    for (size_t i = 0; i < (q->n ? q->n : NGOALS); i++) {
        const struct goal *g = q->n ? (const struct goal *)q->v[i].target : &goals[i];

        if (g->race == kind)
            sides |= sides_of(g);
    }
    return sides;
}

static const char *
why_no_ratio(const struct race *r, const struct goal *g, double ratio)
{
    const enum side both[] = {g->of, g->over};

    if (r->missing[0])
        return r->missing;
    for (size_t i = 0; i < 2; i++)
        if (r->absent[both[i]][0] || r->fault[both[i]][0])
            return r->absent[both[i]][0] ? r->absent[both[i]] : r->fault[both[i]];
    return ratio < 0 ? "a side was held up in every round" : NULL;
}

static void
measure_one(const struct goal *g, const struct outcome *o, struct target_value *v)
{
    const struct race *r = &o->races[g->race];
    double ratio = samples_ratio(&r->rate[g->of], &r->rate[g->over]);
    const char *why = o->missing              ? o->missing
                      : !o->has_race[g->race] ? "not asked for"
                                              : why_no_ratio(r, g, ratio);
    char a[FIGURE_MAX], b[FIGURE_MAX], n[FIGURE_MAX];

    *v = (struct target_value){.measured = !why, .value = ratio};
    if (why) {
        snprintf(v->why, sizeof v->why, "%.500s", why);
        return;
    }
    snprintf(v->where, sizeof v->where, "%s rules: %s over %s posts a second", grouped(r->nmany, n),
             figure(samples_spread(&r->rate[g->of]).median, a),
             figure(samples_spread(&r->rate[g->over]).median, b));
}

void
race_goals_measure(const struct requirements *q, const struct outcome *o,
                   struct target_value v[MAX_REQUIREMENTS])
{
    for (size_t i = 0; i < q->n; i++)
        measure_one((const struct goal *)q->v[i].target, o, &v[i]);
}

/*
 * The rows of a headcount that decisions count in.
 */
#include "replay/census.h"

static struct headcount_key
key_of(enum census_of of, uint32_t id, uint16_t region)
{
    return (struct headcount_key){(uint64_t)of, (uint64_t)id << 16 | region};
}

struct taking {
    struct headcount *counts;
    const weir_decision *d;
};

static void
count_as(const struct taking *t, enum census_of of, uint32_t id, uint16_t region)
{
    (void)headcount_count(t->counts, key_of(of, id, region), true);
}

/* As the rule's in the region, or its order's. */
static void
count_act(const struct taking *t, enum census_of of, uint32_t rule, uint16_t region)
{
    weir_rule_info info;

    if (of == CENSUS_RULE) {
        count_as(t, CENSUS_RULE, rule, region);
        return;
    }
    weir_ruleset_rule(t->d->rs, rule, &info);
    if (info.order != WEIR_NONE)
        count_as(t, CENSUS_ORDER, info.order, 0);
}

/* All regions come before all that acted there, and rules before orders: what mostly follows is
   found by what was before it. */
static void
take_regions(const struct taking *t)
{
    bool any = false;

    for (size_t i = 0; i < t->d->nregions; i++) {
        if (t->d->regions[i].outcome.action == WEIR_ALLOW)
            continue;
        any = true;
        count_as(t, CENSUS_REGION, 0, t->d->regions[i].region);
    }
    if (any)
        count_as(t, CENSUS_ALL, 0, 0);
}

static void
take_outcome(const struct taking *t, enum census_of of, const weir_region_outcome *r)
{
    const weir_outcome *o = &r->outcome;

    if (o->action == WEIR_WITHHOLD)
        count_act(t, of, o->act.rule, r->region);
    for (int s = 0; o->action == WEIR_DOWNRANK && s < WEIR_NSURFACES; s++)
        if (o->surfaces >> s & 1)
            count_act(t, of, o->surface[s].act.rule, r->region);
}

void
census_take(struct headcount *counts, const weir_decision *d)
{
    struct taking t = {.counts = counts, .d = d};

    if (!d->nregions && !d->nexempted && !d->nobserved && !d->nheld_back)
        return;
    headcount_begin(counts, &d->post->author);
    take_regions(&t);
    for (size_t i = 0; i < d->nregions; i++)
        take_outcome(&t, CENSUS_RULE, &d->regions[i]);
    for (size_t i = 0; i < d->nregions; i++)
        take_outcome(&t, CENSUS_ORDER, &d->regions[i]);
    for (size_t i = 0; i < d->nexempted; i++)
        for (size_t k = 0; k < d->exempted[i].n; k++)
            count_as(&t, CENSUS_RULE, d->exempted[i].list[k].rule, d->exempted[i].region);
    for (size_t i = 0; i < d->nobserved; i++)
        count_as(&t, CENSUS_RULE, d->observed[i], WEIR_REGION_NONE);
    for (size_t i = 0; i < d->nheld_back; i++)
        count_as(&t, CENSUS_RULE, d->held_back[i], WEIR_REGION_NONE);
}

struct headcount_row
census_find(struct headcount *counts, enum census_of of, uint32_t id, uint16_t region)
{
    return headcount_find(counts, key_of(of, id, region));
}

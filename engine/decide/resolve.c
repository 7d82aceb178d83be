/*
 * Resolver: folds the candidate rules of one region into one outcome.
 *
 * A total order, so that neither the order in which the matcher reports candidates nor the number
 * of threads can show. Priority does one thing: an allow defeats restrictions up to its own. It
 * never lets one restriction cancel another.
 */
#include "decide/resolve.h"

/* Greater is better: the highest priority, then the first in source order. */
static bool
is_before(const struct weir__candidate *a, const struct weir__candidate *b)
{
    if (a->rule->priority != b->rule->priority)
        return a->rule->priority > b->rule->priority;
    return a->act.rule < b->act.rule;
}

static bool
reaches(const struct weir_rule *allow, const struct weir_rule *restriction)
{
    if (!allow->has_against)
        return true;
    for (size_t i = 0; i < allow->nagainst; i++)
        if (restriction->order == allow->against[i])
            return true;
    return false;
}

static bool
holds(const struct weir__candidate *c, uint16_t region)
{
    return weir__region_has(&c->rule->regions, region);
}

/* The allow that defeats c[i], or NULL. */
static const struct weir__candidate *
defeater_of(size_t i, const struct weir__candidate *c, size_t n, uint16_t region)
{
    const struct weir__candidate *best = NULL;

    for (size_t k = 0; k < n; k++) {
        if (c[k].rule->action != WEIR_ALLOW || !holds(&c[k], region))
            continue;
        if (c[k].rule->priority < c[i].rule->priority || !reaches(c[k].rule, c[i].rule))
            continue;
        if (!best || is_before(&c[k], best))
            best = &c[k];
    }
    return best;
}

/* The candidates that stand so far. */
struct standing {
    const struct weir__candidate *withhold;
    const struct weir__candidate *surface[WEIR_NSURFACES];
};

static void
add_survivor(struct standing *s, const struct weir__candidate *c)
{
    if (c->rule->action == WEIR_WITHHOLD) {
        if (!s->withhold || is_before(c, s->withhold))
            s->withhold = c;
        return;
    }
    for (int i = 0; i < WEIR_NSURFACES; i++) {
        const struct weir__candidate *old = s->surface[i];
        if (!(c->rule->surfaces >> i & 1))
            continue;
        if (!old || c->rule->factor_milli < old->rule->factor_milli ||
            (c->rule->factor_milli == old->rule->factor_milli && is_before(c, old)))
            s->surface[i] = c;
    }
}

static void
conclude(const struct standing *s, weir_outcome *out)
{
    memset(out, 0, sizeof *out);
    out->action = WEIR_ALLOW;
    if (s->withhold) {
        out->action = WEIR_WITHHOLD;
        out->act = s->withhold->act;
        return;
    }
    for (int i = 0; i < WEIR_NSURFACES; i++) {
        if (!s->surface[i])
            continue;
        out->action = WEIR_DOWNRANK;
        out->surfaces |= 1u << i;
        out->surface[i].factor_milli = s->surface[i]->rule->factor_milli;
        out->surface[i].act = s->surface[i]->act;
    }
}

size_t
weir__resolve(const struct weir__candidate *c, size_t n, uint16_t region, weir_outcome *out,
              weir_exemption *exempted)
{
    struct standing standing = {0};
    size_t nexempted = 0;

    for (size_t i = 0; i < n; i++) {
        if (c[i].rule->action == WEIR_ALLOW || !holds(&c[i], region))
            continue;
        const struct weir__candidate *by = defeater_of(i, c, n, region);
        if (by)
            exempted[nexempted++] = (weir_exemption){c[i].act.rule, by->act.rule};
        else
            add_survivor(&standing, &c[i]);
    }
    conclude(&standing, out);
    return nexempted;
}

bool
weir__acts(const weir_outcome *o, uint32_t rule)
{
    if (o->action == WEIR_WITHHOLD)
        return o->act.rule == rule;
    for (int i = 0; o->action == WEIR_DOWNRANK && i < WEIR_NSURFACES; i++)
        if ((o->surfaces >> i & 1) && o->surface[i].act.rule == rule)
            return true;
    return false;
}

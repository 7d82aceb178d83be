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
holds(const struct weir__candidate *c, uint16_t region)
{
    return weir__region_has(&c->rule->regions, region);
}

static void
keep_best(const struct weir__candidate **best, const struct weir__candidate *c)
{
    if (!*best || is_before(c, *best))
        *best = c;
}

/*
 * The allows of one region, of those that reach the same restrictions the best: where its priority
 * is too low to defeat one, so are the others'.
 */
struct allows {
    const struct weir__candidate *any;      /* without `against`: reaches everything */
    const struct weir__candidate **against; /* by order */
};

static void
note_allow(struct allows *a, const struct weir__candidate *c)
{
    if (!c->rule->has_against)
        keep_best(&a->any, c);
    for (size_t i = 0; c->rule->has_against && i < c->rule->nagainst; i++)
        keep_best(&a->against[c->rule->against[i]], c);
}

static void
forget_allow(struct allows *a, const struct weir__candidate *c)
{
    for (size_t i = 0; c->rule->has_against && i < c->rule->nagainst; i++)
        a->against[c->rule->against[i]] = NULL;
}

/* The allow that defeats the restriction, or NULL. */
static const struct weir__candidate *
defeater_of(const struct allows *a, const struct weir__candidate *c)
{
    const struct weir__candidate *best = a->any;

    if (c->rule->order != WEIR_NONE && a->against[c->rule->order])
        keep_best(&best, a->against[c->rule->order]);
    return best && best->rule->priority >= c->rule->priority ? best : NULL;
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
        keep_best(&s->withhold, c);
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
weir__resolve(const struct weir__candidate *c, size_t n, uint16_t region,
              const struct weir__candidate **against, weir_outcome *out, weir_exemption *exempted)
{
    struct allows allows = {.against = against};
    struct standing standing = {0};
    size_t nexempted = 0;

    for (size_t i = 0; i < n; i++)
        if (c[i].rule->action == WEIR_ALLOW && holds(&c[i], region))
            note_allow(&allows, &c[i]);
    for (size_t i = 0; i < n; i++) {
        if (c[i].rule->action == WEIR_ALLOW || !holds(&c[i], region))
            continue;
        const struct weir__candidate *by = defeater_of(&allows, &c[i]);
        if (by)
            exempted[nexempted++] = (weir_exemption){c[i].act.rule, by->act.rule};
        else
            add_survivor(&standing, &c[i]);
    }
    for (size_t i = 0; i < n; i++)
        if (c[i].rule->action == WEIR_ALLOW)
            forget_allow(&allows, &c[i]);
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

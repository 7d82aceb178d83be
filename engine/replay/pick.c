/*
 * Looking a decision over as its record would be read: in a region, what is said of it, else of XX.
 */
#include "replay/pick.h"

bool
pick_leaves_out(const struct pick *p, const weir_decision *d)
{
    const weir_post *post = d->post;

    if (!p->has_times)
        return false;
    if (post->query.kind != WEIR_QUERY_NONE)
        return d->at_ms < p->since_ms || d->at_ms >= p->until_ms;
    return !post->has_created || post->created_ms < p->since_ms || post->created_ms >= p->until_ms;
}

/* Without a region, whatever is said of any. */
static bool
has_action(const struct pick *p, const weir_decision *d)
{
    if (!p->actions)
        return true;
    weir_action action = d->action;
    if (p->region != WEIR_REGION_NONE)
        action = weir_decision_outcome(d, p->region)->action;
    return p->actions >> action & 1;
}

static bool
outcome_names(const struct pick *p, const weir_outcome *o)
{
    if (o->action == WEIR_WITHHOLD)
        return p->rules[o->act.rule];
    for (int s = 0; o->action == WEIR_DOWNRANK && s < WEIR_NSURFACES; s++)
        if (o->surfaces >> s & 1 && p->rules[o->surface[s].act.rule])
            return true;
    return false;
}

static bool
exemptions_name(const struct pick *p, const weir_region_exemptions *x)
{
    for (size_t i = 0; i < x->n; i++)
        if (p->rules[x->list[i].rule] || p->rules[x->list[i].by])
            return true;
    return false;
}

static bool
list_names(const struct pick *p, const uint32_t *rules, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p->rules[rules[i]])
            return true;
    return false;
}

/* In what holds everywhere or nowhere in particular, and in the region or any. */
static bool
has_rule(const struct pick *p, const weir_decision *d)
{
    if (!p->rules)
        return true;
    if (list_names(p, d->observed, d->nobserved) || list_names(p, d->held_back, d->nheld_back) ||
        list_names(p, d->limit, d->nlimit) || list_names(p, d->breaker, d->nbreaker))
        return true;
    if (p->region != WEIR_REGION_NONE) {
        const weir_outcome *o = weir_decision_outcome(d, p->region);
        const weir_region_exemptions *x = weir_decision_exemptions(d, p->region);

        return outcome_names(p, o) || (x && exemptions_name(p, x));
    }
    for (size_t i = 0; i < d->nregions; i++)
        if (outcome_names(p, &d->regions[i].outcome))
            return true;
    for (size_t i = 0; i < d->nexempted; i++)
        if (exemptions_name(p, &d->exempted[i]))
            return true;
    return false;
}

/* A region that is asked for alone: something is done there, or was kept from being done. */
static bool
concerns_region(const struct pick *p, const weir_decision *d)
{
    if (p->region == WEIR_REGION_NONE || p->rules || p->actions)
        return true;
    const weir_outcome *o = weir_decision_outcome(d, p->region);
    const weir_region_exemptions *x = weir_decision_exemptions(d, p->region);
    return o->action != WEIR_ALLOW || (x && x->n);
}

/* What is said to a query of one region says nothing of another. */
static bool
is_of_another(const struct pick *p, const weir_decision *d)
{
    const weir_query *q = &d->post->query;

    return p->region != WEIR_REGION_NONE && q->kind != WEIR_QUERY_NONE &&
           q->region != WEIR_REGION_NONE && q->region != p->region;
}

bool
pick_wants_itself(const struct pick *p, const weir_decision *d)
{
    return has_action(p, d) && has_rule(p, d) && concerns_region(p, d);
}

bool
pick_wants(const struct pick *p, const weir_decision *d)
{
    if (is_of_another(p, d))
        return false;
    for (; d; d = d->quoted)
        if (pick_wants_itself(p, d))
            return true;
    return false;
}

/*
 * Regions: all parts of a post resolved in every region in which the outcome may differ, and what
 * of it a record needs to tell.
 *
 * Regions are XX, and those that some candidate names or leaves out of its XX: every other region
 * has XX's outcome, so nothing is gained by looking at it.
 */
#include "base/bits.h"
#include "decide/scratch.h"

/* All parts in one region; the exemptions stand in s->sum. The caller has made room. */
static void
resolve_parts(weir_scratch *s, const struct weir__slot *slot, uint16_t region, weir_outcome *out)
{
    const struct weir__candidate *all = slot->candidate.items;

    s->sum.n = 0;
    for (size_t i = 0; i < slot->nparts; i++) {
        const struct weir__part *part = &slot->part[i];
        const struct weir__candidate *c = part->ncandidates ? all + part->candidates : all;
        weir_outcome here;

        if (i == 0) {
            s->sum.n = weir__resolve(c, part->ncandidates, region, s->against, out, s->sum.items);
            continue;
        }
        s->one.n = weir__resolve(c, part->ncandidates, region, s->against, &here, s->one.items);
        weir__outcome_merge(out, &here);
        s->both.n =
            weir__exemptions_unite(s->sum.items, s->sum.n, s->one.items, s->one.n, s->both.items);
        struct weir__exemptions swap = s->sum;
        s->sum = s->both;
        s->both = swap;
    }
}

static bool
push_exemptions(struct weir__slot *slot, uint16_t region, const struct weir__exemptions *list)
{
    if (!VEC_ROOM(slot->exemption, slot->exemption.n + list->n))
        return false;
    if (list->n)
        memcpy(slot->exemption.items + slot->exemption.n, list->items,
               list->n * sizeof *list->items);
    slot->exemption.n += list->n;
    slot->exempted.items[slot->exempted.n++] =
        (weir_region_exemptions){.region = region, .n = list->n};
    return true;
}

static void
push_outcome(struct weir__slot *slot, uint16_t region, const weir_outcome *o)
{
    slot->outcome.items[slot->outcome.n++] = (weir_region_outcome){region, *o};
}

static void
raise_action(weir_decision *d, weir_action a)
{
    if (a > d->action)
        d->action = a;
}

/* XX, or the one region of a query: told unless it is what silence means. */
static weir_status
decide_first(weir_scratch *s, struct weir__slot *slot, uint16_t region, weir_outcome *out)
{
    resolve_parts(s, slot, region, out);
    raise_action(&slot->d, out->action);
    if (out->action != WEIR_ALLOW)
        push_outcome(slot, region, out);
    if (s->sum.n && !push_exemptions(slot, region, &s->sum))
        return WEIR_E_NOMEM;
    return WEIR_OK;
}

/* The others are told where they differ from XX. */
static weir_status
decide_others(weir_scratch *s, struct weir__slot *slot, const struct weir__region_set *named,
              const weir_outcome *xx)
{
    size_t nxx = slot->exemption.n; /* XX's list is the first of all */
    uint16_t r = WEIR_REGION_XX;

    while ((r = weir__region_next(named, (uint16_t)(r + 1))) != WEIR_REGION_NONE) {
        weir_outcome here;

        resolve_parts(s, slot, r, &here);
        raise_action(&slot->d, here.action);
        if (!weir__outcome_same(xx, &here))
            push_outcome(slot, r, &here);
        if (!weir__exemptions_same(slot->exemption.items, nxx, s->sum.items, s->sum.n) &&
            !push_exemptions(slot, r, &s->sum))
            return WEIR_E_NOMEM;
    }
    return WEIR_OK;
}

/* The lists have stopped moving: point at them. */
static void
publish(struct weir__slot *slot)
{
    size_t at = 0;

    for (size_t i = 0; i < slot->exempted.n; i++) {
        weir_region_exemptions *e = &slot->exempted.items[i];
        e->list = e->n ? slot->exemption.items + at : NULL;
        at += e->n;
    }
    slot->d.regions = slot->outcome.items;
    slot->d.nregions = slot->outcome.n;
    slot->d.exempted = slot->exempted.items;
    slot->d.nexempted = slot->exempted.n;
}

static size_t
count(const struct weir__region_set *set)
{
    size_t n = 0;

    for (int i = 0; i < WEIR_REGION_WORDS; i++)
        n += weir__count_bits(set->w[i]);
    return n;
}

weir_status
weir__decide_regions(weir_scratch *s, struct weir__slot *slot, uint16_t region)
{
    struct weir__region_set named = {{0}};
    weir_outcome first;
    weir_status st;

    /* no rule has matched: allowed in every region, as a decision says before it is made */
    if (slot->candidate.n == 0)
        return WEIR_OK;
    if (region == WEIR_REGION_NONE)
        for (size_t i = 0; i < slot->candidate.n; i++)
            weir__region_unite(&named, &slot->candidate.items[i].rule->named);
    size_t nregions = 1 + count(&named);
    if (!VEC_ROOM(slot->outcome, nregions) || !VEC_ROOM(slot->exempted, nregions) ||
        !VEC_ROOM(s->sum, slot->candidate.n) || !VEC_ROOM(s->one, slot->candidate.n) ||
        !VEC_ROOM(s->both, slot->candidate.n))
        return WEIR_E_NOMEM;
    st = decide_first(s, slot, region == WEIR_REGION_NONE ? WEIR_REGION_XX : region, &first);
    if (st == WEIR_OK)
        st = decide_others(s, slot, &named, &first);
    publish(slot);
    return st;
}

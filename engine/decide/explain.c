/*
 * Explaining: what became of every rule of the set, on every part of the post.
 *
 * What a rule comes to by itself is known from judging. What a candidate comes to depends on the
 * others, and may differ by region: each part is resolved again by itself in XX and in every
 * region that any rule of the set names. Made on request only, so clarity goes before speed.
 */
#include "decide/scratch.h"

#define FIRST_REGIONAL WEIR_STATE_EXEMPTED

_Static_assert(WEIR_STATE_MATCHED - FIRST_REGIONAL + 1 == WEIR__REGIONAL_STATES,
               "exempted, outranked and matched stand together at the end");

/* One part in one region: each candidate that holds there gets its state. The exemptions come in
   the order of the candidates. */
static void
note_states(weir_scratch *s, const struct weir__candidate *c, size_t n, uint16_t region)
{
    weir_outcome outcome;
    size_t nexempted = weir__resolve(c, n, region, s->against, &outcome, s->one.items);

    for (size_t i = 0, e = 0; i < n; i++) {
        weir_state state = WEIR_STATE_OUTRANKED;

        if (!weir__region_has(&c[i].rule->regions, region))
            continue;
        if (e < nexempted && s->one.items[e].rule == c[i].act.rule) {
            state = WEIR_STATE_EXEMPTED;
            e++;
        } else if (c[i].rule->action == WEIR_ALLOW || weir__acts(&outcome, c[i].act.rule)) {
            state = WEIR_STATE_MATCHED;
        }
        weir__region_add(&s->by_state.items[i].in[state - FIRST_REGIONAL], region);
    }
}

static void
put(struct weir__slot *slot, const struct weir__touched *t, size_t part, weir_state state)
{
    slot->trace.items[slot->trace.n++] = (weir_trace_entry){.rule = t->rule,
                                                            .part = (uint8_t)part,
                                                            .state = state,
                                                            .hits = t->hits,
                                                            .excepts = t->excepts};
}

static void
put_candidate(struct weir__slot *slot, const struct weir__touched *t, size_t part,
              const struct weir__by_state *by)
{
    int nstates = 0;

    for (int k = 0; k < WEIR__REGIONAL_STATES; k++)
        nstates += !weir__region_set_is_empty(&by->in[k]);
    for (int k = 0; k < WEIR__REGIONAL_STATES; k++) {
        if (weir__region_set_is_empty(&by->in[k]))
            continue;
        put(slot, t, part, (weir_state)(FIRST_REGIONAL + k));
        if (nstates == 1)
            continue;
        size_t first = slot->trace_region.n;
        for (uint16_t r = 0; (r = weir__region_next(&by->in[k], r)) != WEIR_REGION_NONE; r++)
            slot->trace_region.items[slot->trace_region.n++] = r;
        slot->trace.items[slot->trace.n - 1].nregions = slot->trace_region.n - first;
    }
}

static weir_state
state_untouched(const weir_scratch *s, const struct weir_rule *rule, int64_t at_ms)
{
    if (rule->mode == WEIR_MODE_OFF)
        return WEIR_STATE_OFF;
    if (!weir__rule_in_force(s->rs, rule, at_ms))
        return WEIR_STATE_NOT_IN_FORCE;
    return WEIR_STATE_NO_MATCH;
}

static void
explain_part(weir_scratch *s, struct weir__slot *slot, size_t p,
             const struct weir__region_set *compared, uint16_t region)
{
    const struct weir__part *part = &slot->part[p];
    const struct weir__touched *t = slot->touched.items + part->touched;
    const struct weir__candidate *c = slot->candidate.items + part->candidates;
    size_t nt = 0, nc = 0;

    for (size_t i = 0; i < part->ncandidates; i++)
        s->by_state.items[i] = (struct weir__by_state){0};
    for (uint16_t r = 0; (r = weir__region_next(compared, r)) != WEIR_REGION_NONE; r++)
        note_states(s, c, part->ncandidates, r);
    for (uint32_t i = 0; i < s->rs->nrules; i++) {
        const struct weir_rule *rule = &s->rs->rules[i];

        if (region != WEIR_REGION_NONE && !weir__region_has(&rule->regions, region))
            continue;
        if (nt == part->ntouched || t[nt].rule != i) {
            put(slot, &(struct weir__touched){.rule = i}, p,
                state_untouched(s, rule, slot->d.at_ms));
            continue;
        }
        if (t[nt].state == WEIR_STATE_MATCHED)
            put_candidate(slot, &t[nt], p, &s->by_state.items[nc++]);
        else
            put(slot, &t[nt], p, t[nt].state);
        nt++;
    }
}

static bool
make_room(weir_scratch *s, struct weir__slot *slot)
{
    size_t n = slot->candidate.n;

    return VEC_ROOM(s->one, n) && VEC_ROOM(s->by_state, n) &&
           VEC_ROOM(slot->trace, slot->nparts * s->rs->nrules + n * WEIR__REGIONAL_STATES) &&
           VEC_ROOM(slot->trace_region, n * WEIR_REGION_LIMIT);
}

weir_status
weir__explain(weir_scratch *s, struct weir__slot *slot, uint16_t region)
{
    struct weir__region_set compared = s->named;
    size_t at = 0;

    if (!make_room(s, slot))
        return WEIR_E_NOMEM;
    if (region != WEIR_REGION_NONE) {
        compared = (struct weir__region_set){{0}};
        weir__region_add(&compared, region);
    }
    for (size_t p = 0; p < slot->nparts; p++)
        explain_part(s, slot, p, &compared, region);
    for (size_t i = 0; i < slot->trace.n; i++) { /* the lists have stopped moving */
        weir_trace_entry *e = &slot->trace.items[i];
        e->regions = e->nregions ? slot->trace_region.items + at : NULL;
        at += e->nregions;
    }
    slot->d.trace = slot->trace.items;
    slot->d.ntrace = slot->trace.n;
    return WEIR_OK;
}

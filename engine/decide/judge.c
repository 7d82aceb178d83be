/*
 * Judging: what became of each rule that one post touched, as far as that concerns the rule alone.
 */
#include "decide/judge.h"

#include "decide/rollout.h"
#include "decide/scratch.h"

uint32_t
weir__value_hit(const struct weir__match *m, const struct weir_rule *rule, enum weir__side side,
                weir_selector kind)
{
    uint32_t id = rule->selector[side][kind];
    uint32_t hit = weir__match_hit(m, id);
    uint32_t ran_out = rule->limit_matches ? weir__match_ran_out(m, id) : WEIR_NONE;

    return ran_out < hit ? ran_out : hit; /* WEIR_NONE is the greatest of all */
}

weir_selector
weir__missed(const struct weir__match *m, const struct weir_rule *rule)
{
    for (int k = 0; k < WEIR_NSELECTORS; k++)
        if (rule->selector[WEIR__MATCH][k] != WEIR_NONE &&
            weir__value_hit(m, rule, WEIR__MATCH, (weir_selector)k) == WEIR_NONE)
            return (weir_selector)k;
    return WEIR_NSELECTORS;
}

weir_selector
weir__excepting(const struct weir__match *m, const struct weir_rule *rule)
{
    for (int k = 0; k < WEIR_NSELECTORS; k++)
        if (weir__value_hit(m, rule, WEIR__EXCEPT, (weir_selector)k) != WEIR_NONE)
            return (weir_selector)k;
    return WEIR_NSELECTORS;
}

bool
weir__ran_out(const struct weir__match *m, const struct weir_rule *rule)
{
    for (int side = WEIR__MATCH; side <= WEIR__EXCEPT; side++)
        for (int k = 0; k < WEIR_NSELECTORS; k++)
            if (weir__match_ran_out(m, rule->selector[side][k]) != WEIR_NONE)
                return true;
    return false;
}

/* Selectors of a side that a value hits. */
static uint32_t
hits_of(const struct weir__match *m, const struct weir_rule *rule, enum weir__side side)
{
    uint32_t hits = 0;

    for (int k = 0; k < WEIR_NSELECTORS; k++)
        if (weir__value_hit(m, rule, side, (weir_selector)k) != WEIR_NONE)
            hits |= 1u << k;
    return hits;
}

/* A rule that missed: would it have matched, had its patterns not run out? */
static bool
missed_by_limit(const struct weir__match *m, const struct weir_rule *rule)
{
    for (int k = 0; k < WEIR_NSELECTORS; k++) {
        uint32_t id = rule->selector[WEIR__MATCH][k];
        if (id != WEIR_NONE && weir__match_hit(m, id) == WEIR_NONE &&
            weir__match_ran_out(m, id) == WEIR_NONE)
            return false;
    }
    return true;
}

/* MATCHED: what it is in a region is for the resolver to say. */
static weir_state
state_of(const struct weir__match *m, const struct weir_rule *rule, const weir_post *post)
{
    weir_span author = post->author.id.len ? post->author.id : m->author_handle;

    if (weir__missed(m, rule) != WEIR_NSELECTORS)
        return missed_by_limit(m, rule) ? WEIR_STATE_LIMIT : WEIR_STATE_NO_MATCH;
    if (weir__excepting(m, rule) != WEIR_NSELECTORS)
        return WEIR_STATE_EXCEPTED;
    if (!weir__rollout_includes(rule, author))
        return WEIR_STATE_HELD_BACK;
    return rule->mode == WEIR_MODE_OBSERVE ? WEIR_STATE_OBSERVED : WEIR_STATE_MATCHED;
}

/* What a record names as the reason: the first selector given, and the first value it matched. */
static struct weir__candidate
candidate_of(const weir_scratch *s, const struct weir__slot *slot, uint32_t index,
             const weir_post *post)
{
    const struct weir_rule *rule = &s->rs->rules[index];
    int k = 0;

    while (rule->selector[WEIR__MATCH][k] == WEIR_NONE)
        k++;
    return (struct weir__candidate){
        .rule = rule,
        .act = {.rule = index,
                .via_repost = slot->nparts > 0,
                .selector = (weir_selector)k,
                .part = post,
                .value = weir__value_hit(&s->match, rule, WEIR__MATCH, (weir_selector)k)},
    };
}

weir_status
weir__judge(weir_scratch *s, struct weir__slot *slot, const weir_post *post, uint16_t region)
{
    struct weir__match *m = &s->match;
    struct weir__part part = {post, slot->touched.n, 0, slot->candidate.n, 0};
    struct weir__scope scope = {WEIR_NONE, slot->d.at_ms, region};
    bool trace = s->options.trace;
    weir_status st = weir__match_post(m, post, scope);

    if (st != WEIR_OK)
        return st;
    if (!VEC_ROOM(slot->touched, slot->touched.n + m->nrules) ||
        !VEC_ROOM(slot->candidate, slot->candidate.n + m->nrules))
        return WEIR_E_NOMEM;
    slot->d.limit_tags |= m->too_many_tags;
    for (size_t i = 0; i < m->nrules; i++) {
        const struct weir_rule *rule = &s->rs->rules[m->rules[i]];
        if (!weir__match_in_scope(m, m->rules[i]))
            continue;
        weir_state state = state_of(m, rule, post);
        bool tripped = s->ntripped && weir__trip_applies(s, m->rules[i], &state);
        slot->touched.items[slot->touched.n++] =
            (struct weir__touched){.rule = m->rules[i],
                                   .state = state,
                                   .ran_out = weir__ran_out(m, rule),
                                   .tripped = tripped,
                                   .hits = trace ? hits_of(m, rule, WEIR__MATCH) : 0,
                                   .excepts = trace ? hits_of(m, rule, WEIR__EXCEPT) : 0};
        if (state == WEIR_STATE_MATCHED)
            slot->candidate.items[slot->candidate.n++] = candidate_of(s, slot, m->rules[i], post);
    }
    part.ntouched = slot->touched.n - part.touched;
    part.ncandidates = slot->candidate.n - part.candidates;
    slot->part[slot->nparts++] = part;
    return WEIR_OK;
}

/*
 * One post, one time, every region: the states of all rules on each part, their resolution, and
 * what is joined over the parts of a repost.
 */
#include "decide.h"

#include <stdlib.h>

#include <xxhash.h>

static bool
holds(const struct interval *i, int64_t now)
{
    return (i->from == NO_TIME || now >= i->from) && (i->until == NO_TIME || now < i->until);
}

static bool
in_force(const struct rule *r, int64_t now)
{
    const struct order *o = r->order;
    bool any = false;

    if (!holds(&r->own, now))
        return false;
    if (!o)
        return true;
    for (size_t i = 0; i < o->nin_force; i++)
        any |= holds(&o->in_force[i], now);
    if (o->revoked != NO_TIME && now >= o->revoked)
        return false;
    if (o->lift && o->review_by != NO_TIME && now >= o->review_by &&
        (o->confirmed == NO_TIME || now < o->confirmed))
        return false;
    return any;
}

/* Is the author outside the rollout? */
static bool
is_held_back(const struct rule *r, const struct post *p)
{
    struct str key = p->author.id.n ? p->author.id : str_lower(LINE, p->author.handle);
    uint64_t seed = XXH3_64bits(r->id.p, r->id.n);

    if (r->rollout == 10000)
        return false;
    return !key.n || XXH3_64bits_withSeed(key.p, key.n, seed) % 10000 >= (uint64_t)r->rollout;
}

static enum state
state_of(const struct rule *r, const struct post *p, int64_t now, size_t *ran_outs, struct match *m)
{
    if (r->mode == OFF)
        return S_OFF;
    if (!in_force(r, now))
        return S_NOT_IN_FORCE;
    *m = match_rule(r, p, ran_outs);
    if (!m->matches)
        return m->would ? S_LIMIT : S_NO_MATCH;
    if (m->excepted)
        return S_EXCEPTED;
    if (is_held_back(r, p))
        return S_HELD_BACK;
    if (r->mode == OBSERVE)
        return S_OBSERVED;
    return S_MATCHED; /* or exempted or outranked: that is each region's to say */
}

static bool
defeats(const struct rule *allow, const struct rule *restriction)
{
    if (allow->priority < restriction->priority)
        return false;
    if (!allow->has_against)
        return true;
    for (size_t i = 0; i < allow->nagainst; i++)
        if (restriction->order == allow->against[i])
            return true;
    return false;
}

/* Of two rules by index: is a before b in rank? Higher priority, then source order. */
static bool
ranks_before(const struct ruleset *rs, size_t a, size_t b)
{
    if (rs->rules[a].priority != rs->rules[b].priority)
        return rs->rules[a].priority > rs->rules[b].priority;
    return a < b;
}

/* The allow that defeats rule i in a region, or NO_RULE. */
static size_t
defeated_by(const struct ruleset *rs, const struct part *part, int region, size_t i)
{
    size_t best = NO_RULE;

    for (size_t a = 0; a < rs->nrules; a++) {
        const struct rule *allow = &rs->rules[a];
        if (allow->action == ALLOW && part->states[a] == S_MATCHED && allow->regions.has[region] &&
            defeats(allow, &rs->rules[i]) && (best == NO_RULE || ranks_before(rs, a, best)))
            best = a;
    }
    return best;
}

static void
resolve(const struct ruleset *rs, const struct part *part, int region, struct resolution *out)
{
    memset(out, 0, sizeof *out);
    out->withhold.rule = NO_RULE;
    for (int s = 0; s < NSURFACES; s++)
        out->surface[s].rule = NO_RULE;
    out->state = give(LINE, rs->nrules * sizeof *out->state);
    out->by = give(LINE, rs->nrules * sizeof *out->by);
    for (size_t i = 0; i < rs->nrules; i++) {
        const struct rule *r = &rs->rules[i];
        out->state[i] = part->states[i];
        if (part->states[i] != S_MATCHED || !r->regions.has[region] || r->action == ALLOW)
            continue;
        out->by[i] = defeated_by(rs, part, region, i);
        out->state[i] = out->by[i] == NO_RULE ? S_OUTRANKED : S_EXEMPTED;
        if (out->state[i] == S_EXEMPTED)
            continue;
        if (r->action == WITHHOLD) {
            if (out->withhold.rule == NO_RULE || ranks_before(rs, i, out->withhold.rule))
                out->withhold = (struct act){i, part};
            continue;
        }
        for (int s = 0; s < NSURFACES; s++) {
            size_t old = out->surface[s].rule;
            if (r->surfaces[s] &&
                (old == NO_RULE || r->factor < rs->rules[old].factor ||
                 (r->factor == rs->rules[old].factor && ranks_before(rs, i, old))))
                out->surface[s] = (struct act){i, part};
        }
    }
    if (out->withhold.rule != NO_RULE) {
        out->action = WITHHOLD;
        out->state[out->withhold.rule] = S_MATCHED;
        return;
    }
    for (int s = 0; s < NSURFACES; s++)
        if (out->surface[s].rule != NO_RULE) {
            out->action = DOWNRANK;
            out->state[out->surface[s].rule] = S_MATCHED;
        }
}

/* The stricter one; where both are equal the earlier part's. */
static void
join(const struct ruleset *rs, struct resolution *all, const struct resolution *part)
{
    if (part->action > all->action) {
        struct resolution old = *all;
        *all = *part;
        all->state = old.state;
        all->by = old.by;
        return;
    }
    if (part->action != DOWNRANK || all->action != DOWNRANK)
        return;
    for (int s = 0; s < NSURFACES; s++) {
        size_t a = all->surface[s].rule, b = part->surface[s].rule;
        if (b != NO_RULE && (a == NO_RULE || rs->rules[b].factor < rs->rules[a].factor))
            all->surface[s] = part->surface[s];
    }
}

static void
add_exemption(struct region_outcome *o, struct exemption e)
{
    size_t at = 0;

    while (at < o->nexempted && (o->exempted[at].rule < e.rule ||
                                 (o->exempted[at].rule == e.rule && o->exempted[at].by < e.by)))
        at++;
    if (at < o->nexempted && o->exempted[at].rule == e.rule && o->exempted[at].by == e.by)
        return;
    PUSH(LINE, o->exempted, o->nexempted, e);
    for (size_t i = o->nexempted - 1; i > at; i--)
        o->exempted[i] = o->exempted[i - 1];
    o->exempted[at] = e;
}

static void
decide_region(const struct ruleset *rs, struct decision *d, struct region_outcome *o)
{
    for (size_t p = 0; p < d->nparts; p++) {
        resolve(rs, &d->parts[p], o->region, &o->of_part[p]);
        for (size_t i = 0; i < rs->nrules; i++)
            if (o->of_part[p].state[i] == S_EXEMPTED)
                add_exemption(o, (struct exemption){i, o->of_part[p].by[i]});
        if (p == 0)
            o->joined = o->of_part[0];
        else
            join(rs, &o->joined, &o->of_part[p]);
    }
}

static void
decide_parts(const struct ruleset *rs, struct decision *d)
{
    size_t ran_outs = 0;

    for (const struct post *p = d->post; p && d->nparts < NPARTS; p = p->repost_of) {
        struct part *part = &d->parts[d->nparts];
        part->index = d->nparts++;
        part->post = p;
        part->states = give(LINE, rs->nrules * sizeof *part->states);
        part->matches = give(LINE, rs->nrules * sizeof *part->matches);
        for (size_t i = 0; i < rs->nrules; i++)
            part->states[i] = state_of(&rs->rules[i], p, d->at, &ran_outs, &part->matches[i]);
        d->limit_tags |= p->too_many_tags;
    }
}

void
decide_post(const struct ruleset *rs, const struct post *post, int64_t at, struct decision *d)
{
    *d = (struct decision){.post = post, .at = at};
    if (post->source == QUERY && post->query.at.p)
        d->at = post->query.at_ms;
    decide_parts(rs, d);
    d->nregions = rs->ncompared;
    d->one_region = post->source == QUERY && post->query.region != REGION_NONE;
    if (d->one_region)
        d->nregions = 1;
    d->regions = give(LINE, d->nregions * sizeof *d->regions);
    for (size_t i = 0; i < d->nregions; i++) {
        d->regions[i].region = d->one_region ? post->query.region : rs->compared[i];
        decide_region(rs, d, &d->regions[i]);
    }
    for (const struct post *p = post; p && !d->quoted; p = p->repost_of)
        d->quoted = p->quotes;
}

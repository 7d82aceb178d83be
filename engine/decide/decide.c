/*
 * Deciding one post: its parts are judged one by one, resolved together region by region, and
 * what it quotes is decided by itself.
 *
 * A quoted post's decision stands in a slot of its own, so that it stays as long as the one that
 * it is nested in. Levels count reposts and quotes alike; slots count nested decisions only.
 */
#include "base/check.h"
#include "decide/scratch.h"

static void
begin(struct weir__slot *slot, const weir_ruleset *rs, const weir_post *post, int64_t at_ms)
{
    slot->d = (weir_decision){.rs = rs, .post = post, .at_ms = at_ms, .action = WEIR_ALLOW};
    slot->nparts = 0;
    slot->touched.n = slot->candidate.n = 0;
    slot->outcome.n = slot->exempted.n = slot->exemption.n = 0;
    slot->observed.n = slot->held_back.n = slot->limit.n = slot->breaker.n = 0;
    slot->trace.n = slot->trace_region.n = 0;
}

/* The lowest rule that some part touched at its place in `at`, or WEIR_NONE. */
static uint32_t
lowest(const struct weir__slot *slot, const size_t *at)
{
    uint32_t rule = WEIR_NONE;

    for (size_t p = 0; p < slot->nparts; p++) {
        const struct weir__touched *t = slot->touched.items + slot->part[p].touched;
        if (at[p] < slot->part[p].ntouched && t[at[p]].rule < rule)
            rule = t[at[p]].rule;
    }
    return rule;
}

/* Rules that some part was observed, held back or cut short by, or whose breaker has tripped:
   unions over parts, in source order. */
static weir_status
list_rules(struct weir__slot *slot)
{
    size_t at[WEIR__LEVELS] = {0}, n = slot->touched.n;
    uint32_t rule;

    if (n == 0)
        return WEIR_OK;
    if (!VEC_ROOM(slot->observed, n) || !VEC_ROOM(slot->held_back, n) ||
        !VEC_ROOM(slot->limit, n) || !VEC_ROOM(slot->breaker, n))
        return WEIR_E_NOMEM;
    while ((rule = lowest(slot, at)) != WEIR_NONE) {
        bool observed = false, held_back = false, limit = false, tripped = false;

        for (size_t p = 0; p < slot->nparts; p++) {
            const struct weir__touched *t = slot->touched.items + slot->part[p].touched + at[p];
            if (at[p] == slot->part[p].ntouched || t->rule != rule)
                continue;
            observed |= t->state == WEIR_STATE_OBSERVED;
            held_back |= t->state == WEIR_STATE_HELD_BACK;
            limit |= t->ran_out;
            tripped |= t->tripped;
            at[p]++;
        }
        if (observed)
            slot->observed.items[slot->observed.n++] = rule;
        if (held_back)
            slot->held_back.items[slot->held_back.n++] = rule;
        if (limit)
            slot->limit.items[slot->limit.n++] = rule;
        if (tripped)
            slot->breaker.items[slot->breaker.n++] = rule;
    }
    return WEIR_OK;
}

static void
publish(struct weir__slot *slot)
{
    weir_decision *d = &slot->d;

    d->observed = slot->observed.items;
    d->nobserved = slot->observed.n;
    d->held_back = slot->held_back.items;
    d->nheld_back = slot->held_back.n;
    d->limit = slot->limit.items;
    d->nlimit = slot->limit.n;
    d->breaker = slot->breaker.items;
    d->nbreaker = slot->breaker.n;
}

/* The one region that is asked about, or WEIR_REGION_NONE. */
static uint16_t
region_of(const weir_decide_options *o, const weir_query *q)
{
    if (q->kind != WEIR_QUERY_NONE && q->region != WEIR_REGION_NONE)
        return q->region;
    return o->one_region ? o->region : WEIR_REGION_NONE;
}

/* One post with what it reposts, but not what it quotes. */
static weir_status
decide_parts(weir_scratch *s, struct weir__slot *slot, size_t level, const weir_post *post,
             int64_t at_ms)
{
    uint16_t region = region_of(&s->options, &post->query);
    weir_status st = WEIR_OK;

    if (post->query.kind != WEIR_QUERY_NONE && post->query.at.p)
        at_ms = post->query.at_ms;
    begin(slot, s->rs, post, at_ms);
    for (; post && level < WEIR__LEVELS && st == WEIR_OK; post = post->repost_of, level++)
        st = weir__judge(s, slot, post, region);
    if (st == WEIR_OK && slot->touched.n == 0 && !s->options.trace)
        return WEIR_OK; /* as most are: allowed everywhere, as it was begun */
    if (st == WEIR_OK)
        st = weir__decide_regions(s, slot, region);
    if (st == WEIR_OK)
        st = list_rules(slot);
    publish(slot);
    slot->d.breaker_set = s->set_tripped && slot->d.action == WEIR_WITHHOLD;
    if (st == WEIR_OK && s->options.trace)
        st = weir__explain(s, slot, region);
    return st;
}

/* What the post shows as quoted, and the level it stands on: the wrapper's, else the original's. */
static const weir_post *
quoted_of(const struct weir__slot *slot, size_t *level)
{
    for (size_t p = 0; p < slot->nparts; p++)
        if (slot->part[p].post->quotes && *level + p + 1 < WEIR__LEVELS) {
            *level += p + 1;
            return slot->part[p].post->quotes;
        }
    return NULL;
}

static weir_status
decide(weir_scratch *s, const weir_post *post, int64_t now_ms, weir_decision *out)
{
    bool limited = false;
    size_t level = 0, n = 0;

    for (; post; n++) {
        struct weir__slot *slot = &s->slot[n];
        weir_status st = decide_parts(s, slot, level, post, now_ms);
        if (st != WEIR_OK)
            return st;
        limited |= slot->d.nlimit > 0 || slot->d.limit_tags;
        if (n > 0)
            s->slot[n - 1].d.quoted = &slot->d;
        post = quoted_of(slot, &level);
    }
    *out = s->slot[0].d;
    return limited ? WEIR_E_LIMIT : WEIR_OK;
}

static void
check(const weir_ruleset *rs, const weir_scratch *s)
{
    CHECK_OBJ(rs, WEIR_RULESET_MAGIC);
    CHECK_OBJ(s, WEIR_SCRATCH_MAGIC);
    CHECK(s->rs == rs);
}

weir_status
weir_decide(const weir_ruleset *rs, weir_scratch *scratch, const weir_post *post, int64_t now_ms,
            weir_decision *out)
{
    check(rs, scratch);
    return decide(scratch, post, now_ms, out);
}

void
weir_decide_ahead(const weir_ruleset *rs, weir_scratch *scratch, const weir_post *const *posts,
                  size_t n)
{
    check(rs, scratch);
    CHECK(n <= WEIR_AHEAD_MAX);
    for (size_t i = 0; i < n; i++)
        scratch->ahead[i] = posts[i];
    scratch->nahead = n;
    scratch->next = scratch->looked_from = scratch->nlooked = 0;
}

/* The next post, to matching. There is room for so many tags ahead; behind them it looks again. */
static void
announce_next(weir_scratch *s)
{
    size_t i = s->next - s->looked_from;

    if (i == s->nlooked) {
        s->looked_from = s->next;
        i = 0;
        s->nlooked = weir__match_ahead(&s->match, s->ahead + s->next, s->nahead - s->next);
    }
    if (i < s->nlooked)
        weir__match_announce(&s->match, i);
    else
        s->looked_from++; /* it is matched by itself */
}

weir_status
weir_decide_next(const weir_ruleset *rs, weir_scratch *scratch, int64_t now_ms, weir_decision *out)
{
    check(rs, scratch);
    CHECK(scratch->next < scratch->nahead);
    announce_next(scratch);
    return decide(scratch, scratch->ahead[scratch->next++], now_ms, out);
}

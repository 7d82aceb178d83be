/*
 * A scratch's life: the marks of matching are sized from the rule set here; the arrays of a
 * decision grow with the posts, and keep what they have grown to.
 */
#include "decide/scratch.h"

#include "base/check.h"

#include <stdlib.h>

bool
weir__vec_room(void **items, size_t *cap, size_t n, size_t size)
{
    size_t want = *cap ? *cap : 16;

    while (want < n)
        want *= 2;
    void *grown = want <= SIZE_MAX / size ? realloc(*items, want * size) : NULL;
    if (!grown)
        return false;
    *items = grown;
    *cap = want;
    return true;
}

weir_status
weir_scratch_new(weir_ruleset *rs, const weir_decide_options *o, weir_scratch **out)
{
    CHECK_OBJ(rs, WEIR_RULESET_MAGIC);
    weir_scratch *s = calloc(1, sizeof *s);
    if (!s)
        return WEIR_E_NOMEM;
    s->magic = WEIR_SCRATCH_MAGIC;
    if (o)
        s->options = *o;
    s->against = calloc(rs->norders + 1, sizeof *s->against); /* never of nothing */
    s->trips = calloc(rs->nrules + 1, sizeof *s->trips);
    weir_status st = WEIR_E_NOMEM;
    if (s->against && s->trips)
        st = weir__match_init(&s->match, rs, &s->options);
    if (st != WEIR_OK) {
        free(s->trips);
        free(s->against);
        free(s);
        return st;
    }
    weir__region_add(&s->named, WEIR_REGION_XX);
    for (uint32_t i = 0; i < rs->nrules; i++)
        weir__region_unite(&s->named, &rs->rules[i].named);
    s->rs = weir_ruleset_ref(rs);
    *out = s;
    return WEIR_OK;
}

static void
free_slot(struct weir__slot *slot)
{
    free(slot->touched.items);
    free(slot->candidate.items);
    free(slot->outcome.items);
    free(slot->exempted.items);
    free(slot->exemption.items);
    free(slot->observed.items);
    free(slot->held_back.items);
    free(slot->limit.items);
    free(slot->breaker.items);
    free(slot->trace.items);
    free(slot->trace_region.items);
}

void
weir_scratch_free(weir_scratch *s)
{
    if (!s)
        return;
    CHECK_OBJ(s, WEIR_SCRATCH_MAGIC);
    s->magic = 0;
    for (int i = 0; i < WEIR__LEVELS; i++)
        free_slot(&s->slot[i]);
    free(s->one.items);
    free(s->sum.items);
    free(s->both.items);
    free(s->by_state.items);
    free(s->trips);
    free(s->against);
    weir__match_fini(&s->match);
    weir_ruleset_unref(s->rs);
    free(s);
}

static void
add_pattern(const weir_scratch *s, uint32_t pattern, weir_rule_counts *by_rule)
{
    const struct weir__pattern_counts *n = &s->match.finder.counts[pattern];
    uint32_t rule = n->candidates ? weir_ruleset_pattern_rule(s->rs, pattern, 0) : WEIR_NONE;

    for (; rule != WEIR_NONE; rule = weir_ruleset_pattern_rule(s->rs, pattern, rule + 1)) {
        by_rule[rule].candidates += n->candidates;
        by_rule[rule].confirmed += n->confirmed;
        by_rule[rule].over += n->over;
        by_rule[rule].hard += n->hard;
    }
}

void
weir_scratch_add_counts(const weir_scratch *s, weir_rule_counts *by_rule)
{
    CHECK_OBJ(s, WEIR_SCRATCH_MAGIC);
    for (uint32_t i = 0; i < s->rs->npatterns; i++)
        add_pattern(s, i, by_rule);
}

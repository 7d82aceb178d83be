/*
 * Differences between two decisions of one post.
 *
 * Rules have other numbers in another rule set, so they are compared by their ids. A decision names
 * regions only where they differ from `XX`: a region that one of the two names is looked up in the
 * other as any reader of its record would, and what neither names is as `XX` in both.
 */
#include <tagweir/diff.h>
#include <tagweir/names.h>

#include "base/check.h"
#include "base/span.h"
#include "model/ruleset.h"

static const weir_outcome plain_allow = {.action = WEIR_ALLOW};

WEIR_NAMES(weir_difference_name, weir_difference_kind, WEIR_DIFFERENCES, WEIR_TEXT)
WEIR_NAMES(weir_difference_text, weir_difference_kind, WEIR_DIFFERENCES, WEIR_SENTENCE)

/* Looking up -------------------------------------------------------------------------------------
 */

const weir_outcome *
weir_decision_outcome(const weir_decision *d, uint16_t region)
{
    const weir_outcome *found = &plain_allow;

    for (size_t i = 0; i < d->nregions && d->regions[i].region <= region; i++)
        if (d->regions[i].region == WEIR_REGION_XX || d->regions[i].region == region)
            found = &d->regions[i].outcome;
    return found;
}

const weir_region_exemptions *
weir_decision_exemptions(const weir_decision *d, uint16_t region)
{
    const weir_region_exemptions *found = NULL;

    for (size_t i = 0; i < d->nexempted && d->exempted[i].region <= region; i++)
        if (d->exempted[i].region == WEIR_REGION_XX || d->exempted[i].region == region)
            found = &d->exempted[i];
    return found;
}

/* What is not downranked is as if by a factor of one. */
static uint32_t
factor_of(const weir_outcome *o, int surface)
{
    return o->action == WEIR_DOWNRANK && o->surfaces >> surface & 1
               ? o->surface[surface].factor_milli
               : 1000;
}

bool
weir_exemption_has_effect(const weir_decision *d, uint16_t region, const weir_exemption *e)
{
    const weir_outcome *o = weir_decision_outcome(d, region);

    CHECK(e->rule < d->rs->nrules);
    const struct weir_rule *rule = &d->rs->rules[e->rule];
    if (o->action == WEIR_WITHHOLD)
        return false;
    if (rule->action == WEIR_WITHHOLD)
        return true;
    for (int s = 0; s < WEIR_NSURFACES; s++)
        if (rule->surfaces >> s & 1 && factor_of(o, s) > rule->factor_milli)
            return true;
    return false;
}

/* Sameness ---------------------------------------------------------------------------------------
 */

static bool
same_rule(const weir_ruleset *a, uint32_t i, const weir_ruleset *b, uint32_t k)
{
    return a == b ? i == k : span_eq(a->rules[i].id, b->rules[k].id);
}

/* The rule under the same order. */
static bool
same_act(const weir_ruleset *a, const weir_act *x, const weir_ruleset *b, const weir_act *y)
{
    uint32_t i = a->rules[x->rule].order, k = b->rules[y->rule].order;

    if (!same_rule(a, x->rule, b, y->rule))
        return false;
    if (i == WEIR_NONE || k == WEIR_NONE)
        return i == k;
    return span_eq(a->orders[i].id, b->orders[k].id);
}

/* Outcomes ---------------------------------------------------------------------------------------
 */

struct diffing {
    const weir_decision *before, *after;
    weir_difference_fn *fn;
    void *arg;
};

/* What acts on a surface; NULL: nothing does. */
static const weir_act *
act_on(const weir_outcome *o, int surface)
{
    if (o->action == WEIR_WITHHOLD)
        return &o->act;
    return factor_of(o, surface) < 1000 ? &o->surface[surface].act : NULL;
}

static bool
acts_differ(const struct diffing *f, const weir_act *x, const weir_act *y)
{
    if (!x || !y)
        return x != y;
    return !same_act(f->before->rs, x, f->after->rs, y);
}

/* Of two downranks, or of one and nothing. */
static weir_difference_kind
compare_factors(const struct diffing *f, const weir_outcome *x, const weir_outcome *y)
{
    bool less = false, more = false, other = false;

    for (int s = 0; s < WEIR_NSURFACES; s++) {
        uint32_t was = factor_of(x, s), is = factor_of(y, s);

        more = more || is < was;
        less = less || is > was;
        other = other || (is == was && acts_differ(f, act_on(x, s), act_on(y, s)));
    }
    if (more || less)
        return more && less ? WEIR_DIFFERENCE_MIXED
               : more       ? WEIR_DIFFERENCE_STRICTER
                            : WEIR_DIFFERENCE_MILDER;
    return other ? WEIR_DIFFERENCE_RULE : WEIR_NDIFFERENCES;
}

/* @return WEIR_NDIFFERENCES: they are the same. */
static weir_difference_kind
compare_outcomes(const struct diffing *f, const weir_outcome *x, const weir_outcome *y)
{
    if (x->action == WEIR_WITHHOLD && y->action == WEIR_WITHHOLD)
        return acts_differ(f, &x->act, &y->act) ? WEIR_DIFFERENCE_RULE : WEIR_NDIFFERENCES;
    if (y->action == WEIR_WITHHOLD)
        return WEIR_DIFFERENCE_WITHHELD;
    if (x->action == WEIR_WITHHOLD)
        return WEIR_DIFFERENCE_RELEASED;
    if (x->action == y->action)
        return compare_factors(f, x, y);
    return y->action == WEIR_DOWNRANK ? WEIR_DIFFERENCE_DOWNRANKED : WEIR_DIFFERENCE_LIFTED;
}

/* Is this the surface that a difference shows on? */
static bool
shows_on(const struct diffing *f, const weir_difference *d, int surface)
{
    const weir_act *x = act_on(d->before, surface), *y = act_on(d->after, surface);

    if (d->kind == WEIR_DIFFERENCE_RULE)
        return acts_differ(f, x, y);
    if (d->kind == WEIR_DIFFERENCE_WITHHELD || d->kind == WEIR_DIFFERENCE_RELEASED)
        return true;
    return factor_of(d->before, surface) != factor_of(d->after, surface);
}

/* Which rules acted on the surface; not so of a withhold beside which nothing acted there. */
static bool
set_acts(weir_difference *d, int surface)
{
    d->before_act = act_on(d->before, surface);
    d->after_act = act_on(d->after, surface);
    d->before_rule = d->before_act ? d->before_act->rule : WEIR_NONE;
    d->after_rule = d->after_act ? d->after_act->rule : WEIR_NONE;
    const weir_outcome *other = d->kind == WEIR_DIFFERENCE_WITHHELD   ? d->before
                                : d->kind == WEIR_DIFFERENCE_RELEASED ? d->after
                                                                      : &plain_allow;
    return other->action != WEIR_DOWNRANK || factor_of(other, surface) < 1000;
}

static void
tell_outcomes(const struct diffing *f, uint16_t region)
{
    weir_difference d = {.region = region,
                         .before = weir_decision_outcome(f->before, region),
                         .after = weir_decision_outcome(f->after, region),
                         .by = WEIR_NONE};
    uint32_t told[WEIR_NSURFACES][2];
    size_t n = 0;

    d.kind = compare_outcomes(f, d.before, d.after);
    for (int s = 0; d.kind != WEIR_NDIFFERENCES && s < WEIR_NSURFACES; s++) {
        if (!shows_on(f, &d, s) || !set_acts(&d, s))
            continue;
        size_t i = 0;
        while (i < n && (told[i][0] != d.before_rule || told[i][1] != d.after_rule))
            i++;
        if (i < n)
            continue;
        told[n][0] = d.before_rule;
        told[n++][1] = d.after_rule;
        f->fn(f->arg, &d);
    }
}

/* Exemptions -------------------------------------------------------------------------------------
 */

static bool
is_exempt(const weir_decision *d, uint16_t region, const weir_ruleset *rs, const weir_exemption *e)
{
    const weir_region_exemptions *x = weir_decision_exemptions(d, region);

    for (size_t i = 0; x && i < x->n; i++)
        if (same_rule(d->rs, x->list[i].rule, rs, e->rule) &&
            same_rule(d->rs, x->list[i].by, rs, e->by))
            return weir_exemption_has_effect(d, region, &x->list[i]);
    return false;
}

/* Those of one decision that the other has not. */
static void
tell_exempt(const struct diffing *f, uint16_t region, weir_difference_kind kind)
{
    const weir_decision *of = kind == WEIR_DIFFERENCE_EXEMPT ? f->after : f->before;
    const weir_decision *other = kind == WEIR_DIFFERENCE_EXEMPT ? f->before : f->after;
    const weir_region_exemptions *x = weir_decision_exemptions(of, region);

    for (size_t i = 0; x && i < x->n; i++) {
        const weir_exemption *e = &x->list[i];

        if (!weir_exemption_has_effect(of, region, e) || is_exempt(other, region, of->rs, e))
            continue;
        f->fn(f->arg, &(weir_difference){.kind = kind,
                                         .region = region,
                                         .before_rule = of == f->before ? e->rule : WEIR_NONE,
                                         .after_rule = of == f->after ? e->rule : WEIR_NONE,
                                         .by = e->by});
    }
}

/* Lists of rules ---------------------------------------------------------------------------------
 */

struct list {
    const weir_ruleset *rs;
    const uint32_t *rules;
    size_t n;
};

static bool
has(const struct list *l, const weir_ruleset *rs, uint32_t rule)
{
    for (size_t i = 0; i < l->n; i++)
        if (same_rule(l->rs, l->rules[i], rs, rule))
            return true;
    return false;
}

static void
tell_lists(const struct diffing *f, const struct list *before, const struct list *after,
           weir_difference_kind newly, weir_difference_kind no_longer)
{
    weir_difference d = {.region = WEIR_REGION_NONE, .by = WEIR_NONE};

    d.kind = newly;
    d.before_rule = WEIR_NONE;
    for (size_t i = 0; i < after->n; i++) {
        d.after_rule = after->rules[i];
        if (!has(before, after->rs, d.after_rule))
            f->fn(f->arg, &d);
    }
    d.kind = no_longer;
    d.after_rule = WEIR_NONE;
    for (size_t i = 0; i < before->n; i++) {
        d.before_rule = before->rules[i];
        if (!has(after, before->rs, d.before_rule))
            f->fn(f->arg, &d);
    }
}

/* All of it --------------------------------------------------------------------------------------
 */

typedef void region_fn(const struct diffing *f, uint16_t region);

static void
tell_exemptions(const struct diffing *f, uint16_t region)
{
    tell_exempt(f, region, WEIR_DIFFERENCE_EXEMPT);
    tell_exempt(f, region, WEIR_DIFFERENCE_NOT_EXEMPT);
}

/* Regions that one of them names; both are sorted. What is exempted may have an effect in one of
   two regions that have the same exemptions, so regions of outcomes count there, too. */
static void
each_region(const struct diffing *f, region_fn *fn, bool of_exemptions)
{
    const weir_decision *d[2] = {f->before, f->after};
    size_t at[4] = {0};

    for (;;) {
        uint16_t next = WEIR_REGION_NONE;

        for (int i = 0; i < 2; i++) {
            if (at[i] < d[i]->nregions && d[i]->regions[at[i]].region < next)
                next = d[i]->regions[at[i]].region;
            if (of_exemptions && at[2 + i] < d[i]->nexempted &&
                d[i]->exempted[at[2 + i]].region < next)
                next = d[i]->exempted[at[2 + i]].region;
        }
        if (next == WEIR_REGION_NONE)
            return;
        for (int i = 0; i < 2; i++) {
            at[i] += at[i] < d[i]->nregions && d[i]->regions[at[i]].region == next;
            at[2 + i] += at[2 + i] < d[i]->nexempted && d[i]->exempted[at[2 + i]].region == next;
        }
        fn(f, next);
    }
}

void
weir_diff(const weir_decision *before, const weir_decision *after, uint16_t region,
          weir_difference_fn *fn, void *arg)
{
    struct diffing f = {before, after, fn, arg};

    if (region != WEIR_REGION_NONE) {
        tell_outcomes(&f, region);
        tell_exemptions(&f, region);
    } else {
        each_region(&f, tell_outcomes, false);
        if (before->nexempted || after->nexempted)
            each_region(&f, tell_exemptions, true);
    }
    tell_lists(&f, &(struct list){before->rs, before->observed, before->nobserved},
               &(struct list){after->rs, after->observed, after->nobserved},
               WEIR_DIFFERENCE_OBSERVED, WEIR_DIFFERENCE_NOT_OBSERVED);
    tell_lists(&f, &(struct list){before->rs, before->held_back, before->nheld_back},
               &(struct list){after->rs, after->held_back, after->nheld_back},
               WEIR_DIFFERENCE_HELD_BACK, WEIR_DIFFERENCE_NOT_HELD_BACK);
}

/*
 * Where a decision reaches, region by region, and what of it acts on an account rather than on a
 * post of it.
 *
 * What acts on an account cannot be read off the decision of a post: a rule about its hashtags may
 * have acted in its place, and another post would tell otherwise. So the account is decided by
 * itself, as a query for it is. What came out must hold for every post of the account: the rule
 * asks for nothing but the account, and no exemption that asks for more can defeat it.
 */
#include "audit/exporting.h"

#include "base/check.h"

#include <stdlib.h>

#define BY_ACCOUNT (1u << WEIR_SEL_ACCOUNTS | 1u << WEIR_SEL_SOURCES)

int
weir__export_set_of(const weir_export *e, const weir_ruleset *rs)
{
    for (int i = 0; i < WEIR__EXPORT_SETS; i++)
        if (e->set[i].rs == rs)
            return i;
    weir_check_failed(__FILE__, __LINE__, "a decision was made by rules of the export");
}

bool
weir__does(const weir_outcome *o, int way)
{
    if (!o)
        return false;
    if (way == WEIR__BY_WITHHOLD)
        return o->action == WEIR_WITHHOLD;
    return o->action == WEIR_DOWNRANK && (o->surfaces >> (way - WEIR__BY_SURFACE) & 1);
}

const weir_act *
weir__act_of(const weir_outcome *o, int way)
{
    return way == WEIR__BY_WITHHOLD ? &o->act : &o->surface[way - WEIR__BY_SURFACE].act;
}

void
weir__spread_decision(const weir_decision *d, struct weir__spread *out)
{
    const weir_outcome *everywhere = NULL;

    if (d && d->nregions && d->regions[0].region == WEIR_REGION_XX)
        everywhere = &d->regions[0].outcome;
    for (uint16_t r = 0; r < WEIR_REGION_LIMIT; r++)
        out->at[r] = r < weir_region_count() ? everywhere : NULL;
    for (size_t i = 0; d && i < d->nregions; i++) {
        const weir_outcome *o = &d->regions[i].outcome;
        out->at[d->regions[i].region] = o->action == WEIR_ALLOW ? NULL : o;
    }
}

void
weir__reach_of(const struct weir__spread *s, int way, struct weir__region_set *out)
{
    *out = (struct weir__region_set){{0}};
    for (uint16_t r = 0; r < weir_region_count(); r++)
        if (weir__does(s->at[r], way))
            weir__region_add(out, r);
}

weir_status
weir__decide_again(weir_export_worker *w, const weir_ruleset *rs, const weir_post *post,
                   int64_t at_ms, weir_decision *out)
{
    int i = weir__export_set_of(w->e, rs);
    weir_status st = WEIR_OK;

    if (!w->scratch[i])
        st = weir_scratch_new(w->e->set[i].rs, NULL, &w->scratch[i]);
    if (st == WEIR_OK)
        st = weir_decide(rs, w->scratch[i], post, at_ms, out);
    return st == WEIR_E_LIMIT ? WEIR_OK : st;
}

static uint32_t
selectors_of(const struct weir_rule *r, enum weir__side side)
{
    uint32_t given = 0;

    for (int k = 0; k < WEIR_NSELECTORS; k++)
        if (r->selector[side][k] != WEIR_NONE)
            given |= 1u << k;
    return given;
}

static bool
acts_by_account(const struct weir_rule *r)
{
    uint32_t match = selectors_of(r, WEIR__MATCH);

    return (match & 1u << WEIR_SEL_ACCOUNTS) && !(match & ~BY_ACCOUNT) &&
           !(selectors_of(r, WEIR__EXCEPT) & ~BY_ACCOUNT);
}

static bool
defeats(const struct weir_rule *allow, const struct weir_rule *r)
{
    bool any = !allow->has_against;

    for (size_t i = 0; !any && i < allow->nagainst; i++)
        any = r->order == allow->against[i];
    return any && allow->priority >= r->priority;
}

weir_status
weir__export_find_shields(struct weir__export_set *set)
{
    const struct weir_ruleset *rs = set->rs;

    set->shields = malloc((rs->nrules + 1) * sizeof *set->shields);
    if (!set->shields)
        return WEIR_E_NOMEM;
    for (uint32_t i = 0; i < rs->nrules; i++) {
        const struct weir_rule *r = &rs->rules[i];
        if (r->action == WEIR_ALLOW && r->mode == WEIR_MODE_ENFORCE &&
            (selectors_of(r, WEIR__MATCH) & ~BY_ACCOUNT))
            set->shields[set->nshields++] = i;
    }
    return WEIR_OK;
}

/* Where the rule acts on every post of an account: not where an exemption in force may shield some
   of them. */
static void
sure_regions(const struct weir__export_set *set, const struct weir_rule *r, int64_t at_ms,
             struct weir__region_set *out)
{
    *out = (struct weir__region_set){{0}};
    if (!acts_by_account(r))
        return;
    weir__region_set_all(out);
    for (size_t i = 0; i < set->nshields; i++) {
        const struct weir_rule *allow = &set->rs->rules[set->shields[i]];
        if (!defeats(allow, r) || !weir__rule_in_force(set->rs, allow, at_ms))
            continue;
        for (int k = 0; k < WEIR_REGION_WORDS; k++)
            out->w[k] &= ~allow->regions.w[k];
    }
}

/* Is each rule of the outcome sure there? Of some surfaces only is as good as of none: an outcome
   is one thing. */
static bool
is_sure(const struct weir__export_set *set, const weir_outcome *o, uint16_t region, int64_t at_ms,
        uint32_t *rule, struct weir__region_set *sure)
{
    for (int way = 0; way < WEIR__NWAYS; way++) {
        if (!weir__does(o, way))
            continue;
        uint32_t acting = weir__act_of(o, way)->rule;
        if (acting != *rule) /* nearly always the one of the region before */
            sure_regions(set, &set->rs->rules[acting], at_ms, sure);
        *rule = acting;
        if (!weir__region_has(sure, region))
            return false;
    }
    return true;
}

static bool
is_somebody(const weir_account *a)
{
    return a->id.len || a->handle.len;
}

weir_status
weir__spread_account(weir_export_worker *w, const weir_ruleset *rs, const weir_post *post,
                     int64_t at_ms, struct weir__spread *out)
{
    weir_post account = {.source = post->source, .author = post->author};
    weir_decision d = {0};
    const struct weir__export_set *set = &w->e->set[weir__export_set_of(w->e, rs)];
    struct weir__region_set sure = {{0}};
    uint32_t rule = WEIR_NONE;
    weir_status st = WEIR_OK;

    if (is_somebody(&post->author))
        st = weir__decide_again(w, rs, &account, at_ms, &d);
    if (st != WEIR_OK)
        return st;
    weir__spread_decision(&d, out);
    for (uint16_t r = 0; r < weir_region_count(); r++)
        if (out->at[r] && !is_sure(set, out->at[r], r, at_ms, &rule, &sure))
            out->at[r] = NULL;
    return WEIR_OK;
}

/* Where that withholds the account, and would do so if no other rule did. */
static void
add_survivor(const struct weir__export_set *set, const weir_trace_entry *e, int64_t at_ms,
             struct weir__region_set *out)
{
    const struct weir_rule *r = &set->rs->rules[e->rule];
    struct weir__region_set sure, where = r->regions;

    if (r->action != WEIR_WITHHOLD ||
        (e->state != WEIR_STATE_MATCHED && e->state != WEIR_STATE_OUTRANKED))
        return;
    if (e->regions)
        where = (struct weir__region_set){{0}};
    for (size_t i = 0; e->regions && i < e->nregions; i++)
        weir__region_add(&where, e->regions[i]);
    sure_regions(set, r, at_ms, &sure);
    for (int k = 0; k < WEIR_REGION_WORDS; k++)
        out->w[k] |= where.w[k] & sure.w[k];
}

/* A trace tells of every rule there is, so this is for where it is needed. */
static weir_status
add_survivors(weir_export_worker *w, const weir_ruleset *rs, const weir_post *account,
              int64_t at_ms, struct weir__region_set *out)
{
    int i = weir__export_set_of(w->e, rs);
    struct weir__export_set *set = &w->e->set[i];
    weir_decision d;
    weir_status st = WEIR_OK;

    if (!w->traced[i])
        st = weir_scratch_new(set->rs, &(weir_decide_options){.trace = true}, &w->traced[i]);
    if (st == WEIR_OK)
        st = weir_decide(rs, w->traced[i], account, at_ms, &d);
    if (st != WEIR_OK && st != WEIR_E_LIMIT)
        return st;
    for (size_t k = 0; k < d.ntrace; k++)
        add_survivor(set, &d.trace[k], at_ms, out);
    return WEIR_OK;
}

weir_status
weir__reach_of_account(weir_export_worker *w, const weir_ruleset *rs, const weir_post *post,
                       int64_t at_ms, struct weir__region_set *out)
{
    weir_post account = {.source = post->source, .author = post->author};
    const struct weir__export_set *set = &w->e->set[weir__export_set_of(w->e, rs)];
    struct weir__spread spread;
    struct weir__region_set sure = {{0}};
    uint32_t rule = WEIR_NONE;
    bool doubtful = false;
    weir_decision d = {0};

    *out = (struct weir__region_set){{0}};
    if (!is_somebody(&post->author))
        return WEIR_OK;
    weir_status st = weir__decide_again(w, rs, &account, at_ms, &d);
    if (st != WEIR_OK)
        return st;
    weir__spread_decision(&d, &spread);
    for (uint16_t r = 0; r < weir_region_count(); r++) {
        if (!weir__does(spread.at[r], WEIR__BY_WITHHOLD))
            continue;
        if (is_sure(set, spread.at[r], r, at_ms, &rule, &sure))
            weir__region_add(out, r);
        else
            doubtful = true;
    }
    return doubtful ? add_survivors(w, rs, &account, at_ms, out) : WEIR_OK;
}

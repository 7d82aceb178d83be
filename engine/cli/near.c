/*
 * Rules that are not in force: most of them have nothing to do with the post. Deciding it once
 * more at a time when they are tells those apart that would have acted.
 */
#include "cli/telling.h"

#include "cli/ui.h"

#include <stdlib.h>

/* Times that are tried: a set of many lapsed orders must not make explaining slow. */
#define PROBES 64

struct probing {
    weir_ruleset *rs;
    weir_scratch *scratch; /* of its own: the decision explained lives in another */
    const weir_decision *d;
    enum nearness *near;
    int left;
};

/* Steps by which the search goes away from a time: a quarter more each, from a minute to decades.
 */
#define STEPS 75

static bool
search_around(const struct probing *p, uint32_t rule, int64_t from_ms, int64_t *at_ms)
{
    double step = 60e3;

    for (int i = 0; i < STEPS; i++, step *= 1.25) {
        for (int back = 0; back <= 1; back++) {
            *at_ms = from_ms + (back ? -(int64_t)step : (int64_t)step);
            if (weir_ruleset_rule_in_force(p->rs, rule, *at_ms))
                return true;
        }
    }
    return false;
}

/* A time at which the rule holds, near the ones that are known. Intervals themselves are not, so
   one that is short and far from them can be missed: the rule's match is then unknown. */
static bool
time_in_force(const struct probing *p, uint32_t rule, int64_t *at_ms)
{
    weir_rule_info r;
    weir_order_info o;

    weir_ruleset_rule(p->rs, rule, &r);
    if (r.order != WEIR_NONE) {
        weir_ruleset_order(p->rs, r.order, &o);
        const int64_t times[] = {o.served_ms, o.confirmed_ms, o.review_by_ms, o.revoked_ms};
        for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
            if (times[i] != INT64_MIN && search_around(p, rule, times[i], at_ms))
                return true;
        }
    }
    return search_around(p, rule, p->d->at_ms, at_ms);
}

/* The state of a rule on a part; a rule that has several matches in any case. */
static enum nearness
nearness_in(const weir_decision *d, const weir_trace_entry *of)
{
    for (size_t i = 0; i < d->ntrace; i++) {
        const weir_trace_entry *e = &d->trace[i];

        if (e->rule != of->rule || e->part != of->part)
            continue;
        if (e->state == WEIR_STATE_NOT_IN_FORCE)
            return NEAR_UNKNOWN;
        return e->state == WEIR_STATE_NO_MATCH ? NEAR_DIFFERS : NEAR_MATCHES;
    }
    return NEAR_UNKNOWN;
}

/* Decide at a time when this rule holds: it answers for every other that holds then. */
static void
probe(struct probing *p, int64_t at_ms)
{
    weir_post post = *p->d->post;
    weir_decision d;
    weir_status st;

    p->left--;
    post.query.at = (weir_span){0}; /* or it would win over at_ms */
    st = weir_decide(p->rs, p->scratch, &post, at_ms, &d);
    if (st != WEIR_OK && st != WEIR_E_LIMIT)
        ui_no_memory();
    for (size_t i = 0; i < p->d->ntrace; i++) {
        const weir_trace_entry *e = &p->d->trace[i];

        if (e->state == WEIR_STATE_NOT_IN_FORCE && p->near[i] == NEAR_UNKNOWN)
            p->near[i] = nearness_in(&d, e);
    }
}

enum nearness *
telling_nearness(weir_ruleset *rs, const weir_decision *d)
{
    weir_decide_options o = {.trace = true};
    struct probing p = {.rs = rs, .d = d, .left = PROBES};
    int64_t at_ms;

    if (!d->ntrace)
        return NULL;
    if (weir_scratch_new(rs, &o, &p.scratch) != WEIR_OK)
        ui_no_memory();
    p.near = ui_alloc(d->ntrace, sizeof *p.near);
    for (size_t i = 0; i < d->ntrace && p.left > 0; i++) {
        const weir_trace_entry *e = &d->trace[i];

        if (e->state == WEIR_STATE_NOT_IN_FORCE && p.near[i] == NEAR_UNKNOWN &&
            time_in_force(&p, e->rule, &at_ms))
            probe(&p, at_ms);
    }
    weir_scratch_free(p.scratch);
    return p.near;
}

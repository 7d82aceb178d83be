/*
 * Rules that are not in force: most of them have nothing to do with the post. Deciding it once
 * more at a time when they are tells those apart that would have acted.
 */
#include "cli/telling.h"

#include "cli/ui.h"

#include <stdlib.h>

/* Times that are tried: a set of many lapsed orders must not make explaining slow. */
#define PROBES 64

weir_decide_options
telling_options(uint16_t region)
{
    bool one = region != WEIR_REGION_NONE;

    return (weir_decide_options){
        .trace = true, .one_region = one, .region = one ? region : WEIR_REGION_XX};
}

struct probing {
    weir_ruleset *rs;
    weir_scratch *scratch; /* of its own: the decision explained lives in another */
    const weir_decision *d;
    enum nearness *near;
    int left;
};

/* The nearest time at which the rule holds: where the gap around now ends, or just before it began.
   false: it never holds. */
static bool
time_in_force(const struct probing *p, uint32_t rule, int64_t *at_ms)
{
    weir_interval gap;

    weir_ruleset_rule_interval(p->rs, rule, p->d->at_ms, &gap);
    *at_ms = gap.until_ms != INT64_MIN ? gap.until_ms : gap.from_ms - (gap.from_ms != INT64_MIN);
    return *at_ms != INT64_MIN;
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
        return e->state == WEIR_STATE_NO_MATCH && !telling_is_partial(d, e) ? NEAR_DIFFERS
                                                                            : NEAR_MATCHES;
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
telling_nearness(weir_ruleset *rs, const weir_decision *d, uint16_t region)
{
    weir_decide_options o = telling_options(region);
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

/*
 * What both forms of a report look at in the same way.
 */
#include "audit/report_parts.h"

#include <tagweir/decide.h>

bool
weir__is_hidden_rule(const weir_report *r, uint32_t rule)
{
    weir_rule_info info;
    weir_order_info order;

    weir_ruleset_rule(r->rs, rule, &info);
    if (info.order == WEIR_NONE)
        return false;
    weir_ruleset_order(r->rs, info.order, &order);
    return order.confidential;
}

bool
weir__is_open_name(const weir_report *r, weir_span name)
{
    uint32_t rule = weir_ruleset_find_rule(r->rs, name);

    return rule == WEIR_NONE || !weir__is_hidden_rule(r, rule);
}

bool
weir__is_open_exemption(const weir_report *r, const weir_report_exemption *e)
{
    return !weir__is_hidden_rule(r, e->rule) && !weir__is_hidden_rule(r, e->by);
}

bool
weir__has_hidden(const weir_report *r)
{
    weir_order_info order;

    for (uint32_t i = 0; i < weir_ruleset_norders(r->rs); i++) {
        weir_ruleset_order(r->rs, i, &order);
        if (order.confidential)
            return true;
    }
    return false;
}

bool
weir__next_interval(const weir_report *r, uint32_t order, int64_t after_ms, weir_interval *out)
{
    weir_ruleset_order_interval(r->rs, order, after_ms, out);
    if (out->holds)
        return true;
    if (out->until_ms == INT64_MIN)
        return false;
    weir_ruleset_order_interval(r->rs, order, out->until_ms, out);
    return out->holds;
}

bool
weir__order_did(const weir_report_order *o)
{
    return o->done.withheld || o->done.downranked || o->exempted;
}

bool
weir__is_part(const weir_report *r)
{
    return r->region != WEIR_REGION_NONE || r->actions || r->nonly_rules || r->nonly_orders;
}

bool
weir__allowed(const weir_report *r, uint64_t *n)
{
    *n = r->posts - r->done.withheld - r->done.downranked;
    return !r->actions && !r->nonly_rules && !r->nonly_orders;
}

size_t
weir__norders(const weir_report *r)
{
    return weir_ruleset_norders(r->rs);
}

/* At no time that was decided for, from the first one to the last. */
static bool
never_in_force(const weir_report *r, uint32_t rule)
{
    weir_interval i;

    weir_ruleset_rule_interval(r->rs, rule, r->decided_from_ms, &i);
    return !i.holds && (i.until_ms == INT64_MIN || i.until_ms > r->decided_until_ms);
}

static const char *
silence_known(const weir_report_rule *did, bool allows, bool traced)
{
    if (!traced)
        return allows ? "defeated nothing" : "acted on nothing";
    if (did->matched)
        return "matched, but there was nothing to defeat";
    return did->excepted ? "matched only where its exceptions do" : "never matched";
}

/* Of confidential orders nothing is known here. */
static const char *
silence_aside(const weir_report_rule *did, bool allows, bool traced)
{
    if (!traced)
        return allows ? "defeated nothing, confidential orders aside" : "acted on nothing";
    if (did->matched)
        return "matched, but there was nothing to defeat, confidential orders aside";
    return did->excepted ? "matched only where its exceptions do, confidential orders aside"
                         : "never matched, confidential orders aside";
}

const char *
weir__silence(const weir_report *r, uint32_t rule, bool has_hidden)
{
    const weir_report_rule *did = &r->rules[rule];
    weir_rule_info info;

    if (did->done.withheld || did->done.downranked || did->exempted || did->exempts || did->idle ||
        did->observed || did->held_back || did->limit)
        return NULL;
    weir_ruleset_rule(r->rs, rule, &info);
    if (info.mode == WEIR_MODE_OFF)
        return "switched off";
    bool allows = info.action == WEIR_ALLOW, matched = r->traced && did->matched;
    if ((r->traced && did->outranked) || (matched && !allows))
        return "matched, but others acted";
    if (did->aside && !matched)
        return "had a part in quoted posts or queries alone";
    if (r->decided_from_ms == WEIR_REPORT_NO_TIME)
        return "nothing was decided";
    if (never_in_force(r, rule))
        return "not in force at any of these times";
    return (has_hidden ? silence_aside : silence_known)(did, allows, r->traced);
}

/*
 * Going through what there was, by id: numbers are those of one rule set.
 */
#include "serve/gone.h"

#include <string.h>

/* Ids that are told; the rest are counted. */
#define TOLD_MOST 20u

static void
tell(const char *what, const char *id, size_t n, weir_buf *out)
{
    if (n == 0)
        weir_buf_puts(out, "warning: in force until now, and gone from the rules:");
    if (n < TOLD_MOST)
        weir_buf_printf(out, "%s %s %s", n ? "," : "", what, id);
}

static bool
is_order_gone(const weir_ruleset *before, const weir_ruleset *after, uint32_t order, int64_t now_ms)
{
    weir_order_info info;
    weir_interval now;

    weir_ruleset_order(before, order, &info);
    weir_ruleset_order_interval(before, order, now_ms, &now);
    return now.holds &&
           weir_ruleset_find_order(after, (weir_span){info.id, strlen(info.id)}) == WEIR_NONE;
}

/* One under an order that is gone is told of with that. */
static bool
is_rule_gone(const weir_ruleset *before, const weir_ruleset *after, uint32_t rule, int64_t now_ms)
{
    weir_rule_info info;

    weir_ruleset_rule(before, rule, &info);
    return info.mode == WEIR_MODE_ENFORCE && weir_ruleset_rule_in_force(before, rule, now_ms) &&
           weir_ruleset_find_rule(after, (weir_span){info.id, strlen(info.id)}) == WEIR_NONE &&
           !(info.order != WEIR_NONE && is_order_gone(before, after, info.order, now_ms));
}

size_t
gone_tell(const weir_ruleset *before, const weir_ruleset *after, int64_t now_ms, weir_buf *out)
{
    size_t n = 0;

    for (uint32_t i = 0; i < weir_ruleset_norders(before); i++) {
        weir_order_info info;

        weir_ruleset_order(before, i, &info);
        if (is_order_gone(before, after, i, now_ms))
            tell("order", info.id, n++, out);
    }
    for (uint32_t i = 0; i < weir_ruleset_nrules(before); i++) {
        weir_rule_info info;

        weir_ruleset_rule(before, i, &info);
        if (is_rule_gone(before, after, i, now_ms))
            tell("rule", info.id, n++, out);
    }
    if (n > TOLD_MOST)
        weir_buf_printf(out, " and %zu more", n - TOLD_MOST);
    if (n)
        weir_buf_putc(out, '\n');
    return n;
}

/*
 * Telling of exemptions: those that acted, and those that matched and could not help, which is what
 * their authors ask about.
 */
#include "cli/telling.h"

#include <inttypes.h>

/* Pairs that are named before the rest is only counted. */
#define NAMED 16

static void
put_acted(const struct telling *t)
{
    const weir_decision *d = t->d;
    bool headed = false;

    for (size_t i = 0; i < d->nexempted; i++) {
        const weir_region_exemptions *x = &d->exempted[i];
        bool elsewhere = x->region == WEIR_REGION_XX && t->region == WEIR_REGION_NONE;

        for (size_t j = 0; j < x->n; j++) {
            if (!headed)
                weir_buf_puts(t->out, "\nExemptions that acted:\n");
            headed = true;
            weir_buf_printf(t->out,
                            "  %s: ", elsewhere ? "everywhere else" : weir_region_code(x->region));
            tell_rule(d->rs, x->list[j].by, t->out);
            weir_buf_puts(t->out, " defeated ");
            tell_rule(d->rs, x->list[j].rule, t->out);
            weir_buf_putc(t->out, '\n');
            if (telling_has_when(t, x->list[j].by))
                tell_when(t, x->list[j].by, "    ");
        }
    }
}

/* Does the allow hold in a region where the entry says something of a rule? */
static bool
meet(const struct telling *t, uint32_t allow, const weir_trace_entry *e)
{
    const weir_ruleset *rs = t->d->rs;
    bool found = false;

    if (t->region != WEIR_REGION_NONE)
        return true; /* the trace holds what holds there */
    for (size_t i = 0; i < e->nregions && !found; i++)
        found = weir_ruleset_rule_holds(rs, allow, e->regions[i]);
    for (uint16_t r = 0; !e->regions && r < weir_region_count() && !found; r++)
        found = weir_ruleset_rule_holds(rs, allow, r) && weir_ruleset_rule_holds(rs, e->rule, r);
    return found;
}

void
tell_against(const weir_ruleset *rs, const weir_rule_info *allow, weir_buf *out)
{
    for (size_t i = 0; i < allow->nagainst; i++) {
        weir_order_info o;

        weir_ruleset_order(rs, allow->against[i], &o);
        weir_buf_printf(out, "%s%s", i ? ", " : "", o.id);
    }
}

/* Is the rule one that the allow is for, whatever their priorities? */
static bool
reaches(const weir_rule_info *allow, const weir_rule_info *rule)
{
    bool reached = !allow->has_against;

    for (size_t i = 0; i < allow->nagainst && !reached; i++)
        reached = allow->against[i] == rule->order;
    return reached;
}

/* Why not: out of its reach, or of a higher priority. One of them holds, or it had been defeated.
 */
static void
put_unhelpful(const struct telling *t, uint32_t allow, uint32_t rule)
{
    weir_rule_info a, r;

    weir_ruleset_rule(t->d->rs, allow, &a);
    weir_ruleset_rule(t->d->rs, rule, &r);
    bool reached = reaches(&a, &r);
    weir_buf_puts(t->out, "  ");
    tell_rule(t->d->rs, allow, t->out);
    weir_buf_puts(t->out, " matches, but cannot defeat ");
    tell_rule(t->d->rs, rule, t->out);
    if (!reached) {
        weir_buf_puts(t->out, ": it is against rules under ");
        tell_against(t->d->rs, &a, t->out);
        weir_buf_puts(t->out, " only");
    }
    if (a.priority < r.priority)
        weir_buf_printf(t->out, "%s its priority is lower: %" PRId32 ", that rule has %" PRId32,
                        reached ? ":" : ", and", a.priority, r.priority);
    weir_buf_putc(t->out, '\n');
}

static bool
is_allow(const weir_ruleset *rs, uint32_t rule)
{
    weir_rule_info r;

    weir_ruleset_rule(rs, rule, &r);
    return r.action == WEIR_ALLOW;
}

/* Is the entry a restriction of its part that this allow left standing? */
static bool
is_left_standing(const struct telling *t, const weir_trace_entry *allow, const weir_trace_entry *e)
{
    return e->part == allow->part &&
           (e->state == WEIR_STATE_MATCHED || e->state == WEIR_STATE_OUTRANKED) &&
           !is_allow(t->d->rs, e->rule) && meet(t, allow->rule, e);
}

static void
put_left_standing(const struct telling *t, const weir_trace_entry *allow, size_t *n)
{
    const weir_decision *d = t->d;

    for (size_t i = 0; i < d->ntrace; i++) {
        const weir_trace_entry *e = &d->trace[i];

        if (!is_left_standing(t, allow, e))
            continue;
        if (*n == 0)
            weir_buf_puts(t->out, "\nExemptions that were no help:\n");
        if (++*n <= NAMED)
            put_unhelpful(t, allow->rule, e->rule);
    }
}

uint32_t
telling_exemption_of(const struct telling *t, uint32_t rule, uint8_t part)
{
    const weir_trace_entry anywhere = {.rule = rule, .part = part};
    weir_rule_info r, a;

    weir_ruleset_rule(t->d->rs, rule, &r);
    for (size_t i = 0; i < t->d->ntrace && r.action != WEIR_ALLOW; i++) {
        const weir_trace_entry *e = &t->d->trace[i];

        if (e->part != part || e->state != WEIR_STATE_MATCHED)
            continue;
        weir_ruleset_rule(t->d->rs, e->rule, &a);
        if (a.action == WEIR_ALLOW && a.priority >= r.priority && reaches(&a, &r) &&
            meet(t, e->rule, &anywhere))
            return e->rule;
    }
    return WEIR_NONE;
}

static bool
has_acted(const weir_decision *d, uint32_t allow)
{
    bool acted = false;

    for (size_t i = 0; i < d->nexempted && !acted; i++)
        for (size_t j = 0; j < d->exempted[i].n && !acted; j++)
            acted = d->exempted[i].list[j].by == allow;
    return acted;
}

bool
telling_is_idle_exemption(const struct telling *t, size_t entry)
{
    const weir_trace_entry *e = &t->d->trace[entry];
    bool idle =
        e->state == WEIR_STATE_MATCHED && is_allow(t->d->rs, e->rule) && !has_acted(t->d, e->rule);

    for (size_t i = 0; i < t->d->ntrace && idle; i++)
        idle = !is_left_standing(t, e, &t->d->trace[i]);
    return idle;
}

void
tell_exemptions(const struct telling *t)
{
    size_t n = 0;

    put_acted(t);
    for (size_t i = 0; i < t->d->ntrace; i++) {
        const weir_trace_entry *e = &t->d->trace[i];

        if (e->state == WEIR_STATE_MATCHED && is_allow(t->d->rs, e->rule))
            put_left_standing(t, e, &n);
    }
    if (n > NAMED)
        weir_buf_printf(t->out, "  … and %zu more\n", n - NAMED);
}

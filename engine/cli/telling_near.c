/*
 * Telling of the rules that did not act: those that came near, with the reason, and how many had
 * nothing to do with it.
 */
#include "cli/telling.h"

#include "cli/ui.h"

#include <stdlib.h>

/* Rules that a line names before it goes over to counting them. */
#define NAMED 8

static void
put_reason(const struct telling *t, const weir_trace_entry *e, weir_buf *out)
{
    switch (e->state) {
    case WEIR_STATE_NOT_IN_FORCE:
        weir_buf_puts(out, "would match, but ");
        tell_absence(t, e->rule);
        break;
    case WEIR_STATE_LIMIT:
        weir_buf_puts(out,
                      "may match: a pattern of it ran out of its budget, which counts as none");
        break;
    case WEIR_STATE_EXCEPTED:
        weir_buf_puts(out, "matches, but so does its `except`");
        break;
    case WEIR_STATE_HELD_BACK:
        weir_buf_puts(out, "matches, but its rollout has not reached this author");
        break;
    case WEIR_STATE_OBSERVED:
        weir_buf_puts(out, "matches, but only observes (mode: observe)");
        break;
    case WEIR_STATE_EXEMPTED:
        weir_buf_puts(out, "matches, but is exempted");
        break;
    case WEIR_STATE_OUTRANKED:
        weir_buf_puts(out, "matches, but another rule acts before it");
        break;
    default:
        weir_buf_printf(out, "%s", weir_state_name(e->state));
    }
}

/* Is the entry one that a person who asks about this region wants to hear of? */
static bool
concerns(const struct telling *t, const weir_trace_entry *e)
{
    if (t->region == WEIR_REGION_NONE)
        return true;
    if (!weir_ruleset_rule_holds(t->d->rs, e->rule, t->region))
        return false;
    bool listed = !e->regions;
    for (size_t i = 0; i < e->nregions && !listed; i++)
        listed = e->regions[i] == t->region || e->regions[i] == WEIR_REGION_XX;
    return listed;
}

static void
put_near(const struct telling *t, const weir_trace_entry *e)
{
    static const char *const parts[] = {"", " on the post that it reposts",
                                        " on the innermost post"};

    weir_buf_puts(t->out, "  ");
    tell_rule(t->d->rs, e->rule, t->out);
    weir_buf_printf(t->out, "%s ", parts[e->part < 3 ? e->part : 2]);
    put_reason(t, e, t->out);
    for (size_t i = 0; i < e->nregions && t->region == WEIR_REGION_NONE; i++)
        weir_buf_printf(t->out, "%s%s", i ? ", " : " in ", weir_region_code(e->regions[i]));
    weir_buf_putc(t->out, '\n');
    if (e->state != WEIR_STATE_NOT_IN_FORCE && telling_has_when(t, e->rule))
        tell_when(t, e->rule, "    ");
}

/* Is it worth a line of its own? Not what acted, what does not match, or what nobody can say. */
static bool
is_near(const struct telling *t, size_t i)
{
    weir_state s = t->d->trace[i].state;

    if (s == WEIR_STATE_NOT_IN_FORCE)
        return t->near && t->near[i] == NEAR_MATCHES;
    return s != WEIR_STATE_MATCHED && s != WEIR_STATE_NO_MATCH && s != WEIR_STATE_OFF;
}

bool
telling_is_named(const struct telling *t, size_t entry)
{
    return concerns(t, &t->d->trace[entry]) &&
           (is_near(t, entry) || t->d->trace[entry].state == WEIR_STATE_MATCHED);
}

void
tell_near(const struct telling *t)
{
    bool headed = false;

    for (size_t i = 0; i < t->d->ntrace; i++) {
        if (!concerns(t, &t->d->trace[i]) || !is_near(t, i))
            continue;
        if (!headed)
            weir_buf_puts(t->out, "\nRules that came near:\n");
        headed = true;
        put_near(t, &t->d->trace[i]);
    }
}

/* One line for rules whose match nobody looked at: some names, and how many there are. */
static void
put_unasked(const struct telling *t, weir_state state, const char *what)
{
    size_t n = 0;

    for (size_t i = 0; i < t->d->ntrace; i++) {
        const weir_trace_entry *e = &t->d->trace[i];
        weir_rule_info r;

        if (e->state != state || !concerns(t, e) || e->part != 0 ||
            (t->near && t->near[i] != NEAR_UNKNOWN))
            continue;
        weir_ruleset_rule(t->d->rs, e->rule, &r);
        if (n < NAMED)
            weir_buf_printf(t->out, "%s%s", n ? ", " : what, r.id);
        n++;
    }
    if (n > NAMED)
        weir_buf_printf(t->out, ", and %zu more", n - NAMED);
    if (n)
        weir_buf_putc(t->out, '\n');
}

/* Does this entry say that the rule has nothing to do with its part? */
static bool
differs(const struct telling *t, size_t i)
{
    weir_state s = t->d->trace[i].state;

    return s == WEIR_STATE_NO_MATCH ||
           (s == WEIR_STATE_NOT_IN_FORCE && t->near && t->near[i] == NEAR_DIFFERS);
}

/* Rules that have nothing to do with any part. */
static size_t
count_differing(const struct telling *t)
{
    enum { NOT_ASKED, DIFFERS, CONCERNED };
    unsigned char *rules = ui_alloc(weir_ruleset_nrules(t->d->rs), 1);
    size_t n = 0;

    for (size_t i = 0; i < t->d->ntrace; i++) {
        unsigned char *r = &rules[t->d->trace[i].rule];

        if (!concerns(t, &t->d->trace[i]))
            continue;
        if (!differs(t, i))
            *r = CONCERNED;
        else if (*r == NOT_ASKED)
            *r = DIFFERS;
    }
    for (uint32_t i = 0; i < weir_ruleset_nrules(t->d->rs); i++)
        n += rules[i] == DIFFERS;
    free(rules);
    return n;
}

void
tell_rest(const struct telling *t)
{
    size_t before = t->out->len;

    weir_buf_putc(t->out, '\n');
    size_t start = t->out->len;
    put_unasked(t, WEIR_STATE_OFF, "Off, and not asked whether they match: ");
    put_unasked(t, WEIR_STATE_NOT_IN_FORCE, "Not in force, and not known whether they match: ");
    size_t differing = count_differing(t);
    if (differing) {
        ui_count(t->out, differing, "rule does not match", "rules do not match");
        weir_buf_puts(t->out, ".\n");
    }
    if (t->out->len == start)
        t->out->len = before;
}

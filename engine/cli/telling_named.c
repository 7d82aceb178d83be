/*
 * Telling of rules that name what was asked about and decide nothing by it: exemptions with nothing
 * to defeat, and rules whose `except` passes it over. Whether an account is on a list is asked of
 * explain most of all while nothing is the matter.
 */
#include "cli/telling.h"

#include <stddef.h>

/* Rules of a kind that are named before the rest is only counted. */
#define NAMED 16

struct naming {
    const struct telling *t;
    const char *heading;
    size_t n;
};

/* `  IN: rule (file:line) `, with the heading before the first; false: it is only counted. */
static bool
begin_line(struct naming *x, const weir_trace_entry *e)
{
    const struct telling *t = x->t;

    if (x->n++ == 0)
        weir_buf_printf(t->out, "\n%s:\n", x->heading);
    if (x->n > NAMED)
        return false;
    weir_buf_puts(t->out, "  ");
    tell_where(t, e->rule);
    weir_buf_puts(t->out, ": ");
    tell_rule(t->d->rs, e->rule, t->out);
    weir_buf_printf(t->out, "%s ", telling_part(e));
    return true;
}

static void
put_rest(const struct naming *x)
{
    if (x->n > NAMED)
        weir_buf_printf(x->t->out, "  … and %zu more\n", x->n - NAMED);
}

static void
put_exemption(struct naming *x, const weir_trace_entry *e)
{
    const struct telling *t = x->t;
    weir_rule_info r;

    if (!begin_line(x, e))
        return;
    weir_ruleset_rule(t->d->rs, e->rule, &r);
    weir_buf_puts(t->out, "exempts posts");
    tell_selectors(t->d->rs, e->rule, false, r.match, "and ", t->out);
    if (r.has_against) {
        weir_buf_puts(t->out, " from rules under ");
        tell_against(t->d->rs, &r, t->out);
    }
    weir_buf_putc(t->out, '\n');
}

static void
put_passed_over(struct naming *x, const weir_trace_entry *e)
{
    if (!begin_line(x, e))
        return;
    weir_buf_puts(x->t->out, "is not for posts");
    tell_selectors(x->t->d->rs, e->rule, true, e->excepts, "or ", x->t->out);
    weir_buf_putc(x->t->out, '\n');
}

/* Of a post every `except` in its language would be told of, say: only questions are answered. */
bool
telling_is_passed_over(const weir_decision *d, const weir_trace_entry *e)
{
    return d->post->query.kind != WEIR_QUERY_NONE && e->state == WEIR_STATE_NO_MATCH && !e->hits &&
           e->excepts;
}

void
tell_named(const struct telling *t)
{
    struct naming idle = {.t = t, .heading = "Exemptions that match as well"};
    struct naming passed = {.t = t, .heading = "Rules that have it in their `except`"};

    for (size_t i = 0; i < t->d->ntrace; i++)
        if (telling_concerns(t, &t->d->trace[i]) && telling_is_idle_exemption(t, i))
            put_exemption(&idle, &t->d->trace[i]);
    put_rest(&idle);
    for (size_t i = 0; i < t->d->ntrace; i++)
        if (telling_concerns(t, &t->d->trace[i]) && telling_is_passed_over(t->d, &t->d->trace[i]))
            put_passed_over(&passed, &t->d->trace[i]);
    put_rest(&passed);
}

/*
 * When rules hold, as JSON: for each rule that acted or came near, whether it holds at the time of
 * the decision, with `since` and `until`, or not, with when it `ended` and `begins` (again): the
 * two have other names, so that nobody reads the gap as the time in force. Then the interval of its
 * own, and its order's with the state of its review. Ends that are open are left out.
 */
#include "cli/telling.h"

#include <string.h>

static void
put_string(const char *key, const char *text, weir_buf *out)
{
    weir_buf_puts(out, key);
    weir_buf_put_json(out, (weir_span){text, strlen(text)});
}

static void
put_time(const char *key, int64_t ms, weir_buf *out)
{
    if (ms == INT64_MIN)
        return;
    tell_time(key, ms, out);
    weir_buf_putc(out, '"');
}

static void
put_interval(const weir_interval *i, weir_buf *out)
{
    weir_buf_puts(out, i->holds ? ",\"holds\":true" : ",\"holds\":false");
    put_time(i->holds ? ",\"since\":\"" : ",\"ended\":\"", i->from_ms, out);
    put_time(i->holds ? ",\"until\":\"" : ",\"begins\":\"", i->until_ms, out);
}

static void
put_own(const weir_rule_info *r, weir_buf *out)
{
    bool has_from = r->from_ms != INT64_MIN;

    if (!has_from && r->until_ms == INT64_MIN)
        return;
    weir_buf_puts(out, ",\"own\":{");
    put_time("\"from\":\"", r->from_ms, out);
    put_time(has_from ? ",\"until\":\"" : "\"until\":\"", r->until_ms, out);
    weir_buf_putc(out, '}');
}

static void
put_order(const weir_decision *d, uint32_t order, weir_buf *out)
{
    weir_order_info o;
    weir_interval i;

    weir_ruleset_order(d->rs, order, &o);
    weir_ruleset_order_interval(d->rs, order, d->at_ms, &i);
    put_string(",\"order\":{\"id\":", o.id, out);
    put_interval(&i, out);
    put_string(",\"review\":", weir_review_name(weir_ruleset_order_review(d->rs, order, d->at_ms)),
               out);
    put_time(",\"review_by\":\"", o.review_by_ms, out);
    put_time(",\"confirmed\":\"", o.confirmed_ms, out);
    put_time(",\"revoked\":\"", o.revoked_ms, out);
    weir_buf_putc(out, '}');
}

static void
put_rule(const weir_decision *d, uint32_t rule, weir_buf *out)
{
    weir_rule_info r;
    weir_interval i;

    weir_ruleset_rule(d->rs, rule, &r);
    weir_ruleset_rule_interval(d->rs, rule, d->at_ms, &i);
    put_string("{\"rule\":", r.id, out);
    put_interval(&i, out);
    put_own(&r, out);
    if (r.order != WEIR_NONE)
        put_order(d, r.order, out);
    weir_buf_putc(out, '}');
}

void
tell_json(const struct telling *t, bool *told, bool *any)
{
    for (size_t i = 0; i < t->d->ntrace; i++) {
        uint32_t rule = t->d->trace[i].rule;

        if (told[rule] || !telling_is_named(t, i))
            continue;
        if (*any)
            weir_buf_putc(t->out, ',');
        put_rule(t->d, rule, t->out);
        told[rule] = *any = true;
    }
}

/*
 * Records: one line of JSON for each decision, error and skip, with keys in the order that the
 * contract gives, and the same bytes on every machine.
 */
#include <tagweir/audit.h>

#include "audit/values.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/span.h"

static void
put_rule_id(weir_buf *out, const char *key, const weir_ruleset *rs, uint32_t rule)
{
    weir_rule_info info;

    weir_ruleset_rule(rs, rule, &info);
    weir__put_text(out, key, span_of(info.id));
}

/* One of our own words, which needs no escapes. A format would cost a post a quarter of its time.
 */
static void
put_word(weir_buf *out, const char *before, const char *word)
{
    weir_buf_puts(out, before);
    weir_buf_puts(out, word);
    weir_buf_putc(out, '"');
}

/* `via` to `value`: the same in a withhold and in each surface of a downrank. */
static void
put_act(weir_buf *out, const weir_ruleset *rs, const weir_act *act)
{
    weir_rule_info rule;
    weir_order_info order;

    weir_ruleset_rule(rs, act->rule, &rule);
    if (act->via_repost)
        weir_buf_puts(out, ",\"via\":\"repost\"");
    weir__put_text(out, ",\"rule\":", span_of(rule.id));
    if (rule.order != WEIR_NONE) {
        weir_ruleset_order(rs, rule.order, &order);
        weir__put_text(out, ",\"order\":", span_of(order.id));
    }
    put_word(out, ",\"by\":\"", weir_selector_name(act->selector));
    weir_buf_puts(out, ",\"value\":");
    weir__put_value(out, act);
}

static void
put_surfaces(weir_buf *out, const weir_ruleset *rs, const weir_outcome *o)
{
    const char *before = ",\"surfaces\":{\"";

    for (unsigned s = 0; s < WEIR_NSURFACES; s++) {
        if (!(o->surfaces >> s & 1))
            continue;
        weir_buf_puts(out, before);
        weir_buf_puts(out, weir_surface_name((weir_surface)s));
        weir_buf_puts(out, "\":{\"factor\":");
        weir__put_factor(out, o->surface[s].factor_milli);
        put_act(out, rs, &o->surface[s].act);
        weir_buf_putc(out, '}');
        before = ",\"";
    }
    weir_buf_putc(out, '}');
}

static void
put_outcome(weir_buf *out, const weir_ruleset *rs, const weir_outcome *o)
{
    put_word(out, "{\"action\":\"", weir_action_name(o->action));
    if (o->action == WEIR_WITHHOLD)
        put_act(out, rs, &o->act);
    else if (o->action == WEIR_DOWNRANK)
        put_surfaces(out, rs, o);
    weir_buf_putc(out, '}');
}

static void
put_regions(weir_buf *out, const weir_decision *d)
{
    for (size_t i = 0; i < d->nregions; i++) {
        weir_buf_puts(out, i ? ",\"" : ",\"regions\":{\"");
        weir_buf_puts(out, weir_region_code(d->regions[i].region));
        weir_buf_puts(out, "\":");
        put_outcome(out, d->rs, &d->regions[i].outcome);
    }
    if (d->nregions)
        weir_buf_putc(out, '}');
}

static void
put_exempted(weir_buf *out, const weir_decision *d)
{
    for (size_t i = 0; i < d->nexempted; i++) {
        const weir_region_exemptions *e = &d->exempted[i];
        weir_buf_puts(out, i ? ",\"" : ",\"exempted\":{\"");
        weir_buf_puts(out, weir_region_code(e->region));
        weir_buf_puts(out, "\":[");
        for (size_t k = 0; k < e->n; k++) {
            put_rule_id(out, k ? ",{\"rule\":" : "{\"rule\":", d->rs, e->list[k].rule);
            put_rule_id(out, ",\"by\":", d->rs, e->list[k].by);
            weir_buf_putc(out, '}');
        }
        weir_buf_putc(out, ']');
    }
    if (d->nexempted)
        weir_buf_putc(out, '}');
}

/* `first`: a JSON string that comes before the rules' ids, or NULL. */
static void
put_rules(weir_buf *out, const weir_decision *d, const char *key, const char *first,
          const uint32_t *rules, size_t n)
{
    if (!n && !first)
        return;
    put_word(out, ",\"", key);
    weir_buf_puts(out, ":[");
    weir_buf_puts(out, first ? first : "");
    for (size_t i = 0; i < n; i++)
        put_rule_id(out, i || first ? "," : "", d->rs, rules[i]);
    weir_buf_putc(out, ']');
}

static void
put_trace_entry(weir_buf *out, const weir_decision *d, const weir_trace_entry *t)
{
    put_rule_id(out, "{\"rule\":", d->rs, t->rule);
    put_word(out, ",\"state\":\"", weir_state_name(t->state));
    if (t->part)
        weir_buf_puts(out, ",\"via\":\"repost\"");
    for (size_t i = 0; i < t->nregions; i++)
        put_word(out, i ? ",\"" : ",\"regions\":[\"", weir_region_code(t->regions[i]));
    weir_buf_puts(out, t->nregions ? "]}" : "}");
}

static void
put_trace(weir_buf *out, const weir_decision *d)
{
    for (size_t i = 0; i < d->ntrace; i++) {
        weir_buf_puts(out, i ? "," : ",\"trace\":[");
        put_trace_entry(out, d, &d->trace[i]);
    }
    if (d->ntrace)
        weir_buf_putc(out, ']');
}

/* `post` and `author`, or what a query asked. */
static void
put_subject(weir_buf *out, const weir_post *post)
{
    const weir_query *q = &post->query;

    if (q->kind == WEIR_QUERY_NONE) {
        weir__put_text(out, ",\"post\":", post->id);
        weir__put_author(out, &post->author);
        return;
    }
    weir__put_text(out,
                   q->kind == WEIR_QUERY_HASHTAG ? ",\"query\":{\"hashtag\":"
                                                 : ",\"query\":{\"account\":",
                   q->value);
    if (q->region != WEIR_REGION_NONE)
        put_word(out, ",\"region\":\"", weir_region_code(q->region));
    if (q->at.p)
        weir__put_text(out, ",\"at\":", q->at);
    weir_buf_putc(out, '}');
}

static void
put_decision(weir_buf *out, const weir_decision *d)
{
    char at[WEIR_TIME_MAX];

    weir_buf_puts(out, "{\"v\":1");
    put_subject(out, d->post);
    put_word(out, ",\"action\":\"", weir_action_name(d->action));
    put_regions(out, d);
    put_exempted(out, d);
    put_rules(out, d, "observed", NULL, d->observed, d->nobserved);
    put_rules(out, d, "held_back", NULL, d->held_back, d->nheld_back);
    put_rules(out, d, "limit", d->limit_tags ? "\"tags\"" : NULL, d->limit, d->nlimit);
    put_rules(out, d, "breaker", d->breaker_set ? "\"*\"" : NULL, d->breaker, d->nbreaker);
    put_trace(out, d);
    if (d->quoted) {
        weir_buf_puts(out, ",\"quoted\":");
        put_decision(out, d->quoted);
    }
    (void)weir_time_format(d->at_ms, at);
    put_word(out, ",\"at\":\"", at);
    weir_buf_puts(out, ",\"ruleset\":\"");
    weir_buf_put(out, span_head(span_of(weir_ruleset_digest(d->rs)), 16));
    weir_buf_puts(out, "\"}");
}

void
weir_record_write(const weir_decision *d, weir_buf *out)
{
    put_decision(out, d);
    weir_buf_putc(out, '\n');
}

void
weir_record_write_error(const weir_item *item, uint64_t line, weir_undecided u, weir_buf *out)
{
    CHECK(item->kind == WEIR_ITEM_ERROR);
    put_word(out, "{\"v\":1,\"error\":\"", weir_read_error_name(item->error));
    weir_buf_puts(out, ",\"line\":");
    weir_buf_put_u64(out, line);
    weir_buf_puts(out, ",\"offset\":");
    weir_buf_put_u64(out, item->offset);
    weir__put_text(out, ",\"detail\":", item->detail);
    if (item->post_id.p)
        weir__put_text(out, ",\"post\":", item->post_id);
    weir__put_author(out, &item->author);
    if (u == WEIR_UNDECIDED_WITHHOLD)
        weir_buf_puts(out, ",\"action\":\"withhold\"");
    weir_buf_puts(out, "}\n");
}

void
weir_record_write_skip(const weir_item *item, weir_buf *out)
{
    CHECK(item->kind == WEIR_ITEM_SKIP);
    weir__put_text(out, "{\"v\":1,\"skip\":", span_of(item->skip));
    weir_buf_puts(out, "}\n");
}

/*
 * Records: one line of JSON for each decision, error and skip, with keys in the order that the
 * contract gives, and the same bytes on every machine.
 */
#include <tagweir/audit.h>

#include "audit/record.h"
#include "audit/values.h"
#include "base/buf.h"
#include "base/check.h"
#include "model/ruleset.h"

static const struct weir_rule *
rule_of(const weir_ruleset *rs, uint32_t rule)
{
    CHECK(rule < rs->nrules);
    return &rs->rules[rule];
}

static void
put_rule_id(weir_buf *out, const char *key, const weir_ruleset *rs, uint32_t rule)
{
    weir__put_text(out, key, rule_of(rs, rule)->id);
}

/* One of our own words, which needs no escapes. */
static void
put_word(weir_buf *out, const char *before, const char *word)
{
    weir_buf_puts(out, before);
    weir_buf_puts(out, word);
    BUF_LIT(out, "\"");
}

/* With the comma in front of it. */
static weir_span
text_of_action(weir_action a)
{
#define X(name, text) SPAN_LIT(",\"action\":\"" text "\""),
    static const weir_span texts[] = {WEIR_ACTIONS(X)};
#undef X

    CHECK((size_t)a < sizeof texts / sizeof *texts);
    return texts[a];
}

/* `via` to `value`: the same in a withhold and in each surface of a downrank. */
static void
put_act(weir_buf *out, const weir_ruleset *rs, const weir_act *act)
{
    const struct weir_rule *rule = rule_of(rs, act->rule);

    if (act->via_repost)
        BUF_LIT(out, ",\"via\":\"repost\"");
    weir__put_text(out, ",\"rule\":", rule->id);
    if (rule->order != WEIR_NONE)
        weir__put_text(out, ",\"order\":", rs->orders[rule->order].id);
    put_word(out, ",\"by\":\"", weir_selector_name(act->selector));
    BUF_LIT(out, ",\"value\":");
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
        BUF_LIT(out, "\":{\"factor\":");
        weir__put_factor(out, o->surface[s].factor_milli);
        put_act(out, rs, &o->surface[s].act);
        BUF_LIT(out, "}");
        before = ",\"";
    }
    BUF_LIT(out, "}");
}

void
weir__put_outcome(weir_buf *out, const weir_ruleset *rs, const weir_outcome *o)
{
    BUF_LIT(out, "{");
    weir__buf_add(out, span_skip(text_of_action(o->action), 1));
    if (o->action == WEIR_WITHHOLD)
        put_act(out, rs, &o->act);
    else if (o->action == WEIR_DOWNRANK)
        put_surfaces(out, rs, o);
    BUF_LIT(out, "}");
}

static void
put_regions(weir_buf *out, const weir_decision *d)
{
    for (size_t i = 0; i < d->nregions; i++) {
        weir_buf_puts(out, i ? ",\"" : ",\"regions\":{\"");
        weir_buf_puts(out, weir_region_code(d->regions[i].region));
        BUF_LIT(out, "\":");
        weir__put_outcome(out, d->rs, &d->regions[i].outcome);
    }
    if (d->nregions)
        BUF_LIT(out, "}");
}

void
weir__put_exemptions(weir_buf *out, const weir_ruleset *rs, const weir_region_exemptions *e)
{
    BUF_LIT(out, "[");
    for (size_t k = 0; e && k < e->n; k++) {
        put_rule_id(out, k ? ",{\"rule\":" : "{\"rule\":", rs, e->list[k].rule);
        put_rule_id(out, ",\"by\":", rs, e->list[k].by);
        BUF_LIT(out, "}");
    }
    BUF_LIT(out, "]");
}

static void
put_exempted(weir_buf *out, const weir_decision *d)
{
    for (size_t i = 0; i < d->nexempted; i++) {
        const weir_region_exemptions *e = &d->exempted[i];
        weir_buf_puts(out, i ? ",\"" : ",\"exempted\":{\"");
        weir_buf_puts(out, weir_region_code(e->region));
        BUF_LIT(out, "\":");
        weir__put_exemptions(out, d->rs, e);
    }
    if (d->nexempted)
        BUF_LIT(out, "}");
}

void
weir__put_rule_ids(weir_buf *out, const weir_ruleset *rs, const uint32_t *rules, size_t n)
{
    BUF_LIT(out, "[");
    for (size_t i = 0; i < n; i++)
        put_rule_id(out, i ? "," : "", rs, rules[i]);
    BUF_LIT(out, "]");
}

/* `first`: a JSON string that comes before the rules' ids, or NULL. */
static void
put_rules(weir_buf *out, const weir_decision *d, const char *key, const char *first,
          const uint32_t *rules, size_t n)
{
    if (!n && !first)
        return;
    put_word(out, ",\"", key);
    BUF_LIT(out, ":[");
    weir_buf_puts(out, first ? first : "");
    for (size_t i = 0; i < n; i++)
        put_rule_id(out, i || first ? "," : "", d->rs, rules[i]);
    BUF_LIT(out, "]");
}

static void
put_trace_entry(weir_buf *out, const weir_decision *d, const weir_trace_entry *t)
{
    put_rule_id(out, "{\"rule\":", d->rs, t->rule);
    put_word(out, ",\"state\":\"", weir_state_name(t->state));
    if (t->part)
        BUF_LIT(out, ",\"via\":\"repost\"");
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
        BUF_LIT(out, "]");
}

/* `post` and `author`, or what a query asked. */
void
weir__put_subject(weir_buf *out, const weir_post *post)
{
    const weir_query *q = &post->query;

    if (q->kind == WEIR_QUERY_NONE) {
        weir__buf_put_between(out, SPAN_LIT(",\"post\":\""), post->id, SPAN_LIT("\""));
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
    BUF_LIT(out, "}");
}

/* Mostly all posts of a thread are decided for one time, or many, one after the other, are. */
static size_t
put_time(char *to, int64_t ms)
{
    static _Thread_local struct {
        int64_t ms;
        size_t len; /* 0: none was written yet */
        char text[WEIR_TIME_MAX];
    } last;

    if (last.ms != ms || last.len == 0) {
        last.len = weir_time_format(ms, last.text);
        last.ms = ms;
    }
    memcpy(to, last.text, sizeof last.text);
    return last.len;
}

#define AT ",\"at\":\""
#define RULESET "\",\"ruleset\":\""
#define END "\"}"

/* In one piece, as it is known how long it is at most. */
static void
put_tail(weir_buf *out, const weir_decision *d)
{
    char *p = weir_buf_reserve(out, sizeof AT RULESET END + WEIR_TIME_MAX + WEIR__DIGEST_SHOWN),
         *to = p;

    if (!p)
        return;
    memcpy(to, AT, sizeof AT - 1);
    to += sizeof AT - 1;
    to += put_time(to, d->at_ms);
    memcpy(to, RULESET, sizeof RULESET - 1);
    to += sizeof RULESET - 1;
    memcpy(to, d->rs->digest, WEIR__DIGEST_SHOWN);
    to += WEIR__DIGEST_SHOWN;
    memcpy(to, END, sizeof END - 1);
    to += sizeof END - 1;
    out->len += (size_t)(to - p);
}

static void
put_decision(weir_buf *out, const weir_decision *d)
{
    BUF_LIT(out, "{\"v\":1");
    weir__put_subject(out, d->post);
    weir__buf_add(out, text_of_action(d->action));
    put_regions(out, d);
    put_exempted(out, d);
    put_rules(out, d, "observed", NULL, d->observed, d->nobserved);
    put_rules(out, d, "held_back", NULL, d->held_back, d->nheld_back);
    put_rules(out, d, "limit", d->limit_tags ? "\"tags\"" : NULL, d->limit, d->nlimit);
    put_rules(out, d, "breaker", d->breaker_set ? "\"*\"" : NULL, d->breaker, d->nbreaker);
    put_trace(out, d);
    if (d->quoted) {
        BUF_LIT(out, ",\"quoted\":");
        put_decision(out, d->quoted);
    }
    put_tail(out, d);
}

void
weir_record_write(const weir_decision *d, weir_buf *out)
{
    put_decision(out, d);
    BUF_LIT(out, "\n");
}

void
weir_record_write_error(const weir_item *item, uint64_t line, weir_undecided u, weir_buf *out)
{
    CHECK(item->kind == WEIR_ITEM_ERROR);
    put_word(out, "{\"v\":1,\"error\":\"", weir_read_error_name(item->error));
    BUF_LIT(out, ",\"line\":");
    weir_buf_put_u64(out, line);
    BUF_LIT(out, ",\"offset\":");
    weir_buf_put_u64(out, item->offset);
    weir__put_text(out, ",\"detail\":", item->detail);
    if (item->post_id.p)
        weir__put_text(out, ",\"post\":", item->post_id);
    weir__put_author(out, &item->author);
    if (u == WEIR_UNDECIDED_WITHHOLD)
        BUF_LIT(out, ",\"action\":\"withhold\"");
    BUF_LIT(out, "}\n");
}

void
weir_record_write_skip(const weir_item *item, weir_buf *out)
{
    CHECK(item->kind == WEIR_ITEM_SKIP);
    weir__put_text(out, "{\"v\":1,\"skip\":", span_of(item->skip));
    BUF_LIT(out, "}\n");
}

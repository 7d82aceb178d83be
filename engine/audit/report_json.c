/*
 * A report as one JSON object.
 */
#include "audit/report_parts.h"

#include "text/fold.h"

#include <tagweir/tagweir.h>

static void
put_text(weir_buf *out, const char *key, const char *text)
{
    if (!text)
        return;
    weir_buf_printf(out, ",\"%s\":", key);
    weir__json_any(out, span_of(text));
}

static void
put_time(weir_buf *out, const char *key, int64_t ms)
{
    char text[WEIR_TIME_MAX];

    if (ms == WEIR_REPORT_NO_TIME)
        return;
    (void)weir_time_format(ms, text);
    put_text(out, key, text);
}

static void
put_number(weir_buf *out, const char *key, uint64_t n)
{
    weir_buf_printf(out, ",\"%s\":", key);
    weir_buf_put_u64(out, n);
}

static void
put_flag(weir_buf *out, const char *key, bool yes)
{
    weir_buf_printf(out, ",\"%s\":%s", key, yes ? "true" : "false");
}

/* An object whose first key is known. */
static void
open_row(weir_buf *out, size_t i, const char *key)
{
    weir_buf_printf(out, "%s{\"%s\":", i ? "," : "", key);
}

/* The head ---------------------------------------------------------------------------------------
 */

/* A rule under a confidential order is null. */
static void
put_rules_asked(const weir_report *r, weir_buf *out)
{
    weir_buf_puts(out, r->nonly_rules ? ",\"rules\":[" : "");
    for (size_t i = 0; i < r->nonly_rules; i++) {
        weir_buf_puts(out, i ? "," : "");
        if (weir__is_open_name(r, r->only_rules[i]))
            weir__json_any(out, r->only_rules[i]);
        else
            BUF_LIT(out, "null");
    }
    weir_buf_puts(out, r->nonly_rules ? "]" : "");
}

static void
put_orders_asked(const weir_report *r, weir_buf *out)
{
    weir_buf_puts(out, r->nonly_orders ? ",\"orders\":[" : "");
    for (size_t i = 0; i < r->nonly_orders; i++) {
        weir_buf_puts(out, i ? "," : "");
        weir__json_any(out, r->only_orders[i]);
    }
    weir_buf_puts(out, r->nonly_orders ? "]" : "");
}

static void
put_asked(const weir_report *r, weir_buf *out)
{
    BUF_LIT(out, ",\"asked\":{\"part\":");
    weir_buf_puts(out, weir__is_part(r) ? "true" : "false");
    if (r->region != WEIR_REGION_NONE)
        put_text(out, "region", weir_region_code(r->region));
    for (int a = WEIR_WITHHOLD, n = 0; r->actions && a > WEIR_ALLOW; a--)
        if (r->actions >> a & 1)
            weir_buf_printf(out, n++ ? ",\"%s\"" : ",\"actions\":[\"%s\"",
                            weir_action_name((weir_action)a));
    weir_buf_puts(out, r->actions ? "]" : "");
    put_rules_asked(r, out);
    put_orders_asked(r, out);
    put_time(out, "since", r->since_ms);
    put_time(out, "until", r->until_ms);
    BUF_LIT(out, "}");
}

static void
put_head(const weir_report *r, weir_buf *out)
{
    BUF_LIT(out, "{\"report\":1");
    put_text(out, "engine", WEIR_VERSION);
    put_text(out, "unicode", weir__unicode_version());
    put_text(out, "clock", r->clock);
    put_time(out, "at", r->at_ms);
    put_time(out, "decided_from", r->decided_from_ms);
    put_time(out, "decided_until", r->decided_until_ms);
    put_text(out, "ruleset", weir_ruleset_digest(r->rs));
    put_number(out, "rules_in_set", weir_ruleset_nrules(r->rs));
    put_number(out, "orders_in_set", weir_ruleset_norders(r->rs));
    BUF_LIT(out, ",\"read_with\":{");
    for (size_t i = 0; i < r->noptions; i++) {
        weir_buf_printf(out, "%s\"%s\":", i ? "," : "", r->options[i].name);
        weir__json_any(out, r->options[i].value);
    }
    BUF_LIT(out, "}");
    put_asked(r, out);
    BUF_LIT(out, ",\"feeds\":[");
    for (size_t i = 0; i < r->nfeeds; i++) {
        open_row(out, i, "name");
        weir__json_any(out, r->feeds[i].name);
        if (r->feeds[i].has_bytes)
            put_number(out, "bytes", r->feeds[i].bytes);
        BUF_LIT(out, "}");
    }
    BUF_LIT(out, "]");
}

static void
put_places(const weir_report *r, weir_span error, weir_buf *out)
{
    size_t n = 0;

    BUF_LIT(out, ",\"places\":[");
    for (size_t i = 0; i < r->nplaces; i++) {
        if (!span_eq(r->places[i].error, error))
            continue;
        open_row(out, n++, "feed");
        weir_buf_put_u64(out, r->places[i].feed);
        put_number(out, "line", r->places[i].line);
        BUF_LIT(out, "}");
    }
    BUF_LIT(out, "]");
}

static void
put_input(const weir_report *r, weir_buf *out)
{
    uint64_t allowed;

    BUF_LIT(out, ",\"input\":{");
    weir__figures_json(out, &weir__input_columns, r, false);
    BUF_LIT(out, "},\"skips\":[");
    for (size_t i = 0; i < r->nskips; i++) {
        open_row(out, i, "what");
        weir__json_any(out, r->skips[i].what);
        put_number(out, "n", r->skips[i].n);
        BUF_LIT(out, "}");
    }
    BUF_LIT(out, "],\"errors\":[");
    for (size_t i = 0; i < r->nerrors; i++) {
        open_row(out, i, "what");
        weir__json_any(out, r->errors[i].what);
        put_number(out, "n", r->errors[i].n);
        put_places(r, r->errors[i].what, out);
        BUF_LIT(out, "}");
    }
    BUF_LIT(out, "],\"totals\":{");
    weir__figures_json(out, &weir__totals_columns, r, false);
    if (weir__allowed(r, &allowed))
        put_number(out, "allowed", allowed);
    BUF_LIT(out, "}");
    put_flag(out, "authors_estimated", r->authors_estimated);
}

/* Over time --------------------------------------------------------------------------------------
 */

static void
put_outside(const struct weir__columns *c, const weir_report_line *l, weir_buf *out)
{
    BUF_LIT(out, ",\"outside\":{\"before\":{");
    weir__figures_json(out, c, &l->before, false);
    BUF_LIT(out, "},\"after\":{");
    weir__figures_json(out, c, &l->after, false);
    BUF_LIT(out, "},\"untimed\":{");
    weir__figures_json(out, c, &l->untimed, false);
    BUF_LIT(out, "}}");
}

static void
put_steps(const weir_report *r, weir_buf *out)
{
    char time[WEIR_TIME_MAX];

    put_text(out, "step", r->nsteps ? r->step : NULL);
    BUF_LIT(out, ",\"steps\":[");
    for (size_t i = 0; i < r->nsteps; i++) {
        open_row(out, i, "from");
        (void)weir_time_format(r->edges[i], time);
        weir__json_any(out, span_of(time));
        put_time(out, "until", r->edges[i + 1]);
        weir__figures_json(out, &weir__step_columns, &r->line.steps[i], true);
        BUF_LIT(out, "}");
    }
    BUF_LIT(out, "]");
    put_outside(&weir__step_columns, &r->line, out);
}

/* Rows -------------------------------------------------------------------------------------------
 */

static void
put_regions(const weir_report *r, weir_buf *out)
{
    BUF_LIT(out, ",\"regions\":[");
    for (size_t i = 0; i < r->nregions; i++) {
        open_row(out, i, "region");
        weir_buf_printf(out, "\"%s\"", weir_region_code(r->regions[i].region));
        weir__figures_json(out, &weir__region_columns, &r->regions[i], true);
        BUF_LIT(out, "}");
    }
    BUF_LIT(out, "]");
}

static void
put_in_force(const weir_report *r, uint32_t order, weir_buf *out)
{
    weir_interval i;
    int64_t at = WEIR__FIRST_MS;
    size_t n = 0;

    BUF_LIT(out, ",\"in_force\":[");
    while (weir__next_interval(r, order, at, &i)) {
        weir_buf_puts(out, n++ ? ",{\"interval\":" : "{\"interval\":");
        weir_buf_put_u64(out, n);
        put_time(out, "from", i.from_ms);
        put_time(out, "until", i.until_ms);
        BUF_LIT(out, "}");
        if (i.until_ms == INT64_MIN)
            break;
        at = i.until_ms;
    }
    BUF_LIT(out, "]");
}

static void
put_terms(const weir_report *r, uint32_t order, const weir_order_info *o, weir_buf *out)
{
    put_text(out, "kind", weir_kind_name(o->kind));
    put_text(out, "authority", o->authority);
    put_text(out, "basis", o->basis);
    put_text(out, "reference", o->reference);
    put_text(out, "notice", o->notice);
    put_time(out, "served", o->served_ms);
    put_time(out, "review_by", o->review_by_ms);
    put_time(out, "confirmed", o->confirmed_ms);
    put_time(out, "revoked", o->revoked_ms);
    if (r->decided_until_ms != WEIR_REPORT_NO_TIME)
        put_text(out, "review",
                 weir_review_name(weir_ruleset_order_review(r->rs, order, r->decided_until_ms)));
    put_in_force(r, order, out);
}

static void
put_line(const weir_report *r, const weir_report_order *o, weir_buf *out)
{
    if (!o->line.steps || !weir__order_did(o))
        return;
    BUF_LIT(out, ",\"line\":[");
    for (size_t i = 0; i < r->nsteps; i++) {
        weir_buf_puts(out, i ? ",{" : "{");
        weir__figures_json(out, &weir__act_columns, &o->line.steps[i], false);
        BUF_LIT(out, "}");
    }
    BUF_LIT(out, "]");
    put_outside(&weir__act_columns, &o->line, out);
}

static void
put_orders(const weir_report *r, weir_buf *out)
{
    weir_order_info info;

    BUF_LIT(out, ",\"orders\":[");
    for (uint32_t i = 0; i <= weir__norders(r); i++) {
        const weir_report_order *o = &r->orders[i];
        bool own = i == weir__norders(r);

        if (!own)
            weir_ruleset_order(r->rs, i, &info);
        open_row(out, i, own ? "own_policy" : "id");
        if (own)
            BUF_LIT(out, "true");
        else
            weir__json_any(out, span_of(info.id));
        if (!own && info.confidential)
            put_flag(out, "confidential", true);
        else if (!own)
            put_terms(r, i, &info, out);
        weir__figures_json(out, &weir__order_columns, o, true);
        if (own || !info.confidential)
            put_line(r, o, out);
        BUF_LIT(out, "}");
    }
    BUF_LIT(out, "]");
}

static void
put_rules(const weir_report *r, weir_buf *out)
{
    bool hidden = weir__has_hidden(r);
    size_t n = 0;
    weir_rule_info info;
    weir_order_info order;

    BUF_LIT(out, ",\"rules\":[");
    for (uint32_t i = 0; i < weir_ruleset_nrules(r->rs); i++) {
        if (weir__is_hidden_rule(r, i) || weir__silence(r, i, hidden))
            continue;
        weir_ruleset_rule(r->rs, i, &info);
        open_row(out, n++, "id");
        weir__json_any(out, span_of(info.id));
        if (info.order != WEIR_NONE) {
            weir_ruleset_order(r->rs, info.order, &order);
            put_text(out, "order", order.id);
        }
        put_text(out, "action", weir_action_name(info.action));
        weir__figures_json(out, &weir__rule_columns, &r->rules[i], true);
        if (r->traced)
            weir__figures_json(out, &weir__trace_columns, &r->rules[i], true);
        BUF_LIT(out, "}");
    }
    BUF_LIT(out, "]");
}

static void
put_silent(const weir_report *r, weir_buf *out)
{
    bool hidden = weir__has_hidden(r);
    size_t n = 0;
    weir_rule_info info;

    if (weir__is_part(r))
        return;
    BUF_LIT(out, ",\"silent\":[");
    for (uint32_t i = 0; i < weir_ruleset_nrules(r->rs); i++) {
        const char *why = weir__is_hidden_rule(r, i) ? NULL : weir__silence(r, i, hidden);

        if (!why)
            continue;
        weir_ruleset_rule(r->rs, i, &info);
        open_row(out, n++, "id");
        weir__json_any(out, span_of(info.id));
        put_text(out, "why", why);
        BUF_LIT(out, "}");
    }
    BUF_LIT(out, "]");
}

static void
put_where(const weir_report_exemption *e, weir_buf *out)
{
    BUF_LIT(out, ",\"where\":[");
    for (size_t i = 0; i < e->nwhere; i++) {
        open_row(out, i, "region");
        weir_buf_printf(out, "\"%s\"", weir_region_code(e->where[i].region));
        put_number(out, "posts", e->where[i].posts);
        BUF_LIT(out, "}");
    }
    BUF_LIT(out, "]");
}

static void
put_exemptions(const weir_report *r, weir_buf *out)
{
    size_t n = 0;
    weir_rule_info info;

    BUF_LIT(out, ",\"exemptions\":[");
    for (size_t i = 0; i < r->nexemptions; i++) {
        const weir_report_exemption *e = &r->exemptions[i];

        if (!weir__is_open_exemption(r, e))
            continue;
        weir_ruleset_rule(r->rs, e->rule, &info);
        open_row(out, n++, "rule");
        weir__json_any(out, span_of(info.id));
        weir_ruleset_rule(r->rs, e->by, &info);
        put_text(out, "by", info.id);
        weir__figures_json(out, &weir__exemption_columns, e, true);
        put_where(e, out);
        BUF_LIT(out, "}");
    }
    BUF_LIT(out, "]");
}

static void
put_tops(const weir_report *r, weir_buf *out)
{
    BUF_LIT(out, ",\"tags\":[");
    for (size_t i = 0; i < r->ntags; i++) {
        open_row(out, i, "tag");
        weir__json_any(out, r->tags[i].what);
        weir__figures_json(out, &weir__count_columns, &r->tags[i], true);
        BUF_LIT(out, "}");
    }
    BUF_LIT(out, "]");
    put_number(out, "tags_distinct", r->tags_distinct);
    put_number(out, "tags_others", r->tags_others);
    BUF_LIT(out, ",\"accounts\":[");
    for (size_t i = 0; i < r->naccounts; i++) {
        const weir_report_account *a = &r->accounts[i];

        open_row(out, i, "account");
        weir__json_any(out, a->account);
        if (a->handle.len) {
            BUF_LIT(out, ",\"handle\":");
            weir__json_any(out, a->handle);
        }
        weir__figures_json(out, &weir__account_columns, a, true);
        BUF_LIT(out, "}");
    }
    BUF_LIT(out, "]");
    put_number(out, "accounts_distinct", r->accounts_distinct);
    put_number(out, "accounts_others", r->accounts_others);
}

void
weir_report_json(const weir_report *r, weir_buf *out)
{
    put_head(r, out);
    put_input(r, out);
    put_steps(r, out);
    put_regions(r, out);
    put_orders(r, out);
    put_rules(r, out);
    put_silent(r, out);
    put_exemptions(r, out);
    put_tops(r, out);
    BUF_LIT(out, "}\n");
}

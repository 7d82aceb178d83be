/*
 * What the server decides by, for outsiders: no entries of rules, and of what is confidential the
 * ids alone.
 */
#include "serve/http_parts.h"

#include "flow/members.h"

#include <tagweir/names.h>

#include <inttypes.h>
#include <string.h>

/* Rules of one part of the answer: what they cost is mostly a look at every region. */
#define RULES_PART 200u

/* Regions that are told by name; of more, their number. */
#define REGIONS_NAMED 16u

/* The interval around this moment, or the gap. */
static void
put_interval(weir_buf *out, const weir_interval *i)
{
    member_key(out, "in_force");
    weir_buf_puts(out, i->holds ? "true" : "false");
    member_time(out, i->holds ? "since" : "ended", i->from_ms);
    member_time(out, i->holds ? "until" : "begins", i->until_ms);
}

/* Rules -------------------------------------------------------------------------------------- */

/* Regions in which the rule holds, or does not: their names or their number. */
static void
put_regions(weir_buf *out, const char *key, const weir_ruleset *rs, uint32_t rule, bool holding)
{
    uint16_t named[REGIONS_NAMED], n = 0;

    for (uint16_t r = WEIR_REGION_XX + 1; r < weir_region_count(); r++)
        if (weir_ruleset_rule_holds(rs, rule, r) == holding) {
            if (n < REGIONS_NAMED)
                named[n] = r;
            n++;
        }
    if (!n)
        return;
    member_key(out, key);
    if (n > REGIONS_NAMED) {
        weir_buf_put_u64(out, n);
        return;
    }
    for (uint16_t i = 0; i < n; i++)
        weir_buf_printf(out, "%s\"%s\"", i ? "," : "[", weir_region_code(named[i]));
    weir_buf_putc(out, ']');
}

static void
put_rule_where(weir_buf *out, const weir_ruleset *rs, uint32_t rule)
{
    if (weir_ruleset_rule_holds(rs, rule, WEIR_REGION_XX)) {
        weir_buf_puts(out, ",\"regions\":[\"XX\"]");
        put_regions(out, "except_regions", rs, rule, false);
    } else {
        put_regions(out, "regions", rs, rule, true);
    }
}

static void
put_rule(weir_buf *out, const weir_ruleset *rs, uint32_t rule, int64_t now_ms)
{
    static const char *const modes[] = {WEIR_MODES(WEIR_TEXT)};
    weir_rule_info info;
    weir_order_info order = {.confidential = false};
    weir_interval interval;

    weir_ruleset_rule(rs, rule, &info);
    if (info.order != WEIR_NONE)
        weir_ruleset_order(rs, info.order, &order);
    weir_buf_puts(out, "{\"id\":");
    weir_buf_put_json(out, (weir_span){info.id, strlen(info.id)});
    member_text(out, "order", order.id);
    if (order.confidential) {
        weir_buf_puts(out, ",\"confidential\":true}");
        return;
    }
    member_text(out, "action", weir_action_name(info.action));
    member_text(out, "mode", modes[info.mode]);
    put_rule_where(out, rs, rule);
    weir_ruleset_rule_interval(rs, rule, now_ms, &interval);
    put_interval(out, &interval);
    weir_buf_putc(out, '}');
}

static bool
rules_part(struct http_ask *a, weir_buf *out, bool *more)
{
    uint32_t n = weir_ruleset_nrules(a->rs), from = a->next_rule;

    if (!from) {
        weir_buf_puts(out, "{\"v\":1");
        member_time(out, "at", a->at_ms);
        member_text(out, "ruleset", weir_ruleset_digest(a->rs));
        weir_buf_puts(out, ",\"rules\":[");
    }
    for (; a->next_rule < n && a->next_rule - from < RULES_PART; a->next_rule++) {
        weir_buf_puts(out, a->next_rule ? ",\n" : "\n");
        put_rule(out, a->rs, a->next_rule, a->at_ms);
    }
    *more = a->next_rule < n;
    if (!*more)
        weir_buf_puts(out, "]}\n");
    return true;
}

/* By one rule set, also where another takes its place meanwhile. */
void
http_rules(struct http_ask *a)
{
    a->rs = server_ruleset_ref(a->http->server);
    a->at_ms = server_now_ms(a->http->server);
    http_reply_parts(a, HTTP_200, HTTP_JSON, rules_part);
}

/* Orders ------------------------------------------------------------------------------------- */

static void
put_order(weir_buf *out, const weir_ruleset *rs, uint32_t order, int64_t now_ms)
{
    weir_order_info info;
    weir_interval interval;

    weir_ruleset_order(rs, order, &info);
    weir_buf_puts(out, "{\"v\":1");
    member_text(out, "id", info.id);
    if (info.confidential) {
        weir_buf_puts(out, ",\"confidential\":true}\n");
        return;
    }
    member_text(out, "kind", weir_kind_name(info.kind));
    member_text(out, "authority", info.authority);
    member_text(out, "basis", info.basis);
    member_text(out, "reference", info.reference);
    member_text(out, "notice", info.notice);
    member_time(out, "served", info.served_ms);
    weir_ruleset_order_interval(rs, order, now_ms, &interval);
    put_interval(out, &interval);
    member_text(out, "review", weir_review_name(weir_ruleset_order_review(rs, order, now_ms)));
    member_time(out, "review_by", info.review_by_ms);
    if (info.review_by_ms != INT64_MIN)
        member_text(out, "on_lapse", info.lapses ? "lift" : "hold");
    member_time(out, "confirmed", info.confirmed_ms);
    member_time(out, "revoked", info.revoked_ms);
    member_time(out, "at", now_ms);
    member_text(out, "ruleset", weir_ruleset_digest(rs));
    weir_buf_puts(out, "}\n");
}

void
http_order(struct http_ask *a)
{
    const weir_ruleset *rs = server_ruleset(a->http->server);
    uint32_t order = weir_ruleset_find_order(rs, (weir_span){a->segment.p, a->segment.len});
    weir_buf body = {0};

    if (order == WEIR_NONE) {
        http_fail(a, HTTP_404, "no_such_order", "no order of the rules in use has this id");
        return;
    }
    put_order(&body, rs, order, server_now_ms(a->http->server));
    http_reply(a, HTTP_200, HTTP_JSON, &body);
}

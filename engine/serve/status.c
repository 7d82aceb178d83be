/*
 * The status: what an operator looks at first.
 */
#include "serve/status.h"

#include "flow/members.h"

#include <inttypes.h>
#include <string.h>

/* Nobody looks at fractions of one. */
static int64_t
whole_second(int64_t ms)
{
    return ms - ms % 1000;
}

static void
put_time(weir_buf *out, int64_t ms)
{
    char time[WEIR_TIME_MAX];

    (void)weir_time_format(whole_second(ms), time);
    weir_buf_puts(out, time);
}

uint32_t
status_count_reviews(const struct server *s, weir_review review)
{
    const weir_ruleset *rs = server_ruleset(s);
    int64_t now_ms = server_now_ms(s);
    uint32_t n = 0;

    for (uint32_t i = 0; i < weir_ruleset_norders(rs); i++)
        n += weir_ruleset_order_review(rs, i, now_ms) == review;
    return n;
}

/* For people --------------------------------------------------------------------------------- */

/* By name: somebody has to confirm or revoke each of them. */
static void
put_overdue(const struct server *s, weir_buf *out)
{
    const weir_ruleset *rs = server_ruleset(s);
    int64_t now_ms = server_now_ms(s);

    for (uint32_t i = 0; i < weir_ruleset_norders(rs); i++) {
        weir_order_info order;

        if (weir_ruleset_order_review(rs, i, now_ms) != WEIR_REVIEW_OVERDUE)
            continue;
        weir_ruleset_order(rs, i, &order);
        weir_buf_printf(out, "OVERDUE      order %s is in force without the review that was due\n",
                        order.id);
    }
}

static void
put_rules(const struct server *s, weir_buf *out)
{
    const weir_ruleset *rs = server_ruleset(s);
    const struct server_load *load = server_last_load(s);

    weir_buf_printf(out, "rules        %.16s, %" PRIu32 " rules, %" PRIu32 " orders, since ",
                    weir_ruleset_digest(rs), weir_ruleset_nrules(rs), weir_ruleset_norders(rs));
    put_time(out, server_edition_ms(s));
    if (load->any) {
        weir_buf_printf(out, "\nlast reload  %s at ", load->ok ? "done" : "REFUSED");
        put_time(out, load->at_ms);
    }
    weir_buf_putc(out, '\n');
    put_overdue(s, out);
}

static void
put_trips(const struct server *s, weir_buf *out)
{
    for (size_t i = 0; i < server_ntrips(s); i++) {
        weir_trip how;
        int64_t at_ms;
        const char *rule = server_trip(s, i, &how, &at_ms);

        weir_buf_printf(out, "TRIPPED      %s%s (%s) at ", *rule ? "rule " : "the whole set", rule,
                        weir_trip_name(how));
        put_time(out, at_ms);
        weir_buf_putc(out, '\n');
    }
}

static void
put_ends(const struct worker_counts *c, uint64_t refused, weir_buf *out)
{
    for (int e = 0; e < WORKER_NENDS; e++)
        if (c->ended[e])
            weir_buf_printf(out, ", %" PRIu64 " closed by the limit %s", c->ended[e],
                            worker_end_name((enum worker_end)e));
    if (refused)
        weir_buf_printf(out, ", %" PRIu64 " refused", refused);
    if (c->unopened)
        weir_buf_printf(out, ", %" PRIu64 " that there was no memory for", c->unopened);
}

static void
put_journal(const struct server *s, weir_buf *out)
{
    struct scribe_report r;

    if (!server_tell_journal(s, &r))
        return;
    weir_buf_printf(out,
                    "journal      %" PRIu64 " entries, %" PRIu64 " of them synced, segment %" PRIu32
                    "%s\nhead         %s:%" PRIu64 "\n",
                    r.entries, r.synced, r.segment, r.failed ? ": IT HAS FAILED" : "", r.head,
                    r.head_seq);
}

void
status_text(const struct server *s, const struct server_sums *sums, weir_buf *out)
{
    const struct worker_counts *c = &sums->counts;
    const struct tally *t = &sums->tally;

    weir_buf_puts(out, "serving      since ");
    put_time(out, server_began_ms(s));
    weir_buf_putc(out, '\n');
    put_rules(s, out);
    put_trips(s, out);
    weir_buf_printf(out, "connections  %" PRIu64 " open, %" PRIu64 " in all", c->opened - c->closed,
                    c->opened);
    put_ends(c, sums->refused, out);
    weir_buf_printf(out,
                    "\nitems        %" PRIu64 ": %" PRIu64 " posts, %" PRIu64 " queries, %" PRIu64
                    " skips, %" PRIu64 " errors, %" PRIu64 " abandoned, %" PRIu64 " in flight\n",
                    t->items, t->posts, t->queries, t->skips, t->errors, t->abandoned,
                    status_in_flight(t));
    weir_buf_printf(out,
                    "decisions    withhold %" PRIu64 ", downrank %" PRIu64 ", allow %" PRIu64 "\n",
                    t->action[WEIR_WITHHOLD], t->action[WEIR_DOWNRANK], t->action[WEIR_ALLOW]);
    weir_buf_printf(out,
                    "answers      %" PRIu64 ": %" PRIu64 " delivered, %" PRIu64
                    " discarded, %" PRIu64 " on their way\n",
                    t->made, c->delivered, c->discarded, sums->unsent);
    weir_buf_printf(out, "memory       connections hold %" PRIu64 " bytes\n", sums->held);
    put_journal(s, out);
}

/* For programs ------------------------------------------------------------------------------- */

static void
put_rules_json(const struct server *s, weir_buf *out)
{
    const weir_ruleset *rs = server_ruleset(s);
    const struct server_load *load = server_last_load(s);

    member_text(out, "ruleset", weir_ruleset_digest(rs));
    member_number(out, "rules", weir_ruleset_nrules(rs));
    member_number(out, "orders", weir_ruleset_norders(rs));
    member_number(out, "overdue", status_count_reviews(s, WEIR_REVIEW_OVERDUE));
    member_time(out, "ruleset_since", whole_second(server_edition_ms(s)));
    if (!load->any)
        return;
    weir_buf_printf(out, ",\"last_reload\":{\"ok\":%s", load->ok ? "true" : "false");
    member_time(out, "at", whole_second(load->at_ms));
    weir_buf_putc(out, '}');
}

static void
put_trips_json(const struct server *s, weir_buf *out)
{
    weir_buf_puts(out, ",\"tripped\":[");
    for (size_t i = 0; i < server_ntrips(s); i++) {
        weir_trip how;
        int64_t at_ms;
        const char *rule = server_trip(s, i, &how, &at_ms);

        weir_buf_puts(out, i ? ",{\"rule\":" : "{\"rule\":");
        weir_buf_put_json(out, *rule ? (weir_span){rule, strlen(rule)} : (weir_span){"*", 1});
        member_text(out, "then", weir_trip_name(how));
        member_time(out, "at", whole_second(at_ms));
        weir_buf_putc(out, '}');
    }
    weir_buf_putc(out, ']');
}

static void
put_counts_json(const struct server_sums *sums, weir_buf *out)
{
    const struct worker_counts *c = &sums->counts;
    const struct tally *t = &sums->tally;

    member_number(out, "connections", c->opened - c->closed);
    member_number(out, "opened", c->opened);
    member_number(out, "refused", sums->refused);
    member_number(out, "unopened", c->unopened);
    for (int e = 0; e < WORKER_NENDS; e++) {
        weir_buf_printf(out, ",\"closed_%s\":", worker_end_name((enum worker_end)e));
        weir_buf_put_u64(out, c->ended[e]);
    }
    member_number(out, "items", t->items);
    member_number(out, "posts", t->posts);
    member_number(out, "queries", t->queries);
    member_number(out, "skips", t->skips);
    member_number(out, "errors", t->errors);
    member_number(out, "abandoned", t->abandoned);
    member_number(out, "in_flight", status_in_flight(t));
    member_number(out, "withhold", t->action[WEIR_WITHHOLD]);
    member_number(out, "downrank", t->action[WEIR_DOWNRANK]);
    member_number(out, "allow", t->action[WEIR_ALLOW]);
    member_number(out, "answers", t->made);
    member_number(out, "delivered", c->delivered);
    member_number(out, "discarded", c->discarded);
    member_number(out, "unsent", sums->unsent);
    member_number(out, "held_bytes", sums->held);
}

void
status_put_journal(const struct scribe_report *r, weir_buf *out)
{
    weir_buf_printf(out, "{\"head\":\"%s:%" PRIu64 "\"", r->head, r->head_seq);
    member_number(out, "entries", r->entries);
    member_number(out, "synced", r->synced);
    member_number(out, "records", r->records);
    member_number(out, "segment", r->segment);
    member_number(out, "segment_bytes", r->segment_bytes);
    member_number(out, "waiting_bytes", r->waiting);
    weir_buf_printf(out, ",\"failed\":%s}", r->failed ? "true" : "false");
}

static void
put_journal_json(const struct server *s, weir_buf *out)
{
    struct scribe_report r;

    if (!server_tell_journal(s, &r))
        return;
    weir_buf_puts(out, ",\"journal\":");
    status_put_journal(&r, out);
}

void
status_json(const struct server *s, const struct server_sums *sums, weir_buf *out)
{
    weir_buf_puts(out, "{\"v\":1");
    member_time(out, "since", whole_second(server_began_ms(s)));
    put_rules_json(s, out);
    put_trips_json(s, out);
    put_counts_json(sums, out);
    put_journal_json(s, out);
    weir_buf_puts(out, "}\n");
}

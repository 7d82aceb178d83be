/*
 * The summary as one JSON object, on one line; what is zero is written too, so that a script
 * finds every key.
 */
#include "cli/summary_json.h"

#include "cli/costs.h"
#include "cli/ui.h"

#include "flow/members.h"

#include <stdlib.h>

static void
put_head(const struct summary *s, weir_buf *out)
{
    weir_buf_puts(out, "{\"summary\":");
    ui_json(out, s->command);
    if (!s->rs)
        return;
    weir_buf_puts(out, ",\"clock\":\"");
    summary_clock(&s->args->answer, out);
    weir_buf_putc(out, '"');
    if (s->args->answer.clock == ANSWER_NOW && !s->served)
        member_time(out, "at", s->now_ms);
    member_text(out, "ruleset", weir_ruleset_digest(s->rs));
    member_number(out, "rules", weir_ruleset_nrules(s->rs));
    member_number(out, "orders", weir_ruleset_norders(s->rs));
}

static void
put_ended(const struct server_sums *s, weir_buf *out)
{
    weir_buf_puts(out, ",\"closed\":{");
    for (int e = 0; e < WORKER_NENDS; e++)
        weir_buf_printf(out, "%s\"%s\":%llu", e ? "," : "", worker_end_name((enum worker_end)e),
                        (unsigned long long)s->counts.ended[e]);
    weir_buf_putc(out, '}');
    member_number(out, "tls_failed", s->counts.tls_failed);
    member_number(out, "refused", s->refused);
    member_number(out, "unopened", s->counts.unopened);
    member_number(out, "reloads", s->reloads);
    member_number(out, "reloads_refused", s->reloads_refused);
    member_number(out, "trips", s->trips);
}

static void
put_input(const struct summary *s, weir_buf *out)
{
    const struct worker_counts *w = s->served ? &s->served->counts : NULL;

    if (!w) {
        member_number(out, "files", s->files);
        member_number(out, "lines", s->lines);
    } else {
        member_number(out, "connections", w->opened);
        member_number(out, "silent", w->silent);
        member_number(out, "broken", w->broken);
        put_ended(s->served, out);
        member_number(out, "bytes_in", w->bytes_in);
        member_number(out, "bytes_out", w->bytes_out);
        member_number(out, "delivered", w->delivered);
        member_number(out, "discarded", w->discarded);
        member_number(out, "lines", w->lines);
        member_number(out, "unanswered", w->unanswered);
        member_number(out, "unfinished", w->unfinished);
    }
    member_number(out, "items", s->tally->items);
    member_number(out, "posts", s->tally->posts);
    member_number(out, "queries", s->tally->queries);
}

static void
put_skips(const struct tally *t, weir_buf *out)
{
    weir_buf_puts(out, ",\"skips\":{");
    for (size_t i = 0; i < t->nskip; i++) {
        if (i)
            weir_buf_putc(out, ',');
        ui_json(out, t->skip[i].kind);
        weir_buf_putc(out, ':');
        weir_buf_put_u64(out, t->skip[i].n);
    }
    weir_buf_putc(out, '}');
}

static void
put_places(const struct summary_places *p, int e, weir_buf *out)
{
    weir_buf_puts(out, ",\"places\":[");
    for (size_t i = 0; i < p->n[e]; i++) {
        weir_buf_puts(out, i ? ",{\"file\":" : "{\"file\":");
        ui_json(out, p->at[e][i].file);
        member_number(out, "line", p->at[e][i].line);
        weir_buf_putc(out, '}');
    }
    weir_buf_putc(out, ']');
}

static void
put_errors(const struct summary *s, weir_buf *out)
{
    bool any = false;

    member_number(out, "abandoned", s->tally->abandoned);
    weir_buf_puts(out, ",\"errors\":{");
    for (int e = 0; e < WEIR_NREAD_ERRORS; e++) {
        if (!s->tally->error[e])
            continue;
        if (any)
            weir_buf_putc(out, ',');
        any = true;
        ui_json(out, weir_read_error_name((weir_read_error)e));
        weir_buf_puts(out, ":{\"count\":");
        weir_buf_put_u64(out, s->tally->error[e]);
        if (s->places)
            put_places(s->places, e, out);
        weir_buf_putc(out, '}');
    }
    weir_buf_putc(out, '}');
}

static void
put_actions(const char *key, const uint64_t n[WEIR_WITHHOLD + 1], weir_buf *out)
{
    weir_buf_puts(out, key);
    for (int a = WEIR_WITHHOLD; a >= WEIR_ALLOW; a--) {
        ui_json(out, weir_action_name((weir_action)a));
        weir_buf_putc(out, ':');
        weir_buf_put_u64(out, n[a]);
        weir_buf_putc(out, a == WEIR_ALLOW ? '}' : ',');
    }
}

static void
put_decisions(const struct tally *t, weir_buf *out)
{
    put_actions(",\"decisions\":{", t->action, out);
    member_number(out, "exempted", t->exempted);
    member_number(out, "observed", t->observed);
    member_number(out, "held_back", t->held_back);
    member_number(out, "limit", t->limit);
    member_number(out, "limit_patterns", t->limit_patterns);
    member_number(out, "limit_tags", t->limit_tags);
    member_number(out, "reposts_by_id", t->by_id);
    put_actions(",\"quoted\":{", t->quoted, out);
}

static void
put_row(const struct ledger_row *r, weir_buf *out)
{
    weir_buf_putc(out, '{');
    if (r->did.region != WEIR_REGION_NONE)
        weir_buf_printf(out, "\"region\":\"%s\",", weir_region_code(r->did.region));
    weir_buf_puts(out, "\"rule\":");
    ui_json(out, r->rule);
    if (r->order) {
        weir_buf_puts(out, ",\"order\":");
        ui_json(out, r->order);
    }
    member_number(out, "withheld", r->did.withheld);
    member_number(out, "downranked", r->did.downranked);
    member_number(out, "exempted", r->did.exempted);
    member_number(out, "observed", r->did.observed);
    member_number(out, "held_back", r->did.held_back);
    weir_buf_putc(out, '}');
}

static void
put_patterns(const struct summary *s, weir_buf *out)
{
    size_t n;
    struct ledger_cost *rows = costs_rows(s->ledger, &n);

    weir_buf_puts(out, ",\"patterns\":[");
    for (size_t i = 0; i < n; i++) {
        weir_buf_puts(out, i ? ",{\"rule\":" : "{\"rule\":");
        ui_json(out, rows[i].rule);
        member_number(out, "candidates", rows[i].counts.candidates);
        member_number(out, "confirmed", rows[i].counts.confirmed);
        member_number(out, "hard", rows[i].counts.hard);
        member_number(out, "over", rows[i].counts.over);
        weir_buf_putc(out, '}');
    }
    weir_buf_putc(out, ']');
    free(rows);
}

void
summary_json(const struct summary *s, weir_buf *out)
{
    put_head(s, out);
    put_input(s, out);
    put_skips(s->tally, out);
    put_errors(s, out);
    if (s->rs) {
        size_t n;
        struct ledger_row *rows = ledger_rows(s->ledger, &n);

        put_decisions(s->tally, out);
        weir_buf_puts(out, ",\"table\":[");
        for (size_t i = 0; i < n; i++) {
            if (i)
                weir_buf_putc(out, ',');
            put_row(&rows[i], out);
        }
        weir_buf_putc(out, ']');
        member_number(out, "rows_lost", s->ledger->lost);
        free(rows);
        put_patterns(s, out);
    }
    weir_buf_puts(out, "}\n");
}

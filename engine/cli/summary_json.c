/*
 * The summary as one JSON object, on one line; what is zero is written too, so that a script
 * finds every key.
 */
#include "cli/summary_json.h"

#include "cli/costs.h"
#include "cli/ui.h"

#include <stdlib.h>

static void
put_number(weir_buf *out, const char *key, uint64_t n)
{
    weir_buf_putc(out, ',');
    ui_json(out, key);
    weir_buf_putc(out, ':');
    weir_buf_put_u64(out, n);
}

static void
put_head(const struct summary *s, weir_buf *out)
{
    char time[WEIR_TIME_MAX];

    weir_buf_puts(out, "{\"summary\":");
    ui_json(out, s->command);
    if (!s->rs)
        return;
    weir_buf_puts(out, ",\"clock\":\"");
    summary_clock(&s->args->answer, out);
    weir_buf_putc(out, '"');
    if (s->args->answer.clock == ANSWER_NOW && !s->served) {
        (void)weir_time_format(s->now_ms, time);
        weir_buf_printf(out, ",\"at\":\"%s\"", time);
    }
    weir_buf_printf(out, ",\"ruleset\":\"%s\"", weir_ruleset_digest(s->rs));
    put_number(out, "rules", weir_ruleset_nrules(s->rs));
    put_number(out, "orders", weir_ruleset_norders(s->rs));
}

static void
put_ended(const struct server_sums *s, weir_buf *out)
{
    weir_buf_puts(out, ",\"closed\":{");
    for (int e = 0; e < WORKER_NENDS; e++)
        weir_buf_printf(out, "%s\"%s\":%llu", e ? "," : "", worker_end_name((enum worker_end)e),
                        (unsigned long long)s->counts.ended[e]);
    weir_buf_putc(out, '}');
    put_number(out, "tls_failed", s->counts.tls_failed);
    put_number(out, "refused", s->refused);
    put_number(out, "unopened", s->counts.unopened);
    put_number(out, "reloads", s->reloads);
    put_number(out, "reloads_refused", s->reloads_refused);
    put_number(out, "trips", s->trips);
}

static void
put_input(const struct summary *s, weir_buf *out)
{
    const struct worker_counts *w = s->served ? &s->served->counts : NULL;

    if (!w) {
        put_number(out, "files", s->files);
        put_number(out, "lines", s->lines);
    } else {
        put_number(out, "connections", w->opened);
        put_number(out, "silent", w->silent);
        put_number(out, "broken", w->broken);
        put_ended(s->served, out);
        put_number(out, "bytes_in", w->bytes_in);
        put_number(out, "bytes_out", w->bytes_out);
        put_number(out, "delivered", w->delivered);
        put_number(out, "discarded", w->discarded);
        put_number(out, "lines", w->lines);
        put_number(out, "unanswered", w->unanswered);
        put_number(out, "unfinished", w->unfinished);
    }
    put_number(out, "items", s->tally->items);
    put_number(out, "posts", s->tally->posts);
    put_number(out, "queries", s->tally->queries);
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
        put_number(out, "line", p->at[e][i].line);
        weir_buf_putc(out, '}');
    }
    weir_buf_putc(out, ']');
}

static void
put_errors(const struct summary *s, weir_buf *out)
{
    bool any = false;

    put_number(out, "abandoned", s->tally->abandoned);
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
    put_number(out, "exempted", t->exempted);
    put_number(out, "observed", t->observed);
    put_number(out, "held_back", t->held_back);
    put_number(out, "limit", t->limit);
    put_number(out, "limit_patterns", t->limit_patterns);
    put_number(out, "limit_tags", t->limit_tags);
    put_number(out, "reposts_by_id", t->by_id);
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
    put_number(out, "withheld", r->did.withheld);
    put_number(out, "downranked", r->did.downranked);
    put_number(out, "exempted", r->did.exempted);
    put_number(out, "observed", r->did.observed);
    put_number(out, "held_back", r->did.held_back);
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
        put_number(out, "candidates", rows[i].counts.candidates);
        put_number(out, "confirmed", rows[i].counts.confirmed);
        put_number(out, "hard", rows[i].counts.hard);
        put_number(out, "over", rows[i].counts.over);
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
        put_number(out, "rows_lost", s->ledger->lost);
        free(rows);
        put_patterns(s, out);
    }
    weir_buf_puts(out, "}\n");
}

/*
 * The summary as one JSON object, on one line; what is zero is written too, so that a script
 * finds every key.
 */
#include "cli/summary_json.h"

#include "cli/costs.h"
#include "cli/exported.h"
#include "cli/ui.h"

#include "flow/members.h"

#include <stdlib.h>

/* Tags that rules acted on, those that came most often. */
#define TAGS_SHOWN 100

static void
put_head(const struct summary *s, weir_buf *out)
{
    weir_buf_puts(out, "{\"summary\":");
    ui_json(out, s->command);
    if (!s->rs || s->input_only)
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
        if (s->resumed)
            member_number(out, "resumed_after", s->before);
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
    if (!w) {
        member_number(out, "left_out", s->tally->left_out);
        member_number(out, "written", s->written);
        member_number(out, "written_for_quotes", s->for_quotes);
    }
}

static void
put_skips(const struct tally *t, weir_buf *out)
{
    struct tally_skip by_name[TALLY_SKIPS];

    tally_skips(t, by_name);
    weir_buf_puts(out, ",\"skips\":{");
    for (size_t i = 0; i < t->nskip; i++) {
        if (i)
            weir_buf_putc(out, ',');
        ui_json(out, by_name[i].kind);
        weir_buf_putc(out, ':');
        weir_buf_put_u64(out, by_name[i].n);
    }
    weir_buf_putc(out, '}');
}

static void
put_places(const struct summary *s, const struct place_list *p, weir_buf *out)
{
    weir_buf_puts(out, ",\"places\":[");
    for (size_t i = 0; i < p->n; i++) {
        weir_buf_puts(out, i ? ",{\"file\":" : "{\"file\":");
        ui_json(out, s->feeds->v[p->at[i].feed]);
        member_number(out, "line", p->at[i].line);
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
            put_places(s, &s->places->of[e], out);
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
put_row(const struct summary *s, const struct ledger_row *r, weir_buf *out)
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
    if (s->census)
        member_number(out, "authors", summary_authors(s, r));
    weir_buf_putc(out, '}');
}

static void
put_count(const char *key, struct headcount_row n, weir_buf *out)
{
    weir_buf_puts(out, key);
    weir_buf_put_u64(out, n.posts);
    member_number(out, "authors", n.authors);
    weir_buf_putc(out, '}');
}

/* By order and by region, which rows of rules cannot be added up to: a post counts once. */
static void
put_census(const struct summary *s, weir_buf *out)
{
    uint32_t norders = weir_ruleset_norders(s->rs);
    bool any = false;

    put_count(",\"acted_on\":{\"posts\":", census_find(s->census, CENSUS_ALL, 0, 0), out);
    weir_buf_puts(out, ",\"by_region\":{");
    for (uint16_t i = 0; i < weir_region_count(); i++) {
        struct headcount_row n = census_find(s->census, CENSUS_REGION, 0, i);

        if (!n.posts)
            continue;
        weir_buf_printf(out, "%s\"%s\":", any ? "," : "", weir_region_code(i));
        put_count("{\"posts\":", n, out);
        any = true;
    }
    weir_buf_puts(out, "},\"by_order\":{");
    any = false;
    for (uint32_t i = 0; i < norders; i++) {
        struct headcount_row n = census_find(s->census, CENSUS_ORDER, i, 0);
        weir_order_info order;

        if (!n.posts)
            continue;
        weir_ruleset_order(s->rs, i, &order);
        weir_buf_puts(out, any ? "," : "");
        ui_json(out, order.id);
        put_count(":{\"posts\":", n, out);
        any = true;
    }
    weir_buf_puts(out, "},\"authors_estimated\":");
    weir_buf_puts(out, headcount_is_estimate(s->census) ? "true" : "false");
    member_number(out, "authors_lost", headcount_lost(s->census));
}

static void
put_tags(const struct tops *tags, weir_buf *out)
{
    struct top first[TAGS_SHOWN];
    size_t n = tops_first(tags, first, TAGS_SHOWN);

    weir_buf_puts(out, ",\"tags\":[");
    for (size_t i = 0; i < n; i++) {
        weir_buf_puts(out, i ? ",{\"tag\":" : "{\"tag\":");
        weir_buf_put_json(out, first[i].text);
        member_number(out, "posts", first[i].n);
        weir_buf_putc(out, '}');
    }
    weir_buf_putc(out, ']');
    member_number(out, "tags_distinct", tops_distinct(tags));
    member_number(out, "tags_others", tops_others(tags));
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
    if (s->rs && !s->input_only) {
        size_t n;
        struct ledger_row *rows = ledger_rows(s->ledger, &n);

        put_decisions(s->tally, out);
        weir_buf_puts(out, ",\"table\":[");
        for (size_t i = 0; i < n; i++) {
            if (i)
                weir_buf_putc(out, ',');
            put_row(s, &rows[i], out);
        }
        weir_buf_putc(out, ']');
        member_number(out, "rows_lost", s->ledger->lost);
        free(rows);
        if (s->census) {
            put_census(s, out);
            put_tags(s->tags, out);
        }
        if (s->exported)
            exported_json(s->args->emit, s->exported, out);
        put_patterns(s, out);
    } else if (s->exported) {
        exported_json(s->args->emit, s->exported, out);
    }
    weir_buf_puts(out, "}\n");
}

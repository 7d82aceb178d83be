/*
 * Summaries as text. The first line says which time was decided at, the second by which rules:
 * whoever finds a summary years later needs these two to get the same numbers again.
 */
#include "cli/summary.h"

#include "cli/costs.h"
#include "cli/exported.h"
#include "cli/summary_json.h"
#include "cli/telling.h"
#include "cli/ui.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Rows of the table that a person is shown; --json has them all. */
#define TABLE_ROWS 100
/* And of the rules with a pattern that ran out. */
#define OVER_ROWS 5
/* And of the tags that rules acted on. */
#define TOP_TAGS 10

void
summary_clock(const struct answer_options *o, weir_buf *out)
{
    char time[WEIR_TIME_MAX];

    switch (o->clock) {
    case ANSWER_NOW:
        weir_buf_puts(out, "now");
        break;
    case ANSWER_CREATED:
        weir_buf_puts(out, "created");
        break;
    case ANSWER_FIXED:
        weir_buf_put(out, (weir_span){time, weir_time_format(o->at_ms, time)});
        break;
    }
}

static void
put_head(const struct summary *s, weir_buf *out)
{
    const struct answer_options *o = &s->args->answer;
    char time[WEIR_TIME_MAX];

    weir_buf_puts(out, "clock      ");
    summary_clock(o, out);
    if (o->clock == ANSWER_NOW && !s->served) {
        (void)weir_time_format(s->now_ms, time);
        weir_buf_printf(out, ", which was %s", time);
    } else if (o->clock == ANSWER_CREATED) {
        weir_buf_puts(out, ": each post at its own time");
    }
    weir_buf_printf(out, "\nrules      %s (", weir_ruleset_digest(s->rs));
    ui_count(out, weir_ruleset_nrules(s->rs), "rule, ", "rules, ");
    ui_count(out, weir_ruleset_norders(s->rs), "order)\n", "orders)\n");
}

/* Connections that the server itself made an end of. */
static void
put_ended(const struct server_sums *s, weir_buf *out)
{
    const struct worker_counts *w = &s->counts;

    for (int e = 0; e < WORKER_NENDS; e++)
        if (w->ended[e])
            weir_buf_printf(out, "closed     %" PRIu64 " by the limit %s\n", w->ended[e],
                            worker_end_name((enum worker_end)e));
    if (w->tls_failed)
        weir_buf_printf(out, "TLS        failed for %" PRIu64 "\n", w->tls_failed);
    if (s->refused)
        weir_buf_printf(out, "refused    %" PRIu64 ": as many were open as --max-connections\n",
                        s->refused);
    if (w->unopened)
        weir_buf_printf(out, "unopened   %" PRIu64 ": there was no memory for them\n", w->unopened);
    if (s->reloads || s->reloads_refused)
        weir_buf_printf(out, "reloads    %" PRIu64 " done, %" PRIu64 " refused\n", s->reloads,
                        s->reloads_refused);
}

static void
put_input(const struct summary *s, weir_buf *out)
{
    const struct worker_counts *w = s->served ? &s->served->counts : NULL;

    if (!w) {
        if (s->resumed)
            weir_buf_printf(out,
                            "resumed    after %" PRIu64 " records of an earlier run, which are in "
                            "no number below\n",
                            s->before);
        weir_buf_puts(out, "input      ");
        ui_count(out, s->files, "file, ", "files, ");
        ui_count(out, s->lines, "line\n", "lines\n");
        return;
    }
    weir_buf_puts(out, "served     ");
    ui_count(out, w->opened, "connection", "connections");
    if (w->silent)
        weir_buf_printf(out, " (%" PRIu64 " without a byte from the client)", w->silent);
    if (w->broken)
        weir_buf_printf(out, " (%" PRIu64 " broken)", w->broken);
    weir_buf_printf(out, ", %" PRIu64 " bytes in, %" PRIu64 " out\n", w->bytes_in, w->bytes_out);
    put_ended(s->served, out);
    weir_buf_printf(out, "answers    %" PRIu64 " delivered, %" PRIu64 " discarded\n", w->delivered,
                    w->discarded);
    if (w->unanswered) {
        weir_buf_puts(out, "unanswered ");
        ui_count(out, w->unanswered, "line", "lines");
        weir_buf_puts(out, ": connections were closed before their turn came\n");
    }
    if (w->unfinished) {
        weir_buf_puts(out, "unfinished ");
        ui_count(out, w->unfinished, "line: its end", "lines: their ends");
        weir_buf_puts(out, " had not arrived, so nothing was decided\n");
    }
}

static void
put_abandoned(const struct tally *t, weir_buf *out)
{
    if (!t->abandoned)
        return;
    weir_buf_puts(out, "abandoned  ");
    ui_count(out, t->abandoned, "item", "items");
    weir_buf_puts(out, " of lines that were begun: their connections were closed\n");
}

static void
put_skips(const struct tally *t, weir_buf *out)
{
    struct tally_skip by_name[TALLY_SKIPS];

    if (!t->skips)
        return;
    tally_skips(t, by_name);
    weir_buf_printf(out, "skipped    %" PRIu64 ":", t->skips);
    for (size_t i = 0; i < t->nskip; i++)
        weir_buf_printf(out, "%s %s %" PRIu64, i ? "," : "", by_name[i].kind, by_name[i].n);
    weir_buf_putc(out, '\n');
}

/* Decisions count by the post itself, records are chosen by what it quotes as well. */
static void
put_written(const struct summary *s, uint64_t all, weir_buf *out)
{
    weir_buf_printf(out, "written    %" PRIu64 " of %" PRIu64 " records", s->written, all);
    if (s->for_quotes)
        weir_buf_printf(out, ", %" PRIu64 " of them only for a post that they quote",
                        s->for_quotes);
    weir_buf_putc(out, '\n');
}

/* What was not asked for, and of what was, records that are not. */
static void
put_left_out(const struct summary *s, weir_buf *out)
{
    if (s->tally->left_out) {
        weir_buf_puts(out, "left out   ");
        ui_count(out, s->tally->left_out, "post", "posts");
        weir_buf_puts(out, " made at other times than were asked for, or without a time\n");
    }
    uint64_t all = s->tally->posts + s->tally->queries + s->tally->errors;

    if (s->rs && !s->served && !s->exported && !s->input_only && s->written != all)
        put_written(s, all, out);
}

static void
put_errors(const struct summary *s, weir_buf *out)
{
    const struct places *p = s->places;

    if (!s->tally->errors)
        return;
    weir_buf_printf(out, "errors     %" PRIu64 "\n", s->tally->errors);
    for (int e = 0; e < WEIR_NREAD_ERRORS; e++) {
        uint64_t n = s->tally->error[e];

        if (!n)
            continue;
        weir_buf_printf(out, "  %-14s %8" PRIu64, weir_read_error_name((weir_read_error)e), n);
        for (size_t i = 0; p && i < p->of[e].n; i++)
            weir_buf_printf(out, "%s%s:%" PRIu64, i ? ", " : "  ", s->feeds->v[p->of[e].at[i].feed],
                            p->of[e].at[i].line);
        weir_buf_puts(out, p && n > p->of[e].n && p->of[e].n ? ", …\n" : "\n");
    }
}

static void
put_actions(const char *what, const uint64_t n[WEIR_WITHHOLD + 1], weir_buf *out)
{
    weir_buf_puts(out, what);
    for (int a = WEIR_WITHHOLD; a >= WEIR_ALLOW; a--)
        weir_buf_printf(out, "%s%s %" PRIu64, a < WEIR_WITHHOLD ? ", " : "",
                        weir_action_name((weir_action)a), n[a]);
    weir_buf_putc(out, '\n');
}

/* A rule may downrank more posts than there are whose action is downrank. */
static bool
some_count_elsewhere(const struct summary *s)
{
    size_t n;
    struct ledger_row *rows = ledger_rows(s->ledger, &n);
    bool some = false;

    for (size_t i = 0; i < n; i++)
        some = some || rows[i].did.downranked > s->tally->action[WEIR_DOWNRANK];
    free(rows);
    return some;
}

static void
put_decisions(const struct summary *s, weir_buf *out)
{
    const struct tally *t = s->tally;
    const struct {
        uint64_t n;
        const char *what;
    } also[] = {{t->exempted, "with an exemption"},
                {t->observed, "with a rule observed"},
                {t->held_back, "with a rule held back"},
                {t->limit_patterns, "with a pattern out of budget"},
                {t->limit_tags, "with tags left out: only the first 1000 are decided"}};
    uint64_t quoted = 0;

    put_actions("decisions  ", t->action, out);
    if (some_count_elsewhere(s))
        weir_buf_puts(out,
                      "           A post counts once here, by the strictest of what is done to "
                      "it anywhere: below,\n           some that are withheld are downranked "
                      "elsewhere, too\n");
    for (size_t i = 0; i < sizeof also / sizeof *also; i++) {
        if (also[i].n)
            weir_buf_printf(out, "           %" PRIu64 " %s\n", also[i].n, also[i].what);
    }
    if (t->by_id)
        weir_buf_printf(out,
                        "           reposts whose original is known by its id only: %" PRIu64 "\n",
                        t->by_id);
    for (int a = 0; a <= WEIR_WITHHOLD; a++)
        quoted += t->quoted[a];
    if (quoted)
        put_actions("quoted     besides, and in no row below: ", t->quoted, out);
}

uint64_t
summary_authors(const struct summary *s, const struct ledger_row *r)
{
    uint32_t rule = s->census ? weir_ruleset_find_rule(s->rs, (weir_span){r->rule, strlen(r->rule)})
                              : WEIR_NONE;

    return rule == WEIR_NONE ? 0 : census_find(s->census, CENSUS_RULE, rule, r->did.region).authors;
}

/* How many posts something was done to, and whose they were. */
static void
put_census(const struct summary *s, weir_buf *out)
{
    struct headcount_row all = census_find(s->census, CENSUS_ALL, 0, 0);
    struct top first[TOP_TAGS];
    size_t n = tops_first(s->tags, first, TOP_TAGS);

    if (all.posts) {
        weir_buf_puts(out, "acted on   ");
        ui_count(out, all.posts, "post of ", "posts of ");
        weir_buf_puts(out, headcount_is_estimate(s->census) ? "about " : "");
        ui_count(out, all.authors, "author\n", "authors\n");
    }
    for (size_t i = 0; i < n; i++) {
        weir_buf_puts(out, i ? ", #" : "tags       #");
        tell_text(first[i].text, out);
        weir_buf_printf(out, " %" PRIu64, first[i].n);
    }
    if (n)
        weir_buf_puts(out, tops_distinct(s->tags) > n ? ", …\n" : "\n");
    if (headcount_lost(s->census)) {
        weir_buf_puts(out, "out of memory for authors: ");
        ui_count(out, headcount_lost(s->census), "count is", "counts are");
        weir_buf_puts(out, " missing\n");
    }
}

static size_t
widest(size_t a, const char *text)
{
    size_t len = strlen(text);

    return len > a ? len : a;
}

static void
put_row(const struct summary *s, const struct ledger_row *r, int rule_width, int order_width,
        weir_buf *out)
{
    const struct tally_row *did = &r->did;
    uint64_t n[] = {did->withheld, did->downranked, did->exempted,
                    did->observed, did->held_back,  summary_authors(s, r)};
    size_t shown = sizeof n / sizeof *n - (s->census == NULL);

    weir_buf_printf(out, "%-6s  %-*s  %-*s",
                    did->region == WEIR_REGION_NONE ? "(any)" : weir_region_code(did->region),
                    rule_width, r->rule, order_width, r->order ? r->order : "-");
    for (size_t i = 0; i < shown; i++) {
        if (n[i])
            weir_buf_printf(out, " %10" PRIu64, n[i]);
        else
            weir_buf_printf(out, " %10s", "-");
    }
    weir_buf_putc(out, '\n');
}

static void
put_table(const struct summary *s, weir_buf *out)
{
    size_t n, rule_width = 4, order_width = 5;
    struct ledger_row *rows = ledger_rows(s->ledger, &n);
    size_t shown = n < TABLE_ROWS ? n : TABLE_ROWS;

    for (size_t i = 0; i < shown; i++) {
        rule_width = widest(rule_width, rows[i].rule);
        order_width = widest(order_width, rows[i].order ? rows[i].order : "-");
    }
    if (n)
        weir_buf_printf(out,
                        "\nPosts by rule; one counts under each rule that acts on it, in each "
                        "region:\n%-6s  %-*s  %-*s %10s %10s %10s %10s %10s%s\n",
                        "region", (int)rule_width, "rule", (int)order_width, "order", "withheld",
                        "downranked", "exempted", "observed", "held back",
                        s->census ? "    authors" : "");
    for (size_t i = 0; i < shown; i++)
        put_row(s, &rows[i], (int)rule_width, (int)order_width, out);
    if (shown < n)
        weir_buf_printf(out, "… and %zu rows more (--json has them all)\n", n - shown);
    if (s->ledger->lost) {
        weir_buf_puts(out, "out of memory for rows: ");
        ui_count(out, s->ledger->lost, "count is", "counts are");
        weir_buf_puts(out, " missing from this table\n");
    }
    free(rows);
}

static void
put_over(const struct summary *s, weir_buf *out)
{
    size_t n, over = 0;
    struct ledger_cost *rows = costs_rows(s->ledger, &n);

    while (over < n && rows[over].counts.over)
        over++;
    for (size_t i = 0; i < over && i < OVER_ROWS; i++) {
        weir_buf_printf(out, "%-10s rule %s ran out of its match budget on ", i ? "" : "limit",
                        rows[i].rule);
        ui_count(out, rows[i].counts.over, "value\n", "values\n");
    }
    if (over > OVER_ROWS)
        weir_buf_printf(out, "%-10s and %zu rules more (--json has them all)\n", "",
                        over - OVER_ROWS);
    free(rows);
}

void
summary_print(const struct summary *s)
{
    weir_buf out = {0};

    if (s->args->json) {
        summary_json(s, &out);
    } else {
        if (s->rs && !s->input_only)
            put_head(s, &out);
        put_input(s, &out);
        weir_buf_puts(&out, "read       ");
        ui_count(&out, s->tally->posts, "post", "posts");
        if (s->rs) {
            weir_buf_puts(&out, ", ");
            ui_count(&out, s->tally->queries, "query", "queries");
        }
        weir_buf_putc(&out, '\n');
        put_left_out(s, &out);
        put_skips(s->tally, &out);
        put_errors(s, &out);
        put_abandoned(s->tally, &out);
        if (s->rs && !s->input_only) {
            put_decisions(s, &out);
            if (s->census)
                put_census(s, &out);
            if (s->exported)
                exported_text(s->args->emit, s->exported, &out);
            put_over(s, &out);
            put_table(s, &out);
        } else if (s->exported) {
            exported_text(s->args->emit, s->exported, &out);
        }
    }
    ui_tell(&out);
    weir_buf_fini(&out);
}

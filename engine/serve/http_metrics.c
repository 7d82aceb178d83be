/*
 * Metrics in Prometheus' text format 0.0.4: families with their HELP and TYPE, base units (seconds,
 * bytes), counters ending in _total. The counts are those of one moment of each worker, so that the
 * laws that HELP texts name hold in every scrape.
 */
#include "serve/http_parts.h"
#include "serve/status.h"

#include <tagweir/names.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* What is told of. */
struct view {
    const struct http *http;
    const struct server *server;
    const struct server_sums *sums;
    const weir_ruleset *rs;
    struct ledger_row *rows; /* by region, then as rules first came */
    size_t nrows;
};

/* The format --------------------------------------------------------------------------------- */

static void
put_family(weir_buf *out, const char *name, const char *type, const char *help)
{
    weir_buf_printf(out, "# HELP %s ", name);
    for (; *help; help++)
        if (*help == '\\' || *help == '\n')
            weir_buf_puts(out, *help == '\n' ? "\\n" : "\\\\");
        else
            weir_buf_putc(out, *help);
    weir_buf_printf(out, "\n# TYPE %s %s\n", name, type);
}

static void
put_label(weir_buf *out, const char *before, const char *label, const char *value)
{
    weir_buf_printf(out, "%s%s=\"", before, label);
    for (; *value; value++)
        if (*value == '\\' || *value == '\n' || *value == '"') {
            weir_buf_putc(out, '\\');
            weir_buf_putc(out, *value == '\n' ? 'n' : *value);
        } else {
            weir_buf_putc(out, *value);
        }
    weir_buf_putc(out, '"');
}

static void
put_u64(weir_buf *out, uint64_t value)
{
    weir_buf_putc(out, ' ');
    weir_buf_put_u64(out, value);
    weir_buf_putc(out, '\n');
}

static void
put_sample(weir_buf *out, const char *name, const char *label, const char *value, uint64_t n)
{
    weir_buf_puts(out, name);
    put_label(out, "{", label, value);
    weir_buf_putc(out, '}');
    put_u64(out, n);
}

static void
put_sample_of_two(weir_buf *out, const char *name, const char *const labels[2],
                  const char *const values[2], uint64_t n)
{
    weir_buf_puts(out, name);
    put_label(out, "{", labels[0], values[0]);
    put_label(out, ",", labels[1], values[1]);
    weir_buf_putc(out, '}');
    put_u64(out, n);
}

static void
put_seconds(weir_buf *out, int64_t ms)
{
    weir_buf_printf(out, " %s%" PRId64 ".%03" PRId64 "\n", ms < 0 ? "-" : "",
                    ms < 0 ? -(ms / 1000) : ms / 1000, ms < 0 ? -(ms % 1000) : ms % 1000);
}

/* What has one value ------------------------------------------------------------------------- */

#define PLAIN(X)                                                                                   \
    X(read_items_total, counter, v->sums->tally.items,                                             \
      "Posts, queries and lines that are none, each once: the sum of tagweir_items_total and "     \
      "tagweir_items_in_flight.")                                                                  \
    X(items_in_flight, gauge, status_in_flight(&v->sums->tally), "Items that wait for answers.")   \
    X(reposts_by_id_total, counter, v->sums->tally.by_id,                                          \
      "Posts that repost one of which the id alone is known.")                                     \
    X(made_answers_total, counter, v->sums->tally.made,                                            \
      "Answers made: the sum of tagweir_answers_total and tagweir_answers_unsent.")                \
    X(answers_unsent, gauge, v->sums->unsent, "Answers that wait to be read by their clients.")    \
    X(connections, gauge, v->sums->counts.opened - v->sums->counts.closed,                         \
      "Connections of streams that are open.")                                                     \
    X(connections_opened_total, counter, v->sums->counts.opened, "Connections of streams.")        \
    X(connections_refused_total, counter, v->sums->refused,                                        \
      "Connections refused, as there were as many as --max-connections allows.")                   \
    X(connections_unopened_total, counter, v->sums->counts.unopened,                               \
      "Connections closed as they came, as there was no memory for them.")                         \
    X(connections_silent_total, counter, v->sums->counts.silent,                                   \
      "Connections closed without a byte from their clients.")                                     \
    X(connections_broken_total, counter, v->sums->counts.broken,                                   \
      "Connections closed over lines or answers.")                                                 \
    X(connections_tls_failed_total, counter, v->sums->counts.tls_failed,                           \
      "Connections that TLS made an end of.")                                                      \
    X(received_bytes_total, counter, v->sums->counts.bytes_in, "Bytes read from streams.")         \
    X(sent_bytes_total, counter, v->sums->counts.bytes_out, "Bytes written to streams.")           \
    X(held_bytes, gauge, v->sums->held,                                                            \
      "Memory that connections hold for lines, answers and TLS.")                                  \
    X(http_connections, gauge, v->http->nconns, "Connections of HTTP that are open.")              \
    X(http_connections_opened_total, counter, v->http->counts.opened, "Connections of HTTP.")      \
    X(http_received_bytes_total, counter, v->http->counts.bytes_in, "Bytes read by HTTP.")         \
    X(http_sent_bytes_total, counter, v->http->counts.bytes_out, "Bytes written by HTTP.")         \
    X(rules, gauge, weir_ruleset_nrules(v->rs), "Rules in use.")                                   \
    X(orders, gauge, weir_ruleset_norders(v->rs), "Orders in use.")                                \
    X(orders_overdue, gauge, status_count_reviews(v->server, WEIR_REVIEW_OVERDUE),                 \
      "Orders that go on although nobody has confirmed them by their review_by.")                  \
    X(breakers_tripped, gauge, server_ntrips(v->server),                                           \
      "Breakers that have tripped, and were not reset.")                                           \
    X(breaker_trips_total, counter, v->sums->trips, "Times that a breaker has tripped.")           \
    X(last_reload_successful, gauge, is_good(server_last_load(v->server)),                         \
      "1 unless the last reload or rollback was refused.")                                         \
    X(lost_rule_counts_total, counter, v->sums->ledger.lost,                                       \
      "Counts of rules that there was no memory for: 0, or what is told by rule is too low.")

static bool
is_good(const struct server_load *load)
{
    return !load->any || load->ok;
}

static void
put_plain(weir_buf *out, const struct view *v)
{
#define X(name, type, value, help)                                                                 \
    put_family(out, "tagweir_" #name, #type, help);                                                \
    weir_buf_puts(out, "tagweir_" #name);                                                          \
    put_u64(out, value);
    PLAIN(X)
#undef X
}

/* Times, in seconds since 1970. */
#define TIMES(X)                                                                                   \
    X(tagweir_ruleset_since_timestamp_seconds, server_edition_ms(v->server),                       \
      "When the rules in use began to be used.")                                                   \
    X(tagweir_last_reload_success_timestamp_seconds, server_last_good_load_ms(v->server),          \
      "When a reload or rollback, or the start, last found the rules to be good.")                 \
    X(process_start_time_seconds, server_began_ms(v->server), "When the server began.")

static void
put_times(weir_buf *out, const struct view *v)
{
#define X(name, ms, help)                                                                          \
    put_family(out, #name, "gauge", help);                                                         \
    weir_buf_puts(out, #name);                                                                     \
    put_seconds(out, ms);
    TIMES(X)
#undef X
}

static void
put_info(weir_buf *out, const char *name, const char *help, const char *label, const char *value)
{
    put_family(out, name, "gauge", help);
    put_sample(out, name, label, value, 1);
}

/* What has a label --------------------------------------------------------------------------- */

static void
put_items(weir_buf *out, const struct tally *t)
{
    const char *name = "tagweir_items_total";

    put_family(out, name, "counter", "Items by what became of them.");
    put_sample(out, name, "result", "post", t->posts);
    put_sample(out, name, "result", "query", t->queries);
    put_sample(out, name, "result", "skip", t->skips);
    put_sample(out, name, "result", "error", t->errors);
    put_sample(out, name, "result", "abandoned", t->abandoned);

    name = "tagweir_skips_total";
    put_family(out, name, "counter", "Lines that are no posts, by what they are.");
    for (size_t i = 0; i < t->nskip; i++)
        put_sample(out, name, "kind", t->skip[i].kind, t->skip[i].n);

    name = "tagweir_errors_total";
    put_family(out, name, "counter",
               "Items that could not be decided, by the code of their error.");
    for (int e = 0; e < WEIR_NREAD_ERRORS; e++)
        put_sample(out, name, "code", weir_read_error_name((weir_read_error)e), t->error[e]);
}

static void
put_actions(weir_buf *out, const char *name, const char *help, const uint64_t *n)
{
    put_family(out, name, "counter", help);
    for (int a = 0; a <= WEIR_WITHHOLD; a++)
        put_sample(out, name, "action", weir_action_name((weir_action)a), n[a]);
}

static void
put_decisions(weir_buf *out, const struct tally *t)
{
    const char *name = "tagweir_noted_decisions_total";

    put_actions(out, "tagweir_decisions_total",
                "Posts and queries by the strictest outcome over all regions: the sum of posts and "
                "queries in tagweir_items_total.",
                t->action);
    put_actions(out, "tagweir_quoted_decisions_total",
                "Posts that others quote by their own strictest outcome; in no other number.",
                t->quoted);
    put_family(out, name, "counter",
               "Posts and queries whose records name a rule that was exempted, observed, held back "
               "by its rollout, or out of its budget.");
    put_sample(out, name, "note", "exempted", t->exempted);
    put_sample(out, name, "note", "observed", t->observed);
    put_sample(out, name, "note", "held_back", t->held_back);
    put_sample(out, name, "note", "limit", t->limit);
}

static void
put_fates(weir_buf *out, const struct server_sums *sums)
{
    const struct worker_counts *c = &sums->counts;
    const char *name = "tagweir_answers_total";

    put_family(out, name, "counter", "Answers given to the system, or lost with their clients.");
    put_sample(out, name, "result", "delivered", c->delivered);
    put_sample(out, name, "result", "discarded", c->discarded);

    name = "tagweir_lines_total";
    put_family(out, name, "counter",
               "Lines that were read; those that came and were not read, as their connection was "
               "closed; those whose end had not come.");
    put_sample(out, name, "result", "read", c->lines);
    put_sample(out, name, "result", "unanswered", c->unanswered);
    put_sample(out, name, "result", "unfinished", c->unfinished);

    name = "tagweir_connections_ended_total";
    put_family(out, name, "counter", "Connections of streams closed by a limit.");
    for (int e = 0; e < WORKER_NENDS; e++)
        put_sample(out, name, "limit", worker_end_name((enum worker_end)e), c->ended[e]);

    name = "tagweir_reloads_total";
    put_family(out, name, "counter",
               "Reloads and rollbacks by which other rules were used, or that were refused.");
    put_sample(out, name, "result", "done", sums->reloads);
    put_sample(out, name, "result", "refused", sums->reloads_refused);
}

static void
put_latency(weir_buf *out, const struct latency *l)
{
    const char *name = "tagweir_answer_seconds";
    uint64_t n = 0;

    put_family(out, name, "histogram",
               "From the read that brought a line to the moment its answer was made.");
    for (size_t i = 0; i + 1 < LATENCY_BUCKETS; i++) {
        char bound[32];

        (void)snprintf(bound, sizeof bound, "%g", (double)latency_bounds[i] / 1e6);
        put_sample(out, "tagweir_answer_seconds_bucket", "le", bound, n += l->n[i]);
    }
    n += l->n[LATENCY_BUCKETS - 1];
    put_sample(out, "tagweir_answer_seconds_bucket", "le", "+Inf", n);
    weir_buf_printf(out, "%s_sum %" PRIu64 ".%06" PRIu64 "\n%s_count %" PRIu64 "\n", name,
                    l->sum_us / 1000000, l->sum_us % 1000000, name, n);
}

static void
put_trips(weir_buf *out, const struct server *s)
{
    const char *name = "tagweir_breaker_tripped";

    put_family(out, name, "gauge", "1: the breaker of the rule (*: of the whole set) has tripped.");
    for (size_t i = 0; i < server_ntrips(s); i++) {
        weir_trip how;
        int64_t at_ms;
        const char *rule = server_trip(s, i, &how, &at_ms);

        put_sample_of_two(out, name, (const char *const[]){"rule", "then"},
                          (const char *const[]){*rule ? rule : "*", weir_trip_name(how)}, 1);
    }
}

/* The journal -------------------------------------------------------------------------------- */

#define JOURNAL(X)                                                                                 \
    X(records_total, counter, r.records, "Records written to the decision journal.")               \
    X(entries, gauge, r.entries, "Entries of the journal since its first one, written by then.")   \
    X(synced_entries, gauge, r.synced, "Of these, those that are on the disk.")                    \
    X(segment, gauge, r.segment, "The number of the segment that is written.")                     \
    X(segment_bytes, gauge, r.segment_bytes, "Its size.")                                          \
    X(waiting_bytes, gauge, r.waiting, "Bytes of records that wait to be written.")                \
    X(commits_total, counter, r.commits, "Groups of records that were written together.")          \
    X(failed, gauge, r.failed, "1: the journal cannot be written, and the server ends.")

/* A label of the head as it is would be a new series with each scrape. */
static void
put_journal(weir_buf *out, const struct server *s)
{
    struct scribe_report r;
    char head[WEIR_JOURNAL_HASH + 24];

    if (!server_tell_journal(s, &r))
        return;
#define X(name, type, value, help)                                                                 \
    put_family(out, "tagweir_journal_" #name, #type, help);                                        \
    weir_buf_puts(out, "tagweir_journal_" #name);                                                  \
    put_u64(out, value);
    JOURNAL(X)
#undef X
    put_family(out, "tagweir_journal_commit_seconds_total", "counter",
               "How long writing them took, waiting for the disk included.");
    weir_buf_printf(out, "tagweir_journal_commit_seconds_total %" PRIu64 ".%06" PRIu64 "\n",
                    r.commit_us / 1000000, r.commit_us % 1000000);
    (void)snprintf(head, sizeof head, "%s:%" PRIu64, r.told, r.told_seq);
    put_info(out, "tagweir_journal_head_info",
             "The journal's head as it was logged last; /v1/journal tells it as it is.", "head",
             head);
}

/* Rules -------------------------------------------------------------------------------------- */

/* Rows are sorted by region. */
static void
put_regions(weir_buf *out, const struct view *v)
{
    const char *name = "tagweir_region_decisions_total";
    const char *const labels[] = {"region", "action"};
    size_t next;

    put_family(out, name, "counter",
               "Posts and queries by region and outcome, allow left out. XX: every region that the "
               "same record does not name by itself.");
    for (size_t i = 0; i < v->nrows && v->rows[i].did.region != WEIR_REGION_NONE; i = next) {
        const char *region = weir_region_code(v->rows[i].did.region);
        uint64_t withheld = 0, downranked = 0;

        for (next = i; next < v->nrows && v->rows[next].did.region == v->rows[i].did.region;
             next++) {
            withheld += v->rows[next].did.withheld;
            downranked += v->rows[next].did.first;
        }
        put_sample_of_two(out, name, labels, (const char *const[]){region, "downrank"}, downranked);
        put_sample_of_two(out, name, labels, (const char *const[]){region, "withhold"}, withheld);
    }
}

static int
by_rule(const void *a, const void *b)
{
    return strcmp(((const struct ledger_row *)a)->rule, ((const struct ledger_row *)b)->rule);
}

static void
add_to_rule(struct ledger_row *sum, const struct ledger_row *row)
{
    tally_row_add(&sum->did, &row->did);
    sum->confidential |= row->confidential;
}

/* One row a rule, whatever the regions and orders. */
static void
sum_up_rules(struct view *v)
{
    size_t n = 0;

    if (v->nrows)
        qsort(v->rows, v->nrows, sizeof *v->rows, by_rule);
    for (size_t i = 0; i < v->nrows; i++)
        if (n && strcmp(v->rows[n - 1].rule, v->rows[i].rule) == 0)
            add_to_rule(&v->rows[n - 1], &v->rows[i]);
        else
            v->rows[n++] = v->rows[i];
    v->nrows = n;
}

/* Is the order of a rule of that name confidential now? */
static bool
is_confidential(const weir_ruleset *rs, const char *id)
{
    uint32_t index = weir_ruleset_find_rule(rs, (weir_span){id, strlen(id)});
    weir_rule_info rule = {.order = WEIR_NONE};
    weir_order_info order = {.confidential = false};

    if (index != WEIR_NONE)
        weir_ruleset_rule(rs, index, &rule);
    if (rule.order != WEIR_NONE)
        weir_ruleset_order(rs, rule.order, &order);
    return order.confidential;
}

/* A rule is left out, and not some of its counts: what is shown of it would fall. That is so also
   where it has done nothing since its order is confidential. */
static void
leave_out_hidden(struct view *v)
{
    size_t n = 0;

    for (size_t i = 0; i < v->nrows; i++)
        if (!v->rows[i].confidential && !is_confidential(v->rs, v->rows[i].rule))
            v->rows[n++] = v->rows[i];
    v->nrows = n;
}

#define EFFECTS(X) X(withheld) X(downranked) X(exempted) X(observed) X(held_back)

static void
put_rules(weir_buf *out, const struct view *v)
{
    const char *name = "tagweir_rule_hits_total";
    const char *const labels[] = {"rule", "effect"};

    put_family(out, name, "counter",
               "What rules did, in each region that a record names: withheld, downranked, were "
               "exempted from; or, once for all regions, were observed or held back. What never "
               "happened is left out, and so is a rule whose order is confidential, or was since "
               "the server began.");
    for (size_t i = 0; i < v->nrows; i++) {
#define X(effect)                                                                                  \
    if (v->rows[i].did.effect)                                                                     \
        put_sample_of_two(out, name, labels, (const char *const[]){v->rows[i].rule, #effect},      \
                          v->rows[i].did.effect);
        EFFECTS(X)
#undef X
    }
    name = "tagweir_rule_last_hit_timestamp_seconds";
    put_family(
        out, name, "gauge",
        "The latest of the times for which posts were decided (--clock) that a rule did something "
        "to. Queries may ask for any time and are left out, as is what tagweir_rule_hits_total "
        "leaves out.");
    for (size_t i = 0; i < v->nrows; i++) {
        if (!v->rows[i].did.last_ms)
            continue;
        weir_buf_puts(out, name);
        put_label(out, "{", "rule", v->rows[i].rule);
        weir_buf_putc(out, '}');
        put_seconds(out, v->rows[i].did.last_ms);
    }
}

/* HTTP and the process ----------------------------------------------------------------------- */

static void
put_http(weir_buf *out, const struct http_counts *c)
{
    const char *name = "tagweir_http_answers_total";

    put_family(out, name, "counter",
               "Answers by HTTP that were begun, by what was asked for; kinds that never were are "
               "left out.");
    for (int e = 0; e < HTTP_NENDPOINTS; e++)
        for (int code = 0; code < HTTP_NCODES; code++) {
            char number[8];

            if (!c->answers[e][code])
                continue;
            (void)snprintf(number, sizeof number, "%d", http_code_number((enum http_code)code));
            put_sample_of_two(
                out, name, (const char *const[]){"path", "code"},
                (const char *const[]){http_endpoint_name((enum http_endpoint)e), number},
                c->answers[e][code]);
        }
    name = "tagweir_http_connections_ended_total";
    put_family(out, name, "counter", "Connections of HTTP closed by a limit.");
    for (int e = 0; e < HTTP_NENDS; e++) {
        static const char *const limits[] = {HTTP_ENDS(WEIR_TEXT)};

        put_sample(out, name, "limit", limits[e], c->ended[e]);
    }
}

static uint64_t
resident_bytes(void)
{
    FILE *f = fopen("/proc/self/statm", "re");
    unsigned long long pages = 0;

    if (!f)
        return 0;
    if (fscanf(f, "%*u %llu", &pages) != 1)
        pages = 0;
    (void)fclose(f);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void
put_process(weir_buf *out)
{
    struct rusage used = {.ru_maxrss = 0};
    uint64_t us;

    (void)getrusage(RUSAGE_SELF, &used); /* cannot fail for ourselves */
    us = (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 +
         (uint64_t)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
    put_family(out, "process_cpu_seconds_total", "counter", "Time spent by the processor.");
    weir_buf_printf(out, "process_cpu_seconds_total %" PRIu64 ".%06" PRIu64 "\n", us / 1000000,
                    us % 1000000);
    put_family(out, "process_resident_memory_bytes", "gauge", "Memory in use.");
    weir_buf_puts(out, "process_resident_memory_bytes");
    put_u64(out, resident_bytes());
}

/* -------------------------------------------------------------------------------------------- */

void
http_put_metrics(const struct http *h, const struct server_sums *sums, weir_buf *out)
{
    struct view v = {.http = h, .server = h->server, .sums = sums, .rs = server_ruleset(h->server)};

    put_info(out, "tagweir_build_info", "The server's version.", "version", WEIR_VERSION);
    put_info(out, "tagweir_ruleset_info", "The SHA-256 of the rules in use.", "digest",
             weir_ruleset_digest(v.rs));
    put_plain(out, &v);
    put_times(out, &v);
    put_items(out, &sums->tally);
    put_decisions(out, &sums->tally);
    put_fates(out, sums);
    put_latency(out, &sums->latency);
    put_trips(out, h->server);
    put_journal(out, h->server);
    v.rows = ledger_rows(&sums->ledger, &v.nrows);
    put_regions(out, &v);
    sum_up_rules(&v);
    leave_out_hidden(&v);
    put_rules(out, &v);
    free(v.rows);
    put_http(out, &h->counts);
    put_process(out);
}

static void
on_sums(void *arg, const struct server_sums *sums)
{
    struct http_ask *a = arg;
    weir_buf body = {0};

    a->waits = false;
    if (a->req)
        http_put_metrics(a->http, sums, &body);
    http_reply(a, HTTP_200, HTTP_PROMETHEUS, &body);
}

/* All workers are asked; the client may have left when they have answered. */
void
http_metrics(struct http_ask *a)
{
    a->waits = true;
    if (server_ask(a->http->server, on_sums, a))
        return;
    a->waits = false;
    http_fail(a, HTTP_503, "no_memory", "%s", weir_status_text(WEIR_E_NOMEM));
}

/*
 * The page: its policy, its head, what was read, and the sections in the order in which an auditor
 * asks.
 */
#include "audit/report_parts.h"

#include "text/fold.h"

#include <openssl/evp.h>
#include <tagweir/tagweir.h>

/* The policy: nothing is loaded, no script runs, and of styles only this page's own. */
static void
put_policy(weir_buf *out)
{
    unsigned char hash[EVP_MAX_MD_SIZE], text[EVP_MAX_MD_SIZE * 2];
    unsigned int len = 0;

    if (!EVP_Digest(weir__report_style, strlen(weir__report_style), hash, &len, EVP_sha256(),
                    NULL)) {
        out->failed = true;
        return;
    }
    (void)EVP_EncodeBlock(text, hash, (int)len);
    weir_buf_printf(out,
                    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                    "style-src 'sha256-%s'; base-uri 'none'; form-action 'none'\">\n",
                    (const char *)text);
}

static void
put_begin(weir_buf *out)
{
    BUF_LIT(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    put_policy(out);
    BUF_LIT(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                 "<meta name=\"referrer\" content=\"no-referrer\">\n"
                 "<title>Tagweir report</title>\n<style>");
    weir_buf_puts(out, weir__report_style);
    BUF_LIT(out, "</style>\n</head>\n<body>\n"
                 "<svg class=\"defs\" aria-hidden=\"true\"><defs><pattern id=\"hatch\" width=\"4\" "
                 "height=\"4\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
                 "<rect width=\"4\" height=\"4\" fill=\"#fff3d9\"/>"
                 "<line class=\"hatching\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"4\"/></pattern></defs>"
                 "</svg>\n<header>\n<h1>What was withheld and downranked</h1>\n"
                 "<p>A report by Tagweir: decisions made anew from the feeds and rules named "
                 "here.</p>\n</header>\n<main>\n");
}

/* What the report is of --------------------------------------------------------------------------
 */

static void
open_term(weir_buf *out, const char *what)
{
    weir_buf_printf(out, "<div><dt>%s</dt><dd>", what);
}

static void
close_term(weir_buf *out)
{
    BUF_LIT(out, "</dd></div>\n");
}

static void
put_clock(const weir_report *r, weir_buf *out)
{
    open_term(out, "clock");
    if (r->at_ms == WEIR_REPORT_NO_TIME) {
        BUF_LIT(out, "<code>created</code>: each post as of the time when it was made");
    } else {
        BUF_LIT(out, "all posts as of ");
        weir__page_time(out, r->at_ms);
        weir_buf_puts(out, strcmp(r->clock, "now") == 0 ? " (<code>now</code>)" : "");
    }
    close_term(out);
    if (r->decided_from_ms == WEIR_REPORT_NO_TIME || r->at_ms != WEIR_REPORT_NO_TIME)
        return;
    open_term(out, "posts from");
    weir__page_time(out, r->decided_from_ms);
    BUF_LIT(out, " to ");
    weir__page_time(out, r->decided_until_ms);
    close_term(out);
}

static void
put_ruleset(const weir_report *r, weir_buf *out)
{
    open_term(out, "rule set");
    weir_buf_printf(out, "<code>%s</code>, ", weir_ruleset_digest(r->rs));
    weir__put_n(out, weir_ruleset_nrules(r->rs), "rule, ", "rules, ");
    weir__put_n(out, weir_ruleset_norders(r->rs), "order", "orders");
    close_term(out);
    open_term(out, "made by");
    weir_buf_printf(out, "Tagweir %s, Unicode %s", WEIR_VERSION, weir__unicode_version());
    close_term(out);
}

static void
put_options(const weir_report *r, weir_buf *out)
{
    if (!r->noptions)
        return;
    open_term(out, "read with");
    for (size_t i = 0; i < r->noptions; i++) {
        weir_buf_printf(out, "%s<code>--%s</code> ", i ? ", " : "", r->options[i].name);
        weir__page_isolated(out, r->options[i].value);
    }
    close_term(out);
}

static void
put_rules_asked(const weir_report *r, weir_buf *out)
{
    if (!r->nonly_rules)
        return;
    open_term(out, "only by rules");
    for (size_t i = 0; i < r->nonly_rules; i++) {
        weir_buf_puts(out, i ? ", " : "");
        if (weir__is_open_name(r, r->only_rules[i]))
            weir__page_isolated(out, r->only_rules[i]);
        else
            BUF_LIT(out, "one under a confidential order");
    }
    close_term(out);
}

static void
put_orders_asked(const weir_report *r, weir_buf *out)
{
    if (!r->nonly_orders)
        return;
    open_term(out, "only under orders");
    for (size_t i = 0; i < r->nonly_orders; i++) {
        weir_buf_puts(out, i ? ", " : "");
        weir__page_isolated(out, r->only_orders[i]);
    }
    close_term(out);
}

static void
put_asked(const weir_report *r, weir_buf *out)
{
    if (r->since_ms != WEIR_REPORT_NO_TIME) {
        open_term(out, "made since");
        weir__page_time(out, r->since_ms);
        close_term(out);
    }
    if (r->until_ms != WEIR_REPORT_NO_TIME) {
        open_term(out, "made before");
        weir__page_time(out, r->until_ms);
        close_term(out);
    }
    if (r->region != WEIR_REGION_NONE) {
        open_term(out, "only in");
        weir__region_text(out, r->region);
        close_term(out);
    }
    if (r->actions) {
        bool withhold = r->actions >> WEIR_WITHHOLD & 1, downrank = r->actions >> WEIR_DOWNRANK & 1;

        open_term(out, "only");
        weir_buf_puts(out, withhold && downrank ? "what is withheld or downranked"
                           : withhold           ? "what is withheld"
                                                : "what is downranked");
        close_term(out);
    }
    put_rules_asked(r, out);
    put_orders_asked(r, out);
}

static void
put_feeds(const weir_report *r, weir_buf *out)
{
    weir__table_begin(out, "Feeds, in the order in which they were read");
    BUF_LIT(out, "<th scope=\"col\">feed</th><th scope=\"col\" class=\"n\">bytes</th>");
    weir__table_body(out);
    for (size_t i = 0; i < r->nfeeds && i < WEIR_REPORT_ROWS; i++) {
        BUF_LIT(out, "<tr><th scope=\"row\">");
        weir__page_isolated(out, r->feeds[i].name);
        BUF_LIT(out, "</th>");
        if (r->feeds[i].has_bytes)
            weir__figure_html(out, "td", r->feeds[i].bytes, "feeds", i, "bytes");
        else
            BUF_LIT(out, "<td class=\"n\">not known</td>");
        BUF_LIT(out, "</tr>\n");
    }
    weir__table_end(out);
    weir__rows_left(out, r->nfeeds);
}

static void
put_head(const weir_report *r, weir_buf *out)
{
    BUF_LIT(out, "<section aria-label=\"What this report is of\">\n<dl>\n");
    put_clock(r, out);
    put_ruleset(r, out);
    put_options(r, out);
    put_asked(r, out);
    BUF_LIT(out, "</dl>\n");
    if (weir__is_part(r))
        BUF_LIT(out, "<p><strong>Only what is named above was counted</strong>: whatever else was "
                     "done to these posts is in no figure below but those of what was "
                     "read.</p>\n");
    put_feeds(r, out);
    BUF_LIT(out, "</section>\n");
}

/* Sums -------------------------------------------------------------------------------------------
 */

static void
put_sum(const char *what, uint64_t n, const char *key, weir_buf *out)
{
    weir_buf_printf(out, "<div><dt>%s</dt>", what);
    weir__figure_html(out, "dd", n, "totals", WEIR__NO_ROW, key);
    BUF_LIT(out, "</div>\n");
}

static void
put_legend(weir_buf *out)
{
    BUF_LIT(out, "<ul class=\"legend\"><li><svg viewBox=\"0 0 24 14\" aria-hidden=\"true\"><rect "
                 "class=\"withheld\" width=\"24\" height=\"14\"/></svg>withheld (filled)</li><li>"
                 "<svg viewBox=\"0 0 24 14\" aria-hidden=\"true\"><rect class=\"downranked\" "
                 "width=\"24\" height=\"14\"/></svg>downranked (hatched)</li></ul>\n");
}

static void
put_totals(const weir_report *r, weir_buf *out)
{
    const struct weir__columns *c = &weir__totals_columns;
    uint64_t allowed;

    BUF_LIT(out, "<section aria-labelledby=\"sums\">\n<h2 id=\"sums\">In sum</h2>\n"
                 "<dl class=\"sums\">\n");
    for (size_t i = 0; i < c->n; i++) {
        put_sum(c->v[i].heading, weir__figure(r, &c->v[i]), c->v[i].key, out);
        if (strcmp(c->v[i].key, "downranked") == 0 && weir__allowed(r, &allowed))
            put_sum("neither", allowed, "allowed", out);
    }
    BUF_LIT(out, "</dl>\n<p>A post counts once, by the strictest of what is done to it "
                 "anywhere.");
    if (r->authors_estimated)
        BUF_LIT(out,
                " Numbers of authors are <strong>estimates</strong>: there were too many to be "
                "told apart.");
    if (r->lost)
        BUF_LIT(out, " <strong>There was not enough memory: counts are missing.</strong>");
    BUF_LIT(out, "</p>\n");
    put_legend(out);
    BUF_LIT(out, "</section>\n");
}

/* What was read ----------------------------------------------------------------------------------
 */

static void
put_skips(const weir_report *r, weir_buf *out)
{
    if (!r->nskips)
        return;
    weir__table_begin(out, "Lines that were no posts, by kind");
    BUF_LIT(out, "<th scope=\"col\">kind</th><th scope=\"col\" class=\"n\">lines</th>");
    weir__table_body(out);
    for (size_t i = 0; i < r->nskips; i++) {
        BUF_LIT(out, "<tr><th scope=\"row\">");
        weir__page_isolated(out, r->skips[i].what);
        BUF_LIT(out, "</th>");
        weir__figure_html(out, "td", r->skips[i].n, "skips", i, "n");
        BUF_LIT(out, "</tr>\n");
    }
    weir__table_end(out);
}

static void
put_places(const weir_report *r, weir_span error, weir_buf *out)
{
    size_t n = 0;

    for (size_t i = 0; i < r->nplaces; i++) {
        const weir_report_place *p = &r->places[i];

        if (!span_eq(p->error, error) || p->feed >= r->nfeeds)
            continue;
        weir_buf_puts(out, n++ ? ", " : "");
        weir__page_isolated(out, r->feeds[p->feed].name);
        weir_buf_printf(out, ":%llu", (unsigned long long)p->line);
    }
}

static void
put_errors(const weir_report *r, weir_buf *out)
{
    if (!r->nerrors)
        return;
    weir__table_begin(out, "Errors: what could not be read, and was not decided");
    BUF_LIT(out, "<th scope=\"col\">error</th><th scope=\"col\">the first of them</th>"
                 "<th scope=\"col\" class=\"n\">number</th>");
    weir__table_body(out);
    for (size_t i = 0; i < r->nerrors; i++) {
        BUF_LIT(out, "<tr><th scope=\"row\">");
        weir__page_isolated(out, r->errors[i].what);
        BUF_LIT(out, "</th><td>");
        put_places(r, r->errors[i].what, out);
        BUF_LIT(out, "</td>");
        weir__figure_html(out, "td", r->errors[i].n, "errors", i, "n");
        BUF_LIT(out, "</tr>\n");
    }
    weir__table_end(out);
}

static void
put_input(const weir_report *r, weir_buf *out)
{
    const struct weir__columns *c = &weir__input_columns;

    BUF_LIT(out, "<section aria-labelledby=\"read\">\n<h2 id=\"read\">What was read</h2>\n");
    weir__table_begin(out, "Lines, and what was in them");
    BUF_LIT(out, "<th scope=\"col\">what</th><th scope=\"col\" class=\"n\">number</th>");
    weir__table_body(out);
    for (size_t i = 0; i < c->n; i++) {
        weir_buf_printf(out, "<tr><th scope=\"row\">%s</th>", c->v[i].heading);
        weir__figure_html(out, "td", weir__figure(r, &c->v[i]), "input", WEIR__NO_ROW, c->v[i].key);
        BUF_LIT(out, "</tr>\n");
    }
    weir__table_end(out);
    put_skips(r, out);
    put_errors(r, out);
    BUF_LIT(out, "</section>\n");
}

void
weir_report_html(const weir_report *r, weir_buf *out)
{
    put_begin(out);
    put_head(r, out);
    put_totals(r, out);
    weir__section_time(r, out);
    weir__section_regions(r, out);
    weir__section_orders(r, out);
    weir__section_rules(r, out);
    weir__section_exemptions(r, out);
    weir__section_tops(r, out);
    weir__section_silent(r, out);
    put_input(r, out);
    BUF_LIT(out,
            "</main>\n<footer><p>All times are UTC. The same feeds, rules, options and program "
            "give the same bytes; <code>tagweir report --json</code> gives these figures for "
            "machines.</p></footer>\n</body>\n</html>\n");
}

/*
 * The sections of a report that are tables, and what all tables have alike.
 */
#include "audit/report_parts.h"

#include <stdio.h>

void
weir__figures_begin(weir_buf *out, const char *what)
{
    weir_buf_printf(out,
                    "<details class=\"fold\"><summary>%s</summary></details>\n"
                    "<div class=\"folded\">\n",
                    what);
}

void
weir__figures_end(weir_buf *out)
{
    BUF_LIT(out, "</div>\n");
}

void
weir__table_begin(weir_buf *out, const char *caption)
{
    weir_buf_printf(out, "<div class=\"wide\"><table><caption>%s</caption>\n<thead><tr>", caption);
}

/* One of so many columns that they have to be narrow. */
static void
begin_many(weir_buf *out, const char *caption)
{
    weir_buf_printf(out,
                    "<div class=\"wide\"><table class=\"many\"><caption>%s</caption>\n<thead><tr>",
                    caption);
}

void
weir__table_body(weir_buf *out)
{
    BUF_LIT(out, "</tr></thead>\n<tbody>\n");
}

void
weir__table_end(weir_buf *out)
{
    BUF_LIT(out, "</tbody></table></div>\n");
}

void
weir__rows_left(weir_buf *out, size_t n)
{
    if (n <= WEIR_REPORT_ROWS)
        return;
    BUF_LIT(out, "<p>And ");
    weir__put_n(out, n - WEIR_REPORT_ROWS, "row", "rows");
    BUF_LIT(out, " more, which <code>--json</code> has.</p>\n");
}

static void
put_heading(weir_buf *out, const char *text)
{
    weir_buf_printf(out, "<th scope=\"col\">%s</th>", text);
}

static void
open_row_of(weir_buf *out, weir_span text)
{
    BUF_LIT(out, "<tr><th scope=\"row\">");
    weir__page_isolated(out, text);
    BUF_LIT(out, "</th>");
}

static void
put_cell(weir_buf *out, const char *text)
{
    BUF_LIT(out, "<td>");
    weir__page_isolated(out, span_of(text));
    BUF_LIT(out, "</td>");
}

static void
open_section(weir_buf *out, const char *id, const char *title)
{
    weir_buf_printf(out, "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">%s</h2>\n", id, id,
                    title);
}

/* Time -------------------------------------------------------------------------------------------
 */

static void
put_outside_row(const char *what, const char *path, const weir_report_step *s, weir_buf *out)
{
    if (!s->posts && !s->exempted)
        return;
    weir_buf_printf(out, "<tr><th scope=\"row\">%s</th>", what);
    weir__figures_html(out, &weir__step_columns, s, path, WEIR__NO_ROW);
    BUF_LIT(out, "</tr>\n");
}

static void
put_steps(const weir_report *r, weir_buf *out)
{
    weir__table_begin(out, "Posts by when they were made (UTC); times without any are left out");
    put_heading(out, "from");
    weir__headings_html(out, &weir__step_columns);
    weir__table_body(out);
    put_outside_row("earlier", "outside.before", &r->line.before, out);
    for (size_t i = 0; i < r->nsteps; i++) {
        if (!r->line.steps[i].posts)
            continue;
        BUF_LIT(out, "<tr><th scope=\"row\">");
        weir__step_text(r, i, out);
        BUF_LIT(out, "</th>");
        weir__figures_html(out, &weir__step_columns, &r->line.steps[i], "steps", i);
        BUF_LIT(out, "</tr>\n");
    }
    put_outside_row("later", "outside.after", &r->line.after, out);
    put_outside_row("without a time", "outside.untimed", &r->line.untimed, out);
    weir__table_end(out);
}

static void
put_step_sentence(const weir_report *r, weir_buf *out)
{
    if (!r->nsteps) {
        weir_buf_puts(out, r->posts ? "<p>No post has a time, so nothing can be drawn.</p>\n"
                                    : "<p>No post was decided.</p>\n");
        return;
    }
    /* `hour`, but `12 hours` */
    weir_buf_printf(out, "<p>A bar is %s%s.", r->step[0] >= '0' && r->step[0] <= '9' ? "" : "one ",
                    r->step);
    if (r->at_ms != WEIR_REPORT_NO_TIME) {
        BUF_LIT(out,
                " Posts stand where they were <em>made</em>; all were decided as of one time, ");
        weir__page_time(out, r->at_ms);
        BUF_LIT(out, ".");
    } else {
        BUF_LIT(out, " Each post was decided for the time when it was made.");
    }
    uint64_t outside = r->line.before.posts + r->line.after.posts;
    if (outside) {
        BUF_LIT(out, " ");
        weir__put_n(out, outside, "post", "posts");
        BUF_LIT(out, " made long before or after the others would make the axis too long to be "
                     "read, and stand in the table alone.");
    }
    BUF_LIT(out, "</p>\n");
}

void
weir__section_time(const weir_report *r, weir_buf *out)
{
    open_section(out, "over-time", "Decisions over time");
    put_step_sentence(r, out);
    weir__plot_all(r, out);
    weir__figures_begin(out, "Figures of this plot");
    put_steps(r, out);
    weir__figures_end(out);
    BUF_LIT(out, "</section>\n");
}

/* Regions ----------------------------------------------------------------------------------------
 */

void
weir__section_regions(const weir_report *r, weir_buf *out)
{
    open_section(out, "by-region", "By region");
    if (!r->nregions) {
        BUF_LIT(out, "<p>Nothing was withheld or downranked anywhere.</p>\n</section>\n");
        return;
    }
    BUF_LIT(out, "<p>A post counts in each region where something is done to it. XX stands for all "
                 "regions that the post’s record does not name.</p>\n");
    weir__plot_regions(r, out);
    if (r->nregions > WEIR__REGIONS_DRAWN) {
        BUF_LIT(out, "<p>Drawn are the ");
        weir__page_number(out, WEIR__REGIONS_DRAWN);
        BUF_LIT(out, " regions with the most posts.</p>\n");
    }
    weir__figures_begin(out, "Figures of this plot");
    weir__table_begin(out, "Posts by region");
    put_heading(out, "region");
    weir__headings_html(out, &weir__region_columns);
    weir__table_body(out);
    for (size_t i = 0; i < r->nregions; i++) {
        BUF_LIT(out, "<tr><th scope=\"row\">");
        weir__region_text(out, r->regions[i].region);
        BUF_LIT(out, "</th>");
        weir__figures_html(out, &weir__region_columns, &r->regions[i], "regions", i);
        BUF_LIT(out, "</tr>\n");
    }
    weir__table_end(out);
    weir__figures_end(out);
    BUF_LIT(out, "</section>\n");
}

/* Rules ------------------------------------------------------------------------------------------
 */

static void
put_rule_row(const weir_report *r, uint32_t rule, size_t row, weir_buf *out)
{
    weir_rule_info info;
    weir_order_info order;

    weir_ruleset_rule(r->rs, rule, &info);
    open_row_of(out, span_of(info.id));
    if (info.order != WEIR_NONE)
        weir_ruleset_order(r->rs, info.order, &order);
    put_cell(out, info.order == WEIR_NONE ? "own policy" : order.id);
    put_cell(out, weir_action_name(info.action));
    weir__figures_html(out, &weir__rule_columns, &r->rules[rule], "rules", row);
    if (r->traced)
        weir__figures_html(out, &weir__trace_columns, &r->rules[rule], "rules", row);
    BUF_LIT(out, "</tr>\n");
}

void
weir__section_rules(const weir_report *r, weir_buf *out)
{
    bool hidden = weir__has_hidden(r);
    size_t n = 0;

    open_section(out, "by-rule", "By rule");
    BUF_LIT(out,
            "<p>Posts that a rule had a part in. <em>Defeated</em>: an exemption kept it from "
            "acting; <em>defeats</em>: it did so to others; <em>idly</em>: nothing hung on it, "
            "as another rule did as much.</p>\n");
    if (r->traced)
        BUF_LIT(out, "<p><em>Outranked</em>: it matched, and others acted; <em>excepted</em>: its "
                     "exceptions matched, too; <em>matched</em>: it acted, or, where it allows, it "
                     "matched, whatever there was to defeat.</p>\n");
    begin_many(out, "Posts by rule");
    put_heading(out, "rule");
    put_heading(out, "order");
    put_heading(out, "action");
    weir__headings_html(out, &weir__rule_columns);
    if (r->traced)
        weir__headings_html(out, &weir__trace_columns);
    weir__table_body(out);
    for (uint32_t i = 0; i < weir_ruleset_nrules(r->rs); i++) {
        if (weir__is_hidden_rule(r, i) || weir__silence(r, i, hidden))
            continue;
        if (n < WEIR_REPORT_ROWS)
            put_rule_row(r, i, n, out);
        n++;
    }
    weir__table_end(out);
    weir__rows_left(out, n);
    if (hidden)
        BUF_LIT(out, "<p>Rules under confidential orders, and what other rules have to do with "
                     "them, are in no row; what they did stands with their orders.</p>\n");
    BUF_LIT(out, "</section>\n");
}

/* Exemptions -------------------------------------------------------------------------------------
 */

/* One region by its name, several by their codes, with the posts in each. */
static void
put_where(const weir_report_exemption *e, size_t row, weir_buf *out)
{
    char path[64];

    (void)snprintf(path, sizeof path, "exemptions.%zu.where", row);
    BUF_LIT(out, "<td>");
    for (size_t i = 0; i < e->nwhere; i++) {
        weir_buf_puts(out, i ? ", " : "");
        if (e->nwhere == 1)
            weir__region_text(out, e->where[i].region);
        else
            weir_buf_puts(out, weir_region_code(e->where[i].region));
        BUF_LIT(out, "\xC2\xA0");
        weir__figure_html(out, "span", e->where[i].posts, path, i, "posts");
    }
    BUF_LIT(out, "</td>");
}

static void
put_exemption_row(const weir_report *r, const weir_report_exemption *e, size_t row, weir_buf *out)
{
    weir_rule_info info;
    weir_order_info order;

    weir_ruleset_rule(r->rs, e->rule, &info);
    open_row_of(out, span_of(info.id));
    if (info.order != WEIR_NONE)
        weir_ruleset_order(r->rs, info.order, &order);
    put_cell(out, info.order == WEIR_NONE ? "own policy" : order.id);
    weir_ruleset_rule(r->rs, e->by, &info);
    put_cell(out, info.id);
    put_where(e, row, out);
    weir__figures_html(out, &weir__exemption_columns, e, "exemptions", row);
    BUF_LIT(out, "</tr>\n");
}

void
weir__section_exemptions(const weir_report *r, weir_buf *out)
{
    size_t n = 0;

    for (size_t i = 0; i < r->nexemptions; i++)
        n += weir__is_open_exemption(r, &r->exemptions[i]);
    open_section(out, "exempted", "Exemptions that took effect");
    if (!n) {
        BUF_LIT(out, "<p>None that can be shown.</p>\n</section>\n");
        return;
    }
    BUF_LIT(out, "<p>Where an exemption defeated a restriction that would have acted.</p>\n");
    weir__table_begin(out, "Restrictions that were defeated");
    put_heading(out, "restriction");
    put_heading(out, "its order");
    put_heading(out, "defeated by");
    put_heading(out, "where, in posts");
    weir__headings_html(out, &weir__exemption_columns);
    weir__table_body(out);
    size_t row = 0;
    for (size_t i = 0; i < r->nexemptions && row < WEIR_REPORT_ROWS; i++)
        if (weir__is_open_exemption(r, &r->exemptions[i]))
            put_exemption_row(r, &r->exemptions[i], row++, out);
    weir__table_end(out);
    weir__rows_left(out, n);
    BUF_LIT(out, "</section>\n");
}

/* Tops -------------------------------------------------------------------------------------------
 */

/* Whoever counts tells so many apart and no more. */
static void
put_distinct(const char *what, uint64_t distinct, uint64_t others, weir_buf *out)
{
    weir_buf_printf(out, "<p><span data-figure=\"%s_distinct\">", what);
    weir__page_number(out, distinct);
    weir_buf_printf(out, "</span> different %s; those that came most often are listed.", what);
    if (others) {
        BUF_LIT(out, " <strong>There were more</strong>, in <span data-figure=\"");
        weir_buf_printf(out, "%s_others\">", what);
        weir__page_number(out, others);
        BUF_LIT(out, "</span> posts: too many to be told apart, and counted nowhere else here.");
    }
    BUF_LIT(out, "</p>\n");
}

static void
put_tags(const weir_report *r, weir_buf *out)
{
    BUF_LIT(out, "<h3>Hashtags that rules acted on</h3>\n");
    put_distinct("tags", r->tags_distinct, r->tags_others, out);
    if (!r->ntags)
        return;
    weir__table_begin(out, "Posts by hashtag, as they are compared");
    put_heading(out, "hashtag");
    weir__headings_html(out, &weir__count_columns);
    weir__table_body(out);
    for (size_t i = 0; i < r->ntags; i++) {
        BUF_LIT(out, "<tr><th scope=\"row\">#");
        weir__page_isolated(out, r->tags[i].what);
        BUF_LIT(out, "</th>");
        weir__figures_html(out, &weir__count_columns, &r->tags[i], "tags", i);
        BUF_LIT(out, "</tr>\n");
    }
    weir__table_end(out);
}

static void
put_accounts(const weir_report *r, weir_buf *out)
{
    BUF_LIT(out, "<h3>Accounts whose posts were withheld or downranked</h3>\n");
    put_distinct("accounts", r->accounts_distinct, r->accounts_others, out);
    if (!r->naccounts)
        return;
    weir__table_begin(out, "Posts by account");
    put_heading(out, "account");
    put_heading(out, "handle");
    weir__headings_html(out, &weir__account_columns);
    weir__table_body(out);
    for (size_t i = 0; i < r->naccounts; i++) {
        open_row_of(out, r->accounts[i].account);
        BUF_LIT(out, "<td>");
        if (r->accounts[i].handle.len) {
            BUF_LIT(out, "@");
            weir__page_isolated(out, r->accounts[i].handle);
        }
        BUF_LIT(out, "</td>");
        weir__figures_html(out, &weir__account_columns, &r->accounts[i], "accounts", i);
        BUF_LIT(out, "</tr>\n");
    }
    weir__table_end(out);
}

void
weir__section_tops(const weir_report *r, weir_buf *out)
{
    open_section(out, "tops", "Hashtags and accounts");
    if (weir__has_hidden(r))
        BUF_LIT(out, "<p>What confidential orders are about is left out.</p>\n");
    put_tags(r, out);
    put_accounts(r, out);
    BUF_LIT(out, "</section>\n");
}

/* Silence ----------------------------------------------------------------------------------------
 */

static void
put_silent_rows(const weir_report *r, bool hidden, weir_buf *out)
{
    size_t n = 0;
    weir_rule_info info;

    weir__table_begin(out, "Rules without a part in any decision");
    put_heading(out, "rule");
    put_heading(out, "what became of it");
    weir__table_body(out);
    for (uint32_t i = 0; i < weir_ruleset_nrules(r->rs); i++) {
        const char *why = weir__is_hidden_rule(r, i) ? NULL : weir__silence(r, i, hidden);

        if (!why || n++ >= WEIR_REPORT_ROWS)
            continue;
        weir_ruleset_rule(r->rs, i, &info);
        open_row_of(out, span_of(info.id));
        put_cell(out, why);
        BUF_LIT(out, "</tr>\n");
    }
    weir__table_end(out);
    weir__rows_left(out, n);
}

void
weir__section_silent(const weir_report *r, weir_buf *out)
{
    bool any = false, hidden = weir__has_hidden(r);

    open_section(out, "silent", "Rules that never matched");
    for (uint32_t i = 0; i < weir_ruleset_nrules(r->rs); i++)
        any = any || (!weir__is_hidden_rule(r, i) && weir__silence(r, i, hidden));
    if (weir__is_part(r)) {
        BUF_LIT(out, "<p>Only some effects were counted, so this cannot be told.</p>\n");
    } else if (!any) {
        BUF_LIT(out, "<p>None: each had a part in some decision.</p>\n");
    } else {
        weir_buf_puts(out, r->traced ? ""
                                     : "<p>Which of these matched no post, and which matched some "
                                       "where others acted, is told with "
                                       "<code>--explain</code>.</p>\n");
        put_silent_rows(r, hidden, out);
    }
    BUF_LIT(out, "</section>\n");
}

/*
 * Orders in a report: all of them in a table, then each that did something, or was in force, with
 * its terms and its plot. Of confidential ones the table's row is all there is.
 */
#include "audit/report_parts.h"

#include <stdio.h>

static bool
is_own(const weir_report *r, uint32_t order)
{
    return order == weir__norders(r);
}

static bool
is_confidential(const weir_report *r, uint32_t order)
{
    weir_order_info info;

    if (is_own(r, order))
        return false;
    weir_ruleset_order(r->rs, order, &info);
    return info.confidential;
}

static void
put_name(const weir_report *r, uint32_t order, weir_buf *out)
{
    weir_order_info info;

    if (is_own(r, order)) {
        BUF_LIT(out, "own policy");
        return;
    }
    weir_ruleset_order(r->rs, order, &info);
    weir__page_isolated(out, span_of(info.id));
    if (info.confidential)
        BUF_LIT(out, " <span class=\"note\">(confidential)</span>");
}

static void
put_row(const weir_report *r, uint32_t order, weir_buf *out)
{
    weir_order_info info = {.id = NULL};

    BUF_LIT(out, "<tr><th scope=\"row\">");
    put_name(r, order, out);
    BUF_LIT(out, "</th><td>");
    if (!is_own(r, order) && !is_confidential(r, order)) {
        weir_ruleset_order(r->rs, order, &info);
        weir__page_term(out, info.basis);
    }
    BUF_LIT(out, "</td>");
    weir__figures_html(out, &weir__order_columns, &r->orders[order], "orders", order);
    BUF_LIT(out, "</tr>\n");
}

static void
put_table(const weir_report *r, weir_buf *out)
{
    weir__table_begin(out, "Posts by order; one counts under each order whose rules act on it");
    BUF_LIT(out, "<th scope=\"col\">order</th><th scope=\"col\">legal basis</th>");
    weir__headings_html(out, &weir__order_columns);
    weir__table_body(out);
    for (uint32_t i = 0; i <= weir__norders(r); i++)
        if (i < WEIR_REPORT_ROWS || is_own(r, i))
            put_row(r, i, out);
    weir__table_end(out);
    weir__rows_left(out, weir__norders(r));
}

/* Terms ------------------------------------------------------------------------------------------
 */

static void
put_term(const char *what, const char *text, weir_buf *out)
{
    if (!text)
        return;
    weir_buf_printf(out, "<div><dt>%s</dt><dd>", what);
    weir__page_term(out, text);
    BUF_LIT(out, "</dd></div>\n");
}

static void
put_time(const char *what, int64_t ms, weir_buf *out)
{
    if (ms == INT64_MIN)
        return;
    weir_buf_printf(out, "<div><dt>%s</dt><dd>", what);
    weir__page_time(out, ms);
    BUF_LIT(out, "</dd></div>\n");
}

static void
put_interval(const weir_interval *i, weir_buf *out)
{
    if (i->from_ms != INT64_MIN) {
        BUF_LIT(out, "from ");
        weir__page_time(out, i->from_ms);
    }
    if (i->until_ms != INT64_MIN) {
        weir_buf_puts(out, i->from_ms != INT64_MIN ? " until " : "until ");
        weir__page_time(out, i->until_ms);
    } else {
        weir_buf_puts(out, i->from_ms != INT64_MIN ? ", without an end" : "always");
    }
}

static void
put_intervals(const weir_report *r, uint32_t order, weir_buf *out)
{
    weir_interval i;
    int64_t at = WEIR__FIRST_MS;
    size_t n = 0;

    BUF_LIT(out, "<div><dt>in force</dt><dd>");
    while (weir__next_interval(r, order, at, &i)) {
        weir_buf_puts(out, n++ ? "<br>" : "");
        put_interval(&i, out);
        if (i.until_ms == INT64_MIN)
            break;
        at = i.until_ms;
    }
    weir_buf_puts(out, n ? "" : "never");
    BUF_LIT(out, "</dd></div>\n");
}

static void
put_review(const weir_report *r, uint32_t order, weir_buf *out)
{
    weir_review review;

    if (r->decided_until_ms == WEIR_REPORT_NO_TIME)
        return;
    review = weir_ruleset_order_review(r->rs, order, r->decided_until_ms);
    if (review == WEIR_REVIEW_NONE)
        return;
    BUF_LIT(out, "<div><dt>review</dt><dd>");
    weir_buf_puts(out, review == WEIR_REVIEW_OVERDUE ? "<strong>overdue</strong>"
                       : review == WEIR_REVIEW_DUE   ? "not due yet"
                                                     : weir_review_name(review));
    BUF_LIT(out, " at the last of these times, ");
    weir__page_time(out, r->decided_until_ms);
    BUF_LIT(out, "</dd></div>\n");
}

static void
put_terms(const weir_report *r, uint32_t order, weir_buf *out)
{
    weir_order_info info;

    weir_ruleset_order(r->rs, order, &info);
    BUF_LIT(out, "<dl class=\"terms\">\n");
    put_term("legal basis", info.basis, out);
    put_term("authority", info.authority, out);
    put_term("kind", weir_kind_name(info.kind), out);
    put_term("reference", info.reference, out);
    put_time("served", info.served_ms, out);
    put_intervals(r, order, out);
    put_time("review due", info.review_by_ms, out);
    put_time("confirmed", info.confirmed_ms, out);
    put_time("revoked", info.revoked_ms, out);
    put_review(r, order, out);
    put_term("notice", info.notice, out);
    BUF_LIT(out, "</dl>\n");
}

/* A plot and its figures -------------------------------------------------------------------------
 */

static void
put_step_row(const weir_report_step *s, const char *path, size_t i, weir_buf *out)
{
    weir__figures_html(out, &weir__act_columns, s, path, i);
    BUF_LIT(out, "</tr>\n");
}

static void
put_outside(const char *what, const char *path, const weir_report_step *s, weir_buf *out)
{
    if (!s->posts && !s->exempted)
        return;
    weir_buf_printf(out, "<tr><th scope=\"row\">%s</th>", what);
    put_step_row(s, path, WEIR__NO_ROW, out);
}

static void
put_steps(const weir_report *r, uint32_t order, weir_buf *out)
{
    static const char *const where[] = {"before", "after", "untimed"};
    static const char *const what[] = {"earlier", "later", "without a time"};
    const weir_report_line *l = &r->orders[order].line;
    const weir_report_step *outside[] = {&l->before, &l->after, &l->untimed};
    char path[64];

    weir__table_begin(out, "Posts by when they were made (UTC)");
    BUF_LIT(out, "<th scope=\"col\">from</th>");
    weir__headings_html(out, &weir__act_columns);
    weir__table_body(out);
    (void)snprintf(path, sizeof path, "orders.%u.line", (unsigned)order);
    for (size_t i = 0; i < r->nsteps; i++) {
        const weir_report_step *s = &l->steps[i];

        if (!s->posts && !s->exempted)
            continue;
        BUF_LIT(out, "<tr><th scope=\"row\">");
        weir__step_text(r, i, out);
        BUF_LIT(out, "</th>");
        put_step_row(s, path, i, out);
    }
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(path, sizeof path, "orders.%u.outside.%s", (unsigned)order, where[i]);
        put_outside(what[i], path, outside[i], out);
    }
    weir__table_end(out);
}

static void
put_order(const weir_report *r, uint32_t order, weir_buf *out)
{
    BUF_LIT(out, "<article class=\"order\">\n<h3>");
    put_name(r, order, out);
    BUF_LIT(out, "</h3>\n");
    if (is_own(r, order))
        BUF_LIT(out, "<p>Rules that act under no order.</p>\n");
    else
        put_terms(r, order, out);
    if (!weir__order_did(&r->orders[order])) {
        BUF_LIT(out, "<p>Nothing was done under it.</p>\n");
    }
    weir__plot_order(r, order, out);
    if (weir__order_did(&r->orders[order]) && r->orders[order].line.steps) {
        weir__figures_begin(out, "Figures of this plot");
        put_steps(r, order, out);
        weir__figures_end(out);
    }
    BUF_LIT(out, "</article>\n");
}

/* Those that did something come first where there is no room for all; they are shown in their
   order all the same. */
static size_t
put_orders(const weir_report *r, weir_buf *out)
{
    size_t acting = 0, others, n = 0, left = 0;

    for (uint32_t i = 0; i <= weir__norders(r); i++)
        acting += !is_confidential(r, i) && weir__order_did(&r->orders[i]);
    others = acting < WEIR_REPORT_DRAWN ? WEIR_REPORT_DRAWN - acting : 0;
    for (uint32_t i = 0; i <= weir__norders(r); i++) {
        bool did = weir__order_did(&r->orders[i]);

        if (is_confidential(r, i) || (is_own(r, i) && !did))
            continue;
        if (did ? n >= WEIR_REPORT_DRAWN : others == 0) {
            left++;
            continue;
        }
        n += did;
        others -= !did;
        put_order(r, i, out);
    }
    return left;
}

void
weir__section_orders(const weir_report *r, weir_buf *out)
{
    BUF_LIT(out, "<section aria-labelledby=\"by-order\">\n<h2 id=\"by-order\">By order</h2>\n");
    put_table(r, out);
    if (weir__has_hidden(r))
        BUF_LIT(out, "<p>Of confidential orders nothing more is shown.</p>\n");
    size_t left = put_orders(r, out);
    if (left) {
        BUF_LIT(out, "<p>Not drawn: ");
        weir__put_n(out, left, "order", "orders");
        BUF_LIT(out, " more.</p>\n");
    }
    BUF_LIT(out, "</section>\n");
}

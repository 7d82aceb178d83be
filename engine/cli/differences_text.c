/*
 * Differences as text: what was compared with what, how much changes, and a table of the changes
 * with the first posts of each.
 */
#include "cli/differences.h"

#include "cli/telling.h"
#include "cli/ui.h"

#include <inttypes.h>
#include <string.h>

/* Rows of the table that a person is shown; --json has them all. */
#define TABLE_ROWS 100

static void
put_posts(struct headcount_row n, weir_buf *out)
{
    ui_count(out, n.posts, "post of ", "posts of ");
    ui_count(out, n.authors, "author", "authors");
}

/* What was compared with what ------------------------------------------------------------------ */

static void
put_side(const char *name, const weir_ruleset *rs, const struct answer_options *o, int64_t now_ms,
         weir_buf *out)
{
    char time[WEIR_TIME_MAX];

    weir_buf_printf(out, "%-10s %.16s (", name, weir_ruleset_digest(rs));
    ui_count(out, weir_ruleset_nrules(rs), "rule, ", "rules, ");
    ui_count(out, weir_ruleset_norders(rs), "order), clock ", "orders), clock ");
    summary_clock(o, out);
    if (o->clock == ANSWER_NOW) {
        (void)weir_time_format(now_ms, time);
        weir_buf_printf(out, ", which was %s", time);
    }
    weir_buf_putc(out, '\n');
}

static void
put_asked(const struct args *a, weir_buf *out)
{
    const char *before = "asked for  ";

    if (a->region != WEIR_REGION_NONE) {
        weir_buf_printf(out, "%sregion %s", before, weir_region_code(a->region));
        before = ", ";
    }
    for (size_t i = 0; i < a->by_rule.n; i++, before = ", ")
        weir_buf_printf(out, "%srule %s", before, a->by_rule.v[i]);
    for (size_t i = 0; i < a->by_order.n; i++, before = ", ")
        weir_buf_printf(out, "%sorder %s", before, a->by_order.v[i]);
    if (before[0] == ',')
        weir_buf_putc(out, '\n');
}

static void
put_head(const struct differences *x, weir_buf *out)
{
    const struct diffing *d = x->d;
    const struct contrast_sums *s = contrast_sums(d->sum);

    put_side("old", d->before, &d->old_o, d->now_ms, out);
    put_side("new", d->after, &d->new_o, d->now_ms, out);
    put_asked(d->args, out);
    weir_buf_puts(out, "compared   ");
    ui_count(out, s->posts, "post", "posts");
    if (s->queries) {
        weir_buf_puts(out, ", ");
        ui_count(out, s->queries, "query", "queries");
    }
    if (x->tally->errors) {
        weir_buf_puts(out, "; could not be read: ");
        ui_count(out, x->tally->errors, "line", "lines");
    }
    weir_buf_putc(out, '\n');
}

/* How much changes ----------------------------------------------------------------------------- */

static void
put_kinds(const struct differences *x, weir_buf *out)
{
    for (int k = 0; k < WEIR_NDIFFERENCES; k++) {
        struct headcount_row n = contrast_kind(x->d->sum, (weir_difference_kind)k);

        if (!n.posts)
            continue;
        weir_buf_printf(out, "  %-26s ", weir_difference_text((weir_difference_kind)k));
        put_posts(n, out);
        weir_buf_putc(out, '\n');
    }
}

static void
put_others(const struct contrast_sums *s, weir_buf *out)
{
    if (s->quoted_changed) {
        weir_buf_puts(out, "quotes     ");
        ui_count(out, s->quoted_changed, "post quotes one that changes\n",
                 "posts quote one that changes\n");
    }
    if (s->queries_changed) {
        weir_buf_puts(out, "queries    ");
        ui_count(out, s->queries_changed, "would be answered otherwise\n",
                 "would be answered otherwise\n");
    }
    if (s->limit) {
        weir_buf_puts(out, "limit      ");
        ui_count(out, s->limit, "post", "posts");
        weir_buf_puts(out,
                      " had a pattern that ran out of its match budget: what changes there may "
                      "be due to that\n");
    }
}

static void
put_sums(const struct differences *x, weir_buf *out)
{
    const struct contrast_sums *s = contrast_sums(x->d->sum);

    weir_buf_puts(out, "changes    ");
    if (diffing_changed(x->d))
        put_posts(contrast_kind(x->d->sum, WEIR_NDIFFERENCES), out);
    else
        weir_buf_puts(out, "nothing");
    weir_buf_putc(out, '\n');
    put_kinds(x, out);
    put_others(s, out);
    if (contrast_is_estimate(x->d->sum))
        weir_buf_puts(out,
                      "           numbers of authors are estimates, within a per cent or two\n");
    if (contrast_lost(x->d->sum)) {
        weir_buf_puts(out, "           out of memory: ");
        ui_count(out, contrast_lost(x->d->sum), "count is", "counts are");
        weir_buf_puts(out, " missing\n");
    }
}

/* The table ------------------------------------------------------------------------------------ */

/* A rule as the table shows it; of a downrank with its factor, which may be all that changes. */
static void
put_rule(const weir_ruleset *rs, uint32_t rule, weir_buf *out)
{
    weir_rule_info info;

    if (rule == WEIR_NONE) {
        weir_buf_putc(out, '-');
        return;
    }
    weir_ruleset_rule(rs, rule, &info);
    weir_buf_puts(out, info.id);
    if (info.action == WEIR_DOWNRANK)
        weir_buf_printf(out, " (x%g)", info.factor_milli / 1000.0);
}

/* The cells of a row that stand before its numbers. */
struct cells {
    weir_buf before, after;
};

static void
make_cells(const struct differences *x, const struct contrast_row *r, struct cells *c)
{
    enum reach_side side = r->after_rule == WEIR_NONE ? REACH_BEFORE : REACH_AFTER;

    c->before.len = c->after.len = 0;
    put_rule(x->d->before, r->before_rule, &c->before);
    put_rule(x->d->after, r->after_rule, &c->after);
    if (r->by != WEIR_NONE) {
        weir_rule_info by;

        weir_ruleset_rule(differences_rules(x, side), r->by, &by);
        weir_buf_printf(side == REACH_BEFORE ? &c->before : &c->after, ", but for %s", by.id);
    }
    if (c->before.failed || c->after.failed)
        ui_no_memory();
}

static void
put_sample(const struct sample *s, weir_buf *out)
{
    weir_buf_puts(out, "          ");
    tell_text(s->post, out);
    if (s->author.len) {
        weir_buf_puts(out, " of ");
        tell_text(s->author, out);
    }
    if (s->by) {
        weir_buf_printf(out, ", by %s ", s->by);
        tell_text(s->value, out);
    }
    weir_buf_putc(out, '\n');
}

static void
put_row(const struct differences *x, const struct contrast_row *r, const int width[2],
        struct cells *c, weir_buf *out)
{
    size_t n;
    const struct sample *samples = samples_find(x->d->samples, r->key, &n);

    make_cells(x, r, c);
    weir_buf_printf(out, "%-6s  %-24s  %-*.*s  %-*.*s  %8" PRIu64 " %8" PRIu64 "\n",
                    r->region == WEIR_REGION_NONE ? "(any)" : weir_region_code(r->region),
                    weir_difference_text(r->kind), width[0], (int)c->before.len, c->before.p,
                    width[1], (int)c->after.len, c->after.p, r->n.posts, r->n.authors);
    for (size_t i = 0; i < n; i++)
        put_sample(&samples[i], out);
}

static void
put_table(const struct differences *x, weir_buf *out)
{
    size_t shown = x->nrows < TABLE_ROWS ? x->nrows : TABLE_ROWS;
    int width[2] = {6, 5};
    struct cells c = {.before = {0}};

    for (size_t i = 0; i < shown; i++) {
        make_cells(x, &x->rows[i], &c);
        width[0] = (int)c.before.len > width[0] ? (int)c.before.len : width[0];
        width[1] = (int)c.after.len > width[1] ? (int)c.after.len : width[1];
    }
    if (shown)
        weir_buf_printf(out,
                        "\nPosts by region and rule; XX is everywhere that is not named:\n"
                        "%-6s  %-24s  %-*s  %-*s  %8s %8s\n",
                        "region", "change", width[0], "before", width[1], "after", "posts",
                        "authors");
    for (size_t i = 0; i < shown; i++)
        put_row(x, &x->rows[i], width, &c, out);
    if (shown < x->nrows)
        weir_buf_printf(out, "… and %zu rows more (--json has them all)\n", x->nrows - shown);
    weir_buf_fini(&c.before);
    weir_buf_fini(&c.after);
}

void
differences_text(const struct differences *x, weir_buf *out)
{
    put_head(x, out);
    put_sums(x, out);
    put_table(x, out);
    differences_said(x, out);
}

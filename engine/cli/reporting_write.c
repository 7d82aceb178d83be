/*
 * From what was counted to the report: arrays that its writer reads, for as long as it writes.
 */
#include "cli/reporting.h"

#include "cli/summary.h"
#include "cli/ui.h"

#include "flow/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Hashtags and accounts that are listed. */
#define TOPS_SHOWN 50
/* Steps of the time axis, at the most. */
#define STEPS_MOST 100

/* Options that decisions hang on. */
#define OPTIONS_MOST 5

struct writing {
    const struct reporting *p;
    weir_report r;
    weir_buf clock;
    struct course_axis axis;
    struct course_line *lines;      /* all posts, then each order, own policy last */
    struct course_counts *steps;    /* of all lines */
    weir_report_step *report_steps; /* the same */
    weir_report_order *orders;
    weir_report_rule *rules;
    weir_report_region *regions;
    weir_report_exemption *exemptions;
    weir_report_where *where; /* of all exemptions */
    weir_report_feed *feeds;
    weir_span *named[2];
    weir_report_option options[OPTIONS_MOST];
    char max_line[24];
    weir_report_count skips[TALLY_SKIPS], errors[WEIR_NREAD_ERRORS], tags[TOPS_SHOWN];
    weir_report_place places[WEIR_NREAD_ERRORS * PLACES_MOST];
    weir_report_account accounts[TOPS_SHOWN];
};

static weir_span
span(const char *text)
{
    return (weir_span){text, strlen(text)};
}

static weir_report_done
done_of(struct findings_row row)
{
    return (weir_report_done){row.withheld, row.downranked, row.authors};
}

static weir_report_step
step_of(const struct course_counts *n)
{
    return (weir_report_step){n->posts, n->withheld, n->downranked, n->exempted};
}

/* The head ---------------------------------------------------------------------------------------
 */

static int64_t
asked_time(int64_t ms)
{
    return ms == INT64_MIN || ms == INT64_MAX ? WEIR_REPORT_NO_TIME : ms;
}

static weir_span *
spans_of(const struct strings *s)
{
    weir_span *v = ui_alloc(s->n, sizeof *v);

    for (size_t i = 0; i < s->n; i++)
        v[i] = span(s->v[i]);
    return v;
}

static void
fill_asked(struct writing *w)
{
    const struct args *a = w->p->run->args;
    weir_report *r = &w->r;

    w->named[0] = spans_of(&a->by_rule);
    w->named[1] = spans_of(&a->by_order);
    r->region = a->region;
    r->actions = a->only;
    r->only_rules = w->named[0];
    r->nonly_rules = a->by_rule.n;
    r->only_orders = w->named[1];
    r->nonly_orders = a->by_order.n;
    r->since_ms = asked_time(a->since_ms);
    r->until_ms = asked_time(a->until_ms);
}

static void
add_option(struct writing *w, const char *name, const char *value)
{
    if (value)
        w->options[w->r.noptions++] = (weir_report_option){name, span(value)};
}

/* Whoever makes the report again needs these as well. */
static void
fill_options(struct writing *w)
{
    const struct args *a = w->p->run->args;

    (void)snprintf(w->max_line, sizeof w->max_line, "%zu", a->answer.max_line);
    add_option(w, "tags", a->answer.tags == WEIR_TAGS_BOTH ? "both" : NULL);
    add_option(w, "handles", a->handles);
    add_option(w, "owner", a->owner);
    add_option(w, "owner-id", a->owner_id);
    add_option(w, "max-line", a->answer.max_line ? w->max_line : NULL);
    w->r.options = w->options;
}

static void
fill_clock(struct writing *w)
{
    const struct answer_options *o = &w->p->run->args->answer;
    weir_report *r = &w->r;

    summary_clock(o, &w->clock);
    weir_buf_putc(&w->clock, '\0');
    if (w->clock.failed)
        ui_no_memory();
    r->clock = w->clock.p;
    r->at_ms = o->clock == ANSWER_NOW     ? w->p->run->now_ms
               : o->clock == ANSWER_FIXED ? o->at_ms
                                          : WEIR_REPORT_NO_TIME;
    if (!findings_span(w->p->sum, &r->decided_from_ms, &r->decided_until_ms))
        r->decided_from_ms = r->decided_until_ms = WEIR_REPORT_NO_TIME;
}

/* What was read ----------------------------------------------------------------------------------
 */

static void
fill_feeds(struct writing *w)
{
    const struct strings *feeds = w->p->run->feeds;
    struct stat st;

    w->feeds = ui_alloc(feeds->n, sizeof *w->feeds);
    for (size_t i = 0; i < feeds->n; i++) {
        bool is_file =
            strcmp(feeds->v[i], "-") != 0 && stat(feeds->v[i], &st) == 0 && S_ISREG(st.st_mode);

        w->feeds[i] = (weir_report_feed){
            .name = span(is_file || strcmp(feeds->v[i], "-") != 0 ? feeds->v[i] : "standard input"),
            .has_bytes = is_file,
            .bytes = is_file ? (uint64_t)st.st_size : 0};
    }
    w->r.feeds = w->feeds;
    w->r.nfeeds = feeds->n;
}

static void
fill_errors(struct writing *w)
{
    const struct crew_sums *sums = w->p->run->sums;
    weir_report *r = &w->r;

    for (int e = 0; e < WEIR_NREAD_ERRORS; e++) {
        weir_span code = span(weir_read_error_name((weir_read_error)e));
        const struct place_list *l = &sums->places.of[e];

        if (!sums->tally.error[e])
            continue;
        w->errors[r->nerrors++] = (weir_report_count){code, sums->tally.error[e]};
        for (size_t i = 0; i < l->n; i++)
            w->places[r->nplaces++] =
                (weir_report_place){code, (uint32_t)l->at[i].feed, l->at[i].line};
    }
    r->errors = w->errors;
    r->places = w->places;
}

static void
fill_input(struct writing *w)
{
    const struct tally *t = &w->p->run->sums->tally;
    struct tally_skip skips[TALLY_SKIPS];
    weir_report *r = &w->r;

    r->lines = w->p->run->lines;
    r->items = t->items;
    r->queries = t->queries;
    r->left_out = t->left_out;
    r->skipped = t->skips;
    r->failed = t->errors;
    r->reposts_by_id = t->by_id;
    r->limit_tags = t->limit_tags;
    r->limit_patterns = t->limit_patterns;
    r->quoted_withheld = t->quoted[WEIR_WITHHOLD];
    r->quoted_downranked = t->quoted[WEIR_DOWNRANK];
    tally_skips(t, skips);
    for (size_t i = 0; i < t->nskip; i++)
        w->skips[i] = (weir_report_count){span(skips[i].kind), skips[i].n};
    r->skips = w->skips;
    r->nskips = t->nskip;
    fill_errors(w);
    fill_feeds(w);
    WEIR_CHECK(t->posts == findings_posts(w->p->sum));
    r->posts = t->posts;
}

/* Over time --------------------------------------------------------------------------------------
 */

static weir_report_line
line_of(const struct writing *w, size_t series)
{
    const struct course_line *l = &w->lines[series];

    return (weir_report_line){.steps = w->report_steps + series * w->axis.n,
                              .before = step_of(&l->before),
                              .after = step_of(&l->after),
                              .untimed = step_of(&l->untimed)};
}

static void
fill_time(struct writing *w)
{
    const struct course *c = findings_course(w->p->sum);
    size_t nseries = FINDINGS_SERIES_ORDER((size_t)weir_ruleset_norders(w->r.rs)) + 1;

    if (!course_axis_init(&w->axis, c, FINDINGS_SERIES_ALL, STEPS_MOST))
        ui_no_memory();
    size_t n = w->axis.n;
    w->lines = ui_alloc(nseries, sizeof *w->lines);
    w->steps = ui_alloc(nseries * n, sizeof *w->steps);
    w->report_steps = ui_alloc(nseries * n, sizeof *w->report_steps);
    for (size_t i = 0; i < nseries; i++)
        w->lines[i].steps = w->steps + i * n;
    course_draw(c, &w->axis, w->lines, nseries);
    for (size_t i = 0; i < nseries * n; i++)
        w->report_steps[i] = step_of(&w->steps[i]);
    w->r.step = n ? course_width_name(w->axis.width) : NULL;
    w->r.edges = w->axis.edges;
    w->r.nsteps = n;
    w->r.line = line_of(w, FINDINGS_SERIES_ALL);
}

/* Rows -------------------------------------------------------------------------------------------
 */

static void
fill_regions(struct writing *w)
{
    w->regions = ui_alloc(weir_region_count(), sizeof *w->regions);
    for (uint16_t i = 0; i < weir_region_count(); i++) {
        struct findings_row row = findings_region(w->p->sum, i);

        if (row.withheld || row.downranked)
            w->regions[w->r.nregions++] = (weir_report_region){i, done_of(row)};
    }
    w->r.regions = w->regions;
}

static void
fill_orders(struct writing *w)
{
    uint32_t n = weir_ruleset_norders(w->r.rs);

    w->orders = ui_alloc((size_t)n + 1, sizeof *w->orders);
    for (uint32_t i = 0; i <= n; i++) {
        uint32_t order = i < n ? i : WEIR_NONE;

        w->orders[i] = (weir_report_order){.done = done_of(findings_order(w->p->sum, order)),
                                           .exempted = findings_order_exempted(w->p->sum, order),
                                           .line = line_of(w, FINDINGS_SERIES_ORDER((size_t)i))};
    }
    w->r.orders = w->orders;
}

static void
fill_rules(struct writing *w)
{
    const struct findings *f = w->p->sum;
    uint32_t n = weir_ruleset_nrules(w->r.rs);

    w->rules = ui_alloc(n, sizeof *w->rules);
    for (uint32_t i = 0; i < n; i++) {
        w->rules[i].done = done_of(findings_rule(f, i));
#define X(id, name) w->rules[i].name = findings_beside(f, FINDINGS_##id, i);
        FINDINGS_BESIDES(X)
#undef X
    }
    w->r.rules = w->rules;
    w->r.traced = w->p->run->args->answer.trace;
}

/* Rows of one pair of rules follow each other; the last of them is about all regions. */
static void
fill_exemptions(struct writing *w)
{
    size_t n, from = 0;
    struct findings_exemption *rows = findings_exemptions(w->p->sum, &n);

    if (n && !rows)
        ui_no_memory();
    w->exemptions = ui_alloc(n, sizeof *w->exemptions);
    w->where = ui_alloc(n, sizeof *w->where);
    for (size_t i = 0; i < n; i++) {
        w->where[i] = (weir_report_where){rows[i].region, rows[i].n.posts};
        if (rows[i].region != WEIR_REGION_NONE)
            continue;
        w->exemptions[w->r.nexemptions++] = (weir_report_exemption){.rule = rows[i].rule,
                                                                    .by = rows[i].by,
                                                                    .posts = rows[i].n.posts,
                                                                    .authors = rows[i].n.authors,
                                                                    .where = w->where + from,
                                                                    .nwhere = i - from};
        from = i + 1;
    }
    free(rows);
    w->r.exemptions = w->exemptions;
}

static void
fill_tops(struct writing *w)
{
    const struct reporting *p = w->p;
    struct top first[TOPS_SHOWN];
    size_t n = tops_first(p->tags, first, TOPS_SHOWN);

    for (size_t i = 0; i < n; i++)
        w->tags[i] = (weir_report_count){first[i].text, first[i].n};
    w->r.tags = w->tags;
    w->r.ntags = n;
    w->r.tags_distinct = tops_distinct(p->tags);
    w->r.tags_others = tops_others(p->tags);
    n = tops_first(p->accounts, first, TOPS_SHOWN);
    for (size_t i = 0; i < n; i++)
        w->accounts[i] = (weir_report_account){first[i].text, first[i].label, first[i].n};
    w->r.accounts = w->accounts;
    w->r.naccounts = n;
    w->r.accounts_distinct = tops_distinct(p->accounts);
    w->r.accounts_others = tops_others(p->accounts);
}

static void
fill(struct writing *w)
{
    const struct findings *f = w->p->sum;
    weir_report *r = &w->r;

    r->rs = w->p->run->rs;
    fill_clock(w);
    fill_options(w);
    fill_asked(w);
    fill_input(w);
    r->done = done_of(findings_all(f));
    r->exempted = findings_posts_with(f, FINDINGS_EXEMPTED);
    r->observed = findings_posts_with(f, FINDINGS_OBSERVED);
    r->held_back = findings_posts_with(f, FINDINGS_HELD_BACK);
    r->authors_estimated = findings_is_estimate(f);
    r->lost = findings_lost(f);
    fill_time(w);
    fill_regions(w);
    fill_orders(w);
    fill_rules(w);
    fill_exemptions(w);
    fill_tops(w);
}

static void
writing_fini(struct writing *w)
{
    weir_buf_fini(&w->clock);
    course_axis_fini(&w->axis);
    free(w->lines);
    free(w->steps);
    free(w->report_steps);
    free(w->orders);
    free(w->rules);
    free(w->regions);
    free(w->exemptions);
    free(w->where);
    free(w->feeds);
    free(w->named[0]);
    free(w->named[1]);
}

void
reporting_write(const struct reporting *p, weir_buf *out)
{
    struct writing *w = ui_alloc(1, sizeof *w);

    w->p = p;
    fill(w);
    (p->run->args->json ? weir_report_json : weir_report_html)(&w->r, out);
    writing_fini(w);
    free(w);
}

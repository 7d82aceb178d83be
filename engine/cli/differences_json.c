/*
 * Differences as one JSON object, on one line; what is zero is written too, so that a script finds
 * every key.
 */
#include "cli/differences.h"

#include "cli/ui.h"

#include "flow/members.h"

static void
put_side(const char *name, const weir_ruleset *rs, const struct answer_options *o, int64_t now_ms,
         weir_buf *out)
{
    weir_buf_printf(out, "\"%s\":{\"ruleset\":\"%s\"", name, weir_ruleset_digest(rs));
    member_number(out, "rules", weir_ruleset_nrules(rs));
    member_number(out, "orders", weir_ruleset_norders(rs));
    weir_buf_puts(out, ",\"clock\":\"");
    summary_clock(o, out);
    weir_buf_putc(out, '"');
    if (o->clock == ANSWER_NOW)
        member_time(out, "at", now_ms);
    weir_buf_putc(out, '}');
}

static void
put_ids(const char *key, const struct strings *ids, weir_buf *out)
{
    member_key(out, key);
    for (size_t i = 0; i < ids->n; i++) {
        weir_buf_putc(out, i ? ',' : '[');
        ui_json(out, ids->v[i]);
    }
    weir_buf_puts(out, ids->n ? "]" : "[]");
}

/* What was asked for, as far as something was. */
static void
put_asked(const struct args *a, weir_buf *out)
{
    if (a->region != WEIR_REGION_NONE)
        member_text(out, "region", weir_region_code(a->region));
    if (a->by_rule.n)
        put_ids("asked_rules", &a->by_rule, out);
    if (a->by_order.n)
        put_ids("asked_orders", &a->by_order, out);
    if (a->since_ms != INT64_MIN)
        member_time(out, "since", a->since_ms);
    if (a->until_ms != INT64_MAX)
        member_time(out, "until", a->until_ms);
}

static void
put_counts(struct headcount_row n, weir_buf *out)
{
    weir_buf_puts(out, "{\"posts\":");
    weir_buf_put_u64(out, n.posts);
    member_number(out, "authors", n.authors);
}

static void
put_sums(const struct differences *x, weir_buf *out)
{
    const struct contrast *c = x->d->sum;
    const struct contrast_sums *s = contrast_sums(c);

    member_number(out, "posts", s->posts);
    member_number(out, "queries", s->queries);
    member_number(out, "skips", x->tally->skips);
    member_number(out, "errors", x->tally->errors);
    member_number(out, "left_out", x->tally->left_out);
    member_number(out, "limit", s->limit);
    member_key(out, "changed");
    put_counts(contrast_kind(c, WEIR_NDIFFERENCES), out);
    weir_buf_putc(out, '}');
    member_number(out, "quoted_changed", s->quoted_changed);
    member_number(out, "queries_changed", s->queries_changed);
    for (int k = 0; k < WEIR_NDIFFERENCES; k++) {
        weir_buf_printf(out, "%s\"%s\":", k ? "," : ",\"kinds\":{",
                        weir_difference_name((weir_difference_kind)k));
        put_counts(contrast_kind(c, (weir_difference_kind)k), out);
        weir_buf_putc(out, '}');
    }
    weir_buf_puts(out, "},\"by_region\":{");
    const char *before = "";
    for (uint16_t i = 0; i < weir_region_count(); i++) {
        struct headcount_row n = contrast_region(c, i);

        if (!n.posts)
            continue;
        weir_buf_printf(out, "%s\"%s\":", before, weir_region_code(i));
        put_counts(n, out);
        weir_buf_putc(out, '}');
        before = ",";
    }
    weir_buf_putc(out, '}');
}

/* Changes -------------------------------------------------------------------------------------- */

/* `,"before":{"rule":…}`; nothing where there is none. */
static void
put_rule(const char *key, const weir_ruleset *rs, uint32_t rule, weir_buf *out)
{
    weir_order_info order;
    weir_rule_info info;

    if (rule == WEIR_NONE)
        return;
    weir_ruleset_rule(rs, rule, &info);
    member_key(out, key);
    weir_buf_puts(out, "{\"rule\":");
    ui_json(out, info.id);
    if (info.order != WEIR_NONE) {
        weir_ruleset_order(rs, info.order, &order);
        member_text(out, "order", order.id);
    }
    weir_buf_putc(out, '}');
}

static void
put_samples(const struct differences *x, const struct contrast_row *r, weir_buf *out)
{
    size_t n;
    const struct sample *s = samples_find(x->d->samples, r->key, &n);

    weir_buf_puts(out, ",\"samples\":[");
    for (size_t i = 0; i < n; i++) {
        weir_buf_puts(out, i ? ",{\"post\":" : "{\"post\":");
        weir_buf_put_json(out, s[i].post);
        if (s[i].author.len) {
            weir_buf_puts(out, ",\"author\":");
            weir_buf_put_json(out, s[i].author);
        }
        if (s[i].by) {
            weir_buf_printf(out, ",\"by\":\"%s\",\"value\":", s[i].by);
            weir_buf_put_json(out, s[i].value);
        }
        weir_buf_putc(out, '}');
    }
    weir_buf_putc(out, ']');
}

static void
put_rows(const struct differences *x, weir_buf *out)
{
    weir_buf_puts(out, ",\"changes\":[");
    for (size_t i = 0; i < x->nrows; i++) {
        const struct contrast_row *r = &x->rows[i];
        weir_rule_info by;

        weir_buf_printf(out, "%s{\"change\":\"%s\"", i ? "," : "", weir_difference_name(r->kind));
        if (r->region != WEIR_REGION_NONE)
            member_text(out, "region", weir_region_code(r->region));
        put_rule("before", x->d->before, r->before_rule, out);
        put_rule("after", x->d->after, r->after_rule, out);
        if (r->by != WEIR_NONE) {
            weir_ruleset_rule(
                differences_rules(x, r->after_rule == WEIR_NONE ? REACH_BEFORE : REACH_AFTER),
                r->by, &by);
            member_text(out, "by", by.id);
        }
        member_number(out, "posts", r->n.posts);
        member_number(out, "authors", r->n.authors);
        put_samples(x, r, out);
        weir_buf_putc(out, '}');
    }
    weir_buf_putc(out, ']');
}

/* Orders and rules ----------------------------------------------------------------------------- */

static void
put_which(const struct differences *x, enum reach_side side, const struct reach_row *r,
          weir_buf *out)
{
    weir_rule_info by;

    switch (r->about) {
    case REACH_REGION:
        ui_json(out, weir_region_code((uint16_t)r->which));
        break;
    case REACH_SURFACE:
        ui_json(out, weir_surface_name((weir_surface)r->which));
        break;
    default:
        weir_ruleset_rule(differences_rules(x, side), r->which, &by);
        ui_json(out, by.id);
    }
    weir_buf_putc(out, ':');
    weir_buf_put_u64(out, r->n.posts);
}

/* The rows of one effect: the first is about nothing. @return the one behind them. */
static size_t
put_effect(const struct differences *x, enum reach_side side, const struct reach_row *rows,
           size_t n, weir_buf *out)
{
    static const char *const keys[] = {
        [REACH_REGION] = "regions", [REACH_SURFACE] = "surfaces", [REACH_BY] = "by"};
    enum reach_about open = REACH_ALL;
    size_t i = 1;

    ui_json(out, reach_effect_name(rows->effect));
    weir_buf_putc(out, ':');
    put_counts(rows->n, out);
    for (; i < n && rows[i].effect == rows->effect; i++) {
        if (rows[i].about != open) {
            weir_buf_puts(out, open == REACH_ALL ? "" : "}");
            member_key(out, keys[rows[i].about]);
            weir_buf_putc(out, '{');
        } else {
            weir_buf_putc(out, ',');
        }
        open = rows[i].about;
        put_which(x, side, &rows[i], out);
    }
    weir_buf_puts(out, open == REACH_ALL ? "}" : "}}");
    return i;
}

static void
put_reach(const struct differences *x, const struct subject *s, enum reach_side side, weir_buf *out)
{
    size_t n;

    if (s->number[side] == WEIR_NONE)
        return;
    const struct reach_row *rows = reach_find(x->reach, side, s->of, s->number[side], &n);
    member_key(out, side == REACH_BEFORE ? "before" : "after");
    weir_buf_putc(out, '{');
    for (size_t i = 0; i < n;) {
        weir_buf_puts(out, i ? "," : "");
        i += put_effect(x, side, rows + i, n - i, out);
    }
    weir_buf_putc(out, '}');
}

static void
put_subjects(const struct differences *x, enum reach_of of, weir_buf *out)
{
    const char *before = "";

    member_key(out, of == REACH_ORDER ? "orders" : "rules");
    weir_buf_putc(out, '[');
    for (size_t i = 0; i < x->nsubjects; i++) {
        const struct subject *s = &x->subjects[i];

        if (s->of != of || (s->standing == STANDING_SAME && !s->touched))
            continue;
        weir_buf_printf(out, "%s{\"%s\":", before, of == REACH_ORDER ? "order" : "rule");
        before = ",";
        ui_json(out, subject_id(x, s));
        member_text(out, "order", subject_order(x, s));
        member_text(out, "standing", standing_name(s->standing));
        put_reach(x, s, REACH_BEFORE, out);
        put_reach(x, s, REACH_AFTER, out);
        weir_buf_putc(out, '}');
    }
    weir_buf_putc(out, ']');
}

void
differences_json(const struct differences *x, weir_buf *out)
{
    const struct diffing *d = x->d;

    weir_buf_putc(out, '{');
    put_side("old", d->before, &d->old_o, d->now_ms, out);
    weir_buf_putc(out, ',');
    put_side("new", d->after, &d->new_o, d->now_ms, out);
    put_asked(d->args, out);
    put_sums(x, out);
    weir_buf_printf(out, ",\"authors_estimated\":%s",
                    contrast_is_estimate(d->sum) ? "true" : "false");
    member_number(out, "counts_lost", contrast_lost(d->sum));
    put_rows(x, out);
    put_subjects(x, REACH_ORDER, out);
    put_subjects(x, REACH_RULE, out);
    weir_buf_puts(out, "}\n");
}

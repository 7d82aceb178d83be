/*
 * Telling when rules hold: since and until when, whether that is their order's doing or their own,
 * and how the order's review stands.
 */
#include "cli/telling.h"

void
tell_time(const char *before, int64_t ms, weir_buf *out)
{
    char time[WEIR_TIME_MAX];

    (void)weir_time_format(ms, time);
    weir_buf_printf(out, "%s%s", before, time);
}

/* A rule, its order, and when each of them holds around the time of a decision. */
struct holding {
    weir_rule_info rule;
    weir_interval both;
    bool has_order;
    weir_order_info order; /* these three only with has_order */
    weir_interval under;
    weir_review review;
};

static void
look_up(const struct telling *t, uint32_t rule, struct holding *h)
{
    const weir_decision *d = t->d;

    *h = (struct holding){0};
    weir_ruleset_rule(d->rs, rule, &h->rule);
    weir_ruleset_rule_interval(d->rs, rule, d->at_ms, &h->both);
    h->has_order = h->rule.order != WEIR_NONE;
    if (!h->has_order)
        return;
    weir_ruleset_order(d->rs, h->rule.order, &h->order);
    weir_ruleset_order_interval(d->rs, h->rule.order, d->at_ms, &h->under);
    h->review = weir_ruleset_order_review(d->rs, h->rule.order, d->at_ms);
}

/* ` (order x)`: which of the two set a bound. Of own policy there is nothing to tell apart. */
static void
put_source(const struct holding *h, bool is_own, weir_buf *out)
{
    if (h->has_order && is_own)
        weir_buf_puts(out, " (the rule's own)");
    else if (h->has_order)
        weir_buf_printf(out, " (order %s)", h->order.id);
}

/* Says of each bound whether the order or the rule itself set it; once where one set both. */
static void
put_bounds(const struct holding *h, weir_buf *out)
{
    const weir_interval *i = &h->both;
    bool has_from = i->from_ms != INT64_MIN, has_until = i->until_ms != INT64_MIN;
    bool own_from = has_from && i->from_ms == h->rule.from_ms;
    bool own_until = has_until && i->until_ms == h->rule.until_ms;

    if (!has_from && !has_until)
        weir_buf_puts(out, "in force at all times");
    else
        weir_buf_puts(out, "in force");
    if (has_from) {
        tell_time(" since ", i->from_ms, out);
        put_source(h, own_from, out);
    }
    if (has_until) {
        tell_time(has_from ? ", until " : " until ", i->until_ms, out);
        if (!has_from || own_from != own_until)
            put_source(h, own_until, out);
    } else if (has_from) {
        weir_buf_puts(out, ", no end set");
    }
}

/* What comes after a bound: `; again from …`, where something does. */
static void
put_resumption(const struct telling *t, uint32_t rule, int64_t until_ms)
{
    weir_interval gap;

    if (until_ms == INT64_MIN)
        return;
    weir_ruleset_rule_interval(t->d->rs, rule, until_ms, &gap);
    if (gap.until_ms != INT64_MIN)
        tell_time("; again from ", gap.until_ms, t->out);
}

/* Parts of one line, which begins with the indent. */
struct line {
    weir_buf *out;
    const char *before;
};

static void
put_part(struct line *l, const char *what, int64_t ms, const char *behind)
{
    weir_buf_puts(l->out, l->before);
    tell_time(what, ms, l->out);
    weir_buf_puts(l->out, behind);
    l->before = "; ";
}

/* A confirmation or revocation that is still to come is told as well: the record has it by now. */
static void
put_review(const struct holding *h, int64_t at_ms, const char *indent, weir_buf *out)
{
    const weir_order_info *o = &h->order;
    struct line l = {out, indent};

    if (h->review == WEIR_REVIEW_DUE)
        put_part(&l, "review due by ", o->review_by_ms, o->lapses ? ", or the order lapses" : "");
    else if (h->review == WEIR_REVIEW_OVERDUE)
        put_part(&l, "review was due ", o->review_by_ms, ": OVERDUE");
    if (o->confirmed_ms != INT64_MIN)
        put_part(&l, o->confirmed_ms > at_ms ? "confirmed later, " : "confirmed ", o->confirmed_ms,
                 "");
    if (o->revoked_ms != INT64_MIN)
        put_part(&l, "revoked from ", o->revoked_ms, "");
    if (l.before != indent)
        weir_buf_putc(out, '\n');
}

void
tell_when(const struct telling *t, uint32_t rule, const char *indent)
{
    struct holding h;

    look_up(t, rule, &h);
    weir_buf_puts(t->out, indent);
    put_bounds(&h, t->out);
    put_resumption(t, rule, h.both.until_ms);
    weir_buf_putc(t->out, '\n');
    if (h.has_order)
        put_review(&h, t->d->at_ms, indent, t->out);
}

bool
telling_has_when(const struct telling *t, uint32_t rule)
{
    struct holding h;

    look_up(t, rule, &h);
    return h.both.from_ms != INT64_MIN || h.both.until_ms != INT64_MIN ||
           h.review != WEIR_REVIEW_NONE;
}

/* Of an order that does not hold: how its last interval ended, and when the next one begins. */
static void
put_order_absence(const struct holding *h, weir_buf *out)
{
    const weir_interval *gap = &h->under;
    const weir_order_info *o = &h->order;

    weir_buf_printf(out, "its order %s ", o->id);
    if (gap->from_ms == INT64_MIN && gap->until_ms == INT64_MIN)
        weir_buf_puts(out, "never holds");
    else if (gap->from_ms == INT64_MIN)
        tell_time("begins ", gap->until_ms, out);
    else if (gap->from_ms == o->revoked_ms)
        tell_time("was revoked from ", gap->from_ms, out);
    else if (o->lapses && gap->from_ms == o->review_by_ms)
        tell_time("lapsed without being confirmed by ", gap->from_ms, out);
    else
        tell_time("ended ", gap->from_ms, out);
    if (gap->from_ms != INT64_MIN && gap->until_ms != INT64_MIN)
        tell_time(" and begins again ", gap->until_ms, out);
}

/* `own_begins`, INT64_MIN: it has ended. */
static void
put_own_absence(const struct holding *h, int64_t own_begins, weir_buf *out)
{
    if (own_begins != INT64_MIN)
        tell_time("its own interval begins ", own_begins, out);
    else
        tell_time("its own interval ended ", h->rule.until_ms, out);
}

void
tell_absence(const struct telling *t, uint32_t rule)
{
    int64_t at = t->d->at_ms, own_begins, order_begins = INT64_MIN;
    struct holding h;

    look_up(t, rule, &h);
    bool early = h.rule.from_ms != INT64_MIN && at < h.rule.from_ms;
    bool late = h.rule.until_ms != INT64_MIN && at >= h.rule.until_ms;
    bool without_order = h.has_order && !h.under.holds;
    own_begins = early ? h.rule.from_ms : INT64_MIN;
    if (without_order) {
        put_order_absence(&h, t->out);
        order_begins = h.under.until_ms;
    }
    if (early || late) {
        weir_buf_puts(t->out, without_order ? ", and " : "");
        put_own_absence(&h, own_begins, t->out);
    }
    /* what the two come to together, unless the one that keeps it out has said so */
    if (h.both.until_ms == INT64_MIN) {
        if (own_begins != INT64_MIN || order_begins != INT64_MIN)
            weir_buf_puts(t->out, "; the rule will not be in force any more");
    } else if (h.both.until_ms != (without_order ? order_begins : own_begins)) {
        tell_time("; the rule will be in force from ", h.both.until_ms, t->out);
    }
}

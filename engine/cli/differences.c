/*
 * Which orders and rules there are in two rule sets, and what has become of them.
 */
#include "cli/differences.h"

#include "cli/ui.h"

#include "flow/check.h"

#include <tagweir/names.h>

#include <stdlib.h>
#include <string.h>

WEIR_NAMES(standing_name, enum standing, STANDINGS, WEIR_TEXT)

const weir_ruleset *
differences_rules(const struct differences *x, enum reach_side side)
{
    return side == REACH_AFTER ? x->d->after : x->d->before;
}

/* The side on which a subject is to be looked at. */
static enum reach_side
side_of(const struct subject *s)
{
    return s->standing == STANDING_GONE ? REACH_BEFORE : REACH_AFTER;
}

const char *
subject_id(const struct differences *x, const struct subject *s)
{
    const weir_ruleset *rs = differences_rules(x, side_of(s));
    weir_order_info order;
    weir_rule_info rule;

    if (s->of == REACH_ORDER) {
        weir_ruleset_order(rs, s->number[side_of(s)], &order);
        return order.id;
    }
    weir_ruleset_rule(rs, s->number[side_of(s)], &rule);
    return rule.id;
}

static const char *
order_of(const weir_ruleset *rs, uint32_t rule)
{
    weir_order_info order;
    weir_rule_info info;

    weir_ruleset_rule(rs, rule, &info);
    if (info.order == WEIR_NONE)
        return NULL;
    weir_ruleset_order(rs, info.order, &order);
    return order.id;
}

const char *
subject_order(const struct differences *x, const struct subject *s)
{
    if (s->of == REACH_ORDER)
        return NULL;
    return order_of(differences_rules(x, side_of(s)), s->number[side_of(s)]);
}

/* Standings --------------------------------------------------------------------------------------
 */

static uint32_t
count_of(const weir_ruleset *rs, enum reach_of of)
{
    return of == REACH_ORDER ? weir_ruleset_norders(rs) : weir_ruleset_nrules(rs);
}

static uint32_t
find_in(const weir_ruleset *rs, enum reach_of of, const char *id)
{
    weir_span name = {id, strlen(id)};

    return of == REACH_ORDER ? weir_ruleset_find_order(rs, name) : weir_ruleset_find_rule(rs, name);
}

static enum standing
standing_of(const struct differences *x, const struct subject *s)
{
    const weir_ruleset *a = x->d->before, *b = x->d->after;
    bool same;

    if (s->number[REACH_BEFORE] == WEIR_NONE)
        return STANDING_NEW;
    weir_status st = (s->of == REACH_ORDER ? weir_ruleset_same_order : weir_ruleset_same_rule)(
        a, s->number[REACH_BEFORE], b, s->number[REACH_AFTER], &same);
    if (st != WEIR_OK)
        ui_no_memory();
    return same ? STANDING_SAME : STANDING_CHANGED;
}

static void
add_subject(struct differences *x, const struct subject *s)
{
    x->subjects[x->nsubjects++] = *s;
}

/* Those of the new rules, and those of the old ones that are gone. */
static void
list_subjects(struct differences *x, enum reach_of of)
{
    for (uint32_t i = 0; i < count_of(x->d->after, of); i++) {
        struct subject s = {.of = of, .number = {WEIR_NONE, i}};

        s.number[REACH_BEFORE] = find_in(x->d->before, of, subject_id(x, &s));
        s.standing = standing_of(x, &s);
        add_subject(x, &s);
    }
    for (uint32_t i = 0; i < count_of(x->d->before, of); i++) {
        struct subject s = {.of = of, .number = {i, WEIR_NONE}, .standing = STANDING_GONE};

        if (find_in(x->d->after, of, subject_id(x, &s)) == WEIR_NONE)
            add_subject(x, &s);
    }
}

/* By number of a side: where the subject is. */
static uint32_t *
index_subjects(const struct differences *x, enum reach_of of, enum reach_side side)
{
    uint32_t *at = ui_alloc(count_of(differences_rules(x, side), of) + 1, sizeof *at);

    for (uint32_t i = 0; i < x->nsubjects; i++)
        if (x->subjects[i].of == of && x->subjects[i].number[side] != WEIR_NONE)
            at[x->subjects[i].number[side]] = i;
    return at;
}

/* The order that a rule is under; NULL: it is not there, or under none. */
static struct subject *
order_above(struct differences *x, uint32_t *const orders[REACH_NSIDES], const struct subject *s,
            enum reach_side side)
{
    weir_rule_info info;

    if (s->of != REACH_RULE || s->number[side] == WEIR_NONE)
        return NULL;
    weir_ruleset_rule(differences_rules(x, side), s->number[side], &info);
    return info.order == WEIR_NONE ? NULL : &x->subjects[orders[side][info.order]];
}

/* What a rule tells of the orders that it is under. */
static void
tell_orders(struct differences *x, uint32_t *const orders[REACH_NSIDES], const struct subject *s)
{
    struct subject *was = order_above(x, orders, s, REACH_BEFORE);
    struct subject *is = order_above(x, orders, s, REACH_AFTER);

    for (struct subject *order = was ? was : is; order; order = order == is ? NULL : is) {
        order->nrules++;
        order->touched = order->touched || s->touched;
        if (s->standing != STANDING_SAME && order->standing == STANDING_SAME)
            order->standing = STANDING_CHANGED;
    }
}

static bool
is_alone(struct differences *x, uint32_t *const orders[REACH_NSIDES], const struct subject *s)
{
    const struct subject *order = order_above(x, orders, s, side_of(s));

    return order && order->nrules == 1;
}

static void
touch(struct differences *x, const uint32_t *rules, uint32_t rule)
{
    if (rule != WEIR_NONE)
        x->subjects[rules[rule]].touched = true;
}

static void
touch_all(struct differences *x)
{
    uint32_t *rules[REACH_NSIDES], *orders[REACH_NSIDES];

    for (int side = 0; side < REACH_NSIDES; side++) {
        rules[side] = index_subjects(x, REACH_RULE, (enum reach_side)side);
        orders[side] = index_subjects(x, REACH_ORDER, (enum reach_side)side);
    }
    for (size_t i = 0; i < x->nrows; i++) {
        const struct contrast_row *r = &x->rows[i];

        touch(x, rules[REACH_BEFORE], r->before_rule);
        touch(x, rules[REACH_AFTER], r->after_rule);
        touch(x, rules[r->after_rule == WEIR_NONE ? REACH_BEFORE : REACH_AFTER], r->by);
    }
    for (size_t i = 0; i < x->nsubjects; i++)
        tell_orders(x, orders, &x->subjects[i]);
    for (size_t i = 0; i < x->nsubjects; i++)
        x->subjects[i].alone = is_alone(x, orders, &x->subjects[i]);
    for (int side = 0; side < REACH_NSIDES; side++) {
        free(rules[side]);
        free(orders[side]);
    }
}

/* What was asked for --------------------------------------------------------------------------- */

bool
differences_ask_for(const struct strings *names, const char *id)
{
    for (size_t i = 0; id && i < names->n; i++)
        if (strcmp(names->v[i], id) == 0)
            return true;
    return false;
}

static bool
is_wanted(const struct differences *x, const struct subject *s)
{
    const struct args *a = x->d->args;

    if (!a->by_rule.n && !a->by_order.n)
        return true;
    if (s->of == REACH_ORDER)
        return differences_ask_for(&a->by_order, subject_id(x, s));
    return differences_ask_for(&a->by_rule, subject_id(x, s)) ||
           differences_ask_for(&a->by_order, subject_order(x, s));
}

static void
drop_unwanted(struct differences *x)
{
    size_t n = 0;

    for (size_t i = 0; i < x->nsubjects; i++)
        if (is_wanted(x, &x->subjects[i]))
            x->subjects[n++] = x->subjects[i];
    x->nsubjects = n;
}

void
differences_make(struct differences *x, const struct diffing *d, const struct tally *tally)
{
    const weir_ruleset *a = d->before, *b = d->after;

    *x = (struct differences){.d = d, .tally = tally};
    x->rows = contrast_rows(d->sum, &x->nrows);
    x->reach = reach_new(contrast_counts(d->sum));
    if (!x->reach || (!x->rows && contrast_sums(d->sum)->changed && !contrast_lost(d->sum)))
        ui_no_memory();
    x->subjects = ui_alloc((size_t)count_of(a, REACH_ORDER) + count_of(a, REACH_RULE) +
                               count_of(b, REACH_ORDER) + count_of(b, REACH_RULE) + 1,
                           sizeof *x->subjects);
    list_subjects(x, REACH_ORDER);
    list_subjects(x, REACH_RULE);
    touch_all(x);
    drop_unwanted(x);
}

void
differences_fini(struct differences *x)
{
    free(x->rows);
    reach_free(x->reach);
    free(x->subjects);
}

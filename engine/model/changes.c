/*
 * Changes: what time alone changes about rules and orders, and when.
 *
 * Nothing can change but at a time that is written down. What does change there is seen by asking
 * on both sides of it, so that one place knows when an order holds and how its review stands
 * (order.c), and what is told here is what everybody else is told.
 */
#include "model/ruleset.h"

#include "base/check.h"

#include <tagweir/names.h>

#include <stdlib.h>

WEIR_NAMES(weir_change_name, weir_change_kind, WEIR_CHANGES, WEIR_TEXT)

/* When ---------------------------------------------------------------------------------------- */

static bool
order_turns(const struct weir__order *o, int64_t at)
{
    return weir__order_holds(o, at) != weir__order_holds(o, at - 1);
}

static bool
rule_turns(const struct weir_ruleset *rs, const struct weir_rule *r, int64_t at)
{
    return weir__rule_in_force(rs, r, at) != weir__rule_in_force(rs, r, at - 1);
}

/* What is absent is the least of all times, and after none. */
static bool
is_nearer(int64_t edge, int64_t after, int64_t next)
{
    return edge > after && edge < next;
}

/* All times that are written of an order: so many, by number. */
static size_t
order_nedges(const struct weir__order *o)
{
    return 3 + 2 * o->nintervals;
}

static int64_t
order_edge(const struct weir__order *o, size_t i)
{
    const int64_t reviews[] = {o->review_by, o->confirmed, o->revoked};

    if (i < 3)
        return reviews[i];
    const struct weir__interval *in = &o->intervals[(i - 3) / 2];
    return (i - 3) % 2 ? in->until : in->from;
}

static bool
order_changes(const struct weir__order *o, int64_t at)
{
    return order_turns(o, at) || weir__order_review(o, at) != weir__order_review(o, at - 1);
}

/* Of an order the first change after a time, if it is before `next`; else `next`. */
static int64_t
next_of_order(const struct weir__order *o, int64_t after, int64_t next)
{
    for (size_t i = 0; i < order_nedges(o); i++)
        if (is_nearer(order_edge(o, i), after, next) && order_changes(o, order_edge(o, i)))
            next = order_edge(o, i);
    return next;
}

/* The same of a rule, so far as its order is not the cause. */
static int64_t
next_of_rule(const struct weir_ruleset *rs, const struct weir_rule *r, int64_t after, int64_t next)
{
    const int64_t bounds[] = {r->in_force.from, r->in_force.until};

    for (int k = 0; k < 2; k++)
        if (is_nearer(bounds[k], after, next) && rule_turns(rs, r, bounds[k]))
            next = bounds[k];
    return next;
}

int64_t
weir_ruleset_next_change(const weir_ruleset *rs, int64_t at_ms)
{
    int64_t next = INT64_MAX;

    CHECK_OBJ(rs, WEIR_RULESET_MAGIC);
    for (uint32_t i = 0; i < rs->norders; i++)
        next = next_of_order(&rs->orders[i], at_ms, next);
    for (uint32_t i = 0; i < rs->nrules; i++)
        next = next_of_rule(rs, &rs->rules[i], at_ms, next);
    return next;
}

/* What ---------------------------------------------------------------------------------------- */

struct telling {
    const struct weir_ruleset *rs;
    int64_t at;
    weir_change_fn *change;
    void *arg;
};

static void
tell(const struct telling *to, uint32_t order, uint32_t rule, bool with_order,
     weir_change_kind kind)
{
    const weir_change c = {
        .at_ms = to->at, .kind = kind, .order = order, .rule = rule, .with_order = with_order};

    to->change(to->arg, &c);
}

static weir_change_kind
turn_to(bool holds)
{
    return holds ? WEIR_CHANGE_BEGINS : WEIR_CHANGE_ENDS;
}

/* What a review comes to, at the moment that it does. That none is asked for any more goes with the
   order's end, which is told; no review falls due by time alone. */
static void
tell_review(const struct telling *to, uint32_t order, weir_review review)
{
    switch (review) {
    case WEIR_REVIEW_LAPSED:
        tell(to, order, WEIR_NONE, false, WEIR_CHANGE_LAPSED);
        break;
    case WEIR_REVIEW_OVERDUE:
        tell(to, order, WEIR_NONE, false, WEIR_CHANGE_OVERDUE);
        break;
    case WEIR_REVIEW_CONFIRMED:
        tell(to, order, WEIR_NONE, false, WEIR_CHANGE_CONFIRMED);
        break;
    case WEIR_REVIEW_REVOKED:
        tell(to, order, WEIR_NONE, false, WEIR_CHANGE_REVOKED);
        break;
    case WEIR_REVIEW_NONE:
    case WEIR_REVIEW_DUE:
        break;
    }
}

static void
tell_order(const struct telling *to, uint32_t order)
{
    const struct weir__order *o = &to->rs->orders[order];
    weir_review review = weir__order_review(o, to->at);

    if (review != weir__order_review(o, to->at - 1))
        tell_review(to, order, review);
    if (order_turns(o, to->at))
        tell(to, order, WEIR_NONE, false, turn_to(weir__order_holds(o, to->at)));
}

static void
tell_rule(const struct telling *to, uint32_t rule)
{
    const struct weir_rule *r = &to->rs->rules[rule];

    if (!rule_turns(to->rs, r, to->at))
        return;
    bool with_order = r->order != WEIR_NONE && order_turns(&to->rs->orders[r->order], to->at);
    tell(to, r->order, rule, with_order, turn_to(weir__rule_in_force(to->rs, r, to->at)));
}

/* All of them ------------------------------------------------------------------------------- */

/* Of an order or rule: when something about it changes. */
struct moment {
    int64_t at;
    uint32_t index;
    bool of_rule;
};

struct moments {
    const struct weir_ruleset *rs;
    int64_t from, to; /* behind the one, up to the other */
    struct moment *v;
    size_t n, cap;
    bool failed; /* there is no memory for all of them */
};

static void
add_moment(struct moments *m, struct moment new)
{
    if (m->n == m->cap && !m->failed) {
        size_t cap = m->cap ? m->cap * 2 : 64;
        struct moment *v = realloc(m->v, cap * sizeof *v);

        m->failed = !v;
        m->v = v ? v : m->v;
        m->cap = v ? cap : m->cap;
    }
    if (!m->failed)
        m->v[m->n++] = new;
}

/* INT64_MAX is no time at all: weir_ruleset_next_change says so. */
static bool
is_asked_for(const struct moments *m, int64_t edge)
{
    return edge > m->from && edge <= m->to && edge != INT64_MAX;
}

static void
add_order(struct moments *m, uint32_t order)
{
    const struct weir__order *o = &m->rs->orders[order];

    for (size_t i = 0; i < order_nedges(o); i++) {
        int64_t at = order_edge(o, i);

        if (is_asked_for(m, at) && order_changes(o, at))
            add_moment(m, (struct moment){at, order, false});
    }
}

static void
add_rule_at(struct moments *m, uint32_t rule, int64_t at)
{
    if (is_asked_for(m, at) && rule_turns(m->rs, &m->rs->rules[rule], at))
        add_moment(m, (struct moment){at, rule, true});
}

static void
add_rule(struct moments *m, uint32_t rule)
{
    const struct weir_rule *r = &m->rs->rules[rule];
    const struct weir__order *o = r->order == WEIR_NONE ? NULL : &m->rs->orders[r->order];

    add_rule_at(m, rule, r->in_force.from);
    add_rule_at(m, rule, r->in_force.until);
    for (size_t i = 0; o && i < order_nedges(o); i++)
        add_rule_at(m, rule, order_edge(o, i));
}

/* In the order in which they are told. */
static int
compare_moments(const void *a, const void *b)
{
    const struct moment *x = a, *y = b;

    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    if (x->of_rule != y->of_rule)
        return x->of_rule ? 1 : -1;
    return (x->index > y->index) - (x->index < y->index);
}

/* Where several of its times are one, it was added for each of them. */
static void
tell_moments(struct telling *to, struct moments *m)
{
    if (m->n)
        qsort(m->v, m->n, sizeof *m->v, compare_moments);
    for (size_t i = 0; i < m->n; i++) {
        if (i && compare_moments(&m->v[i - 1], &m->v[i]) == 0)
            continue;
        to->at = m->v[i].at;
        (m->v[i].of_rule ? tell_rule : tell_order)(to, m->v[i].index);
    }
}

/* The same without memory: all orders and rules are asked again at each time. */
static void
tell_time_by_time(struct telling *to, int64_t from_ms, int64_t to_ms)
{
    to->at = weir_ruleset_next_change(to->rs, from_ms);
    while (to->at <= to_ms && to->at != INT64_MAX) {
        for (uint32_t i = 0; i < to->rs->norders; i++)
            tell_order(to, i);
        for (uint32_t i = 0; i < to->rs->nrules; i++)
            tell_rule(to, i);
        to->at = weir_ruleset_next_change(to->rs, to->at);
    }
}

void
weir_ruleset_changes(const weir_ruleset *rs, int64_t from_ms, int64_t to_ms, weir_change_fn *change,
                     void *arg)
{
    struct telling to = {.rs = rs, .change = change, .arg = arg};
    struct moments m = {.rs = rs, .from = from_ms, .to = to_ms};

    CHECK_OBJ(rs, WEIR_RULESET_MAGIC);
    for (uint32_t i = 0; i < rs->norders && !m.failed; i++)
        add_order(&m, i);
    for (uint32_t i = 0; i < rs->nrules && !m.failed; i++)
        add_rule(&m, i);
    if (m.failed)
        tell_time_by_time(&to, from_ms, to_ms);
    else
        tell_moments(&to, &m);
    free(m.v);
}

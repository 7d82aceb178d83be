/*
 * Changes: what time alone changes about rules and orders, and when.
 *
 * Nothing can change but at a time that is written down. What does change there is seen by asking
 * on both sides of it, so that one place knows when an order holds and how its review stands
 * (order.c), and what is told here is what everybody else is told.
 */
#include "model/ruleset.h"

#include "base/check.h"

const char *
weir_change_name(weir_change_kind k)
{
    static const char *const names[] = {
#define X(name, text) text,
        WEIR_CHANGES(X)
#undef X
    };

    CHECK((size_t)k < sizeof names / sizeof *names);
    return names[k];
}

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

/* Of an order the first change after a time, if it is before `next`; else `next`. */
static int64_t
next_of_order(const struct weir__order *o, int64_t after, int64_t next)
{
    const int64_t reviews[] = {o->review_by, o->confirmed, o->revoked};

    for (size_t i = 0; i < sizeof reviews / sizeof *reviews; i++)
        if (is_nearer(reviews[i], after, next) &&
            (order_turns(o, reviews[i]) ||
             weir__order_review(o, reviews[i]) != weir__order_review(o, reviews[i] - 1)))
            next = reviews[i];
    for (size_t i = 0; i < o->nintervals; i++) {
        const int64_t bounds[] = {o->intervals[i].from, o->intervals[i].until};

        for (int k = 0; k < 2; k++)
            if (is_nearer(bounds[k], after, next) && order_turns(o, bounds[k]))
                next = bounds[k];
    }
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

void
weir_ruleset_changes(const weir_ruleset *rs, int64_t from_ms, int64_t to_ms, weir_change_fn *change,
                     void *arg)
{
    struct telling to = {.rs = rs, .change = change, .arg = arg};

    CHECK_OBJ(rs, WEIR_RULESET_MAGIC);
    to.at = weir_ruleset_next_change(rs, from_ms);
    while (to.at <= to_ms && to.at != INT64_MAX) {
        for (uint32_t i = 0; i < rs->norders; i++)
            tell_order(&to, i);
        for (uint32_t i = 0; i < rs->nrules; i++)
            tell_rule(&to, i);
        to.at = weir_ruleset_next_change(rs, to.at);
    }
}

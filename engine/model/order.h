/*
 * Orders: the legal and policy instruments that rules act under, and when they hold.
 */
#ifndef WEIR_MODEL_ORDER_H
#define WEIR_MODEL_ORDER_H

#include "base/span.h"

#include <tagweir/ruleset.h>

#define WEIR_TIME_NONE INT64_MIN /* absent; as a bound: open */

/* [from, until) in milliseconds; WEIR_TIME_NONE leaves a side open. */
struct weir__interval {
    int64_t from, until;
};

static inline bool
weir__interval_holds(const struct weir__interval *i, int64_t now)
{
    return (i->from == WEIR_TIME_NONE || now >= i->from) &&
           (i->until == WEIR_TIME_NONE || now < i->until);
}

struct weir__refused {
    weir_span target, reason;
};

struct weir__order {
    weir_span id; /* all spans of the model end in a NUL that is not counted */
    weir_span authority, basis, reference, notice; /* {NULL, 0}: absent */
    weir_kind kind;
    bool confidential;
    bool lapses; /* on_lapse: lift */
    int64_t served, review_by, confirmed, revoked; /* WEIR_TIME_NONE: absent */
    /* As compiled: `in_force` sorted by from; without it one open at the end from `served`;
       without either one open at both ends. Never empty. */
    const struct weir__interval *intervals;
    size_t nintervals;
    const struct weir__refused *refused;
    size_t nrefused;
    weir_span meta; /* as JSON; {NULL, 0}: absent */
    weir_span dsa;  /* likewise: model/dsa.h */
    uint32_t file; /* index into the rule set's files */
    uint32_t line;
};

/* A legal instrument, by its kind: no flood of posts may switch it off, and it says by whom and on
   what ground. */
static inline bool
weir__must_be_obeyed(const struct weir__order *o)
{
    return o->kind == WEIR_KIND_EMERGENCY || o->kind == WEIR_KIND_LEGAL_DEMAND ||
           o->kind == WEIR_KIND_COURT_ORDER;
}

/* In one of its intervals, not revoked, and not lapsed (SPEC section 5, "In force"). */
bool weir__order_holds(const struct weir__order *o, int64_t now);
/* An order (NULL: none) and a rule's own interval hold both. */
bool weir__both_hold(const struct weir__order *o, const struct weir__interval *own, int64_t now);
/* The whole interval around `at` in which weir__both_hold answers as it does then. */
void weir__interval_around(const struct weir__order *o, const struct weir__interval *own,
                           int64_t at, weir_interval *out);
weir_review weir__order_review(const struct weir__order *o, int64_t at);

#endif

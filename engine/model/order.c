/*
 * When an order holds: its intervals, its revocation, its lapse; and how its review stands.
 */
#include "model/order.h"

/* Intervals are sorted and do not overlap: only the last that has begun can hold. An order may have
   thousands, and who lists them asks for each. */
static bool
is_inside(const struct weir__order *o, int64_t now)
{
    size_t low = 0, high = o->nintervals;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        *(o->intervals[middle].from <= now ? &low : &high) = middle; /* an open one is the least */
    }
    return high > low && weir__interval_holds(&o->intervals[low], now);
}

bool
weir__order_holds(const struct weir__order *o, int64_t now)
{
    if (o->revoked != WEIR_TIME_NONE && now >= o->revoked)
        return false;
    bool inside = is_inside(o, now);
    if (!inside || !o->lapses || o->review_by == WEIR_TIME_NONE || now < o->review_by)
        return inside;
    /* past its review: only a confirmation brings it back */
    return o->confirmed != WEIR_TIME_NONE && now >= o->confirmed;
}

bool
weir__both_hold(const struct weir__order *o, const struct weir__interval *own, int64_t now)
{
    return weir__interval_holds(own, now) && (!o || weir__order_holds(o, now));
}

/* If the answer changes at `edge`, it bounds the interval around `at` on its side. */
static void
take_edge(const struct weir__order *o, const struct weir__interval *own, int64_t edge, int64_t at,
          weir_interval *out)
{
    int64_t *bound = edge <= at ? &out->from_ms : &out->until_ms;
    bool farther =
        *bound != WEIR_TIME_NONE && (bound == &out->from_ms ? edge <= *bound : edge >= *bound);

    if (edge == WEIR_TIME_NONE || farther)
        return;
    if (weir__both_hold(o, own, edge) != weir__both_hold(o, own, edge - 1))
        *bound = edge;
}

/*
 * The answer can change only at a time that is written down. Asking weir__both_hold on both sides
 * of each, rather than intersecting intervals, leaves one place that knows when something holds.
 */
void
weir__interval_around(const struct weir__order *o, const struct weir__interval *own, int64_t at,
                      weir_interval *out)
{
    const int64_t owns[] = {own->from, own->until};

    *out = (weir_interval){weir__both_hold(o, own, at), WEIR_TIME_NONE, WEIR_TIME_NONE};
    for (size_t i = 0; i < sizeof owns / sizeof *owns; i++)
        take_edge(o, own, owns[i], at, out);
    if (!o)
        return;
    const int64_t reviews[] = {o->review_by, o->confirmed, o->revoked};
    for (size_t i = 0; i < sizeof reviews / sizeof *reviews; i++)
        take_edge(o, own, reviews[i], at, out);
    for (size_t i = 0; i < o->nintervals; i++) {
        take_edge(o, own, o->intervals[i].from, at, out);
        take_edge(o, own, o->intervals[i].until, at, out);
    }
}

weir_review
weir__order_review(const struct weir__order *o, int64_t at)
{
    int64_t end = o->intervals[o->nintervals - 1].until; /* sorted: the last of all */

    if (o->revoked != WEIR_TIME_NONE && at >= o->revoked)
        return WEIR_REVIEW_REVOKED;
    if (o->confirmed != WEIR_TIME_NONE && at >= o->confirmed)
        return WEIR_REVIEW_CONFIRMED;
    if (o->review_by == WEIR_TIME_NONE)
        return WEIR_REVIEW_NONE;
    if (o->lapses && at >= o->review_by)
        return end == WEIR_TIME_NONE || end > o->review_by ? WEIR_REVIEW_LAPSED : WEIR_REVIEW_NONE;
    if (end != WEIR_TIME_NONE && at >= end)
        return WEIR_REVIEW_NONE;
    return at < o->review_by ? WEIR_REVIEW_DUE : WEIR_REVIEW_OVERDUE;
}

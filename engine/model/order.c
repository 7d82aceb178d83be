/*
 * When an order holds: its intervals, its revocation, its lapse.
 */
#include "model/order.h"

bool
weir__order_holds(const struct weir__order *o, int64_t now)
{
    bool inside = false;

    if (o->revoked != WEIR_TIME_NONE && now >= o->revoked)
        return false;
    for (size_t i = 0; i < o->nintervals && !inside; i++)
        inside = weir__interval_holds(&o->intervals[i], now);
    if (!inside || !o->lapses || o->review_by == WEIR_TIME_NONE || now < o->review_by)
        return inside;
    /* past its review: only a confirmation brings it back */
    return o->confirmed != WEIR_TIME_NONE && now >= o->confirmed;
}

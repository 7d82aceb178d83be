/*
 * Trips: what a scratch is told of breakers. Counting, and the minutes that are counted in, are
 * with who serves; here a rule has tripped or has not.
 */
#include "base/check.h"
#include "decide/scratch.h"

#include <tagweir/names.h>

WEIR_NAMES(weir_trip_name, weir_trip, WEIR_TRIPS, WEIR_TEXT)

static bool
may_be_observed(const struct weir_ruleset *rs, uint32_t rule)
{
    uint32_t order = rs->rules[rule].order;

    return order == WEIR_NONE || !weir__must_be_obeyed(&rs->orders[order]);
}

weir_status
weir_scratch_trip(weir_scratch *s, uint32_t rule, weir_trip how)
{
    CHECK_OBJ(s, WEIR_SCRATCH_MAGIC);
    CHECK(rule == WEIR_NONE || rule < s->rs->nrules);
    CHECK(how == WEIR_TRIP_NONE || how == WEIR_TRIP_ALERT || how == WEIR_TRIP_OBSERVE);
    if (how == WEIR_TRIP_OBSERVE && (rule == WEIR_NONE || !may_be_observed(s->rs, rule)))
        return WEIR_E_ARG;
    if (rule == WEIR_NONE) {
        s->set_tripped = how != WEIR_TRIP_NONE;
        return WEIR_OK;
    }
    s->ntripped -= s->trips[rule] != WEIR_TRIP_NONE;
    s->ntripped += how != WEIR_TRIP_NONE;
    s->trips[rule] = (uint8_t)how;
    return WEIR_OK;
}

bool
weir__trip_applies(const weir_scratch *s, uint32_t rule, weir_state *state)
{
    if (s->trips[rule] == WEIR_TRIP_NONE ||
        (*state != WEIR_STATE_MATCHED && *state != WEIR_STATE_OBSERVED))
        return false;
    if (s->trips[rule] == WEIR_TRIP_OBSERVE)
        *state = WEIR_STATE_OBSERVED;
    return true;
}

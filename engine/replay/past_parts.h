/*
 * The insides of the past: past.c makes it, past_stance.c asks it how a record came about.
 */
#ifndef WEIR_REPLAY_PAST_PARTS_H
#define WEIR_REPLAY_PAST_PARTS_H

#include "replay/past.h"

enum mark_kind { MARK_HEADER, MARK_RELOAD, MARK_TRIP, MARK_RESET, MARK_STOP };

struct past_mark {
    enum mark_kind kind;
    uint32_t run;
    int64_t at_ms;
    int64_t latest_ms; /* of all marks up to it, in its run */
    uint32_t what;     /* RELOAD: the set; TRIP, RESET: the rule */
    weir_trip how;     /* TRIP */
};

/* From a start to the next. */
struct past_run {
    size_t set; /* at its beginning */
    uint32_t first;
    bool is_cut; /* what had tripped before its first mark is not known */
    bool all;
    uint64_t reported, withheld; /* errors */
    enum answer_clock clock;
    int64_t at_ms;
    int64_t from_ms, latest_ms; /* by all that is known of it */
};

/*
 * What marks of a run have come to, of which none is soon any more: marks are not gone through from
 * the beginning for each record. There is one behind every PAST_REST_EVERY marks.
 */
struct past_rest {
    size_t set;
    uint8_t *now; /* as of a stance, by the past's rules; then `may` */
};

#define PAST_REST_EVERY 256

#define PAST_MAY_BE_ANY                                                                            \
    ((uint8_t)(1u << WEIR_TRIP_NONE | 1u << WEIR_TRIP_ALERT | 1u << WEIR_TRIP_OBSERVE))

/* What rules may be at the beginning of a run. */
static inline uint8_t
past_may_begin(const struct past_run *r)
{
    return r->is_cut ? PAST_MAY_BE_ANY : 1u << WEIR_TRIP_NONE;
}

/* The run of the records that are placed there. */
const struct past_run *past_run_at(const struct past *p, uint32_t epoch);

#endif

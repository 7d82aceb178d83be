/*
 * Civil time: the pieces that other formats of time are read with. RFC 3339 itself is in common.h.
 */
#ifndef WEIR_BASE_TIME_H
#define WEIR_BASE_TIME_H

#include "base/span.h"

struct weir__civil {
    unsigned year, month, day, hour, minute, second, ms;
    int offset_minutes; /* east of UTC */
};

/* Is it a date of the calendar and a time of the day? Second 60 is accepted. */
bool weir__is_civil(const struct weir__civil *c);
/* Milliseconds since 1970-01-01 UTC. */
int64_t weir__civil_to_ms(const struct weir__civil *c);
/* Exactly n decimal digits off the front of *s. */
bool weir__take_digits(weir_span *s, size_t n, unsigned *out);

#endif

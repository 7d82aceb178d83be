/*
 * Turns: how much is done for one client before the others have theirs.
 */
#ifndef WEIR_SERVE_TURN_H
#define WEIR_SERVE_TURN_H

#include "flow/batch.h"

/* Bytes of answers that a batch makes; the last answer may overshoot it. */
#define BATCH_OUT ((size_t)256 * 1024)
/* How much work (as answer.h counts it) a batch is: well under a millisecond by most rules, and not
   much more than a turn by slow ones. */
#define BATCH_WORK ((size_t)32 * 1024)
/* How long a turn of batches lasts behind its first one, for which a line may have to be read
   again: the longer, the less that weighs. */
#define BATCH_TURN_US 5000

static inline struct answer_room
turn_room(void)
{
    return (struct answer_room){.bytes = BATCH_OUT, .work = BATCH_WORK};
}

#endif

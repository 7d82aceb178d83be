/*
 * What a replay writes and counts besides: records that are asked for, or an export of them, the
 * census, tags.
 */
#ifndef WEIR_CLI_PICKING_H
#define WEIR_CLI_PICKING_H

#include "cli/run.h"

#include "replay/census.h"
#include "replay/pick.h"
#include "replay/tops.h"

struct picking {
    struct pick pick;
    bool *rules; /* owned: what pick.rules is */
    struct headcount *census;
    struct tops *tags;
    bool journals, journals_all;
    bool all;            /* every record is asked for */
    uint64_t for_quotes; /* records written that are asked for only by what they quote */
    weir_export *export; /* of what is asked for, in place of its records; NULL: these */
};

/*
 * Take what is asked for from the arguments, and give the run its notes, which borrow the picking.
 * @return an exit code; it was said which rule or order does not exist.
 */
int picking_begin(struct picking *p, struct run *r);
void picking_end(struct picking *p);

#endif

/*
 * Reporting: what a run counts for a report, and the report made of it.
 */
#ifndef WEIR_CLI_REPORTING_H
#define WEIR_CLI_REPORTING_H

#include "cli/run.h"

#include "replay/findings.h"
#include "replay/pick.h"

struct reporting {
    const struct run *run;
    struct pick pick; /* times of posts */
    struct findings_plan plan;
    bool *rules; /* owned: what plan.rules is */
    struct findings *sum;
    struct tops *tags, *accounts;
};

/*
 * Take what is asked for from the arguments, and give the run its notes, which borrow the
 * reporting.
 * @return an exit code; it was said what is wrong.
 */
int reporting_begin(struct reporting *p, struct run *r);
void reporting_end(struct reporting *p);

/* The report of a run that is done, as HTML or, where the arguments ask for it, JSON. */
void reporting_write(const struct reporting *p, weir_buf *out);

#endif

/*
 * The decision journal of a run: records go there in the order of the input, before they are
 * written to where they are wanted.
 */
#ifndef WEIR_CLI_RUN_JOURNAL_H
#define WEIR_CLI_RUN_JOURNAL_H

#include "cli/args.h"

struct run_journal {
    weir_journal *journal; /* NULL: none is kept */
    int sync;              /* as args.fsync */
    int64_t synced_us;
};

/* Are there options that would do harm, or nothing? @return an exit code; it was said which. */
int run_journal_check(const struct args *a, const char *command);
/*
 * Open the journal that the arguments name, if they name one.
 * @param now_ms  Of the run: `now` is one time for all of it, and the journal's header says which.
 * @return an exit code; it was said what is wrong.
 */
int run_journal_begin(struct run_journal *j, const struct args *a, const weir_ruleset *rs,
                      int64_t now_ms);
/* @return false: nothing may be written any more; run_journal_end says why. */
bool run_journal_take(struct run_journal *j, const weir_buf *records);
/* Close it in order, and say where its head is, or what went wrong. @return whether all is well. */
bool run_journal_end(struct run_journal *j, bool quiet);

#endif

/*
 * A trial: what a feed's answers would be by other rules, before these decide anything.
 */
#ifndef WEIR_SERVE_TRIAL_H
#define WEIR_SERVE_TRIAL_H

#include "flow/answer.h"

/* Asked again and again: is nobody interested any more? Once it says so it has to stay with it. */
typedef bool trial_over_fn(const void *arg);

/*
 * Answers each line of the file by both rule sets, at one time, and reports how many answers
 * differ, from which action to which, and the first of them whole. Takes as long as replaying the
 * feed twice; called by the thread that loads rules.
 * @param feed  A regular file.
 * @param over  Where it says so, what is left of the file is left, and nothing is reported.
 * @return WEIR_E_IO: the file cannot be read, which the report says. WEIR_E_NOMEM.
 */
weir_status trial_run(const char *feed, weir_ruleset *before, weir_ruleset *after,
                      const struct answer_options *o, trial_over_fn *over, const void *arg,
                      weir_buf *report);

#endif

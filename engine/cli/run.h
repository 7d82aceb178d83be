/*
 * Reading feeds from files: what replay and posts share. Records go to standard output in input
 * order, in large writes.
 */
#ifndef WEIR_CLI_RUN_H
#define WEIR_CLI_RUN_H

#include "cli/summary.h"

#include "flow/answer.h"

struct run {
    const char *command;
    const struct args *args;
    weir_ruleset *rs;      /* NULL: write posts as they were read */
    weir_handles *handles; /* NULL: none */
    int64_t now_ms;        /* one time for the whole run */
};

/*
 * Answer every feed of the arguments, then print the summary, unless --quiet.
 * @return an exit code; --strict is looked at.
 */
int run_feeds(const struct run *r);

#endif

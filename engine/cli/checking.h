/*
 * Looking at rules for their author: what check and compile share.
 */
#ifndef WEIR_CLI_CHECKING_H
#define WEIR_CLI_CHECKING_H

#include "cli/args.h"

struct checking {
    struct strings rules; /* all that the command line names */
    weir_diags *diags;
    weir_ruleset *rs; /* NULL: they do not compile */
    weir_status st;
    size_t nfiles, ntests, failed;
    int64_t now_ms; /* for what is due */
};

/*
 * Load the rules that --rules and the arguments name, and run their tests, unless --no-tests.
 * @return EXIT_DONE, also for bad rules (st says so), or EXIT_USAGE where none are named. Release
 * with _fini in any case.
 */
int checking_load(struct checking *c, const struct args *a, const char *command, bool keep_sources);
/*
 * Say what was found: messages on standard error, and one line behind which `more` stands on
 * standard output; with --json the messages there, as JSON. `more` is then members of an object,
 * each with a comma before it, and the messages are the first of its members; NULL: there is never
 * more to tell. @return an exit code.
 */
int checking_report(const struct checking *c, const struct args *a, const weir_buf *more);
void checking_fini(struct checking *c);

#endif

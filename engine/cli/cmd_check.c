/*
 * tagweir check: everything that is wrong with rules, in one run.
 */
#include "cli/checking.h"
#include "cli/commands.h"
#include "cli/ui.h"

static int
check(const struct args *a)
{
    struct checking c;
    int rc = checking_load(&c, a, "check", false);

    touched_write(a->touched, "-", NULL);
    if (rc == EXIT_DONE)
        rc = touched_check(a->touched);
    if (rc == EXIT_DONE)
        rc = checking_report(&c, a, NULL);
    checking_fini(&c);
    return rc;
}

const struct command command_check = {
    .name = "check",
    .usage = "[OPTION]… RULES…",
    .does = "Compile rules, look for mistakes in them, and run the tests that they carry.",
    .more =
        "All that is wrong is said in one run, on standard error, with its place. A folder\n"
        "stands for every *.yaml below it. Notes name the orders whose review is overdue today.\n"
        "The exit code is 3 when there is an error, and with --strict 1 when there are warnings\n"
        "alone.\n\n"
        "--cost lists every glob and regex, the dearest first, with its class:\n"
        "  always  nothing rules it out: it is tried on everything by itself\n"
        "  loose   it has no fixed text to be found by: everything is walked through for it\n"
        "  factor  found by a fixed text that every match contains (…so…)\n"
        "  edge    found by a fixed text that every match begins (so…) or ends (…so) with\n"
        "  words   it matches a few words alone, which are looked up\n"
        "The first two are warned of, each at its place. Without --cost nothing is said of them,\n"
        "but for one warning where they are more than 100. A pattern with choices may be\n"
        "found by several fixed texts; entries that are no patterns are not listed, and cost\n"
        "nothing to speak of.",
    .options = OPTIONS_OF(OPT_RULES, OPT_STRICT, OPT_COST, OPT_NO_TESTS, OPT_NO_JIT, OPT_MATCH_OFF,
                          OPT_JSON, OPT_QUIET),
    .plain = "RULES",
    .run = check,
};

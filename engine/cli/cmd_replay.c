/*
 * tagweir replay: decide archived feeds.
 */
#include "cli/commands.h"
#include "cli/inputs.h"
#include "cli/picking.h"
#include "cli/run.h"
#include "cli/run_journal.h"
#include "cli/ui.h"

#include "flow/clock.h"

static int
replay(const struct args *a)
{
    struct run r = {.command = "replay", .args = a, .now_ms = clock_now_ms()};
    struct picking picking = {.rules = NULL};

    if (!a->plain.n)
        return args_bad("replay", "no feed: name files or folders, or - for standard input");
    int rc = run_journal_check(a, "replay");
    if (rc == EXIT_DONE)
        rc = inputs_handles(a, &r.handles);
    if (rc == EXIT_DONE)
        rc = inputs_rules(a, "replay", &r.rs);
    if (rc == EXIT_DONE)
        rc = picking_begin(&picking, &r);
    if (rc == EXIT_DONE)
        rc = run_feeds(&r);
    picking_end(&picking);
    weir_ruleset_unref(r.rs);
    weir_handles_free(r.handles);
    return rc;
}

const struct command command_replay = {
    .name = "replay",
    .usage = "--rules PATH… [OPTION]… FEED…",
    .does = "Decide the posts of archived feeds; records on standard output, in input order.",
    .more = "A feed is a file of one JSON value a line (-: standard input), or a folder: every\n"
            "file below it, in byte order; plain, gzip or zstd. A JSON array and the tweets.js of\n"
            "an account archive are read as well, each element as a line. Several rule files may\n"
            "follow one --rules if their names end in .yaml. The summary is printed on standard "
            "error at the end.",
    .options =
        OPTIONS_OF(OPT_RULES, OPT_STORE, OPT_CLOCK, OPT_UNDECIDED, OPT_TAGS, OPT_HANDLES, OPT_OWNER,
                   OPT_OWNER_ID, OPT_MAX_LINE, OPT_EXPLAIN, OPT_STRICT, OPT_THREADS, OPT_OUT,
                   OPT_EMIT, OPT_LABEL_SRC, OPT_JOURNAL, OPT_JOURNAL_ALL, OPT_FSYNC, OPT_SIGN_KEY,
                   OPT_RESUME, OPT_ONLY, OPT_REGION, OPT_RULE, OPT_ORDER, OPT_SINCE, OPT_UNTIL,
                   OPT_NO_JIT, OPT_MATCH_OFF, OPT_JSON, OPT_QUIET),
    .plain = "FEED",
    .run = replay,
};

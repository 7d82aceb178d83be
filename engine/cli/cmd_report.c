/*
 * tagweir report: what was decided, where, by which order, over time, as a page.
 */
#include "cli/commands.h"
#include "cli/inputs.h"
#include "cli/reporting.h"
#include "cli/ui.h"

#include "flow/clock.h"

static bool
finish(void *arg, weir_buf *out, uint64_t *n)
{
    (void)n;
    reporting_write(arg, out);
    return true;
}

static int
report(const struct args *a)
{
    struct args args = *a;
    struct run r = {.command = "report",
                    .args = &args,
                    .now_ms = clock_now_ms(),
                    .one_go = true,
                    .whole = true,
                    .input_only = true};
    struct reporting reporting = {.run = NULL};

    args.answer.mute_errors = true;
    if (!a->plain.n)
        return args_bad("report", "no feed: name files or folders, or - for standard input");
    int rc = inputs_handles(a, &r.handles);
    if (rc == EXIT_DONE)
        rc = inputs_rules(a, "report", &r.rs);
    if (rc == EXIT_DONE)
        rc = reporting_begin(&reporting, &r);
    if (rc == EXIT_DONE) {
        r.finish = finish;
        rc = run_feeds(&r);
    }
    reporting_end(&reporting);
    weir_ruleset_unref(r.rs);
    weir_handles_free(r.handles);
    return rc;
}

const struct command command_report = {
    .name = "report",
    .usage = "--rules PATH… [OPTION]… FEED…",
    .does = "Tell what was decided, where, by which order, over time, as a page (HTML).",
    .more =
        "Decides the posts of archived feeds, as replay does, and writes one HTML file that\n"
        "needs nothing else: to --out, or to standard output. With --json the same figures for\n"
        "machines. --only, --region, --rule and --order choose what is counted; --since and\n"
        "--until are about when posts were made. With --explain it also tells of rules without\n"
        "a part which of them matched nothing, which takes longer.",
    .options = OPTIONS_OF(OPT_RULES, OPT_STORE, OPT_CLOCK, OPT_TAGS, OPT_HANDLES, OPT_OWNER,
                          OPT_OWNER_ID, OPT_MAX_LINE, OPT_EXPLAIN, OPT_STRICT, OPT_THREADS, OPT_OUT,
                          OPT_ONLY, OPT_REGION, OPT_RULE, OPT_ORDER, OPT_SINCE, OPT_UNTIL,
                          OPT_NO_JIT, OPT_MATCH_OFF, OPT_JSON, OPT_QUIET),
    .plain = "FEED",
    .run = report,
};

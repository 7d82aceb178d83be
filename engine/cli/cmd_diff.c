/*
 * tagweir diff: what a change of rules, or time alone, would change for the posts of feeds.
 */
#include "cli/commands.h"
#include "cli/differences.h"
#include "cli/exporting.h"
#include "cli/inputs.h"
#include "cli/run.h"
#include "cli/ui.h"

#include "flow/clock.h"

#include <string.h>

struct work {
    struct diffing diffing;
    struct run run;
    struct args args; /* the run's: what is written goes where changes are to */
};

/* The run writes changes to their file, or else nothing but this to standard output. Where it was
   stopped, lines of an export that were kept are all. */
static bool
finish(void *arg, weir_buf *out, uint64_t *n)
{
    const struct diffing *d = arg;
    weir_buf said = {0};
    struct differences x;

    *n = 0;
    if (d->export && !exporting_finish(d->export, out, n))
        return false;
    if (!d->run->sums)
        return true;
    differences_make(&x, d, &d->run->sums->tally);
    (d->args->json ? differences_json : differences_text)(&x, d->args->changes ? &said : out);
    differences_fini(&x);
    bool good = !d->args->changes || ui_put(&said) == EXIT_DONE;
    weir_buf_fini(&said);
    return good;
}

static bool
clocks_differ(const struct args *a)
{
    return a->old_clock.given || a->new_clock.given;
}

static int
check_usage(const struct args *a)
{
    if (a->rules.n && (a->old_rules.n || a->new_rules.n))
        return args_bad("diff", "--rules are the rules of both sides: leave it out beside --old "
                                "and --new");
    if (!a->rules.n && (!a->old_rules.n || !a->new_rules.n))
        return args_bad("diff", "what with what? Say --old PATH and --new PATH, or --rules PATH "
                                "and two clocks");
    if (a->rules.n && !clocks_differ(a))
        return args_bad("diff", "the same rules at the same time change nothing: say --old-clock "
                                "or --new-clock, or --old and --new in place of --rules");
    if (a->changes && strcmp(a->changes, "-") == 0)
        return args_bad("diff", "--changes needs a file: the result is on standard output");
    if (a->emits && !a->changes)
        return args_bad("diff", "--emit needs --changes FILE, which the export is written to");
    if (!a->plain.n)
        return args_bad("diff", "no feed: name files or folders, or - for standard input");
    return EXIT_DONE;
}

static int
load(const struct args *a, const struct strings *paths, weir_ruleset **out)
{
    struct args of = *a;

    of.rules = *paths;
    return inputs_rules(&of, "diff", out);
}

static int
load_both(struct work *w, const struct args *a)
{
    int rc = load(a, a->rules.n ? &a->rules : &a->old_rules, &w->diffing.before);

    if (rc == EXIT_DONE && a->rules.n)
        w->diffing.after = weir_ruleset_ref(w->diffing.before);
    else if (rc == EXIT_DONE)
        rc = load(a, &a->new_rules, &w->diffing.after);
    return rc;
}

static void
set_clock(struct answer_options *o, const struct args_clock *own)
{
    if (!own->given)
        return;
    o->clock = own->clock;
    o->at_ms = own->at_ms;
}

static void
set_options(struct work *w)
{
    struct answer_options *o = &w->args.answer;
    struct diffing *d = &w->diffing;

    o->mute_errors = true;
    d->old_o = d->new_o = *o;
    set_clock(&d->old_o, &w->args.old_clock);
    set_clock(&d->new_o, &w->args.new_clock);
    *o = d->old_o;
    o->need_time = d->new_o.clock == ANSWER_CREATED;
}

static int
diff(const struct args *a)
{
    struct work w = {.args = *a};
    int rc = check_usage(a);

    w.args.out = a->changes;
    w.run = (struct run){.command = "diff",
                         .args = &w.args,
                         .now_ms = clock_now_ms(),
                         .one_go = true,
                         .input_only = true};
    w.diffing.args = &w.args;
    set_options(&w);
    if (rc == EXIT_DONE)
        rc = inputs_handles(a, &w.run.handles);
    if (rc == EXIT_DONE)
        rc = load_both(&w, a);
    w.run.rs = w.diffing.before;
    if (rc == EXIT_DONE)
        rc = diffing_begin(&w.diffing, &w.run);
    if (rc == EXIT_DONE) {
        w.run.finish = finish;
        rc = run_feeds(&w.run);
    }
    if (rc == EXIT_DONE && diffing_changed(&w.diffing))
        rc = EXIT_FINDINGS;
    diffing_end(&w.diffing);
    weir_ruleset_unref(w.diffing.before);
    weir_ruleset_unref(w.diffing.after);
    weir_handles_free(w.run.handles);
    return rc;
}

const struct command command_diff = {
    .name = "diff",
    .usage = "--old PATH… --new PATH… [OPTION]… FEED…",
    .does = "Tell what new rules would change for the posts of archived feeds.",
    .more = "Each post is decided by both rule sets, at the same time or by --old-clock and\n"
            "--new-clock; with --rules in place of both, what time alone changes. The result is\n"
            "on standard output: changes by kind, region and rule with the first posts of each,\n"
            "and what new and changed orders and rules reach. --region, --rule and --order leave\n"
            "other changes out. Exit code 1: something changes; 0: nothing does.",
    .options = OPTIONS_OF(OPT_RULES, OPT_OLD, OPT_NEW, OPT_STORE, OPT_CLOCK, OPT_OLD_CLOCK,
                          OPT_NEW_CLOCK, OPT_TAGS, OPT_HANDLES, OPT_OWNER, OPT_OWNER_ID,
                          OPT_MAX_LINE, OPT_STRICT, OPT_THREADS, OPT_CHANGES, OPT_EMIT,
                          OPT_LABEL_SRC, OPT_SAMPLES, OPT_REGION, OPT_RULE, OPT_ORDER, OPT_SINCE,
                          OPT_UNTIL, OPT_NO_JIT, OPT_MATCH_OFF, OPT_JSON, OPT_QUIET),
    .plain = "FEED",
    .run = diff,
};

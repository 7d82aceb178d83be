/*
 * One writer: whoever hands results on, one thread at a time.
 */
#include "cli/run_journal.h"

#include "cli/summary.h"
#include "cli/ui.h"

#include "flow/clock.h"

#include <inttypes.h>

#define SYNC_EVERY_US (1000 * 1000)

enum { SYNC_ALWAYS, SYNC_INTERVAL, SYNC_NEVER };

/* Is anything left out that is decided, or is to be? */
static bool
filters(const struct args *a)
{
    return a->only || a->region != WEIR_REGION_NONE || a->by_rule.n || a->by_order.n ||
           a->since_ms != INT64_MIN || a->until_ms != INT64_MAX;
}

int
run_journal_check(const struct args *a, const char *command)
{
    bool asks = a->journal_all || a->sign_key || a->fsync >= 0;

    if (!a->journal && asks)
        return args_bad(command, "--journal-all, --fsync and --sign-key are of a journal, and "
                                 "there is none: say --journal DIR as well, or leave them out");
    if (a->journal && filters(a))
        return args_bad(command, "--journal does not go with --only, --region, --rule, --order, "
                                 "--since or --until: it would look as one does from which records "
                                 "were taken. Keep the journal of all, and filter a replay without "
                                 "it");
    if (a->journal && a->emits)
        return args_bad(command, "--journal does not go with --emit: an export is made of no "
                                 "records that a journal could hold");
    if (a->journal && a->resume)
        return args_bad(command, "--journal does not go with --resume: what was journalled before "
                                 "the run was stopped would be journalled again");
    return EXIT_DONE;
}

int
run_journal_begin(struct run_journal *j, const struct args *a, const weir_ruleset *rs,
                  int64_t now_ms)
{
    struct answer_options clock = a->answer;
    weir_buf text = {0};

    *j = (struct run_journal){.sync = a->fsync < 0 ? SYNC_INTERVAL : a->fsync,
                              .synced_us = clock_running_us()};
    if (!a->journal)
        return EXIT_DONE;
    if (clock.clock == ANSWER_NOW) {
        clock.clock = ANSWER_FIXED;
        clock.at_ms = now_ms;
    }
    summary_clock(&clock, &text);
    weir_buf_putc(&text, '\0');
    weir_diags *diags = weir_diags_new();
    if (!diags || text.failed)
        ui_no_memory();
    weir_journal_options o = {
        .digest = weir_ruleset_digest(rs), .clock = text.p, .sign_key = a->sign_key};
    weir_status st = weir_journal_open(a->journal, &o, clock_now_ms(), diags, &j->journal);
    ui_diags(diags, a->quiet ? WEIR_ERROR : WEIR_WARNING);
    weir_diags_free(diags);
    weir_buf_fini(&text);
    if (st == WEIR_E_NOMEM)
        ui_no_memory();
    return st == WEIR_OK ? EXIT_DONE : EXIT_IO;
}

static bool
fail(const struct run_journal *j, weir_status st)
{
    const char *why = weir_journal_error(j->journal);
    weir_journal_head head;

    weir_journal_get_head(j->journal, &head);
    ui_say("%s; of the journal, entries up to %" PRIu64 " were surely written",
           why ? why : weir_status_text(st), head.written_seq);
    return false;
}

/* Is it time to wait for the disk? */
static bool
is_sync_due(struct run_journal *j)
{
    int64_t now_us = clock_running_us();

    if (j->sync == SYNC_INTERVAL && now_us - j->synced_us >= SYNC_EVERY_US) {
        j->synced_us = now_us;
        return true;
    }
    return j->sync == SYNC_ALWAYS;
}

bool
run_journal_take(struct run_journal *j, const weir_buf *records)
{
    weir_status st = WEIR_OK;

    if (!j->journal || !records->len)
        return true;
    st = weir_journal_append(j->journal, (weir_span){records->p, records->len});
    if (st == WEIR_OK)
        st = weir_journal_write(j->journal, clock_now_ms());
    if (st == WEIR_OK && is_sync_due(j))
        st = weir_journal_sync(j->journal);
    j->taken = st;
    return st == WEIR_OK; /* run_journal_end says why not */
}

/* What the journal would not take, and has not failed by. */
static void
tell_refused(const struct run_journal *j)
{
    if (j->taken == WEIR_OK || weir_journal_error(j->journal))
        return;
    ui_say("the journal cannot take a record: %s",
           j->taken == WEIR_E_ARG ? "it is longer than the journal's lines may be (64 MiB)"
                                  : weir_status_text(j->taken));
}

bool
run_journal_end(struct run_journal *j, bool quiet)
{
    weir_journal_head head;
    weir_status st;

    if (!j->journal)
        return true;
    tell_refused(j);
    st = weir_journal_error(j->journal) ? WEIR_E_IO
                                        : weir_journal_finish(j->journal, clock_now_ms());
    weir_journal_get_head(j->journal, &head);
    if (st == WEIR_OK && !quiet)
        ui_say("the journal's head is %s:%" PRIu64, head.hash, head.seq);
    else if (st != WEIR_OK)
        (void)fail(j, st);
    if (st == WEIR_OK)
        (void)weir_journal_close(j->journal, clock_now_ms(), NULL);
    else
        weir_journal_abandon(j->journal);
    j->journal = NULL;
    return st == WEIR_OK && j->taken == WEIR_OK;
}

/*
 * Running feeds through the crew. Where output fails the run stops, and says how far it got.
 */
#include "cli/run.h"

#include "cli/beside.h"
#include "cli/feeds.h"
#include "cli/inputs.h"
#include "cli/progress.h"
#include "cli/resume.h"
#include "cli/run_files.h"
#include "cli/run_journal.h"
#include "cli/stopping.h"
#include "cli/ui.h"

#include "feed/sink.h"
#include "flow/batch.h"
#include "flow/check.h"
#include "flow/clock.h"
#include "flow/said.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Files that hold no posts are named, up to so many. */
#define SKIPPED_TOLD 5

struct running {
    struct run *r;
    struct strings files;
    struct sink *sink;
    struct beside beside; /* of a run whose output is written whole */
    bool is_packed;
    struct portions *portions;
    struct crew_sums sums;
    struct progress progress;
    struct resume resume;
    struct run_journal journal;
    uint64_t nfiles, lines; /* done of all */
    uint64_t skipped;       /* files that hold no posts */
    size_t feed;            /* that was handed on last, and so many of its lines */
    uint64_t feed_lines;
    uint64_t made, delivered; /* records that were handed on; that were written */
    weir_buf waiting;         /* records that are to be written with others behind them */
    uint64_t nwaiting;        /* so many */
    int64_t waiting_us;       /* when the first of them came */
    int64_t taken_us;         /* when the last result did */
    /* of lines that are collected here, and packed here */
    weir_buf collected, packed;
    struct packer *packer; /* NULL: plain, or packed by who wrote them */
};

static const char *
output_name(const struct running *x)
{
    return run_output(x->r->args);
}

static enum sink_packing
packing_of(const struct running *x)
{
    return sink_packing_of(output_name(x) ? output_name(x) : "-");
}

/* Results in the order of the input -------------------------------------------------------------
 */

/* How much of the output there is, and what can be done. */
static void
put_how_far(struct running *x, uint64_t line, weir_buf *out)
{
    const struct run *r = x->r;

    if (x->beside.path) {
        weir_buf_puts(out, "; nothing of it was written, and a file that was there is as it was");
        return;
    }
    if (r->one_go && !r->collect) {
        weir_buf_puts(out, "; what was written of it is not whole");
        return;
    }
    weir_buf_printf(out, "; stopped at %s:%" PRIu64 ", after %" PRIu64, x->files.v[x->feed], line,
                    x->delivered + x->resume.before);
    weir_buf_printf(out, " %s that were surely written", r->collect ? "lines" : "records");
    if (resume_keep_place(&x->resume))
        weir_buf_puts(out, "; when that is mended, the same arguments and --resume go on there");
}

static bool
cannot_write(struct running *x, uint64_t line)
{
    const char *name = output_name(x);
    weir_buf far = {0};

    if (sink_errno(x->sink) == EPIPE && !name) { /* a reader that has seen enough is no news */
        ui_reader_left();
        return false;
    }
    progress_hide(&x->progress);
    put_how_far(x, line, &far);
    ui_say("%s: %s%s", name ? name : "standard output", strerror(sink_errno(x->sink)),
           said_text(&far));
    weir_buf_fini(&far);
    return false;
}

/* Lines that were collected are packed when there are so many bytes of them, or no more follow. */
#define PACKED_TOGETHER ((size_t)1024 * 1024)

static bool
write_lines(struct running *x, bool all)
{
    const weir_buf *out = &x->collected;

    if (x->packer && !all && x->collected.len < PACKED_TOGETHER)
        return true;
    if (x->packer) {
        x->packed.len = 0;
        if (!packer_pack(x->packer, (weir_span){x->collected.p, x->collected.len}, &x->packed))
            ui_no_memory();
        out = &x->packed;
    }
    if (out->len && !sink_write(x->sink, out->p, out->len))
        return false;
    x->collected.len = 0;
    x->delivered = x->made;
    return true;
}

static bool
collect_lines(struct running *x, const struct result *r)
{
    uint64_t n = 0;

    if (!x->r->collect(x->r->arg, &r->out, &x->collected, &n))
        return false;
    x->made += n;
    return write_lines(x, false) || cannot_write(x, x->feed_lines + r->lines);
}

/* So many records. @param line  Where it is said that the run stopped. */
static bool
write_out(struct running *x, const weir_buf *out, uint64_t records, uint64_t line)
{
    uint64_t before = sink_written(x->sink);

    if (out->len && !sink_write(x->sink, out->p, out->len)) {
        if (!x->is_packed) /* some of it may have been taken */
            x->delivered += batch_answers_in(out->p, (size_t)(sink_written(x->sink) - before));
        return cannot_write(x, line);
    }
    x->delivered += records;
    return true;
}

static bool
write_waiting(struct running *x, uint64_t line)
{
    uint64_t n = x->nwaiting;

    x->nwaiting = 0;
    bool good = write_out(x, &x->waiting, n, line);
    x->waiting.len = 0;
    return good;
}

/* Waking who reads a pipe takes longer than to copy some kilobytes. Records wait for more while
   there are few, and more are made of what is there already; and none behind a portion that took
   longer than anybody should wait. */
#define WAITS_BYTES ((size_t)64 * 1024)
#define WAITS_US 20000

static bool
can_wait(struct running *x, const struct result *r, bool whole)
{
    if (!whole || !r->goes_on || !sink_is_pipe(x->sink) ||
        x->waiting.len + r->out.len > WAITS_BYTES)
        return false;
    int64_t now = clock_running_us(), before = x->taken_us;

    x->taken_us = now;
    if (!x->nwaiting)
        x->waiting_us = now;
    return now - before < WAITS_US && now - x->waiting_us < WAITS_US;
}

static bool
write_records(struct running *x, const struct result *r, bool whole)
{
    uint64_t line = x->feed_lines + (whole ? r->lines : 0);

    if (x->r->collect)
        return collect_lines(x, r);
    x->made += r->records;
    if (can_wait(x, r, whole)) {
        weir_buf_put(&x->waiting, (weir_span){r->out.p, r->out.len});
        if (!x->waiting.failed) {
            x->nwaiting += r->records;
            return true;
        }
        x->waiting.failed = false; /* without memory, nothing waits */
    }
    return (!x->waiting.len || write_waiting(x, line)) && write_out(x, &r->out, r->records, line);
}

/* A feed that holds no posts was skipped: a fault ends everything, so that it is no fault. */
static bool
was_skipped(const struct result *r)
{
    return r->note.len && !r->fault;
}

/* The folder of an account archive may hold thousands of pictures. */
static void
tell_note(struct running *x, const struct result *r)
{
    x->skipped += was_skipped(r);
    if (!r->note.len || (!r->fault && (x->skipped > SKIPPED_TOLD || x->r->args->quiet)))
        return;
    progress_hide(&x->progress);
    if (r->fault)
        ui_say("%.*s; stopped after line %" PRIu64, (int)r->note.len, r->note.p, x->feed_lines);
    else
        ui_say("%.*s", (int)r->note.len, r->note.p);
}

/* A run that goes on from here opens the feed again, and counts it when it ends. */
static void
note_place(struct running *x, const struct result *r, uint64_t files)
{
    const struct resume_at at = {.feed = r->feed,
                                 .upto = r->upto,
                                 .lines = x->feed_lines,
                                 .files = files,
                                 .records = x->delivered + x->resume.before};

    if (resume_note(&x->resume, x->sink, &at))
        return;
    int error = errno;
    progress_hide(&x->progress);
    errno = error;
    resume_give_up(&x->resume);
}

static bool
take(void *arg, struct result *r, bool whole)
{
    struct running *x = arg;
    uint64_t before = x->nfiles;

    if (x->feed != r->feed)
        x->feed_lines = 0;
    x->feed = r->feed;
    if (!run_journal_take(&x->journal, &r->journal) || !write_records(x, r, whole))
        return false;
    if (x->r->on_facts && r->facts.len && !x->r->on_facts(x->r->arg, &r->facts))
        return false;
    if (!whole)
        return true;
    x->feed_lines = r->before + r->lines;
    x->lines += r->lines;
    x->nfiles += r->ends && !was_skipped(r);
    tell_note(x, r);
    if (r->fault)
        return true;
    progress_tell(&x->progress, r->read);
    note_place(x, r, before);
    return true;
}

/* The end ----------------------------------------------------------------------------------------
 */

static void
print_summary(struct running *x)
{
    struct ledger *ledger = &x->sums.ledger;
    struct summary s = {.command = x->r->command,
                        .args = x->r->args,
                        .rs = x->r->rs,
                        .tally = &x->sums.tally,
                        .ledger = ledger,
                        .now_ms = x->r->now_ms,
                        .places = &x->sums.places,
                        .feeds = &x->files,
                        .census = x->r->census,
                        .tags = x->r->tags,
                        .input_only = x->r->input_only,
                        .exported = x->r->exported,
                        .written = x->delivered,
                        .for_quotes = x->r->for_quotes ? *x->r->for_quotes : 0,
                        .resumed = x->resume.again,
                        .before = x->resume.before,
                        .files = x->nfiles,
                        .lines = x->lines};

    if (x->r->rs)
        ledger_add(ledger, x->r->rs, &x->sums.tally);
    summary_print(&s);
}

/* What was kept to be written last. */
static bool
write_rest(struct running *x)
{
    uint64_t n = 0;

    if (x->r->finish && !x->r->finish(x->r->arg, &x->collected, &n))
        return false;
    if (x->collected.failed)
        ui_no_memory();
    x->made += n;
    return write_lines(x, true) || cannot_write(x, x->feed_lines);
}

/* A packed file is whole without any records, too. */
static bool
write_nothing(struct running *x)
{
    struct packer *p = sink_written(x->sink) == 0 ? packer_new(packing_of(x)) : NULL;
    weir_buf out = {0};

    if (sink_written(x->sink) > 0)
        return true;
    if (!p || !packer_pack_nothing(p, &out))
        ui_no_memory();
    packer_free(p);
    bool good = !out.len || sink_write(x->sink, out.p, out.len) || cannot_write(x, x->feed_lines);
    weir_buf_fini(&out);
    return good;
}

static bool
finish_output(struct running *x)
{
    weir_buf why = {0};

    x->r->sums = &x->sums;
    x->r->feeds = &x->files;
    x->r->lines = x->lines;
    bool good = write_rest(x) && write_nothing(x);
    if (good && x->beside.path)
        good = sink_sync(x->sink) || cannot_write(x, x->feed_lines);

    struct sink *sink = x->sink;
    x->sink = NULL;
    if (!sink_close(sink, &why) && good) {
        ui_say("%.*s", (int)why.len, why.p);
        good = false;
    }
    weir_buf_fini(&why);
    if (good && !beside_done(&x->beside)) {
        ui_say("%s: %s; it is as it was", output_name(x), strerror(errno));
        good = false;
    }
    return good;
}

/* Interrupted: the records are whole, and it is told which lines they are of. */
static int
tell_stopped(struct running *x)
{
    bool kept = resume_keep(&x->resume, x->sink);

    if (x->made || x->feed_lines)
        ui_say("interrupted: stopped after %s:%" PRIu64 ", and %" PRIu64 " records%s",
               x->files.v[x->feed], x->feed_lines, x->delivered + x->resume.before,
               kept ? "; the same arguments and --resume go on there" : "");
    else
        ui_say("interrupted before anything was decided");
    return EXIT_IO;
}

static int
finish(struct running *x, enum crew_end end)
{
    progress_hide(&x->progress);
    if (x->waiting.len && !sink_errno(x->sink) && !write_waiting(x, x->feed_lines))
        return EXIT_IO;
    switch (end) {
    case CREW_NOMEM:
        ui_say("out of memory; stopped after %s:%" PRIu64, x->files.v[x->feed], x->feed_lines);
        return EXIT_IO;
    case CREW_FAILED:
        return EXIT_IO;
    case CREW_STOPPED:
        if (x->r->collect && !write_rest(x))
            return EXIT_IO;
        return tell_stopped(x);
    case CREW_DONE:
        break;
    }
    if (!finish_output(x))
        return EXIT_IO;
    CHECK(x->delivered == x->made);
    resume_done(&x->resume);
    if (x->skipped && !x->nfiles)
        return feeds_none(x->skipped);
    if (x->skipped > SKIPPED_TOLD && !x->r->args->quiet)
        ui_say("%" PRIu64 " more files were skipped, as they hold no posts",
               x->skipped - SKIPPED_TOLD);
    if (!x->r->args->quiet && !x->r->untold)
        print_summary(x);
    return x->r->args->strict && x->sums.tally.errors ? EXIT_FINDINGS : EXIT_DONE;
}

/* The beginning ----------------------------------------------------------------------------------
 */

static int
open_sink(struct running *x)
{
    const char *name = output_name(x);
    weir_buf why = {0};

    if (!x->r->whole || !name || beside_begin(&x->beside, name, &why))
        x->sink = sink_open(name ? beside_name(&x->beside, name) : "-", resume_from(&x->resume),
                            x->files.v, x->files.n, &why);
    if (!x->sink) {
        if (why.failed)
            ui_no_memory();
        ui_say("%.*s", (int)why.len, why.p);
    }
    weir_buf_fini(&why);
    return x->sink && resume_anew(&x->resume) ? EXIT_DONE : EXIT_IO;
}

/* From now on there is something to be kept of the run. Before, as where an output that is a pipe
   waits for its reader, a signal is just its end. */
static int
await_signals(struct source_options *so)
{
    so->stop_fd = stopping_begin();
    if (so->stop_fd >= 0)
        return EXIT_DONE;
    ui_say("no descriptor to be woken by: %s", strerror(errno));
    return EXIT_IO;
}

static int
open_portions(struct running *x, const struct source_options *so)
{
    const struct resume_at *at = &x->resume.at;
    struct portions_options po = {.paths = x->files.v,
                                  .npaths = x->files.n,
                                  .source = *so,
                                  .max_line = x->r->args->answer.max_line,
                                  .fill = packing_of(x) != SINK_PLAIN,
                                  .first = at->feed,
                                  .from = at->upto};

    x->portions = portions_new(&po);
    if (!x->portions)
        ui_no_memory();
    x->is_packed = po.fill;
    x->nfiles = at->files;
    x->feed = at->feed;
    x->feed_lines = at->lines;
    progress_init(&x->progress, !x->r->args->quiet, portions_known(x->portions));
    return EXIT_DONE;
}

static enum crew_end
work(struct running *x)
{
    const struct args *a = x->r->args;
    struct answer_options o = a->answer;
    enum sink_packing packing = packing_of(x);
    struct crew_job job = {.rs = x->r->rs,
                           .answer = &o,
                           .now_ms = x->r->now_ms,
                           .threads = a->threads ? a->threads : inputs_cores(),
                           .packing = x->r->collect ? SINK_PLAIN : packing,
                           .portions = x->portions,
                           .lines = x->resume.at.lines,
                           .notes = x->r->notes,
                           .take = take,
                           .take_arg = x};

    o.handles = x->r->handles;
    o.mute_errors = o.mute_errors || x->r->collect;
    if (packing != SINK_PLAIN && !(x->packer = packer_new(packing)))
        ui_no_memory();
    stopping_stops(x->portions);
    enum crew_end end = crew_run(&job, &x->sums);
    stopping_stops(NULL);
    return end;
}

int
run_feeds(struct run *r)
{
    struct running x = {.r = r};
    struct source_options so;
    int rc = inputs_sources(r->args, r->command, &so);

    if (rc != EXIT_DONE)
        return rc;
    rc = feeds_find(r->args, &so, &x.files);
    if (rc == EXIT_DONE)
        rc = resume_begin(&x.resume, r, &x.files);
    if (rc == EXIT_DONE)
        rc = run_files_check(r, &x.files, x.resume.path != NULL);
    if (rc == EXIT_DONE)
        rc = run_journal_begin(&x.journal, r->args, r->rs, r->now_ms);
    if (rc == EXIT_DONE)
        rc = open_sink(&x);
    if (rc == EXIT_DONE)
        rc = await_signals(&so);
    if (rc == EXIT_DONE)
        rc = open_portions(&x, &so);
    if (rc == EXIT_DONE)
        rc = finish(&x, work(&x));
    if (!run_journal_end(&x.journal, r->args->quiet) && rc == EXIT_DONE)
        rc = EXIT_IO;
    if (x.sink)
        (void)sink_close(x.sink, NULL);
    beside_fini(&x.beside);
    if (x.portions)
        portions_free(x.portions);
    if (x.packer)
        packer_free(x.packer);
    weir_buf_fini(&x.waiting);
    weir_buf_fini(&x.collected);
    weir_buf_fini(&x.packed);
    crew_sums_fini(&x.sums);
    resume_fini(&x.resume);
    inputs_files_free(&x.files);
    if (stopping_signal())
        stopping_end();
    return rc;
}

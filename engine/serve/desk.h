/*
 * The desk: what is asked of the main thread is decided here, by the same pipeline as in workers,
 * with a seat of its own in every edition and counts that go into the same sums.
 *
 * A job is some lines that came together, and their answers. It is worked on in turns, so that the
 * thread has time for others; the rules may change between two of them.
 */
#ifndef WEIR_SERVE_DESK_H
#define WEIR_SERVE_DESK_H

#include "serve/worker.h"

/* Everything but allow, as it is decided; the decision is valid during the call. */
typedef void desk_look_fn(void *arg, const weir_decision *d);

struct desk {
    uint32_t magic;
    size_t seat;
    struct worker_hooks hooks;
    struct answerer answerer;
    struct edition *edition; /* NULL: it has left the last one */
    struct quill quill;
    int64_t wall_ms; /* the time of day of the turn */
    struct worker_counts counts;
    struct latency latency;
    uint64_t unsent;
    size_t held;  /* bytes of lines */
    size_t njobs; /* whose answers are not all made and told of */
    struct desk_job *at_work;
};

weir_status desk_init(struct desk *d, size_t seat, struct edition *e,
                      const struct answer_options *o, const struct worker_hooks *hooks);
/* What it decides is to be in a journal. Nothing was decided yet; the scribe is stopped after the
   last job. hooks.news is called when marks settle. */
void desk_keep_journal(struct desk *d, struct scribe *s, bool all);
/* hooks.left is called where the desk was the last one in the edition that it leaves. */
void desk_move(struct desk *d, struct edition *to);
/* No jobs are left. Once is enough. */
void desk_leave(struct desk *d);
/* The same, checks that nothing was lost count of, and frees what it had. */
void desk_fini(struct desk *d);
/* What it has counted, at this moment. */
struct worker_report desk_report(const struct desk *d);

/* Jobs --------------------------------------------------------------------------------------- */

struct desk_job;

/* Lines, the last one with or without its newline; copied. NULL without memory. */
struct desk_job *desk_job_new(struct desk *d, weir_span lines);
/* @param look  Called for its decisions, until the job ends. */
void desk_job_watch(struct desk_job *j, desk_look_fn *look, void *arg);
/*
 * A turn: appends answers to lines. false: there is no memory, and no answer will follow those in
 * `out`. *more: lines are left, or a line is half answered.
 */
bool desk_job_work(struct desk_job *j, weir_buf *out, bool *more);
/* May what was appended so far leave? Else hooks.news is called when that may have changed. */
bool desk_job_may_leave(const struct desk_job *j);
/* Has any of its lines been answered by an error? */
bool desk_job_has_error(const struct desk_job *j);
/* All answers that were made so far have been delivered. */
void desk_job_sent(struct desk_job *j);
/* What was not delivered is discarded, and what was not answered given up. hooks.news is called
   when it was the last job. NULL is allowed. */
void desk_job_free(struct desk_job *j);

#endif

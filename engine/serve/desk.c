/*
 * Deciding on the main thread.
 */
#include "serve/desk.h"

#include "flow/check.h"
#include "flow/clock.h"
#include "serve/turn.h"

#include <stdlib.h>
#include <string.h>

struct desk_job {
    struct desk *desk;
    struct frame frame;
    struct answer_line line; /* of which items wait for their answers, unless it is done */
    int64_t came_us;
    uint64_t unsent, errors;
    uint64_t mark;      /* of the journal, which its answers have to wait for */
    desk_look_fn *look; /* may be NULL */
    void *look_arg;
    size_t len;
    char lines[]; /* WEIR_LINE_PADDING more */
};

static void
on_decided(void *arg, const weir_decision *decision)
{
    struct desk *d = arg;
    struct desk_job *j = d->at_work;

    if (breakers_count(d->edition->breakers, d->seat, decision, d->wall_ms))
        d->hooks.news(d->hooks.arg);
    if (j->look && decision->nregions)
        j->look(j->look_arg, decision);
}

weir_status
desk_init(struct desk *d, size_t seat, struct edition *e, const struct answer_options *o,
          const struct worker_hooks *hooks)
{
    *d = (struct desk){.seat = seat, .hooks = *hooks};
    weir_status st = answerer_init(&d->answerer, NULL, o);
    if (st != WEIR_OK)
        return st;
    edition_take(e, seat, &d->answerer);
    d->edition = e;
    d->answerer.on_decided = on_decided;
    d->answerer.on_decided_arg = d;
    d->magic = DESK_MAGIC;
    return WEIR_OK;
}

void
desk_keep_journal(struct desk *d, struct scribe *s, bool all)
{
    CHECK_OBJ(d, DESK_MAGIC);
    quill_init(&d->quill, s, all, d->hooks.news, d->hooks.arg);
    d->answerer.on_record = quill_record;
    d->answerer.on_record_arg = &d->quill;
}

void
desk_move(struct desk *d, struct edition *to)
{
    struct edition *from = d->edition;

    CHECK_OBJ(d, DESK_MAGIC);
    d->edition = to;
    if (edition_move(from, to, d->seat, &d->answerer))
        d->hooks.left(d->hooks.arg, from);
}

void
desk_leave(struct desk *d)
{
    CHECK_OBJ(d, DESK_MAGIC);
    CHECK(d->njobs == 0);
    if (d->edition && edition_leave(d->edition, d->seat, &d->answerer))
        d->hooks.left(d->hooks.arg, d->edition);
    d->edition = NULL;
}

void
desk_fini(struct desk *d)
{
    desk_leave(d);
    CHECK(d->unsent == 0 && d->held == 0);
    CHECK(tally_adds_up(&d->answerer.tally));
    CHECK(d->answerer.tally.made == d->counts.delivered + d->counts.discarded);
    answerer_fini(&d->answerer);
    quill_fini(&d->quill);
    d->magic = 0;
}

struct worker_report
desk_report(const struct desk *d)
{
    struct worker_report r = {
        .counts = d->counts, .latency = d->latency, .unsent = d->unsent, .held = d->held};

    tally_init(&r.tally);
    tally_add(&r.tally, &d->answerer.tally);
    return r;
}

/* Jobs --------------------------------------------------------------------------------------- */

struct desk_job *
desk_job_new(struct desk *d, weir_span lines)
{
    struct desk_job *j = calloc(1, sizeof *j + lines.len + WEIR_LINE_PADDING);

    CHECK_OBJ(d, DESK_MAGIC);
    if (!j)
        return NULL;
    *j = (struct desk_job){.desk = d, .line = {.done = true}, .len = lines.len};
    j->came_us = clock_running_us();
    if (lines.len)
        memcpy(j->lines, lines.p, lines.len);
    frame_init(&j->frame, d->answerer.o.max_line);
    frame_feed(&j->frame, j->lines, j->len);
    d->held += j->len;
    d->njobs++;
    return j;
}

void
desk_job_watch(struct desk_job *j, desk_look_fn *look, void *arg)
{
    j->look = look;
    j->look_arg = arg;
}

static void
count_turn(struct desk_job *j, const struct tally *before)
{
    struct desk *d = j->desk;
    const struct tally *t = &d->answerer.tally;
    uint64_t made = t->made - before->made;

    j->errors += t->errors - before->errors;
    j->unsent += made;
    d->unsent += made;
    if (made)
        latency_count(&d->latency, clock_running_us() - j->came_us, made);
}

/* A turn ends when a batch's bytes were answered, or so much time has passed behind its first
   batch: other clients, signals and reloads wait for no longer than that. */
bool
desk_job_work(struct desk_job *j, weir_buf *out, bool *more)
{
    struct desk *d = j->desk;
    struct tally before = d->answerer.tally; /* its numbers */
    int64_t until_us = 0;
    enum frame_result r;

    CHECK_OBJ(d, DESK_MAGIC);
    d->wall_ms = clock_now_ms();
    d->at_work = j;
    breakers_tell(d->edition->breakers, d->seat, d->answerer.scratch);
    do {
        struct answer_room room = turn_room();

        r = batch_work(&d->answerer, &j->frame, &j->line, true, d->wall_ms, &room, out);
        if (!until_us)
            until_us = clock_running_us() + BATCH_TURN_US;
    } while (r == FRAME_LINE && out->len < BATCH_OUT && clock_running_us() < until_us);
    d->at_work = NULL;
    uint64_t mark = d->quill.scribe ? quill_hand_over(&d->quill) : 0;
    j->mark = mark ? mark : j->mark;
    count_turn(j, &before);
    *more = r == FRAME_LINE;
    return r != FRAME_NOMEM;
}

bool
desk_job_may_leave(const struct desk_job *j)
{
    return !j->mark || scribe_settled(j->desk->quill.scribe) >= j->mark;
}

bool
desk_job_has_error(const struct desk_job *j)
{
    return j->errors > 0;
}

void
desk_job_sent(struct desk_job *j)
{
    j->desk->counts.delivered += j->unsent;
    j->desk->unsent -= j->unsent;
    j->unsent = 0;
}

static void
count_lines(struct desk_job *j)
{
    struct worker_counts *counts = &j->desk->counts;
    bool part;

    counts->unanswered += frame_lines_left(&j->frame, &part) + part;
    counts->lines += j->frame.lines;
}

void
desk_job_free(struct desk_job *j)
{
    if (!j)
        return;
    struct desk *d = j->desk;
    count_lines(j);
    if (!j->line.done)
        answer_give_up(&d->answerer, &j->line);
    d->counts.discarded += j->unsent;
    d->unsent -= j->unsent;
    d->held -= j->len;
    frame_fini(&j->frame);
    free(j);
    if (--d->njobs == 0)
        d->hooks.news(d->hooks.arg);
}

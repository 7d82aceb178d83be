/*
 * Working on portions. Records of a portion gather until there is a piece of them, which is packed
 * by itself; so where a packed output's blocks begin depends on the input alone.
 */
#include "replay/crew.h"

#include "flow/batch.h"
#include "flow/check.h"
#include "replay/marks.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* Records that are packed together, at the most; and what a thread may hold of a portion before it
   waits for its turn: a page can be owed many times what it takes. */
#define PIECE ((size_t)1024 * 1024)
#define HOLD ((size_t)4 * 1024 * 1024)

/* Portions that may be finished before the one whose turn it is, for each thread. */
#define PLACES_A_THREAD 4

struct crew {
    const struct crew_job *job;
    struct order *order;
    struct places *places;
    atomic_int end; /* enum crew_end */
};

struct hand {
    struct crew *crew;
    struct answerer answerer;
    struct packer *packer; /* NULL: plain */
    struct portion portion;
    struct result result;
    weir_buf records; /* not packed yet; where they need not be, result.out is used */
    weir_buf spare;
    struct marks marks;
    void *notes;
    bool nomem;
    pthread_t thread;
};

static weir_buf *
records_of(struct hand *h)
{
    return h->packer ? &h->records : &h->result.out;
}

static bool
end_with(struct crew *c, enum crew_end end)
{
    int done = CREW_DONE;

    (void)atomic_compare_exchange_strong(&c->end, &done, (int)end);
    if (end != CREW_STOPPED)
        order_give_up(c->order);
    return false;
}

/* Hooks of the answerer --------------------------------------------------------------------------
 */

static void
on_error(void *arg, uint64_t line, const weir_item *item)
{
    struct hand *h = arg;
    struct result *r = &h->result;

    if (!h->crew->job->answer->mute_errors && !h->crew->job->notes.take)
        h->nomem |=
            !marks_add(&h->marks, records_of(h)->len, true, h->crew->job->notes.write != NULL);
    places_add(&r->places, item->error, h->portion.feed, line);
    r->has_places = true;
}

static bool
leave_out(void *arg, const weir_decision *d)
{
    struct hand *h = arg;

    return h->crew->job->notes.leave_out && h->crew->job->notes.leave_out(h->notes, d);
}

static void
write_record(void *arg, const weir_decision *d, weir_buf *out)
{
    struct hand *h = arg;
    const struct crew_notes *notes = &h->crew->job->notes;
    size_t at = out->len;

    if (notes->note)
        notes->note(h->notes, d, &h->result.facts);
    if (!notes->write)
        weir_record_write(d, out);
    else if (notes->write(h->notes, d, out))
        h->nomem |= !marks_add(&h->marks, at, false, true);
}

static bool
take_item(void *arg, const weir_item *item)
{
    struct hand *h = arg;

    return h->crew->job->notes.take(h->notes, item, &h->result.facts);
}

/* Portions ---------------------------------------------------------------------------------------
 */

/* Numbers of lines in records are made good, as soon as they are known. */
static bool
settle(struct hand *h)
{
    uint64_t before = 0;

    if (h->marks.nlines && !(h->portion.begins && h->portion.number > 0) &&
        !order_lines_before(h->crew->order, h->portion.number, &before))
        return false;
    if (h->nomem || h->result.facts.failed ||
        !marks_settle(&h->marks, before, records_of(h), &h->result.journal, &h->spare))
        return end_with(h->crew, CREW_NOMEM);
    return true;
}

/* What there is of records becomes a piece of the result. */
static bool
pack(struct hand *h)
{
    if (!settle(h))
        return false;
    if (!h->packer)
        return true;
    if (!packer_pack(h->packer, (weir_span){h->records.p, h->records.len}, &h->result.out))
        return end_with(h->crew, CREW_NOMEM);
    h->records.len = 0;
    return true;
}

static bool
hand_on_early(struct hand *h)
{
    struct result *r = &h->result;

    if (!order_early(h->crew->order, r))
        return end_with(h->crew, CREW_FAILED);
    r->out.len = r->facts.len = r->journal.len = 0;
    r->records = 0;
    return true;
}

/* The lines of the portion, piece by piece. */
static bool
answer(struct hand *h)
{
    struct answer_line line = {.done = true};
    enum frame_result got = FRAME_LINE;
    struct frame frame;
    bool good = true;

    frame_init(&frame, h->crew->job->answer->max_line);
    frame_feed(&frame, h->portion.bytes.p, h->portion.bytes.len);
    while (good && got == FRAME_LINE) {
        struct answer_room room = {.bytes = PIECE, .work = SIZE_MAX};
        uint64_t made = h->answerer.tally.made;

        got = batch_work(&h->answerer, &frame, &line, true, h->crew->job->now_ms, &room,
                         records_of(h));
        h->result.records += h->answerer.tally.made - made;
        if (got == FRAME_NOMEM)
            good = end_with(h->crew, CREW_NOMEM);
        else if (room.bytes == 0)
            good = pack(h) && (h->result.out.len < HOLD || hand_on_early(h));
    }
    if (!line.done)
        answer_give_up(&h->answerer, &line);
    h->result.lines = frame.lines;
    frame_fini(&frame);
    return good && pack(h);
}

static bool
work(struct hand *h)
{
    const struct portion *p = &h->portion;
    struct result *r = &h->result;

    r->number = p->number;
    r->feed = p->feed;
    r->ends = p->ends;
    r->goes_on = p->goes_on;
    r->fault = p->fault;
    r->upto = p->upto;
    r->read = p->read;
    bool good = p->bytes.len == 0 || answer(h);
    if (!good)
        return false;
    order_lines(h->crew->order, p->number, p->begins, r->lines);
    weir_buf_put(&r->note, (weir_span){p->note.p, p->note.len});
    if (r->note.failed)
        return end_with(h->crew, CREW_NOMEM);
    if (r->fault)
        (void)end_with(h->crew, CREW_STOPPED); /* and CREW_FAILED when its turn comes */
    return order_finish(h->crew->order, r) || end_with(h->crew, CREW_FAILED);
}

static void *
run(void *arg)
{
    struct hand *h = arg;
    struct crew *c = h->crew;
    bool good = true;

    while (good && order_admit(c->order)) {
        enum portions_result got = portions_next(c->job->portions, &h->portion);

        good = got == PORTIONS_GOT;
        if (good) {
            good = work(h);
            portions_done(c->job->portions, &h->portion);
            continue;
        }
        order_withdraw(c->order);
        if (got == PORTIONS_NOMEM)
            (void)end_with(c, CREW_NOMEM);
        else if (got == PORTIONS_STOPPED)
            (void)end_with(c, CREW_STOPPED);
    }
    return NULL;
}

/* The crew ---------------------------------------------------------------------------------------
 */

static bool
take(void *arg, struct result *r, bool whole)
{
    struct crew *c = arg;

    for (int e = 0; whole && r->has_places && e < WEIR_NREAD_ERRORS; e++)
        for (size_t i = 0; i < r->places.of[e].n; i++)
            places_add(c->places, (weir_read_error)e, r->places.of[e].at[i].feed,
                       r->before + r->places.of[e].at[i].line);
    return c->job->take(c->job->take_arg, r, whole);
}

static void
hand_fini(struct hand *h)
{
    const struct crew_notes *notes = &h->crew->job->notes;

    if (h->notes && notes->close)
        notes->close(notes->arg, h->notes);
    if (h->packer)
        packer_free(h->packer);
    if (h->answerer.magic)
        answerer_fini(&h->answerer);
    portion_fini(&h->portion);
    result_fini(&h->result);
    weir_buf_fini(&h->records);
    weir_buf_fini(&h->spare);
    marks_fini(&h->marks);
}

/* @return false without memory; hand_fini is due all the same. */
static bool
hand_init(struct hand *h, struct crew *c)
{
    const struct crew_job *job = c->job;

    *h = (struct hand){.crew = c};
    if (answerer_init(&h->answerer, job->rs, job->answer) != WEIR_OK)
        return false;
    h->answerer.on_error = on_error;
    h->answerer.on_error_arg = h;
    h->answerer.leave_out = leave_out;
    h->answerer.write = write_record;
    h->answerer.write_arg = h;
    h->answerer.take = job->notes.take ? take_item : NULL;
    h->answerer.take_arg = h;
    if (job->packing != SINK_PLAIN && !(h->packer = packer_new(job->packing)))
        return false;
    return !job->notes.open || (h->notes = job->notes.open(job->notes.arg)) != NULL;
}

static void
add_sums(struct crew_sums *sums, struct hand *hands, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct answerer *a = &hands[i].answerer;

        CHECK(tally_adds_up(&a->tally));
        tally_add(&sums->tally, &a->tally);
        tally_move_rows(&sums->tally, &a->tally);
        if (a->rs)
            ledger_add_costs(&sums->ledger, a->rs, a->scratch);
    }
}

/* All of them work, the caller's thread among them. Fewer threads than were meant do as well. */
static void
set_to_work(struct hand *hands, size_t n)
{
    size_t started = 1;

    while (started < n && pthread_create(&hands[started].thread, NULL, run, &hands[started]) == 0)
        started++;
    (void)run(&hands[0]);
    for (size_t i = 1; i < started; i++)
        (void)pthread_join(hands[i].thread, NULL);
}

enum crew_end
crew_run(const struct crew_job *job, struct crew_sums *sums)
{
    struct crew c = {.job = job, .places = &sums->places, .end = CREW_DONE};
    struct hand *hands = calloc(job->threads, sizeof *hands);
    size_t n = 0;

    CHECK(job->threads > 0);
    tally_init(&sums->tally);
    c.order = order_new(job->threads * PLACES_A_THREAD, job->lines, take, &c);
    bool good = hands && c.order;
    while (good && n < job->threads)
        good = hand_init(&hands[n++], &c);
    if (good) {
        set_to_work(hands, n);
        add_sums(sums, hands, n);
    }
    if (good && order_is_over(c.order) && atomic_load(&c.end) != CREW_NOMEM)
        atomic_store(&c.end, CREW_FAILED);
    for (size_t i = 0; i < n; i++)
        hand_fini(&hands[i]);
    if (c.order)
        order_free(c.order);
    free(hands);
    return good ? (enum crew_end)atomic_load(&c.end) : CREW_NOMEM;
}

void
crew_sums_fini(struct crew_sums *sums)
{
    tally_fini(&sums->tally);
    ledger_fini(&sums->ledger);
}

/*
 * Handing records and events over to the scribe. A list of batches stands between those that decide
 * and it; the lock is held for as long as it takes to put one there, or to take all.
 */
#include "serve/scribe_parts.h"

#include "flow/check.h"
#include "flow/due.h"
#include "flow/said.h"

#include <inttypes.h>
#include <stdlib.h>

/* Where answers need not wait for the disk, they do from so much on that is not written: memory
   stays bounded however slow it is. */
#define WAITING_MOST ((size_t)8 << 20)

static void
batch_free(struct scribe_batch *b)
{
    if (!b)
        return;
    weir_buf_fini(&b->text);
    free(b);
}

void
scribe_batches_free(struct scribe_batch *b)
{
    struct scribe_batch *next;

    for (; b; b = next) {
        next = b->next;
        batch_free(b);
    }
}

void
scribe_say(const struct scribe *s, bool is_problem, weir_buf *line)
{
    if (s->o.say)
        s->o.say(s->o.arg, is_problem, said_text(line));
    weir_buf_fini(line);
}

uint64_t
scribe_settled(const struct scribe *s)
{
    return atomic_load_explicit(&s->settled, memory_order_acquire);
}

bool
scribe_has_failed(const struct scribe *s)
{
    return atomic_load_explicit(&s->failed, memory_order_acquire);
}

/* Handing over ------------------------------------------------------------------------------- */

/* With the lock. Of a scribe that has failed nobody takes anything. */
static bool
enqueue(struct scribe *s, struct scribe_batch *b)
{
    if (scribe_has_failed(s) || s->stopped)
        return false;
    b->next = NULL;
    b->number = ++s->handed;
    *s->last = b;
    s->last = &b->next;
    s->waiting += b->text.len;
    if (s->sleeps)
        (void)pthread_cond_signal(&s->come);
    return true;
}

void
quill_init(struct quill *q, struct scribe *s, bool all, void (*wake)(void *arg), void *arg)
{
    CHECK(!s->started);
    *q = (struct quill){.scribe = s, .all = all, .wake = wake, .arg = arg, .next = s->quills};
    s->quills = q;
}

void
quill_fini(struct quill *q)
{
    batch_free(q->batch);
    q->batch = NULL; /* the scribe may still wake whose it is */
}

bool
quill_record(void *quill, const weir_decision *d, weir_span record)
{
    struct quill *q = quill;

    if (d && !q->all && !due_for_journal(d))
        return true;
    if (!q->batch)
        q->batch = calloc(1, sizeof *q->batch);
    if (!q->batch)
        return false;
    weir_buf_put(&q->batch->text, record);
    if (q->batch->text.failed) {
        q->batch->text.failed = false; /* what was gathered before is whole */
        return false;
    }
    q->batch->nrecords++;
    return true;
}

uint64_t
quill_hand_over(struct quill *q)
{
    struct scribe *s = q->scribe;
    struct scribe_batch *b = q->batch;

    if (!b || !b->nrecords)
        return 0; /* an empty one is kept for the next record */
    q->batch = NULL;
    (void)pthread_mutex_lock(&s->lock);
    bool waits = s->o.sync == SCRIBE_ALWAYS || s->waiting + b->text.len > WAITING_MOST;
    b->quill = waits ? q : NULL;
    bool taken = enqueue(s, b);
    uint64_t mark = !taken ? SCRIBE_NEVER_SETTLES : waits ? s->handed : 0;
    (void)pthread_mutex_unlock(&s->lock);
    if (!taken)
        batch_free(b);
    return mark;
}

/* Failing ------------------------------------------------------------------------------------ */

/* Any thread. What nobody will write is let go. @return records among it */
static uint64_t
give_up(struct scribe *s)
{
    uint64_t lost = 0;

    (void)pthread_mutex_lock(&s->lock);
    s->report.failed = true;
    struct scribe_batch *left = s->first;
    s->first = NULL;
    s->last = &s->first;
    for (const struct scribe_batch *b = left; b; b = b->next) {
        s->waiting -= b->text.len;
        lost += b->nrecords;
    }
    (void)pthread_cond_signal(&s->come);
    (void)pthread_mutex_unlock(&s->lock);
    scribe_batches_free(left);
    return lost;
}

void
scribe_fail(struct scribe *s, const char *why, uint64_t lost)
{
    struct scribe_report r;
    weir_buf line = {0};

    if (atomic_exchange(&s->failed, true))
        return;
    lost += give_up(s);
    scribe_tell(s, &r);
    weir_buf_printf(&line, "the decision journal has failed: %s; nothing more is decided. ", why);
    if (lost)
        weir_buf_printf(&line, "%" PRIu64 " %s decided and may be missing from it%s. ", lost,
                        lost == 1 ? "record was" : "records were",
                        s->o.sync == SCRIBE_ALWAYS ? ", and not answered" : "");
    weir_buf_printf(&line, "Its head is %s:%" PRIu64, r.head, r.head_seq);
    scribe_say(s, true, &line);
    for (const struct quill *q = s->quills; q; q = q->next)
        q->wake(q->arg);
    s->o.news(s->o.arg);
}

/* Events ------------------------------------------------------------------------------------- */

static void
copy_span(weir_buf *to, weir_span *span)
{
    size_t at = to->len;

    weir_buf_put(to, *span);
    span->p = span->p && !to->failed ? to->p + at : NULL;
}

/* There is room for all, so that none of them moves. */
static bool
copy_event(struct scribe_batch *b, const weir_journal_event *e)
{
    weir_span *spans[] = {&b->event.rule, &b->event.by, &b->event.from, &b->event.to};
    size_t n = sizeof spans / sizeof *spans, len = 1;

    b->event = *e;
    for (size_t i = 0; i < n; i++)
        len += spans[i]->len;
    if (!weir_buf_reserve(&b->text, len))
        return false;
    for (size_t i = 0; i < n; i++)
        copy_span(&b->text, spans[i]);
    return true;
}

void
scribe_event(struct scribe *s, const weir_journal_event *e)
{
    struct scribe_batch *b = s ? calloc(1, sizeof *b) : NULL;

    if (!s)
        return;
    if (!b || !copy_event(b, e)) {
        batch_free(b);
        scribe_fail(s, weir_status_text(WEIR_E_NOMEM), 0);
        return;
    }
    (void)pthread_mutex_lock(&s->lock);
    bool taken = enqueue(s, b);
    (void)pthread_mutex_unlock(&s->lock);
    if (!taken)
        batch_free(b);
}

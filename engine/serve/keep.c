/*
 * Answers that are kept back until the journal has their records.
 *
 * The scribe writes one group while the next one gathers. So two marks are enough, however many
 * batches a connection is ahead: what the first one stands for is in the group that is written, or
 * in the next; all that came later is in one that follows, and waits for the last of it.
 */
#include "serve/worker.h"

#include "flow/check.h"

static void
link_kept(struct conn *c)
{
    struct worker *w = c->worker;

    c->kept_prev = NULL;
    c->kept_next = w->keeping;
    if (w->keeping)
        w->keeping->kept_prev = c;
    w->keeping = c;
}

static void
unlink_kept(struct conn *c)
{
    if (c->kept_prev)
        c->kept_prev->kept_next = c->kept_next;
    else
        c->worker->keeping = c->kept_next;
    if (c->kept_next)
        c->kept_next->kept_prev = c->kept_prev;
}

void
conn_keep(struct conn *c, size_t added, uint64_t mark)
{
    if (!added || (!mark && !c->kept))
        return;
    if (!c->kept) {
        link_kept(c);
        c->mark = mark;
    } else if (mark || c->later) {
        c->later += added;
        c->later_mark = mark ? mark : c->later_mark;
    }
    c->kept += added;
}

bool
conn_let_go(struct conn *c, uint64_t settled)
{
    while (c->kept && c->mark <= settled) {
        c->kept = c->later;
        c->mark = c->later_mark;
        c->later = 0;
        if (!c->kept)
            unlink_kept(c);
    }
    return conn_sendable(c) > 0;
}

size_t
conn_take_back(struct conn *c)
{
    size_t kept = c->kept;

    if (kept)
        unlink_kept(c);
    c->out.len -= kept;
    c->kept = c->later = 0;
    return kept;
}

/* Workers ------------------------------------------------------------------------------------ */

void
worker_hear_scribe(struct worker *w)
{
    uint64_t settled = scribe_settled(w->quill.scribe);
    struct conn *next;

    for (struct conn *c = w->keeping; c; c = next) {
        next = c->kept_next;
        if (conn_let_go(c, settled))
            conn_resume(c);
    }
    if (!scribe_has_failed(w->quill.scribe))
        return;
    for (struct conn *c = w->conns; c; c = next) {
        next = c->next; /* ending one frees no other */
        if (c->state < CONN_LINGERING)
            conn_end(c, WORKER_END_JOURNAL, worker_end_detail(WORKER_END_JOURNAL));
    }
}

static void
on_settled(void *arg)
{
    worker_wake(arg);
}

void
worker_keep_journal(struct worker *w, struct scribe *s, bool all)
{
    CHECK(!w->started);
    quill_init(&w->quill, s, all, on_settled, w);
    w->answerer.on_record = quill_record;
    w->answerer.on_record_arg = &w->quill;
}

/*
 * Workers. Conservation is checked where a worker ends: a mismatch is a bug of ours.
 */
#include "serve/worker.h"

#include "flow/check.h"

#include <stdlib.h>
#include <string.h>

/* An output buffer that grew beyond this for one client is not kept for the next. */
#define SPARE_OUT_MAX ((size_t)4 << 20)

weir_status
worker_init(struct worker *w, struct event_base *base, weir_ruleset *rs,
            const struct answer_options *o)
{
    *w = (struct worker){.base = base};
    weir_status st = answerer_init(&w->answerer, rs, o);
    if (st == WEIR_OK)
        w->magic = WORKER_MAGIC;
    return st;
}

void
worker_kill_all(struct worker *w)
{
    CHECK_OBJ(w, WORKER_MAGIC);
    while (w->conns)
        conn_kill(w->conns);
}

void
worker_fini(struct worker *w)
{
    worker_kill_all(w);
    CHECK(w->nconns == 0 && w->counts.opened == w->counts.closed);
    CHECK(tally_adds_up(&w->answerer.tally));
    CHECK(w->answerer.tally.made == w->counts.delivered + w->counts.discarded);
    free(w->spare_in);
    weir_buf_fini(&w->spare_out);
    answerer_fini(&w->answerer);
    w->magic = 0;
}

void
worker_drain(struct worker *w)
{
    struct conn *next;

    CHECK_OBJ(w, WORKER_MAGIC);
    w->draining = true;
    if (!w->conns && w->on_empty)
        w->on_empty(w->on_empty_arg);
    for (struct conn *c = w->conns; c; c = next) {
        next = c->next; /* draining one frees no other */
        conn_drain(c);
    }
}

char *
worker_borrow_in(struct worker *w)
{
    char *in = w->spare_in;

    w->spare_in = NULL;
    return in ? in : malloc(FRAME_MEMORY);
}

void
worker_return_in(struct worker *w, char *in)
{
    if (w->spare_in)
        free(in);
    else
        w->spare_in = in;
}

weir_buf
worker_borrow_out(struct worker *w)
{
    weir_buf out = w->spare_out;

    w->spare_out = (weir_buf){0};
    return out;
}

void
worker_return_out(struct worker *w, weir_buf *out)
{
    if (w->spare_out.p || out->failed || out->cap > SPARE_OUT_MAX)
        weir_buf_fini(out);
    out->len = 0;
    if (!w->spare_out.p)
        w->spare_out = *out;
    *out = (weir_buf){0};
}

void
worker_add(struct worker *w, struct conn *c)
{
    c->prev = NULL;
    c->next = w->conns;
    if (w->conns)
        w->conns->prev = c;
    w->conns = c;
    w->nconns++;
    w->counts.opened++;
}

void
worker_remove(struct worker *w, struct conn *c)
{
    if (c->prev)
        c->prev->next = c->next;
    else
        w->conns = c->next;
    if (c->next)
        c->next->prev = c->prev;
    w->nconns--;
    w->counts.closed++;
    if (w->draining && !w->conns && w->on_empty)
        w->on_empty(w->on_empty_arg);
}

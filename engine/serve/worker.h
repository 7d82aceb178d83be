/*
 * A worker: an event loop and the connections it owns. A connection's bytes are read, framed,
 * decided and answered here, by one thread, with one scratch; workers share the rule set alone.
 */
#ifndef WEIR_SERVE_WORKER_H
#define WEIR_SERVE_WORKER_H

#include "flow/answer.h"
#include "serve/conn.h"

struct worker_counts {
    uint64_t opened, closed;       /* connections */
    uint64_t silent;               /* closed without a byte from their client: probes, mostly */
    uint64_t broken;               /* closed by an error, or over unsent answers */
    uint64_t delivered, discarded; /* answers given to the kernel, or lost with their client */
    uint64_t lines;                /* that were read, whatever became of their items */
    uint64_t unanswered;           /* that came whole, and were not read any more */
    uint64_t unfinished;           /* whose ends had not come when draining cut them off */
    uint64_t bytes_in, bytes_out;
};

struct worker {
    uint32_t magic;
    struct event_base *base; /* the owner's */
    struct answerer answerer;
    struct conn *conns;
    size_t nconns;
    bool draining;
    struct worker_counts counts;
    /* Memory that connections borrow for as long as they have something in it, so that an idle
       one has next to none. */
    char *spare_in;
    weir_buf spare_out;
    void (*on_empty)(void *arg); /* draining, and the last connection is gone */
    void *on_empty_arg;
};

weir_status worker_init(struct worker *w, struct event_base *base, weir_ruleset *rs,
                        const struct answer_options *o);
/* Kills what connections are left, and checks that nothing was lost count of. */
void worker_fini(struct worker *w);

/* Start the draining of every connection; on_empty is called when the last one is gone. */
void worker_drain(struct worker *w);
void worker_kill_all(struct worker *w);

/* FRAME_MEMORY bytes; NULL without memory. */
char *worker_borrow_in(struct worker *w);
void worker_return_in(struct worker *w, char *in);
/* An empty buffer, with memory where there is some to spare. */
weir_buf worker_borrow_out(struct worker *w);
void worker_return_out(struct worker *w, weir_buf *out);

void worker_add(struct worker *w, struct conn *c);
void worker_remove(struct worker *w, struct conn *c);

#endif

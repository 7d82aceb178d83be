/*
 * A worker: a thread with an event loop, and the connections it owns. A connection's bytes are
 * read, framed, decided and answered here, by one thread, with one scratch; workers share the
 * rule set alone.
 *
 * Other threads reach a worker by its inbox: connections, the next edition, orders, and questions
 * after its counts, which it answers between two batches, so that what it reports adds up.
 */
#ifndef WEIR_SERVE_WORKER_H
#define WEIR_SERVE_WORKER_H

#include "serve/conn.h"
#include "serve/edition.h"
#include "serve/latency.h"
#include "serve/scribe.h"

#include <pthread.h>
#include <stdatomic.h>

/* Why the server closes a connection of its own accord: name, what the client is told. */
#define WORKER_ENDS(X)                                                                             \
    X(IDLE, "idle", "nothing was sent for longer than --idle-timeout allows")                      \
    X(LINE, "line", "a line took longer to arrive than --line-timeout allows")                     \
    X(SEND, "send", "answers were not read for longer than --send-timeout allows")                 \
    X(MEMORY, "memory",                                                                            \
      "connections held more than --max-memory together, and this one much of it")                 \
    X(JOURNAL, "journal",                                                                          \
      "the decision journal cannot be written, and nothing is decided without it")

enum worker_end {
#define X(name, text, detail) WORKER_END_##name,
    WORKER_ENDS(X)
#undef X
        WORKER_NENDS
};

const char *worker_end_name(enum worker_end e);
const char *worker_end_detail(enum worker_end e);

/* 0: no limit. */
struct worker_limits {
    unsigned idle_ms, line_ms, send_ms;
    struct worker_memory *memory; /* NULL: no limit */
};

/*
 * What connections of all workers hold together, at one place for one limit. Who holds most has to
 * go, whichever worker's he is: a worker that finds too much held asks the one that has him. So
 * long as that one is busy, the sum may be WORKER_MEMORY_SLACK too great. Beyond that a worker
 * whose connections have grown ends the greatest of its own, and does not wait: the sum is never
 * greater than the limit, the slack, and for each worker what one event can add to a connection,
 * which is no more than conn_most_memory.
 */
struct worker_memory {
    size_t limit; /* bytes */
    _Atomic size_t held;
    struct worker *workers; /* all that share it; complete before the first is started */
};

#define WORKER_MEMORY_SLACK(limit) ((limit) / 8 < (size_t)4 << 20 ? (limit) / 8 : (size_t)4 << 20)

struct worker_counts {
    uint64_t opened, closed;       /* connections */
    uint64_t unopened;             /* of these, for want of memory: closed as they came */
    uint64_t silent;               /* closed without a byte from their client: probes, mostly */
    uint64_t broken;               /* closed by an error, or over unsent answers */
    uint64_t ended[WORKER_NENDS];  /* closed by a limit */
    uint64_t tls_failed;           /* connections that TLS made an end of */
    uint64_t delivered, discarded; /* answers given to the kernel, or lost with their client */
    uint64_t lines;                /* that were read, whatever became of their items */
    uint64_t unanswered;           /* that came whole, and were not read any more */
    uint64_t unfinished;           /* whose ends had not come when they were cut off */
    uint64_t bytes_in, bytes_out;
};

/* At one moment between two batches. */
struct worker_report {
    struct worker_counts counts;
    struct tally tally; /* without rows */
    struct latency latency;
    uint64_t unsent; /* answers: made = delivered + discarded + unsent */
    uint64_t held;   /* bytes */
};

/* Called by the worker's thread; must not block. */
struct worker_hooks {
    void (*news)(void *arg);                    /* a report is made, or draining is done */
    void (*left)(void *arg, struct edition *e); /* nobody decides by it any more */
    void (*say)(void *arg, bool is_problem, const char *line);
    void *arg;
    const _Atomic bool *cede; /* leave others some time now; NULL: never */
};

enum worker_order { WORKER_SERVE, WORKER_DRAIN, WORKER_KILL, WORKER_STOP };

struct worker {
    uint32_t magic;
    size_t number; /* and its seat in every edition */
    struct event_base *base;
    struct event *woken, *come, *sweep;
    struct worker_hooks hooks;
    struct worker_limits limits;
    struct answerer answerer;
    struct edition *edition;
    struct quill quill;
    struct conn *conns;
    struct conn *keeping; /* those with answers that wait for the journal */
    size_t nconns;
    size_t held;     /* bytes that connections hold */
    int64_t wall_ms; /* the time of day of the batch */
    bool draining;
    struct worker_counts counts;
    struct latency latency;
    uint64_t told[WORKER_NENDS]; /* of counts.ended, what was said */
    uint64_t told_unopened;      /* the same */
    bool has_told_tls;           /* since the last sweep */
    /* Memory that connections borrow for as long as they have something in it, so that an idle
       one has next to none. */
    char *spare_in;
    weir_buf spare_out;

    struct worker *sharing; /* the next one in limits.memory->workers */
    pthread_t thread;
    bool started;
    int wake_fd;
    struct edition *_Atomic next; /* to move on to; NULL: none */
    _Atomic bool drained;         /* and no connection is left */
    _Atomic uint64_t closed;      /* connections, for whoever spreads them */
    _Atomic size_t most;          /* no connection holds more bytes; for other workers to read */
    pthread_mutex_t lock;         /* of what follows */
    struct worker_fd {
        int fd;
        struct tls *tls;
    } * fds; /* connections to be taken over */
    size_t nfds, fds_cap;
    enum worker_order order;
    uint64_t asked, reported; /* numbers of the question after a report, and of the answer */
    struct worker_report report;
};

/* Everything but the thread. */
weir_status worker_init(struct worker *w, size_t number, struct edition *e,
                        const struct answer_options *o, const struct worker_limits *limits,
                        const struct worker_hooks *hooks);
/* What it decides is to be in a journal. Before it is started; the scribe is stopped after it. */
void worker_keep_journal(struct worker *w, struct scribe *s, bool all);
/* WEIR_E_NOMEM also where the system has no thread to give. */
weir_status worker_start(struct worker *w);
/* Ends the thread, kills what connections are left, and leaves its edition: what it has counted
   stays. Once is enough. */
void worker_stop(struct worker *w);
/* The same, checks that nothing was lost count of, and frees what it had. */
void worker_fini(struct worker *w);

/* From other threads ------------------------------------------------------------------------- */

/* Hands a socket over. @param tls  NULL: plain. false without memory: it is still the caller's. */
bool worker_give(struct worker *w, int fd, struct tls *tls);
/* Publishes an edition. What was published before, and not yet moved on to, is forgone. true: and
   it was that one's last seat. */
bool worker_publish(struct worker *w, struct edition *e, struct edition **forgone);
void worker_tell(struct worker *w, enum worker_order order);
/* To look at its inbox, and at the limit of memory. */
void worker_wake(struct worker *w);
/* Asks for a report; hooks.news is called when it is made. */
void worker_ask(struct worker *w, uint64_t question);
/* false: it has not been made since the question. */
bool worker_reported(struct worker *w, uint64_t question, struct worker_report *out);

/* From its connections ----------------------------------------------------------------------- */

/* Before a batch: moves on to the next edition, if there is one, and hears of breakers. */
void worker_keep_up(struct worker *w);
/* A connection is about to be closed by an error: TLS may have something to say of it. */
void worker_wire_failed(struct worker *w, const struct wire *wire);
/* FRAME_MEMORY bytes; NULL without memory. */
char *worker_borrow_in(struct worker *w);
void worker_return_in(struct worker *w, char *in);
/* An empty buffer, with memory where there is some to spare. */
weir_buf worker_borrow_out(struct worker *w);
void worker_return_out(struct worker *w, weir_buf *out);

/* keep.c: marks of the scribe have settled, or none will any more: then all connections go. */
void worker_hear_scribe(struct worker *w);

/* memory.c: a connection of its holds so many bytes, and held so many before. */
void worker_weigh(struct worker *w, size_t before, size_t now);
/* Where a connection may hold more than before: if all workers' together hold more than the limit,
   closes connections, any of its own, or has another worker do so. */
void worker_keep_within(struct worker *w);

void worker_add(struct worker *w, struct conn *c);
void worker_remove(struct worker *w, struct conn *c);
/* Instead of both: it could not be made. */
void worker_pass_over(struct worker *w);

#endif

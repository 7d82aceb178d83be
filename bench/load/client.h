/*
 * The load: connections that send lines and check what comes back, while the time that each answer
 * takes is counted.
 *
 * Closed loop: each connection keeps `window` lines unanswered; an answer is what makes it send the
 * next line. It finds out how fast a server can go. Its latencies are those of a client that waits,
 * and so says little of what others would see while the server is slow.
 *
 * Open loop: lines are due at a steady rate, whatever the server does, and latency is counted from
 * when a line was due, not from when it could be sent: a server that stops for a while is charged
 * for all that would have come meanwhile.
 */
#ifndef BENCH_LOAD_CLIENT_H
#define BENCH_LOAD_CLIENT_H

#include "load/address.h"
#include "load/histogram.h"
#include "programs/answers.h"

#define LOAD_MAX_THREADS 64

struct load {
    struct address to;
    const struct feed *feed;
    size_t nconns;     /* that send */
    size_t nidle;      /* that are only open */
    unsigned nthreads; /* at most as many as connections */
    size_t window;     /* closed loop */
    size_t batch;      /* lines that one call sends, at most; 0: many */
    double rate;       /* open loop: lines a second, over all connections; 0: closed */
    double warm_s;     /* before anything is counted */
    double seconds;    /* that are counted */
    uint64_t lines;    /* closed loop: each connection sends so many, whatever time it takes; 0 */
    double patience_s; /* no answer for so long: there will be none */
    bool may_spin;     /* another core serves: waiting may use this one up */
    weir_buf *capture; /* all answers of the first connection; NULL */
    _Atomic uint64_t *rulesets; /* of each connection that sends: watch_number of the rule set that
                                   its last answer was made by; NULL */
};

struct load_result {
    struct histogram latency;     /* ns; of lines that were sent, or due, while it counted */
    struct histogram lateness;    /* open loop: ns from when lines were due to their sending */
    double posts_per_s;           /* answers that came while it counted */
    double busy;                  /* share of the time that the client's threads ran */
    uint64_t sent;                /* answers that are owed for what was sent */
    uint64_t answered;            /* of these */
    uint64_t unanswered;          /* the rest */
    uint64_t surplus;             /* answers that nobody asked for */
    uint64_t unsent;              /* open loop: lines that were due and not sent when time was up:
                                     in `latency` with the time that they had waited by then */
    uint64_t bytes_out, bytes_in; /* to the server, from it; all of them */
    uint64_t nlost;               /* connections that the server closed, or that broke */
    char fault[512];              /* the first thing that was wrong; "": nothing */
};

/* Room for so many connections, here and in what is started from here on; the end if there is none.
 */
void load_raise_limit(size_t nconns);

/* What the caller does meanwhile; to return by `to`. Times are those of now_ns. */
typedef void meanwhile_fn(void *arg, uint64_t from, uint64_t to);

/* Who cannot be connected to is told in `fault`. */
void load_run(const struct load *l, struct load_result *r, meanwhile_fn *meanwhile, void *arg);
void load_result_fini(struct load_result *r);
/* All answers came, in order, and no connection was lost. */
bool load_is_sound(const struct load_result *r);

#endif

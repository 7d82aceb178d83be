/*
 * One connection of the load.
 *
 * Lines are counted from 0 in the order in which the connection sends them; the feed begins anew
 * where it ends.
 */
#ifndef BENCH_LOAD_CONN_H
#define BENCH_LOAD_CONN_H

#include "load/client.h"

/* When lines are due, and which of them count; the same for all connections of a thread. */
struct pace {
    uint64_t begin, from, to; /* ns: the start, and what is counted */
    double interval;          /* open loop: ns between the lines of the thread; 0: closed */
    uint64_t offset;          /* ns: the threads take turns */
    size_t nconns;            /* of the thread, which its lines go to in turn */
};

/* A call that ended `upto` lines, at this time. */
struct sending {
    uint64_t upto, ns;
};

struct conn {
    int fd;                /* -1: closed */
    size_t index;          /* of the thread's */
    bool is_idle;          /* it only listens */
    bool wants_write;      /* the socket was full */
    bool has_ended;        /* it has told the server that nothing more comes */
    bool is_broken;        /* the server closed it, or worse */
    uint64_t queued, sent; /* lines that may be sent; that were */
    size_t batch;          /* lines that one call sends, at most */
    size_t line, at;       /* of the feed: the line that is being sent; its next byte */
    size_t line_begin;     /* the byte that line begins at */
    struct answers answers;
    uint64_t timed;           /* lines whose latency was counted */
    struct sending *sendings; /* closed loop: a ring of those that are not answered in full */
    size_t ring, first, nsendings;
    uint64_t bytes_out, bytes_in;
    uint64_t
        owed_before; /* answers owed for whole rounds of the feed, less those before its start */
};

struct counts {
    struct histogram latency, lateness;
    uint64_t answers; /* that came while it counts */
    uint64_t unsent;
};

/* @param line  Of the feed: the first one. */
void conn_init(struct conn *c, int fd, const struct load *l, size_t line);
void conn_fini(struct conn *c);

/* Send what is queued, as far as the socket takes it. */
void conn_send(struct conn *c, const struct pace *p, struct counts *counts);
/* Read once, and check and count what came. @return how many answers came. */
uint64_t conn_receive(struct conn *c, const struct pace *p, struct counts *counts, char *buffer,
                      size_t size);
/* Nothing more is queued; a line that is partly sent is the last one. Lines that stay unsent count
   with their age. */
void conn_stop(struct conn *c, const struct pace *p, struct counts *counts);

/* Answers that are owed for the lines that were sent. */
uint64_t conn_owed(const struct conn *c);

/* All that was sent is answered, and nothing is queued. */
static inline bool
conn_is_quiet(const struct conn *c)
{
    return c->sent == c->queued && c->answers.lines >= c->sent;
}

/* When line k of a connection is due: the lines of a thread go to its connections in turn. */
static inline uint64_t
pace_due(const struct pace *p, const struct conn *c, uint64_t k)
{
    return p->begin + p->offset + (uint64_t)((double)(k * p->nconns + c->index) * p->interval);
}

static inline bool
pace_counts(const struct pace *p, uint64_t ns)
{
    return ns >= p->from && ns < p->to;
}

#endif

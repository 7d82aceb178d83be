/*
 * One connection of a client: posts in, answers out, in order, in bounded memory whatever the
 * client does.
 */
#ifndef WEIR_SERVE_CONN_H
#define WEIR_SERVE_CONN_H

#include "flow/answer.h"
#include "flow/frame.h"
#include "serve/wire.h"

#include <event2/event.h>

/*
 * READING    input is read, worked on and answered
 * HOLDING    what was read has to wait: for its turn after others, or for the client to read the
 *            answers it has; nothing more is read until then
 * ENDING     no more input is read; what was read is being answered
 * LINGERING  all was sent; the client is told so, and input is thrown away until it ends, because
 *            closing over unread input could take answers on their way with it
 * CLOSED     the socket is gone; the object goes when the running callback ends
 */
#define CONN_STATES(X)                                                                             \
    X(READING)                                                                                     \
    X(HOLDING)                                                                                     \
    X(ENDING)                                                                                      \
    X(LINGERING)                                                                                   \
    X(CLOSED)

enum conn_state {
#define X(name) CONN_##name,
    CONN_STATES(X)
#undef X
        CONN_NSTATES
};

struct worker;

struct conn {
    uint32_t magic;
    enum conn_state state;
    evutil_socket_t fd;
    struct wire wire;
    struct worker *worker;
    struct event *readable, *writable, *turn;
    bool wants_read, wants_write, has_turn; /* which of them are pending */
    bool eof;                               /* the client has ended its input: a last line counts */
    bool heard;                             /* a byte has come */
    bool ended;                             /* by a limit, or for want of memory */
    bool is_short;                          /* ENDING: of memory; nothing is decided any more */
    bool tells_end;                         /* LINGERING: the client is yet to be told */

    struct frame frame;
    struct answer_line line; /* of which items wait for their answers, unless it is done */
    char *in; /* the chunk while it has lines left, else NULL; from and to the worker */

    size_t held; /* bytes of memory, as the worker counts them */

    /* keep.c: answers at the end of `out` that may not leave before the journal has their records:
       so many bytes, of which the last `later` wait for a later mark than the others. */
    size_t kept, later;
    uint64_t mark, later_mark;
    struct conn *kept_prev, *kept_next; /* the worker's list of those that have any */

    weir_buf out;    /* answers from out_at on are to be sent */
    size_t out_at;   /* bytes of `out` that were sent */
    uint64_t unsent; /* answers made since `out` was last empty: delivered or not, not known yet */

    int64_t read_us; /* when the chunk was read; clock_running_us */
    int64_t told_us; /* when it began to linger */
    uint64_t bytes_in, bytes_out;
    struct conn_watch {
        uint64_t bytes_in, bytes_out, lines; /* at the last look */
        int queued;                          /* bytes that the system had not got rid of */
        int64_t quiet_us, line_us, stuck_us; /* since when it is so; 0: it is not */
    } watch;

    struct conn *prev, *next; /* the worker's list */
};

/* Bytes of answers that were not sent. */
static inline size_t
conn_pending(const struct conn *c)
{
    return c->out.len - c->out_at;
}

/* Those that may be. */
static inline size_t
conn_sendable(const struct conn *c)
{
    return conn_pending(c) - c->kept;
}

/* Takes the socket over, in every case, and counts it. @param tls  NULL: plain. false without
   memory: it is closed. */
bool conn_open(struct worker *w, evutil_socket_t fd, struct tls *tls);
/* Stop reading; what was read is answered and sent in turns, and then it is closed. May free the
   connection. */
void conn_drain(struct conn *c);
/* So many bytes a connection may hold at most, but for one answer that is greater than all usual
   ones. @param max_line  As of the reader; 0: its default. @param keeps  There is a journal. */
size_t conn_most_memory(size_t max_line, bool keeps);
/* Close at once, and free it; what is unsent is discarded. */
void conn_kill(struct conn *c);

struct worker_limits;
/* overdue.c: which limit of time it has passed, as a worker_end; -1: none. To be asked now and
 * then. */
int conn_overdue(struct conn *c, const struct worker_limits *l, int64_t now_us);
/* Close it because of a limit, and tell the client, where that is possible. May free it. */
void conn_end(struct conn *c, int end, const char *detail);

/*
 * keep.c. So many bytes of answers were added to `out`, and wait for a mark of the scribe (0: for
 * none). None overtakes another.
 */
void conn_keep(struct conn *c, size_t added, uint64_t mark);
/* What does not wait any more may be sent. @return whether there is any */
bool conn_let_go(struct conn *c, uint64_t settled);
/* They will not be sent, and are taken back. @return how many bytes they were */
size_t conn_take_back(struct conn *c);
/* To be called when there is something to send again. */
void conn_resume(struct conn *c);

#endif

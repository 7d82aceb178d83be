/*
 * Connections. Promised to clients:
 *  - answers come in the order of the lines, one for every item, whatever the line was;
 *  - where a journal is kept and synced always, none comes before its record is on the disk;
 *  - a client that ends its input gets every answer before the connection is closed, that of a last
 *    line without its newline as well; where draining cuts a line off, or a connection is closed
 *    over whole lines, they are counted, not decided;
 *  - where there is no memory to go on, what was answered is sent, and nothing after it;
 *  - for one that has left, and will read no answers, what is left of its lines is not decided;
 *  - a client that does not read its answers is not read from (OUT_HIGH), and memory stays bounded;
 *  - who lets the server wait too long, by limits of its own, is told so and closed;
 *  - none starves another, nor keeps signals from being heard: for one event at most one chunk is
 *    read, and worked on for no longer than BATCH_TURN_US; then the others have their turns.
 *
 * Here is what its events lead to while a connection goes on; how it ends is in conn_ends.c.
 */
#include "serve/conn_parts.h"

#include "flow/check.h"
#include "flow/clock.h"
#include "serve/loop.h"
#include "serve/turn.h"
#include "serve/worker.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Unsent bytes: from BATCH_OUT on they are written, at OUT_HIGH work stops until they are down to
   OUT_LOW. One item's answer may overshoot it. */
#define OUT_HIGH ((size_t)1024 * 1024)
#define OUT_LOW ((size_t)256 * 1024)

/* Whether the client is still there is asked where so much is to be worked on: for less, asking
   would weigh more than what it may save. */
#define LOOK_FROM ((size_t)8 * 1024)

static const bool allowed[CONN_NSTATES][CONN_NSTATES] = {
    [CONN_READING] = {[CONN_HOLDING] = true, [CONN_ENDING] = true, [CONN_CLOSED] = true},
    [CONN_HOLDING] = {[CONN_READING] = true, [CONN_ENDING] = true, [CONN_CLOSED] = true},
    [CONN_ENDING] = {[CONN_LINGERING] = true, [CONN_CLOSED] = true},
    [CONN_LINGERING] = {[CONN_CLOSED] = true},
    [CONN_CLOSED] = {false},
};

void
conn_set_state(struct conn *c, enum conn_state to)
{
    CHECK(allowed[c->state][to]);
    c->state = to;
}

void
conn_weigh(struct conn *c)
{
    bool is_open = c->state != CONN_CLOSED;
    /* what is kept has its records in the scribe's hands */
    size_t held = (c->in ? FRAME_MEMORY : 0) + c->frame.cut.cap + c->out.cap + c->kept +
                  (is_open ? wire_memory(&c->wire) : 0);

    worker_weigh(c->worker, c->held, held);
    c->held = held;
}

/* Buffers grow twofold. What was sent of `out` is taken away when it is half of it. */
size_t
conn_most_memory(size_t max_line, bool keeps)
{
    return FRAME_MEMORY + 2 * (frame_most_kept(max_line) + WEIR_LINE_PADDING) +
           (keeps ? 6 : 4) * OUT_HIGH + WIRE_MOST_MEMORY;
}

/* Where the callback of an event ends, whatever it did: others may have to go, too. */
static void
leave(struct conn *c)
{
    struct worker *w = c->worker;

    if (c->state != CONN_CLOSED)
        conn_weigh(c);
    conn_free_if_closed(c);
    worker_keep_within(w);
}

bool
conn_want(struct event *ev, bool *have, bool wanted)
{
    if (*have == wanted)
        return true;
    if ((wanted ? event_add(ev, NULL) : event_del(ev)) < 0)
        return false;
    *have = wanted;
    return true;
}

void
conn_arm(struct conn *c)
{
    unsigned wants = wire_wants(&c->wire, c->state == CONN_READING, conn_sendable(c) > 0);

    if (c->state == CONN_CLOSED || c->state == CONN_LINGERING)
        return; /* the one has no events left, the other armed its own */
    if (!conn_want(c->readable, &c->wants_read, (wants & WIRE_READABLE) != 0) ||
        !conn_want(c->writable, &c->wants_write, (wants & WIRE_WRITABLE) != 0))
        conn_close(c);
}

bool
conn_flush(struct conn *c)
{
    while (conn_sendable(c) > 0) {
        ssize_t n = wire_send(&c->wire, c->out.p + c->out_at, conn_sendable(c));

        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        if (n < 0) {
            conn_close_broken(c);
            return false;
        }
        c->out_at += (size_t)n;
        c->bytes_out += (uint64_t)n;
        c->worker->counts.bytes_out += (uint64_t)n;
    }
    if (conn_pending(c) == 0) {
        c->worker->counts.delivered += c->unsent;
        c->unsent = 0;
        c->out_at = 0;
        worker_return_out(c->worker, &c->out);
    } else if (c->out_at >= c->out.len / 2) {
        memmove(c->out.p, c->out.p + c->out_at, conn_pending(c));
        c->out.len -= c->out_at;
        c->out_at = 0;
    }
    return true;
}

/* Answer lines until there are none or a batch is full. false: no memory. */
static bool
work_batch(struct conn *c, int64_t now_ms, bool *more)
{
    struct answerer *a = &c->worker->answerer;
    struct answer_room room = turn_room();
    uint64_t made = a->tally.made;

    if (!c->out.p)
        c->out = worker_borrow_out(c->worker);
    size_t before = c->out.len;
    enum frame_result r = batch_work(a, &c->frame, &c->line, c->eof, now_ms, &room, &c->out);
    if (c->worker->quill.scribe)
        conn_keep(c, c->out.len - before, quill_hand_over(&c->worker->quill));
    made = a->tally.made - made;
    c->unsent += made;
    if (made)
        latency_count(&c->worker->latency, clock_running_us() - c->read_us, made);
    *more = r == FRAME_LINE;
    return r != FRAME_NOMEM;
}

/* A timer that is due at once is called after the loop has looked at sockets and signals; an event
   made active is called before. */
void
conn_take_turn(struct conn *c, bool wanted)
{
    static const struct timeval at_once = {0, 0};

    if (c->state == CONN_CLOSED || c->has_turn == wanted)
        return;
    c->has_turn = wanted;
    if ((wanted ? event_add(c->turn, &at_once) : event_del(c->turn)) < 0)
        conn_close(c);
}

/* After work: the state that the amounts on both sides ask for. */
static void
settle(struct conn *c, bool more)
{
    if (!more && c->in) {
        worker_return_in(c->worker, c->in);
        c->in = NULL;
    }
    if (c->state == CONN_ENDING) {
        if (!more && conn_pending(c) == 0)
            conn_linger(c);
    } else {
        enum conn_state to = more || conn_pending(c) >= OUT_HIGH ? CONN_HOLDING : CONN_READING;

        if (to != c->state)
            conn_set_state(c, to);
    }
    conn_arm(c);
    conn_take_turn(c, (more && conn_pending(c) < OUT_HIGH) ||
                          (c->state == CONN_READING && wire_has_pending(&c->wire)));
}

/* Both directions have ended, or the connection broke: nobody reads what would be answered. One
   that has ended its input alone waits for its answers. */
static bool
has_left(const struct conn *c)
{
    struct pollfd p = {.fd = c->fd};

    return poll(&p, 1, 0) == 1 && (p.revents & (POLLERR | POLLHUP));
}

static bool
is_worth_a_look(const struct conn *c)
{
    return !c->line.done || frame_bytes_left(&c->frame) >= LOOK_FROM;
}

/* So much is decided that the journal has not written: memory would grow by every client that comes
   and goes. What was read stays where it is, and nothing more is. */
static void
wait_for_room(struct conn *c)
{
    c->lacks_room = c->worker->lacks_room = true;
    if (c->state == CONN_READING)
        conn_set_state(c, CONN_HOLDING);
    conn_arm(c);
}

/* Answer what was read, as far as the client takes it and a turn goes. */
static void
work(struct conn *c)
{
    int64_t now_ms = clock_now_ms(), until_us = 0;
    bool more = true;

    if (c->is_short) {
        conn_end_short(c);
        return;
    }
    if (!quill_has_room(&c->worker->quill)) {
        wait_for_room(c);
        return;
    }
    c->worker->wall_ms = now_ms;
    do {
        if (is_worth_a_look(c) && has_left(c)) {
            conn_close_broken(c);
            return;
        }
        worker_keep_up(c->worker);
        if (!work_batch(c, now_ms, &more)) {
            conn_end_short(c);
            return;
        }
        if (conn_sendable(c) >= BATCH_OUT && !conn_flush(c))
            return;
        if (!until_us)
            until_us = clock_running_us() + BATCH_TURN_US;
    } while (more && conn_pending(c) < OUT_HIGH && clock_running_us() < until_us);
    if (conn_flush(c))
        settle(c, more);
}

/* One chunk, or the end. false: nothing to work on, or closed. */
static bool
read_chunk(struct conn *c)
{
    CHECK(!frame_has_more(&c->frame) && !c->in);
    c->in = worker_borrow_in(c->worker);
    if (!c->in) {
        conn_close(c);
        return false;
    }
    ssize_t n = wire_recv(&c->wire, c->in, FRAME_CHUNK);
    if (n > 0) {
        memset(c->in + n, 0, WEIR_LINE_PADDING);
        c->heard = true;
        c->read_us = clock_running_us();
        c->bytes_in += (uint64_t)n;
        c->worker->counts.bytes_in += (uint64_t)n;
        frame_feed(&c->frame, c->in, (size_t)n);
        return true;
    }
    int error = errno;
    worker_return_in(c->worker, c->in);
    c->in = NULL;
    if (n == 0) {
        c->eof = true;
        conn_set_state(c, CONN_ENDING);
        return true;
    }
    if (error == EAGAIN || error == EWOULDBLOCK)
        conn_arm(c); /* by TLS, it may be something else that is waited for */
    else
        conn_close_broken(c);
    return false;
}

static void
read_and_work(struct conn *c)
{
    if (read_chunk(c))
        work(c);
}

/* There is room for answers. */
static void
send_and_work(struct conn *c)
{
    if (!conn_flush(c))
        return;
    if (!c->has_turn && (c->state == CONN_READING || conn_pending(c) <= OUT_LOW))
        work(c);
    else
        conn_arm(c); /* work goes on when its turn comes, or more was taken */
}

/* The socket is readable, or writable: WIRE_*. */
static void
go_on(struct conn *c, unsigned woken)
{
    bool reads = c->state == CONN_READING && wire_may_recv(&c->wire, woken);

    if (conn_sendable(c) > 0 && wire_may_send(&c->wire, woken))
        send_and_work(c);
    if (reads && c->state == CONN_READING)
        read_and_work(c);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct conn *c = arg;

    (void)fd;
    CHECK_OBJ(c, CONN_MAGIC);
    if (c->state == CONN_LINGERING && c->tells_end && wire_may_send(&c->wire, WIRE_READABLE))
        conn_tell_end(c);
    if (c->state == CONN_LINGERING && !c->eof)
        conn_read_away(c, (what & EV_TIMEOUT) != 0);
    else if (c->state != CONN_LINGERING && c->state != CONN_CLOSED)
        go_on(c, WIRE_READABLE);
    leave(c);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
    struct conn *c = arg;

    (void)fd;
    (void)what;
    CHECK_OBJ(c, CONN_MAGIC);
    if (c->state == CONN_LINGERING)
        conn_tell_end(c);
    else
        go_on(c, WIRE_WRITABLE);
    leave(c);
}

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
    struct conn *c = arg;

    (void)fd;
    (void)what;
    CHECK_OBJ(c, CONN_MAGIC);
    c->has_turn = false;
    if (c->state == CONN_READING)
        read_and_work(c); /* the wire holds bytes that no poll tells of */
    else
        work(c);
    leave(c);
}

/* Events of clients wait for those of the worker itself. */
static bool
make_events(struct conn *c)
{
    struct event_base *base = c->worker->base;

    c->readable = event_new(base, c->fd, EV_READ | EV_PERSIST, on_readable, c);
    c->writable = event_new(base, c->fd, EV_WRITE | EV_PERSIST, on_writable, c);
    c->turn = evtimer_new(base, on_turn, c);
    return c->readable && c->writable && c->turn &&
           event_priority_set(c->readable, LOOP_CLIENTS) == 0 &&
           event_priority_set(c->writable, LOOP_CLIENTS) == 0 &&
           event_priority_set(c->turn, LOOP_CLIENTS) == 0;
}

/* NULL without memory. */
static struct conn *
make(struct worker *w, evutil_socket_t fd, struct tls *tls)
{
    struct conn *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    *c = (struct conn){
        .magic = CONN_MAGIC, .state = CONN_READING, .fd = fd, .worker = w, .line = {.done = true}};
    if (!make_events(c) || !wire_init(&c->wire, fd, tls)) {
        conn_free_events(c);
        free(c);
        return NULL;
    }
    frame_init(&c->frame, w->answerer.o.max_line);
    return c;
}

bool
conn_open(struct worker *w, evutil_socket_t fd, struct tls *tls)
{
    struct conn *c = make(w, fd, tls);

    if (!c) {
        (void)close(fd);
        worker_pass_over(w);
        return false;
    }
    worker_add(w, c);
    conn_weigh(c);
    conn_arm(c);
    bool opened = c->state != CONN_CLOSED;
    conn_free_if_closed(c);
    return opened;
}

/* An event that was made active would be lost to polling when it is added before its turn. */
void
conn_resume(struct conn *c)
{
    conn_arm(c);
    conn_free_if_closed(c);
}

void
conn_work_on(struct conn *c)
{
    c->lacks_room = false;
    if (c->state < CONN_LINGERING)
        conn_take_turn(c, true);
    conn_free_if_closed(c);
}

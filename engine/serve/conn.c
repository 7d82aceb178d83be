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
 * It is one file, and a long one, as each function of a state machine may lead to any other.
 */
#include "serve/conn.h"

#include "flow/check.h"
#include "flow/clock.h"
#include "serve/loop.h"
#include "serve/turn.h"
#include "serve/worker.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
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

/* How long a client that was told of the end may stay silent before it is cut off. One that goes
   on sending has no longer than that where a limit ended it, else until the time to drain is
   over. */
#define LINGER_S 2
static const struct timeval linger_time = {.tv_sec = LINGER_S, .tv_usec = 0};

static const bool allowed[CONN_NSTATES][CONN_NSTATES] = {
    [CONN_READING] = {[CONN_HOLDING] = true, [CONN_ENDING] = true, [CONN_CLOSED] = true},
    [CONN_HOLDING] = {[CONN_READING] = true, [CONN_ENDING] = true, [CONN_CLOSED] = true},
    [CONN_ENDING] = {[CONN_LINGERING] = true, [CONN_CLOSED] = true},
    [CONN_LINGERING] = {[CONN_CLOSED] = true},
    [CONN_CLOSED] = {false},
};

/* The one place where the state changes. */
static void
set_state(struct conn *c, enum conn_state to)
{
    CHECK(allowed[c->state][to]);
    c->state = to;
}

static void
free_events(struct conn *c)
{
    struct event *events[] = {c->readable, c->writable, c->turn};

    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        if (events[i])
            event_free(events[i]);
    }
}

/* Lines, as far as this connection had them. Returns those that came whole and will get no answer;
   items of a line that was begun are the answerer's to count. */
static uint64_t
count_lines(struct conn *c)
{
    struct worker_counts *counts = &c->worker->counts;
    /* the end of the input ends a line, but not where what came before it was thrown away */
    bool part, is_whole = c->eof && c->state != CONN_LINGERING;
    uint64_t left = frame_lines_left(&c->frame, &part);

    left += part && is_whole;
    counts->lines += c->frame.lines;
    counts->unanswered += left;
    counts->unfinished += part && !is_whole && (c->worker->draining || c->ended);
    return left;
}

/* What it holds of the memory that all share; to be told before others are asked to go for it. */
static void
weigh(struct conn *c)
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

/* Take the socket and all memory away; the object itself is freed where the callback ends. */
static void
close_now(struct conn *c)
{
    struct worker_counts *counts = &c->worker->counts;
    uint64_t lost = batch_answers_in(c->out.p + c->out_at, conn_pending(c));
    bool is_broken = count_lines(c) > 0 || lost > 0 || !c->line.done || !c->eof;

    set_state(c, CONN_CLOSED);
    CHECK(lost <= c->unsent);
    counts->discarded += lost;
    counts->delivered += c->unsent - lost;
    counts->silent += !c->heard;
    counts->broken += is_broken;
    c->unsent = 0;
    if (!c->line.done)
        answer_give_up(&c->worker->answerer, &c->line);
    free_events(c);
    wire_fini(&c->wire);
    (void)close(c->fd);
    if (c->in)
        worker_return_in(c->worker, c->in);
    c->in = NULL;
    (void)conn_take_back(c);
    worker_return_out(c->worker, &c->out);
    frame_fini(&c->frame);
    weigh(c);
}

static void
free_if_closed(struct conn *c)
{
    if (c->state != CONN_CLOSED)
        return;
    worker_remove(c->worker, c);
    c->magic = 0;
    free(c);
}

/* Where the callback of an event ends, whatever it did: others may have to go, too. */
static void
leave(struct conn *c)
{
    struct worker *w = c->worker;

    if (c->state != CONN_CLOSED)
        weigh(c);
    free_if_closed(c);
    worker_keep_within(w);
}

/* Bring one event's pending state in line with what is wanted. */
static bool
want(struct event *ev, bool *have, bool wanted)
{
    if (*have == wanted)
        return true;
    if ((wanted ? event_add(ev, NULL) : event_del(ev)) < 0)
        return false;
    *have = wanted;
    return true;
}

/* The events that the state asks for. */
static void
arm(struct conn *c)
{
    unsigned wants = wire_wants(&c->wire, c->state == CONN_READING, conn_sendable(c) > 0);

    if (c->state == CONN_CLOSED || c->state == CONN_LINGERING)
        return; /* the one has no events left, the other armed its own */
    if (!want(c->readable, &c->wants_read, (wants & WIRE_READABLE) != 0) ||
        !want(c->writable, &c->wants_write, (wants & WIRE_WRITABLE) != 0))
        close_now(c);
}

/* The wire broke: what TLS has to say of that may be worth a line. */
static void
close_broken(struct conn *c)
{
    worker_wire_failed(c->worker, &c->wire);
    close_now(c);
}

/* Write what the socket takes. false: the client is gone, and the connection closed. */
static bool
flush(struct conn *c)
{
    while (conn_sendable(c) > 0) {
        ssize_t n = wire_send(&c->wire, c->out.p + c->out_at, conn_sendable(c));

        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        if (n < 0) {
            close_broken(c);
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

/* All was sent: tell the client, now or, where the socket takes nothing more, when it does again.
   If its input has ended, that was all. */
static void
tell_end(struct conn *c)
{
    c->tells_end = wire_shutdown(&c->wire) < 0;
    if (c->tells_end ? errno != EAGAIN : c->eof) {
        close_now(c);
        return;
    }
    unsigned wants = c->tells_end ? wire_wants(&c->wire, false, true) : 0;
    /* while input is thrown away, it is looked for in any case */
    if (!want(c->writable, &c->wants_write, (wants & WIRE_WRITABLE) != 0) ||
        (c->eof && !want(c->readable, &c->wants_read, (wants & WIRE_READABLE) != 0)))
        close_now(c);
}

/* All was sent: what is left is to tell the client, and to wait for the end of its input. */
static void
linger(struct conn *c)
{
    set_state(c, CONN_LINGERING);
    c->told_us = clock_running_us();
    frame_forget(&c->frame);
    weigh(c);
    if (!c->eof && event_add(c->readable, &linger_time) < 0)
        close_now(c);
    else
        tell_end(c);
}

/* Without memory: what would be answered next would stand in the place of what was not. All before
   that is the client's. Lines that are left stay where they are until they are counted. */
static void
end_short(struct conn *c)
{
    if (!flush(c))
        return;
    c->is_short = c->kept && conn_sendable(c) == 0;
    if (!c->is_short && (conn_pending(c) > 0 || c->eof)) {
        close_now(c);
        return;
    }
    c->ended = true;
    if (c->state != CONN_ENDING)
        set_state(c, CONN_ENDING);
    if (c->is_short)
        arm(c); /* it comes here again when the journal has what is kept */
    else
        linger(c);
}

/* Be called again when the others have had theirs. A timer that is due at once is called after the
   loop has looked at sockets and signals; an event made active is called before. */
static void
take_turn(struct conn *c, bool wanted)
{
    static const struct timeval at_once = {0, 0};

    if (c->state == CONN_CLOSED || c->has_turn == wanted)
        return;
    c->has_turn = wanted;
    if ((wanted ? event_add(c->turn, &at_once) : event_del(c->turn)) < 0)
        close_now(c);
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
            linger(c);
    } else {
        enum conn_state to = more || conn_pending(c) >= OUT_HIGH ? CONN_HOLDING : CONN_READING;

        if (to != c->state)
            set_state(c, to);
    }
    arm(c);
    take_turn(c, (more && conn_pending(c) < OUT_HIGH) ||
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

/* Answer what was read, as far as the client takes it and a turn goes. */
static void
work(struct conn *c)
{
    int64_t now_ms = clock_now_ms(), until_us = 0;
    bool more = true;

    if (c->is_short) {
        end_short(c);
        return;
    }
    c->worker->wall_ms = now_ms;
    do {
        if (is_worth_a_look(c) && has_left(c)) {
            close_broken(c);
            return;
        }
        worker_keep_up(c->worker);
        if (!work_batch(c, now_ms, &more)) {
            end_short(c);
            return;
        }
        if (conn_sendable(c) >= BATCH_OUT && !flush(c))
            return;
        if (!until_us)
            until_us = clock_running_us() + BATCH_TURN_US;
    } while (more && conn_pending(c) < OUT_HIGH && clock_running_us() < until_us);
    if (flush(c))
        settle(c, more);
}

/* One chunk, or the end. false: nothing to work on, or closed. */
static bool
read_chunk(struct conn *c)
{
    CHECK(!frame_has_more(&c->frame) && !c->in);
    c->in = worker_borrow_in(c->worker);
    if (!c->in) {
        close_now(c);
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
        set_state(c, CONN_ENDING);
        return true;
    }
    if (error == EAGAIN || error == EWOULDBLOCK)
        arm(c); /* by TLS, it may be something else that is waited for */
    else
        close_broken(c);
    return false;
}

/* Throw away what a client sends after it was told of the end, or while it cannot be told. */
static void
read_away(struct conn *c, bool timed_out)
{
    bool is_late = c->ended && clock_running_us() - c->told_us >= (int64_t)LINGER_S * 1000000;
    char *in = timed_out || is_late ? NULL : worker_borrow_in(c->worker);
    ssize_t n = in ? wire_recv(&c->wire, in, FRAME_CHUNK) : -1;
    bool goes_on = in && (n > 0 || (n < 0 && errno == EAGAIN));

    if (in)
        worker_return_in(c->worker, in);
    if (goes_on)
        return;
    c->eof = n == 0;
    if (!c->eof || !c->tells_end || c->ended || event_del(c->readable) < 0) {
        close_now(c);
        return;
    }
    c->wants_read = false;
    tell_end(c);
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
    if (!flush(c))
        return;
    if (!c->has_turn && (c->state == CONN_READING || conn_pending(c) <= OUT_LOW))
        work(c);
    else
        arm(c); /* work goes on when its turn comes, or more was taken */
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
        tell_end(c);
    if (c->state == CONN_LINGERING && !c->eof)
        read_away(c, (what & EV_TIMEOUT) != 0);
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
        tell_end(c);
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
        free_events(c);
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
    weigh(c);
    arm(c);
    bool opened = c->state != CONN_CLOSED;
    free_if_closed(c);
    return opened;
}

void
conn_drain(struct conn *c)
{
    CHECK_OBJ(c, CONN_MAGIC);
    if (c->state == CONN_READING || c->state == CONN_HOLDING) {
        set_state(c, CONN_ENDING);
        arm(c);
        take_turn(c, true); /* at once, it would take as long for all together as they have work */
    }
    free_if_closed(c);
}

/* Is it at work no more, and waits for nothing but its client or, in the end, the journal? */
static bool
may_be_told(const struct conn *c, int end)
{
    return conn_pending(c) == 0 &&
           (c->state == CONN_READING || (end == WORKER_END_JOURNAL && c->state < CONN_LINGERING));
}

/* A last line that is no answer, where nothing stands before it. */
static bool
say_goodbye(struct conn *c, int end, const char *detail)
{
    char line[256];
    int n = snprintf(line, sizeof line, "{\"v\":1,\"closed\":\"%s\",\"detail\":\"%s\"}\n",
                     worker_end_name((enum worker_end)end), detail);

    return may_be_told(c, end) && wire_send(&c->wire, line, (size_t)n) == n;
}

/* Answers whose records are not in the journal are none. */
static void
discard_kept(struct conn *c)
{
    uint64_t n = batch_answers_in(c->out.p + c->out.len - c->kept, c->kept);

    if (!conn_take_back(c))
        return;
    c->worker->counts.discarded += n;
    c->unsent -= n;
    if (conn_pending(c) == 0)
        (void)flush(c); /* sends nothing, and counts what was sent before */
}

/* An event that was made active would be lost to polling when it is added before its turn. */
void
conn_resume(struct conn *c)
{
    arm(c);
    free_if_closed(c);
}

void
conn_end(struct conn *c, int end, const char *detail)
{
    CHECK_OBJ(c, CONN_MAGIC);
    c->worker->counts.ended[end] += !c->ended; /* one that was told of its end may linger */
    c->ended = true;
    if (end == WORKER_END_JOURNAL)
        discard_kept(c);
    if (say_goodbye(c, end, detail)) {
        take_turn(c, false);
        if (c->state != CONN_ENDING)
            set_state(c, CONN_ENDING);
        linger(c);
    } else {
        close_now(c);
    }
    free_if_closed(c);
}

void
conn_kill(struct conn *c)
{
    CHECK_OBJ(c, CONN_MAGIC);
    close_now(c);
    free_if_closed(c);
}

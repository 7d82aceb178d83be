/*
 * The ends of connections: what is sent, told and counted when one closes, by the client's leave or
 * without it.
 */
#include "serve/conn_parts.h"

#include "flow/batch.h"
#include "flow/check.h"
#include "flow/clock.h"
#include "serve/worker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* How long a client that was told of the end may stay silent before it is cut off. One that goes
   on sending has no longer than that where a limit ended it, else until the time to drain is
   over. */
#define LINGER_S 2
static const struct timeval linger_time = {.tv_sec = LINGER_S, .tv_usec = 0};

void
conn_free_events(struct conn *c)
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

void
conn_close(struct conn *c)
{
    struct worker_counts *counts = &c->worker->counts;
    uint64_t lost = batch_answers_in(c->out.p + c->out_at, conn_pending(c));
    bool is_broken = count_lines(c) > 0 || lost > 0 || !c->line.done || !c->eof;

    conn_set_state(c, CONN_CLOSED);
    CHECK(lost <= c->unsent);
    counts->discarded += lost;
    counts->delivered += c->unsent - lost;
    counts->silent += !c->heard;
    counts->broken += is_broken;
    c->unsent = 0;
    if (!c->line.done)
        answer_give_up(&c->worker->answerer, &c->line);
    conn_free_events(c);
    wire_fini(&c->wire);
    (void)close(c->fd);
    if (c->in)
        worker_return_in(c->worker, c->in);
    c->in = NULL;
    (void)conn_take_back(c);
    worker_return_out(c->worker, &c->out);
    frame_fini(&c->frame);
    conn_weigh(c);
}

void
conn_free_if_closed(struct conn *c)
{
    if (c->state != CONN_CLOSED)
        return;
    worker_remove(c->worker, c);
    c->magic = 0;
    free(c);
}

void
conn_close_broken(struct conn *c)
{
    worker_wire_failed(c->worker, &c->wire);
    conn_close(c);
}

void
conn_tell_end(struct conn *c)
{
    c->tells_end = wire_shutdown(&c->wire) < 0;
    if (c->tells_end ? errno != EAGAIN : c->eof) {
        conn_close(c);
        return;
    }
    unsigned wants = c->tells_end ? wire_wants(&c->wire, false, true) : 0;
    /* while input is thrown away, it is looked for in any case */
    if (!conn_want(c->writable, &c->wants_write, (wants & WIRE_WRITABLE) != 0) ||
        (c->eof && !conn_want(c->readable, &c->wants_read, (wants & WIRE_READABLE) != 0)))
        conn_close(c);
}

void
conn_linger(struct conn *c)
{
    conn_set_state(c, CONN_LINGERING);
    c->told_us = clock_running_us();
    frame_forget(&c->frame);
    conn_weigh(c);
    if (!c->eof && event_add(c->readable, &linger_time) < 0)
        conn_close(c);
    else
        conn_tell_end(c);
}

void
conn_end_short(struct conn *c)
{
    if (!conn_flush(c))
        return;
    c->is_short = c->kept && conn_sendable(c) == 0;
    if (!c->is_short && (conn_pending(c) > 0 || c->eof)) {
        conn_close(c);
        return;
    }
    c->ended = true;
    if (c->state != CONN_ENDING)
        conn_set_state(c, CONN_ENDING);
    if (c->is_short)
        conn_arm(c); /* it comes here again when the journal has what is kept */
    else
        conn_linger(c);
}

void
conn_read_away(struct conn *c, bool timed_out)
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
        conn_close(c);
        return;
    }
    c->wants_read = false;
    conn_tell_end(c);
}

void
conn_drain(struct conn *c)
{
    CHECK_OBJ(c, CONN_MAGIC);
    if (c->state == CONN_READING || c->state == CONN_HOLDING) {
        conn_set_state(c, CONN_ENDING);
        conn_arm(c);
        conn_take_turn(
            c, true); /* at once, it would take as long for all together as they have work */
    }
    conn_free_if_closed(c);
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

/* Answers whose records are not in the journal are none. Those before them are the client's, who
   may not have had them yet. false: he is gone, and the connection closed. */
static bool
discard_kept(struct conn *c)
{
    uint64_t n = c->kept ? batch_answers_in(c->out.p + c->out.len - c->kept, c->kept) : 0;

    (void)conn_take_back(c);
    c->worker->counts.discarded += n;
    c->unsent -= n;
    return conn_flush(c); /* and counts what was sent before */
}

void
conn_end(struct conn *c, int end, const char *detail)
{
    CHECK_OBJ(c, CONN_MAGIC);
    c->worker->counts.ended[end] += !c->ended; /* one that was told of its end may linger */
    c->ended = true;
    if (end == WORKER_END_JOURNAL && !discard_kept(c)) {
        conn_free_if_closed(c);
        return;
    }
    if (say_goodbye(c, end, detail)) {
        conn_take_turn(c, false);
        if (c->state != CONN_ENDING)
            conn_set_state(c, CONN_ENDING);
        conn_linger(c);
    } else {
        conn_close(c);
    }
    conn_free_if_closed(c);
}

void
conn_kill(struct conn *c)
{
    CHECK_OBJ(c, CONN_MAGIC);
    conn_close(c);
    conn_free_if_closed(c);
}

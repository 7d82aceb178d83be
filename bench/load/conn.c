/*
 * Sending and receiving. The lines lie behind one another in the feed, so that a call sends many of
 * them and copies none.
 */
#include "load/conn.h"

#include "programs/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Lines that one call sends, at most: an answer to the first should not wait for the last. */
#define BATCH 1024

void
conn_init(struct conn *c, int fd, const struct load *l, size_t line)
{
    *c = (struct conn){
        .fd = fd, .line = line, .at = l->feed->line_at[line], .batch = l->batch ? l->batch : BATCH};
    c->line_begin = c->at;
    answers_init(&c->answers, l->feed, line);
    c->owed_before = 0 - (uint64_t)l->feed->answer_at[line];
    if (l->rate <= 0) {
        c->ring = l->window + 1;
        c->sendings = allocate(c->ring, sizeof *c->sendings);
    }
}

void
conn_fini(struct conn *c)
{
    if (c->fd >= 0)
        (void)close(c->fd);
    c->fd = -1;
    free(c->sendings);
    answers_fini(&c->answers);
}

uint64_t
conn_owed(const struct conn *c)
{
    return c->owed_before + c->answers.feed->answer_at[c->line];
}

static void
broke(struct conn *c)
{
    c->is_broken = true;
    c->queued = c->sent;
    (void)close(c->fd);
    c->fd = -1;
}

/* Sending ------------------------------------------------------------------------------------ */

static void
note_sending(struct conn *c, uint64_t now)
{
    struct sending *s = &c->sendings[(c->first + c->nsendings) % c->ring];

    *s = (struct sending){c->sent, now};
    c->nsendings++;
}

/* Bytes were sent: which lines ended with them. */
static void
pass_lines(struct conn *c, const struct pace *p, struct counts *counts, uint64_t now)
{
    const struct feed *f = c->answers.feed;
    uint64_t before = c->sent;

    while (c->line < f->nlines && f->line_at[c->line + 1] <= c->at) {
        if (p->interval > 0 && pace_counts(p, now)) {
            uint64_t due = pace_due(p, c, c->sent);
            histogram_count(&counts->lateness, now > due ? now - due : 0, 1);
        }
        c->line++;
        c->sent++;
    }
    if (c->line == f->nlines) {
        c->line = c->at = 0;
        c->owed_before += f->nanswers;
    }
    c->line_begin = f->line_at[c->line];
    c->answers.asked = c->sent;
    if (p->interval <= 0 && c->sent > before)
        note_sending(c, now);
}

void
conn_send(struct conn *c, const struct pace *p, struct counts *counts)
{
    const struct feed *f = c->answers.feed;

    c->wants_write = false;
    while (c->fd >= 0 && c->sent < c->queued && !c->wants_write) {
        uint64_t n = c->queued - c->sent;
        size_t left = f->nlines - c->line;

        n = n < c->batch ? n : c->batch;
        size_t len = f->line_at[c->line + (n < left ? n : left)] - c->at;
        uint64_t now = now_ns();
        ssize_t sent = send(c->fd, f->bytes.p + c->at, len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno != EAGAIN) {
            broke(c);
            return;
        }
        c->wants_write = sent < (ssize_t)len;
        if (sent <= 0)
            continue;
        c->at += (size_t)sent;
        c->bytes_out += (uint64_t)sent;
        pass_lines(c, p, counts, now);
    }
}

/* Receiving ---------------------------------------------------------------------------------- */

static void
time_closed(struct conn *c, const struct pace *p, struct counts *counts, uint64_t now)
{
    while (c->timed < c->answers.lines) {
        const struct sending *s = &c->sendings[c->first];
        uint64_t upto = s->upto < c->answers.lines ? s->upto : c->answers.lines;

        if (pace_counts(p, s->ns))
            histogram_count(&counts->latency, now - s->ns, upto - c->timed);
        c->timed = upto;
        if (upto == s->upto) {
            c->first = (c->first + 1) % c->ring;
            c->nsendings--;
        }
    }
}

static void
time_open(struct conn *c, const struct pace *p, struct counts *counts, uint64_t now)
{
    for (; c->timed < c->answers.lines; c->timed++) {
        uint64_t due = pace_due(p, c, c->timed);

        if (pace_counts(p, due))
            histogram_count(&counts->latency, now > due ? now - due : 0, 1);
    }
}

uint64_t
conn_receive(struct conn *c, const struct pace *p, struct counts *counts, char *buffer, size_t size)
{
    uint64_t before = c->answers.n;
    ssize_t n = recv(c->fd, buffer, size, 0);
    uint64_t now = now_ns();

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n == 0 && c->has_ended) {
        (void)close(c->fd);
        c->fd = -1;
        return 0;
    }
    if (n <= 0) {
        broke(c);
        return 0;
    }
    c->bytes_in += (uint64_t)n;
    answers_take(&c->answers, buffer, (size_t)n);
    if (p->interval > 0)
        time_open(c, p, counts, now);
    else
        time_closed(c, p, counts, now);
    if (pace_counts(p, now))
        counts->answers += c->answers.n - before;
    return c->answers.n - before;
}

void
conn_stop(struct conn *c, const struct pace *p, struct counts *counts)
{
    uint64_t last = c->sent + (c->at > c->line_begin);

    for (uint64_t k = last; p->interval > 0 && k < c->queued; k++) {
        uint64_t due = pace_due(p, c, k);

        counts->unsent++;
        if (pace_counts(p, due) && p->to > due)
            histogram_count(&counts->latency, p->to - due, 1);
    }
    if (c->queued > last)
        c->queued = last;
}

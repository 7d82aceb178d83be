/*
 * The loop: what is due is sent, what comes is read, until the time is up; then what is owed is
 * waited for, and the server is told that nothing more comes, so that answers which nobody asked
 * for show as well.
 */
#include "load/loop.h"

#include "programs/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_SIZE ((size_t)256 * 1024)
#define NEVENTS 256

/* Lines that become due in one turn of the loop, at most: reading must not wait. */
#define RELEASE_LINES 4096

/* Waiting for less than this is done awake, where it takes nothing away from the server: being
   woken takes about as long. */
#define SPIN_NS 50000

/* Connecting --------------------------------------------------------------------------------- */

static bool
watch_conn(struct loop *l, struct conn *c, int op)
{
    struct epoll_event e = {.events = EPOLLIN | (c->wants_write ? EPOLLOUT : 0),
                            .data = {.ptr = c}};

    return epoll_ctl(l->epoll, op, c->fd, &e) == 0;
}

static bool
open_conn(struct loop *l, size_t i, size_t number, size_t line)
{
    struct conn *c = &l->conns[i];
    int fd = address_connect(&l->load->to);

    if (fd < 0)
        return false;
    conn_init(c, fd, l->load, line);
    c->index = i;
    c->is_idle = i >= l->nconns;
    if (l->load->rulesets && !c->is_idle)
        c->answers.watch.seen = &l->load->rulesets[number];
    return watch_conn(l, c, EPOLL_CTL_ADD);
}

bool
loop_open(struct loop *l, const struct load *load, size_t nconns, size_t nidle, size_t first)
{
    const struct feed *f = load->feed;
    bool opened;

    *l = (struct loop){.load = load,
                       .epoll = epoll_create1(EPOLL_CLOEXEC),
                       .buffer = allocate(READ_SIZE, 1),
                       .conns = allocate(nconns + nidle, sizeof *l->conns)};
    histogram_init(&l->counts.latency);
    histogram_init(&l->counts.lateness);
    opened = l->epoll >= 0;
    l->nconns = nconns;
    l->nidle = nidle;
    for (size_t i = 0; i < nconns + nidle; i++)
        l->conns[i].fd = -1;
    for (size_t i = 0; i < nconns + nidle && opened; i++) {
        /* connections begin all over the feed, so that they do not send the same all the time */
        size_t line = i < nconns ? (first + i) * (f->nlines / load->nconns) % f->nlines : 0;

        opened = open_conn(l, i, first + i, line);
    }
    return opened;
}

void
loop_fini(struct loop *l)
{
    for (size_t i = 0; i < l->nconns + l->nidle; i++)
        conn_fini(&l->conns[i]);
    if (l->epoll >= 0)
        (void)close(l->epoll);
    free(l->conns);
    free(l->buffer);
    histogram_fini(&l->counts.latency);
    histogram_fini(&l->counts.lateness);
}

/* Sending ------------------------------------------------------------------------------------ */

static void
send_queued(struct loop *l, struct conn *c)
{
    bool wanted = c->wants_write;

    if (c->fd < 0)
        return;
    conn_send(c, &l->pace, &l->counts);
    if (c->fd >= 0 && c->wants_write != wanted)
        (void)watch_conn(l, c, EPOLL_CTL_MOD);
}

static bool
is_open_loop(const struct loop *l)
{
    return l->pace.interval > 0;
}

/* What a connection of the closed loop may send, after so many answers. */
static void
refill(struct loop *l, struct conn *c)
{
    uint64_t most = c->answers.lines + l->load->window;

    if (l->load->lines && most > l->load->lines)
        most = l->load->lines;
    if (most > c->queued)
        c->queued = most;
    send_queued(l, c);
}

/* Open loop: queue what was due by then, and send it. false: not all of it yet. */
static bool
release(struct loop *l, uint64_t by)
{
    const struct pace *p = &l->pace;
    uint64_t start = p->begin + p->offset, first = l->released;
    uint64_t due = by < start ? 0 : (uint64_t)((double)(by - start) / p->interval) + 1;
    bool all = due - first <= RELEASE_LINES;

    if (!all)
        due = first + RELEASE_LINES;
    for (uint64_t j = first; j < due; j++) {
        struct conn *c = &l->conns[j % l->nconns];
        c->queued += c->fd >= 0;
    }
    l->released = due;
    for (uint64_t j = first; j < due && j < first + l->nconns; j++) {
        struct conn *c = &l->conns[j % l->nconns];
        if (!c->wants_write) /* else it will be told when there is room */
            send_queued(l, c);
    }
    return all;
}

/* ns until the next line is due. */
static uint64_t
until_due(const struct loop *l)
{
    const struct pace *p = &l->pace;
    uint64_t next = p->begin + p->offset + (uint64_t)((double)l->released * p->interval);
    uint64_t now = now_ns();

    return next > now ? next - now : 0;
}

/* Receiving ---------------------------------------------------------------------------------- */

static void
handle(struct loop *l, struct conn *c, uint32_t events, bool refills)
{
    if (c->fd >= 0 && events & ~(uint32_t)EPOLLOUT &&
        conn_receive(c, &l->pace, &l->counts, l->buffer, READ_SIZE) > 0) {
        l->heard = now_ns();
        if (refills)
            refill(l, c);
    }
    if (events & EPOLLOUT)
        send_queued(l, c);
}

/* Wait so long at most, and handle what there is. */
static void
turn(struct loop *l, uint64_t ns, bool refills)
{
    struct epoll_event events[NEVENTS];
    struct timespec limit = {(time_t)(ns / 1000000000), (long)(ns % 1000000000)};

    if (ns < SPIN_NS && l->load->may_spin)
        limit = (struct timespec){0, 0};
    int n = epoll_pwait2(l->epoll, events, NEVENTS, &limit, NULL);
    for (int i = 0; i < n; i++)
        handle(l, events[i].data.ptr, events[i].events, refills);
}

/* Running ------------------------------------------------------------------------------------ */

/* When it began and ended to count, how much the thread had run. */
static void
note_cpu(struct loop *l, uint64_t now)
{
    if (!l->cpu_from && now >= l->pace.from)
        l->cpu_from = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    if (!l->cpu_to && now >= l->pace.to) {
        l->cpu_to = clock_ns(CLOCK_THREAD_CPUTIME_ID);
        l->busy = (double)(l->cpu_to - l->cpu_from) / (double)(l->pace.to - l->pace.from);
    }
}

static bool
any_open(const struct loop *l)
{
    for (size_t i = 0; i < l->nconns; i++)
        if (l->conns[i].fd >= 0)
            return true;
    return false;
}

static bool
all_quiet(const struct loop *l)
{
    for (size_t i = 0; i < l->nconns; i++)
        if (l->conns[i].fd >= 0 && !conn_is_quiet(&l->conns[i]))
            return false;
    return true;
}

/* Wait for the end, or for what is due before. */
static uint64_t
time_to_wait(const struct loop *l, uint64_t now)
{
    uint64_t left = l->pace.to - now, wait = is_open_loop(l) ? until_due(l) : left;

    if (!is_open_loop(l) && wait < SPIN_NS)
        return SPIN_NS; /* the end may be passed by that much */
    return wait < left ? wait : left;
}

static void
run_for_the_time(struct loop *l)
{
    uint64_t now = now_ns();

    for (size_t i = 0; i < l->nconns && !is_open_loop(l); i++)
        refill(l, &l->conns[i]);
    while (now < l->pace.to && any_open(l)) {
        if (is_open_loop(l))
            (void)release(l, now);
        turn(l, time_to_wait(l, now), !is_open_loop(l));
        now = now_ns();
        note_cpu(l, now);
    }
    note_cpu(l, l->pace.to);
    while (is_open_loop(l) && !release(l, l->pace.to))
        ; /* what came due since it was looked at last counts, too */
    for (size_t i = 0; i < l->nconns; i++)
        conn_stop(&l->conns[i], &l->pace, &l->counts);
}

/* Each connection sends so many lines; silence ends it. */
static void
run_for_the_lines(struct loop *l)
{
    uint64_t patience = (uint64_t)(l->load->patience_s * 1e9);

    for (size_t i = 0; i < l->nconns; i++)
        refill(l, &l->conns[i]);
    while (!all_quiet(l) && now_ns() < l->heard + patience)
        turn(l, 50000000, true);
    for (size_t i = 0; i < l->nconns; i++)
        conn_stop(&l->conns[i], &l->pace, &l->counts);
}

/* Whoever has all answers ends its side; what comes then, before the server ends its own, is too
   much. */
static void
end_quiet_ones(struct loop *l)
{
    for (size_t i = 0; i < l->nconns; i++) {
        struct conn *c = &l->conns[i];

        if (c->fd >= 0 && !c->has_ended && conn_is_quiet(c)) {
            c->has_ended = true;
            (void)shutdown(c->fd, SHUT_WR);
        }
    }
}

static void
wait_for_the_rest(struct loop *l)
{
    uint64_t patience = (uint64_t)(l->load->patience_s * 1e9);

    l->heard = now_ns();
    while (any_open(l) && now_ns() < l->heard + patience) {
        end_quiet_ones(l);
        turn(l, 10000000, false);
    }
}

void *
loop_run(void *loop)
{
    struct loop *l = loop;

    l->heard = now_ns();
    if (l->load->lines)
        run_for_the_lines(l);
    else
        run_for_the_time(l);
    wait_for_the_rest(l);
    return NULL;
}

/*
 * Workers. Conservation is checked where a worker ends: a mismatch is a bug of ours.
 */
#include "serve/worker.h"

#include "flow/check.h"
#include "flow/clock.h"
#include "serve/loop.h"
#include "serve/rest.h"

#include <tagweir/names.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* An output buffer that grew beyond this for one client is not kept for the next. */
#define SPARE_OUT_MAX ((size_t)4 << 20)

/* How often connections are held against the limits: at least four times in the shortest. */
#define SWEEP_LEAST_MS 20u
#define SWEEP_MOST_MS 1000u

WEIR_NAMES(worker_end_name, enum worker_end, WORKER_ENDS, WEIR_TEXT)
WEIR_NAMES(worker_end_detail, enum worker_end, WORKER_ENDS, WEIR_SENTENCE)

void
worker_wake(struct worker *w)
{
    uint64_t one = 1;

    (void)!write(w->wake_fd, &one, sizeof one); /* full: it is awake already */
}

/* Editions ----------------------------------------------------------------------------------- */

static void
move_on(struct worker *w)
{
    struct edition *from = w->edition, *to = atomic_exchange(&w->next, NULL);

    if (!to)
        return;
    w->edition = to;
    if (edition_move(from, to, w->number, &w->answerer))
        w->hooks.left(w->hooks.arg, from);
}

void
worker_keep_up(struct worker *w)
{
    if (__builtin_expect(atomic_load_explicit(&w->next, memory_order_relaxed) != NULL, 0))
        move_on(w);
    breakers_tell(w->edition->breakers, w->number, w->answerer.scratch);
}

static void
on_decided(void *arg, const weir_decision *d)
{
    struct worker *w = arg;

    if (breakers_count(w->edition->breakers, w->number, d, w->wall_ms))
        w->hooks.news(w->hooks.arg);
}

bool
worker_publish(struct worker *w, struct edition *e, struct edition **forgone)
{
    *forgone = atomic_exchange(&w->next, e);
    worker_wake(w);
    return *forgone && edition_forgo(*forgone);
}

/* Limits ------------------------------------------------------------------------------------- */

static void
look_at_limits(struct worker *w, int64_t now_us)
{
    struct conn *next;

    for (struct conn *c = w->conns; c; c = next) {
        next = c->next; /* ending one frees no other */
        int end = conn_overdue(c, &w->limits, now_us);
        if (end >= 0)
            conn_end(c, end, worker_end_detail((enum worker_end)end));
    }
    worker_keep_within(w);
}

/* Many may be closed at once: it is said once a sweep, with their number. */
static void
tell_closed(struct worker *w, uint64_t count, uint64_t *told, const char *why)
{
    uint64_t n = count - *told;
    char line[200];

    if (!n)
        return;
    *told = count;
    (void)snprintf(line, sizeof line, "closed %llu %s: %s", (unsigned long long)n,
                   n == 1 ? "connection" : "connections", why);
    w->hooks.say(w->hooks.arg, true, line);
}

static void
tell_ends(struct worker *w)
{
    for (int e = 0; e < WORKER_NENDS; e++)
        tell_closed(w, w->counts.ended[e], &w->told[e], worker_end_detail((enum worker_end)e));
    tell_closed(w, w->counts.unopened, &w->told_unopened, "there was no memory for more");
}

static void
on_sweep(evutil_socket_t fd, short what, void *arg)
{
    struct worker *w = arg;

    (void)fd;
    (void)what;
    look_at_limits(w, clock_running_us());
    tell_ends(w);
    w->has_told_tls = false;
}

/* Anybody can make TLS fail as often as he likes: one of them is told of in a sweep. */
void
worker_wire_failed(struct worker *w, const struct wire *wire)
{
    weir_buf why = {0};

    if (wire_tell(wire, &why)) {
        w->counts.tls_failed++;
        weir_buf_putc(&why, '\0');
        if (!w->has_told_tls && !why.failed)
            w->hooks.say(w->hooks.arg, true, why.p);
        w->has_told_tls = true;
    }
    weir_buf_fini(&why);
}

static unsigned
sweep_ms(const struct worker_limits *l)
{
    unsigned ms[] = {l->idle_ms, l->line_ms, l->send_ms}, every = SWEEP_MOST_MS;

    for (size_t i = 0; i < sizeof ms / sizeof *ms; i++)
        if (ms[i] && ms[i] / 4 < every)
            every = ms[i] / 4;
    return every < SWEEP_LEAST_MS ? SWEEP_LEAST_MS : every;
}

/* The inbox ---------------------------------------------------------------------------------- */

bool
worker_give(struct worker *w, int fd, struct tls *tls)
{
    bool given = true;

    (void)pthread_mutex_lock(&w->lock);
    if (w->nfds == w->fds_cap) {
        size_t cap = w->fds_cap ? 2 * w->fds_cap : 64;
        struct worker_fd *fds = reallocarray(w->fds, cap, sizeof *fds);

        given = fds != NULL;
        w->fds = given ? fds : w->fds;
        w->fds_cap = given ? cap : w->fds_cap;
    }
    if (given)
        w->fds[w->nfds++] = (struct worker_fd){fd, tls};
    (void)pthread_mutex_unlock(&w->lock);
    if (given)
        worker_wake(w);
    return given;
}

void
worker_tell(struct worker *w, enum worker_order order)
{
    (void)pthread_mutex_lock(&w->lock);
    w->order = order > w->order ? order : w->order;
    (void)pthread_mutex_unlock(&w->lock);
    worker_wake(w);
}

void
worker_ask(struct worker *w, uint64_t question)
{
    (void)pthread_mutex_lock(&w->lock);
    w->asked = question;
    (void)pthread_mutex_unlock(&w->lock);
    worker_wake(w);
}

bool
worker_reported(struct worker *w, uint64_t question, struct worker_report *out)
{
    (void)pthread_mutex_lock(&w->lock);
    bool made = w->reported >= question;
    if (made)
        *out = w->report;
    (void)pthread_mutex_unlock(&w->lock);
    return made;
}

static struct worker_report
make_report(struct worker *w)
{
    struct worker_report r = {.counts = w->counts, .latency = w->latency, .held = w->held};

    tally_init(&r.tally);
    tally_add(&r.tally, &w->answerer.tally);
    for (const struct conn *c = w->conns; c; c = c->next)
        r.unsent += c->unsent;
    return r;
}

static void
answer_question(struct worker *w, uint64_t question)
{
    struct worker_report r = make_report(w);

    edition_leave_rows(w->edition, &w->answerer);
    (void)pthread_mutex_lock(&w->lock);
    w->report = r;
    w->reported = question;
    (void)pthread_mutex_unlock(&w->lock);
    w->hooks.news(w->hooks.arg);
}

static void
tell_if_drained(struct worker *w)
{
    if (!w->draining || w->conns || atomic_load(&w->drained))
        return;
    atomic_store(&w->drained, true);
    w->hooks.news(w->hooks.arg);
}

static void
drain(struct worker *w)
{
    struct conn *next;

    if (w->draining)
        return;
    w->draining = true;
    for (struct conn *c = w->conns; c; c = next) {
        next = c->next; /* draining one frees no other */
        conn_drain(c);
    }
}

static void
kill_all(struct worker *w)
{
    while (w->conns)
        conn_kill(w->conns);
}

static void
take_over(struct worker *w)
{
    (void)pthread_mutex_lock(&w->lock);
    struct worker_fd *fds = w->fds;
    size_t n = w->nfds;
    w->fds = NULL;
    w->nfds = w->fds_cap = 0;
    (void)pthread_mutex_unlock(&w->lock);
    for (size_t i = 0; i < n; i++) {
        if (!conn_open(w, fds[i].fd, fds[i].tls))
            w->counts.unopened++;
        else if (w->draining)
            conn_drain(w->conns); /* it came while the order to drain was on its way */
    }
    free(fds);
    if (n && w->quill.scribe)
        worker_hear_scribe(w); /* it may have failed while they were */
    worker_keep_within(w);
}

/* Those that were given have their turn as the others have theirs. */
static void
on_come(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    take_over(arg);
}

static void
obey(struct worker *w, enum worker_order order)
{
    if (order >= WORKER_DRAIN) {
        take_over(w); /* they came before it */
        drain(w);
    }
    if (order >= WORKER_KILL)
        kill_all(w);
    tell_if_drained(w);
    if (order == WORKER_STOP)
        (void)event_base_loopbreak(w->base);
}

static void
on_woken(evutil_socket_t fd, short what, void *arg)
{
    struct worker *w = arg;
    uint64_t n, question;

    (void)what;
    CHECK_OBJ(w, WORKER_MAGIC);
    (void)!read(fd, &n, sizeof n);
    worker_keep_up(w);
    if (w->quill.scribe)
        worker_hear_scribe(w);
    (void)pthread_mutex_lock(&w->lock);
    bool have_come = w->nfds > 0;
    enum worker_order order = w->order;
    question = w->asked > w->reported ? w->asked : 0;
    (void)pthread_mutex_unlock(&w->lock);
    if (have_come)
        event_active(w->come, EV_TIMEOUT, 0);
    obey(w, order);
    if (question)
        answer_question(w, question);
    worker_keep_within(w); /* another worker may have asked for it */
}

/* Beginning and end -------------------------------------------------------------------------- */

static bool
make_events(struct worker *w)
{
    unsigned ms = sweep_ms(&w->limits);
    struct timeval every = {.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};

    w->base = loop_new();
    w->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (!w->base || w->wake_fd < 0)
        return false;
    w->woken = event_new(w->base, w->wake_fd, EV_READ | EV_PERSIST, on_woken, w);
    w->come = event_new(w->base, -1, 0, on_come, w);
    w->sweep = event_new(w->base, -1, EV_PERSIST, on_sweep, w);
    return w->woken && w->come && w->sweep && event_priority_set(w->come, LOOP_CLIENTS) == 0 &&
           event_priority_set(w->sweep, LOOP_CLIENTS) == 0 && event_add(w->woken, NULL) == 0 &&
           event_add(w->sweep, &every) == 0;
}

static void
free_events(struct worker *w)
{
    if (w->woken)
        event_free(w->woken);
    if (w->come)
        event_free(w->come);
    if (w->sweep)
        event_free(w->sweep);
    if (w->base)
        event_base_free(w->base);
    if (w->wake_fd >= 0)
        (void)close(w->wake_fd);
}

weir_status
worker_init(struct worker *w, size_t number, struct edition *e, const struct answer_options *o,
            const struct worker_limits *limits, const struct worker_hooks *hooks)
{
    *w = (struct worker){.number = number, .limits = *limits, .hooks = *hooks, .wake_fd = -1};
    weir_status st = answerer_init(&w->answerer, NULL, o);
    if (st != WEIR_OK)
        return st;
    if (!make_events(w)) {
        free_events(w);
        answerer_fini(&w->answerer);
        return WEIR_E_NOMEM;
    }
    (void)pthread_mutex_init(&w->lock, NULL);
    edition_take(e, number, &w->answerer);
    w->edition = e;
    w->answerer.on_decided = on_decided;
    w->answerer.on_decided_arg = w;
    w->magic = WORKER_MAGIC;
    if (limits->memory) {
        w->sharing = limits->memory->workers;
        limits->memory->workers = w;
    }
    return WEIR_OK;
}

static void *
run(void *arg)
{
    struct worker *w = arg;
    struct rest rest = {.wanted = w->hooks.cede};
    int r;

    do {
        rest_begin(&rest);
        r = event_base_loop(w->base, EVLOOP_ONCE);
        rest_end(&rest);
    } while (r == 0 && !event_base_got_break(w->base));
    if (r < 0)
        w->hooks.say(w->hooks.arg, true, "an event loop failed");
    return NULL;
}

weir_status
worker_start(struct worker *w)
{
    sigset_t all, before;

    CHECK_OBJ(w, WORKER_MAGIC);
    (void)sigfillset(&all); /* signals are the main thread's */
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    w->started = pthread_create(&w->thread, NULL, run, w) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return w->started ? WEIR_OK : WEIR_E_NOMEM;
}

static void
leave_edition(struct worker *w)
{
    struct edition *next = atomic_exchange(&w->next, NULL);

    if (edition_leave(w->edition, w->number, &w->answerer))
        w->hooks.left(w->hooks.arg, w->edition);
    if (next && edition_forgo(next))
        w->hooks.left(w->hooks.arg, next);
    w->edition = NULL;
}

void
worker_stop(struct worker *w)
{
    CHECK_OBJ(w, WORKER_MAGIC);
    if (!w->edition)
        return;
    if (w->started) {
        worker_tell(w, WORKER_STOP);
        (void)pthread_join(w->thread, NULL);
    }
    for (size_t i = 0; i < w->nfds; i++) /* given too late */
        (void)close(w->fds[i].fd);
    kill_all(w);
    tell_ends(w);
    leave_edition(w);
    quill_fini(&w->quill);
}

void
worker_fini(struct worker *w)
{
    worker_stop(w);
    CHECK(w->nconns == 0 && w->counts.opened == w->counts.closed && w->held == 0);
    CHECK(tally_adds_up(&w->answerer.tally));
    CHECK(w->answerer.tally.made == w->counts.delivered + w->counts.discarded);
    free_events(w);
    free(w->fds);
    free(w->spare_in);
    weir_buf_fini(&w->spare_out);
    answerer_fini(&w->answerer);
    (void)pthread_mutex_destroy(&w->lock);
    w->magic = 0;
}

/* What connections borrow -------------------------------------------------------------------- */

char *
worker_borrow_in(struct worker *w)
{
    char *in = w->spare_in;

    w->spare_in = NULL;
    return in ? in : malloc(FRAME_MEMORY);
}

void
worker_return_in(struct worker *w, char *in)
{
    if (w->spare_in)
        free(in);
    else
        w->spare_in = in;
}

weir_buf
worker_borrow_out(struct worker *w)
{
    weir_buf out = w->spare_out;

    w->spare_out = (weir_buf){0};
    return out;
}

void
worker_return_out(struct worker *w, weir_buf *out)
{
    if (w->spare_out.p || out->failed || out->cap > SPARE_OUT_MAX)
        weir_buf_fini(out);
    out->len = 0;
    if (!w->spare_out.p)
        w->spare_out = *out;
    *out = (weir_buf){0};
}

void
worker_add(struct worker *w, struct conn *c)
{
    c->prev = NULL;
    c->next = w->conns;
    if (w->conns)
        w->conns->prev = c;
    w->conns = c;
    w->nconns++;
    w->counts.opened++;
}

/* Whoever spreads connections sees every one that he has given come back, or its place would stay
   taken for ever. */
static void
count_closed(struct worker *w)
{
    w->counts.closed++;
    atomic_store_explicit(&w->closed, w->counts.closed, memory_order_relaxed);
}

void
worker_remove(struct worker *w, struct conn *c)
{
    if (c->prev)
        c->prev->next = c->next;
    else
        w->conns = c->next;
    if (c->next)
        c->next->prev = c->prev;
    if (--w->nconns == 0)
        atomic_store_explicit(&w->most, 0, memory_order_relaxed);
    worker_weigh(w, c->held, 0);
    count_closed(w);
    tell_if_drained(w);
}

void
worker_pass_over(struct worker *w)
{
    w->counts.opened++;
    count_closed(w);
}

/*
 * Serving. The main thread accepts, hears signals and publishes editions; posts never pass through
 * it.
 */
#include "serve/server.h"

#include "flow/check.h"

#include "serve/gates.h"
#include "serve/loader.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* A load that has no idle time to live on is told to hurry after so long. */
static const struct timeval patience = {.tv_sec = 2, .tv_usec = 0};

struct server {
    uint32_t magic;
    struct server_options o;
    struct event_base *base;
    struct event *on_term, *on_int, *on_hup, *news, *too_late, *hurry;
    int news_fd;
    struct gates *gates;
    struct worker *workers;
    size_t nworkers; /* that are initialised */
    uint64_t *given; /* connections, by worker */
    struct loader *loader;
    struct edition *edition;
    weir_ruleset *rs; /* the edition's, also when it has been left */
    uint64_t editions;
    bool loading, load_again;
    bool draining, has_run;
    size_t full_at; /* connections at the shortage of descriptors that was said; 0: none was */
    bool refusing;  /* clients, which was said */
    struct server_sums sums;
    pthread_mutex_t lock; /* of: */
    struct edition *left; /* by everybody */
};

static void
say(const struct server *s, bool is_problem, const char *line)
{
    if (s->o.say)
        s->o.say(s->o.say_arg, is_problem, line);
}

/* Connections -------------------------------------------------------------------------------- */

static uint64_t
open_at(const struct server *s, size_t i)
{
    return s->given[i] - atomic_load_explicit(&s->workers[i].closed, memory_order_relaxed);
}

static size_t
nopen(const struct server *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->nworkers; i++)
        n += open_at(s, i);
    return n;
}

static void
refuse(struct server *s, evutil_socket_t fd)
{
    static const char line[] =
        "{\"v\":1,\"closed\":\"full\",\"detail\":\"as many connections are open as "
        "--max-connections allows\"}\n";
    char text[120];

    (void)send(fd, line, sizeof line - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)shutdown(fd, SHUT_WR);
    (void)close(fd);
    s->sums.refused++;
    if (s->refusing)
        return;
    s->refusing = true;
    (void)snprintf(text, sizeof text,
                   "clients are refused: %zu connections are open (--max-connections)",
                   s->o.max_conns);
    say(s, true, text);
}

/* To the worker with the fewest. */
static void
on_come(void *arg, evutil_socket_t fd)
{
    struct server *s = arg;
    size_t n = nopen(s), to = 0;

    if (n < s->full_at / 2)
        s->full_at = 0; /* over: the next one is news again */
    if (s->o.max_conns && n >= s->o.max_conns) {
        refuse(s, fd);
        return;
    }
    if (n < s->o.max_conns / 10 * 9)
        s->refusing = false;
    for (size_t i = 1; i < s->nworkers; i++)
        to = open_at(s, i) < open_at(s, to) ? i : to;
    if (worker_give(&s->workers[to], fd)) {
        s->given[to]++;
        return;
    }
    (void)close(fd);
    say(s, true, "a connection was refused: out of memory");
}

/* A worker's. */
static void
on_say(void *arg, bool is_problem, const char *line)
{
    say(arg, is_problem, line);
}

static void
on_full(void *arg, int error)
{
    struct server *s = arg;
    size_t n = nopen(s);
    char line[200];

    if (s->full_at)
        return;
    s->full_at = n + 1;
    (void)snprintf(line, sizeof line,
                   "connections have to wait: accept: %s (%zu are open); trying again",
                   strerror(error), n);
    say(s, true, line);
}

/* Editions ----------------------------------------------------------------------------------- */

static void
wake_up(void *arg)
{
    const struct server *s = arg;
    uint64_t one = 1;

    (void)!write(s->news_fd, &one, sizeof one);
}

/* Any thread. */
static void
on_left(void *arg, struct edition *e)
{
    struct server *s = arg;

    (void)pthread_mutex_lock(&s->lock);
    e->next = s->left;
    s->left = e;
    (void)pthread_mutex_unlock(&s->lock);
    wake_up(s);
}

/* What was done by editions that all have left is kept, and they go. */
static void
retire(struct server *s)
{
    struct edition *e, *next;

    (void)pthread_mutex_lock(&s->lock);
    e = s->left;
    s->left = NULL;
    (void)pthread_mutex_unlock(&s->lock);
    for (; e; e = next) {
        next = e->next;
        edition_take_rows(e, &s->sums.ledger);
        edition_take_costs(e, &s->sums.ledger);
        if (e == s->edition)
            s->edition = NULL;
        loader_discard(s->loader, e);
    }
}

static void
publish(struct server *s, struct edition *e)
{
    weir_ruleset *before = s->rs;

    s->edition = e;
    s->rs = weir_ruleset_ref(e->rs);
    for (size_t i = 0; i < s->nworkers; i++) {
        struct edition *forgone;

        if (worker_publish(&s->workers[i], e, &forgone))
            on_left(s, forgone);
    }
    weir_ruleset_unref(before);
}

static void
tell_reload(struct server *s, const struct load_job *j, weir_buf *out)
{
    weir_buf_put(out, (weir_span){j->report.p, j->report.len});
    if (j->edition)
        weir_buf_printf(out, "reloaded: ruleset %.16s, %" PRIu32 " rules, compiled in %.3f s",
                        weir_ruleset_digest(j->edition->rs), weir_ruleset_nrules(j->edition->rs),
                        (double)j->took_us / 1e6);
    else if (j->unchanged)
        weir_buf_printf(out, "reload: the rules are what they were (ruleset %.16s)",
                        weir_ruleset_digest(s->rs));
    else
        weir_buf_printf(out, "reload refused, nothing has changed: %s (ruleset %.16s goes on)",
                        weir_status_text(j->status), weir_ruleset_digest(s->rs));
    weir_buf_putc(out, '\0');
}

static void start_reload(struct server *s);

static void
end_reload(struct server *s, struct load_job *j)
{
    weir_buf text = {0};
    struct edition *e = j->edition;

    tell_reload(s, j, &text);
    if (e)
        publish(s, e);
    s->sums.reloads += e != NULL;
    s->sums.reloads_refused += !e && !j->unchanged;
    say(s, !e && !j->unchanged, text.failed ? weir_status_text(WEIR_E_NOMEM) : text.p);
    weir_buf_fini(&text);
    load_job_free(j);
    s->loading = false;
    (void)event_del(s->hurry);
    if (s->load_again && !s->draining)
        start_reload(s);
}

static void
start_reload(struct server *s)
{
    struct load_job *j = load_job_new();

    s->load_again = s->loading; /* what was asked for meanwhile is done once */
    if (s->loading || !j) {
        load_job_free(j);
        if (!j)
            say(s, true, "reload refused, nothing has changed: out of memory");
        return;
    }
    j->paths = s->o.rules;
    j->npaths = s->o.nrules;
    j->current = weir_ruleset_ref(s->rs);
    j->number = ++s->editions;
    j->nseats = s->nworkers;
    j->answer = &s->o.answer;
    j->max_shrink = s->o.max_shrink;
    s->loading = true;
    (void)event_add(s->hurry, &patience);
    loader_ask(s->loader, j);
}

static void
on_hurry(evutil_socket_t fd, short what, void *arg)
{
    struct server *s = arg;

    (void)fd;
    (void)what;
    loader_hurry(s->loader);
}

static void
on_hangup(evutil_socket_t sig, short what, void *arg)
{
    struct server *s = arg;

    (void)sig;
    (void)what;
    if (s->draining)
        return;
    say(s, false, "SIGHUP: loading the rules again");
    start_reload(s);
}

/* Ending ------------------------------------------------------------------------------------- */

static void
leave_if_drained(struct server *s)
{
    if (!s->draining)
        return;
    for (size_t i = 0; i < s->nworkers; i++)
        if (!atomic_load(&s->workers[i].drained))
            return;
    (void)event_base_loopexit(s->base, NULL);
}

static void
on_news(evutil_socket_t fd, short what, void *arg)
{
    struct server *s = arg;
    struct load_job *j;
    uint64_t n;

    (void)what;
    (void)!read(fd, &n, sizeof n);
    retire(s);
    while ((j = loader_answered(s->loader)))
        end_reload(s, j);
    leave_if_drained(s);
}

static void
tell_all(struct server *s, enum worker_order order)
{
    for (size_t i = 0; i < s->nworkers; i++)
        worker_tell(&s->workers[i], order);
}

static void
on_too_late(evutil_socket_t fd, short what, void *arg)
{
    struct server *s = arg;
    size_t n = nopen(s);
    char line[120];

    (void)fd;
    (void)what;
    (void)snprintf(line, sizeof line, "the answers of %zu %s were not taken in time", n,
                   n == 1 ? "connection" : "connections");
    say(s, true, line);
    tell_all(s, WORKER_KILL);
}

/* The first signal drains; one more cuts off. */
static void
on_signal(evutil_socket_t sig, short what, void *arg)
{
    struct server *s = arg;
    struct timeval limit = {.tv_sec = s->o.drain_ms / 1000,
                            .tv_usec = (suseconds_t)(s->o.drain_ms % 1000) * 1000};

    (void)what;
    if (s->draining) {
        tell_all(s, WORKER_KILL);
        return;
    }
    s->draining = true;
    say(s, false,
        sig == SIGTERM ? "SIGTERM: answering what was read" : "SIGINT: answering what was read");
    gates_close(s->gates);
    s->gates = NULL;
    (void)event_add(s->too_late, &limit);
    tell_all(s, WORKER_DRAIN);
}

/* Beginning ---------------------------------------------------------------------------------- */

static bool
make_events(struct server *s)
{
    struct event_config *cfg = event_config_new();

    if (!cfg)
        return false;
    (void)event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK);
    s->base = event_base_new_with_config(cfg);
    event_config_free(cfg);
    s->news_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (!s->base || s->news_fd < 0)
        return false;
    s->on_term = evsignal_new(s->base, SIGTERM, on_signal, s);
    s->on_int = evsignal_new(s->base, SIGINT, on_signal, s);
    s->on_hup = evsignal_new(s->base, SIGHUP, on_hangup, s);
    s->news = event_new(s->base, s->news_fd, EV_READ | EV_PERSIST, on_news, s);
    s->too_late = evtimer_new(s->base, on_too_late, s);
    s->hurry = evtimer_new(s->base, on_hurry, s);
    return s->on_term && s->on_int && s->on_hup && s->news && s->too_late && s->hurry &&
           event_add(s->on_term, NULL) == 0 && event_add(s->on_int, NULL) == 0 &&
           event_add(s->on_hup, NULL) == 0 && event_add(s->news, NULL) == 0;
}

static bool
make_workers(struct server *s, weir_ruleset *rs)
{
    struct worker_hooks hooks = {.news = wake_up, .left = on_left, .say = on_say, .arg = s};
    struct worker_limits limits = s->o.limits;

    limits.memory = s->o.max_memory / s->o.workers;
    s->workers = calloc(s->o.workers, sizeof *s->workers);
    s->given = calloc(s->o.workers, sizeof *s->given);
    s->edition = edition_new(rs, ++s->editions, s->o.workers, &s->o.answer);
    if (!s->workers || !s->given || !s->edition)
        return false;
    s->rs = weir_ruleset_ref(rs);
    while (s->nworkers < s->o.workers &&
           worker_init(&s->workers[s->nworkers], s->nworkers, s->edition, &s->o.answer, &limits,
                       &hooks) == WEIR_OK)
        s->nworkers++;
    return s->nworkers == s->o.workers;
}

static enum server_result
no_memory(const struct server *s)
{
    say(s, true, weir_status_text(WEIR_E_NOMEM));
    return SERVER_FAILED;
}

static enum server_result
open_gates(struct server *s)
{
    struct gates_hooks hooks = {.come = on_come, .full = on_full, .arg = s};
    weir_buf why = {0};
    enum listen_result r =
        gates_open(s->base, s->o.listen, s->o.nlisten, &s->o.listener, &hooks, &why, &s->gates);

    if (r != LISTEN_OK) {
        weir_buf_putc(&why, '\0');
        say(s, true, why.failed ? weir_status_text(WEIR_E_NOMEM) : why.p);
    }
    weir_buf_fini(&why);
    return r == LISTEN_OK ? SERVER_OK : r == LISTEN_BAD ? SERVER_BAD : SERVER_FAILED;
}

enum server_result
server_open(const struct server_options *o, weir_ruleset *rs, struct server **out)
{
    struct server *s = calloc(1, sizeof *s);
    enum server_result r;

    CHECK(o->nlisten > 0 && o->workers > 0);
    if (!s)
        return no_memory(&(struct server){.o = *o});
    s->magic = SERVER_MAGIC;
    s->o = *o;
    s->news_fd = -1;
    tally_init(&s->sums.tally);
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    r = make_events(s) && make_workers(s, rs) ? SERVER_OK : no_memory(s);
    if (r == SERVER_OK)
        s->loader = loader_new(wake_up, s);
    if (r == SERVER_OK && !s->loader)
        r = no_memory(s);
    if (r == SERVER_OK)
        r = open_gates(s);
    if (r != SERVER_OK) {
        server_close(s);
        return r;
    }
    *out = s;
    return SERVER_OK;
}

size_t
server_nlisteners(const struct server *s)
{
    return gates_n(s->gates);
}

const char *
server_listener_name(const struct server *s, size_t i)
{
    return gates_name(s->gates, i);
}

static void
add_counts(struct worker_counts *to, const struct worker_counts *from)
{
    to->opened += from->opened;
    to->closed += from->closed;
    to->silent += from->silent;
    to->broken += from->broken;
    for (int e = 0; e < WORKER_NENDS; e++)
        to->ended[e] += from->ended[e];
    to->delivered += from->delivered;
    to->discarded += from->discarded;
    to->lines += from->lines;
    to->unanswered += from->unanswered;
    to->unfinished += from->unfinished;
    to->bytes_in += from->bytes_in;
    to->bytes_out += from->bytes_out;
}

/* No worker runs any more when this is done. */
static void
sum_up(struct server *s)
{
    for (size_t i = 0; i < s->nworkers; i++) {
        const struct worker *w = &s->workers[i];

        worker_stop(&s->workers[i]);
        add_counts(&s->sums.counts, &w->counts);
        tally_add(&s->sums.tally, &w->answerer.tally);
        latency_add(&s->sums.latency, &w->latency);
    }
    retire(s);
}

enum server_result
server_run(struct server *s)
{
    enum server_result r = SERVER_OK;

    CHECK_OBJ(s, SERVER_MAGIC);
    for (size_t i = 0; i < s->nworkers && r == SERVER_OK; i++)
        if (worker_start(&s->workers[i]) != WEIR_OK)
            r = no_memory(s);
    if (r == SERVER_OK && event_base_dispatch(s->base) < 0) {
        say(s, true, "the event loop failed");
        r = SERVER_FAILED;
    }
    sum_up(s);
    return r;
}

const struct server_sums *
server_sums(const struct server *s)
{
    return &s->sums;
}

const weir_ruleset *
server_ruleset(const struct server *s)
{
    return s->rs;
}

/*
 * Taking the handlers away gives SIGTERM its default back, and a second one, sent while the process
 * is on its way out, would make a clean end look like a death. Blocked, it is dropped at the exit.
 */
static void
block_ending_signals(void)
{
    sigset_t ending;

    (void)sigemptyset(&ending);
    (void)sigaddset(&ending, SIGTERM);
    (void)sigaddset(&ending, SIGINT);
    (void)sigaddset(&ending, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, &ending, NULL);
}

static void
free_events(struct server *s)
{
    struct event *events[] = {s->on_term, s->on_int, s->on_hup, s->news, s->too_late, s->hurry};

    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        if (events[i])
            event_free(events[i]);
    }
    if (s->base)
        event_base_free(s->base);
    if (s->news_fd >= 0)
        (void)close(s->news_fd);
}

/* Those that were left, and one that workers were never made for. */
static void
free_editions(struct server *s)
{
    struct edition *e = s->left, *next;

    for (; e; e = next) {
        next = e->next;
        if (e == s->edition)
            s->edition = NULL;
        edition_free(e);
    }
    if (s->edition) {
        atomic_store(&s->edition->taken, 0);
        edition_free(s->edition);
    }
}

void
server_close(struct server *s)
{
    CHECK_OBJ(s, SERVER_MAGIC);
    gates_close(s->gates);
    if (s->on_term)
        block_ending_signals();
    for (size_t i = 0; i < s->nworkers; i++)
        worker_fini(&s->workers[i]);
    if (s->loader)
        retire(s);
    loader_free(s->loader);
    free_editions(s);
    free_events(s);
    ledger_fini(&s->sums.ledger);
    tally_fini(&s->sums.tally);
    weir_ruleset_unref(s->rs);
    free(s->workers);
    free(s->given);
    (void)pthread_mutex_destroy(&s->lock);
    s->magic = 0;
    free(s);
}

/*
 * Serving. The main thread accepts, hears signals and publishes editions; posts never pass through
 * it.
 */
#include "serve/serving.h"

#include "flow/check.h"
#include "flow/clock.h"
#include "serve/daemon.h"
#include "serve/loop.h"
#include "serve/spare.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

void
server_say(const struct server *s, bool is_problem, const char *fmt, ...)
{
    char *line = NULL;
    va_list ap;

    if (!s->o.say)
        return;
    va_start(ap, fmt);
    int n = vasprintf(&line, fmt, ap);
    va_end(ap);
    s->o.say(s->o.say_arg, is_problem, n < 0 ? fmt : line); /* no memory: better than nothing */
    free(n < 0 ? NULL : line);
}

void
server_wake(void *server)
{
    const struct server *s = server;
    uint64_t one = 1;

    (void)!write(s->news_fd, &one, sizeof one);
}

void
server_tell_manager(const struct server *s)
{
    char line[120];

    (void)snprintf(line, sizeof line, "serving ruleset %.16s, %u rules", weir_ruleset_digest(s->rs),
                   weir_ruleset_nrules(s->rs));
    int error = daemon_ready(line);
    if (error)
        server_say(s, true, "the service manager cannot be told that we serve: %s",
                   strerror(error));
}

/* Connections -------------------------------------------------------------------------------- */

static uint64_t
open_at(const struct server *s, size_t i)
{
    return s->given[i] - atomic_load_explicit(&s->workers[i].closed, memory_order_relaxed);
}

size_t
server_nopen(const struct server *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->nworkers; i++)
        n += open_at(s, i);
    return n;
}

static void
refuse(struct server *s, evutil_socket_t fd, bool is_tls)
{
    s->sums.refused++;
    if (refusing_take(&s->refusing, s->base, fd, is_tls))
        server_say(s, true, "clients are refused: %zu connections are open (--max-connections)",
                   s->o.max_conns);
}

/* To the worker with the fewest. */
static void
on_come(void *arg, evutil_socket_t fd, bool is_unix)
{
    struct server *s = arg;
    struct tls *tls = is_unix ? NULL : s->tls;
    size_t n = server_nopen(s), to = 0;

    if (2 * n < s->full_at)
        s->full_at = 0; /* over: the next one is news again */
    if (s->o.max_conns && n >= s->o.max_conns) {
        refuse(s, fd, tls != NULL);
        return;
    }
    refusing_look(&s->refusing, n, s->o.max_conns);
    for (size_t i = 1; i < s->nworkers; i++)
        to = open_at(s, i) < open_at(s, to) ? i : to;
    if (worker_give(&s->workers[to], fd, tls)) {
        s->given[to]++;
        return;
    }
    (void)close(fd);
    server_say(s, true, "a connection was refused: out of memory");
}

/* A worker's, and the watch's. */
static void
on_say(void *arg, bool is_problem, const char *line)
{
    server_say(arg, is_problem, "%s", line);
}

static void
on_full(void *arg, int error)
{
    struct server *s = arg;
    size_t n = server_nopen(s);

    if (s->full_at)
        return;
    s->full_at = n + 1;
    server_say(s, true, "connections have to wait: accept: %s (%zu are open); trying again",
               strerror(error), n);
}

/* Signals ------------------------------------------------------------------------------------ */

static void
on_hangup(evutil_socket_t sig, short what, void *arg)
{
    struct server *s = arg;

    (void)sig;
    (void)what;
    if (s->draining)
        return;
    server_say(s, false, "SIGHUP: loading the rules again");
    server_renew_tls(s);
    server_reload(s, false, (struct server_asker){.who = "SIGHUP"});
}

static void
on_boundary(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    server_watch_time(arg);
}

static void
on_look(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    server_look_at_load(arg);
}

/* Ending ------------------------------------------------------------------------------------- */

static void
leave_if_drained(struct server *s)
{
    if (!s->draining || (s->desk && s->desk->njobs > 0))
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
    uint64_t n;

    (void)what;
    (void)!read(fd, &n, sizeof n);
    server_retire(s);
    server_end_loads(s);
    server_look_for_trips(s);
    server_answer_questions(s);
    server_hear_scribe(s);
    leave_if_drained(s);
}

static void
tell_all(struct server *s, enum worker_order order)
{
    for (size_t i = 0; i < s->nworkers; i++)
        worker_tell(&s->workers[i], order);
}

static void
cut_off(struct server *s)
{
    http_close(s->http);
    s->http = NULL;
    tell_all(s, WORKER_KILL);
    server_wake(s); /* workers that have no connections have nothing to say */
}

static void
on_too_late(evutil_socket_t fd, short what, void *arg)
{
    struct server *s = arg;
    size_t n = server_nopen(s) + (s->desk ? s->desk->njobs : 0);

    (void)fd;
    (void)what;
    server_say(s, true, "the answers of %zu %s were not taken in time", n,
               n == 1 ? "connection" : "connections");
    cut_off(s);
}

void
server_begin_end(struct server *s, bool is_problem, const char *why)
{
    struct timeval limit = {.tv_sec = s->o.drain_ms / 1000,
                            .tv_usec = (suseconds_t)(s->o.drain_ms % 1000) * 1000};

    s->draining = true;
    (void)daemon_stopping(why);
    server_say(s, is_problem, "%s", why);
    gates_close(s->gates);
    s->gates = NULL;
    watch_free(s->watch);
    s->watch = NULL;
    (void)event_add(s->too_late, &limit);
    tell_all(s, WORKER_DRAIN);
}

/* The first signal drains; one more cuts off. */
static void
on_signal(evutil_socket_t sig, short what, void *arg)
{
    struct server *s = arg;

    (void)what;
    if (s->draining)
        cut_off(s);
    else
        server_begin_end(s, false,
                         sig == SIGTERM ? "SIGTERM: answering what was read"
                                        : "SIGINT: answering what was read");
}

/* Beginning ---------------------------------------------------------------------------------- */

static bool
make_events(struct server *s)
{
    s->base = loop_new();
    s->news_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (!s->base || s->news_fd < 0)
        return false;
    s->on_term = evsignal_new(s->base, SIGTERM, on_signal, s);
    s->on_int = evsignal_new(s->base, SIGINT, on_signal, s);
    s->on_hup = evsignal_new(s->base, SIGHUP, on_hangup, s);
    s->news = event_new(s->base, s->news_fd, EV_READ | EV_PERSIST, on_news, s);
    s->too_late = evtimer_new(s->base, on_too_late, s);
    s->look = evtimer_new(s->base, on_look, s);
    s->boundary = evtimer_new(s->base, on_boundary, s);
    return s->on_term && s->on_int && s->on_hup && s->news && s->too_late && s->look &&
           s->boundary && event_add(s->on_term, NULL) == 0 && event_add(s->on_int, NULL) == 0 &&
           event_add(s->on_hup, NULL) == 0 && event_add(s->news, NULL) == 0;
}

size_t
server_nseats(const struct server *s)
{
    return s->o.workers + (s->o.http != NULL);
}

/* What HTTP asks for is decided on this thread. */
static bool
make_desk(struct server *s, const struct worker_hooks *hooks)
{
    if (!s->o.http)
        return true;
    s->desk = calloc(1, sizeof *s->desk);
    if (s->desk && desk_init(s->desk, s->o.workers, s->edition, &s->o.answer, hooks) == WEIR_OK)
        return true;
    free(s->desk);
    s->desk = NULL;
    return false;
}

static bool
make_workers(struct server *s, weir_ruleset *rs)
{
    struct worker_hooks hooks = {
        .news = server_wake, .left = server_left, .say = on_say, .arg = s, .cede = &s->cede};
    struct worker_limits limits = s->o.limits;

    s->workers = calloc(s->o.workers, sizeof *s->workers);
    s->given = calloc(s->o.workers, sizeof *s->given);
    s->edition = edition_new(rs, server_nseats(s), &s->o.answer);
    if (!s->workers || !s->given || !s->edition)
        return false;
    s->memory.limit = s->o.max_memory;
    limits.memory = s->o.max_memory ? &s->memory : NULL;
    s->rs = weir_ruleset_ref(rs);
    s->began_ms = s->edition_ms = s->good_ms = clock_now_ms();
    while (s->nworkers < s->o.workers &&
           worker_init(&s->workers[s->nworkers], s->nworkers, s->edition, &s->o.answer, &limits,
                       &hooks) == WEIR_OK)
        s->nworkers++;
    return s->nworkers == s->o.workers && make_desk(s, &hooks);
}

/* What is written in steps has this long from one to the next. */
static const struct watch_times watch_times = {
    .settle_ms = 500, .most_ms = 5000, .again_ms = 10000};

static enum server_result
watch_rules(struct server *s)
{
    struct watch_hooks hooks = {.changed = server_on_changed_files, .say = on_say, .arg = s};

    s->watch = watch_new(s->base, s->o.rules, s->o.nrules, &watch_times, &hooks);
    if (s->watch)
        return SERVER_OK;
    server_say(s, true, "cannot watch the rules for changes: %s", strerror(errno));
    return SERVER_FAILED;
}

/* A client that does nothing unusual must not be closed where it is alone. */
static enum server_result
check_memory(const struct server *s)
{
    size_t least = conn_most_memory(s->o.answer.max_line, s->o.journal.dir != NULL);

    if (!s->o.max_memory || s->o.max_memory >= least)
        return SERVER_OK;
    server_say(s, true,
               "--max-memory: %zu bytes are too few: one connection alone may hold %zuK, with "
               "lines as long as --max-line allows; say that much or more, or 0 for no limit",
               s->o.max_memory, least / 1024 + 1);
    return SERVER_BAD;
}

enum server_result
server_open(const struct server_options *o, weir_ruleset *rs, struct server **out)
{
    struct server *s = calloc(1, sizeof *s);
    struct gates_hooks listening = {
        .come = on_come, .full = on_full, .arg = s, .spares = SPARE_OF_STREAMS};
    enum server_result r;

    CHECK(o->nlisten > 0 && o->workers > 0);
    if (!s)
        return server_no_memory(&(struct server){.o = *o});
    s->magic = SERVER_MAGIC;
    s->o = *o;
    s->news_fd = -1;
    tally_init(&s->sums.tally);
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a journal that may not grow fails as on a full disk */
    r = check_memory(s);
    if (r == SERVER_OK)
        r = make_events(s) && make_workers(s, rs) ? SERVER_OK : server_no_memory(s);
    if (r == SERVER_OK)
        s->loader = loader_new(server_wake, s);
    if (r == SERVER_OK && !s->loader)
        r = server_no_memory(s);
    if (r == SERVER_OK)
        r = server_open_tls(s);
    if (r == SERVER_OK)
        r = server_open_listeners(s, &listening);
    if (r == SERVER_OK && o->watch)
        r = watch_rules(s);
    if (r != SERVER_OK) {
        (void)server_close(s); /* nothing was loaded yet */
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

size_t
server_nhttp(const struct server *s)
{
    return s->http ? http_nlisteners(s->http) : 0;
}

const char *
server_http_name(const struct server *s, size_t i)
{
    return http_listener_name(s->http, i);
}

enum server_result
server_run(struct server *s)
{
    enum server_result r = SERVER_OK;

    CHECK_OBJ(s, SERVER_MAGIC);
    if (s->scribe && !scribe_start(s->scribe))
        r = server_no_memory(s);
    for (size_t i = 0; i < s->nworkers && r == SERVER_OK; i++)
        if (worker_start(&s->workers[i]) != WEIR_OK)
            r = server_no_memory(s);
    if (r == SERVER_OK && !loader_start(s->loader))
        r = server_no_memory(s);
    server_watch_time(s);
    if (r == SERVER_OK)
        server_tell_manager(s);
    if (r == SERVER_OK && event_base_dispatch(s->base) < 0) {
        server_say(s, true, "the event loop failed");
        r = SERVER_FAILED;
    }
    server_sum_up(s);
    if (server_close_journal(s) != SERVER_OK)
        r = SERVER_FAILED;
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

weir_ruleset *
server_ruleset_ref(const struct server *s)
{
    return weir_ruleset_ref(s->rs);
}

int64_t
server_now_ms(const struct server *s)
{
    return s->o.answer.clock == ANSWER_FIXED ? s->o.answer.at_ms : clock_now_ms();
}

bool
server_is_draining(const struct server *s)
{
    return s->draining;
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
    struct event *events[] = {s->on_term,  s->on_int, s->on_hup,   s->news,
                              s->too_late, s->look,   s->boundary, s->day};

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

bool
server_close(struct server *s)
{
    CHECK_OBJ(s, SERVER_MAGIC);
    gates_close(s->gates);
    refusing_fini(&s->refusing);
    control_close(s->control);
    http_close(s->http);
    watch_free(s->watch);
    if (s->on_term)
        block_ending_signals();
    for (size_t i = 0; i < s->nworkers; i++)
        worker_fini(&s->workers[i]);
    if (s->desk)
        desk_fini(s->desk);
    free(s->desk);
    scribe_free(s->scribe);
    if (s->loader)
        server_retire(s);
    if (!loader_free(s->loader))
        return false;
    server_drop_loads(s);
    server_free_trips(s);
    free_editions(s);
    free_events(s);
    tls_free(s->tls);
    ledger_fini(&s->sums.ledger);
    tally_fini(&s->sums.tally);
    weir_ruleset_unref(s->rs);
    weir_ruleset_unref(s->previous);
    free(s->workers);
    free(s->given);
    (void)pthread_mutex_destroy(&s->lock);
    s->magic = 0;
    free(s);
    return true;
}

int64_t
server_began_ms(const struct server *s)
{
    return s->began_ms;
}

/*
 * Serving. One worker runs in the loop that accepts; nothing here but adopt() knows how many
 * there are.
 */
#include "serve/server.h"

#include "flow/check.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* After an accept that failed: libevent would call again at once, and for ever. */
static const struct timeval accept_pause = {.tv_sec = 0, .tv_usec = 100 * 1000};

struct gate {
    struct server *server;
    struct listen_socket at;
    struct evconnlistener *listener; /* NULL once closed */
};

struct server {
    uint32_t magic;
    struct server_options o;
    struct event_base *base;
    struct worker worker;
    bool has_worker;
    struct gate *gates;
    size_t ngates;
    struct event *on_term, *on_int, *reopen, *too_late;
    bool draining;
    size_t full_at; /* connections at the shortage of descriptors that was said; 0: none was */
};

static void
say(const struct server *s, bool is_problem, const char *line)
{
    if (s->o.say)
        s->o.say(s->o.say_arg, is_problem, line);
}

static void
set_accepting(struct server *s, bool on)
{
    for (size_t i = 0; i < s->ngates; i++) {
        if (!s->gates[i].listener)
            continue;
        if (on)
            (void)evconnlistener_enable(s->gates[i].listener);
        else
            (void)evconnlistener_disable(s->gates[i].listener);
    }
}

static void
adopt(struct server *s, evutil_socket_t fd)
{
    if (s->worker.nconns < s->full_at / 2)
        s->full_at = 0; /* over: the next one is news again */
    if (!conn_open(&s->worker, fd))
        say(s, true, "a connection was refused: out of memory");
}

static void
on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa, int len, void *arg)
{
    struct gate *g = arg;

    (void)l;
    (void)sa;
    (void)len;
    adopt(g->server, fd);
}

/* Out of descriptors or memory: pause, and try again by timer. */
static void
on_accept_error(struct evconnlistener *l, void *arg)
{
    int error = EVUTIL_SOCKET_ERROR();
    struct gate *g = arg;
    struct server *s = g->server;
    char line[200];

    (void)l;
    set_accepting(s, false);
    (void)event_add(s->reopen, &accept_pause);
    if (s->full_at)
        return;
    s->full_at = s->worker.nconns + 1;
    (void)snprintf(line, sizeof line,
                   "connections have to wait: accept: %s (%zu are open); trying again",
                   strerror(error), s->worker.nconns);
    say(s, true, line);
}

static void
on_reopen(evutil_socket_t fd, short what, void *arg)
{
    struct server *s = arg;

    (void)fd;
    (void)what;
    if (!s->draining)
        set_accepting(s, true);
}

static void
close_gates(struct server *s)
{
    for (size_t i = 0; i < s->ngates; i++) {
        struct gate *g = &s->gates[i];

        if (g->listener)
            evconnlistener_free(g->listener); /* and closes the socket */
        else if (g->at.fd >= 0)
            (void)close(g->at.fd);
        listen_unlink(&g->at);
        g->listener = NULL;
        g->at.fd = -1;
        g->at.path[0] = '\0';
    }
}

static void
on_empty(void *arg)
{
    struct server *s = arg;

    (void)event_base_loopexit(s->base, NULL);
}

static void
on_too_late(evutil_socket_t fd, short what, void *arg)
{
    struct server *s = arg;
    char line[120];

    (void)fd;
    (void)what;
    size_t n = s->worker.nconns;
    (void)snprintf(line, sizeof line, "the answers of %zu %s were not taken in time", n,
                   n == 1 ? "connection" : "connections");
    say(s, true, line);
    worker_kill_all(&s->worker);
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
        worker_kill_all(&s->worker);
        return;
    }
    s->draining = true;
    say(s, false,
        sig == SIGTERM ? "SIGTERM: answering what was read" : "SIGINT: answering what was read");
    close_gates(s);
    (void)event_add(s->too_late, &limit);
    worker_drain(&s->worker);
}

static bool
make_events(struct server *s)
{
    struct event_config *cfg = event_config_new();

    if (!cfg)
        return false;
    (void)event_config_set_flag(cfg, EVENT_BASE_FLAG_NOLOCK);
    s->base = event_base_new_with_config(cfg);
    event_config_free(cfg);
    if (!s->base)
        return false;
    s->on_term = evsignal_new(s->base, SIGTERM, on_signal, s);
    s->on_int = evsignal_new(s->base, SIGINT, on_signal, s);
    s->reopen = evtimer_new(s->base, on_reopen, s);
    s->too_late = evtimer_new(s->base, on_too_late, s);
    return s->on_term && s->on_int && s->reopen && s->too_late &&
           event_add(s->on_term, NULL) == 0 && event_add(s->on_int, NULL) == 0;
}

static enum server_result
no_memory(const struct server *s)
{
    say(s, true, weir_status_text(WEIR_E_NOMEM));
    return SERVER_FAILED;
}

/* Sockets are bound first and listened on by the loop later: pointers into gates are taken then. */
static enum server_result
open_gates(struct server *s)
{
    weir_buf why = {0};
    enum listen_result r = LISTEN_OK;

    s->gates = calloc(s->o.nlisten * LISTEN_MAX, sizeof *s->gates);
    if (!s->gates)
        return no_memory(s);
    for (size_t i = 0; i < s->o.nlisten && r == LISTEN_OK; i++) {
        struct listen_socket at[LISTEN_MAX];
        size_t n;

        r = listen_open(s->o.listen[i], &s->o.listener, at, &n, &why);
        for (size_t j = 0; r == LISTEN_OK && j < n; j++)
            s->gates[s->ngates++] = (struct gate){.server = s, .at = at[j]};
    }
    if (r != LISTEN_OK) {
        weir_buf_putc(&why, '\0');
        say(s, true, why.failed ? weir_status_text(WEIR_E_NOMEM) : why.p);
    }
    weir_buf_fini(&why);
    return r == LISTEN_OK ? SERVER_OK : r == LISTEN_BAD ? SERVER_BAD : SERVER_FAILED;
}

static bool
start_gates(struct server *s)
{
    for (size_t i = 0; i < s->ngates; i++) {
        struct gate *g = &s->gates[i];

        g->listener = evconnlistener_new(
            s->base, on_accept, g, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, g->at.fd);
        if (!g->listener)
            return false;
        evconnlistener_set_error_cb(g->listener, on_accept_error);
    }
    return true;
}

enum server_result
server_open(const struct server_options *o, weir_ruleset *rs, struct server **out)
{
    struct server *s = calloc(1, sizeof *s);
    enum server_result r;

    CHECK(o->nlisten > 0);
    if (!s)
        return no_memory(&(struct server){.o = *o});
    s->magic = SERVER_MAGIC;
    s->o = *o;
    (void)signal(SIGPIPE, SIG_IGN);
    r = make_events(s) ? SERVER_OK : no_memory(s);
    if (r == SERVER_OK) {
        s->has_worker = worker_init(&s->worker, s->base, rs, &o->answer) == WEIR_OK;
        r = s->has_worker ? open_gates(s) : no_memory(s);
    }
    if (r == SERVER_OK && !start_gates(s))
        r = no_memory(s);
    if (r != SERVER_OK) {
        server_close(s);
        return r;
    }
    s->worker.on_empty = on_empty;
    s->worker.on_empty_arg = s;
    *out = s;
    return SERVER_OK;
}

size_t
server_nlisteners(const struct server *s)
{
    return s->ngates;
}

const char *
server_listener_name(const struct server *s, size_t i)
{
    CHECK(i < s->ngates);
    return s->gates[i].at.name;
}

enum server_result
server_run(struct server *s)
{
    CHECK_OBJ(s, SERVER_MAGIC);
    if (event_base_dispatch(s->base) < 0) {
        say(s, true, "the event loop failed");
        return SERVER_FAILED;
    }
    return SERVER_OK;
}

const struct worker *
server_worker(const struct server *s)
{
    return &s->worker;
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
    (void)pthread_sigmask(SIG_BLOCK, &ending, NULL);
}

void
server_close(struct server *s)
{
    struct event *events[] = {s->on_term, s->on_int, s->reopen, s->too_late};

    CHECK_OBJ(s, SERVER_MAGIC);
    close_gates(s);
    if (s->on_term)
        block_ending_signals();
    s->worker.on_empty = NULL;
    if (s->has_worker)
        worker_fini(&s->worker);
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        if (events[i])
            event_free(events[i]);
    }
    if (s->base)
        event_base_free(s->base);
    free(s->gates);
    s->magic = 0;
    free(s);
}

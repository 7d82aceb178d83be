/*
 * Accepting. At a shortage of descriptors libevent's listener would call back without a pause: it
 * is switched off, and on again by a timer. That is done a little before the last one is taken:
 * however many clients there are, rules can be loaded and the control socket answers.
 */
#include "serve/gates.h"

#include "serve/spare.h"

#include <errno.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <unistd.h>

/* After an accept that failed. */
static const struct timeval accept_pause = {.tv_sec = 0, .tv_usec = 100 * 1000};

struct gate {
    struct gates *gates;
    struct listen_socket at;
    struct evconnlistener *listener; /* NULL: not yet, or closed */
};

struct gates {
    struct gates_hooks hooks;
    struct event *reopen;
    struct gate *v;
    size_t n;
};

static void
set_accepting(struct gates *g, bool on)
{
    for (size_t i = 0; i < g->n; i++) {
        if (!g->v[i].listener)
            continue;
        if (on)
            (void)evconnlistener_enable(g->v[i].listener);
        else
            (void)evconnlistener_disable(g->v[i].listener);
    }
}

static void
pause_accepting(struct gates *g, int error)
{
    set_accepting(g, false);
    (void)event_add(g->reopen, &accept_pause);
    g->hooks.full(g->hooks.arg, error);
}

static void
on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa, int len, void *arg)
{
    const struct gate *at = arg;

    (void)l;
    (void)sa;
    (void)len;
    at->gates->hooks.come(at->gates->hooks.arg, fd, at->at.is_unix);
    if (spare_is(fd, at->gates->hooks.spares))
        pause_accepting(at->gates, EMFILE);
}

static void
on_accept_error(struct evconnlistener *l, void *arg)
{
    (void)l;
    pause_accepting(((struct gate *)arg)->gates, EVUTIL_SOCKET_ERROR());
}

static void
on_reopen(evutil_socket_t fd, short what, void *arg)
{
    struct gates *g = arg;

    (void)fd;
    (void)what;
    if (spare_is_next(g->v[0].at.fd, g->hooks.spares))
        (void)event_add(g->reopen, &accept_pause);
    else
        set_accepting(g, true);
}

void
gates_close(struct gates *g)
{
    if (!g)
        return;
    for (size_t i = 0; i < g->n; i++) {
        listen_unlink(&g->v[i].at); /* while no other file can have come to its number */
        if (g->v[i].listener)
            evconnlistener_free(g->v[i].listener); /* and closes the socket */
        else
            (void)close(g->v[i].at.fd);
    }
    if (g->reopen)
        event_free(g->reopen);
    free(g->v);
    free(g);
}

static enum listen_result
bind_all(struct gates *g, const char *const *addresses, size_t n, const struct listen_options *o,
         weir_buf *why)
{
    enum listen_result r = LISTEN_OK;

    for (size_t i = 0; i < n && r == LISTEN_OK; i++) {
        struct listen_socket at[LISTEN_MAX];
        size_t found;

        r = listen_open(addresses[i], o, at, &found, why);
        for (size_t j = 0; r == LISTEN_OK && j < found; j++)
            g->v[g->n++] = (struct gate){.gates = g, .at = at[j]};
    }
    return r;
}

static bool
start_all(struct gates *g, struct event_base *base)
{
    for (size_t i = 0; i < g->n; i++) {
        struct gate *at = &g->v[i];

        at->listener = evconnlistener_new(
            base, on_accept, at, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, at->at.fd);
        if (!at->listener)
            return false;
        evconnlistener_set_error_cb(at->listener, on_accept_error);
    }
    return true;
}

/* Sockets are bound first and listened on by the loop later: pointers into `v` are taken then. */
enum listen_result
gates_open(struct event_base *base, const char *const *addresses, size_t n,
           const struct listen_options *o, const struct gates_hooks *hooks, weir_buf *why,
           struct gates **out)
{
    struct gates *g = calloc(1, sizeof *g);
    enum listen_result r = LISTEN_FAILED;

    if (g) {
        *g = (struct gates){.hooks = *hooks, .v = calloc(n * LISTEN_MAX, sizeof *g->v)};
        g->reopen = evtimer_new(base, on_reopen, g);
    }
    if (!g || !g->v || !g->reopen)
        weir_buf_puts(why, weir_status_text(WEIR_E_NOMEM));
    else
        r = bind_all(g, addresses, n, o, why);
    if (r == LISTEN_OK && !start_all(g, base)) {
        weir_buf_puts(why, weir_status_text(WEIR_E_NOMEM));
        r = LISTEN_FAILED;
    }
    if (r != LISTEN_OK)
        gates_close(g);
    else
        *out = g;
    return r;
}

size_t
gates_n(const struct gates *g)
{
    return g->n;
}

const char *
gates_name(const struct gates *g, size_t i)
{
    return g->v[i].at.name;
}

/*
 * Connections, as far as evhttp (of libevent 2.1) leaves them to themselves. It has no limit on
 * their number, and its timeouts are of silence, so that a client that sends a byte now and then
 * may stay for days; its limit on bodies answers in a page of HTML. So it is held to limits here,
 * and clients are told in JSON which of them they met. Heads of requests are looked at before it
 * sees them (http_head.c).
 */
#include "serve/http_parts.h"

#include "flow/check.h"
#include "flow/clock.h"
#include "serve/loop.h"
#include "serve/spare.h"

#include <event2/listener.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* What is read ahead of what is worked on: a body has to fit, which evhttp takes in one. */
#define INPUT_MAX (HTTP_BODY_MAX + (size_t)128 * 1024)

/* How long a client that was told of the end may stay, where there is no limit on others. */
#define ENDING_MS 30000u

#define SWEEP_LEAST_MS 20u
#define SWEEP_MOST_MS 1000u

static const bool allowed[HTTP_NSTATES][HTTP_NSTATES] = {
    [HTTP_READING] = {[HTTP_WORKING] = true, [HTTP_ENDING] = true},
    [HTTP_WORKING] = {[HTTP_SENDING] = true},
    [HTTP_SENDING] = {[HTTP_WORKING] = true, [HTTP_READING] = true},
    [HTTP_ENDING] = {false},
};

/* The one place where the state changes. */
void
http_conn_set_state(struct http_conn *c, enum http_state to)
{
    CHECK(allowed[c->state][to]);
    c->state = to;
    c->since_us = clock_running_us();
}

/* At what has come, from there on. evhttp has yet to see it: the callbacks of a buffer come before
   those of its connection, and tend() before what evhttp puts off to another turn. */
static void
look(struct http_conn *c, size_t from)
{
    struct evbuffer *in = bufferevent_get_input(c->bev);
    struct evbuffer_ptr at;
    struct evbuffer_iovec v;

    while (c->head.part != HTTP_HEAD_DONE && from < evbuffer_get_length(in) &&
           evbuffer_ptr_set(in, &at, from, EVBUFFER_PTR_SET) == 0 &&
           evbuffer_peek(in, -1, &at, &v, 1) > 0) {
        http_head_take(&c->head, v.iov_base, v.iov_len);
        from += v.iov_len;
    }
    if (c->head.refused)
        event_active(c->http->tend, EV_TIMEOUT, 0);
}

void
http_conn_rest(struct http_conn *c)
{
    http_conn_set_state(c, HTTP_READING);
    c->ask = NULL;
    c->came = evbuffer_get_length(bufferevent_get_input(c->bev)); /* of the next one */
    c->head = (struct http_head){0};
    look(c, 0);
}

struct http_conn *
http_conn_find(const struct http *h, const struct evhttp_connection *evcon)
{
    struct http_conn *c = h->conns;

    while (c && c->evcon != evcon)
        c = c->next;
    return c;
}

/* Accepting ---------------------------------------------------------------------------------- */

static void
set_listening(struct http *h, bool on)
{
    for (size_t i = 0; i < h->nbound; i++) {
        struct evconnlistener *l = evhttp_bound_socket_get_listener(h->bound[i]);

        if (on)
            (void)evconnlistener_enable(l);
        else
            (void)evconnlistener_disable(l);
    }
}

static void
set_accepting(struct http *h, bool on)
{
    set_listening(h, on);
    h->is_full = !on;
}

/* The last descriptors are left to rules and control, until the sweep. */
static bool
has_few_descriptors(const struct http *h)
{
    return h->nbound && spare_is_next(h->at[0].fd, SPARE_OF_HTTP);
}

/* Without this, libevent would call accept() again and again where no descriptor is left. The sweep
   enables it. Its argument is evhttp's. */
static void
on_accept_error(struct evconnlistener *l, void *arg)
{
    (void)arg;
    (void)evconnlistener_disable(l);
}

static void
forget(struct http_conn *c)
{
    struct http *h = c->http;

    if (c->prev)
        c->prev->next = c->next;
    else
        h->conns = c->next;
    if (c->next)
        c->next->prev = c->prev;
    h->nconns--;
    h->counts.closed++;
    if (h->is_full && h->nconns < h->max_conns)
        set_accepting(h, true);
    free(c);
}

/* evhttp asks for the inside of a connection that it has just accepted. It has no connection to
   show yet; tend() finds that before anything can come on it. NULL: it makes one of its own, which
   is closed by http_on_request. */
static struct bufferevent *
on_come(struct event_base *base, void *arg)
{
    struct http *h = arg;
    struct http_conn *c = calloc(1, sizeof *c);
    struct bufferevent *bev = c ? bufferevent_socket_new(base, -1, 0) : NULL;

    if (!bev) {
        free(c);
        return NULL;
    }
    *c = (struct http_conn){.http = h, .bev = bev, .since_us = clock_running_us()};
    (void)bufferevent_priority_set(bev, LOOP_CLIENTS); /* as evhttp asks for it */
    bufferevent_incref(bev);                           /* until tend() */
    c->next = h->conns;
    if (h->conns)
        h->conns->prev = c;
    h->conns = c;
    h->counts.opened++;
    if (++h->nconns >= h->max_conns)
        set_accepting(h, false);
    else if (has_few_descriptors(h))
        set_listening(h, false);
    event_active(h->tend, EV_TIMEOUT, 0);
    return bev;
}

static void
close_now(struct http_conn *c)
{
    evhttp_connection_free(c->evcon); /* calls on_closed */
}

/* Whoever reads here: evhttp calls it by an argument of its own where input is left over. */
static void
read_away(struct bufferevent *bev, void *arg)
{
    struct evbuffer *in = bufferevent_get_input(bev);

    (void)arg;
    (void)evbuffer_drain(in, evbuffer_get_length(in));
}

static void
on_gone(struct bufferevent *bev, short what, void *arg)
{
    (void)bev;
    (void)what;
    close_now(arg);
}

static void
on_input(struct evbuffer *in, const struct evbuffer_cb_info *info, void *arg)
{
    struct http_conn *c = arg;

    c->http->counts.bytes_in += info->n_added;
    if (c->state != HTTP_READING || !info->n_added)
        return;
    look(c, evbuffer_get_length(in) - info->n_added);
    if (c->head.refused)
        bufferevent_setcb(c->bev, read_away, NULL, on_gone, c); /* evhttp is not to see it */
    c->came += info->n_added;
}

static void
on_output(struct evbuffer *out, const struct evbuffer_cb_info *info, void *arg)
{
    struct http_conn *c = arg;

    (void)out;
    c->http->counts.bytes_out += info->n_deleted;
}

static void
on_closed(struct evhttp_connection *evcon, void *arg)
{
    struct http_conn *c = arg;

    (void)evcon;
    (void)evbuffer_remove_cb(bufferevent_get_input(c->bev), on_input, c);
    (void)evbuffer_remove_cb(bufferevent_get_output(c->bev), on_output, c);
    if (c->ask)
        http_ask_leave(c->ask);
    forget(c);
}

/* The argument of evhttp's callbacks is its connection, which 2.1 tells of in no other way before a
   request has come. No callbacks: it has given the connection up. */
static void
adopt(struct http_conn *c)
{
    struct bufferevent *bev = c->bev;
    void *evcon;

    bufferevent_getcb(bev, NULL, NULL, NULL, &evcon);
    if (evcon) {
        c->evcon = evcon;
        CHECK(evhttp_connection_get_bufferevent(c->evcon) == bev);
        evhttp_connection_set_closecb(c->evcon, on_closed, c);
        (void)bufferevent_priority_set(bev, LOOP_CLIENTS); /* it has its socket by now */
        bufferevent_setwatermark(bev, EV_READ, 0, INPUT_MAX);
        (void)evbuffer_add_cb(bufferevent_get_output(bev), on_output, c);
        if (!evbuffer_add_cb(bufferevent_get_input(bev), on_input, c))
            close_now(c);
    } else {
        forget(c);
    }
    (void)bufferevent_decref(bev);
}

/* Ending ------------------------------------------------------------------------------------- */

static void
on_told(struct bufferevent *bev, void *arg)
{
    (void)arg;
    (void)shutdown(bufferevent_getfd(bev), SHUT_WR);
}

/* The connection is taken from evhttp, which has no request to answer yet. */
static void
end(struct http_conn *c, enum http_code code, const char *word, const char *detail)
{
    struct evbuffer *out = bufferevent_get_output(c->bev);
    weir_buf body = {0};

    if (evbuffer_get_length(out)) {
        close_now(c); /* evhttp is saying something itself */
        return;
    }
    http_put_error(&body, word, detail);
    (void)evbuffer_add_printf(out,
                              "HTTP/1.1 %d %s\r\nContent-Type: " HTTP_JSON
                              "\r\nContent-Length: %zu\r\nConnection: close\r\n"
                              "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n\r\n",
                              http_code_number(code), http_code_text(code), body.len);
    (void)evbuffer_add(out, body.p, body.len);
    weir_buf_fini(&body);
    c->http->counts.answers[HTTP_EP_NONE][code]++;
    http_conn_set_state(c, HTTP_ENDING);
    bufferevent_setcb(c->bev, read_away, on_told, on_gone, c);
    read_away(c->bev, NULL);
    (void)bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

static void
refuse(struct http_conn *c)
{
    static const struct {
        enum http_code code;
        const char *word, *detail;
    } refusals[] = {
#define X(id, code, word, detail) [HTTP_REFUSED_##id] = {code, word, detail},
        HTTP_REFUSALS(X)
#undef X
    };

    c->http->counts.ended[HTTP_END_BODY] += c->head.refused == HTTP_REFUSED_LARGE;
    end(c, refusals[c->head.refused].code, refusals[c->head.refused].word,
        refusals[c->head.refused].detail);
}

/* Connections that have come, and requests that are refused by their heads. */
static void
on_tend(evutil_socket_t fd, short what, void *arg)
{
    struct http *h = arg;
    struct http_conn *next;

    (void)fd;
    (void)what;
    for (struct http_conn *c = h->conns; c; c = next) {
        next = c->next; /* ending one frees no other */
        if (!c->evcon) {
            adopt(c);
        } else if (c->head.refused && c->state == HTTP_READING) {
            refuse(c);
        }
    }
}

static void
hold_against_limits(struct http_conn *c)
{
    struct http_counts *n = &c->http->counts;

    if (c->state == HTTP_READING && c->came) {
        n->ended[HTTP_END_REQUEST]++;
        end(c, HTTP_408, "timeout", "the request took longer to arrive than --http-timeout allows");
        return;
    }
    n->ended[HTTP_END_IDLE] += c->state == HTTP_READING;
    n->ended[HTTP_END_ANSWER] += c->state == HTTP_SENDING;
    close_now(c);
}

static bool
is_late(const struct http_conn *c, int64_t now_us)
{
    unsigned limit_ms = c->http->timeout_ms;

    if (c->state == HTTP_ENDING && !limit_ms)
        limit_ms = ENDING_MS;
    return c->evcon && c->state != HTTP_WORKING && limit_ms &&
           now_us - c->since_us >= (int64_t)limit_ms * 1000;
}

static void
on_sweep(evutil_socket_t fd, short what, void *arg)
{
    struct http *h = arg;
    struct http_conn *next;
    int64_t now_us = clock_running_us();

    (void)fd;
    (void)what;
    if (!h->is_full && !has_few_descriptors(h))
        set_listening(h, true);
    for (struct http_conn *c = h->conns; c; c = next) {
        next = c->next;
        if (is_late(c, now_us))
            hold_against_limits(c);
    }
}

/* -------------------------------------------------------------------------------------------- */

static struct timeval
sweep_time(const struct http *h)
{
    unsigned ms =
        h->timeout_ms && h->timeout_ms / 4 < SWEEP_MOST_MS ? h->timeout_ms / 4 : SWEEP_MOST_MS;

    ms = ms < SWEEP_LEAST_MS ? SWEEP_LEAST_MS : ms;
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};
}

bool
http_conns_start(struct http *h)
{
    struct timeval every = sweep_time(h);

    h->tend = event_new(h->base, -1, 0, on_tend, h);
    h->sweep = event_new(h->base, -1, EV_PERSIST, on_sweep, h);
    if (!h->tend || !h->sweep || event_priority_set(h->sweep, LOOP_CLIENTS) < 0 ||
        event_add(h->sweep, &every) < 0)
        return false;
    evhttp_set_bevcb(h->evhttp, on_come, h);
    for (size_t i = 0; i < h->nbound; i++)
        evconnlistener_set_error_cb(evhttp_bound_socket_get_listener(h->bound[i]), on_accept_error);
    return true;
}

void
http_conns_stop(struct http *h)
{
    h->is_full = false;
    h->nbound = 0;
    while (h->conns) {
        (void)bufferevent_decref(h->conns->bev);
        forget(h->conns);
    }
    if (h->tend)
        event_free(h->tend);
    if (h->sweep)
        event_free(h->sweep);
}

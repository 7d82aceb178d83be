/*
 * Being controlled. Little is said here, so libevent's bufferevents do.
 */
#include "serve/control.h"

#include "flow/said.h"
#include "serve/status.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* A line of a request, and how long one may take to arrive and an answer to be read. */
#define LINE_MAX_BYTES 4096
static const struct timeval request_time = {.tv_sec = 30, .tv_usec = 0};

/* What a client goes on to send after its answer is read away: so much, and for so long. */
#define DISCARD_MOST ((size_t)1 << 20)
static const struct timeval discard_time = {.tv_sec = 5, .tv_usec = 0};

struct asking {
    struct control *control;
    struct bufferevent *bev; /* NULL: the client has left */
    char who[64];
    bool asked;            /* the request was read */
    bool ends;             /* and answered; the client has yet to close */
    bool waits;            /* the server will call back */
    bool as_json;          /* of a status */
    size_t discarded;      /* bytes that came after the request */
    struct event *no_more; /* when it is not waited for any longer */
    struct asking *prev, *next;
};

struct control {
    struct server *server;
    struct event_base *base;
    struct gates *gates;
    struct asking *askings;
};

static void
forget(struct asking *a)
{
    if (a->bev)
        bufferevent_free(a->bev);
    a->bev = NULL;
    if (a->no_more)
        event_free(a->no_more);
    a->no_more = NULL;
    if (a->waits)
        return; /* it goes when it is called back */
    if (a->prev)
        a->prev->next = a->next;
    else if (a->control)
        a->control->askings = a->next;
    if (a->next)
        a->next->prev = a->prev;
    free(a);
}

static void
discard(struct asking *a)
{
    struct evbuffer *in = bufferevent_get_input(a->bev);

    a->discarded += evbuffer_get_length(in);
    (void)evbuffer_drain(in, evbuffer_get_length(in));
    if (a->discarded > DISCARD_MOST)
        forget(a);
}

static void
on_no_more(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    forget(arg);
}

/* A connection that is closed while something of it is unread is reset, and the client may hear of
   that before it has read the answer. So it is the client who closes first. */
static void
end(struct asking *a)
{
    a->ends = true;
    (void)shutdown(bufferevent_getfd(a->bev), SHUT_WR);
    a->no_more = evtimer_new(a->control->base, on_no_more, a);
    if (!a->no_more || event_add(a->no_more, &discard_time) < 0) {
        forget(a);
        return;
    }
    (void)bufferevent_enable(a->bev, EV_READ);
    discard(a);
}

static void
on_written(struct bufferevent *bev, void *arg)
{
    struct asking *a = arg;

    if (a->asked && !a->waits && !a->ends && evbuffer_get_length(bufferevent_get_output(bev)) == 0)
        end(a);
}

static void
answer(struct asking *a, bool ok, const char *text)
{
    struct evbuffer *out;

    if (!a->bev) {
        forget(a);
        return;
    }
    out = bufferevent_get_output(a->bev);
    (void)evbuffer_add_printf(out, "%s\n%s", ok ? "done" : "refused", text);
    if (*text && text[strlen(text) - 1] != '\n')
        (void)evbuffer_add(out, "\n", 1);
    (void)bufferevent_enable(a->bev, EV_WRITE);
}

static void
on_load(void *arg, bool ok, const char *said)
{
    struct asking *a = arg;

    a->waits = false;
    answer(a, ok, said);
}

static void
on_sums(void *arg, const struct server_sums *sums)
{
    struct asking *a = arg;
    weir_buf text = {0};

    a->waits = false;
    (a->as_json ? status_json : status_text)(a->control->server, sums, &text);
    const char *said = said_text(&text);
    answer(a, !text.failed, said);
    weir_buf_fini(&text);
}

static void
ask_sums(struct asking *a)
{
    if (server_ask(a->control->server, on_sums, a))
        return;
    a->waits = false;
    answer(a, false, weir_status_text(WEIR_E_NOMEM));
}

/* Inside the server the set's breaker is that of the rule "": nobody asks for it by leaving a name
   out. */
static void
reset(struct asking *a, const char *rule)
{
    struct server *s = a->control->server;

    if (!*rule) {
        answer(a, false, "reset which breaker? Name its rule, `set` or `*`");
        return;
    }
    bool did =
        server_reset(s, rule, a->who) || (strcmp(rule, "set") == 0 && server_reset(s, "", a->who));

    answer(a, did, did ? "it counts anew" : "no such breaker has tripped: see `status`");
}

static void
tell_head(struct asking *a)
{
    struct scribe_report r;
    char head[WEIR_JOURNAL_HASH + 24];

    if (!server_tell_journal(a->control->server, &r)) {
        answer(a, false, "no journal is kept: `serve --journal DIR` keeps one");
        return;
    }
    (void)snprintf(head, sizeof head, "%s:%" PRIu64, r.head, r.head_seq);
    answer(a, true, head);
}

static void
obey(struct asking *a, const char *line)
{
    struct server *s = a->control->server;
    bool accept = strcmp(line, "reload accept-shrink") == 0;
    struct server_asker by = {.who = a->who, .fn = on_load, .arg = a};

    a->as_json = strcmp(line, "status json") == 0;
    a->waits = true;
    if (a->as_json || strcmp(line, "status") == 0)
        ask_sums(a);
    else if (accept || strcmp(line, "reload") == 0)
        server_reload(s, accept, by);
    else if (strcmp(line, "rollback") == 0)
        server_rollback(s, by);
    else if (strcmp(line, "dry-run") == 0)
        server_dry_run(s, NULL, bufferevent_getfd(a->bev), by);
    else if (strncmp(line, "dry-run ", 8) == 0)
        server_dry_run(s, line + 8, bufferevent_getfd(a->bev), by);
    else {
        a->waits = false;
        if (strncmp(line, "reset ", 6) == 0)
            reset(a, line + 6);
        else if (strcmp(line, "head") == 0)
            tell_head(a);
        else
            answer(a, false,
                   "expected status, status json, reload, reload accept-shrink, dry-run, dry-run "
                   "FEED, rollback, head or reset RULE");
    }
}

static void
on_line(struct bufferevent *bev, void *arg)
{
    struct asking *a = arg;
    struct evbuffer *in = bufferevent_get_input(bev);
    char *line = a->asked ? NULL : evbuffer_readln(in, NULL, EVBUFFER_EOL_CRLF);

    if (a->ends) {
        discard(a);
        return;
    }
    if (!line && evbuffer_get_length(in) < LINE_MAX_BYTES)
        return;
    a->asked = true;
    (void)bufferevent_disable(bev, EV_READ);
    if (line)
        obey(a, line);
    else
        answer(a, false, "the line is too long");
    free(line);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
    struct asking *a = arg;

    (void)bev;
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT) &&
        !(a->asked && !a->waits && !a->ends && what & BEV_EVENT_EOF))
        forget(a);
}

/* Who it is, for the log. */
static void
name_peer(struct asking *a, evutil_socket_t fd)
{
    struct ucred peer;
    socklen_t len = sizeof peer;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.pid > 0)
        (void)snprintf(a->who, sizeof a->who, "user %u (process %d)", peer.uid, (int)peer.pid);
    else
        (void)snprintf(a->who, sizeof a->who, "the control socket");
}

static void
on_come(void *arg, evutil_socket_t fd, bool is_unix)
{
    struct control *c = arg;
    struct asking *a = calloc(1, sizeof *a);

    (void)is_unix;
    if (a)
        a->bev = bufferevent_socket_new(c->base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (!a || !a->bev) {
        evutil_closesocket(fd);
        free(a);
        return;
    }
    a->control = c;
    name_peer(a, fd);
    a->next = c->askings;
    if (c->askings)
        c->askings->prev = a;
    c->askings = a;
    bufferevent_setcb(a->bev, on_line, on_written, on_event, a);
    (void)bufferevent_set_timeouts(a->bev, &request_time, &request_time);
    bufferevent_setwatermark(a->bev, EV_READ, 0, LINE_MAX_BYTES);
    (void)bufferevent_enable(a->bev, EV_READ | EV_WRITE);
}

static void
on_full(void *arg, int error)
{
    (void)arg;
    (void)error; /* said where posts come in */
}

enum listen_result
control_open(struct server *s, struct event_base *base, const char *address,
             const struct listen_options *o, weir_buf *why, struct control **out)
{
    struct control *c = calloc(1, sizeof *c);
    struct gates_hooks hooks = {.come = on_come, .full = on_full, .arg = c};

    if (!c) {
        weir_buf_puts(why, weir_status_text(WEIR_E_NOMEM));
        return LISTEN_FAILED;
    }
    *c = (struct control){.server = s, .base = base};
    enum listen_result r = gates_open(base, &address, 1, o, &hooks, why, &c->gates);
    if (r == LISTEN_OK)
        *out = c;
    else
        free(c);
    return r;
}

/* Who still waits is not called back any more: the server has ended. */
void
control_close(struct control *c)
{
    if (!c)
        return;
    gates_close(c->gates);
    while (c->askings) {
        c->askings->waits = false;
        forget(c->askings);
    }
    free(c);
}

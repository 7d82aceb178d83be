/*
 * Requests: from the moment they have come whole until their answers are sent, or their clients
 * have left.
 *
 * evhttp frees a request when its answer was sent, or with its connection; only one whose
 * connection broke before anything was answered is left to us.
 */
#include "serve/http_parts.h"

#include "flow/check.h"
#include "serve/loop.h"

#include <tagweir/names.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
http_code_number(enum http_code code)
{
    static const int numbers[HTTP_NCODES] = {
#define X(number, text) number,
        HTTP_CODES(X)
#undef X
    };

    return numbers[code];
}

WEIR_NAMES(http_code_text, enum http_code, HTTP_CODES, WEIR_TEXT)

void
http_put_error(weir_buf *out, const char *word, const char *detail)
{
    weir_buf_printf(out, "{\"error\":\"%s\",\"detail\":", word);
    weir_buf_put_json(out, (weir_span){detail, strlen(detail)});
    weir_buf_puts(out, "}\n");
}

/* Beginning and end -------------------------------------------------------------------------- */

static void
ask_free(struct http_ask *a)
{
    struct http *h = a->http;

    if (a->prev)
        a->prev->next = a->next;
    else
        h->asks = a->next;
    if (a->next)
        a->next->prev = a->prev;
    if (a->turn)
        event_free(a->turn);
    desk_job_free(a->job);
    weir_ruleset_unref(a->rs);
    weir_buf_fini(&a->segment);
    weir_buf_fini(&a->notice);
    weir_buf_fini(&a->kept);
    free(a);
}

void
http_ask_leave(struct http_ask *a)
{
    if (!evhttp_request_get_connection(a->req))
        evhttp_request_free(a->req);
    a->req = NULL;
    a->conn = NULL;
    if (!a->waits)
        ask_free(a);
}

void
http_asks_stop(struct http *h)
{
    while (h->asks) {
        server_forget(h->server, h->asks);
        ask_free(h->asks);
    }
}

/* No memory: what the client gets is broken off, so that it cannot be taken for whole. The request
   is gone afterwards. */
static void
drop(struct http_ask *a)
{
    a->waits = false;
    evhttp_connection_free(evhttp_request_get_connection(a->req)); /* leads to http_ask_leave */
}

/* The answer has been given to the system. */
static void
on_complete(struct evhttp_request *req, void *arg)
{
    struct http_ask *a = arg;

    (void)req;
    if (a->job)
        desk_job_sent(a->job);
    http_conn_rest(a->conn);
    ask_free(a);
}

void
http_on_request(struct evhttp_request *req, void *http)
{
    struct http *h = http;
    struct evhttp_connection *evcon = evhttp_request_get_connection(req);
    struct http_conn *c = http_conn_find(h, evcon);
    struct http_ask *a = c ? calloc(1, sizeof *a) : NULL;

    if (!a) {
        evhttp_connection_free(evcon);
        return;
    }
    *a = (struct http_ask){.http = h, .conn = c, .req = req, .endpoint = HTTP_EP_NONE};
    a->is_head = evhttp_request_get_command(req) == EVHTTP_REQ_HEAD;
    a->next = h->asks;
    if (h->asks)
        h->asks->prev = a;
    h->asks = a;
    c->ask = a;
    http_conn_set_state(c, HTTP_WORKING);
    evhttp_request_set_on_complete_cb(req, on_complete, a);
    http_dispatch(a);
}

/* Answers ------------------------------------------------------------------------------------ */

void
http_add_header(struct http_ask *a, const char *name, const char *value)
{
    (void)evhttp_add_header(evhttp_request_get_output_headers(a->req), name, value);
}

static void
begin(struct http_ask *a, enum http_code code, const char *type)
{
    http_add_header(a, "Content-Type", type);
    http_add_header(a, "X-Content-Type-Options", "nosniff");
    http_add_header(a, "Cache-Control", "no-store");
    a->http->counts.answers[a->endpoint][code]++;
    a->started = true;
}

static void
give_back(const void *data, size_t len, void *arg)
{
    (void)len;
    (void)arg;
    free((void *)(uintptr_t)data);
}

/* The buffer's memory, without a copy. NULL without memory; the buffer is empty in any case. */
static struct evbuffer *
wrap(weir_buf *body)
{
    struct evbuffer *b = body->failed ? NULL : evbuffer_new();
    bool kept =
        b && body->len && evbuffer_add_reference(b, body->p, body->len, give_back, NULL) == 0;

    if (b && body->len && !kept) {
        evbuffer_free(b);
        b = NULL;
    }
    if (!kept)
        weir_buf_fini(body);
    *body = (weir_buf){0};
    return b;
}

/* evhttp would send a body after HEAD as well. */
static void
reply(struct http_ask *a, enum http_code code, const char *type, struct evbuffer *body)
{
    char len[24];

    (void)snprintf(len, sizeof len, "%zu", evbuffer_get_length(body));
    begin(a, code, type);
    http_add_header(a, "Content-Length", len);
    http_conn_set_state(a->conn, HTTP_SENDING);
    evhttp_send_reply(a->req, http_code_number(code), http_code_text(code),
                      a->is_head ? NULL : body);
}

void
http_reply(struct http_ask *a, enum http_code code, const char *type, weir_buf *body)
{
    if (!a->req) {
        weir_buf_fini(body);
        ask_free(a);
        return;
    }
    struct evbuffer *b = wrap(body);
    if (!b) {
        drop(a);
        return;
    }
    reply(a, code, type, b);
    evbuffer_free(b);
}

void
http_fail(struct http_ask *a, enum http_code code, const char *word, const char *fmt, ...)
{
    weir_buf body = {0};
    char *detail = NULL;
    va_list ap;

    va_start(ap, fmt);
    int n = vasprintf(&detail, fmt, ap);
    va_end(ap);
    http_put_error(&body, word, n < 0 ? weir_status_text(WEIR_E_NOMEM) : detail);
    free(n < 0 ? NULL : detail);
    http_reply(a, code, HTTP_JSON, &body);
}

/* Answers in parts --------------------------------------------------------------------------- */

static void make_part(struct http_ask *a);

static void
on_part_sent(struct evhttp_connection *evcon, void *arg)
{
    struct http_ask *a = arg;

    (void)evcon;
    if (a->job)
        desk_job_sent(a->job);
    http_conn_set_state(a->conn, HTTP_WORKING);
    make_part(a);
}

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    make_part(arg);
}

/* Nothing is to be sent yet: others have their turns first. */
static void
take_turn(struct http_ask *a)
{
    static const struct timeval at_once = {0, 0};

    if (!a->turn)
        a->turn = evtimer_new(a->http->base, on_turn, a);
    if (!a->turn || event_priority_set(a->turn, LOOP_CLIENTS) < 0 ||
        event_add(a->turn, &at_once) < 0)
        drop(a);
}

static void
send_part(struct http_ask *a, struct evbuffer *part, bool more)
{
    if (!a->started) {
        begin(a, a->code, a->type);
        evhttp_send_reply_start(a->req, http_code_number(a->code), http_code_text(a->code));
    }
    http_conn_set_state(a->conn, HTTP_SENDING);
    evhttp_send_reply_chunk_with_cb(a->req, part, more ? on_part_sent : NULL, a);
    if (!more)
        evhttp_send_reply_end(a->req); /* may call on_complete at once */
}

/* What was made, and is taken. */
static void
give(struct http_ask *a, weir_buf *out, bool more)
{
    if (!more && !a->started) {
        http_reply(a, a->code, a->type, out);
    } else if (more && !out->len) {
        take_turn(a);
        weir_buf_fini(out);
    } else {
        struct evbuffer *part = wrap(out);

        if (part)
            send_part(a, part, more);
        else
            drop(a);
        if (part)
            evbuffer_free(part);
    }
}

/* Now, or when the journal has its records. */
static void
give_in_time(struct http_ask *a, weir_buf *out, bool more)
{
    if (!a->job || desk_job_may_leave(a->job)) {
        give(a, out, more);
        return;
    }
    a->kept = *out;
    a->kept_more = more;
    a->is_kept = true;
}

static void
make_part(struct http_ask *a)
{
    weir_buf out = {0};
    bool more = false;

    if (a->part(a, &out, &more) && !out.failed) {
        give_in_time(a, &out, more);
    } else {
        weir_buf_fini(&out);
        drop(a);
    }
}

void
http_reply_kept(struct http_ask *a, enum http_code code, const char *type, weir_buf *body)
{
    a->code = code;
    a->type = type;
    give_in_time(a, body, false);
}

/* What was decided is not in the journal, and is not told. */
static void
give_up(struct http_ask *a)
{
    if (a->started) {
        drop(a);
        return;
    }
    evhttp_clear_headers(evhttp_request_get_output_headers(a->req)); /* Link tells of it, too */
    http_fail(a, HTTP_503, "journal",
              "the decision journal cannot be written, and nothing is decided without it");
}

static void
look_at_kept(struct http_ask *a, bool has_failed)
{
    weir_buf out = a->kept;
    bool may_leave = desk_job_may_leave(a->job);

    if (!may_leave && !has_failed)
        return;
    a->is_kept = false;
    a->kept = (weir_buf){0};
    if (may_leave) {
        give(a, &out, a->kept_more);
        return;
    }
    weir_buf_fini(&out);
    give_up(a);
}

/* Giving frees the one that is given to, and may begin others. */
void
http_hear_scribe(struct http *h)
{
    bool has_failed = h->desk->quill.scribe && scribe_has_failed(h->desk->quill.scribe);
    struct http_ask *next;

    for (struct http_ask *a = h->asks; a; a = next) {
        next = a->next;
        if (a->is_kept)
            look_at_kept(a, has_failed);
    }
}

/* HEAD is told that there is an answer, and not how long it would be. */
void
http_reply_parts(struct http_ask *a, enum http_code code, const char *type, http_part_fn *part)
{
    a->part = part;
    a->code = code;
    a->type = type;
    if (!a->is_head) {
        make_part(a);
        return;
    }
    begin(a, code, type);
    http_conn_set_state(a->conn, HTTP_SENDING);
    evhttp_send_reply(a->req, http_code_number(code), http_code_text(code), NULL);
}

/*
 * The insides of HTTP. evhttp reads requests and writes answers; what it leaves open is done here:
 * how many connections there may be, how long they may take, how large a body may be.
 *
 * http.c opens and closes, http_conns.c watches over connections, http_head.c looks at what comes
 * before evhttp does, http_asks.c answers requests, http_paths.c knows what may be asked; the rest
 * are the answers.
 */
#ifndef WEIR_SERVE_HTTP_PARTS_H
#define WEIR_SERVE_HTTP_PARTS_H

#include "serve/desk.h"
#include "serve/http.h"
#include "serve/server.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>

#define HTTP_BODY_MAX ((size_t)1 << 20)
#define HTTP_HEADERS_MAX ((size_t)16 * 1024)

#define HTTP_JSON "application/json"
#define HTTP_NDJSON "application/x-ndjson"
#define HTTP_PROMETHEUS "text/plain; version=0.0.4; charset=utf-8"

/* Connections -------------------------------------------------------------------------------- */

/*
 * READING  a request is waited for, or is coming
 * WORKING  it has come, and what is to be sent next is being made, or waits for the journal; evhttp
 *          reads nothing meanwhile
 * SENDING  an answer, or a part of one, is on its way
 * ENDING   the client was told why it is closed; its input is thrown away until it ends, because
 *          closing over unread input could take the answer on its way with it
 */
#define HTTP_STATES(X)                                                                             \
    X(READING)                                                                                     \
    X(WORKING)                                                                                     \
    X(SENDING)                                                                                     \
    X(ENDING)

enum http_state {
#define X(name) HTTP_##name,
    HTTP_STATES(X)
#undef X
        HTTP_NSTATES
};

/* The limit that a connection was closed by. */
#define HTTP_ENDS(X)                                                                               \
    X(IDLE, "idle")       /* no request came */                                                    \
    X(REQUEST, "request") /* one did not come to its end in time */                                \
    X(ANSWER, "answer")   /* the answer was not taken in time */                                   \
    X(BODY, "body")       /* it is too large */

enum http_end {
#define X(name, text) HTTP_END_##name,
    HTTP_ENDS(X)
#undef X
        HTTP_NENDS
};

/* What is refused by its head. */
#define HTTP_REFUSALS(X)                                                                           \
    X(HEADER, HTTP_400, "unclear_header",                                                          \
      "a header is NAME: VALUE on one line, without blanks in its name or control characters")     \
    X(LENGTH, HTTP_400, "unclear_body",                                                            \
      "give the length of the body once, by one Content-Length of digits alone")                   \
    X(CODING, HTTP_411, "length_required",                                                         \
      "a body by Transfer-Encoding is not taken: give its length by Content-Length")               \
    X(LARGE, HTTP_413, "too_large",                                                                \
      "a body may have 1 MiB: send the posts in several requests, or by a stream")                 \
    X(TUNNEL, HTTP_501, "no_tunnel", "CONNECT asks for a tunnel, and this is no proxy")

enum http_refusal {
    HTTP_REFUSED_NOT,
#define X(id, code, word, detail) HTTP_REFUSED_##id,
    HTTP_REFUSALS(X)
#undef X
};

enum http_head_part {
    HTTP_HEAD_METHOD,
    HTTP_HEAD_TARGET, /* and the version */
    HTTP_HEAD_LINE,   /* one begins */
    HTTP_HEAD_NAME,
    HTTP_HEAD_VALUE,
    HTTP_HEAD_CR,   /* behind a value; only the line's end may follow */
    HTTP_HEAD_LAST, /* the same, in the empty line */
    HTTP_HEAD_DONE  /* it has ended, or is refused */
};

/* How far a head has come. Zero-initialise. */
struct http_head {
    enum http_head_part part;
    enum http_refusal refused;
    unsigned nlengths, ncodings; /* headers that say where the body ends */
    bool is_length, ended;       /* the value that comes; of its digits, no more may come */
    size_t len;                  /* of the name or method, as it was sent; of digits */
    uint64_t body;               /* what Content-Length says; no more than just too much */
    char word[20];               /* what is kept of it: enough for those that are looked for */
};

struct http_ask;

struct http_conn {
    struct http *http;
    enum http_state state;
    struct bufferevent *bev;
    struct evhttp_connection *evcon; /* NULL: evhttp has not told of it yet */
    struct http_ask *ask;            /* WORKING, SENDING: what is being answered */
    int64_t since_us;                /* that the state is so; clock_running_us */
    size_t came;                     /* bytes of the request, READING */
    struct http_head head;           /* of the request */
    struct http_conn *prev, *next;
};

/* What may be asked -------------------------------------------------------------------------- */

#define HTTP_GET (EVHTTP_REQ_GET | EVHTTP_REQ_HEAD)
#define HTTP_POST EVHTTP_REQ_POST

/* Paths: where the second part is not empty, one segment takes its place. */
#define HTTP_ENDPOINTS(X)                                                                          \
    X(METRICS, "/metrics", "", HTTP_GET, http_metrics)                                             \
    X(HEALTHZ, "/healthz", "", HTTP_GET, http_healthz)                                             \
    X(READYZ, "/readyz", "", HTTP_GET, http_readyz)                                                \
    X(DECIDE, "/v1/decide", "", HTTP_POST, http_decide)                                            \
    X(HASHTAG, "/v1/hashtags/", "{tag}", HTTP_GET, http_hashtag)                                   \
    X(ACCOUNT, "/v1/accounts/", "{handle}", HTTP_GET, http_account)                                \
    X(RULES, "/v1/rules", "", HTTP_GET, http_rules)                                                \
    X(ORDER, "/v1/orders/", "{id}", HTTP_GET, http_order)                                          \
    X(JOURNAL, "/v1/journal", "", HTTP_GET, http_journal)

enum http_endpoint {
#define X(id, path, segment, methods, answer) HTTP_EP_##id,
    HTTP_ENDPOINTS(X)
#undef X
        HTTP_EP_NONE,
    HTTP_NENDPOINTS
};

#define HTTP_CODES(X)                                                                              \
    X(200, "OK")                                                                                   \
    X(400, "Bad Request")                                                                          \
    X(404, "Not Found")                                                                            \
    X(405, "Method Not Allowed")                                                                   \
    X(408, "Request Timeout")                                                                      \
    X(411, "Length Required")                                                                      \
    X(413, "Content Too Large")                                                                    \
    X(451, "Unavailable For Legal Reasons")                                                        \
    X(501, "Not Implemented")                                                                      \
    X(503, "Service Unavailable")

enum http_code {
#define X(number, text) HTTP_##number,
    HTTP_CODES(X)
#undef X
        HTTP_NCODES
};

struct http_counts {
    uint64_t opened, closed;
    uint64_t ended[HTTP_NENDS];
    uint64_t bytes_in, bytes_out;
    uint64_t answers[HTTP_NENDPOINTS][HTTP_NCODES]; /* that were begun */
};

struct http {
    struct server *server;
    struct event_base *base;
    struct desk *desk;
    size_t max_conns;
    unsigned timeout_ms;
    const char *blocked_by; /* NULL: it is not told */
    struct evhttp *evhttp;
    struct listen_socket at[LISTEN_MAX];
    struct evhttp_bound_socket *bound[LISTEN_MAX];
    size_t nat, nbound; /* of `at`; of those, what evhttp listens on */
    struct event *tend, *sweep;
    bool is_full; /* nothing is accepted */
    struct http_conn *conns;
    size_t nconns;
    struct http_ask *asks;
    struct http_counts counts;
};

/* http_head.c -------------------------------------------------------------------------------- */

/* What has come next of the request; what is behind the head is not looked at. */
void http_head_take(struct http_head *h, const char *p, size_t n);

/* http_conns.c ------------------------------------------------------------------------------- */

bool http_conns_start(struct http *h);
/* All but those that evhttp has not told of are gone with it by now. */
void http_conns_stop(struct http *h);
struct http_conn *http_conn_find(const struct http *h, const struct evhttp_connection *evcon);
void http_conn_set_state(struct http_conn *c, enum http_state to);
/* The answer was sent: the next request may come. */
void http_conn_rest(struct http_conn *c);

/* http_asks.c: requests, from when they have come until their answers are sent --------------- */

/* Appends what is to be sent next. *more: that is not all. false: there is no memory. */
typedef bool http_part_fn(struct http_ask *a, weir_buf *out, bool *more);

struct http_ask {
    struct http *http;
    struct http_conn *conn;     /* NULL: the client has left */
    struct evhttp_request *req; /* NULL likewise */
    enum http_endpoint endpoint;
    bool is_head;
    bool waits;       /* somebody will call back */
    weir_buf segment; /* of the path, decoded */

    http_part_fn *part; /* NULL: the answer is sent in one */
    enum http_code code;
    const char *type;
    bool started;
    struct event *turn;

    weir_buf kept; /* what may not leave before the journal has its records */
    bool is_kept, kept_more;

    struct desk_job *job; /* NULL: nothing is decided */
    bool withheld;        /* a query's answer: in any region that it speaks of */
    weir_buf notice;      /* of an order that withholds: its URL; empty: none is told */
    weir_ruleset *rs;     /* NULL: not told of */
    uint32_t next_rule;
    int64_t at_ms; /* the time that is told of */

    struct http_ask *prev, *next;
};

/* evhttp's, for every request. */
void http_on_request(struct evhttp_request *req, void *http);
/* From the connection: it is going down. */
void http_ask_leave(struct http_ask *a);
/* Whoever waits is not called back any more. */
void http_asks_stop(struct http *h);

/* Each of these ends what the handler may do with the request. `body` is taken. */
void http_reply(struct http_ask *a, enum http_code code, const char *type, weir_buf *body);
/* An error, as JSON: a word for programs, and what a person needs. */
void http_fail(struct http_ask *a, enum http_code code, const char *word, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* An answer that is made in turns, and sent as fast as the client takes it. */
void http_reply_parts(struct http_ask *a, enum http_code code, const char *type,
                      http_part_fn *part);

/* As http_reply, when the journal has what it tells of. */
void http_reply_kept(struct http_ask *a, enum http_code code, const char *type, weir_buf *body);

void http_add_header(struct http_ask *a, const char *name, const char *value);
int http_code_number(enum http_code code);
const char *http_code_text(enum http_code code);
void http_put_error(weir_buf *out, const char *word, const char *detail);

/* http_paths.c ------------------------------------------------------------------------------- */

/* The path as metrics name it: "/v1/hashtags/{tag}"; "other". */
const char *http_endpoint_name(enum http_endpoint e);
/* Finds what is asked for, and answers or has it answered. */
void http_dispatch(struct http_ask *a);
/* %41 is A; nothing else is special, a + is a +. false: a % is not followed by two hex digits. */
bool http_decode(weir_span raw, weir_buf *out);

#define X(id, path, segment, methods, answer) void answer(struct http_ask *a);
HTTP_ENDPOINTS(X)
#undef X

/* http_metrics.c */
void http_put_metrics(const struct http *h, const struct server_sums *sums, weir_buf *out);

#endif

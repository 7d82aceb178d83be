/*
 * HTTP, for those who do not stream: how the server is doing (`/metrics` in Prometheus' text
 * format, `/healthz`, `/readyz`), decisions (`POST /v1/decide`, `/v1/hashtags/{tag}`,
 * `/v1/accounts/{handle}`) and what it decides by (`/v1/rules`, `/v1/orders/{id}`).
 *
 * It is on the main thread, by libevent's evhttp, and nothing in it is encrypted. What is
 * confidential is not shown: of an order that is, and of its rules, the ids alone.
 */
#ifndef WEIR_SERVE_HTTP_H
#define WEIR_SERVE_HTTP_H

#include "serve/listener.h"

#include <event2/event.h>

struct desk;
struct server;

struct http_options {
    const char *address; /* as listen_open has it */
    struct listen_options listener;
    size_t max_conns;       /* more have to wait */
    unsigned timeout_ms;    /* for a request to come, and for an answer to be taken; 0: no limit */
    const char *blocked_by; /* a URL (url_is_web) for 451, which outlives it; NULL: none */
};

struct http;

/* Server and desk must outlive it; the options and all else that they point at are not needed
   afterwards. */
enum listen_result http_open(struct server *s, struct event_base *base, struct desk *desk,
                             const struct http_options *o, weir_buf *why, struct http **out);
size_t http_nlisteners(const struct http *h);
const char *http_listener_name(const struct http *h, size_t i);
/* Marks of the scribe have settled, or it has failed. */
void http_hear_scribe(struct http *h);
/* Whoever still waits for an answer gets none. NULL is allowed. */
void http_close(struct http *h);

#endif

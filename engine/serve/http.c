/*
 * HTTP: where it is listened for, and whether the server is well.
 */
#include "serve/http_parts.h"

#include "flow/members.h"
#include "serve/status.h"

#include <stdlib.h>
#include <unistd.h>

/* Health ------------------------------------------------------------------------------------- */

/* Whoever gets this knows it. */
void
http_healthz(struct http_ask *a)
{
    weir_buf body = {0};

    weir_buf_puts(&body, "{\"alive\":true}\n");
    http_reply(a, HTTP_200, HTTP_JSON, &body);
}

/* A reload that was refused leaves it as ready as it was, by the rules that it had; why it was is
   in the log, as the reasons may show what is confidential. */
void
http_readyz(struct http_ask *a)
{
    const struct server *s = a->http->server;
    const struct server_load *load = server_last_load(s);
    weir_buf body = {0};

    if (server_is_draining(s)) {
        http_fail(a, HTTP_503, "draining",
                  "the server is about to end: it answers what it has read");
        return;
    }
    weir_buf_printf(&body, "{\"ready\":true,\"ruleset\":\"%.16s\"",
                    weir_ruleset_digest(server_ruleset(s)));
    member_time(&body, "since", server_edition_ms(s));
    if (load->any) {
        weir_buf_printf(&body, ",\"last_reload\":{\"ok\":%s", load->ok ? "true" : "false");
        member_time(&body, "at", load->at_ms);
        if (!load->ok)
            weir_buf_puts(&body, ",\"detail\":\"it was refused, and nothing has changed: the log "
                                 "says why\"");
        weir_buf_putc(&body, '}');
    }
    weir_buf_puts(&body, "}\n");
    http_reply(a, HTTP_200, HTTP_JSON, &body);
}

/* For whoever keeps heads where the journal's keeper cannot change them. */
void
http_journal(struct http_ask *a)
{
    struct scribe_report r;
    weir_buf body = {0};

    if (!server_tell_journal(a->http->server, &r)) {
        http_fail(a, HTTP_404, "no_journal", "this server keeps no decision journal");
        return;
    }
    status_put_journal(&r, &body);
    weir_buf_putc(&body, '\n');
    http_reply(a, HTTP_200, HTTP_JSON, &body);
}

/* Opening and closing ------------------------------------------------------------------------ */

/* Sockets that evhttp has taken are its own. */
static bool
bind_all(struct http *h, size_t n)
{
    while (h->nbound < n) {
        h->bound[h->nbound] = evhttp_accept_socket_with_handle(h->evhttp, h->at[h->nbound].fd);
        if (!h->bound[h->nbound])
            break;
        h->nbound++;
    }
    for (size_t i = h->nbound; i < n; i++) {
        listen_unlink(&h->at[i]);
        (void)close(h->at[i].fd);
    }
    h->nat = h->nbound;
    return h->nbound == n;
}

/* Every method is let through, so that what is not allowed is refused in our own words. */
static bool
start(struct http *h)
{
    h->evhttp = evhttp_new(h->base);
    if (!h->evhttp)
        return false;
    evhttp_set_allowed_methods(h->evhttp, UINT16_MAX);
    evhttp_set_max_headers_size(h->evhttp, (ev_ssize_t)HTTP_HEADERS_MAX);
    evhttp_set_gencb(h->evhttp, http_on_request, h);
    return true;
}

static enum listen_result
listen_all(struct http *h, const struct http_options *o, weir_buf *why)
{
    size_t n;
    enum listen_result r = listen_open(o->address, &o->listener, h->at, &n, why);

    if (r == LISTEN_OK && (!bind_all(h, n) || !http_conns_start(h))) {
        weir_buf_puts(why, weir_status_text(WEIR_E_NOMEM));
        r = LISTEN_FAILED;
    }
    return r;
}

enum listen_result
http_open(struct server *s, struct event_base *base, struct desk *desk,
          const struct http_options *o, weir_buf *why, struct http **out)
{
    struct http *h = calloc(1, sizeof *h);
    enum listen_result r = LISTEN_FAILED;

    if (h)
        *h = (struct http){.server = s,
                           .base = base,
                           .desk = desk,
                           .max_conns = o->max_conns,
                           .timeout_ms = o->timeout_ms,
                           .blocked_by = o->blocked_by};
    if (!h || !start(h))
        weir_buf_puts(why, weir_status_text(WEIR_E_NOMEM));
    else
        r = listen_all(h, o, why);
    if (r == LISTEN_OK)
        *out = h;
    else
        http_close(h);
    return r;
}

size_t
http_nlisteners(const struct http *h)
{
    return h->nat;
}

const char *
http_listener_name(const struct http *h, size_t i)
{
    return h->at[i].name;
}

void
http_close(struct http *h)
{
    if (!h)
        return;
    for (size_t i = 0; i < h->nat; i++)
        listen_unlink(&h->at[i]);
    h->nbound = 0; /* no accepting again where a connection goes */
    if (h->evhttp)
        evhttp_free(h->evhttp);
    http_conns_stop(h);
    http_asks_stop(h);
    free(h);
}

/*
 * Opening what the server listens on, and saying what keeps it from that.
 */
#include "serve/serving.h"

#include "flow/said.h"

enum server_result
server_no_memory(const struct server *s)
{
    server_say(s, true, "%s", weir_status_text(WEIR_E_NOMEM));
    return SERVER_FAILED;
}

static enum listen_result
open_control(struct server *s, weir_buf *why)
{
    struct listen_options private = {
        .socket_mode = s->o.control_mode, .option = "--control", .unix_only = true};

    return control_open(s, s->base, s->o.control, &private, why, &s->control);
}

static enum listen_result
open_http(struct server *s, weir_buf *why)
{
    struct http_options o = {.address = s->o.http,
                             .listener = s->o.listener,
                             .max_conns = s->o.http_conns,
                             .timeout_ms = s->o.http_ms,
                             .blocked_by = s->o.blocked_by};

    o.listener.option = "--http";
    o.listener.encrypted = false;
    return http_open(s, s->base, s->desk, &o, why, &s->http);
}

/* Where posts can be sent, control and HTTP are there as well: streams come last. */
enum server_result
server_open_listeners(struct server *s, const struct gates_hooks *hooks)
{
    weir_buf why = {0};
    enum listen_result r = LISTEN_OK;

    if (s->o.control)
        r = open_control(s, &why);
    if (r == LISTEN_OK && s->o.http)
        r = open_http(s, &why);
    if (r == LISTEN_OK)
        r = gates_open(s->base, s->o.listen, s->o.nlisten, &s->o.listener, hooks, &why, &s->gates);
    if (r != LISTEN_OK)
        server_say(s, true, "%s", said_text(&why));
    weir_buf_fini(&why);
    return r == LISTEN_OK ? SERVER_OK : r == LISTEN_BAD ? SERVER_BAD : SERVER_FAILED;
}

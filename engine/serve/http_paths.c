/*
 * What may be asked, and how a request is known to ask for it. Paths are compared as they were
 * sent, so that `..`, `//` and escapes lead nowhere; the one segment that some of them leave open
 * is decoded, once.
 */
#include "serve/http_parts.h"

#include "flow/said.h"

#include <string.h>

static const struct {
    const char *path, *segment;
    unsigned methods;
    void (*answer)(struct http_ask *a);
} endpoints[] = {
#define X(id, path, segment, methods, answer) {path, segment, methods, answer},
    HTTP_ENDPOINTS(X)
#undef X
};

const char *
http_endpoint_name(enum http_endpoint e)
{
    static const char *const names[HTTP_NENDPOINTS] = {
#define X(id, path, segment, methods, answer) path segment,
        HTTP_ENDPOINTS(X)
#undef X
            "other"};

    return names[e];
}

static int
hex_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
http_decode(weir_span raw, weir_buf *out)
{
    for (size_t i = 0; i < raw.len; i++) {
        if (raw.p[i] != '%') {
            weir_buf_putc(out, raw.p[i]);
            continue;
        }
        int high = i + 2 < raw.len ? hex_of(raw.p[i + 1]) : -1;
        int low = high >= 0 ? hex_of(raw.p[i + 2]) : -1;
        if (low < 0)
            return false;
        weir_buf_putc(out, (char)(high << 4 | low));
        i += 2;
    }
    return true;
}

static enum http_endpoint
find(const char *path, weir_span *segment)
{
    for (int e = 0; e < HTTP_EP_NONE; e++) {
        size_t len = strlen(endpoints[e].path);

        if (strncmp(path, endpoints[e].path, len) != 0)
            continue;
        *segment = (weir_span){path + len, strlen(path + len)};
        if (*endpoints[e].segment ? !strchr(segment->p, '/') : segment->len == 0)
            return (enum http_endpoint)e;
    }
    return HTTP_EP_NONE;
}

/* A body that evhttp does not read: it would take it for a request. */
static bool
has_stray_body(const struct http_ask *a)
{
    struct evkeyvalq *headers = evhttp_request_get_input_headers(a->req);
    enum evhttp_cmd_type method = evhttp_request_get_command(a->req);
    bool reads = method & (EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_PUT | EVHTTP_REQ_PATCH |
                           EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS);
    const char *len = evhttp_find_header(headers, "Content-Length");

    return !reads && len && strcmp(len, "0") != 0;
}

static void
refuse_method(struct http_ask *a)
{
    const char *allow = endpoints[a->endpoint].methods == HTTP_POST ? "POST" : "GET, HEAD";

    http_add_header(a, "Allow", allow);
    http_fail(a, HTTP_405, "method_not_allowed", "%s may be asked by %s only",
              http_endpoint_name(a->endpoint), allow);
}

static void
refuse_path(struct http_ask *a)
{
    weir_buf all = {0};

    for (int e = 0; e < HTTP_EP_NONE; e++)
        weir_buf_printf(&all, "%s%s", e ? ", " : "", http_endpoint_name((enum http_endpoint)e));
    http_fail(a, HTTP_404, "no_such_path", "there is %s", said_text(&all));
    weir_buf_fini(&all);
}

void
http_dispatch(struct http_ask *a)
{
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(a->req);
    weir_span segment = {NULL, 0};

    a->endpoint = find(evhttp_uri_get_path(uri), &segment);
    if (has_stray_body(a)) {
        http_add_header(a, "Connection", "close");
        http_fail(a, HTTP_400, "unclear_body", "a body goes with no such request");
    } else if (a->endpoint == HTTP_EP_NONE) {
        refuse_path(a);
    } else if (!(endpoints[a->endpoint].methods & evhttp_request_get_command(a->req))) {
        refuse_method(a);
    } else if (evhttp_uri_get_fragment(uri)) {
        http_fail(a, HTTP_400, "bad_path", "a # in a path is written %%23");
    } else if (!http_decode(segment, &a->segment)) {
        http_fail(a, HTTP_400, "bad_path", "a %% in a path is written %%25");
    } else {
        endpoints[a->endpoint].answer(a);
    }
}

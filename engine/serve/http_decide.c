/*
 * Decisions: of lines in a body, and of one hashtag or account that a path names. Both are lines to
 * the desk, so that their records are what a stream would have got.
 */
#include "serve/http_parts.h"

#include "flow/url.h"

#include <string.h>

static bool
refuses_work(struct http_ask *a)
{
    bool draining = server_is_draining(a->http->server);

    if (draining)
        http_fail(a, HTTP_503, "draining", "the server is about to end, and decides no more");
    return draining;
}

static void
refuse_for_memory(struct http_ask *a)
{
    http_fail(a, HTTP_503, "no_memory", "%s", weir_status_text(WEIR_E_NOMEM));
}

/* Lines -------------------------------------------------------------------------------------- */

static bool
decide_part(struct http_ask *a, weir_buf *out, bool *more)
{
    return desk_job_work(a->job, out, more);
}

void
http_decide(struct http_ask *a)
{
    struct evbuffer *body = evhttp_request_get_input_buffer(a->req);
    size_t len = evbuffer_get_length(body); /* HTTP_BODY_MAX at most, by the head */

    if (refuses_work(a))
        return;
    if (!len) {
        http_fail(a, HTTP_400, "no_body", "expected posts or queries, one a line");
        return;
    }
    const char *lines = (const char *)evbuffer_pullup(body, -1);
    a->job = lines ? desk_job_new(a->http->desk, (weir_span){lines, len}) : NULL;
    if (!a->job) {
        refuse_for_memory(a);
        return;
    }
    (void)evbuffer_drain(body, len);
    http_reply_parts(a, HTTP_200, HTTP_NDJSON, decide_part);
}

/* Queries ------------------------------------------------------------------------------------ */

struct params {
    weir_buf region, at;
};

static bool
take_param(struct http_ask *a, weir_span param, struct params *p)
{
    const char *eq = memchr(param.p, '=', param.len);
    size_t name_len = eq ? (size_t)(eq - param.p) : param.len;
    weir_buf *to = name_len == 6 && memcmp(param.p, "region", 6) == 0 ? &p->region
                   : name_len == 2 && memcmp(param.p, "at", 2) == 0   ? &p->at
                                                                      : NULL;

    if (!to)
        http_fail(a, HTTP_400, "bad_parameter", "expected region or at behind the ?");
    else if (to->p)
        http_fail(a, HTTP_400, "bad_parameter", "region and at are given once at most");
    else if (!eq || eq + 1 == param.p + param.len)
        http_fail(a, HTTP_400, "bad_parameter", "expected region=CODE or at=TIME");
    else if (!http_decode((weir_span){eq + 1, param.len - name_len - 1}, to))
        http_fail(a, HTTP_400, "bad_parameter", "a %% is written %%25");
    else
        return true;
    return false;
}

/* false: it was answered why not. */
static bool
take_params(struct http_ask *a, struct params *p)
{
    const char *at = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(a->req));

    while (at && *at) {
        size_t len = strcspn(at, "&");

        if (!take_param(a, (weir_span){at, len}, p))
            return false;
        at += len + (at[len] == '&');
    }
    return true;
}

static void
put_json(weir_buf *out, const char *key, const weir_buf *value)
{
    weir_buf_printf(out, "\"%s\":", key);
    weir_buf_put_json(out, (weir_span){value->p, value->len});
    out->failed |= value->failed;
}

static void
put_query(const struct http_ask *a, const char *kind, const struct params *p, weir_buf *line)
{
    weir_buf_puts(line, "{\"query\":{");
    put_json(line, kind, &a->segment);
    if (p->region.p) {
        weir_buf_putc(line, ',');
        put_json(line, "region", &p->region);
    }
    if (p->at.p) {
        weir_buf_putc(line, ',');
        put_json(line, "at", &p->at);
    }
    weir_buf_puts(line, "}}");
}

static void
put_notice(const weir_ruleset *rs, uint32_t rule, weir_buf *out)
{
    weir_rule_info info;
    weir_order_info order;

    weir_ruleset_rule(rs, rule, &info);
    if (info.order == WEIR_NONE)
        return;
    weir_ruleset_order(rs, info.order, &order);
    if (!order.confidential && url_is_web(order.notice))
        weir_buf_puts(out, order.notice);
}

/* A query that names a region is decided for that one alone. */
static void
on_decision(void *arg, const weir_decision *d)
{
    struct http_ask *a = arg;

    a->withheld = d->action == WEIR_WITHHOLD;
    for (size_t i = 0; i < d->nregions && !a->notice.len; i++)
        if (d->regions[i].outcome.action == WEIR_WITHHOLD)
            put_notice(d->rs, d->regions[i].outcome.act.rule, &a->notice);
}

/*
 * RFC 7725, section 4: "blocked-by" is whoever withholds, and nobody that had it withheld. Rules
 * say the latter only; the former is for the operator to say. false: there is no memory.
 */
static bool
link_451(struct http_ask *a)
{
    const char *by = a->http->blocked_by;
    weir_buf link = {0};

    if (by)
        weir_buf_printf(&link, "<%s>; rel=\"blocked-by\"", by);
    if (a->notice.len)
        weir_buf_printf(&link, "%s<%.*s>; rel=\"describedby\"", by ? ", " : "", (int)a->notice.len,
                        a->notice.p);
    if (link.len) {
        weir_buf_putc(&link, '\0');
        if (!link.failed)
            http_add_header(a, "Link", link.p);
    }
    bool good = !link.failed && !a->notice.failed;
    weir_buf_fini(&link);
    return good;
}

static void
answer_query(struct http_ask *a)
{
    weir_buf record = {0};
    bool more = true, good = true;

    desk_job_watch(a->job, on_decision, a);
    while (good && more)
        good = desk_job_work(a->job, &record, &more);
    if (!good) {
        weir_buf_fini(&record);
        refuse_for_memory(a);
        return;
    }
    if (a->withheld)
        record.failed |= !link_451(a);
    http_reply_kept(a,
                    desk_job_has_error(a->job) ? HTTP_400
                    : a->withheld              ? HTTP_451
                                               : HTTP_200,
                    HTTP_JSON, &record);
}

static void
query(struct http_ask *a, const char *kind)
{
    struct params p = {{0}, {0}};
    weir_buf line = {0};

    if (!refuses_work(a) && take_params(a, &p)) {
        put_query(a, kind, &p, &line);
        if (!line.failed)
            a->job = desk_job_new(a->http->desk, (weir_span){line.p, line.len});
        if (a->job)
            answer_query(a);
        else
            refuse_for_memory(a);
    }
    weir_buf_fini(&line);
    weir_buf_fini(&p.region);
    weir_buf_fini(&p.at);
}

void
http_hashtag(struct http_ask *a)
{
    query(a, "hashtag");
}

void
http_account(struct http_ask *a)
{
    query(a, "account");
}

/*
 * Queries: a hashtag or an account itself, asked about as a post with that one value.
 */
#include "post/read.h"

static void
bad_query(struct weir__reading *r, size_t at, const char *what)
{
    weir__fault(r, WEIR_READ_BAD_QUERY, at, "%s", what);
}

/* What is asked about. Which member is wrong decides the offset. */
static void
read_value(struct weir__draft *d, const struct weir__json *o)
{
    struct weir__reading *r = d->r;
    weir_query *q = &d->post->query;
    weir_span hashtag = weir__get_string(r, o, WEIR__Q_HASHTAG);
    weir_span account = weir__get_string(r, o, WEIR__Q_ACCOUNT);

    if (hashtag.p && account.p) {
        bad_query(r, o->at, "a query has \"hashtag\" or \"account\", not both");
    } else if (hashtag.p) {
        q->kind = WEIR_QUERY_HASHTAG;
        q->value = hashtag;
        weir__draft_tag(d, hashtag);
    } else if (account.p) {
        q->kind = WEIR_QUERY_ACCOUNT;
        q->value = account;
        d->post->author = weir__account_of(account);
    } else {
        bad_query(r, o->at, "a query needs \"hashtag\" or \"account\"");
    }
}

static void
read_terms(struct weir__draft *d, const struct weir__json *o)
{
    struct weir__reading *r = d->r;
    weir_query *q = &d->post->query;
    weir_span region = weir__get_string(r, o, WEIR__Q_REGION);

    q->at = weir__get_string(r, o, WEIR__Q_AT);
    if (region.p) {
        q->region = weir_region_find(region);
        if (q->region == WEIR_REGION_NONE)
            bad_query(r, weir__json_get(o, WEIR__Q_REGION)->at,
                      "\"region\" must be an ISO 3166-1 alpha-2 code (IN, FR, …), or XX");
    }
    if (q->at.p) {
        d->post->has_created = weir_time_parse(q->at, &q->at_ms);
        d->post->created_ms = q->at_ms;
        if (!d->post->has_created)
            bad_query(r, weir__json_get(o, WEIR__Q_AT)->at,
                      "\"at\" must be an RFC 3339 time with an offset (2021-02-01T06:00:00Z)");
    } else if (r->options->need_time) {
        weir__fault(r, WEIR_READ_NO_TIME, o->at, "the query has no time (\"at\")");
    }
}

void
weir__read_query(struct weir__reading *r, const struct weir__json *line)
{
    struct weir__draft d;
    const struct weir__json *o = weir__get_object(r, line, WEIR__L_QUERY);

    if (o) {
        weir__draft_begin(&d, r, WEIR_SOURCE_QUERY, o, 0);
        read_value(&d, o);
        read_terms(&d, o);
        d.post->hashtags = d.tags;
        d.post->nhashtags = d.ntags;
        weir__size_add(r, d.post);
    }
    /* A query has no id and no author of its own: what is wrong with it is told without. */
    weir__emit_post(r, r->fault.is_set || !o ? NULL : d.post);
}

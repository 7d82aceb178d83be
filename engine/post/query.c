/*
 * Queries: a hashtag or an account itself, asked about as a post with that one value.
 *
 * A value that no post can have would match no rule, and be answered "allow" to somebody who meant
 * something else: it is refused, and the message says what was meant, where that can be seen.
 */
#include "post/read.h"

#include "text/fold.h"

static void
bad_query(struct weir__reading *r, size_t at, const char *what)
{
    weir__fault(r, WEIR_READ_BAD_QUERY, at, "%s", what);
}

/* did:METHOD:IDENTIFIER, neither of them empty. */
static bool
is_did(weir_span s)
{
    weir_span method = span_skip(s, strlen("did:"));
    size_t n = span_find(method, ':');

    return n > 0 && n + 1 < method.len;
}

/* The part of a path in front of its next `/`, `?` or `#`; *path moves behind it. */
static weir_span
next_segment(weir_span *path)
{
    size_t n = 0;

    while (n < path->len && !strchr("/?#", path->p[n]))
        n++;
    weir_span segment = span_head(*path, n);
    bool goes_on = n < path->len && path->p[n] == '/';
    *path = goes_on ? span_skip(*path, n + 1) : SPAN_NONE;
    return segment;
}

/* The handle in the address of a profile: `x.com/h`, `mastodon.social/@h`, `bsky.app/profile/h`. */
static weir_span
handle_in_address(weir_span text)
{
    weir_span path = text;

    for (size_t i = 0; i + 2 < text.len; i++)
        if (memcmp(text.p + i, "://", 3) == 0) {
            path = span_skip(text, i + 3);
            break;
        }
    (void)next_segment(&path); /* the host */
    weir_span first = next_segment(&path);
    if (span_is(first, "profile") || span_is(first, "users"))
        first = next_segment(&path);
    return weir__bare_handle(first);
}

/* Of longer values none of it is said: answers must not outgrow questions. */
#define SHOWN_MAX 100

static void
bad_account(struct weir__reading *r, size_t at, weir_span account)
{
    const char *forms = "@handle, user@domain, id:… or did:…";
    weir_span tag = weir__tag_body(account);
    weir_span handle = handle_in_address(account);

    if (account.len > SHOWN_MAX)
        weir__fault(r, WEIR_READ_BAD_QUERY, at, "this is no account: write %s", forms);
    else if (tag.len < account.len)
        weir__fault(r, WEIR_READ_BAD_QUERY, at,
                    "\"%.*s\" is no account: ask for the hashtag %.*s, or write %s",
                    SPAN_FMT(account), SPAN_FMT(tag), forms);
    else if (span_find(account, '/') < account.len && handle.len && !span_has_blank(account))
        weir__fault(r, WEIR_READ_BAD_QUERY, at, "\"%.*s\" is an address, no account: write @%.*s",
                    SPAN_FMT(account), SPAN_FMT(handle));
    else
        weir__fault(r, WEIR_READ_BAD_QUERY, at, "\"%.*s\" is no account: write %s",
                    SPAN_FMT(account), forms);
}

/* Could a post's author be this account? What rules would not take as one is none here either. */
static bool
can_be_account(weir_span text, weir_account a)
{
    if (span_has_blank(text))
        return false;
    if (a.id.len)
        return !span_starts(a.id, "did:") || is_did(a.id);
    return a.handle.len && span_find(a.handle, '/') == a.handle.len &&
           weir__tag_body(a.handle).len == a.handle.len && !span_starts(a.handle, "domain:");
}

/* An empty canonical key never matches. Of ASCII nothing is ever dropped. */
static bool
can_be_hashtag(struct weir__reading *r, weir_span tag)
{
    weir_span body = weir__tag_body(tag);
    weir_buf key = {0};

    if (weir__is_ascii(body))
        return body.len > 0;
    weir__fold_key(body, &key);
    bool failed = key.failed, some = key.len > 0;
    weir_buf_fini(&key);
    if (failed)
        longjmp(*r->arena->on_oom, 1);
    return some;
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
        if (!can_be_hashtag(r, hashtag))
            bad_query(
                r, weir__json_get(o, WEIR__Q_HASHTAG)->at,
                "nothing is left of this hashtag in its canonical form: it can match nothing");
    } else if (account.p) {
        q->kind = WEIR_QUERY_ACCOUNT;
        q->value = account;
        d->post->author = weir__account_of(account);
        if (!can_be_account(account, d->post->author))
            bad_account(r, weir__json_get(o, WEIR__Q_ACCOUNT)->at, account);
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

/*
 * Bluesky, as Jetstream gives it: one event a line, most of them no posts.
 */
#include "post/read.h"

#define POSTS "app.bsky.feed.post"
#define REPOSTS "app.bsky.feed.repost"

/* Records that are no posts, by their collection; what stands in the count of skipped lines. */
static const struct {
    const char *collection, *name;
} other_records[] = {
    {"app.bsky.feed.like", "like"},
    {"app.bsky.graph.follow", "follow"},
    {"app.bsky.graph.block", "block"},
    {"app.bsky.graph.list", "list"},
    {"app.bsky.graph.listitem", "listitem"},
    {"app.bsky.graph.listblock", "listblock"},
    {"app.bsky.graph.starterpack", "starterpack"},
    {"app.bsky.graph.verification", "verification"},
    {"app.bsky.actor.profile", "profile"},
    {"app.bsky.actor.status", "status"},
    {"app.bsky.feed.threadgate", "threadgate"},
    {"app.bsky.feed.postgate", "postgate"},
    {"app.bsky.feed.generator", "generator"},
    {"app.bsky.labeler.service", "service"},
    {"app.bsky.notification.declaration", "declaration"},
    {"chat.bsky.actor.declaration", "declaration"},
};

static weir_account
account_of_did(struct weir__reading *r, weir_span did)
{
    if (did.len == 0)
        return (weir_account){SPAN_NONE, SPAN_NONE};
    return (weir_account){did, weir__handles_find(r->options->handles, did)};
}

/* A post known by its at:// URI alone: whose it is stands in the URI. */
static const weir_post *
post_of_uri(struct weir__reading *r, weir_span uri)
{
    static const char scheme[] = "at://";

    if (uri.len == 0)
        return NULL;
    weir_post *post = weir__post_of_id(r, WEIR_SOURCE_BLUESKY, uri);
    if (span_starts(uri, scheme)) {
        weir_span who = span_skip(uri, sizeof scheme - 1);
        who = span_head(who, span_find(who, '/'));
        if (span_starts(who, "did:"))
            post->author = account_of_did(r, who);
    }
    return post;
}

static bool
ends_in(weir_span s, const char *end)
{
    size_t n = strlen(end);

    return s.len >= n && memcmp(s.p + s.len - n, end, n) == 0;
}

static void
read_feature(struct weir__draft *d, const struct weir__json *feature)
{
    weir_span type = weir__get_string(d->r, feature, WEIR__F_TYPE);

    if (ends_in(type, "#tag")) {
        weir_span tag = weir__get_string(d->r, feature, WEIR__F_TAG);
        if (tag.p)
            weir__draft_tag(d, tag);
    } else if (ends_in(type, "#mention")) {
        weir__draft_mention(d, account_of_did(d->r, weir__get_string(d->r, feature, WEIR__F_DID)));
    }
}

/* Tags of the text first, where its facets say that they are, then those beside the text. */
static void
read_tags(struct weir__draft *d, const struct weir__json *record)
{
    struct weir__reading *r = d->r;
    const struct weir__json *facets = weir__get_array(r, record, WEIR__R_FACETS);
    weir_span text = weir__get_string(r, record, WEIR__R_TEXT);

    for (size_t i = 0; facets && i < facets->n; i++) {
        const struct weir__json *facet = weir__item_object(r, record, WEIR__R_FACETS, i);
        const struct weir__json *features =
            facet ? weir__get_array(r, facet, WEIR__F_FEATURES) : NULL;
        for (size_t j = 0; features && j < features->n; j++) {
            const struct weir__json *feature = weir__item_object(r, facet, WEIR__F_FEATURES, j);
            if (feature)
                read_feature(d, feature);
        }
    }
    weir__draft_tags(d, record, WEIR__R_TAGS);
    if (weir__draft_wants_text(d, true))
        weir__draft_text_tags(d, text);
}

/* `embed.record.uri`, or `embed.record.record.uri` where media stand beside the quoted post. */
static const weir_post *
read_quote(struct weir__reading *r, const struct weir__json *record)
{
    const struct weir__json *embed = weir__get_object(r, record, WEIR__R_EMBED);
    const struct weir__json *ref = embed ? weir__get_object(r, embed, WEIR__EMBED_RECORD) : NULL;

    if (!ref)
        return NULL;
    weir_span uri = weir__get_string(r, ref, WEIR__REF_URI);
    if (!uri.p && (ref = weir__get_object(r, ref, WEIR__REF_RECORD)) != NULL)
        uri = weir__get_string(r, ref, WEIR__REF_INNER_URI);
    return post_of_uri(r, uri);
}

static void
read_record(struct weir__draft *d, const struct weir__json *record, bool is_repost)
{
    struct weir__reading *r = d->r;
    const struct weir__json *of;

    if (is_repost) {
        of = weir__get_object(r, record, WEIR__R_SUBJECT);
        d->post->repost_of = of ? post_of_uri(r, weir__get_string(r, of, WEIR__REF_URI)) : NULL;
    } else {
        of = weir__get_array(r, record, WEIR__R_LANGS);
        for (size_t i = 0; of && i < of->n; i++)
            weir__draft_lang(d, weir__item_string(r, record, WEIR__R_LANGS, i));
        read_tags(d, record);
        d->post->quotes = read_quote(r, record);
    }
    if (!d->post->has_created)
        weir__draft_created(d, weir__get_string(r, record, WEIR__R_CREATED_AT));
}

/* Microseconds since 1970; what is no whole number of them that fits is taken as absent. */
static void
read_time(struct weir__draft *d)
{
    const struct weir__json *v = weir__get(d->r, d->node, WEIR__L_TIME_US);
    int64_t us = 0;

    if (!v)
        return;
    if (v->type != WEIR__NUMBER) {
        weir__fault(d->r, WEIR_READ_BAD_TYPE, v->at,
                    "\"time_us\" must be a number of microseconds, found %s", weir__found(v));
        return;
    }
    for (size_t i = 0; i < v->raw.len; i++) {
        if (!ascii_is_digit(v->raw.p[i]) || us > (INT64_MAX - 9) / 10)
            return;
        us = us * 10 + (v->raw.p[i] - '0');
    }
    d->post->has_created = true;
    d->post->created_ms = us / 1000;
}

/* at://did/collection/rkey. Put together by hand: the parts may hold a NUL. */
static weir_span
uri_of(struct weir__reading *r, weir_span did, weir_span collection, weir_span rkey)
{
    weir_span parts[] = {SPAN_LIT("at://"), did, SPAN_LIT("/"), collection, SPAN_LIT("/"), rkey};
    size_t len = 0, at = 0;

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        len += parts[i].len;
    char *uri = arena_alloc(r->arena, len);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; at += parts[i++].len)
        memcpy(uri + at, parts[i].p, parts[i].len);
    return (weir_span){uri, len};
}

static void
read_post(struct weir__reading *r, const struct weir__json *line, weir_span did,
          const struct weir__json *commit, weir_span collection)
{
    struct weir__draft d;
    weir_span rkey = weir__get_string(r, commit, WEIR__C_RKEY);
    const struct weir__json *record = weir__get_object(r, commit, WEIR__C_RECORD);

    weir__draft_begin(&d, r, WEIR_SOURCE_BLUESKY, line, 0);
    d.post->author = account_of_did(r, did);
    if (did.len && rkey.len)
        d.post->id = uri_of(r, did, collection, rkey);
    read_time(&d);
    if (record)
        read_record(&d, record, span_is(collection, REPOSTS));
    weir__emit_post(r, weir__draft_end(&d, "time_us"));
}

static const char *
name_of(weir_span collection)
{
    for (size_t i = 0; i < sizeof other_records / sizeof *other_records; i++)
        if (span_is(collection, other_records[i].collection))
            return other_records[i].name;
    return "other";
}

static void
read_commit(struct weir__reading *r, const struct weir__json *line, weir_span did)
{
    const struct weir__json *commit = weir__get_object(r, line, WEIR__L_COMMIT);

    if (!commit) {
        weir__emit_skip(r, "other");
        return;
    }
    weir_span operation = weir__get_string(r, commit, WEIR__C_OPERATION);
    weir_span collection = weir__get_string(r, commit, WEIR__C_COLLECTION);
    bool writes = span_is(operation, "create") || span_is(operation, "update");
    if (writes && (span_is(collection, POSTS) || span_is(collection, REPOSTS)))
        read_post(r, line, did, commit, collection);
    else if (writes)
        weir__emit_skip(r, name_of(collection));
    else
        weir__emit_skip(r, span_is(operation, "delete") ? "delete" : "other");
}

void
weir__read_bluesky(struct weir__reading *r, const struct weir__json *line)
{
    weir_span did = weir__get_string(r, line, WEIR__L_DID);
    weir_span kind = weir__get_string(r, line, WEIR__L_KIND);

    if (span_is(kind, "commit"))
        read_commit(r, line, did);
    else if (span_is(kind, "identity"))
        weir__emit_skip(r, "identity");
    else if (span_is(kind, "account"))
        weir__emit_skip(r, "account");
    else
        weir__emit_skip(r, "other");
}

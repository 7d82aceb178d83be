/*
 * Posts of every dialect, as the table of the contract's section 6 says.
 */
#include "reader.h"

#include <stdlib.h>

static void
need_id(struct reader *r, const struct post *p)
{
    if (!p->id.n)
        r->errors[NO_ID] = true;
}

static struct post *
new_post(enum source source)
{
    struct post *p = give(LINE, sizeof *p);

    p->source = source;
    p->created = NO_TIME;
    return p;
}

static void
add_lang(struct post *p, struct str lang)
{
    if (lang.p)
        PUSH(LINE, p->langs, p->nlangs, lang);
}

static void
add_tag_of(struct reader *r, struct post *p, const struct json *item, const char *key)
{
    struct str tag;

    if (!is_object(r, item))
        return;
    tag = get_string(r, item, key);
    if (tag.p)
        PUSH(LINE, p->raw_tags, p->nraw_tags, tag);
}

/* Tweets -------------------------------------------------------------------------------------- */

static struct str
either_id(struct reader *r, const struct json *o)
{
    struct str id = get_id(r, o, "id_str");

    return id.n ? id : get_id(r, o, "id");
}

void
read_tweet_v1(struct reader *r, const struct json *o, int depth, struct post *p)
{
    const struct json *user = get_object(r, o, "user"), *entities = get_object(r, o, "entities");
    const struct json *longer = get_object(r, o, "extended_tweet"), *list;
    const struct json *truncated = get(r, o, "truncated"), *nested;
    struct texts t = {.n = 1};

    p->source = TWEET;
    p->id = either_id(r, o);
    need_id(r, p);
    p->author = account_of(either_id(r, user), get_string(r, user, "screen_name"));
    if (!time_tweet(get_string(r, o, "created_at"), &p->created))
        p->created = NO_TIME;
    add_lang(p, get_string(r, o, "lang"));
    if (truncated && truncated->kind != JSON_TRUE && truncated->kind != JSON_FALSE)
        r->errors[BAD_TYPE] = true;
    if (truncated && truncated->kind == JSON_TRUE && get_object(r, longer, "entities"))
        entities = get_object(r, longer, "entities");
    list = get_array(r, entities, "hashtags");
    for (size_t i = 0; list && i < list->n; i++)
        add_tag_of(r, p, &list->items[i], "text");
    list = get_array(r, entities, "user_mentions");
    for (size_t i = 0; list && i < list->n; i++)
        if (is_object(r, &list->items[i]))
            PUSH(LINE, p->mentions, p->nmentions,
                 account_of(either_id(r, &list->items[i]),
                            get_string(r, &list->items[i], "screen_name")));
    t.items[0] = get_string(r, longer, "full_text");
    if (!t.items[0].p)
        t.items[0] = get_string(r, o, "full_text");
    if (!t.items[0].p)
        t.items[0] = get_string(r, o, "text");
    tags_from(r, p, &t, entities != NULL, entities != NULL);
    if (depth == DEEPEST_NESTING)
        return;
    if ((nested = get_object(r, o, "retweeted_status")) != NULL)
        read_tweet_v1(r, nested, depth + 1, p->repost_of = new_post(TWEET));
    if ((nested = get_object(r, o, "quoted_status")) != NULL)
        read_tweet_v1(r, nested, depth + 1, p->quotes = new_post(TWEET));
}

/* The object of an array that has this id. */
static const struct json *
with_id(struct reader *r, const struct json *list, struct str id)
{
    for (size_t i = 0; id.n && list && i < list->n; i++)
        if (is_object(r, &list->items[i]) && str_eq(get_id(r, &list->items[i], "id"), id))
            return &list->items[i];
    return NULL;
}

/* A referenced tweet stands in its place, in the page's `includes`, or among its `data`. */
static const struct json *
find_referenced(struct reader *r, const struct json *ref)
{
    struct str id = get_id(r, ref, "id");
    const struct json *found = get(r, ref, "author_id") ? ref : NULL;

    if (!found)
        found = with_id(r, get_array(r, r->includes, "tweets"), id);
    if (!found)
        found = with_id(r, r->page, id);
    return found ? found : ref;
}

static void
read_referenced(struct reader *r, const struct json *o, int depth, struct post *p)
{
    const struct json *list = get_array(r, o, "referenced_tweets");

    for (size_t i = 0; list && i < list->n; i++) {
        const struct json *ref = &list->items[i];
        struct str type;
        struct post **to;
        if (!is_object(r, ref))
            continue;
        type = get_string(r, ref, "type");
        to = str_is(type, "retweeted") ? &p->repost_of : str_is(type, "quoted") ? &p->quotes : NULL;
        if (!to || *to)
            continue;
        *to = new_post(TWEET);
        read_tweet_v2(r, find_referenced(r, ref), depth + 1, *to);
    }
}

void
read_tweet_v2(struct reader *r, const struct json *o, int depth, struct post *p)
{
    const struct json *entities = get_object(r, o, "entities"), *list;
    struct texts t = {.items = {get_string(r, o, "text")}, .n = 1};
    struct str author = get_id(r, o, "author_id");
    struct str name = get_string(r, get_object(r, o, "author"), "username");

    p->source = TWEET;
    p->id = get_id(r, o, "id");
    need_id(r, p);
    if (!name.p)
        name = get_string(r, with_id(r, get_array(r, r->includes, "users"), author), "username");
    p->author = account_of(author, name);
    if (!time_rfc3339(get_string(r, o, "created_at"), &p->created))
        p->created = NO_TIME;
    add_lang(p, get_string(r, o, "lang"));
    list = get_array(r, entities, "hashtags");
    for (size_t i = 0; list && i < list->n; i++)
        add_tag_of(r, p, &list->items[i], "tag");
    list = get_array(r, entities, "mentions");
    for (size_t i = 0; list && i < list->n; i++)
        if (is_object(r, &list->items[i]))
            PUSH(LINE, p->mentions, p->nmentions,
                 account_of(get_id(r, &list->items[i], "id"),
                            get_string(r, &list->items[i], "username")));
    tags_from(r, p, &t, entities != NULL, entities != NULL);
    if (depth < DEEPEST_NESTING)
        read_referenced(r, o, depth, p);
}

/* Mastodon ------------------------------------------------------------------------------------ */

void
read_mastodon(struct reader *r, const struct json *o, int depth, struct post *p)
{
    const struct json *account = get_object(r, o, "account"), *nested;
    const struct json *tags = get_array(r, o, "tags"), *mentions = get_array(r, o, "mentions");
    struct texts t = {.items = {get_string(r, o, "content"), get_string(r, o, "spoiler_text")},
                      .n = 2};

    p->source = MASTODON;
    p->id = get_id(r, o, "id");
    need_id(r, p);
    p->author = account_of(get_id(r, account, "id"), get_string(r, account, "acct"));
    if (!time_rfc3339(get_string(r, o, "created_at"), &p->created))
        p->created = NO_TIME;
    add_lang(p, get_string(r, o, "language"));
    for (size_t i = 0; tags && i < tags->n; i++)
        add_tag_of(r, p, &tags->items[i], "name");
    for (size_t i = 0; mentions && i < mentions->n; i++)
        if (is_object(r, &mentions->items[i]))
            PUSH(LINE, p->mentions, p->nmentions,
                 account_of(get_id(r, &mentions->items[i], "id"),
                            get_string(r, &mentions->items[i], "acct")));
    t.items[0] = html_text(t.items[0]);
    tags_from(r, p, &t, tags != NULL, mentions != NULL);
    if (depth == DEEPEST_NESTING)
        return;
    if ((nested = get_object(r, o, "reblog")) != NULL)
        read_mastodon(r, nested, depth + 1, p->repost_of = new_post(MASTODON));
    if ((nested = get_object(r, o, "quote")) != NULL) {
        p->quotes = new_post(MASTODON);
        if (get(r, nested, "quoted_status"))
            read_mastodon(r, get_object(r, nested, "quoted_status"), depth + 1, p->quotes);
        else if (get_id(r, nested, "quoted_status_id").n)
            p->quotes->id = get_id(r, nested, "quoted_status_id");
        else if (get(r, nested, "id"))
            read_mastodon(r, nested, depth + 1, p->quotes);
        else /* pending, or taken back */
            p->quotes = NULL;
    }
}

/* Bluesky ------------------------------------------------------------------------------------- */

/* at://did/collection/rkey, and nothing else known of it. */
static struct post *
post_at(enum source source, struct str uri)
{
    struct post *p = new_post(source);
    struct str did;

    p->id = uri;
    if (str_starts(uri, "at://did:")) {
        did = str_skip(uri, 5);
        did.n = str_find(did, '/');
        p->author = account_of(did, handle_of_did(did));
    }
    return p;
}

static void
read_facets(struct reader *r, const struct json *record, struct post *p)
{
    const struct json *facets = get_array(r, record, "facets");

    for (size_t i = 0; facets && i < facets->n; i++) {
        const struct json *features;
        if (!is_object(r, &facets->items[i]))
            continue;
        features = get_array(r, &facets->items[i], "features");
        for (size_t k = 0; features && k < features->n; k++) {
            const struct json *f = &features->items[k];
            struct str type;
            if (!is_object(r, f))
                continue;
            type = get_string(r, f, "$type");
            if (str_is(type, "app.bsky.richtext.facet#tag"))
                add_tag_of(r, p, f, "tag");
            if (str_is(type, "app.bsky.richtext.facet#mention")) {
                struct str did = get_string(r, f, "did");
                PUSH(LINE, p->mentions, p->nmentions, account_of(did, handle_of_did(did)));
            }
        }
    }
}

static void
read_bluesky_post(struct reader *r, const struct json *record, struct post *p)
{
    const struct json *tags = get_array(r, record, "tags"), *langs = get_array(r, record, "langs");
    const struct json *embed = get_object(r, get_object(r, record, "embed"), "record");
    struct texts t = {.items = {get_string(r, record, "text")}, .n = 1};
    struct str quoted;

    read_facets(r, record, p);
    for (size_t i = 0; tags && i < tags->n; i++)
        if (is_string(r, &tags->items[i]))
            PUSH(LINE, p->raw_tags, p->nraw_tags, tags->items[i].text);
    for (size_t i = 0; langs && i < langs->n; i++)
        if (is_string(r, &langs->items[i]))
            add_lang(p, langs->items[i].text);
    tags_from(r, p, &t, true, true);
    quoted = get_string(r, embed, "uri");
    if (!quoted.p) /* recordWithMedia has it one deeper */
        quoted = get_string(r, get_object(r, embed, "record"), "uri");
    if (quoted.n)
        p->quotes = post_at(BLUESKY, quoted);
}

static int64_t
event_time(struct reader *r, const struct json *o, const struct json *record)
{
    const struct json *time_us = get(r, o, "time_us");
    int64_t ms;

    if (time_us && time_us->kind == JSON_NUMBER)
        return strtoll(str_copy(LINE, time_us->text).p, NULL, 10) / 1000;
    if (time_us)
        r->errors[BAD_TYPE] = true;
    return time_rfc3339(get_string(r, record, "createdAt"), &ms) ? ms : NO_TIME;
}

bool
read_bluesky(struct reader *r, const struct json *o, struct post *p)
{
    const struct json *commit, *record;
    struct str did = get_string(r, o, "did"), operation, collection, original;
    struct buf id = {0};

    if (!str_is(get_string(r, o, "kind"), "commit"))
        return false;
    commit = get_object(r, o, "commit");
    operation = get_string(r, commit, "operation");
    collection = get_string(r, commit, "collection");
    if (!str_is(operation, "create") && !str_is(operation, "update"))
        return false;
    if (!str_is(collection, "app.bsky.feed.post") && !str_is(collection, "app.bsky.feed.repost"))
        return false;
    record = get_object(r, commit, "record");
    p->source = BLUESKY;
    if (did.n && get_string(r, commit, "rkey").n) {
        puts_buf(&id, "at://");
        put(&id, did);
        puts_buf(&id, "/");
        put(&id, collection);
        puts_buf(&id, "/");
        put(&id, get_string(r, commit, "rkey"));
        p->id = str_of_buf(&id);
    }
    p->author = account_of(did, handle_of_did(did));
    p->created = event_time(r, o, record);
    if (str_is(collection, "app.bsky.feed.post")) {
        read_bluesky_post(r, record, p);
        return true;
    }
    original = get_string(r, get_object(r, record, "subject"), "uri");
    if (original.n)
        p->repost_of = post_at(BLUESKY, original);
    return true;
}

/* Tagweir's own ------------------------------------------------------------------------------- */

static struct account
read_account(struct reader *r, const struct json *v)
{
    if (!v)
        return (struct account){0};
    if (v->kind == JSON_STRING)
        return account_of_word(v->text);
    if (is_object(r, v))
        return account_of(get_id(r, v, "id"), get_string(r, v, "handle"));
    return (struct account){0};
}

static struct post *
read_own_nested(struct reader *r, const struct json *v, int depth)
{
    struct post *p;
    struct str id;

    if (!v)
        return NULL;
    if (v->kind == JSON_OBJECT) {
        p = new_post(OWN);
        read_own(r, v, depth + 1, p);
        return p;
    }
    id = id_of(r, v);
    return id.n ? post_at(OWN, id) : NULL;
}

void
read_own(struct reader *r, const struct json *o, int depth, struct post *p)
{
    const struct json *tags = get_array(r, o, "hashtags"), *mentions = get_array(r, o, "mentions");
    const struct json *lang = get(r, o, "lang");
    struct texts t = {.items = {get_string(r, o, "text")}, .n = 1};

    p->source = OWN;
    p->id = get_id(r, o, "id");
    need_id(r, p);
    p->author = read_account(r, get(r, o, "author"));
    if (!time_rfc3339(get_string(r, o, "created_at"), &p->created))
        p->created = NO_TIME;
    if (lang && lang->kind == JSON_ARRAY) {
        for (size_t i = 0; i < lang->n; i++)
            if (is_string(r, &lang->items[i]))
                add_lang(p, lang->items[i].text);
    } else {
        add_lang(p, get_string(r, o, "lang"));
    }
    for (size_t i = 0; tags && i < tags->n; i++)
        if (is_string(r, &tags->items[i]))
            PUSH(LINE, p->raw_tags, p->nraw_tags, tags->items[i].text);
    for (size_t i = 0; mentions && i < mentions->n; i++) {
        const struct json *m = &mentions->items[i];
        if (m->kind == JSON_STRING || is_object(r, m))
            PUSH(LINE, p->mentions, p->nmentions, read_account(r, m));
    }
    tags_from(r, p, &t, tags != NULL, mentions != NULL);
    if (depth == DEEPEST_NESTING)
        return;
    p->repost_of = read_own_nested(r, get(r, o, "repost_of"), depth);
    p->quotes = read_own_nested(r, get(r, o, "quotes"), depth);
}

/* Queries ------------------------------------------------------------------------------------- */

/* Whom could it name? Nobody has a handle with a slash or a blank in it, or one like a hashtag. */
static bool
names_an_account(struct str word, struct account a)
{
    for (size_t i = 0; i < word.n; i++)
        if ((word.p[i] >= 0 && word.p[i] <= 32) || word.p[i] == 127)
            return false;
    if (str_starts(a.id, "did:")) {
        size_t second = 4 + str_find(str_skip(a.id, 4), ':');
        return second > 4 && second + 1 < a.id.n;
    }
    if (a.id.n)
        return true;
    return a.handle.n && str_find(a.handle, '/') == a.handle.n && !str_starts(a.handle, "#") &&
           !str_starts(a.handle, "＃") && !str_starts(a.handle, "domain:");
}

void
read_query(struct reader *r, const struct json *o, struct post *p)
{
    const struct json *q = get_object(r, o, "query");
    struct str region = get_string(r, q, "region");

    p->source = QUERY;
    p->query.region = REGION_NONE;
    p->query.hashtag = get_string(r, q, "hashtag");
    p->query.account = get_string(r, q, "account");
    p->query.at = get_string(r, q, "at");
    if (!p->query.hashtag.p == !p->query.account.p)
        r->errors[BAD_QUERY] = true;
    if (p->query.at.p && !time_rfc3339(p->query.at, &p->query.at_ms))
        r->errors[BAD_QUERY] = true;
    if (region.p) {
        p->query.region = region_of_code(region);
        if (p->query.region == REGION_NONE)
            r->errors[BAD_QUERY] = true;
    }
    if (p->query.hashtag.p) {
        PUSH(LINE, p->raw_tags, p->nraw_tags, p->query.hashtag);
        if (!fold_key(LINE, tag_body(p->query.hashtag)).n)
            r->errors[BAD_QUERY] = true; /* never matches */
    }
    if (p->query.account.p) {
        p->author = account_of_word(p->query.account);
        if (!names_an_account(p->query.account, p->author))
            r->errors[BAD_QUERY] = true;
    }
}

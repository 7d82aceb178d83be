/*
 * What a line is, and typed reading of its keys.
 */
#include "reader.h"

#include <stdio.h>

#define LINE_LIMIT (1024 * 1024)
#define DEPTH_LIMIT 64
#define TAG_LIMIT 1000
#define PAGE_LIMIT 10000
#define PAGE_SHARE 16 /* times the longest line: what a page's posts may come to together */

const char *const source_names[6] = {"tweet", "mastodon", "bluesky", "activitypub", "own", "query"};

static const char *const error_names[NERRORS] = {
    "too_long",      "bad_utf8", "bad_json", "too_deep", "duplicate_key", "not_an_object",
    "unknown_shape", "bad_type", "no_id",    "no_time",  "bad_query"};

/* Keys of lines that archives hold among tweets. */
static const char *const skipped[] = {"delete",  "scrub_geo",       "limit",        "disconnect",
                                      "warning", "status_withheld", "user_withheld"};

const struct json *
get(struct reader *r, const struct json *object, const char *key)
{
    const struct json *found = NULL;

    if (!object || object->kind != JSON_OBJECT)
        return NULL;
    for (size_t i = 0; i < object->n; i++) {
        if (!str_is(object->keys[i], key))
            continue;
        if (found)
            r->errors[DUPLICATE_KEY] = true;
        else
            found = &object->items[i];
    }
    return found && found->kind != JSON_NULL ? found : NULL;
}

static const struct json *
get_kind(struct reader *r, const struct json *object, const char *key, enum json_kind kind)
{
    const struct json *v = get(r, object, key);

    if (!v || v->kind == kind)
        return v;
    r->errors[BAD_TYPE] = true;
    return NULL;
}

const struct json *
get_object(struct reader *r, const struct json *object, const char *key)
{
    return get_kind(r, object, key, JSON_OBJECT);
}

const struct json *
get_array(struct reader *r, const struct json *object, const char *key)
{
    return get_kind(r, object, key, JSON_ARRAY);
}

struct str
get_string(struct reader *r, const struct json *object, const char *key)
{
    const struct json *v = get_kind(r, object, key, JSON_STRING);

    return v ? v->text : NONE;
}

struct str
id_of(struct reader *r, const struct json *value)
{
    if (!value)
        return NONE;
    if (value->kind == JSON_STRING ||
        (value->kind == JSON_NUMBER && str_find(value->text, '.') == value->text.n &&
         str_find(value->text, 'e') == value->text.n &&
         str_find(value->text, 'E') == value->text.n))
        return value->text.n ? value->text : NONE;
    r->errors[BAD_TYPE] = true;
    return NONE;
}

struct str
get_id(struct reader *r, const struct json *object, const char *key)
{
    return id_of(r, get(r, object, key));
}

bool
is_string(struct reader *r, const struct json *value)
{
    if (value->kind != JSON_STRING)
        r->errors[BAD_TYPE] = true;
    return value->kind == JSON_STRING;
}

bool
is_object(struct reader *r, const struct json *value)
{
    if (value->kind != JSON_OBJECT)
        r->errors[BAD_TYPE] = true;
    return value->kind == JSON_OBJECT;
}

/* Accounts ------------------------------------------------------------------------------------ */

struct account
account_of(struct str id, struct str handle)
{
    if (str_starts(handle, "@"))
        handle = str_skip(handle, 1);
    return (struct account){id.n ? id : NONE, handle.n ? handle : NONE};
}

struct account
account_of_word(struct str word)
{
    if (str_starts(word, "id:"))
        return account_of(str_skip(word, 3), NONE);
    if (str_starts(word, "did:"))
        return account_of(word, NONE);
    return account_of(NONE, word);
}

static struct {
    struct str did, handle;
} * handles;
static size_t nhandles;

static struct str
unquote(struct str s)
{
    s = str_trim(s);
    return s.n >= 2 && s.p[0] == '"' ? (struct str){s.p + 1, s.n - 2} : s;
}

void
handles_load(const char *path)
{
    struct str all = read_file(FOREVER, path);

    if (str_starts(all, "\xEF\xBB\xBF"))
        all = str_skip(all, 3);
    while (all.n) {
        size_t end = str_find(all, '\n'), comma;
        struct str line = str_trim((struct str){all.p, end});
        all = str_skip(all, end < all.n ? end + 1 : end);
        comma = str_find(line, ',');
        if (!line.n || comma == line.n || str_is(line, "did,handle"))
            continue;
        handles = room(FOREVER, handles, nhandles, sizeof *handles);
        handles[nhandles].did = unquote((struct str){line.p, comma});
        handles[nhandles++].handle = unquote(str_skip(line, comma + 1));
    }
}

struct str
handle_of_did(struct str did)
{
    for (size_t i = 0; i < nhandles; i++)
        if (str_eq(handles[i].did, did))
            return handles[i].handle;
    return NONE;
}

/* Tags ---------------------------------------------------------------------------------------- */

static void
add_tag(void *into, struct str tag)
{
    struct post *p = into;

    PUSH(LINE, p->raw_tags, p->nraw_tags, tag);
}

static void
add_mention(void *into, struct str handle)
{
    struct post *p = into;

    PUSH(LINE, p->mentions, p->nmentions, account_of(NONE, handle));
}

void
tags_from(struct reader *r, struct post *p, const struct texts *t, bool have_tags,
          bool have_mentions)
{
    for (size_t i = 0; i < t->n; i++) {
        if (!have_tags || r->options->tags_both)
            each_hashtag(t->items[i], add_tag, p);
        if (p->source != BLUESKY && (!have_mentions || r->options->tags_both))
            each_mention(t->items[i], add_mention, p);
    }
}

/* The first 1,000 distinct keys, each at its first place. */
static void
make_keys(struct post *p)
{
    for (size_t i = 0; i < p->nraw_tags; i++) {
        struct tag t = {.raw = p->raw_tags[i]};
        bool seen = false;
        t.key = fold_key(LINE, tag_body(t.raw));
        for (size_t k = 0; k < p->ntags; k++)
            seen |= str_eq(p->tags[k].key, t.key);
        if (!t.key.n || seen)
            continue;
        if (p->ntags == TAG_LIMIT) {
            p->too_many_tags = true;
            break;
        }
        t.turkic = fold_turkic(LINE, t.key);
        t.skeleton = fold_skeleton(LINE, t.key);
        t.letters = fold_letters(LINE, t.key);
        PUSH(LINE, p->tags, p->ntags, t);
    }
    if (p->repost_of)
        make_keys(p->repost_of);
    if (p->quotes)
        make_keys(p->quotes);
}

/* Pages --------------------------------------------------------------------------------------- */

static size_t
value_size(struct str s)
{
    return s.p ? s.n + 16 : 0;
}

/* The bytes of a post's values, and 16 for each, with those of the posts inside it. */
static size_t
post_size(const struct post *p)
{
    size_t size = 0;

    if (!p)
        return 0;
    size += value_size(p->id) + value_size(p->author.id) + value_size(p->author.handle);
    for (size_t i = 0; i < p->nraw_tags; i++)
        size += value_size(p->raw_tags[i]);
    for (size_t i = 0; i < p->nmentions; i++)
        size += value_size(p->mentions[i].id) + value_size(p->mentions[i].handle);
    for (size_t i = 0; i < p->nlangs; i++)
        size += value_size(p->langs[i]);
    return size + post_size(p->repost_of) + post_size(p->quotes);
}

/* Lines --------------------------------------------------------------------------------------- */

static size_t
line_limit(const struct reader *r)
{
    return r->options->max_line ? r->options->max_line : LINE_LIMIT;
}

static void
add_item(struct reader *r, struct post *p, struct item **items, size_t *n)
{
    struct item item = {.post = p};

    if (p && p->source != QUERY && !p->id.n)
        r->errors[NO_ID] = true;
    if (p && r->options->need_time && (p->source == QUERY ? !p->query.at.p : p->created == NO_TIME))
        r->errors[MISSING_TIME] = true;
    for (int e = 0; e < NERRORS && !item.error; e++)
        if (r->errors[e])
            item.error = error_names[e];
    if (!item.error && r->page) {
        if (r->came_to + post_size(p) > PAGE_SHARE * line_limit(r))
            item.error = error_names[TOO_LONG];
        else
            r->came_to += post_size(p);
    }
    if (!item.error && p)
        make_keys(p);
    if (item.error || p)
        PUSH(LINE, *items, *n, item);
}

static void
read_v2_line(struct reader *r, const struct json *o, struct item **items, size_t *n)
{
    const struct json *data = get(r, o, "data");
    struct post *p = give(LINE, sizeof *p);

    r->includes = get_object(r, o, "includes");
    if (data && data->kind == JSON_ARRAY) {
        r->page = data;
        if (data->n > PAGE_LIMIT) {
            r->errors[TOO_LONG] = true;
            add_item(r, NULL, items, n);
            return;
        }
        for (size_t i = 0; i < data->n; i++) {
            struct reader each = *r;
            p = give(LINE, sizeof *p);
            if (is_object(&each, &data->items[i]))
                read_tweet_v2(&each, &data->items[i], 0, p);
            add_item(&each, p, items, n);
            r->came_to = each.came_to;
        }
        return;
    }
    if (data && data->kind != JSON_OBJECT)
        r->errors[BAD_TYPE] = true;
    read_tweet_v2(r, data ? data : o, 0, p);
    add_item(r, p, items, n);
}

static bool
is_skipped(struct reader *r, const struct json *o)
{
    for (size_t i = 0; i < sizeof skipped / sizeof *skipped; i++)
        if (get(r, o, skipped[i]))
            return true;
    return false;
}

static void
read_object(struct reader *r, const struct json *o, struct item **items, size_t *n)
{
    struct post *p = give(LINE, sizeof *p);

    p->created = NO_TIME;
    if (is_activitypub(r, o)) {
        p = read_activitypub(r, o);
    } else if (get(r, o, "query")) {
        read_query(r, o, p);
    } else if (get(r, o, "did") && get(r, o, "kind")) {
        if (!read_bluesky(r, o, p))
            p = NULL;
    } else if (get(r, o, "data") || get(r, o, "author_id")) {
        read_v2_line(r, o, items, n);
        return;
    } else if (get(r, get(r, o, "user"), "screen_name")) {
        read_tweet_v1(r, o, 0, p);
    } else if (get(r, get(r, o, "account"), "acct")) {
        read_mastodon(r, o, 0, p);
    } else if (get(r, o, "author")) {
        read_own(r, o, 0, p);
    } else {
        p = NULL;
        r->errors[UNKNOWN_SHAPE] = !is_skipped(r, o);
    }
    add_item(r, p, items, n);
}

void
read_line(struct str line, const struct read_options *o, struct item **items, size_t *n)
{
    struct reader r = {.options = o};
    struct json top;
    size_t depth;

    *items = NULL;
    *n = 0;
    if (str_ends(line, LIT("\n")))
        line.n--;
    if (str_ends(line, LIT("\r")))
        line.n--;
    if (str_starts(line, "\xEF\xBB\xBF"))
        line = str_skip(line, 3);
    if (!str_trim(line).n)
        return;
    if (line.n > line_limit(&r))
        r.errors[TOO_LONG] = true;
    else if (!is_utf8(line))
        r.errors[BAD_UTF8] = true;
    else if (!json_parse(line, &top, &depth))
        r.errors[BAD_JSON] = true;
    else if (depth > DEPTH_LIMIT)
        r.errors[TOO_DEEP] = true;
    else if (top.kind != JSON_OBJECT)
        r.errors[NOT_AN_OBJECT] = true;
    else {
        read_object(&r, &top, items, n);
        return;
    }
    add_item(&r, NULL, items, n);
}

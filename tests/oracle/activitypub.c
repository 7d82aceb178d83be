/*
 * ActivityPub documents. What each value is taken from stands in engine/post/README.md; JSON-LD
 * lets a value be an array or an object that names it, and most of this is about that.
 */
#include "reader.h"

enum what { UNKNOWN, NO_POST, REPOST, WRITTEN, POST };

static const char *const posts[] = {"Note",  "Article", "Question", "Page",
                                    "Image", "Audio",   "Video",    "Event"};
static const char *const no_posts[] = {"Delete",
                                       "Tombstone",
                                       "Undo",
                                       "Like",
                                       "Dislike",
                                       "EmojiReact",
                                       "Follow",
                                       "Block",
                                       "Accept",
                                       "TentativeAccept",
                                       "Reject",
                                       "TentativeReject",
                                       "Add",
                                       "Remove",
                                       "Flag",
                                       "Move",
                                       "Invite",
                                       "Join",
                                       "Leave",
                                       "View",
                                       "Person",
                                       "Group",
                                       "Organization",
                                       "Service",
                                       "Application",
                                       "Collection",
                                       "OrderedCollection",
                                       "CollectionPage",
                                       "OrderedCollectionPage"};

/* Types --------------------------------------------------------------------------------------- */

static struct str
short_name(struct str s)
{
    if (str_starts(s, "as:"))
        return str_skip(s, 3);
    if (str_starts(s, "https://www.w3.org/ns/activitystreams#"))
        return str_skip(s, sizeof "https://www.w3.org/ns/activitystreams#" - 1);
    return s;
}

static enum what
what_is(struct str type)
{
    type = short_name(type);
    for (size_t i = 0; i < sizeof posts / sizeof *posts; i++)
        if (str_is(type, posts[i]))
            return POST;
    for (size_t i = 0; i < sizeof no_posts / sizeof *no_posts; i++)
        if (str_is(type, no_posts[i]))
            return NO_POST;
    if (str_is(type, "Create") || str_is(type, "Update"))
        return WRITTEN;
    return str_is(type, "Announce") ? REPOST : UNKNOWN;
}

/* Each string that a key has, in an array or by itself. */
static size_t
strings_of(struct reader *r, const struct json *o, const char *key, struct str **out)
{
    const struct json *v = get(r, o, key);
    size_t n = 0;

    *out = NULL;
    if (v && v->kind == JSON_ARRAY) {
        for (size_t i = 0; i < v->n; i++)
            if (is_string(r, &v->items[i]))
                PUSH(LINE, *out, n, v->items[i].text);
    } else if (v && is_string(r, v)) {
        PUSH(LINE, *out, n, v->text);
    }
    return n;
}

/* An object is the most that one of its types makes it. */
static enum what
what_object(struct reader *r, const struct json *o)
{
    struct str *names;
    size_t n = strings_of(r, o, "type", &names);
    enum what most = UNKNOWN;

    for (size_t i = 0; i < n; i++)
        if (what_is(names[i]) > most)
            most = what_is(names[i]);
    return most;
}

static bool
is_called(struct reader *r, const struct json *o, const char *key, const char *name)
{
    struct str *names;
    size_t n = strings_of(r, o, key, &names);
    bool is = false;

    for (size_t i = 0; i < n; i++)
        is |= str_is(short_name(names[i]), name);
    return is;
}

bool
is_activitypub(struct reader *r, const struct json *o)
{
    const struct json *context = get(r, o, "@context"), *type;
    const struct json *actor = get(r, o, "actor");
    const struct json *author = actor ? NULL : get(r, o, "attributedTo");

    if (!context && !actor && !author)
        return false;
    type = get(r, o, "type");
    if (context || !type)
        return type != NULL;
    if (type->kind == JSON_STRING)
        return what_is(type->text) != UNKNOWN;
    for (size_t i = 0; type->kind == JSON_ARRAY && i < type->n; i++)
        if (type->items[i].kind == JSON_STRING && what_is(type->items[i].text) != UNKNOWN)
            return true;
    return false;
}

/* Accounts ------------------------------------------------------------------------------------ */

/* user@host, if the address has a host, and nothing beside it; a name with an `@` or a blank is
   none. */
static struct str
at_host(struct str user, struct str uri)
{
    struct str host = uri_host(uri);
    struct buf b = {0};

    for (size_t i = 0; i < user.n; i++)
        if (user.p[i] == '@' || (unsigned char)user.p[i] <= ' ' || user.p[i] == 0x7F)
            return NONE;
    if (!user.n || !uri_is_bare(uri))
        return NONE;
    put(&b, user);
    puts_buf(&b, "@");
    put(&b, host_is_plain(host) ? host : host_looked_up(host)); /* as written, if it can be */
    return str_of_buf(&b);
}

/* https://host/users/NAME, https://host/@NAME */
static struct str
name_in(struct str uri)
{
    struct str host = uri_host(uri), path;

    if (!host.n)
        return NONE;
    path = (struct str){host.p + host.n, (size_t)(uri.p + uri.n - (host.p + host.n))};
    while (path.n && !strchr("/?#", path.p[0]))
        path = str_skip(path, 1);
    if (str_starts(path, "/users/"))
        path = str_skip(path, 7);
    else if (str_starts(path, "/@"))
        path = str_skip(path, 2);
    else
        return NONE;
    for (size_t i = 0; i < path.n; i++)
        if (!path.p[i] ||
            !strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.", path.p[i]))
            return NONE;
    return path;
}

static struct account
account_at(struct str uri, struct str handle)
{
    struct str by_file = uri.n ? handle_of_did(uri) : NONE;

    if (by_file.n)
        handle = by_file;
    return account_of(uri, handle.n ? handle : at_host(name_in(uri), uri));
}

static const struct json *
first_of(struct reader *r, const struct json *o, const char *key)
{
    const struct json *v = get(r, o, key);

    if (v && v->kind == JSON_ARRAY)
        v = v->n ? &v->items[0] : NULL;
    if (!v || v->kind == JSON_STRING || v->kind == JSON_OBJECT)
        return v;
    r->errors[BAD_TYPE] = true;
    return NULL;
}

/* By the first of these keys that names one, each in its object. */
static struct account
account_by(struct reader *r, const struct json *const objects[], const char *const keys[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct json *v = objects[i] ? first_of(r, objects[i], keys[i]) : NULL;
        struct account a = {0};
        if (v && v->kind == JSON_STRING) {
            a = account_at(v->text, NONE);
        } else if (v) {
            struct str id = get_id(r, v, "id"), name = get_string(r, v, "preferredUsername");
            a = account_at(id, at_host(name, id));
        }
        if (a.id.n)
            return a;
    }
    return (struct account){0};
}

static struct account
actor_of(struct reader *r, const struct json *activity)
{
    return account_by(r, (const struct json *const[]){activity, activity},
                      (const char *const[]){"actor", "attributedTo"}, 2);
}

static struct account
author_of(struct reader *r, const struct json *o, const struct json *activity)
{
    return account_by(r, (const struct json *const[]){o, o, activity, activity},
                      (const char *const[]){"attributedTo", "actor", "actor", "attributedTo"}, 4);
}

static struct account
mentioned(struct reader *r, const struct json *tag)
{
    struct str uri = get_string(r, tag, "href"), name = get_string(r, tag, "name");
    bool plain = str_starts(name, "@");

    for (size_t i = 0; i < name.n; i++)
        plain &= (unsigned char)name.p[i] > ' ' && name.p[i] != 0x7F;
    if (!plain)
        return account_at(uri, NONE);
    name = str_skip(name, 1);
    return account_at(uri, str_find(name, '@') < name.n ? name : at_host(name, uri));
}

/* Posts --------------------------------------------------------------------------------------- */

static struct post *
new_post(struct str id)
{
    struct post *p = give(LINE, sizeof *p);

    p->source = ACTIVITYPUB;
    p->created = NO_TIME;
    p->id = id;
    return p;
}

static struct post *
by_id(struct str id)
{
    return id.n ? new_post(id) : NULL;
}

/* What an object is named by: itself, or its id. */
static struct str
name_of(struct reader *r, const struct json *v)
{
    return !v ? NONE : v->kind == JSON_STRING ? v->text : get_id(r, v, "id");
}

static void
read_tag(struct reader *r, const struct json *tag, struct post *p, struct str *linked)
{
    struct str name;

    if (!get(r, tag, "type")) {
        name = get_string(r, tag, "name");
        if (str_starts(name, "#") || str_starts(name, "\xEF\xBC\x83"))
            PUSH(LINE, p->raw_tags, p->nraw_tags, name);
    } else if (is_called(r, tag, "type", "Hashtag")) {
        name = get_string(r, tag, "name");
        if (name.p)
            PUSH(LINE, p->raw_tags, p->nraw_tags, name);
    } else if (is_called(r, tag, "type", "Mention")) {
        struct account a = mentioned(r, tag);
        if (a.id.n || a.handle.n)
            PUSH(LINE, p->mentions, p->nmentions, a);
    } else if (is_called(r, tag, "type", "Link")) {
        bool quotes = is_called(r, tag, "rel", "https://misskey-hub.net/ns#_misskey_quote") ||
                      is_called(r, tag, "rel", "https://w3id.org/fep/044f#quote") ||
                      is_called(r, tag, "rel", "http://fedibird.com/ns#quoteUri") ||
                      is_called(r, tag, "rel", "quoteUrl");
        name = quotes ? get_string(r, tag, "href") : NONE;
        if (name.n && !linked->n)
            *linked = name;
    }
}

static bool
read_tags(struct reader *r, const struct json *o, struct post *p, struct str *linked)
{
    const struct json *v = get(r, o, "tag");
    const struct json *items = v && v->kind == JSON_ARRAY ? v->items : v;
    size_t n = !v ? 0 : v->kind == JSON_ARRAY ? v->n : 1;

    for (size_t i = 0; i < n; i++)
        if (items[i].kind == JSON_OBJECT)
            read_tag(r, &items[i], p, linked);
        else if (items[i].kind != JSON_STRING)
            r->errors[BAD_TYPE] = true;
    return v != NULL;
}

/* A map from languages to texts; NULL: there is none, or nothing in it. */
static const struct json *
get_map(struct reader *r, const struct json *o, const char *key)
{
    const struct json *map = get_object(r, o, key);

    for (size_t i = 0; map && i < map->n; i++)
        for (size_t k = 0; k < i; k++)
            if (str_eq(map->keys[i], map->keys[k]))
                r->errors[DUPLICATE_KEY] = true;
    return map && map->n ? map : NULL;
}

static void
read_langs(struct reader *r, const struct json *o, struct post *p)
{
    const struct json *map = get_map(r, o, "contentMap");

    if (!map)
        map = get_map(r, o, "nameMap");
    if (!map)
        map = get_map(r, o, "summaryMap");
    for (size_t i = 0; map && i < map->n; i++)
        PUSH(LINE, p->langs, p->nlangs, map->keys[i]);
}

/* Tags of each text, then mentions, text by text: that is the order of either. */
static void
read_texts(struct reader *r, const struct json *o, struct post *p, bool have)
{
    static const char *const keys[][2] = {
        {"content", "contentMap"}, {"summary", "summaryMap"}, {"name", "nameMap"}};

    if (have && !r->options->tags_both)
        return;
    for (size_t i = 0; i < 3; i++) {
        struct str text = get_string(r, o, keys[i][0]);
        const struct json *map = text.n ? NULL : get_map(r, o, keys[i][1]);
        struct texts t = {.items = {i < 2 ? html_text(text) : text}, .n = 1};
        if (text.n)
            tags_from(r, p, &t, false, false);
        for (size_t k = 0; map && k < map->n; k++)
            if (is_string(r, &map->items[k])) {
                t.items[0] = i < 2 ? html_text(map->items[k].text) : map->items[k].text;
                tags_from(r, p, &t, false, false);
            }
    }
}

static struct post *read_note(struct reader *r, const struct json *o, int depth,
                              const struct json *activity);

static struct post *
read_quote(struct reader *r, const struct json *o, int depth, struct str linked)
{
    static const char *const keys[] = {"_misskey_quote", "quoteUrl", "quoteUri"};
    const struct json *v = first_of(r, o, "quote");
    struct str id;

    if (v && v->kind == JSON_OBJECT && what_object(r, v) == POST)
        return read_note(r, v, depth + 1, NULL);
    id = name_of(r, v);
    for (size_t i = 0; i < 3 && !id.n; i++)
        id = get_string(r, o, keys[i]);
    return by_id(id.n ? id : linked);
}

static int64_t
time_of(struct reader *r, const struct json *o, const struct json *or_else)
{
    struct str text = get_string(r, o, "published");
    int64_t ms;

    if (!text.p && or_else)
        text = get_string(r, or_else, "published");
    return time_rfc3339(text, &ms) ? ms : NO_TIME;
}

static struct post *
finish(struct reader *r, struct post *p)
{
    if (!p->id.n)
        r->errors[NO_ID] = true;
    return p;
}

static struct post *
read_note(struct reader *r, const struct json *o, int depth, const struct json *activity)
{
    struct post *p = new_post(get_id(r, o, "id"));
    struct str linked = NONE;

    p->author = author_of(r, o, activity);
    p->created = time_of(r, o, activity);
    read_texts(r, o, p, read_tags(r, o, p, &linked));
    read_langs(r, o, p);
    if (depth < DEEPEST_NESTING)
        p->quotes = read_quote(r, o, depth, linked);
    return finish(r, p);
}

/* Documents ----------------------------------------------------------------------------------- */

/* NULL: no post. */
static struct post *read_document(struct reader *r, const struct json *o, int depth,
                                  const struct json *activity);

static const struct json *
object_of(struct reader *r, const struct json *o)
{
    const struct json *v = get(r, o, "object");

    if (!v || v->kind != JSON_ARRAY || v->n < 2)
        return first_of(r, o, "object");
    r->errors[BAD_TYPE] = true;
    return NULL;
}

static struct post *
read_written(struct reader *r, const struct json *o, int depth)
{
    const struct json *v = object_of(r, o);
    struct str id;
    struct post *p;

    if (v && v->kind == JSON_OBJECT && get(r, v, "type"))
        return read_document(r, v, depth, o);
    id = name_of(r, v);
    if (!id.n)
        return NULL;
    p = new_post(id);
    p->author = actor_of(r, o);
    p->created = time_of(r, o, NULL);
    return p;
}

static struct post *
read_announce(struct reader *r, const struct json *o, int depth)
{
    struct post *p = new_post(get_id(r, o, "id"));
    const struct json *v;

    p->author = actor_of(r, o);
    p->created = time_of(r, o, NULL);
    v = depth < DEEPEST_NESTING ? object_of(r, o) : NULL;
    if (v && v->kind == JSON_OBJECT && what_object(r, v) != UNKNOWN) {
        p->repost_of = read_document(r, v, depth + 1, NULL);
        if (!p->repost_of) /* what is announced is no post, and this is none */
            return NULL;
    } else if (v) {
        p->repost_of = by_id(name_of(r, v));
    }
    return finish(r, p);
}

static struct post *
read_document(struct reader *r, const struct json *o, int depth, const struct json *activity)
{
    switch (what_object(r, o)) {
    case POST:
        return read_note(r, o, depth, activity);
    case WRITTEN:
        return activity ? NULL : read_written(r, o, depth);
    case REPOST:
        return activity ? NULL : read_announce(r, o, depth);
    default:
        return NULL;
    }
}

struct post *
read_activitypub(struct reader *r, const struct json *o)
{
    return read_document(r, o, 0, NULL);
}

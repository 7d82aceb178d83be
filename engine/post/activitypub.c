/*
 * ActivityPub documents: what each is, and which post it brings.
 *
 * ActivityStreams 2.0 (https://www.w3.org/TR/activitystreams-vocabulary/) names the types;
 * which of them are posts is as Mastodon has it
 * (https://docs.joinmastodon.org/spec/activitypub/), which most of the network is read by.
 */
#include "post/activitypub.h"

/* Types, and what the counts of skipped lines call them. */
static const struct {
    const char *type;
    enum weir__ap_kind kind;
    const char *name;
} types[] = {
    {"Note", WEIR__AP_POST, NULL},
    {"Article", WEIR__AP_POST, NULL},
    {"Question", WEIR__AP_POST, NULL},
    {"Page", WEIR__AP_POST, NULL},
    {"Image", WEIR__AP_POST, NULL},
    {"Audio", WEIR__AP_POST, NULL},
    {"Video", WEIR__AP_POST, NULL},
    {"Event", WEIR__AP_POST, NULL},
    {"Create", WEIR__AP_WRITES, NULL},
    {"Update", WEIR__AP_WRITES, NULL},
    {"Announce", WEIR__AP_ANNOUNCE, NULL},
    {"Delete", WEIR__AP_NO_POST, "delete"},
    {"Tombstone", WEIR__AP_NO_POST, "delete"},
    {"Undo", WEIR__AP_NO_POST, "undo"},
    {"Like", WEIR__AP_NO_POST, "like"},
    {"Dislike", WEIR__AP_NO_POST, "dislike"},
    {"EmojiReact", WEIR__AP_NO_POST, "emoji_react"},
    {"Follow", WEIR__AP_NO_POST, "follow"},
    {"Block", WEIR__AP_NO_POST, "block"},
    {"Accept", WEIR__AP_NO_POST, "accept"},
    {"TentativeAccept", WEIR__AP_NO_POST, "accept"},
    {"Reject", WEIR__AP_NO_POST, "reject"},
    {"TentativeReject", WEIR__AP_NO_POST, "reject"},
    {"Add", WEIR__AP_NO_POST, "add"},
    {"Remove", WEIR__AP_NO_POST, "remove"},
    {"Flag", WEIR__AP_NO_POST, "flag"},
    {"Move", WEIR__AP_NO_POST, "move"},
    {"Invite", WEIR__AP_NO_POST, "invite"},
    {"Join", WEIR__AP_NO_POST, "join"},
    {"Leave", WEIR__AP_NO_POST, "leave"},
    {"View", WEIR__AP_NO_POST, "view"},
    {"Person", WEIR__AP_NO_POST, "profile"},
    {"Group", WEIR__AP_NO_POST, "profile"},
    {"Organization", WEIR__AP_NO_POST, "profile"},
    {"Service", WEIR__AP_NO_POST, "profile"},
    {"Application", WEIR__AP_NO_POST, "profile"},
    {"Collection", WEIR__AP_NO_POST, "collection"},
    {"OrderedCollection", WEIR__AP_NO_POST, "collection"},
    {"CollectionPage", WEIR__AP_NO_POST, "collection"},
    {"OrderedCollectionPage", WEIR__AP_NO_POST, "collection"},
};

/* ---- types ---- */

/* A name of the common context may stand there in full. */
static weir_span
short_name(weir_span type)
{
    static const char *const prefixes[] = {"as:", "https://www.w3.org/ns/activitystreams#"};

    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (span_starts(type, prefixes[i]))
            return span_skip(type, strlen(prefixes[i]));
    return type;
}

static void
take_type(weir_span type, enum weir__ap_kind *kind, const char **name)
{
    type = short_name(type);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (span_is(type, types[i].type)) {
            if (types[i].kind > *kind) {
                *kind = types[i].kind;
                *name = types[i].name;
            }
            return;
        }
}

/* One string, or several: their number; -1: it is neither, which is a fault. */
static int64_t
count_strings(struct weir__reading *r, const struct weir__json *o, unsigned k,
              const struct weir__json *v)
{
    if (v->type == WEIR__STRING)
        return 1;
    if (v->type == WEIR__ARRAY)
        return v->n;
    weir__fault(r, WEIR_READ_BAD_TYPE, v->at,
                "\"%s\" must be a string or an array of strings, found %s",
                weir__key_name(o->shape, k), weir__found(v));
    return -1;
}

static weir_span
string_at(struct weir__reading *r, const struct weir__json *o, unsigned k,
          const struct weir__json *v, size_t i)
{
    return v->type == WEIR__STRING ? weir__text_of(r, v) : weir__item_string(r, o, k, i);
}

enum weir__ap_kind
weir__ap_kind_of(struct weir__reading *r, const struct weir__json *o, const char **name)
{
    const unsigned k = WEIR__P_TYPE;
    const struct weir__json *v = weir__get(r, o, k);
    enum weir__ap_kind kind = WEIR__AP_OTHER;
    int64_t n = v ? count_strings(r, o, k, v) : 0;

    *name = "other";
    for (int64_t i = 0; i < n; i++)
        take_type(string_at(r, o, k, v, (size_t)i), &kind, name);
    return kind;
}

bool
weir__ap_has_type(struct weir__reading *r, const struct weir__json *o, unsigned k, const char *type)
{
    const struct weir__json *v = weir__get(r, o, k);
    int64_t n = v ? count_strings(r, o, k, v) : 0;
    bool has = false;

    for (int64_t i = 0; i < n; i++)
        has |= span_is(short_name(string_at(r, o, k, v, (size_t)i)), type);
    return has;
}

/* ---- values ---- */

static const struct weir__json *
check_reference(struct weir__reading *r, const struct weir__json *o, unsigned k,
                const struct weir__json *v, const char *what)
{
    if (v->type == WEIR__STRING || v->type == WEIR__OBJECT)
        return v;
    weir__fault(r, WEIR_READ_BAD_TYPE, v->at, "\"%s\" must be %s, found %s",
                weir__key_name(o->shape, k), what, weir__found(v));
    return NULL;
}

const struct weir__json *
weir__ap_first(struct weir__reading *r, const struct weir__json *o, unsigned k, const char *what)
{
    const struct weir__json *v = weir__get(r, o, k);

    if (v && v->type == WEIR__ARRAY)
        v = v->n ? v->items : NULL;
    return v ? check_reference(r, o, k, v, what) : NULL;
}

/* The object of an activity. Of several each would be a post of its own, and an activity is owed
   one answer: no server writes that. */
static const struct weir__json *
object_of(struct weir__reading *r, const struct weir__json *o)
{
    const struct weir__json *v = weir__get(r, o, WEIR__P_OBJECT);

    if (v && v->type == WEIR__ARRAY && v->n > 1) {
        weir__fault(r, WEIR_READ_BAD_TYPE, v->at, "\"object\" must be one post or its id, found %u",
                    v->n);
        return NULL;
    }
    return weir__ap_first(r, o, WEIR__P_OBJECT, "a post or its id");
}

const weir_post *
weir__ap_post_by_id(struct weir__reading *r, const struct weir__json *v)
{
    weir_span id = v->type == WEIR__STRING ? weir__text_of(r, v) : weir__get_id(r, v, WEIR__P_ID);

    return id.len ? weir__post_of_id(r, WEIR_SOURCE_ACTIVITYPUB, id) : NULL;
}

/* ---- documents ---- */

static const weir_post *read_document(struct weir__reading *r, const struct weir__json *o,
                                      int level, const struct weir__json *activity,
                                      const char **skip);

/* An object that is named and not there: of the post no more is known than who wrote it, and when.
 */
static const weir_post *
read_named(struct weir__reading *r, const struct weir__json *activity, int level, weir_span id)
{
    struct weir__draft d;

    weir__draft_begin(&d, r, WEIR_SOURCE_ACTIVITYPUB, activity, level);
    d.post->id = id;
    d.post->author = weir__ap_actor(r, activity);
    weir__draft_created(&d, weir__get_string(r, activity, WEIR__P_PUBLISHED));
    return weir__draft_end(&d, "published");
}

static const weir_post *
read_written(struct weir__reading *r, const struct weir__json *o, int level, const char **skip)
{
    const struct weir__json *v = object_of(r, o);

    if (v && v->type == WEIR__OBJECT && weir__has(v, WEIR__P_TYPE))
        return read_document(r, v, level, o, skip);
    weir_span id = !v                        ? SPAN_NONE
                   : v->type == WEIR__STRING ? weir__text_of(r, v)
                                             : weir__get_id(r, v, WEIR__P_ID);
    if (id.len)
        return read_named(r, o, level, id);
    *skip = "other";
    return NULL;
}

/* What an Announce announces is a post, or an activity that brings one: groups announce the Create
   of what was posted to them, and also what is no post, as likes. */
static const weir_post *
read_original(struct weir__reading *r, const struct weir__json *o, int level, const char **skip)
{
    const struct weir__json *v = object_of(r, o);
    const char *name;

    if (!v)
        return NULL;
    if (v->type == WEIR__STRING || weir__ap_kind_of(r, v, &name) == WEIR__AP_OTHER)
        return weir__ap_post_by_id(r, v);
    return read_document(r, v, level, NULL, skip);
}

static const weir_post *
read_announce(struct weir__reading *r, const struct weir__json *o, int level, const char **skip)
{
    struct weir__draft d;

    weir__draft_begin(&d, r, WEIR_SOURCE_ACTIVITYPUB, o, level);
    d.post->id = weir__get_id(r, o, WEIR__P_ID);
    d.post->author = weir__ap_actor(r, o);
    weir__draft_created(&d, weir__get_string(r, o, WEIR__P_PUBLISHED));
    if (level < WEIR__NESTED_MAX)
        d.post->repost_of = read_original(r, o, level + 1, skip);
    return *skip ? NULL : weir__draft_end(&d, "published");
}

/* NULL with *skip set: no post. In an activity stands an object, and no other activity. */
static const weir_post *
read_document(struct weir__reading *r, const struct weir__json *o, int level,
              const struct weir__json *activity, const char **skip)
{
    const char *name;
    enum weir__ap_kind kind = weir__ap_kind_of(r, o, &name);

    if (kind == WEIR__AP_POST)
        return weir__ap_read_note(r, o, level, activity);
    if (kind == WEIR__AP_WRITES && !activity)
        return read_written(r, o, level, skip);
    if (kind == WEIR__AP_ANNOUNCE && !activity)
        return read_announce(r, o, level, skip);
    *skip = kind == WEIR__AP_NO_POST ? name : "other";
    return NULL;
}

/* Without `@context` any line might have a `type` and an `actor`: it must be one that is known. */
bool
weir__is_activitypub(struct weir__reading *r, const struct weir__json *line)
{
    static const uint64_t telling = UINT64_C(1) << WEIR__L_CONTEXT | UINT64_C(1) << WEIR__P_ACTOR |
                                    UINT64_C(1) << WEIR__P_ATTRIBUTED;
    enum weir__ap_kind kind = WEIR__AP_OTHER;
    const char *name;

    if (!(line->has & telling)) /* nearly every line of other dialects */
        return false;
    bool context = weir__get(r, line, WEIR__L_CONTEXT);
    bool whose = weir__get(r, line, WEIR__P_ACTOR) || weir__get(r, line, WEIR__P_ATTRIBUTED);
    const struct weir__json *type = context || whose ? weir__get(r, line, WEIR__P_TYPE) : NULL;
    if (!type || context)
        return type;
    if (type->type == WEIR__STRING)
        take_type(weir__text_of(r, type), &kind, &name);
    for (size_t i = 0; type->type == WEIR__ARRAY && i < type->n; i++)
        if (type->items[i].type == WEIR__STRING)
            take_type(weir__text_of(r, &type->items[i]), &kind, &name);
    return kind != WEIR__AP_OTHER;
}

void
weir__read_activitypub(struct weir__reading *r, const struct weir__json *line)
{
    const char *skip = NULL;
    const weir_post *post = read_document(r, line, 0, NULL, &skip);

    if (skip)
        weir__emit_skip(r, skip);
    else
        weir__emit_post(r, post);
}

/*
 * What the readers of dialects share: one line being read, what is wrong with it, accessors that
 * notice what is wrong, and posts in the making.
 *
 * A reader goes on after something wrong, with the value taken as absent: the code that comes
 * first in post.h's list is to win, and the item still carries the id and the author.
 */
#ifndef WEIR_POST_READ_H
#define WEIR_POST_READ_H

#include <tagweir/post.h>

#include "post/plan.h"

struct weir__fault {
    bool is_set;
    weir_read_error code;
    size_t at;          /* offset in the text behind a BOM */
    const char *detail; /* in the arena, or static */
};

struct weir__page; /* tweet_v2.c */

struct weir__reading {
    struct arena *arena; /* with on_oom set */
    const weir_reader_options *options;
    size_t base;              /* bytes of the line in front of the text: a BOM */
    struct weir__fault fault; /* of the item that is being read */
    size_t size;              /* of the posts made for it so far */
    struct weir__page *page;  /* NULL: the tweet stands alone */
    weir_item *items;
    size_t nitems, cap;
    bool is_odd; /* something was wrong, even if it was not told */
};

/* Something is wrong; kept when it comes before what is known already, by code, then offset. */
void weir__fault(struct weir__reading *r, weir_read_error code, size_t at, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void weir__fault_merge(struct weir__reading *r, const struct weir__fault *f);

/* Items: each ends what r->fault belongs to. A post (NULL: none could be begun) that has a fault
   becomes an item of kind ERROR. */
void weir__emit_post(struct weir__reading *r, const weir_post *post);
void weir__emit_skip(struct weir__reading *r, const char *what);

/* Accessors of an object's members. A key that came twice, or a value of another type, is a
   fault; what is absent, null or faulty is returned as NULL or an empty span. */

/* Member k of o came twice. */
void weir__fault_twice(struct weir__reading *r, const struct weir__json *o, unsigned k);
/* v, which is member k of o or in it, is of a type that it must not be. */
void weir__fault_type(struct weir__reading *r, const struct weir__json *o, unsigned k,
                      const struct weir__json *v, const char *must);

static inline const struct weir__json *
weir__get(struct weir__reading *r, const struct weir__json *o, unsigned k)
{
    const struct weir__json *v = weir__json_get(o, k);

    if (!v)
        return NULL;
    if (v->twice_at)
        weir__fault_twice(r, o, k);
    return v->type != WEIR__NULL ? v : NULL;
}

/* Of one of the types, as bits (1 << type). */
static inline const struct weir__json *
weir__get_typed(struct weir__reading *r, const struct weir__json *o, unsigned k, unsigned types,
                const char *must)
{
    const struct weir__json *v = weir__get(r, o, k);

    if (!v || (types >> v->type & 1))
        return v;
    weir__fault_type(r, o, k, v, must);
    return NULL;
}

static inline const struct weir__json *
weir__get_object(struct weir__reading *r, const struct weir__json *o, unsigned k)
{
    return weir__get_typed(r, o, k, 1u << WEIR__OBJECT, "be an object");
}

static inline const struct weir__json *
weir__get_array(struct weir__reading *r, const struct weir__json *o, unsigned k)
{
    return weir__get_typed(r, o, k, 1u << WEIR__ARRAY, "be an array");
}

/* A string whose text is mostly not wanted, and costs a copy where it has escapes. */
static inline const struct weir__json *
weir__get_unread(struct weir__reading *r, const struct weir__json *o, unsigned k)
{
    return weir__get_typed(r, o, k, 1u << WEIR__STRING, "be a string");
}

/* A STRING without its escapes, a NUMBER as written. */
weir_span weir__without_escapes(struct weir__reading *r, weir_span raw);

static inline weir_span
weir__text_of(struct weir__reading *r, const struct weir__json *v)
{
    return v->escaped ? weir__without_escapes(r, v->raw) : v->raw;
}

static inline weir_span
weir__get_string(struct weir__reading *r, const struct weir__json *o, unsigned k)
{
    const struct weir__json *v = weir__get_unread(r, o, k);

    return v ? weir__text_of(r, v) : SPAN_NONE;
}

/* A string, or a number as written. */
static inline weir_span
weir__get_id(struct weir__reading *r, const struct weir__json *o, unsigned k)
{
    const struct weir__json *v = weir__get_typed(r, o, k, 1u << WEIR__STRING | 1u << WEIR__NUMBER,
                                                 "be a string or a number");

    return v ? weir__text_of(r, v) : SPAN_NONE;
}

static inline bool
weir__get_bool(struct weir__reading *r, const struct weir__json *o, unsigned k)
{
    const struct weir__json *v =
        weir__get_typed(r, o, k, 1u << WEIR__TRUE | 1u << WEIR__FALSE, "be true or false");

    return v && v->type == WEIR__TRUE;
}

/* The i-th item of the array that is member k of o, if it is of the type. */
static inline const struct weir__json *
weir__item_typed(struct weir__reading *r, const struct weir__json *o, unsigned k, size_t i,
                 enum weir__json_type type, const char *must)
{
    const struct weir__json *v = &weir__json_get(o, k)->items[i];

    if (v->type == type)
        return v;
    weir__fault_type(r, o, k, v, must);
    return NULL;
}

static inline const struct weir__json *
weir__item_object(struct weir__reading *r, const struct weir__json *o, unsigned k, size_t i)
{
    return weir__item_typed(r, o, k, i, WEIR__OBJECT, "hold objects");
}

static inline weir_span
weir__item_string(struct weir__reading *r, const struct weir__json *o, unsigned k, size_t i)
{
    const struct weir__json *v = weir__item_typed(r, o, k, i, WEIR__STRING, "hold strings");

    return v ? weir__text_of(r, v) : SPAN_NONE;
}

/* Is the key there, with a value that is not null? No fault comes of asking. */
bool weir__has(const struct weir__json *o, unsigned k);
/* "a number", "nothing" (for NULL) …; static. */
const char *weir__found(const struct weir__json *v);

/* A post was made for the item that is being read. */
void weir__size_add(struct weir__reading *r, const weir_post *post);

/* Posts in the making. */
struct weir__draft {
    struct weir__reading *r;
    const struct weir__json *node; /* the post's object */
    int level;                     /* 0: the line's own post */
    weir_post *post;
    weir_span *tags;
    size_t ntags, tags_cap;
    weir_account *mentions;
    size_t nmentions, mentions_cap;
    weir_span *langs;
    size_t nlangs, langs_cap;
};

void weir__draft_begin(struct weir__draft *d, struct weir__reading *r, weir_source source,
                       const struct weir__json *node, int level);
void weir__draft_tag(struct weir__draft *d, weir_span tag);
void weir__draft_mention(struct weir__draft *d, weir_account a);
void weir__draft_lang(struct weir__draft *d, weir_span lang);
/* Structured values: what stands in the array that is member k of o. False: there is no array.
   Tags are strings themselves, or objects with the tag in a member; of an object that mentions an
   account, `read` takes the account. */
bool weir__draft_tags(struct weir__draft *d, const struct weir__json *o, unsigned k);
bool weir__draft_tag_objects(struct weir__draft *d, const struct weir__json *o, unsigned k,
                             unsigned k_tag);
bool weir__draft_mention_objects(struct weir__draft *d, const struct weir__json *o, unsigned k,
                                 weir_account (*read)(struct weir__reading *,
                                                      const struct weir__json *));
/* Whether tags (or mentions) come from text: where there are no structured ones, or always. */
bool weir__draft_wants_text(const struct weir__draft *d, bool structured);
void weir__draft_text_tags(struct weir__draft *d, weir_span text);
void weir__draft_text_mentions(struct weir__draft *d, weir_span text);
/* RFC 3339; anything else leaves the post without a time. */
void weir__draft_created(struct weir__draft *d, weir_span text);
/* Checks for id and time; `time_key` is what the message calls it. */
const weir_post *weir__draft_end(struct weir__draft *d, const char *time_key);

/* A post of which only the id is known. */
weir_post *weir__post_of_id(struct weir__reading *r, weir_source source, weir_span id);
/* Less one leading `@`. */
weir_span weir__bare_handle(weir_span handle);
/* By its id, and its handle as written. */
weir_account weir__account(weir_span id, weir_span handle);
/* An account as one string: `@handle`, `handle`, `user@domain`, `id:…`, `did:…`. */
weir_account weir__account_of(weir_span s);

/* The dialects; each emits its items. */
void weir__read_query(struct weir__reading *r, const struct weir__json *line);
void weir__read_bluesky(struct weir__reading *r, const struct weir__json *line);
void weir__read_tweets_v2(struct weir__reading *r, const struct weir__json *line);
void weir__read_tweet_v1(struct weir__reading *r, const struct weir__json *line);
void weir__read_mastodon(struct weir__reading *r, const struct weir__json *line);
void weir__read_own(struct weir__reading *r, const struct weir__json *line);
void weir__read_activitypub(struct weir__reading *r, const struct weir__json *line);
/* Is the line a document of ActivityPub? */
bool weir__is_activitypub(struct weir__reading *r, const struct weir__json *line);

/* The handle of a DID or an actor's URI, or an empty span; h may be NULL. */
weir_span weir__handles_find(const weir_handles *h, weir_span did);

/* HTML as its reader sees it: tags dropped, `<br>` and blocks are line breaks, character
   references decoded. In the arena. */
weir_span weir__html_text(struct arena *arena, weir_span html);

#endif

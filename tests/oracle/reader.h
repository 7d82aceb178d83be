/*
 * Between reader.c (what a line is, typed reading of keys) and dialects.c (one function a dialect).
 */
#ifndef WEIR_ORACLE_READER_H
#define WEIR_ORACLE_READER_H

#include "json.h"

/* In the order in which the first one wins. */
enum read_error {
    TOO_LONG,
    BAD_UTF8,
    BAD_JSON,
    TOO_DEEP,
    DUPLICATE_KEY,
    NOT_AN_OBJECT,
    UNKNOWN_SHAPE,
    BAD_TYPE,
    NO_ID,
    MISSING_TIME,
    BAD_QUERY,
    NERRORS
};

struct reader {
    const struct read_options *options;
    bool errors[NERRORS];
    const struct json *includes; /* of a v2 line, or NULL */
    const struct json *page;     /* `data` of a v2 page, or NULL */
    size_t came_to;              /* the page's posts so far */
};

/* The value of a key that is read, NULL when absent or null. Notes duplicates. */
const struct json *get(struct reader *r, const struct json *object, const char *key);
/* The same, of a type; another type is noted. */
const struct json *get_object(struct reader *r, const struct json *object, const char *key);
const struct json *get_array(struct reader *r, const struct json *object, const char *key);
struct str get_string(struct reader *r, const struct json *object, const char *key);
struct str get_id(struct reader *r, const struct json *object, const char *key); /* or a number */
struct str id_of(struct reader *r, const struct json *value);
/* Every item must be a string (or an object): others are noted, and not visited. */
bool is_string(struct reader *r, const struct json *value);
bool is_object(struct reader *r, const struct json *value);

/* An account as Tagweir's own dialect and queries write it. */
struct account account_of_word(struct str word);
struct account account_of(struct str id, struct str handle);
/* The handle that --handles gives a DID, or NONE. */
struct str handle_of_did(struct str did);

/* Where nothing structured was there (or with tags_both): take tags and mentions from text. */
struct texts {
    struct str items[4];
    size_t n;
};
void tags_from(struct reader *r, struct post *p, const struct texts *t, bool have_tags,
               bool have_mentions);

/* Two levels of nesting are followed: depth is 0 for the post of the line. */
#define DEEPEST_NESTING 2
void read_tweet_v1(struct reader *r, const struct json *o, int depth, struct post *p);
void read_tweet_v2(struct reader *r, const struct json *o, int depth, struct post *p);
void read_mastodon(struct reader *r, const struct json *o, int depth, struct post *p);
void read_own(struct reader *r, const struct json *o, int depth, struct post *p);
struct post *read_activitypub(struct reader *r, const struct json *o); /* NULL: no post */
bool is_activitypub(struct reader *r, const struct json *o);
/* false: a line that is no post. */
bool read_bluesky(struct reader *r, const struct json *o, struct post *p);
void read_query(struct reader *r, const struct json *o, struct post *p);

#endif

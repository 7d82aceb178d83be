/*
 * Posts as the engine sees them, and the reader that makes them from lines of any dialect.
 */
#ifndef TAGWEIR_POST_H
#define TAGWEIR_POST_H

#include <tagweir/common.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Dialects: name in `sources` of rule files and in `posts`. QUERY is none that a rule can name. */
#define WEIR_SOURCES(X)                                                                            \
    X(TWEET, "tweet")                                                                              \
    X(MASTODON, "mastodon")                                                                        \
    X(BLUESKY, "bluesky")                                                                          \
    X(ACTIVITYPUB, "activitypub")                                                                  \
    X(OWN, "own")

typedef enum weir_source {
#define X(name, text) WEIR_SOURCE_##name,
    WEIR_SOURCES(X)
#undef X
    WEIR_NSOURCES,
    WEIR_SOURCE_QUERY = WEIR_NSOURCES
} weir_source;

/** "tweet" …, or "query"; static storage. */
WEIR_API const char *weir_source_name(weir_source s);

/** An account. Either may be absent ({NULL, 0}). The handle is as written, less one leading `@`. */
typedef struct weir_account {
    weir_span id; /* bytes as written; a DID starts with "did:" */
    weir_span handle;
} weir_account;

#define WEIR_QUERY_NONE 0
#define WEIR_QUERY_HASHTAG 1
#define WEIR_QUERY_ACCOUNT 2

/** What a query line asked, as written; `region` is already read (GB for UK). */
typedef struct weir_query {
    int kind;           /* WEIR_QUERY_* */
    weir_span value;    /* the hashtag or account as written */
    uint16_t region;    /* WEIR_REGION_NONE: all */
    weir_span at;       /* as written; absent: none */
    int64_t at_ms;      /* valid when `at` is there */
} weir_query;

/**
 * One post. All memory is borrowed from whoever made it. A tag is the value as the dialect gave
 * it (with or without a `#`); its key is made when deciding. Text is gone by now: tags and
 * mentions that were to come from it have been taken.
 */
typedef struct weir_post {
    weir_source source;
    weir_span id;
    weir_account author;
    const weir_span *hashtags; /* in the post's order, duplicates kept */
    size_t nhashtags;
    const weir_account *mentions;
    size_t nmentions;
    const weir_span *langs; /* as written */
    size_t nlangs;
    bool has_created;
    int64_t created_ms;
    const struct weir_post *repost_of; /* NULL: none */
    const struct weir_post *quotes;    /* NULL: none */
    weir_query query;                  /* kind WEIR_QUERY_NONE in a real post */
} weir_post;

/* Why a line could not be read, first one wins: name in records. */
#define WEIR_READ_ERRORS(X)                                                                        \
    X(TOO_LONG, "too_long")                                                                        \
    X(BAD_UTF8, "bad_utf8")                                                                        \
    X(BAD_JSON, "bad_json")                                                                        \
    X(TOO_DEEP, "too_deep")                                                                        \
    X(DUPLICATE_KEY, "duplicate_key")                                                              \
    X(NOT_AN_OBJECT, "not_an_object")                                                              \
    X(UNKNOWN_SHAPE, "unknown_shape")                                                              \
    X(BAD_TYPE, "bad_type")                                                                        \
    X(NO_ID, "no_id")                                                                              \
    X(NO_TIME, "no_time")                                                                          \
    X(BAD_QUERY, "bad_query")

typedef enum weir_read_error {
#define X(name, text) WEIR_READ_##name,
    WEIR_READ_ERRORS(X)
#undef X
    WEIR_NREAD_ERRORS
} weir_read_error;

/** "too_long" …; static storage. */
WEIR_API const char *weir_read_error_name(weir_read_error e);

typedef enum weir_item_kind { WEIR_ITEM_POST, WEIR_ITEM_SKIP, WEIR_ITEM_ERROR } weir_item_kind;

/** What one answer is owed for. A page of posts is several. */
typedef struct weir_item {
    weir_item_kind kind;
    const weir_post *post; /* POST */
    size_t size;           /* POST: what it costs to decide grows with this: bytes of its values,
                              and 16 for each, those of the posts inside included */
    const char *skip;      /* SKIP: what the line was ("delete", "like", "identity" …); static */
    weir_read_error error; /* ERROR */
    size_t offset;         /* ERROR: byte of the line, from 0 */
    weir_span detail;      /* ERROR: what was expected and what was found, for a person */
    weir_span post_id;     /* ERROR: where it was read */
    weir_account author;   /* ERROR: where it was read */
} weir_item;

typedef enum weir_tags_from { WEIR_TAGS_STRUCTURED, WEIR_TAGS_BOTH } weir_tags_from;

typedef struct weir_handles weir_handles;

/**
 * Read a CSV of did,handle (RFC 4180, a header row `did,handle` optional) that gives accounts of
 * Bluesky, and of ActivityPub by their actors' http(s) URIs, their handles.
 * @param text   The file's bytes; copied where needed.
 * @param file   Its name, for messages.
 * @retval WEIR_E_RULES  The text has errors; they are in @p diags.
 */
WEIR_API weir_status weir_handles_parse(weir_span text, const char *file, weir_diags *diags,
                                        weir_handles **out);
WEIR_API void weir_handles_free(weir_handles *h);

/** Posts of a page; a longer one is an error for the line. */
#define WEIR_PAGE_MAX 10000
/**
 * The sizes of a page's posts (weir_item.size) may come to this many times max_line together. Many
 * posts may refer to one, which is decided again for each: of a page that goes beyond, the posts
 * for which no room is left are errors.
 */
#define WEIR_PAGE_SHARE 16

typedef struct weir_reader_options {
    size_t max_line;             /* bytes, without a BOM and the line's end; 0: 1 MiB */
    weir_tags_from tags;         /* structured values alone, or joined with the text's */
    bool need_time;              /* a post without a readable time is an error (clock `created`) */
    const weir_handles *handles; /* NULL: none; must outlive the reader */
} weir_reader_options;

typedef struct weir_reader weir_reader;

/** A reader: one a thread. @p o is copied; NULL: defaults. */
WEIR_API weir_status weir_reader_new(const weir_reader_options *o, weir_reader **out);
WEIR_API void weir_reader_free(weir_reader *r);

/* Bytes that must be readable behind a line for it to be read where it lies. */
#define WEIR_LINE_PADDING 64

/**
 * Read one line: no, one or (a page) several items.
 *
 * @param line   The line without its LF (a CR before it may stay; a BOM is dropped; a blank line
 *               gives no item).
 * @param avail  Bytes that may be read from line.p on; the line is copied when that is less than
 *               line.len + WEIR_LINE_PADDING. What stands behind the line may be read, in words,
 *               and changes nothing; no other thread may write to it meanwhile.
 * @param items  Borrowed from the reader, with everything they point at (the line itself
 *               included), until the next call of this function.
 * @retval WEIR_OK       Bad input is no failure: it is an item of kind ERROR.
 * @retval WEIR_E_NOMEM  Nothing was read.
 */
WEIR_API weir_status weir_reader_read(weir_reader *r, weir_span line, size_t avail,
                                      const weir_item **items, size_t *nitems);

/**
 * As weir_reader_read, but what was read since that was called last, and by that call, stays good:
 * lines whose posts are to be decided together (weir_decide_ahead). Memory grows with each, until
 * weir_reader_read is called again.
 */
WEIR_API weir_status weir_reader_read_also(weir_reader *r, weir_span line, size_t avail,
                                           const weir_item **items, size_t *nitems);

/**
 * What is read next are lines that lie in these bytes, in their order, each but the last with a
 * newline behind it: looked at together, small ones cost less. What they are read as does not
 * depend on it. The bytes must neither change nor go until this is called again; with an empty
 * span, nothing lies anywhere.
 */
WEIR_API void weir_reader_ahead(weir_reader *r, weir_span lines);

#ifdef __cplusplus
}
#endif
#endif

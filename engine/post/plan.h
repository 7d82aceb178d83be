/*
 * What is watched in a line: every key that some dialect reads, by the kind of object it is in.
 *
 * The dialect is not known before the line has been walked, so one plan holds them all: a post is
 * a shape with the keys of every dialect's posts. What counts as read, for duplicates and wrong
 * types, is decided by the dialect's reader afterwards.
 */
#ifndef WEIR_POST_PLAN_H
#define WEIR_POST_PLAN_H

#include "post/json.h"

/* Posts around a post that are followed: reposts and quotes alike. */
#define WEIR__NESTED_MAX 2

enum weir__shape_id {
    WEIR__SHAPE_NONE, /* nothing inside is read */
    WEIR__SHAPE_LINE, /* the outermost object: a post, and what pages and events have around it */
    WEIR__SHAPE_POST,
    WEIR__SHAPE_QUOTE, /* as POST, but a status held by `quoted_status` is no deeper */
    WEIR__SHAPE_WHO,
    WEIR__SHAPE_ENTITIES,
    WEIR__SHAPE_TAG,
    WEIR__SHAPE_EXTENDED,
    WEIR__SHAPE_INCLUDES,
    WEIR__SHAPE_META,
    WEIR__SHAPE_QUERY,
    WEIR__SHAPE_COMMIT,
    WEIR__SHAPE_RECORD,
    WEIR__SHAPE_FACET,
    WEIR__SHAPE_FEATURE,
    WEIR__SHAPE_REF,       /* {uri, record}: an embed's record, a repost's subject */
    WEIR__SHAPE_EMBED,     /* {record}: holds a REF */
    WEIR__SHAPE_REF_INNER, /* the record within a REF */
    WEIR__SHAPE_ACTOR,     /* ActivityPub's authors; those of other dialects are WHO */
    WEIR__SHAPE_AP_TAG,    /* what stands in ActivityPub's `tag`: hashtags, mentions, links */
    WEIR__NSHAPES
};

/* Each list: X(index, name, shape of its objects, are arrays read, is it a post deeper). */

#define WEIR__POST_KEYS(X, held, done)                                                             \
    X(P_ID, "id", NONE, 0, 0)                                                                      \
    X(P_ID_STR, "id_str", NONE, 0, 0)                                                              \
    X(P_AUTHOR_ID, "author_id", NONE, 0, 0)                                                        \
    X(P_AUTHOR, "author", WHO, 0, 0)                                                               \
    X(P_USER, "user", WHO, 0, 0)                                                                   \
    X(P_ACCOUNT, "account", WHO, 0, 0)                                                             \
    X(P_TYPE, "type", NONE, 1, 0)                                                                  \
    X(P_TEXT, "text", NONE, 0, 0)                                                                  \
    X(P_FULL_TEXT, "full_text", NONE, 0, 0)                                                        \
    X(P_TRUNCATED, "truncated", NONE, 0, 0)                                                        \
    X(P_EXTENDED, "extended_tweet", EXTENDED, 0, 0)                                                \
    X(P_CONTENT, "content", NONE, 0, 0)                                                            \
    X(P_SPOILER, "spoiler_text", NONE, 0, 0)                                                       \
    X(P_ENTITIES, "entities", ENTITIES, 0, 0)                                                      \
    X(P_TAGS, "tags", TAG, 1, 0)                                                                   \
    X(P_HASHTAGS, "hashtags", NONE, 1, 0)                                                          \
    X(P_MENTIONS, "mentions", WHO, 1, 0)                                                           \
    X(P_CREATED_AT, "created_at", NONE, 0, 0)                                                      \
    X(P_LANG, "lang", NONE, 1, 0)                                                                  \
    X(P_LANGUAGE, "language", NONE, 0, 0)                                                          \
    X(P_RETWEETED, "retweeted_status", POST, 0, 1)                                                 \
    X(P_QUOTED, "quoted_status", POST, 0, held)                                                    \
    X(P_QUOTED_ID, "quoted_status_id", NONE, 0, 0)                                                 \
    X(P_REFERENCED, "referenced_tweets", POST, 1, 1)                                               \
    X(P_REBLOG, "reblog", POST, 0, 1)                                                              \
    X(P_QUOTE, "quote", QUOTE, 1, 1)                                                               \
    X(P_REPOST_OF, "repost_of", POST, 0, 1)                                                        \
    X(P_QUOTES, "quotes", POST, 0, 1)                                                              \
    X(P_ATTRIBUTED, "attributedTo", ACTOR, 1, 0)                                                   \
    X(P_ACTOR, "actor", ACTOR, 1, 0)                                                               \
    X(P_OBJECT, "object", POST, 1, done)                                                           \
    X(P_TAG, "tag", AP_TAG, 1, 0)                                                                  \
    X(P_PUBLISHED, "published", NONE, 0, 0)                                                        \
    X(P_SUMMARY, "summary", NONE, 0, 0)                                                            \
    X(P_NAME, "name", NONE, 0, 0)                                                                  \
    X(P_CONTENT_MAP, "contentMap", MAP, 0, 0)                                                      \
    X(P_SUMMARY_MAP, "summaryMap", MAP, 0, 0)                                                      \
    X(P_NAME_MAP, "nameMap", MAP, 0, 0)                                                            \
    X(P_MISSKEY_QUOTE, "_misskey_quote", NONE, 0, 0)                                               \
    X(P_QUOTE_URL, "quoteUrl", NONE, 0, 0)                                                         \
    X(P_QUOTE_URI, "quoteUri", NONE, 0, 0)

#define WEIR__LINE_KEYS(X)                                                                         \
    X(L_QUERY, "query", QUERY, 0, 0)                                                               \
    X(L_DID, "did", NONE, 0, 0)                                                                    \
    X(L_KIND, "kind", NONE, 0, 0)                                                                  \
    X(L_TIME_US, "time_us", NONE, 0, 0)                                                            \
    X(L_COMMIT, "commit", COMMIT, 0, 0)                                                            \
    X(L_DATA, "data", POST, 1, 0)                                                                  \
    X(L_INCLUDES, "includes", INCLUDES, 0, 0)                                                      \
    X(L_META, "meta", META, 0, 0)                                                                  \
    X(L_ERRORS, "errors", NONE, 0, 0)                                                              \
    X(L_DELETE, "delete", NONE, 0, 0)                                                              \
    X(L_SCRUB_GEO, "scrub_geo", NONE, 0, 0)                                                        \
    X(L_LIMIT, "limit", NONE, 0, 0)                                                                \
    X(L_DISCONNECT, "disconnect", NONE, 0, 0)                                                      \
    X(L_WARNING, "warning", NONE, 0, 0)                                                            \
    X(L_STATUS_WITHHELD, "status_withheld", NONE, 0, 0)                                            \
    X(L_USER_WITHHELD, "user_withheld", NONE, 0, 0)                                                \
    X(L_CONTEXT, "@context", NONE, 0, 0)

#define WEIR__WHO_KEYS(X)                                                                          \
    X(W_ID, "id", NONE, 0, 0)                                                                      \
    X(W_ID_STR, "id_str", NONE, 0, 0)                                                              \
    X(W_SCREEN_NAME, "screen_name", NONE, 0, 0)                                                    \
    X(W_USERNAME, "username", NONE, 0, 0)                                                          \
    X(W_ACCT, "acct", NONE, 0, 0)                                                                  \
    X(W_HANDLE, "handle", NONE, 0, 0)

#define WEIR__ENTITIES_KEYS(X)                                                                     \
    X(E_HASHTAGS, "hashtags", TAG, 1, 0)                                                           \
    X(E_USER_MENTIONS, "user_mentions", WHO, 1, 0)                                                 \
    X(E_MENTIONS, "mentions", WHO, 1, 0)

#define WEIR__TAG_KEYS(X)                                                                          \
    X(T_TEXT, "text", NONE, 0, 0)                                                                  \
    X(T_TAG, "tag", NONE, 0, 0)                                                                    \
    X(T_NAME, "name", NONE, 0, 0)

#define WEIR__EXTENDED_KEYS(X)                                                                     \
    X(X_FULL_TEXT, "full_text", NONE, 0, 0)                                                        \
    X(X_ENTITIES, "entities", ENTITIES, 0, 0)

#define WEIR__INCLUDES_KEYS(X)                                                                     \
    X(I_USERS, "users", WHO, 1, 0)                                                                 \
    X(I_TWEETS, "tweets", POST, 1, 1)

#define WEIR__META_KEYS(X) X(M_RESULT_COUNT, "result_count", NONE, 0, 0)

#define WEIR__QUERY_KEYS(X)                                                                        \
    X(Q_HASHTAG, "hashtag", NONE, 0, 0)                                                            \
    X(Q_ACCOUNT, "account", NONE, 0, 0)                                                            \
    X(Q_REGION, "region", NONE, 0, 0)                                                              \
    X(Q_AT, "at", NONE, 0, 0)

#define WEIR__COMMIT_KEYS(X)                                                                       \
    X(C_OPERATION, "operation", NONE, 0, 0)                                                        \
    X(C_COLLECTION, "collection", NONE, 0, 0)                                                      \
    X(C_RKEY, "rkey", NONE, 0, 0)                                                                  \
    X(C_RECORD, "record", RECORD, 0, 0)

#define WEIR__RECORD_KEYS(X)                                                                       \
    X(R_TEXT, "text", NONE, 0, 0)                                                                  \
    X(R_LANGS, "langs", NONE, 1, 0)                                                                \
    X(R_TAGS, "tags", NONE, 1, 0)                                                                  \
    X(R_FACETS, "facets", FACET, 1, 0)                                                             \
    X(R_EMBED, "embed", EMBED, 0, 0)                                                               \
    X(R_CREATED_AT, "createdAt", NONE, 0, 0)                                                       \
    X(R_SUBJECT, "subject", REF, 0, 0)

#define WEIR__FACET_KEYS(X) X(F_FEATURES, "features", FEATURE, 1, 0)

#define WEIR__FEATURE_KEYS(X)                                                                      \
    X(F_TYPE, "$type", NONE, 0, 0)                                                                 \
    X(F_TAG, "tag", NONE, 0, 0)                                                                    \
    X(F_DID, "did", NONE, 0, 0)

#define WEIR__REF_KEYS(X)                                                                          \
    X(REF_URI, "uri", NONE, 0, 0)                                                                  \
    X(REF_RECORD, "record", REF_INNER, 0, 0)

#define WEIR__EMBED_KEYS(X) X(EMBED_RECORD, "record", REF, 0, 0)
#define WEIR__REF_INNER_KEYS(X) X(REF_INNER_URI, "uri", NONE, 0, 0)

#define WEIR__ACTOR_KEYS(X)                                                                        \
    X(A_ID, "id", NONE, 0, 0)                                                                      \
    X(A_NAME, "preferredUsername", NONE, 0, 0)

#define WEIR__AP_TAG_KEYS(X)                                                                       \
    X(AT_TYPE, "type", NONE, 1, 0)                                                                 \
    X(AT_NAME, "name", NONE, 0, 0)                                                                 \
    X(AT_HREF, "href", NONE, 0, 0)                                                                 \
    X(AT_REL, "rel", NONE, 1, 0)

/* The indices of the keys, WEIR__P_ID and so on: an enum a shape, each from 0. LINE begins with
   the keys of POST, so that what reads a post reads the outermost one too. */
#define WEIR__INDEX(index, name, shape, list, nested) WEIR__##index,
enum { WEIR__POST_KEYS(WEIR__INDEX, 1, 1) WEIR__LINE_KEYS(WEIR__INDEX) WEIR__P_COUNT };
enum { WEIR__WHO_KEYS(WEIR__INDEX) WEIR__W_COUNT };
enum { WEIR__ENTITIES_KEYS(WEIR__INDEX) WEIR__E_COUNT };
enum { WEIR__TAG_KEYS(WEIR__INDEX) WEIR__T_COUNT };
enum { WEIR__EXTENDED_KEYS(WEIR__INDEX) WEIR__X_COUNT };
enum { WEIR__INCLUDES_KEYS(WEIR__INDEX) WEIR__I_COUNT };
enum { WEIR__META_KEYS(WEIR__INDEX) WEIR__M_COUNT };
enum { WEIR__QUERY_KEYS(WEIR__INDEX) WEIR__Q_COUNT };
enum { WEIR__COMMIT_KEYS(WEIR__INDEX) WEIR__C_COUNT };
enum { WEIR__RECORD_KEYS(WEIR__INDEX) WEIR__R_COUNT };
enum { WEIR__FACET_KEYS(WEIR__INDEX) WEIR__F_FACET_COUNT };
enum { WEIR__FEATURE_KEYS(WEIR__INDEX) WEIR__F_COUNT };
enum { WEIR__REF_KEYS(WEIR__INDEX) WEIR__REF_COUNT };
enum { WEIR__EMBED_KEYS(WEIR__INDEX) WEIR__EMBED_COUNT };
enum { WEIR__REF_INNER_KEYS(WEIR__INDEX) WEIR__REF_INNER_COUNT };
enum { WEIR__ACTOR_KEYS(WEIR__INDEX) WEIR__A_COUNT };
enum { WEIR__AP_TAG_KEYS(WEIR__INDEX) WEIR__AT_COUNT };
#undef WEIR__INDEX

/* The plan for lines of any dialect. */
void weir__plan_lines(struct weir__plan *plan);
/* The name of a key, for messages. */
const char *weir__key_name(uint8_t shape, unsigned key);

#endif

/*
 * What every part of the public interface needs: statuses, spans, buffers, diagnostics, and the
 * lists of the field's words (actions, surfaces, states), each written down once.
 *
 * Threads: everything here is either a value or owned by one caller at a time.
 */
#ifndef TAGWEIR_COMMON_H
#define TAGWEIR_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_API __attribute__((visibility("default")))

/* Statuses: name, what a person is told. */
#define WEIR_STATUSES(X)                                                                           \
    X(OK, "done")                                                                                  \
    X(E_LIMIT, "a pattern ran out of its match budget")                                            \
    X(E_RULES, "the rules have errors")                                                            \
    X(E_NOMEM, "out of memory")                                                                    \
    X(E_IO, "a file could not be read or written")                                                 \
    X(E_ARG, "an argument is not valid")

typedef enum weir_status {
#define X(name, text) WEIR_##name,
    WEIR_STATUSES(X)
#undef X
} weir_status;

/** The status as a sentence fragment; static storage. */
WEIR_API const char *weir_status_text(weir_status st);

/** A borrowed run of bytes; not NUL-terminated. {NULL, 0} stands for "absent". */
typedef struct weir_span {
    const char *p;
    size_t len; /* bytes */
} weir_span;

/**
 * A growing byte buffer, owned by the caller. Zero-initialise; release with weir_buf_fini.
 * Growth failure is sticky: `failed` is set, later writes do nothing, contents stay as they were.
 */
typedef struct weir_buf {
    char *p;
    size_t len; /* bytes in use */
    size_t cap; /* bytes allocated */
    bool failed;
} weir_buf;

WEIR_API void weir_buf_fini(weir_buf *b);
/** Room for @p more bytes behind the end (the caller adds to len); NULL without memory. */
WEIR_API char *weir_buf_reserve(weir_buf *b, size_t more);
WEIR_API void weir_buf_put(weir_buf *b, weir_span s);
WEIR_API void weir_buf_puts(weir_buf *b, const char *cstr);
WEIR_API void weir_buf_putc(weir_buf *b, char c);
WEIR_API void weir_buf_printf(weir_buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
WEIR_API void weir_buf_put_u64(weir_buf *b, uint64_t v);
/**
 * A JSON string with its quotes: \b \f \n \r \t \" \\ short, other controls \u00xx in lower
 * case, nothing else escaped. The bytes are taken to be UTF-8.
 */
WEIR_API void weir_buf_put_json(weir_buf *b, weir_span s);

/* What an outcome can be, from mild to severe. Order matters: greater is stricter. */
#define WEIR_ACTIONS(X)                                                                            \
    X(ALLOW, "allow")                                                                              \
    X(DOWNRANK, "downrank")                                                                        \
    X(WITHHOLD, "withhold")

typedef enum weir_action {
#define X(name, text) WEIR_##name,
    WEIR_ACTIONS(X)
#undef X
} weir_action;

/** "allow", "downrank" or "withhold"; static storage. */
WEIR_API const char *weir_action_name(weir_action a);

/* Where posts are shown, in the order in which records write them. The one list of surfaces. */
#define WEIR_SURFACES(X)                                                                           \
    X(TIMELINE, "timeline")                                                                        \
    X(SEARCH, "search")                                                                            \
    X(SUGGEST, "suggest")                                                                          \
    X(TRENDS, "trends")                                                                            \
    X(RECOMMEND, "recommend")

typedef enum weir_surface {
#define X(name, text) WEIR_SURFACE_##name,
    WEIR_SURFACES(X)
#undef X
    WEIR_NSURFACES
} weir_surface;

/** The name of a surface as rule files and records write it; static storage. */
WEIR_API const char *weir_surface_name(weir_surface s);

/* Selectors, in the order in which a record's `by` prefers them. */
#define WEIR_SELECTORS(X)                                                                          \
    X(ACCOUNTS, "accounts")                                                                        \
    X(MENTIONS, "mentions")                                                                        \
    X(HASHTAGS, "hashtags")                                                                        \
    X(POSTS, "posts")                                                                              \
    X(LANGS, "langs")                                                                              \
    X(SOURCES, "sources")

typedef enum weir_selector {
#define X(name, text) WEIR_SEL_##name,
    WEIR_SELECTORS(X)
#undef X
    WEIR_NSELECTORS
} weir_selector;

/** The name of a selector as rule files and records write it; static storage. */
WEIR_API const char *weir_selector_name(weir_selector s);

/* What became of a rule on one post; the first that applies is its state. */
#define WEIR_STATES(X)                                                                             \
    X(OFF, "off")                                                                                  \
    X(NOT_IN_FORCE, "not_in_force")                                                                \
    X(LIMIT, "limit")                                                                              \
    X(NO_MATCH, "no_match")                                                                        \
    X(EXCEPTED, "excepted")                                                                        \
    X(HELD_BACK, "held_back")                                                                      \
    X(OBSERVED, "observed")                                                                        \
    X(EXEMPTED, "exempted")                                                                        \
    X(OUTRANKED, "outranked")                                                                      \
    X(MATCHED, "matched")

typedef enum weir_state {
#define X(name, text) WEIR_STATE_##name,
    WEIR_STATES(X)
#undef X
    WEIR_NSTATES
} weir_state;

/** The name of a rule's state as traces write it; static storage. */
WEIR_API const char *weir_state_name(weir_state s);

/* Diagnostics ---------------------------------------------------------------------------- */

typedef enum weir_severity { WEIR_NOTE, WEIR_WARNING, WEIR_ERROR } weir_severity;

/** One message about a place in a rule or list file. All strings are owned by the list it is in. */
typedef struct weir_diag {
    weir_severity severity;
    const char *file;    /* as the user named it; NULL when about no file */
    uint32_t line;       /* from 1; 0: about the file as a whole */
    uint32_t column;     /* from 1, in code points; 0: about the line as a whole */
    uint32_t width;      /* code points that the caret underlines; at least 1 */
    const char *message; /* what is wrong, where the reader would look, what to do */
    const char *source;  /* the text of the line without its end; NULL when not to be had */
} weir_diag;

typedef struct weir_diags weir_diags;

/** A new empty list, or NULL without memory. Not for use by two threads at once. */
WEIR_API weir_diags *weir_diags_new(void);
WEIR_API void weir_diags_free(weir_diags *d);
/** Number of diagnostics, in the order in which they were found. */
WEIR_API size_t weir_diags_count(const weir_diags *d);
/** Number of those with severity WEIR_ERROR. */
WEIR_API size_t weir_diags_errors(const weir_diags *d);
/** The i-th; valid until the list is freed. */
WEIR_API const weir_diag *weir_diags_at(const weir_diags *d, size_t i);
/** Append `file:line:col: error: message`, the line and a caret, each ended by a newline. */
WEIR_API void weir_diag_format(const weir_diag *d, bool colour, weir_buf *out);

/* Time ----------------------------------------------------------------------------------- */

/**
 * Read RFC 3339 with an offset ("2021-02-01T06:00:00Z", "…T06:00:00.250+05:30").
 * @param out  Milliseconds since 1970-01-01 UTC; finer digits are cut off.
 * @return false when @p s is anything else, a bare date among them.
 */
WEIR_API bool weir_time_parse(weir_span s, int64_t *out);

/* What weir_time_format needs, its NUL included. */
#define WEIR_TIME_MAX 32
/**
 * Write UTC with `Z`, milliseconds only where they are not zero. Years outside 0000..9999, which
 * no input can hold, are clamped. @return bytes written, without the NUL.
 */
WEIR_API size_t weir_time_format(int64_t ms, char out[WEIR_TIME_MAX]);

/* Regions --------------------------------------------------------------------------------- */

/* Everywhere, and viewers of unknown region; the first of all indices. */
#define WEIR_REGION_XX 0
#define WEIR_REGION_NONE UINT16_MAX

/**
 * The index of an ISO 3166-1 alpha-2 code (`UK` is read as `GB`, `XX` is 0), or WEIR_REGION_NONE.
 * Indices sort as the codes do bytewise, `XX` first; they belong to one ICU version and are
 * never stored.
 */
WEIR_API uint16_t weir_region_find(weir_span code);
/**
 * What a word that is no code may have been meant as: "fr", "FRA", "250" and "France" give "FR",
 * "SU" gives "RU"; "eu" gives the group "EU", which is no code either. NULL where nothing is near.
 * Static storage; any thread.
 */
WEIR_API const char *weir_region_nearest(weir_span word);
/** The two-letter code of an index; static storage. */
WEIR_API const char *weir_region_code(uint16_t region);
/** One more than the highest index. */
WEIR_API uint16_t weir_region_count(void);

/* Identity of hashtags --------------------------------------------------------------------- */

/**
 * Append the canonical key of a tag: one leading `#` or `＃` dropped, then NFKC_Casefold.
 * Malformed UTF-8 gives an empty key, and so do tags made of nothing but ignorable characters:
 * an empty key never matches.
 */
WEIR_API void weir_canonical_key(weir_span tag, weir_buf *out);

#ifdef __cplusplus
}
#endif
#endif

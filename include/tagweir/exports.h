/*
 * Exports: what decisions put in force, in the forms in which other systems take it. Nothing here
 * reads a clock or does I/O.
 *
 * In two steps, so that deciding may go on in many threads. Each thread has a weir_export_worker,
 * which makes a fragment of each decision, in place of its record; fragments may be put one behind
 * the other. One thread hands them, in the order of the input, to weir_export_collect, which leaves
 * out what was said before, makes batches, and appends lines to what is written:
 *
 *     weir_export_new
 *     weir_export_worker_new, per thread: weir_export_decision per decision -> fragments
 *     in order: weir_export_collect(fragments) -> lines; at the end weir_export_finish
 *     weir_export_worker_free (which counts together), weir_export_counts, weir_export_free
 *
 * The same decisions in the same order give the same bytes, whatever the number of threads.
 */
#ifndef TAGWEIR_EXPORTS_H
#define TAGWEIR_EXPORTS_H

#include <tagweir/common.h>
#include <tagweir/decide.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What is exported; each a stream of one form, described in engine/audit/EXPORTS.md. Sources: of
 * the first four what Twitter published of withheld content (the fields of tweets, and compliance
 * messages, of v1.1 and v2); of statements https://transparency.dsa.ec.europa.eu/page/
 * api-documentation; of labels the lexicon com.atproto.label.defs#label.
 */
#define WEIR_EXPORTS(X)                                                                            \
    X(TWITTER_V1, "twitter:v1")               /* status_withheld, user_withheld */                 \
    X(TWITTER_V2, "twitter:v2")               /* the same of v2, {"data":…} */                     \
    X(TWITTER_FIELDS_V1, "twitter:fields-v1") /* withheld_in_countries, withheld_scope */          \
    X(TWITTER_FIELDS_V2, "twitter:fields-v2") /* {"data":{"id":…,"withheld":{…}}} */               \
    X(DSA, "dsa")                             /* statements of reasons, {"statements":[…]} */      \
    X(ATPROTO, "atproto")                     /* labels, unsigned */                               \
    X(CSV, "csv")                             /* a row a post, region and surface; RFC 4180 */

typedef enum weir_export_kind {
#define X(name, text) WEIR_EXPORT_##name,
    WEIR_EXPORTS(X)
#undef X
    WEIR_NEXPORTS
} weir_export_kind;

/** The name of a kind, as above; static storage. */
WEIR_API const char *weir_export_name(weir_export_kind k);
/** A kind by its name; `twitter` is read as `twitter:v1`, `twitter:fields` as `twitter:fields-v1`.
 * @return false: there is none of that name. */
WEIR_API bool weir_export_find(weir_span name, weir_export_kind *out);

/* Why something that restricts a post is not in the export. Counted by posts, or, where it says so,
   by messages, statements or labels. */
#define WEIR_LEFT_OUT(X)                                                                           \
    X(QUERY, "query", "is a question, and no post")                                                \
    X(DOWNRANK, "downrank", "is downranked somewhere, which has no counterpart there")             \
    X(NO_ID, "no_id", "has no id")                                                                 \
    X(NO_NUMBER, "no_number", "has an id, or an author's id, that is no number of v1.1")           \
    X(NO_AUTHOR, "no_author", "has no author's id")                                                \
    X(NOT_BLUESKY, "not_bluesky", "has no at:// URI")                                              \
    X(OUTSIDE_EEA, "outside_eea", "is restricted outside the European Economic Area only")         \
    X(NO_DATE, "no_date", "has no time of its own (statements)")                                   \
    X(BAD_DATE, "bad_date", "was made too early, or after it was decided (statements)")            \
    X(BAD_DSA, "bad_dsa", "was restricted by a rule whose `dsa` does not suffice (statements)")    \
    X(LIFTED, "lifted", "is restricted no more, which cannot be said there (statements)")

typedef enum weir_left_out {
#define X(name, text, sentence) WEIR_LEFT_OUT_##name,
    WEIR_LEFT_OUT(X)
#undef X
    WEIR_NLEFT_OUT
} weir_left_out;

/** The name of a reason, as above; static storage. */
WEIR_API const char *weir_left_out_name(weir_left_out why);
/** The same for a person, to be put behind "a post that"; static storage. */
WEIR_API const char *weir_left_out_text(weir_left_out why);

typedef struct weir_export_options {
    weir_export_kind kind;
    bool changes; /* weir_export_change will be called, else weir_export_decision: never both */
    /* ATPROTO: the DID that labels of a country come from, with `{region}` once where its code
       belongs, in lower case: "did:web:{region}.labels.example". `xx` stands for everywhere.
       Copied; else NULL. */
    const char *label_src;
} weir_export_options;

typedef struct weir_export weir_export;
typedef struct weir_export_worker weir_export_worker;

/**
 * An export of decisions made with @p rs; for changes also with @p old. Both are referenced.
 *
 * @param old  NULL: only @p rs.
 * @param why  Gets a sentence for a person on WEIR_E_ARG; may be NULL.
 * @retval WEIR_E_ARG  `label_src` is missing, or is no DID with one `{region}` in it.
 *
 * Memory grows with what is collected, so as to know what was said before: 64 bytes at most for
 * each post and account that is withheld, each statement and each label, and half as much again
 * while that grows; none for CSV. At most 8 bytes a rule for each worker besides its scratches,
 * which are made when they are first needed.
 */
WEIR_API weir_status weir_export_new(const weir_export_options *o, weir_ruleset *rs,
                                     weir_ruleset *old, weir_buf *why, weir_export **out);
/** NULL is allowed. Its workers must have been freed before. */
WEIR_API void weir_export_free(weir_export *e);

/** What one thread needs: a scratch for each rule set, and counters. */
WEIR_API weir_status weir_export_worker_new(weir_export *e, weir_export_worker **out);
/**
 * Add what was counted to the export, and free. NULL is allowed. Not while another thread frees
 * one, nor while one collects.
 */
WEIR_API void weir_export_worker_free(weir_export_worker *w);

/**
 * Append the fragment of a decision and of the posts that it quotes, each of which is a post like
 * any other. Nothing is appended for what is allowed everywhere.
 *
 * What acts on an account, and not on a single post, is found by deciding the account by itself: it
 * counts as such where no exemption for posts could shield one of them from the acting rule, and
 * the rule selects and excepts by accounts (and sources) alone.
 *
 * A decision for one region alone is exported as if it were for all, with nothing elsewhere: lists
 * that must be complete are not, then.
 *
 * @param d  Of weir_decide with the export's rules, and not made for another region: any scratch of
 *           any thread, as long as it is valid. Its trace is not needed.
 * @retval WEIR_E_NOMEM  Nothing is to be used of what was appended.
 *
 * One thread for each worker. Costs nothing to speak of where a post is allowed; for TWITTER and
 * ATPROTO another decision for each post that is withheld (or labelled) and one for each distinct
 * end of it.
 */
WEIR_API weir_status weir_export_decision(weir_export_worker *w, const weir_decision *d,
                                          weir_buf *fragments);
/**
 * Append the fragment of what has changed for one post between two decisions of it, by two rule
 * sets or at two times. Twitter's lists are the complete ones after the change, and empty where all
 * is lifted; labels are negated; statements are those of what is new (nothing lifts them); rows of
 * CSV say in a column of their own what is `new` and what is `lifted`. Nothing for what is the
 * same. Times are those of @p now. Quoted posts are compared as pairs.
 */
WEIR_API weir_status weir_export_change(weir_export_worker *w, const weir_decision *old,
                                        const weir_decision *now, weir_buf *fragments);

/**
 * Take fragments, whole ones, in the order of the input, and append the lines that come of them.
 * What was said before of a post, an account or a label, and is still so, is not said again;
 * statements are never said twice.
 * @retval WEIR_E_NOMEM  The export is at an end: nothing more may be collected.
 *
 * One thread at a time. DSA: appends whole bodies of 100 statements, a body a line, and keeps the
 * rest.
 */
WEIR_API weir_status weir_export_collect(weir_export *e, weir_span fragments, weir_buf *out);
/** Append what is kept: a shorter body of statements; the header row of a CSV without rows. */
WEIR_API weir_status weir_export_finish(weir_export *e, weir_buf *out);

typedef struct weir_export_counts {
    uint64_t items;    /* messages, objects, statements, labels or rows that were appended */
    uint64_t repeated; /* not counted among these: they had been said before */
    uint64_t left_out[WEIR_NLEFT_OUT]; /* by workers that are freed */
} weir_export_counts;

WEIR_API void weir_export_count(const weir_export *e, weir_export_counts *out);

/** Why the statements of a rule could not be made; borrowed for the call. */
typedef struct weir_export_lack {
    const char *rule;    /* its id */
    const char *message; /* what is missing or wrong, and what to write, where */
    uint64_t statements; /* that were left out for it */
} weir_export_lack;

typedef void weir_export_lack_fn(void *arg, const weir_export_lack *lack);
/**
 * Call @p fn for each rule by which a statement was left out (BAD_DSA), in source order, those of
 * the older rule set behind. When all workers are freed.
 */
WEIR_API void weir_export_lacks(const weir_export *e, weir_export_lack_fn *fn, void *arg);

#ifdef __cplusplus
}
#endif
#endif

/*
 * Rule sets: rule files compiled together; immutable and reference-counted.
 */
#ifndef TAGWEIR_RULESET_H
#define TAGWEIR_RULESET_H

#include <tagweir/common.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weir_ruleset weir_ruleset;

/**
 * What matching is made fast by, each of which can be switched off. What is decided is the same
 * without it, records that carry `limit` aside. The last two act when rules are loaded.
 */
#define WEIR_MATCH_PARTS(X)                                                                        \
    X(MEMO, "memo")           /* what repeated tags were found to match is remembered */           \
    X(BATCH, "batch")         /* many tags at a time; memory is asked for ahead */                 \
    X(GATE, "gate")           /* hashed look-up of literals; without it they are walked along */   \
    X(SIEVE, "sieve")         /* patterns are tried only where a literal of theirs stands */       \
    X(VECTORS, "vectors")     /* AVX-512, where the processor has it, in looking */                \
    X(AUTOMATON, "automaton") /* patterns without such a literal are run as one */                 \
    X(WORDS, "words")         /* patterns that match a few words only are looked up as such */     \
    X(JIT, "jit")             /* PCRE2's JIT code */

enum {
#define X(name, text) WEIR_MATCH_BIT_##name,
    WEIR_MATCH_PARTS(X)
#undef X
        WEIR_NMATCH_PARTS
};

enum {
#define X(name, text) WEIR_MATCH_##name = 1 << WEIR_MATCH_BIT_##name,
    WEIR_MATCH_PARTS(X)
#undef X
};

#define WEIR_MANY_LOOSE 100

/** What a file is that a rule set is made of. */
typedef enum weir_file_kind {
    WEIR_FILE_RULES,    /* a rule file */
    WEIR_FILE_LIST,     /* a list file that one of them names */
    WEIR_FILE_COMPILED, /* a compiled rule set */
} weir_file_kind;

typedef struct weir_load_options {
    uint32_t match_off; /* WEIR_MATCH_WORDS, WEIR_MATCH_JIT (for Valgrind): not to be used */
    bool keep_sources;  /* for weir_ruleset_save: the files' texts stay in memory */
    bool warn_cost;     /* warn of each pattern that every value is held against; without, only
                           once where they are more than WEIR_MANY_LOOSE */
    /* Called for each file before it is read, by the thread that loads: who writes files can make
       sure that they are none of these. The path is good during the call alone. The same file may
       be told of again. It must return. NULL: nobody asks. */
    void (*on_file)(void *arg, const char *path, weir_file_kind kind);
    void *on_file_arg;
} weir_load_options;

/**
 * Compile rule files. A path is a file, or a folder, which stands for every `*.yaml` below it in
 * byte order of the relative path, or a file that weir_ruleset_save wrote.
 *
 * Such a file, given alone, is mapped and ready at once, and always has its sources. Where the
 * process has another ICU than the one that wrote it, and where it is given among others, the
 * sources in it are compiled instead, which a warning says. It must not be changed in place while
 * it is in use: a new one takes its name, as weir_ruleset_save does it. Files that are damaged,
 * and those of another version or kind of machine, are WEIR_E_RULES; checksums guard against
 * damage, not against who may write the file.
 *
 * @param o      NULL: defaults.
 * @param diags  Gets every error and warning found, not just the first.
 * @param out    Written on WEIR_OK only, with one reference for the caller.
 * @retval WEIR_E_RULES  At least one error; nothing else has changed.
 * @retval WEIR_E_IO     A path named could not be read (said in @p diags too).
 *
 * The rules' own tests are run by weir_ruleset_test (decide.h): call it before use.
 */
WEIR_API weir_status weir_ruleset_load(const char *const *paths, size_t npaths,
                                       const weir_load_options *o, weir_diags *diags,
                                       weir_ruleset **out);
/**
 * Write a compiled rule set: the tables that deciding reads, as they lie in memory, and the
 * sources. Run weir_ruleset_test first, as nothing here does.
 *
 * The same rules give the same bytes, wherever they lie and whenever they are written: files are
 * named in it relative to what was given to weir_ruleset_load. The bytes are written to a file
 * beside @p path, synced, and given its name in one step, so that whoever opens @p path finds the
 * old file or the new one; permissions are those of any new file. Where @p path is a symbolic link,
 * the file that it leads to is replaced.
 *
 * @param rs     Loaded with `keep_sources`, or from such a file: else WEIR_E_ARG.
 * @param diags  Gets the reason of WEIR_E_IO.
 * @retval WEIR_E_IO     It cannot be written there, or @p path is a folder, a device, a pipe, or a
 *                       file that is not empty and no compiled rule set, such as a rule file. What
 *                       was there before is still there.
 * @retval WEIR_E_NOMEM  It is made in memory first: that takes about its size twice.
 *
 * Any number of threads may save the same set, each to a path of its own.
 */
WEIR_API weir_status weir_ruleset_save(const weir_ruleset *rs, const char *path, weir_diags *diags);
/** Any thread, any time. @return @p rs. */
WEIR_API weir_ruleset *weir_ruleset_ref(weir_ruleset *rs);
/** The last one frees it. NULL is allowed. */
WEIR_API void weir_ruleset_unref(weir_ruleset *rs);

/** SHA-256 of the canonical form, 64 hex digits and a NUL; records show the first 16. */
WEIR_API const char *weir_ruleset_digest(const weir_ruleset *rs);

#define WEIR_NONE UINT32_MAX /* no rule, no order */

#define WEIR_MODES(X)                                                                              \
    X(ENFORCE, "enforce")                                                                          \
    X(OBSERVE, "observe")                                                                          \
    X(OFF, "off")

typedef enum weir_mode {
#define X(name, text) WEIR_MODE_##name,
    WEIR_MODES(X)
#undef X
} weir_mode;

/**
 * Caps on how much a rule, or all of the set, may do in a minute of the wall clock, and what
 * happens beyond. Breakers act when serving only: who serves counts, and tells by weir_scratch_trip
 * (decide.h) what has tripped; nothing in the library counts or trips by itself.
 *
 * Of a rule, what is capped are the posts that it acts on; of the set, those that are withheld
 * anywhere, whatever the rules. A rule without a `breaker` of its own is under the set's figures by
 * itself, and only alerts; one with its own is under these alone, also where they leave out a cap
 * that the set has. The set as a whole is under its own in any case, and only alerts.
 */
typedef struct weir_breaker {
    bool given;           /* it is written; else all that follows is the set's, or no cap at all */
    uint32_t per_minute;  /* posts a minute; 0: no such cap */
    uint32_t share_milli; /* of all posts of the minute, in thousandths; 0: no such cap */
    bool observe;         /* then: observe; else alert. Never under an order that must be obeyed */
} weir_breaker;

/** What a person may want to know of a rule; borrowed from the rule set. Strings end in NUL. */
typedef struct weir_rule_info {
    const char *id;
    uint32_t order; /* WEIR_NONE: own policy */
    weir_action action;
    weir_mode mode;
    int32_t priority;
    uint32_t factor_milli; /* of a downrank: thousandths */
    uint32_t surfaces;     /* of a downrank: bit (1 << weir_surface) */
    uint32_t rollout_bp;   /* hundredths of a percent */
    const char *file;      /* where it stands */
    uint32_t line;
    int64_t from_ms, until_ms; /* its own interval, up to but not including the end; INT64_MIN:
                                  open on that side */
    uint32_t match, except;    /* selectors given on either side: bit (1 << weir_selector) */
    bool has_against;          /* an allow that defeats rules under the orders `against` alone */
    const uint32_t *against;
    size_t nagainst;
    weir_breaker breaker; /* that it is under: its own, or the set's */
} weir_rule_info;

/** Rule files that it was made of; list files do not count. */
WEIR_API uint32_t weir_ruleset_nfiles(const weir_ruleset *rs);
WEIR_API uint32_t weir_ruleset_nrules(const weir_ruleset *rs);
WEIR_API void weir_ruleset_rule(const weir_ruleset *rs, uint32_t rule, weir_rule_info *out);
/**
 * The number of a rule by its id, byte for byte; WEIR_NONE: there is none of that name. The same
 * rule may have another number in another rule set: between two, names are what stays.
 *
 * Any number of threads at once. Takes as many comparisons as the number of rules has bits.
 */
WEIR_API uint32_t weir_ruleset_find_rule(const weir_ruleset *rs, weir_span id);
/**
 * Do two rules say the same, down to the entries of the lists that they name? Their order's own
 * terms are not looked at, nor where they stand, their tests, and the Unicode version.
 *
 * @param a, b  May be the same rule set.
 * @param same  Written on WEIR_OK.
 * @retval WEIR_E_NOMEM
 *
 * Any number of threads at once. Costs about as much as reading both, with their lists.
 */
WEIR_API weir_status weir_ruleset_same_rule(const weir_ruleset *a, uint32_t rule_of_a,
                                            const weir_ruleset *b, uint32_t rule_of_b, bool *same);
/** The same of two orders, without the rules under them. */
WEIR_API weir_status weir_ruleset_same_order(const weir_ruleset *a, uint32_t order_of_a,
                                             const weir_ruleset *b, uint32_t order_of_b,
                                             bool *same);
/** The caps of the whole set; all zero where there are none. @p out is always written. */
WEIR_API void weir_ruleset_breaker(const weir_ruleset *rs, weir_breaker *out);
/**
 * Append an entry of a selector of the rule, as a rule file may write it: `@x`, `id:5`, `#tag`,
 * `/regex/x`, `list name`.
 * @param in_except  Of `except`; else of `match`.
 * @param i          Counts from 0.
 * @return false: there are no more. Under a confidential order, accounts, hashtags and posts are
 *         targets, which must not be shown to outsiders.
 */
WEIR_API bool weir_ruleset_rule_entry(const weir_ruleset *rs, uint32_t rule, bool in_except,
                                      weir_selector kind, size_t i, weir_buf *out);
/** Does the rule hold in this region (an index of weir_region_find)? */
WEIR_API bool weir_ruleset_rule_holds(const weir_ruleset *rs, uint32_t rule, uint16_t region);
/** Is it in force at that time: one of its order's intervals, and its own? Mode is not asked. */
WEIR_API bool weir_ruleset_rule_in_force(const weir_ruleset *rs, uint32_t rule, int64_t now_ms);

/**
 * Whether something holds at a time, and the whole interval around that time in which this stays
 * so. Where it does not hold, the interval is the gap: `from_ms` is when it last ended, `until_ms`
 * when it begins (again). Milliseconds since 1970-01-01 UTC.
 */
typedef struct weir_interval {
    bool holds;
    int64_t from_ms;  /* INT64_MIN: it was never otherwise before */
    int64_t until_ms; /* not included; INT64_MIN: it will never be otherwise */
} weir_interval;

/**
 * weir_ruleset_rule_in_force with the interval around it. Intervals that touch are one, and
 * nothing is left out: what the order's review and its revocation do shows as well.
 *
 * @param rule   Below weir_ruleset_nrules: anything else is a bug of the caller, and aborts.
 * @param at_ms  Any time: nothing here reads a clock.
 * @param out    Always written.
 *
 * Any number of threads at once. Costs more the more intervals the order has: made for
 * telling people, not for deciding.
 */
WEIR_API void weir_ruleset_rule_interval(const weir_ruleset *rs, uint32_t rule, int64_t at_ms,
                                         weir_interval *out);

/** The entries of one kind in a list; borrowed from the rule set. */
typedef struct weir_list_part {
    weir_selector kind; /* ACCOUNTS, HASHTAGS or POSTS */
    const char *file;   /* that they stand in: a list file, or a rule file */
    size_t nentries;    /* as they were read: comments are none, and one that stands twice is two */
} weir_list_part;

#define WEIR_LIST_PARTS 3

/** What a person may want to know of a list; borrowed from the rule set. Strings end in NUL. */
typedef struct weir_list_info {
    const char *name;
    const char *file; /* where it is defined */
    uint32_t line;
    size_t nentries;                      /* of all kinds */
    weir_list_part part[WEIR_LIST_PARTS]; /* the kinds that it gives, as weir_selector has them */
    size_t nparts;
} weir_list_info;

/** The number of lists, whether rules use them or not. */
WEIR_API uint32_t weir_ruleset_nlists(const weir_ruleset *rs);
/**
 * Tell of a list: that one has shrunk since rules were last loaded may mean that its file was cut
 * off. Lists are known by name: their numbers are those of one rule set.
 *
 * @param list  Below weir_ruleset_nlists: anything else is a bug of the caller, and aborts.
 * @param out   Always written. What it points at lives as long as the rule set.
 *
 * Any number of threads at once. No entry is looked at, also where the rule set is a mapped file.
 */
WEIR_API void weir_ruleset_list(const weir_ruleset *rs, uint32_t list, weir_list_info *out);

/** weir_ruleset_find_rule of a list. */
WEIR_API uint32_t weir_ruleset_find_list(const weir_ruleset *rs, weir_span name);

#define WEIR_KINDS(X)                                                                              \
    X(EMERGENCY, "emergency")                                                                      \
    X(LEGAL_DEMAND, "legal_demand")                                                                \
    X(COURT_ORDER, "court_order")                                                                  \
    X(REPORT, "report")                                                                            \
    X(POLICY, "policy")

typedef enum weir_kind {
#define X(name, text) WEIR_KIND_##name,
    WEIR_KINDS(X)
#undef X
} weir_kind;

/** The name of an order's kind as rule files write it; static storage. */
WEIR_API const char *weir_kind_name(weir_kind k);

/** What a person may want to know of an order; borrowed. Absent strings are NULL, times INT64_MIN.
 */
typedef struct weir_order_info {
    const char *id;
    const char *authority;
    const char *basis;
    const char *reference;
    const char *notice;
    weir_kind kind;
    bool confidential; /* then authority, reference and targets must not be shown to outsiders */
    bool lapses;       /* on_lapse: lift */
    int64_t served_ms, review_by_ms, confirmed_ms, revoked_ms;
    const char *file; /* where it stands */
    uint32_t line;
} weir_order_info;

WEIR_API uint32_t weir_ruleset_norders(const weir_ruleset *rs);
WEIR_API void weir_ruleset_order(const weir_ruleset *rs, uint32_t order, weir_order_info *out);
/** weir_ruleset_find_rule of an order. */
WEIR_API uint32_t weir_ruleset_find_order(const weir_ruleset *rs, weir_span id);
/**
 * weir_ruleset_rule_interval of an order alone (its number is below weir_ruleset_norders), whatever
 * the rules under it say. With weir_rule_info.from_ms and .until_ms it tells which of the two keeps
 * a rule out of force.
 */
WEIR_API void weir_ruleset_order_interval(const weir_ruleset *rs, uint32_t order, int64_t at_ms,
                                          weir_interval *out);

/* How the review of an order stands at a time. */
#define WEIR_REVIEWS(X)                                                                            \
    X(NONE, "none")           /* none is asked for, or the order ended before it was due */        \
    X(DUE, "due")             /* `review_by` is ahead */                                           \
    X(OVERDUE, "overdue")     /* it is past, and the order goes on without (on_lapse: hold) */     \
    X(LAPSED, "lapsed")       /* it is past, and ended the order (on_lapse: lift) */               \
    X(CONFIRMED, "confirmed") /* from `confirmed` on */                                            \
    X(REVOKED, "revoked")     /* from `revoked` on, whatever went before */

typedef enum weir_review {
#define X(name, text) WEIR_REVIEW_##name,
    WEIR_REVIEWS(X)
#undef X
} weir_review;

/** The name of a review's state, as above; static storage. */
WEIR_API const char *weir_review_name(weir_review r);
/**
 * The state of an order's review. A confirmation or revocation counts from its own time on, so that
 * a time before it is answered as it was then. OVERDUE is what somebody must be told of; an order
 * that has ended for good without a review is NONE again.
 *
 * @param order  Below weir_ruleset_norders: anything else is a bug of the caller, and aborts.
 * @param at_ms  Milliseconds since 1970-01-01 UTC. Any number of threads at once.
 */
WEIR_API weir_review weir_ruleset_order_review(const weir_ruleset *rs, uint32_t order,
                                               int64_t at_ms);

/* What time alone changes, in the order in which changes of one order at one time are told. */
#define WEIR_CHANGES(X)                                                                            \
    X(LAPSED, "lapsed")       /* of an order: its review is LAPSED from then on, */                \
    X(OVERDUE, "overdue")     /* OVERDUE, */                                                       \
    X(CONFIRMED, "confirmed") /* CONFIRMED, */                                                     \
    X(REVOKED, "revoked")     /* REVOKED */                                                        \
    X(BEGINS, "begins")       /* it holds, or the rule is in force, from then on */                \
    X(ENDS, "ends")           /* it does not, from then on */

typedef enum weir_change_kind {
#define X(name, text) WEIR_CHANGE_##name,
    WEIR_CHANGES(X)
#undef X
} weir_change_kind;

/** The name of a change, as above; static storage. */
WEIR_API const char *weir_change_name(weir_change_kind k);

typedef struct weir_change {
    int64_t at_ms; /* from this millisecond on */
    weir_change_kind kind;
    uint32_t order;  /* that it is about, or that the rule is under; WEIR_NONE: own policy */
    uint32_t rule;   /* WEIR_NONE: it is about the order itself */
    bool with_order; /* of a rule: its order begins or ends at that time as well */
} weir_change;

/**
 * When something changes next by time alone: an order begins to hold or ends, its review lapses, is
 * overdue, confirmed or revoked, a rule comes into force or goes out of it. What is told is what
 * weir_ruleset_order_interval, weir_ruleset_order_review and weir_ruleset_rule_in_force answer:
 * between two such times none of their answers changes. Where intervals touch nothing does, nor
 * where a rule's own interval begins or ends while its order does not hold. Mode is not asked.
 *
 * @param at_ms  Milliseconds since 1970-01-01 UTC. What changes at that very time has changed.
 * @return the first such time after @p at_ms; INT64_MAX: there is none.
 *
 * Any number of threads at once. Costs a pass over all orders and rules: not meant for every post.
 */
WEIR_API int64_t weir_ruleset_next_change(const weir_ruleset *rs, int64_t at_ms);

/** @p c is borrowed for the call. */
typedef void weir_change_fn(void *arg, const weir_change *c);
/**
 * Call @p change for all that time alone changes after @p from_ms, up to and including @p to_ms:
 * in the order of time; at one time orders before rules, each in source order; of one order what
 * its review comes to before what follows. So a clock that goes from time to time tells of each
 * change once. Rules that begin or end with their order are told of, too, each (`with_order`).
 *
 * Any number of threads at once. Costs a pass over all orders and rules, and sorting what is told,
 * for which it allocates 16 bytes a change. Without memory for that the same is told, at the cost
 * of two passes for each time at which anything changes.
 */
WEIR_API void weir_ruleset_changes(const weir_ruleset *rs, int64_t from_ms, int64_t to_ms,
                                   weir_change_fn *change, void *arg);

/* How the values that a pattern may match are found, from cheap to dear. Matching many patterns at
   once costs little for all but the last two. */
#define WEIR_PATTERN_CLASSES(X)                                                                    \
    X(WORDS, "words")   /* it matches a few words and nothing else: they are looked up */          \
    X(EDGE, "edge")     /* by a literal that every match begins or ends with */                    \
    X(FACTOR, "factor") /* by a literal that every match contains */                               \
    X(LOOSE, "loose")   /* by none: each value is walked through once for all loose ones */        \
    X(ALWAYS, "always") /* nothing rules it out: it is tried on every value by itself */

typedef enum weir_pattern_class {
#define X(name, text) WEIR_PATTERN_##name,
    WEIR_PATTERN_CLASSES(X)
#undef X
        WEIR_NPATTERN_CLASSES
} weir_pattern_class;

/** The name of a pattern's class, as above; static storage. */
WEIR_API const char *weir_pattern_class_name(weir_pattern_class c);

/**
 * What a person may want to know of a glob or regex; borrowed from the rule set. Equal patterns
 * that are tried on the same form of the same values are one, whatever the number of their rules.
 */
typedef struct weir_pattern_info {
    weir_selector selector; /* ACCOUNTS, MENTIONS or HASHTAGS: what it is tried on */
    weir_pattern_class cls;
    weir_span text; /* as it was written first: of a regex what stands between the slashes */
    bool is_regex;
    bool extended;    /* regex: flag x */
    bool certain;     /* where one of its literals stands it matches: there is nothing to confirm */
    bool jit;         /* regex: there is JIT code for it */
    size_t memory;    /* regex: bytes that PCRE2 keeps of it; 0: it is looked up as words */
    const char *file; /* where it was written first; NUL-terminated */
    uint32_t line, column; /* from 1, column in code points */
} weir_pattern_info;

/** The number of globs and regexes, each once. */
WEIR_API uint32_t weir_ruleset_npatterns(const weir_ruleset *rs);
/**
 * @param pattern  Below weir_ruleset_npatterns: anything else is a bug of the caller, and aborts,
 *                 here and in what follows. Any number of threads at once.
 */
WEIR_API void weir_ruleset_pattern(const weir_ruleset *rs, uint32_t pattern,
                                   weir_pattern_info *out);
/**
 * The rules that have a pattern, in `match` or in `except`: the first one that is not before
 * @p from, or WEIR_NONE. Begin with 0 and go on with what came out and one more.
 */
WEIR_API uint32_t weir_ruleset_pattern_rule(const weir_ruleset *rs, uint32_t pattern,
                                            uint32_t from);

/**
 * A literal that a pattern is found by, as values are compared; borrowed for the call. It is a
 * fixed text within the pattern's matches, worked out of the pattern, and no entry of a rule.
 */
typedef struct weir_pattern_literal {
    weir_span text; /* bytes; never empty */
    bool at_start;  /* what matches begins with it */
    bool at_end;    /* what matches ends with it; both: it is the whole */
} weir_pattern_literal;

typedef void weir_pattern_literal_fn(void *arg, const weir_pattern_literal *l);
/**
 * Call @p literal for each literal that a pattern is found by: every match has at least one of
 * them. For patterns of class LOOSE and ALWAYS it is never called. Their order is of no meaning,
 * and always the same. They are worked out anew by each call, in some microseconds.
 *
 * @retval WEIR_E_NOMEM  They are not known, and @p literal was not called.
 */
WEIR_API weir_status weir_ruleset_pattern_literals(const weir_ruleset *rs, uint32_t pattern,
                                                   weir_pattern_literal_fn *literal, void *arg);

#ifdef __cplusplus
}
#endif
#endif

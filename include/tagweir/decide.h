/*
 * Deciding: one rule set, one post, one time, all regions.
 */
#ifndef TAGWEIR_DECIDE_H
#define TAGWEIR_DECIDE_H

#include <tagweir/common.h>
#include <tagweir/post.h>
#include <tagweir/ruleset.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Which rule acted, and on what. */
typedef struct weir_act {
    uint32_t rule;
    bool via_repost;        /* it came by the original of a repost */
    weir_selector selector; /* the first selector that the rule gives */
    const weir_post *part;  /* the post it matched: the wrapper, or one inside */
    uint32_t value;         /* index of the first value that matched: of part->mentions,
                               ->hashtags or ->langs; 0 for the other selectors */
} weir_act;

typedef struct weir_outcome {
    weir_action action;
    weir_act act;      /* of a withhold */
    uint32_t surfaces; /* of a downrank: bit (1 << weir_surface) for each one touched */
    struct {
        uint32_t factor_milli;
        weir_act act;
    } surface[WEIR_NSURFACES];
} weir_outcome;

typedef struct weir_region_outcome {
    uint16_t region;
    weir_outcome outcome;
} weir_region_outcome;

typedef struct weir_exemption {
    uint32_t rule; /* the restriction that was defeated */
    uint32_t by;   /* the allow that did it */
} weir_exemption;

typedef struct weir_region_exemptions {
    uint16_t region;
    const weir_exemption *list;
    size_t n;
} weir_region_exemptions;

/**
 * What became of one rule on one of the posts decided together. One entry a rule and part where
 * the state is the same wherever the rule holds; else one for each state, with its regions.
 */
typedef struct weir_trace_entry {
    uint32_t rule;
    uint8_t part; /* 0: the post itself, 1: the original it reposts, 2: that one's original */
    weir_state state;
    const uint16_t *regions; /* NULL: wherever the rule holds; else bytewise, XX first */
    size_t nregions;
    uint32_t hits; /* selectors of its `match` that the part hits: bit (1 << weir_selector); 0 for
                      a rule that is off or not in force. What it lacks to match is what
                      weir_rule_info.match has besides. */
    uint32_t excepts; /* the same of its `except`, whatever `match` says */
} weir_trace_entry;

/** A decision. Borrowed from the scratch until it is used again, and from the post. */
typedef struct weir_decision {
    const weir_ruleset *rs;
    const weir_post *post;
    int64_t at_ms;
    weir_action action; /* the most severe over regions */
    /* As a record shows them: XX first and only if not plain allow; others where they differ.
       Of a query with a region, and with one_region: that one alone, unless it is plain allow. */
    const weir_region_outcome *regions;
    size_t nregions;
    const weir_region_exemptions *exempted; /* looked up as regions are; n may be 0 */
    size_t nexempted;
    const uint32_t *observed, *held_back, *limit; /* rules, in source order */
    size_t nobserved, nheld_back, nlimit;
    bool limit_tags;  /* more than WEIR_MAX_TAGS distinct tags: the first ones were decided */
    bool breaker_set; /* it withholds, and the whole set's breaker has tripped */
    const uint32_t *breaker; /* rules whose breaker has tripped, in source order */
    size_t nbreaker;
    const weir_trace_entry *trace; /* only when asked for: by part, then in source order */
    size_t ntrace;
    const struct weir_decision *quoted; /* NULL: quotes nothing */
} weir_decision;

/* Distinct canonical keys of one post that are decided. */
#define WEIR_MAX_TAGS 1000

typedef struct weir_scratch weir_scratch;

typedef struct weir_decide_options {
    bool trace;           /* fill in weir_decision.trace */
    bool one_region;      /* decide for `region` alone, as of a query that names it: rules that
                             do not hold there are as if they were not. A query's own wins */
    uint16_t region;      /* only with one_region */
    uint32_t match_limit; /* of one pattern on one key, in PCRE2's units; 0: the default */
    uint32_t post_limit;  /* matches of one post that may take more than a twentieth of that before
                             the rest of its regexes count as run out; 0: the default */
    uint32_t match_off;   /* WEIR_MATCH_* bits: not to be used */
} weir_decide_options;

/**
 * Working memory for deciding with @p rs, on which it keeps a reference. One a thread.
 * @param o  NULL: defaults; copied.
 */
WEIR_API weir_status weir_scratch_new(weir_ruleset *rs, const weir_decide_options *o,
                                      weir_scratch **out);
WEIR_API void weir_scratch_free(weir_scratch *s);

/** What the patterns of a rule cost, by counts of values: tags, authors, mentions. */
typedef struct weir_rule_counts {
    uint64_t candidates; /* values that a pattern could not be ruled out for beforehand */
    uint64_t confirmed;  /* of these: it matches */
    uint64_t over;       /* of these: it ran out of its match budget, or was left untried because
                            the post had spent its own */
    uint64_t hard;       /* matches that took more than a twentieth of their budget */
} weir_rule_counts;

/**
 * What was counted since @p s was made, added to what stands in @p by_rule: so the scratches of
 * several threads are summed up.
 *
 * A pattern that several rules have counts for each of them. What is looked up (literals, patterns
 * of class WORDS) and what the memo knew already is in no count.
 *
 * @param by_rule  As many as the rule set has rules, by their number; zeroes to begin with.
 *
 * One thread: not while @p s is deciding. Costs a pass over all patterns and their rules.
 */
WEIR_API void weir_scratch_add_counts(const weir_scratch *s, weir_rule_counts *by_rule);

/* What a breaker that has tripped does to decisions. */
#define WEIR_TRIPS(X)                                                                              \
    X(NONE, "none")       /* it has not tripped, or no more */                                     \
    X(ALERT, "alert")     /* they name the rule, and are the same */                               \
    X(OBSERVE, "observe") /* they name it, and take it for one with `mode: observe` */

typedef enum weir_trip {
#define X(name, text) WEIR_TRIP_##name,
    WEIR_TRIPS(X)
#undef X
} weir_trip;

/** The name of what a breaker does, as above; static storage. */
WEIR_API const char *weir_trip_name(weir_trip t);
/**
 * Tell a scratch that a breaker has tripped, or that it has no more: decisions made with it from
 * then on are made and told accordingly. Decisions about all other rules are the same.
 *
 * A rule that has tripped stands in weir_decision.breaker where it matters: where it matches, is in
 * force, and is neither excepted nor held back, on one part of the post at least and in a region
 * that is decided, whether it acts then, is exempted or outranked, or is observed. The trip of the
 * whole set shows in decisions that withhold anywhere.
 *
 * A scratch knows of no trip when it is made; one for other rules has to be told anew.
 *
 * @param rule  Below weir_ruleset_nrules, or WEIR_NONE: the whole set. Anything else is a bug of
 *              the caller, and aborts.
 * @param how   Takes the place of what was told before. It is not asked whether the rule has a
 *              breaker and what its `then` says.
 * @retval WEIR_E_ARG  OBSERVE for the whole set, or for a rule under an order of kind emergency,
 *                     legal_demand or court_order, which no flood of posts may switch off: nothing
 *                     has changed.
 *
 * One thread: not while @p s is deciding. Allocates nothing, and takes no time to speak of.
 */
WEIR_API weir_status weir_scratch_trip(weir_scratch *s, uint32_t rule, weir_trip how);

/**
 * Decide one post for every region. Never blocks, does I/O or reads a clock; allocates only
 * until the scratch has grown to the size of the posts it sees.
 *
 * @param scratch  Made for @p rs. One call at a time: one scratch a thread.
 * @param post     Borrowed for as long as @p out is used.
 * @param now_ms   Milliseconds since 1970-01-01 UTC: the time at which orders are asked whether
 *                 they hold. A query's own `at` wins over it.
 * @param out      Written on WEIR_OK and WEIR_E_LIMIT; valid until @p scratch is used again.
 *
 * @retval WEIR_OK       Every rule was evaluated.
 * @retval WEIR_E_LIMIT  As WEIR_OK, but something ran out and stands in `limit`.
 * @retval WEIR_E_NOMEM  The scratch could not grow; nothing is decided.
 */
WEIR_API weir_status weir_decide(const weir_ruleset *rs, weir_scratch *scratch,
                                 const weir_post *post, int64_t now_ms, weir_decision *out);

/* Posts that can be ahead. */
#define WEIR_AHEAD_MAX 32

/**
 * Say which posts are to be decided next, so that what their tags may match is looked for together:
 * memory that one of them waits for comes while others are worked on. Decides nothing; takes the
 * place of posts that were ahead, decided or not.
 *
 * @param posts  At most WEIR_AHEAD_MAX. Borrowed, with all they point at, until each is decided or
 *               other posts are ahead; none of them is looked at again after that.
 */
WEIR_API void weir_decide_ahead(const weir_ruleset *rs, weir_scratch *scratch,
                                const weir_post *const *posts, size_t n);

/**
 * Decide the first of the posts ahead that was not decided yet; there must be one. The decision is
 * what weir_decide would have said of it, but that weir_rule_counts may count a pattern for each post
 * that has the same tag, as they do without the memo. Other posts may be decided by weir_decide
 * between two of them.
 */
WEIR_API weir_status weir_decide_next(const weir_ruleset *rs, weir_scratch *scratch, int64_t now_ms,
                                      weir_decision *out);

/**
 * Run the tests that the rules themselves carry. Each that fails is an error in @p diags, at the
 * line of the test, with what was expected and what came out.
 * @retval WEIR_E_RULES  At least one failed.
 * @param ntests  How many were run; may be NULL.
 */
WEIR_API weir_status weir_ruleset_test(weir_ruleset *rs, weir_diags *diags, size_t *ntests);

#ifdef __cplusplus
}
#endif
#endif

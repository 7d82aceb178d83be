/*
 * Differences: what changes for a post between two decisions of it, by two rule sets or at two
 * times. All functions are pure: none allocates but where a buffer grows, reads a clock or does I/O.
 */
#ifndef TAGWEIR_DIFF_H
#define TAGWEIR_DIFF_H

#include <tagweir/common.h>
#include <tagweir/decide.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What can change: name, what a person is told. The first eight are about an outcome, and of these
 * a region has one at most. Rules and orders are the same where their ids are: which value of the
 * post a rule matched, and whether on the wrapper or the original, is no change.
 */
#define WEIR_DIFFERENCES(X)                                                                        \
    X(WITHHELD, "newly_withheld", "newly withheld") /* it was allowed, or downranked */            \
    X(RELEASED, "no_longer_withheld", "no longer withheld") /* it is allowed, or downranked */     \
    X(DOWNRANKED, "newly_downranked", "newly downranked")   /* it was allowed */                   \
    X(LIFTED, "no_longer_downranked", "no longer downranked") /* it is allowed */                  \
    X(STRICTER, "downranked_more", "downranked more") /* on more surfaces, by smaller factors */   \
    X(MILDER, "downranked_less", "downranked less")                                                \
    X(MIXED, "downranked_otherwise", "downranked otherwise") /* more on some, less on others */    \
    X(RULE, "other_rule", "the same by another rule") /* or by that rule under another order */    \
    X(EXEMPT, "newly_exempt", "newly exempt") /* and by the rule that was defeated it would be     \
                                                 stricter */                                       \
    X(NOT_EXEMPT, "no_longer_exempt", "no longer exempt")                                          \
    X(OBSERVED, "newly_observed", "newly on trial") /* by a rule with `mode: observe` */           \
    X(NOT_OBSERVED, "no_longer_observed", "no longer on trial")                                    \
    X(HELD_BACK, "newly_held_back", "newly held back") /* by a rule's `rollout` */                 \
    X(NOT_HELD_BACK, "no_longer_held_back", "no longer held back")

typedef enum weir_difference_kind {
#define X(name, text, sentence) WEIR_DIFFERENCE_##name,
    WEIR_DIFFERENCES(X)
#undef X
    WEIR_NDIFFERENCES
} weir_difference_kind;

/** The name of a kind, as above; static storage. */
WEIR_API const char *weir_difference_name(weir_difference_kind k);
/** The same for a person; static storage. */
WEIR_API const char *weir_difference_text(weir_difference_kind k);

/** One difference; borrowed for the call. */
typedef struct weir_difference {
    weir_difference_kind kind;
    uint16_t region; /* WEIR_REGION_NONE: of OBSERVED and what follows it, which have none */
    const weir_outcome *before, *after; /* there, also where it is allow; of kinds that are about no
                                           outcome NULL */
    /* What acted, with numbers of the rule set of either decision. NULL: nothing did, or the kind is
       about no outcome. */
    const weir_act *before_act, *after_act;
    /* The same rules; of other kinds the one that it is about, on the side where it is so, and
       WEIR_NONE on the other. */
    uint32_t before_rule, after_rule;
    uint32_t by; /* EXEMPT, NOT_EXEMPT: what defeated the rule, of the same rule set; else
                    WEIR_NONE */
} weir_difference;

typedef void weir_difference_fn(void *arg, const weir_difference *d);

/**
 * Call @p fn for all that differs between two decisions of one post: outcomes by region (bytewise,
 * `XX` first, which stands for all regions that are in neither decision), then exemptions that have
 * an effect, by region, then what is observed and held back.
 *
 * Of one region's outcome it is called for each pair of rules that acted before and after on
 * surfaces that differ, each pair once; the calls for one region follow each other.
 *
 * @param before, after  Of the same post; their rule sets may be the same. Either must still be
 *                       valid, so each is of a scratch of its own.
 * @param region         What holds there alone, looked up as a record's reader would, and what has
 *                       no region; WEIR_REGION_NONE: all.
 *
 * What the post quotes is another post: compare before->quoted with after->quoted, which both are
 * there or not. Any number of threads at once; costs next to nothing where nothing differs.
 */
WEIR_API void weir_diff(const weir_decision *before, const weir_decision *after, uint16_t region,
                        weir_difference_fn *fn, void *arg);

/**
 * Would a rule that was exempted act if it were not: is the outcome in that region milder than what
 * the rule asks for?
 * @param region  An index of weir_region_find; looked up as a record's reader would.
 */
WEIR_API bool weir_exemption_has_effect(const weir_decision *d, uint16_t region,
                                        const weir_exemption *e);
/** The outcome in a region, looked up as a record's reader would: of the region, else of `XX`, else
 * allow. Borrowed from the decision, or static. */
WEIR_API const weir_outcome *weir_decision_outcome(const weir_decision *d, uint16_t region);
/** The exemptions in a region, looked up likewise; NULL: there are none. */
WEIR_API const weir_region_exemptions *weir_decision_exemptions(const weir_decision *d,
                                                                uint16_t region);

/**
 * Append one line of JSON that says what differs between two decisions of a post:
 *
 *     {"v":1,"post":"1","author":"@x",
 *      "regions":{"IN":{"change":"newly_withheld","before":{"action":"allow"},"after":{…}}},
 *      "exempted":{"IN":{"before":[…],"after":[]}},
 *      "observed":{"before":[],"after":["a"]},"held_back":{…},"quoted":{…},
 *      "at":{"before":"…","after":"…"},"ruleset":{"before":"…","after":"…"}}
 *
 * Outcomes, exemptions and rules are written as in records, and of each only what differs. `quoted`
 * is the same of the post that it quotes. Nothing is appended where nothing differs.
 *
 * @param region  As of weir_diff; it goes for the quoted post, too.
 * @return whether anything differs.
 */
WEIR_API bool weir_diff_write(const weir_decision *before, const weir_decision *after,
                              uint16_t region, weir_buf *out);

#ifdef __cplusplus
}
#endif
#endif

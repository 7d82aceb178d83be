/*
 * Findings: what a report tells of decisions, counted. Each thread has its own, and they are added
 * up; the sum does not depend on who counted what. What came most often is noted as facts, and
 * counted in the order of the input.
 *
 * Counted are effects: that a rule withholds or downranks a post in a region. Where only some are
 * asked for (of a region, under an order, of a kind) only these are. A post counts once in each
 * row, by the strictest of its effects there.
 *
 * Orders that are confidential keep from a report whom they are about: of effects of their rules
 * neither tags nor accounts are noted, nor does any other rule or order count what has to do with
 * them. They count in the order's own row, and in sums over all.
 */
#ifndef WEIR_REPLAY_FINDINGS_H
#define WEIR_REPLAY_FINDINGS_H

#include "replay/course.h"
#include "replay/headcount.h"
#include "replay/tops.h"

/* What is asked for; read only, for all threads. */
struct findings_plan {
    const weir_ruleset *rs;
    uint16_t region;   /* WEIR_REGION_NONE: any */
    uint32_t actions;  /* bit (1 << weir_action); 0: all */
    const bool *rules; /* NULL: all */
};

/* Is the rule's order confidential? */
bool findings_is_hidden(const weir_ruleset *rs, uint32_t rule);

struct findings;

/* @param p  Borrowed. @return NULL without memory. */
struct findings *findings_new(const struct findings_plan *p);
void findings_free(struct findings *f);

/* A decision of a post. Of what it quotes is counted only which rules had a part in it. */
void findings_take(struct findings *f, const weir_decision *d, weir_buf *facts);
/* A decision of a query: likewise, and nothing else. */
void findings_take_query(struct findings *f, const weir_decision *d);
/* Add another's, which is only to be freed then. */
void findings_add(struct findings *f, struct findings *other);
/* Count all that was noted. */
void findings_count(struct tops *tags, struct tops *accounts, const weir_buf *facts);

/* What is counted of all, of a region, an order or a rule. */
struct findings_row {
    uint64_t withheld, downranked, authors; /* authors of either */
};

struct findings_row findings_all(const struct findings *f);
struct findings_row findings_region(const struct findings *f, uint16_t region);
/* @param order  WEIR_NONE: own policy. */
struct findings_row findings_order(const struct findings *f, uint32_t order);
struct findings_row findings_rule(const struct findings *f, uint32_t rule);

/* What a rule did besides, in posts. The last three are known only where decisions have traces. */
#define FINDINGS_BESIDES(X)                                                                        \
    X(EXEMPTED, exempted)   /* it was defeated, and would have acted */                            \
    X(EXEMPTS, exempts)     /* it defeated others that would have acted */                         \
    X(IDLE, idle)           /* it was defeated, or defeated others, without an effect */           \
    X(OBSERVED, observed)   /* it is on trial, and matched */                                      \
    X(HELD_BACK, held_back) /* its rollout kept it from the author */                              \
    X(LIMIT, limit)         /* a pattern of it ran out of its budget */                            \
    X(ASIDE, aside)         /* of a quoted post, or a query: it had any part, trace included */    \
    X(OUTRANKED, outranked) /* it matched, and others acted */                                     \
    X(EXCEPTED, excepted)   /* its `except` matched, too */                                        \
    X(MATCHED, matched)     /* it acted; an allow: it matched, whatever there was to defeat */

enum findings_beside {
#define X(id, name) FINDINGS_##id,
    FINDINGS_BESIDES(X)
#undef X
        FINDINGS_NBESIDES
};

uint64_t findings_beside(const struct findings *f, enum findings_beside what, uint32_t rule);
/* Posts with an exemption that took effect; with anything observed; held back. */
uint64_t findings_posts_with(const struct findings *f, enum findings_beside what);
/* Of orders, by the posts that their rules were kept from acting on. WEIR_NONE: own policy. */
uint64_t findings_order_exempted(const struct findings *f, uint32_t order);

/* Which restriction was defeated by which allow, where, how often: with effect. */
struct findings_exemption {
    uint32_t rule, by;
    uint16_t region;        /* WEIR_REGION_NONE: anywhere; behind all regions of the two rules */
    struct headcount_row n; /* authors are known anywhere */
};

/* In source order of `rule`, then of `by`, then by region. @return malloc'ed, for the caller to
   free; NULL: there are none, or (*n is not 0 then) there is no memory. */
struct findings_exemption *findings_exemptions(const struct findings *f, size_t *n);

/* Series of the course: all posts; then orders, and own policy behind the last. Those that are
   confidential have none. */
#define FINDINGS_SERIES_ALL 0
#define FINDINGS_SERIES_ORDER(order) ((order) + 1)
const struct course *findings_course(const struct findings *f);

/* Times that posts were decided for: the first and the last. @return false: there were none. */
bool findings_span(const struct findings *f, int64_t *from_ms, int64_t *until_ms);

uint64_t findings_posts(const struct findings *f);
bool findings_is_estimate(const struct findings *f);
/* Counts that are missing, as there was no memory. */
uint64_t findings_lost(const struct findings *f);

#endif

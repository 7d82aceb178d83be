/*
 * Reach: what rules, and the rules under an order together, do to how many posts of how many
 * authors. Two rule sets are held against each other, so there are two sides.
 */
#ifndef WEIR_REPLAY_REACH_H
#define WEIR_REPLAY_REACH_H

#include "replay/headcount.h"

enum reach_side { REACH_BEFORE, REACH_AFTER, REACH_NSIDES };

enum reach_of { REACH_RULE, REACH_ORDER, REACH_NOF };

/* Effects: name, what a person is told. */
#define REACH_EFFECTS(X)                                                                           \
    X(WITHHELD, "withheld")     /* by the acting rule */                                           \
    X(KEPT_OUT, "kept_out")     /* downranked by a factor of 0, on one surface at least */         \
    X(DOWNRANKED, "downranked") /* by a greater one */                                             \
    X(EXEMPT, "exempt")         /* it would have acted, but for an exemption */                    \
    X(EXEMPTS, "exempts")       /* of a rule that allows: another would have acted, but for it */  \
    X(OBSERVED, "observed")     /* on trial */                                                     \
    X(HELD_BACK, "held_back")   /* by a rollout */

enum reach_effect {
#define X(name, text) REACH_##name,
    REACH_EFFECTS(X)
#undef X
        REACH_NEFFECTS
};

const char *reach_effect_name(enum reach_effect e);

/* What a row is about besides: nothing, a region, a surface, a rule that exempts. Authors are
   counted in rows about nothing alone. */
enum reach_about { REACH_ALL, REACH_REGION, REACH_SURFACE, REACH_BY };

/*
 * Count what the rules did in a decision, in the rows of a headcount that was told of the post.
 * @param region  What holds there alone; WEIR_REGION_NONE: anywhere.
 */
void reach_take(struct headcount *h, enum reach_side side, const weir_decision *d, uint16_t region);

struct reach_row {
    enum reach_effect effect;
    enum reach_about about;
    uint32_t which; /* region, surface or rule */
    struct headcount_row n;
};

/* All rows, in order. */
struct reach;

/* @return NULL without memory. */
struct reach *reach_new(struct headcount *h);
void reach_free(struct reach *r);
/* Those of a rule or order, by effect: first the one that is about nothing, then by region, surface
   or rule. */
const struct reach_row *reach_find(const struct reach *r, enum reach_side side, enum reach_of of,
                                   uint32_t id, size_t *n);

#endif

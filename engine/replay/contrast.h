/*
 * The contrast: what changes between two decisions of each post, by kind of change, region and
 * rules, and what rules and orders reach in either. Each thread has its own, and they are added up;
 * the sum does not depend on who counted what.
 */
#ifndef WEIR_REPLAY_CONTRAST_H
#define WEIR_REPLAY_CONTRAST_H

#include "replay/reach.h"
#include "replay/samples.h"

/* Borrowed for as long as a contrast is used; read only, so that any thread may. */
struct contrast_options {
    uint16_t region; /* what holds there alone; WEIR_REGION_NONE: anywhere */
    /* Changes in which one of these rules has a part, by number, on either side; NULL: all */
    const bool *rules[REACH_NSIDES];
    size_t samples; /* posts that are noted of each row, the first ones */
};

struct contrast;

/* @return NULL without memory. */
struct contrast *contrast_new(const struct contrast_options *o);
void contrast_free(struct contrast *c);

/*
 * Two decisions of one post, each of a scratch of its own. Quoted posts, and queries, which have no
 * author, are counted apart, and in no row.
 * @param facts  Gets samples, for samples_take.
 * @return does anything change that is asked for, in the post or in one that it quotes?
 */
bool contrast_take(struct contrast *c, const weir_decision *before, const weir_decision *after,
                   weir_buf *facts);
/* Add another's, which is only to be freed then. */
void contrast_add(struct contrast *c, struct contrast *other);

struct contrast_sums {
    uint64_t posts, queries;  /* that were compared */
    uint64_t changed;         /* posts */
    uint64_t queries_changed; /* would be answered otherwise */
    uint64_t quoted_changed;  /* posts that quote one that changes */
    uint64_t limit;           /* posts, and queries, with a pattern out of budget on either side */
};

const struct contrast_sums *contrast_sums(const struct contrast *c);
/* Posts that change, by one kind or (WEIR_NDIFFERENCES) any: a post counts once. */
struct headcount_row contrast_kind(const struct contrast *c, weir_difference_kind k);
/* Posts that change in a region. */
struct headcount_row contrast_region(const struct contrast *c, uint16_t region);
/* Of these, authors, and all else that is counted by author. */
bool contrast_is_estimate(const struct contrast *c);
uint64_t contrast_lost(const struct contrast *c);
/* What rules and orders reach; for reach_new. */
struct headcount *contrast_counts(const struct contrast *c);

/* See weir_difference. */
struct contrast_row {
    weir_difference_kind kind;
    uint16_t region;
    uint32_t before_rule, after_rule, by;
    struct headcount_row n;
    struct headcount_key key; /* for samples_find */
};

/*
 * The rows: by region (XX first, what has no region last), kind, rules.
 * @return malloc'ed, for the caller to free; NULL without memory or rows.
 */
struct contrast_row *contrast_rows(const struct contrast *c, size_t *n);

#endif

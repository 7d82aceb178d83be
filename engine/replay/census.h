/*
 * The census: of how many posts, by how many authors, decisions were, by rule and region, by order,
 * by region, and in all: a headcount (headcount.h) of what was decided.
 */
#ifndef WEIR_REPLAY_CENSUS_H
#define WEIR_REPLAY_CENSUS_H

#include "replay/headcount.h"

/* What a row is of. */
enum census_of {
    CENSUS_ALL,    /* all that was withheld or downranked */
    CENSUS_REGION, /* that there */
    CENSUS_RULE,   /* all that a rule did, exempted from, observed or held back, in a region */
    CENSUS_ORDER,  /* all that was withheld or downranked under an order */
};

/* A decision, its quotes aside. Without memory its rows are lost, and counted so. */
void census_take(struct headcount *counts, const weir_decision *d);

/*
 * @param id      Of a rule or order; else 0.
 * @param region  Of REGION and RULE (WEIR_REGION_NONE: what has no region); else 0.
 * @return zeroes, where there is no such row.
 */
struct headcount_row census_find(struct headcount *counts, enum census_of of, uint32_t id,
                                 uint16_t region);

#endif

/*
 * A search: one key on its way through the finder, and what is left to be done once it is known
 * which literals stand in it.
 */
#ifndef WEIR_MATCH_SEARCH_H
#define WEIR_MATCH_SEARCH_H

#include "match/finder.h"

struct weir__search {
    struct weir__finder *f;
    enum weir__space space;
    weir__found_fn *found;
    void *arg;
    /* of the key */
    weir_span key;
    size_t index;
    uint32_t sets[WEIR__MEMO_SETS];
    size_t nsets;
    bool partial; /* something was not tried, or is not known: not to be remembered */
};

/* A set of selectors whose literal or pattern matches, or ran out. */
void weir__search_found(struct weir__search *s, uint32_t set, enum weir__hit hit);
/* A literal of a pattern stands in the key where it must: does the pattern match? */
void weir__search_confirm(struct weir__search *s, const struct weir__sieve_literal *l);
/* Patterns without a literal that is worth looking for. */
void weir__search_loose(struct weir__search *s);
/* All patterns of the space, by the plain way through the sieve, or without it. */
void weir__search_patterns(struct weir__search *s);

#endif

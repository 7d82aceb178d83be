/*
 * Postings: sets of selectors, each kept once and known by a number.
 *
 * What a key or a pattern says is such a set. Most keys of a rule set share theirs with the rest of
 * their list, so the set's number is all that stands beside a key, and all that a memo remembers.
 */
#ifndef WEIR_MODEL_POSTINGS_H
#define WEIR_MODEL_POSTINGS_H

#include "base/arena.h"

/* Selector ids, ascending. */
struct weir__postings {
    const uint32_t *selectors;
    size_t n;
};

/* Frozen; immutable; lives in the rule set's arena. */
struct weir__postings_table {
    const uint32_t *first; /* of set i: [first[i], first[i + 1]) of the ids; n + 1 of them */
    const uint32_t *ids;
    uint32_t n;
};

struct weir__postings_builder; /* one thread, while compiling */

/* All in `work` (an arena with on_oom set) but uthash's own table, which _free releases. */
struct weir__postings_builder *weir__postings_builder_new(struct arena *work);
void weir__postings_builder_free(struct weir__postings_builder *b);
/* The number of the set. `ids` are sorted and their doubles dropped in place. */
uint32_t weir__postings_add(struct weir__postings_builder *b, uint32_t *ids, size_t n);
void weir__postings_freeze(const struct weir__postings_builder *b, struct arena *into,
                           struct weir__postings_table *out);

static inline struct weir__postings
weir__postings_of(const struct weir__postings_table *t, uint32_t set)
{
    return (struct weir__postings){t->ids + t->first[set], t->first[set + 1] - t->first[set]};
}

#endif

/*
 * Postings: sets of selectors, each kept once and known by a number.
 *
 * What a key or a pattern says is such a set. Most keys of a rule set share theirs with the rest of
 * their list, so the set's number is all that stands beside a key, and all that a memo remembers. A
 * set of one selector, as a rule of its own has it, is in its number itself: there is nothing to
 * look up.
 */
#ifndef WEIR_MODEL_POSTINGS_H
#define WEIR_MODEL_POSTINGS_H

#include "base/arena.h"

/* Selector ids, ascending; weir__postings_at reads them. */
struct weir__postings {
    const uint32_t *ids; /* NULL: there is but `one` */
    size_t n;
    uint32_t one;
};

/* Frozen; immutable; lives in the rule set's arena. */
struct weir__postings_table {
    const uint32_t *first; /* of set i: [first[i], first[i + 1]) of the ids; n + 1 of them */
    const uint32_t *ids;
    uint32_t n; /* sets of more than one */
};

/* Selectors there may be: a number has a bit that says whether it is one's own. */
#define WEIR__SELECTORS_MOST (UINT32_MAX / 2 - 1)

struct weir__postings_builder; /* one thread, while compiling */

/* All in `work` (an arena with on_oom set) but uthash's own table, which _free releases. */
struct weir__postings_builder *weir__postings_builder_new(struct arena *work);
void weir__postings_builder_free(struct weir__postings_builder *b);
/* The number of the set. `ids` are sorted and their doubles dropped in place. */
uint32_t weir__postings_add(struct weir__postings_builder *b, uint32_t *ids, size_t n);
void weir__postings_freeze(const struct weir__postings_builder *b, struct arena *into,
                           struct weir__postings_table *out);

/* Is the set of one selector? Which? */
static inline bool
weir__postings_is_one(uint32_t set)
{
    return set & 1;
}

static inline uint32_t
weir__postings_one(uint32_t set)
{
    return set / 2;
}

static inline struct weir__postings
weir__postings_of(const struct weir__postings_table *t, uint32_t set)
{
    uint32_t i = set / 2;

    if (weir__postings_is_one(set))
        return (struct weir__postings){NULL, 1, weir__postings_one(set)};
    return (struct weir__postings){t->ids + t->first[i], t->first[i + 1] - t->first[i], 0};
}

static inline uint32_t
weir__postings_at(const struct weir__postings *p, size_t i)
{
    return p->ids ? p->ids[i] : p->one;
}

#endif

/*
 * States of one group, made as they are needed and kept in a block of fixed size. For the files of
 * the automaton alone.
 *
 * A state is a set of places (and of patterns that match if the subject ends), together with the
 * patterns that have matched on the way into it. A pattern that has matched leaves no places
 * behind: what else it could do does not matter, and fewer sets are different.
 *
 * States pay where subjects come by the same ones again. Where they do not (patterns full of
 * classes that all differ; or somebody aims at it) making them costs more than they save. So work
 * on new states is bounded by an allowance that subjects earn; without it, there is no next state,
 * and the rest of a subject goes by bits.
 */
#ifndef WEIR_REGEX_AUTOMATON_STATES_H
#define WEIR_REGEX_AUTOMATON_STATES_H

#include "regex/automaton_parts.h"

/* In the pool, in front of a state's row of next states by class; behind that come its places, its
   ends, and what has matched. A state's number is where its row begins; 0 is none. */
enum {
    WEIR__STATE_HASH,
    WEIR__STATE_NPLACES,
    WEIR__STATE_NENDS,
    WEIR__STATE_NMATCHED,
    WEIR__STATE_FIXED
};

/* Of an entry of a row: the next state needs a look (something has matched, or it is dead). */
#define WEIR__LOOK 0x80000000u

/* What making a state needs, for all groups of a cache, which are served one at a time. */
struct weir__making {
    uint64_t *marks;   /* one for each number of a group's lists; zero between uses */
    uint32_t *list;    /* a new state: places, then ends */
    uint32_t *matched; /* and what has matched on the way into it */
    uint32_t nlist, nmatched;
};

struct weir__states {
    const struct weir__group *g;
    struct weir__making *making;
    uint32_t *pool, *table;
    size_t nwords, used;
    size_t mask, nstates; /* of the table */
    uint32_t start;       /* with LOOK; 0: not made */
    uint32_t dead;        /* with LOOK: nothing has matched, and nothing will; 0: not met */
    uint64_t subjects;    /* so far, whether they concerned the group or not */
    int64_t work_left;    /* the allowance, as of then: */
    uint64_t work_as_of;
    uint64_t full_since, patience; /* subjects: when states may be forgotten */
    uint64_t window_ends, rests_until;
    uint32_t falls; /* in this window: subjects that ran out of states */
};

/* One thread's. */
struct weir__automaton_cache {
    uint32_t magic;
    const struct weir__automaton *a;
    bool vectors;
    struct weir__states states[WEIR__NGROUPS];
    struct weir__making making;
    uint64_t nsubjects;
    uint64_t *bits, *matched; /* for weir__bits_run */
    uint64_t *hit;            /* patterns that are candidates by now */
    uint32_t *found, *merged;
    size_t nfound;
};

/* How many numbers there are in a group's lists: bits of marks, and room that lists need. */
size_t weir__group_numbers(const struct weir__group *g);

/* `bytes` for the states and their table. WEIR_E_NOMEM: fini what there is. */
weir_status weir__states_init(struct weir__states *s, const struct weir__group *g,
                              struct weir__making *making, size_t bytes);
void weir__states_fini(struct weir__states *s);

/* Where a subject begins, as rows have it. 0: go by bits. */
uint32_t weir__states_start(struct weir__states *s);
/* What comes after a state by a symbol of the class, which from then on stands in the state's row.
   0: go by bits; the state is still there. */
uint32_t weir__states_next(struct weir__states *s, uint32_t state, uint32_t class);

static inline const uint32_t *
weir__state_fixed(const struct weir__states *s, uint32_t state)
{
    return s->pool + state - WEIR__STATE_FIXED;
}

/* Its places, behind which are its ends, behind which is what has matched. */
static inline const uint32_t *
weir__state_places(const struct weir__states *s, uint32_t state, uint32_t *n)
{
    const uint32_t *fixed = weir__state_fixed(s, state);

    *n = fixed[WEIR__STATE_NPLACES];
    return s->pool + state + s->g->nclasses;
}

#endif

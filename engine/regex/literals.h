/*
 * Sets of literals: what a part of a pattern can match, as far as it can be written down.
 *
 * A set is a promise of "one of these": each thing that the part matches begins (in a set of heads)
 * or ends (in a set of tails) with one of them, and is one of them where nothing is cut off. A set
 * without members is the promise of the impossible: the part matches nothing.
 */
#ifndef WEIR_REGEX_LITERALS_H
#define WEIR_REGEX_LITERALS_H

#include "base/arena.h"
#include "base/span.h"

struct weir__literal {
    weir_span text;
    bool begins; /* text begins where the subject begins */
    bool ends;   /* text ends where the subject ends */
    bool cut;    /* there may be more: behind it in heads, before it in tails */
    bool loose;  /* not cut, but it may be that nothing matches just this */
};

struct weir__literals {
    const struct weir__literal *items;
    size_t n;
};

enum weir__side {
    WEIR__HEADS,
    WEIR__TAILS,
    WEIR__MIDDLE, /* of joining alone: a's tails and b's heads, as what lies between the two */
};

/* Members of a set, and bytes of one of them, at most; what is longer is cut. */
#define WEIR__LITERALS_MOST 64u
#define WEIR__LITERAL_MOST 255u

/* Arenas must jump when memory runs out (on_oom). */

struct weir__literals weir__literals_of(struct arena *in, struct weir__literal one);
/* The set that promises nothing: the empty string, cut. */
struct weir__literals weir__literals_unknown(void);
bool weir__literals_is_unknown(const struct weir__literals *s);
/* Is nothing cut off? */
bool weir__literals_whole(const struct weir__literals *s);
/* The same, with all that can go on cut off. */
struct weir__literals weir__literals_cut(struct arena *in, struct weir__literals s,
                                         enum weir__side side);
/* The sides of two parts that follow one another, joined. False: more than WEIR__LITERALS_MOST. */
bool weir__literals_join(struct arena *in, struct weir__literals a, struct weir__literals b,
                         enum weir__side side, struct weir__literals *out);
/*
 * One of several sets. More than `most` members are shortened until there are few enough; the set
 * becomes unknown where that does not help.
 */
struct weir__literals weir__literals_union(struct arena *in, const struct weir__literals *sets,
                                           size_t nsets, enum weir__side side, size_t most);
/* As a set of what subjects contain: without members that others are part of. */
struct weir__literals weir__literals_least(struct arena *in, struct weir__literals s);

#endif

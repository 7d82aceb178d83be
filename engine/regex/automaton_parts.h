/*
 * Inside the automaton: what its files share, for them alone.
 *
 * A symbol is a character's first byte. Bytes that go on a character (80 to BF) are none: nothing
 * takes notice of them. In well-formed text that loses only which of the characters with that first
 * byte it was; and text can be read backwards as well.
 */
#ifndef WEIR_REGEX_AUTOMATON_PARTS_H
#define WEIR_REGEX_AUTOMATON_PARTS_H

#include "regex/automaton.h"
#include "regex/syntax.h"

/* Which symbols a place takes; bits are bytes, or classes of bytes. */
struct weir__symbols {
    uint64_t bits[4];
};

static inline bool
weir__symbols_have(const struct weir__symbols *s, uint32_t i)
{
    return (s->bits[i / 64] >> (i % 64) & 1) != 0;
}

struct weir__numbers {
    const uint32_t *items;
    size_t n;
};

/* One pattern ------------------------------------------------------------------------------ */

/*
 * Places that take one symbol each, and what may come after each: the numbers of places, MATCHED
 * (and then nothing else), MATCHED_AT_END: it has if there are no more symbols.
 */
#define WEIR__MATCHED UINT32_MAX
#define WEIR__MATCHED_AT_END (UINT32_MAX - 1)

struct weir__nfa {
    const struct weir__symbols *symbols; /* of each place, by bytes */
    const struct weir__numbers *after;   /* each place */
    size_t nplaces;
    struct weir__numbers at_start; /* what may come first */
    struct weir__numbers anywhere; /* of that, what a match can begin with later on */
};

/* For reading backwards or not. False: too large. What is made lies in `in`, what is needed on the
   way in `work`; both must jump without memory. */
bool weir__nfa_build(const struct weir__node *root, bool is_glob, bool backwards,
                     struct arena *work, struct arena *in, struct weir__nfa *out);

/* Groups of patterns ----------------------------------------------------------------------- */

/* Kinds of symbols; a group concerns only subjects that hold one of its kinds. */
enum weir__kind {
    WEIR__KIND_LETTER = 1, /* a to z */
    WEIR__KIND_DIGIT = 2,  /* 0 to 9 */
    WEIR__KIND_OTHER = 4,  /* the rest of ASCII */
    WEIR__KIND_BEYOND = 8,
    WEIR__KIND_ANY = 15,
};

/* Those of a subject's bytes. */
unsigned weir__kinds_in(weir_span s);

/* Which of many subjects hold digits, and which bytes beyond ASCII. */
struct weir__holders {
    uint64_t digits, beyond;
};

/* Do these say who has what a group needs? */
static inline bool
weir__holders_tell(unsigned needs)
{
    return (needs & (WEIR__KIND_LETTER | WEIR__KIND_OTHER)) == 0;
}

/* Of weir__automaton_survivors' subjects, and on its terms. */
struct weir__holders weir__holders(const weir_span *subjects, uint64_t which, bool vectors);

/*
 * Places as bits, for stepping all at once: 64 a word, four words a block, one or more blocks a
 * chunk. A pattern lies within one chunk, and within one word if it has no more than 64 places.
 */
struct weir__chunk {
    uint32_t block, nblocks;
    bool has_jumps;
};

#define WEIR__BLOCK_WORDS 4u
#define WEIR__BLOCK_BITS (64u * WEIR__BLOCK_WORDS)

struct weir__bits {
    const struct weir__chunk *chunks;
    size_t nchunks;
    /* what takes a class: word w of block b is takes[(b * nclasses + class) * 4 + w] */
    const uint64_t *takes;
    /* by place: the one before it comes after it; itself does; others do (see `after`); it may
       take the first symbol; any; the pattern has matched; it has if there are no more symbols */
    const uint64_t *steps, *stays, *jumps, *start, *anywhere, *matched, *matched_at_end;
};

struct weir__group {
    uint8_t class_of[256]; /* of each byte; class 0: no symbol */
    uint32_t nclasses;
    uint32_t npatterns;
    uint32_t nplaces;                 /* a multiple of WEIR__BLOCK_BITS; not all are used */
    const uint32_t *patterns;         /* their indices among all, ascending */
    const uint32_t *owner;            /* each place's pattern, numbered within the group */
    const uint32_t *takes;            /* each place's set of symbols */
    const struct weir__symbols *sets; /* by classes */
    /* Lists of what comes: below nplaces, a place; nplaces + p: pattern p has matched; nplaces +
       npatterns + p: it has if there are no more symbols. List k is items[at[k]] to
       items[at[k + 1]]. */
    const uint32_t *after_at, *after; /* by place */
    const uint32_t *fresh_at, *fresh; /* by class: what a match goes on with that begins with it */
    struct weir__numbers start;
    struct weir__bits bits;
    /* of mortal groups, else NULL: a bit for each two bytes that a subject begins with, or ends
       with where it is read backwards: it is not dead yet. The byte that comes first in the subject
       counts 1, the other 256 */
    const uint64_t *pairs;
    /* the same for the two bytes that are WEIR__FAR bytes from there, if all five are ASCII */
    const uint64_t *far_pairs;
    bool ascii_at_edge; /* mortal groups: who has one beyond ASCII among these five is dead */
    bool backwards;     /* subjects are read from their end */
    bool mortal;        /* nothing begins but at the start: with no place left, nothing will come */
    bool wild;          /* of its states it meets ever new ones */
    unsigned needs;     /* kinds, one of which a subject must hold */
};

/* What a group is made of. */
struct weir__member {
    struct weir__nfa nfa;
    uint32_t pattern;  /* its index among all */
    unsigned needs;    /* kinds */
    uint32_t *numbers; /* of its places, in the group: given here */
};

struct weir__members {
    struct weir__member *items;
    size_t n, cap;
};

/* The group of these (one or more), but for backwards, mortal and wild, which are set. Arenas as
   for weir__nfa_build. */
void weir__group_make(struct weir__members *members, struct arena *work, struct arena *in,
                      struct weir__group *g);

#define WEIR__NPAIRS 65536u
#define WEIR__FAR 3

/* Makes g->pairs and g->far_pairs, and sets g->ascii_at_edge. */
void weir__group_make_pairs(struct weir__group *g, struct arena *work, struct arena *in);

/* At most: read forwards, those that can only match at the beginning, those that can only match at
   the end; each in three kinds of need; tame and wild. */
#define WEIR__NGROUPS 18

struct weir__automaton {
    uint32_t magic;
    struct arena mem; /* all below */
    struct weir__group groups[WEIR__NGROUPS];
    size_t ngroups;
    bool ask_holders; /* they tell of some group */
    uint32_t npatterns;
    struct weir__numbers always;
};

#define WEIR__AUTOMATON_MAGIC 0x57415531u
#define WEIR__AUTOMATON_CACHE_MAGIC 0x57415532u

/*
 * From a state (places that may take the next symbol, besides what may begin anywhere; NULL: the
 * start) through the rest of a subject, by bits. Sets
 * in `matched`, of npatterns bits, what has matched by its end. `bits` has room for nplaces * 2.
 * Takes as long whatever the subject.
 */
void weir__bits_run(const struct weir__group *g, const uint32_t *places, size_t nplaces,
                    weir_span rest, uint64_t *bits, uint64_t *matched);

#endif

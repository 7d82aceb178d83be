/*
 * Sieve: from a key to the patterns that may match it, by the literals that their matches must
 * contain (regex/factor). What falls through cannot match; what stays is confirmed by glob or
 * PCRE2.
 *
 * Each literal is known by grams of it: at an edge of the key by its first or last bytes, which is
 * one probe for each length in use; inside by two or four grams, the rarest, that begin one byte
 * after the other, so that every second or fourth place of the key is all that must be looked at. A
 * bit filter says "no literal has this gram"; what passes is looked up by the gram and compared
 * whole.
 *
 * Of literals that share a gram a few are compared one by one; many are sorted by how they go on
 * behind it, and searched, so that a tag that begins as 50,000 patterns do costs some twenty
 * comparisons.
 *
 * Built by the compiler, frozen flat, then only read. Which lengths are used is chosen for each
 * rule set (grams.h). A filter of its own for what is looked for inside is small, and stays in the
 * first-level cache where edges have thousands of grams.
 */
#ifndef WEIR_MODEL_SIEVE_H
#define WEIR_MODEL_SIEVE_H

#include "base/arena.h"

#include <string.h>

/* One literal of one pattern. */
struct weir__sieve_item {
    weir_span text;
    uint32_t pattern; /* number of the pattern among the rule set's */
    uint32_t set;     /* of the pattern */
    uint32_t min_len, max_len;
    bool at_start, at_end;
    /* what else a key must have, as the literal is told not to stand in others: the byte at its
       beginning, and at its end; 0: any */
    uint8_t first, last;
    bool bare; /* the pattern matches no key with `@` */
    bool sure; /* a key that has it where it must be matches: nothing is left to confirm */
};

#define WEIR__SIEVE_HEAD 12

/* The same, frozen: once for each gram that it is filed under. Those of one gram follow one
   another. All that is needed to tell that a key matches, or not, lies in half a cache line. */
struct weir__sieve_literal {
    uint32_t text; /* all of it: where in the sieve's bytes */
    uint32_t pattern;
    uint32_t set;
    uint16_t min_len, max_len; /* of a key; no more than they can say; UINT16_MAX: unbounded */
    uint8_t len;
    uint8_t gram_at; /* where in the literal its gram stands */
    uint8_t at_start : 1, at_end : 1, bare : 1, sure : 1;
    uint8_t last : 1;   /* of those of its gram */
    uint8_t many : 1;   /* the first of more than WEIR__SIEVE_FEW, sorted */
    uint8_t unused : 2; /* 0: literals are written to files byte for byte */
    uint8_t other_edge; /* the byte that the key ends with, if at_start, or else begins; 0: any */
    char head[WEIR__SIEVE_HEAD]; /* its first bytes, as many as there are */
};
_Static_assert(sizeof(struct weir__sieve_literal) == 32, "half a cache line");

#define WEIR__SIEVE_LITERAL_MAX 255u /* bytes of one */
#define WEIR__SIEVE_FEW 8u           /* literals of one gram that are compared one by one */

/* Grams that literals are found by: four in a cache line (where arrays begin with one, as in
   compiled files), tags first, so that all are compared at once. A gram whose line is full is in
   the next one that is not. */
#define WEIR__SIEVE_SLOTS 4

struct weir__sieve_slots {
    uint32_t tag[WEIR__SIEVE_SLOTS]; /* of the gram's hash; 0: free, as are those behind it */
    struct weir__sieve_slot {
        uint32_t first; /* literal */
        /* What else a key must have, so that literals are seldom looked at in vain: these four
           bytes, so many behind the place where the gram begins. Not asked for where literals of
           the gram do not agree, or are shorter than that. */
        uint32_t rest;
        int16_t rest_at;
        uint16_t has_rest;
    } slot[WEIR__SIEVE_SLOTS];
};
_Static_assert(sizeof(struct weir__sieve_slots) == 64, "a cache line");

/* Where in the key grams are looked for, and of what length. */
#define WEIR__SIEVE_GRAMS(X)                                                                       \
    X(START_1, 1) /* at the edges: the first or last bytes */                                      \
    X(START_2, 2)                                                                                  \
    X(START_3, 3)                                                                                  \
    X(START_4, 4)                                                                                  \
    X(START_6, 6)                                                                                  \
    X(START_8, 8)                                                                                  \
    X(END_1, 1)                                                                                    \
    X(END_2, 2)                                                                                    \
    X(END_3, 3)                                                                                    \
    X(END_4, 4)                                                                                    \
    X(END_6, 6)                                                                                    \
    X(END_8, 8)                                                                                    \
    X(FOURTH_3, 3) /* at every fourth place */                                                     \
    X(FOURTH_4, 4)                                                                                 \
    X(FOURTH_6, 6)                                                                                 \
    X(FOURTH_8, 8)                                                                                 \
    X(EVEN_3, 3) /* at every second */                                                             \
    X(EVEN_4, 4)                                                                                   \
    X(EVEN_6, 6)                                                                                   \
    X(EVEN_8, 8)                                                                                   \
    X(ANY_1, 1) /* at all places: literals too short for two grams */                              \
    X(ANY_2, 2)                                                                                    \
    X(ANY_3, 3)

enum weir__sieve_gram {
#define X(name, length) WEIR__GRAM_##name,
    WEIR__SIEVE_GRAMS(X)
#undef X
        WEIR__NGRAMS
};

#define WEIR__GRAM_LENGTHS 6 /* of grams at the same places, at most */

/* Two bits of one word for every hash that comes from a gram; few others have theirs set. */
struct weir__sieve_filter {
    const uint64_t *words;
    uint32_t shift; /* what is left of a hash behind it is its word's number */
};

enum weir__sieve_side { WEIR__AT_EDGES, WEIR__INSIDE, WEIR__NSIDES };

/* Frozen; immutable; lives in the rule set's arena. */
struct weir__sieve {
    const struct weir__sieve_literal *literals;
    const char *bytes;
    const struct weir__sieve_slots *slots;
    /* One for each literal, or none at all. Where many have a gram: for the first of them, their
       number; for each other, how far back the last one stands whose reading (sieve_many.h) is the
       beginning of its own; 0: none is. */
    const uint32_t *back;
    struct weir__sieve_filter filters[WEIR__NSIDES];
    size_t nbytes;
    uint32_t nliterals;
    uint32_t in_use; /* kinds of grams that there are, a bit each */
    uint32_t nslots; /* lines */
    uint32_t nback;
};

/*
 * Grams that are rare among all the literals are preferred.
 * @return NULL for n == 0. `work` and `into` have on_oom set.
 */
const struct weir__sieve *weir__sieve_build(struct arena *work, struct arena *into,
                                            const struct weir__sieve_item *items, size_t n);

typedef void weir__sieve_fn(void *arg, const struct weir__sieve_literal *l);

/* Calls `stays` for every literal that stands in the key where it must, one at a time: the plain
   way, for keys of any length. Never allocates. */
void weir__sieve_run(const struct weir__sieve *s, weir_span key, weir__sieve_fn *stays, void *arg);

/* Its steps, for whoever takes several keys at a time ------------------------------------------ */

/* Bytes of a gram of the kind. */
uint8_t weir__gram_length(enum weir__sieve_gram kind);
/* Bytes between the places at which it is looked for; 0: at one edge only. */
unsigned weir__gram_step(enum weir__sieve_gram kind);

static inline bool
weir__gram_at_end(enum weir__sieve_gram kind)
{
    return kind >= WEIR__GRAM_END_1 && kind <= WEIR__GRAM_END_8;
}

/* A gram is a number: its bytes, the first one lowest. */
static inline uint64_t
weir__gram_mask(enum weir__sieve_gram kind)
{
    return ~UINT64_C(0) >> (64 - 8 * (unsigned)weir__gram_length(kind));
}

/* Grams of another kind are other grams. */
static inline uint64_t
weir__gram_salt(enum weir__sieve_gram kind)
{
    return (uint64_t)(kind + 1) << 59;
}

static inline uint64_t
weir__gram_mix(uint64_t salted)
{
    return salted * UINT64_C(0x9E3779B97F4A7C15);
}

static inline uint64_t
weir__sieve_word(const struct weir__sieve_filter *f, uint64_t hash)
{
    return hash >> f->shift;
}

static inline bool
weir__sieve_may_have(const struct weir__sieve_filter *f, uint64_t hash)
{
    uint64_t word = f->words[weir__sieve_word(f, hash)];

    return (word >> (hash >> 42 & 63) & 1) & (word >> (hash >> 36 & 63) & 1);
}

/* What stands in a slot comes from the middle of the product, places are told by its top. */
static inline uint32_t
weir__sieve_tag(uint64_t hash)
{
    return (uint32_t)(hash >> 16) | 1;
}

/* The line that the gram is in, or one of those behind it as long as they are full. */
static inline uint32_t
weir__sieve_home(const struct weir__sieve *s, uint64_t hash)
{
    return (uint32_t)((hash >> 32) * s->nslots >> 32);
}

static inline uint32_t
weir__sieve_behind(const struct weir__sieve *s, uint32_t line)
{
    return line + 1 == s->nslots ? 0 : line + 1;
}

static inline bool
weir__sieve_is_full(const struct weir__sieve_slots *line)
{
    return line->tag[WEIR__SIEVE_SLOTS - 1] != 0;
}

/* A bit for each slot of the line that has the gram's tag. */
static inline unsigned
weir__sieve_fits(const struct weir__sieve_slots *line, uint64_t hash)
{
    uint32_t tag = weir__sieve_tag(hash);

    return (unsigned)(line->tag[0] == tag) | (unsigned)(line->tag[1] == tag) << 1 |
           (unsigned)(line->tag[2] == tag) << 2 | (unsigned)(line->tag[3] == tag) << 3;
}

/* Does the literal stand in the key where it must, its gram being at `at`; and has the key the
   length and the byte at its other edge that the pattern asks for? */
bool weir__sieve_stands(const struct weir__sieve *s, const struct weir__sieve_literal *l,
                        weir_span key, size_t at);

#endif

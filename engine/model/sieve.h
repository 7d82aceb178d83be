/*
 * Sieve: from a key to the patterns that may match it, by the literals that their matches must
 * contain (regex/factor). What falls through cannot match; what stays is confirmed by glob or
 * PCRE2.
 *
 * Each literal is known by grams of it: at an edge of the key by its first or last bytes, which is
 * one probe for each length in use; inside by four or eight bytes of it, the rarest, and as many
 * that begin one byte later, so that every other place of the key is all that must be looked at. A
 * bit filter says "no literal has this gram"; what passes is looked up by the gram and compared
 * whole.
 *
 * Built by the compiler, frozen flat, then only read.
 */
#ifndef WEIR_MODEL_SIEVE_H
#define WEIR_MODEL_SIEVE_H

#include "base/arena.h"

#include <string.h>

/* One literal of one pattern. */
struct weir__sieve_item {
    weir_span text;
    uint32_t pattern; /* number within the sieve's space */
    bool at_start, at_end;
    bool needs_digit; /* the pattern does, as factor.h has it */
    bool sure;        /* a key that has it where it must be matches: nothing is left to confirm */
};

/* The same, frozen: once for each gram that it is filed under. Those of one gram follow one
   another. */
struct weir__sieve_literal {
    uint32_t text; /* where in the sieve's bytes */
    uint32_t pattern;
    uint32_t far_end; /* its four bytes farthest from the gram: what it differs from others by */
    uint8_t len;
    uint8_t gram_at; /* where in the literal its gram stands */
    uint8_t at_start : 1, at_end : 1, sure : 1;
    uint8_t last : 1;               /* of those of its gram */
    uint8_t unused : 4, unused_too; /* 0: literals are written to files byte for byte */
};

#define WEIR__SIEVE_LITERAL_MAX 255u /* bytes of one */

struct weir__sieve_slot {
    uint32_t tag;   /* of the gram's hash; 0: free */
    uint32_t first; /* literal */
};

/* Where in the key grams are looked for, and of what length. */
#define WEIR__SIEVE_GRAMS(X)                                                                       \
    X(START_1, 1) /* at the edges: the first or last bytes */                                      \
    X(START_2, 2)                                                                                  \
    X(START_3, 3)                                                                                  \
    X(START_4, 4)                                                                                  \
    X(START_8, 8)                                                                                  \
    X(END_1, 1)                                                                                    \
    X(END_2, 2)                                                                                    \
    X(END_3, 3)                                                                                    \
    X(END_4, 4)                                                                                    \
    X(END_8, 8)                                                                                    \
    X(EVEN_3, 3) /* at even places */                                                              \
    X(EVEN_4, 4)                                                                                   \
    X(EVEN_8, 8)                                                                                   \
    X(ANY_3, 3) /* at all places: literals too short for two grams */                              \
    X(ANY_2, 2)                                                                                    \
    X(ANY_1, 1)

enum weir__sieve_gram {
#define X(name, length) WEIR__GRAM_##name,
    WEIR__SIEVE_GRAMS(X)
#undef X
        WEIR__NGRAMS
};

/* Frozen; immutable; lives in the rule set's arena. */
struct weir__sieve {
    const struct weir__sieve_literal *literals;
    const char *bytes;
    const struct weir__sieve_slot *slots;
    const uint64_t *filter;
    uint32_t nliterals;
    uint32_t in_use;    /* kinds of grams that there are, a bit each */
    uint32_t for_plain; /* those that keys without digits and bytes beyond ASCII may have */
    uint8_t slot_shift, filter_shift;
};

/*
 * Grams that are rare among all the literals are preferred.
 * @return NULL for n == 0. `work` and `into` have on_oom set.
 */
const struct weir__sieve *weir__sieve_build(struct arena *work, struct arena *into,
                                            const struct weir__sieve_item *items, size_t n);

typedef void weir__sieve_fn(void *arg, const struct weir__sieve_literal *l);

/* Calls `stays` for every literal that stands in the key where it must. `has_digit`: what
   weir__has_digit says of the key. Never allocates. */
void weir__sieve_run(const struct weir__sieve *s, weir_span key, bool has_digit,
                     weir__sieve_fn *stays, void *arg);

#endif

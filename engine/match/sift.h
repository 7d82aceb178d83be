/*
 * Sifting: many keys through a sieve at once.
 *
 * One key at a time, most of what a key costs is waiting: for the processor to find out that it has
 * guessed wrong where the key ends or whether a gram passes, and for memory. So keys are laid out
 * one behind the other; grams are looked for in loops that end seldom and have no branches, and
 * those that pass are put into a list; and of the list, memory is asked for before it is needed.
 *
 * What is found does not depend on which keys are sifted together.
 */
#ifndef WEIR_MATCH_SIFT_H
#define WEIR_MATCH_SIFT_H

#include "model/sieve.h"

#define WEIR__SIFT_KEYS 64     /* at a time: a bit each */
#define WEIR__SIFT_KEY_MAX 128 /* bytes; longer ones are left aside */
#define WEIR__SIFT_FOUND 32    /* literals of one key; who has more is left aside */

/* Keys begin at places that FOURTH and EVEN kinds are looked for at. Bytes in front of the first
   and behind the last are read, and of no meaning: as many as a literal has, and a word. */
#define WEIR__SIFT_ALIGN 4
#define WEIR__SIFT_MARGIN 264
#define WEIR__SIFT_TEXT (WEIR__SIFT_KEYS * WEIR__SIFT_KEY_MAX + 2 * WEIR__SIFT_MARGIN)

/* Places looked at at once, and grams that have passed before the list of them is worked off. */
#define WEIR__SIFT_PLACES 1024
#define WEIR__SIFT_PASSED 2048

/* Kinds of grams that are looked for at the same places. */
struct weir__looking {
    struct weir__sieve_filter filter;
    uint32_t n;
    uint64_t mask[WEIR__GRAM_LENGTHS], salt[WEIR__GRAM_LENGTHS];
    uint32_t back[WEIR__GRAM_LENGTHS]; /* bytes from the place back to where the gram begins */
};

/* How keys go through one sieve. */
struct weir__sift_plan {
    const struct weir__sieve *s; /* NULL: there is none */
    struct weir__looking start, end, fourth, even, any;
};

void weir__sift_plan(struct weir__sift_plan *plan, const struct weir__sieve *s);

/* Working memory; one thread's. Zeroed before its first use, but for: */
struct weir__sift {
    bool by_vectors; /* whether to use them; only where weir__has_vectors says so */
    /* results: a bit a key, by its index among those given */
    uint64_t has_literals; /* those below */
    uint64_t aside;        /* too long, or with too many literals: weir__sieve_run must tell */
    /* those of `which` that are neither empty nor too long, and where they are laid out, with the
       margin around them */
    uint64_t are_laid;
    weir_span laid[WEIR__SIFT_KEYS];

    /* the rest is sift's own */
    const struct weir__sift_plan *plan;
    const weir_span *keys;
    uint16_t list[WEIR__SIFT_KEYS]; /* 1 + index of the key's first among `found`; 0: it has none */
    uint8_t count[WEIR__SIFT_KEYS];
    /* keys laid out, in the same order as those given */
    uint32_t n, text_end;
    uint8_t index[WEIR__SIFT_KEYS];                                /* among those given */
    uint16_t begin[WEIR__SIFT_KEYS + 8], end[WEIR__SIFT_KEYS + 8]; /* read eight at a time */
    uint8_t owner[WEIR__SIFT_TEXT / WEIR__SIFT_ALIGN + 16];        /* which key has the places */
    char text[WEIR__SIFT_TEXT];
    uint32_t nplaces, npassed, nfits, nfound;
    uint32_t places[WEIR__SIFT_PLACES + 1]; /* without vectors: where some gram passes */
    /* hashes of the grams that have passed, and where they begin; written eight at a time */
    uint64_t passed[WEIR__SIFT_PASSED + 8];
    uint32_t passed_at[WEIR__SIFT_PASSED + 8];
    struct weir__sift_fit { /* it has a slot */
        uint32_t literal;   /* the first of those that may stand there */
        uint32_t place;
    } fits[WEIR__SIFT_PASSED + 1];
    struct weir__sift_found {
        uint32_t literal;
        uint16_t next; /* as in `list` */
    } found[WEIR__SIFT_KEYS * WEIR__SIFT_FOUND];
};

/*
 * Sift those of the keys, at most WEIR__SIFT_KEYS, whose bits are set in `which`, in three steps,
 * each of which asks memory for what the next one reads: look for grams, look them up, compare
 * their literals with the keys. Some may be compared before; until the last step, `aside` and
 * `has_literals` may still grow. In an empty key, nothing stands. A plan without a sieve finds
 * nothing, and only lays out. Never allocate.
 */
void weir__sift_look(struct weir__sift *t, const struct weir__sift_plan *plan,
                     const weir_span *keys, uint64_t which);
void weir__sift_look_up(struct weir__sift *t);
void weir__sift_compare(struct weir__sift *t);
/* Instead of the first step: no key is sifted. */
void weir__sift_nothing(struct weir__sift *t);

/*
 * The literals that stand in a key of `has_literals`, ascending by pattern, each pattern once.
 * @return their number; at most WEIR__SIFT_FOUND.
 */
size_t weir__sift_literals(const struct weir__sift *t, size_t key,
                           const struct weir__sieve_literal **out);

#endif

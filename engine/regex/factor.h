/*
 * Factors: literals one of which every subject must contain that a pattern matches.
 *
 * By them the patterns that may match a subject are found without trying all. They come out of the
 * pattern's tree (syntax.h), and hold even where it stands for more than the pattern matches.
 */
#ifndef WEIR_REGEX_FACTOR_H
#define WEIR_REGEX_FACTOR_H

#include "regex/charset.h"

#define WEIR__FACTORS_MOST 32       /* of a pattern that is not exact */
#define WEIR__FACTORS_EXACT_MOST 64 /* of one that is */

struct weir__factor {
    weir_span text; /* at most 255 bytes, of whole characters, as they stand in subjects */
    bool at_start;  /* the subject begins with it */
    bool at_end;    /* the subject ends with it; with at_start: it is the subject */
};

struct weir__factors {
    /* Each subject that matches has one of these. n == 0: nothing is known. Each is two bytes or
       longer, or one and anchored; of exact patterns, any (even empty). None contains another as
       that is promised; their order is of no meaning, and always the same. */
    struct weir__factor *items;
    size_t n;
    uint32_t weight; /* of the set, as below; 0 where n is */
    /* a subject matches if and only if it equals one of the items, which then all are at_start and
       at_end: it needs no confirming */
    bool exact;
    /* each subject that matches has an ASCII digit or a byte beyond ASCII in it, as most subjects
       do not. Holds whatever n is. */
    bool needs_digit;
    /* the byte that each subject that matches begins with, and ends with, where it is always the
       same one; 0: it is not, or not known. Holds whatever n is. */
    uint8_t first, last;
    /* bytes of a subject that can match; UINT32_MAX: unbounded. Holds whatever n is. */
    uint32_t min_len, max_len;
};

/*
 * The factors of a regex, with the options that regex.h names. Malformed subjects, and those longer
 * than WEIR__SUBJECT_MAX, which PCRE2 is not asked about, have no match and so need no factor.
 *
 * Of the sets of literals that a pattern offers, that with the greatest weight is taken. A
 * literal's weight, in half-bits or so of what it says about a subject: 4 for each character's
 * first byte, 2 for each other, 3 for each anchor. A set's is that of its lightest literal, less
 * the binary logarithm of their number. Of equals the first is taken, in the order: the pattern's
 * beginning, its end, its inside from left to right.
 *
 * Everything in *out lies in the arena. Without memory it jumps, or (no on_oom) nothing is known.
 * Takes microseconds; bounded by the pattern's length. Thread-safe.
 */
void weir__regex_factors(weir_span pattern, bool extended, enum weir__subjects of, struct arena *in,
                         struct weir__factors *out);

/* The same for a folded glob; subjects may be malformed. */
void weir__glob_factors(weir_span glob, struct arena *in, struct weir__factors *out);

/* A high bit for each byte that is a digit or beyond ASCII. Adding 0x46 carries 0x3a and more over
   the middle, and 0x50 carries 0x30 and more: digits are where one does and the other not. */
static inline uint64_t
weir__digits_in(uint64_t bytes)
{
    uint64_t low = bytes & UINT64_C(0x7f7f7f7f7f7f7f7f);

    return (bytes |
            ((low + UINT64_C(0x5050505050505050)) & ~(low + UINT64_C(0x4646464646464646)))) &
           UINT64_C(0x8080808080808080);
}

/* Has a subject what needs_digit asks for: an ASCII digit or a byte beyond ASCII? Thread-safe. */
bool weir__has_digit(weir_span subject);

#endif

/*
 * Regexes: the only user of PCRE2.
 *
 * Options are those that SPEC calls for: UTF, UCP, CASELESS, DOLLAR_ENDONLY, NEVER_BACKSLASH_C,
 * and EXTENDED under flag x; unanchored.
 */
#ifndef WEIR_REGEX_REGEX_H
#define WEIR_REGEX_REGEX_H

#include "base/span.h"

struct weir__regex;         /* compiled, immutable, shared by threads */
struct weir__regex_scratch; /* working memory of one thread */

struct weir__regex_error {
    size_t offset;     /* byte of the pattern */
    char message[256]; /* PCRE2's own words */
};

/*
 * Compile the text between the slashes. With jit, JIT code is made where the machine has it.
 * WEIR_E_ARG: PCRE2 refuses the pattern, why is in *err. WEIR_E_NOMEM.
 */
weir_status weir__regex_compile(weir_span pattern, bool extended, bool jit,
                                struct weir__regex **out, struct weir__regex_error *err);
void weir__regex_free(struct weir__regex *re);
bool weir__regex_is_jitted(const struct weir__regex *re);
/* Bytes that PCRE2 keeps of it, JIT code included. */
size_t weir__regex_memory(const struct weir__regex *re);
/* Can this machine and process make JIT code at all? */
bool weir__regex_can_jit(void);

/*
 * What PCRE2 reads in a pattern, piece by piece: a character, an escape, a class, the opening of a
 * group, a `|`, a `)`; each with what stands behind it up to the next piece: its quantifier, \Q and
 * \E, comments, under x blanks. A character inside \Q…\E is a piece as it stands there.
 */
struct weir__regex_piece {
    size_t at, len; /* bytes of the pattern; len is never 0 */
};

/*
 * Take a pattern apart, for messages about it. `pieces` has room for pattern.len and comes out in
 * the pattern's order, each once. *may_be_empty: the empty text may match, PCRE2 is not sure.
 * WEIR_E_ARG: PCRE2 refuses the pattern, or it is too large to be taken apart. WEIR_E_NOMEM.
 */
weir_status weir__regex_pieces(weir_span pattern, bool extended, struct weir__regex_piece *pieces,
                               size_t *npieces, bool *may_be_empty);

/* match_limit in PCRE2's units; depth and heap limits are fixed with it. */
weir_status weir__regex_scratch_new(uint32_t match_limit, struct weir__regex_scratch **out);
void weir__regex_scratch_free(struct weir__regex_scratch *s);

enum weir__hit { WEIR__MISS, WEIR__HIT, WEIR__RAN_OUT };

/*
 * Never allocates after the first calls. A subject that is not UTF-8 is a miss. The limit holds for
 * subjects of usual length (128 bytes); beyond, it shrinks with the square of the length, so that
 * the time of one call stays bounded; a subject longer than WEIR__SUBJECT_MAX has run out untried.
 */
enum weir__hit weir__regex_match(const struct weir__regex *re, struct weir__regex_scratch *s,
                                 weir_span subject);
/*
 * How many calls took more than the WEIR__HARD_SHARE'th part of the limit, as those that ran out
 * all did, since the scratch was made. What such calls cost together is for the caller to bound.
 */
uint64_t weir__regex_hard(const struct weir__regex_scratch *s);

#define WEIR__MATCH_LIMIT 10000u /* of one pattern on one key, by default */
#define WEIR__HARD_SHARE 20u
#define WEIR__SUBJECT_MAX 4096u /* bytes; hashtags of all platforms are shorter than 700 */

#endif

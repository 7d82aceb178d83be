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
/* Can this machine and process make JIT code at all? */
bool weir__regex_can_jit(void);

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

#define WEIR__MATCH_LIMIT 10000u /* of one pattern on one key, by default */
#define WEIR__SUBJECT_MAX 4096u  /* bytes; hashtags of all platforms are shorter than 700 */

#endif

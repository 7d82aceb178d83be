/*
 * Sets of characters that one place of a pattern may match, as far as they can occur in subjects.
 *
 * A set is never smaller than the truth. ASCII is kept bit by bit; of all else only short lists
 * are, and anything larger (properties, negated classes) is "hazy": any character beyond ASCII may
 * be in it. That is enough: hardly a pattern turns on which of them are.
 */
#ifndef WEIR_REGEX_CHARSET_H
#define WEIR_REGEX_CHARSET_H

#include "base/arena.h"
#include "base/span.h"

/* What a pattern is tried on, which decides what its letters can stand for. */
enum weir__subjects {
    /* canonical keys: NFKC_Casefold has been through them, so that no character in them has a case
       folding other than itself */
    WEIR__SUBJECTS_FOLDED,
    /* handles: no ASCII capitals, else anything; a k is matched by U+212A too, an s by U+017F */
    WEIR__SUBJECTS_HANDLE,
};

struct weir__range {
    uint32_t lo, hi;
};

/* Zero-initialised: empty. The list lies in the arena that characters were added with. */
struct weir__charset {
    uint64_t ascii[2];
    uint64_t unsure[2];         /* of those in ascii: may also not be in it */
    struct weir__range *beyond; /* characters beyond ASCII, unless hazy */
    size_t nbeyond, cap;
    bool hazy;  /* any character beyond ASCII may be in it */
    bool vague; /* of those in beyond, some may not be in it */
};

static inline bool
weir__charset_has_ascii(const struct weir__charset *s, uint32_t c)
{
    return (s->ascii[c / 64] >> (c % 64) & 1) != 0;
}

/* Can the character occur in subjects at all? */
bool weir__may_occur(uint32_t c, enum weir__subjects of);

/* Add all of lo to hi; caseless: with what PCRE2 takes for the same letter. Characters that cannot
   occur are left out. */
void weir__charset_add(struct weir__charset *s, struct arena *in, struct weir__range r,
                       bool caseless, enum weir__subjects of);
/* Add what \d, \w, \s, \h, \v or, in capitals, their opposites match: the letter. */
void weir__charset_add_escape(struct weir__charset *s, char letter);
/* Add [:name:]. False: there is no such class. */
bool weir__charset_add_posix(struct weir__charset *s, weir_span name, bool negated);
/* Add \p{name}, the name as written, without a `^`. */
void weir__charset_add_property(struct weir__charset *s, weir_span name, bool negated);
/* Any character. */
void weir__charset_add_all(struct weir__charset *s);
void weir__charset_negate(struct weir__charset *s);
/* To be called once at the end: drops ASCII that cannot occur, brings the list in order. */
void weir__charset_finish(struct weir__charset *s);

/* How many characters it may hold; SIZE_MAX when hazy. */
size_t weir__charset_count(const struct weir__charset *s);
/* Is it certain of each character? */
bool weir__charset_is_sure(const struct weir__charset *s);
/* The bytes of its shortest and its longest character. The set must not be empty. */
void weir__charset_lengths(const struct weir__charset *s, uint32_t *min, uint32_t *max);
/* Bytes of the character in UTF-8. */
uint32_t weir__utf8_length(uint32_t c);

#endif

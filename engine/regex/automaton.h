/*
 * One automaton for the patterns that have no factor: tells in one pass which of them may match.
 *
 * It works on characters as their first bytes, so that beyond ASCII a few scripts are one letter to
 * it; it knows no look-around and no word boundaries. So what it reports is a superset of what
 * matches: each candidate is to be confirmed. What it does not report does not match.
 *
 * Patterns are grouped by where they can match (read from the subject's beginning, from its end, or
 * anywhere), by whether they need a digit or another character that is no letter, and by whether
 * they are wild, that is, make ever new states; a subject goes through the groups that concern it.
 * A group's states are made as subjects ask for them. Where making them does not pay, all places of
 * its patterns are stepped at once, as bits.
 *
 * Measured on tags of 16 bytes that never repeat, one core: 16 to 60 ns a tag with 500 patterns of
 * one kind, as `^[a-m]{3}\d{4}$`, `\d{6,}`, `[a-f]\d[a-z]\d`, `(.)\1{2,}`; 25 ns with 500 and 30 ns
 * with 5,000 like `^[bdg][aei][0-9]{5,9}$`. Nobody can choose tags that cost much more than a step
 * by bits, a nanosecond for 50 places and symbol: 0.5 us with 500 patterns of all kinds, wild ones
 * among them, 1.5 us with 500 like `^[^xyz]{5,}$`, of which 50 match each tag. PCRE2 alone takes 25
 * us and more. What a tag may spend on new states is bounded likewise.
 */
#ifndef WEIR_REGEX_AUTOMATON_H
#define WEIR_REGEX_AUTOMATON_H

#include "regex/charset.h"

struct weir__automaton;       /* immutable, shared by threads */
struct weir__automaton_cache; /* one thread's: the states it has met, in a block of fixed size */

struct weir__automaton_pattern {
    weir_span text; /* a regex, or a folded glob */
    bool is_glob;
    bool extended;          /* regexes: flag x */
    enum weir__subjects of; /* regexes */
};

#define WEIR__AUTOMATON_CACHE (4u << 20) /* bytes that are enough for hundreds of patterns */

/*
 * Make one for patterns that compile (others may do anything but harm). Nothing of them is kept.
 * A pattern that can match the empty string, or that is too large (2,000 places of one character,
 * repeats shortened as far as can be; a million places for all), is always a candidate. Takes some
 * 5 us a pattern. WEIR_E_NOMEM.
 */
weir_status weir__automaton_build(const struct weir__automaton_pattern *patterns, size_t n,
                                  struct weir__automaton **out);
void weir__automaton_free(struct weir__automaton *a);

/* Indices of the patterns that are candidates whatever the subject, ascending; for telling their
   authors. Borrowed from the automaton. */
size_t weir__automaton_always(const struct weir__automaton *a, const uint32_t **patterns);

/*
 * `bytes` is what the states may take; 0 makes do without any. What else a cache takes is in
 * proportion to the patterns. `vectors`: use them; only where weir__has_vectors says so. The
 * automaton must outlive it. WEIR_E_NOMEM.
 */
weir_status weir__automaton_cache_new(const struct weir__automaton *a, size_t bytes, bool vectors,
                                      struct weir__automaton_cache **out);
void weir__automaton_cache_free(struct weir__automaton_cache *c);

/*
 * Indices of the patterns that may match the subject, ascending; borrowed from the cache until the
 * next call. The same for the same subject, whatever the cache holds. Malformed subjects, and those
 * longer than WEIR__SUBJECT_MAX, match no regex, but may match globs. Never allocates.
 */
size_t weir__automaton_run(const struct weir__automaton *a, struct weir__automaton_cache *c,
                           weir_span subject, const uint32_t **candidates);

#define WEIR__AUTOMATON_MANY 64

/*
 * Of the subjects (none empty, at most WEIR__AUTOMATON_MANY) whose bits are set in `which`, those
 * that weir__automaton_run is to be asked about. The others match none of the patterns. Eight bytes
 * in front of each subject, and behind where it begins, are read: of no meaning where they are not
 * its own. Never allocates.
 */
uint64_t weir__automaton_survivors(const struct weir__automaton *a, struct weir__automaton_cache *c,
                                   const weir_span *subjects, uint64_t which);

#endif

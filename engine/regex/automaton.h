/*
 * One automaton for the patterns that have no factor: tells in one pass which of them may match.
 *
 * It works on characters as their first bytes, so that beyond ASCII a few scripts are one letter to
 * it; it knows no look-around and no word boundaries. So what it reports is a superset of what
 * matches: each candidate is to be confirmed. What it does not report does not match.
 *
 * The patterns are in four groups: those that can only match at the beginning, and those that can
 * only match what is not all a to z, each and both; a subject is walked through the groups that
 * concern it. Each group is determinised state by state as subjects ask for it.
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

#define WEIR__AUTOMATON_CACHE (4u << 20) /* bytes that are enough for some hundred patterns */

/*
 * Make one for patterns that compile (others may do anything but harm). Nothing of them is kept.
 * A pattern that can match the empty string, or that is too large (2,000 places of one character,
 * repeats written out), is always a candidate. WEIR_E_NOMEM.
 */
weir_status weir__automaton_build(const struct weir__automaton_pattern *patterns, size_t n,
                                  struct weir__automaton **out);
void weir__automaton_free(struct weir__automaton *a);

/* Indices of the patterns that are candidates whatever the subject, ascending; for telling their
   authors. Borrowed from the automaton. */
size_t weir__automaton_always(const struct weir__automaton *a, const uint32_t **patterns);

/*
 * `bytes` is what the states may take; the less, the more often all are forgotten. The automaton
 * must outlive it. WEIR_E_NOMEM.
 */
weir_status weir__automaton_cache_new(const struct weir__automaton *a, size_t bytes,
                                      struct weir__automaton_cache **out);
void weir__automaton_cache_free(struct weir__automaton_cache *c);

/*
 * Indices of the patterns that may match the subject, ascending; borrowed from the cache until the
 * next call. Never allocates.
 */
size_t weir__automaton_run(const struct weir__automaton *a, struct weir__automaton_cache *c,
                           weir_span subject, const uint32_t **candidates);

#endif

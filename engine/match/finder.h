/*
 * Finding: from keys of one space to the sets of selectors whose literals, globs and regexes they
 * match. Knows nothing of posts.
 *
 * A key goes through the memo, the gate and the sieve; what stays in the sieve is confirmed. Each
 * of these can be switched off, and finds the same without it. Keys are taken many at a time, or
 * one by one.
 */
#ifndef WEIR_MATCH_FINDER_H
#define WEIR_MATCH_FINDER_H

#include "match/memo.h"
#include "match/sift.h"
#include "model/ruleset.h"
#include "regex/automaton.h"

#include <tagweir/decide.h>

/*
 * The rules that keys are tried for: those not off, in force at `at_ms`, and holding in `region`
 * (WEIR_REGION_NONE: in any); or the one rule `only`, whatever its mode, time and regions. What
 * other rules alone have written must not use up the budget of these.
 */
struct weir__scope {
    uint32_t only; /* WEIR_NONE: as above */
    int64_t at_ms;
    uint16_t region;
};

/* Is a rule in the scope? Not known yet where `epoch` is not the finder's. */
struct weir__in_scope {
    uint32_t epoch;
    bool yes;
};

/* What a pattern cost, since the finder was made. */
struct weir__pattern_counts {
    uint32_t tried;      /* the key that it was tried on last, of those taken one by one */
    uint32_t hard;       /* calls of PCRE2 that took much of their limit, or all; never wraps */
    uint64_t candidates; /* keys that the sieve let through to it */
    uint64_t confirmed;
    uint64_t over; /* keys on which it ran out, also untried as its post's budget was spent */
};

/* `key`: index among those given. `set`: of the rule set's postings. hit: HIT or RAN_OUT. */
typedef void weir__found_fn(void *arg, size_t key, uint32_t set, enum weir__hit hit);

/* Keys on their way together, from being looked at to being confirmed. A bit a key. */
struct weir__keys {
    const weir_span *keys;
    size_t first, n; /* index of the first of them, for `found`; how many */
    uint64_t hash[WEIR__SIFT_KEYS];
    uint64_t may_stand; /* in the key table, as the gate has it */
    uint64_t stand;     /* there, with these sets: */
    uint32_t set[WEIR__SIFT_KEYS];
    uint64_t loose; /* patterns without a literal may match it */
    uint64_t known; /* by the memo, */
    uint64_t told;  /* which has something to say of it: */
    struct weir__known {
        uint32_t sets[WEIR__MEMO_SETS];
        uint32_t nsets;
    } says[WEIR__SIFT_KEYS];
    struct weir__sift *sift; /* of those that the memo does not know, if there are any */
};

struct weir__finder {
    const struct weir_ruleset *rs;
    uint32_t off; /* WEIR_MATCH_*: not to be used */
    struct weir__regex_scratch *regex;
    uint32_t post_limit;
    uint32_t nhard; /* hard calls since weir__finder_begin */
    uint32_t epoch; /* of the scope */
    struct weir__scope scope;
    struct weir__in_scope *in_scope; /* by rule */
    uint32_t key_epoch;
    struct weir__pattern_counts *counts; /* by pattern */
    struct weir__memo memo;
    struct weir__sift *sift, *sift_ahead;
    struct weir__keys ahead;
    enum weir__space ahead_space;
    struct weir__sift_plan plans[WEIR__NSPACES];
    struct weir__automaton_cache *automata[WEIR__NSPACES];
};

/* Calls of one post that may be hard, by default. */
#define WEIR__POST_LIMIT 32u

/* The rule set must outlive it. Limits as in weir_decide_options. WEIR_E_NOMEM: nothing to free. */
weir_status weir__finder_init(struct weir__finder *f, const struct weir_ruleset *rs,
                              const weir_decide_options *o);
void weir__finder_fini(struct weir__finder *f);

/* A new post, with a new budget. */
void weir__finder_begin(struct weir__finder *f, struct weir__scope scope);
bool weir__finder_in_scope(struct weir__finder *f, uint32_t rule);

/* Literals of the space only; WEIR_NONE: none has the key. */
uint32_t weir__find_literal(const struct weir__finder *f, enum weir__space space, weir_span key);

/*
 * Literals and patterns. Of one key, sets may be found several times. Never allocates.
 */
void weir__find(struct weir__finder *f, enum weir__space space, const weir_span *keys, size_t n,
                weir__found_fn *found, void *arg);

/*
 * The same in two steps, of keys of several posts: look for all of them, at most WEIR__SIFT_KEYS,
 * which takes no post and no scope; and later, for each post with its scope and its budget, confirm
 * those from `first` on, whose indices for `found` begin with 0 then. What is found is what
 * weir__find would have found. The keys must stay until the next weir__find_ahead; other keys may
 * be found meanwhile.
 */
void weir__find_ahead(struct weir__finder *f, enum weir__space space, const weir_span *keys,
                      size_t n);
void weir__find_rest(struct weir__finder *f, size_t first, size_t n, weir__found_fn *found,
                     void *arg);

#endif

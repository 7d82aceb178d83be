/*
 * The rule set: everything that deciding reads, immutable once the compiler lets go of it.
 */
#ifndef WEIR_MODEL_RULESET_H
#define WEIR_MODEL_RULESET_H

#include "base/arena.h"
#include "model/keytable.h"
#include "model/rule.h"
#include "model/sieve.h"
#include "regex/factor.h"

#include <stdatomic.h>

#define WEIR_LANGUAGE_VERSION 1

/* A file that a rule set was made of, as it was then. */
struct weir__source {
    weir_span name; /* relative to what was given to be compiled */
    weir_span text; /* without a byte order mark */
    uint32_t of;    /* a list file: the rule file that names it; WEIR_NONE: this is a rule file */
    weir_span as;   /* a list file: how it is named there */
};

/* A new field needs a line in compile/layout.c. */
struct weir_ruleset {
    uint32_t magic;
    atomic_uint refs;
    struct arena arena; /* owns all below but the compiled regexes and what is mapped */
    void *mapped;       /* a compiled file that most of the below lies in; NULL: none */
    size_t nmapped;
    void (*unmap)(void *mapped, size_t nmapped);
    const char *const *files; /* every file read, list files too: names for people */
    uint32_t nfiles;
    uint32_t nrule_files;
    const struct weir__source *sources; /* the same files; NULL: not kept */
    const struct weir__order *orders;   /* in source order; so are lists and rules */
    uint32_t norders;
    const struct weir__list *lists;
    uint32_t nlists;
    const struct weir_rule *rules;
    uint32_t nrules;
    /* The numbers of each in the order of their names' bytes, for finding them: deciding never
       reads these */
    const uint32_t *orders_by_name, *lists_by_name, *rules_by_name;
    const struct weir__selector *selectors;
    uint32_t nselectors;
    /* What rules have in their selectors, for telling: deciding never reads it. Of selector s:
       [entry_first[s], entry_first[s + 1]) */
    struct weir__entries entries;
    const uint32_t *entry_first;
    uint32_t longest_domain; /* bytes, of those that rules and lists name */
    const struct weir__keytable *keys;
    const struct weir__pattern *patterns; /* sorted by space */
    uint32_t npatterns;
    uint32_t pattern_first[WEIR__NSPACES + 1];       /* of space s: [first[s], first[s + 1]) */
    const struct weir__sieve *sieves[WEIR__NSPACES]; /* NULL: no pattern of it has a literal */
    const uint32_t *loose[WEIR__NSPACES];            /* patterns that have none, ascending */
    uint32_t nloose[WEIR__NSPACES];
    bool loose_need_digit[WEIR__NSPACES]; /* all of them: regex/factor.h */
    /* the loose patterns of a space, in that order; NULL: there are none. Freed with the rule set
     */
    struct weir__automaton *automata[WEIR__NSPACES];
    struct weir__postings_table postings;
    const struct weir__rule_test *tests;
    uint32_t ntests;
    weir_breaker breaker; /* caps of the whole set */
    char digest[65];
};

/* Release what is not in the arena, the arena, and the set: for the compiler, on failure. */
void weir__ruleset_free(struct weir_ruleset *rs);
enum weir__subjects weir__subjects_of(enum weir__space space);
/* The literals that a pattern's matches must contain (regex/factor.h), in the arena. */
void weir__pattern_factors(const struct weir__pattern *p, struct arena *in,
                           struct weir__factors *out);
/* Known once the automata are there. */
weir_pattern_class weir__pattern_class_of(const struct weir_ruleset *rs, uint32_t pattern);
/* Whose values are tried in the space. */
weir_selector weir__selector_of(enum weir__space space);
/* Fill in rs->automata, once all else of the patterns stands. WEIR_E_NOMEM. */
weir_status weir__ruleset_build_automata(struct weir_ruleset *rs);
/* In force: one of the order's intervals and the rule's own. Mode is not asked. */
bool weir__rule_in_force(const struct weir_ruleset *rs, const struct weir_rule *r, int64_t now);

/* Fill in orders_by_name, lists_by_name and rules_by_name, once what they name stands. `work` and
   `into` have on_oom set. */
void weir__ruleset_sort_names(struct weir_ruleset *rs, struct arena *work, struct arena *into);

/*
 * Append the canonical form that the digest is taken of: one JSON value a line, documented in
 * digest.c. Deterministic; no paths, comments or layout.
 */
void weir__ruleset_canonical(const struct weir_ruleset *rs, weir_buf *out);
/* The line of an order, and of a rule, which names lists and does not say what is in them. */
void weir__order_canonical(const struct weir_ruleset *rs, uint32_t order, weir_buf *out);
void weir__rule_canonical(const struct weir_ruleset *rs, uint32_t rule, weir_buf *out);
/* Fill rs->digest. WEIR_E_NOMEM. */
weir_status weir__ruleset_set_digest(struct weir_ruleset *rs);

#endif

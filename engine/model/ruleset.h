/*
 * The rule set: everything that deciding reads, immutable once the compiler lets go of it.
 */
#ifndef WEIR_MODEL_RULESET_H
#define WEIR_MODEL_RULESET_H

#include "base/arena.h"
#include "model/keytable.h"
#include "model/rule.h"

#include <stdatomic.h>

#define WEIR_LANGUAGE_VERSION 1

struct weir_ruleset {
    uint32_t magic;
    atomic_uint refs;
    struct arena arena; /* owns all below but the compiled regexes */
    const char *const *files;
    uint32_t nfiles;
    const struct weir__order *orders; /* in source order; so are lists and rules */
    uint32_t norders;
    const struct weir__list *lists;
    uint32_t nlists;
    const struct weir_rule *rules;
    uint32_t nrules;
    const struct weir__selector *selectors;
    uint32_t nselectors;
    const struct weir__keytable *keys;
    const struct weir__pattern *patterns; /* sorted by space */
    uint32_t npatterns;
    uint32_t pattern_first[WEIR__NSPACES + 1]; /* of space s: [first[s], first[s + 1]) */
    const struct weir__rule_test *tests;
    uint32_t ntests;
    struct weir__breaker breaker; /* caps of the whole set */
    char digest[65];
};

/* Release what is not in the arena, the arena, and the set: for the compiler, on failure. */
void weir__ruleset_free(struct weir_ruleset *rs);
/* In force: one of the order's intervals and the rule's own. Mode is not asked. */
bool weir__rule_in_force(const struct weir_ruleset *rs, const struct weir_rule *r, int64_t now);

/*
 * Append the canonical form that the digest is taken of: one JSON value a line, documented in
 * digest.c. Deterministic; no paths, comments or layout.
 */
void weir__ruleset_canonical(const struct weir_ruleset *rs, weir_buf *out);
/* Fill rs->digest. WEIR_E_NOMEM. */
weir_status weir__ruleset_set_digest(struct weir_ruleset *rs);

#endif

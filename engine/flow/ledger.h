/*
 * The ledger: what rules did, by their ids. One run has one rule set, and numbers would do; a
 * server has many, one after the other, in which the same rule has other numbers.
 */
#ifndef WEIR_FLOW_LEDGER_H
#define WEIR_FLOW_LEDGER_H

#include "flow/tally.h"

struct ledger_row {
    const char *rule;
    const char *order;    /* NULL: own policy */
    struct tally_row did; /* its `rule` is of no meaning */
    bool confidential;    /* the order was, in one of the rule sets that were counted by */
};

struct ledger_cost {
    const char *rule;
    weir_rule_counts counts;
};

/* One thread's. Zero-initialise. */
struct ledger {
    struct ledger_entry *entries; /* private, as they first came */
    struct ledger_costs *costs;
    uint64_t lost; /* rows of tallies that are in none, as there was no memory for one */
};

void ledger_fini(struct ledger *l);

/* Add what was counted while deciding with the rule set. Nothing is kept of the arguments. */
void ledger_add(struct ledger *l, const weir_ruleset *rs, const struct tally *t);
/* The same of what its patterns cost; the scratch must not be deciding meanwhile. */
void ledger_add_costs(struct ledger *l, const weir_ruleset *rs, const weir_scratch *s);
void ledger_add_ledger(struct ledger *l, const struct ledger *other);

/*
 * The rows, by region (XX first, what has no region last), then as rules first came: in source
 * order, where there was but one rule set. Strings are the ledger's.
 * @return malloc'ed, for the caller to free; NULL without memory or rows.
 */
struct ledger_row *ledger_rows(const struct ledger *l, size_t *n);
/* What rules with patterns cost, as they first came. The same return. */
struct ledger_cost *ledger_costs(const struct ledger *l, size_t *n);

#endif

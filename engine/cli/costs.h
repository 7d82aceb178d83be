/*
 * The rules whose patterns cost most while deciding.
 */
#ifndef WEIR_CLI_COSTS_H
#define WEIR_CLI_COSTS_H

#include <tagweir/tagweir.h>

struct cost_row {
    uint32_t rule;
    weir_rule_counts counts;
};

#define COSTS_MOST 20

/*
 * The COSTS_MOST rules with the most candidates, and all that ran out; these first, by how often,
 * the others by candidates. @return for the caller to free; *n may be 0.
 */
struct cost_row *costs_rows(const weir_ruleset *rs, const weir_scratch *s, size_t *n);

#endif

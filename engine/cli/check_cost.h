/*
 * What each pattern of a rule set costs to find: the result of check --cost.
 */
#ifndef WEIR_CLI_CHECK_COST_H
#define WEIR_CLI_CHECK_COST_H

#include <tagweir/tagweir.h>

/* A line a pattern, the dearest first; then, if asked for, one of how many there are of each class.
 */
void check_cost_print(const weir_ruleset *rs, bool with_sum, weir_buf *out);
/* Both, for programs: `"patterns":[…],"cost":{…}`, members of an object. */
void check_cost_json(const weir_ruleset *rs, weir_buf *out);

#endif

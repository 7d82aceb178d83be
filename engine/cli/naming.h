/*
 * Rules and orders that --rule and --order name, found in rule sets.
 */
#ifndef WEIR_CLI_NAMING_H
#define WEIR_CLI_NAMING_H

#include "cli/args.h"

/*
 * Of each rule set, which of its rules are named, or are under an order that is: by number, for the
 * caller to free; NULL where the arguments name none. What is in one of the sets at least is known.
 * @return an exit code; it was said which rule or order does not exist.
 */
int naming_rules(const struct args *a, const char *command, weir_ruleset *const *sets, size_t nsets,
                 bool **out);

#endif

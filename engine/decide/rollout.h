/*
 * Rollout: which authors a rule acts on while it is brought in by degrees.
 */
#ifndef WEIR_DECIDE_ROLLOUT_H
#define WEIR_DECIDE_ROLLOUT_H

#include "model/rule.h"

/*
 * Is the author within the rule's share?
 * @param author  The account's id, else its folded handle; empty: neither is known.
 */
bool weir__rollout_includes(const struct weir_rule *rule, weir_span author);

#endif

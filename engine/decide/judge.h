/*
 * Judging: from hits on selectors to whether a rule matches, its on_limit applied.
 */
#ifndef WEIR_DECIDE_JUDGE_H
#define WEIR_DECIDE_JUDGE_H

#include "match/match.h"

/* Index of the first value that counts as a hit on one selector of the rule, or WEIR_NONE. */
uint32_t weir__value_hit(const struct weir__match *m, const struct weir_rule *rule,
                         enum weir__side side, weir_selector kind);

/* The first selector of the rule's match that no value hits; WEIR_NSELECTORS: the rule matches. */
weir_selector weir__missed(const struct weir__match *m, const struct weir_rule *rule);

/* The first selector of the rule's except that a value hits; WEIR_NSELECTORS: none. */
weir_selector weir__excepting(const struct weir__match *m, const struct weir_rule *rule);

/* Did a pattern of the rule run out, on either side? */
bool weir__ran_out(const struct weir__match *m, const struct weir_rule *rule);

#endif

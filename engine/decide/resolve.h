/*
 * Resolution: what the rules that matched one post make of it in one region (SPEC section 5).
 */
#ifndef WEIR_DECIDE_RESOLVE_H
#define WEIR_DECIDE_RESOLVE_H

#include "model/rule.h"

#include <tagweir/decide.h>

/* A rule that matched, in force and to be enforced. */
struct weir__candidate {
    const struct weir_rule *rule;
    weir_act act;
};

/*
 * Those of c that hold in the region, folded into one outcome. The order of c shows only in that
 * of the exemptions. Takes time in proportion to n and what the `against` of c name.
 * @param against   Working memory: a NULL for each order of the rule set, and so again on return.
 * @param exempted  Has room for n; gets one a restriction that was defeated, in the order of c.
 * @return how many.
 */
size_t weir__resolve(const struct weir__candidate *c, size_t n, uint16_t region,
                     const struct weir__candidate **against, weir_outcome *out,
                     weir_exemption *exempted);

/* Does the rule act in this outcome, on one surface at least? */
bool weir__acts(const weir_outcome *o, uint32_t rule);

#endif

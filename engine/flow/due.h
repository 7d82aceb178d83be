/*
 * What belongs into a decision journal, of serving and replaying alike.
 */
#ifndef WEIR_FLOW_DUE_H
#define WEIR_FLOW_DUE_H

#include <tagweir/tagweir.h>

/*
 * Anything but an allow that no rule had a part in. What rules would have done but for an
 * exemption, a rollout, a mode, a breaker or a budget is what is asked about later as much as what
 * they did.
 */
static inline bool
due_for_journal(const weir_decision *d)
{
    for (; d; d = d->quoted)
        if (d->action != WEIR_ALLOW || d->nexempted || d->nobserved || d->nheld_back || d->nlimit ||
            d->limit_tags || d->nbreaker || d->breaker_set)
            return true;
    return false;
}

#endif

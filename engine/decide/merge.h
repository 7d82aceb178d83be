/*
 * Merging: what the parts of a repost make together, and what of it a record needs to tell.
 */
#ifndef WEIR_DECIDE_MERGE_H
#define WEIR_DECIDE_MERGE_H

#include "decide/resolve.h"

/* The stricter of the two, surface by surface; what is equal stays with `into`, the earlier part.
 */
void weir__outcome_merge(weir_outcome *into, const weir_outcome *from);

/* Would a record write the same object for both? See decide/shown.h. */
bool weir__outcome_same(const weir_outcome *a, const weir_outcome *b);

/* The union of two sorted lists, equal entries once; out has room for both. @return its length. */
size_t weir__exemptions_unite(const weir_exemption *a, size_t na, const weir_exemption *b,
                              size_t nb, weir_exemption *out);

bool weir__exemptions_same(const weir_exemption *a, size_t na, const weir_exemption *b, size_t nb);

#endif

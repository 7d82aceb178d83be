/*
 * What statements of reasons take from their rule.
 */
#ifndef WEIR_AUDIT_EXPORT_DSA_H
#define WEIR_AUDIT_EXPORT_DSA_H

#include "audit/exporting.h"
#include "model/dsa.h"

struct weir__dsa_values {
    weir_span of[WEIR__NDSA_KEYS]; /* as JSON; {NULL, 0}: not in the statement */
    weir_buf made;                 /* owns what was made for it; weir_buf_fini */
};

/* @return a bit (1 << weir__dsa_key) for each that is missing or may not be: 0 is as it must be.
   Allocates when a legal ground is an order's basis; without memory that is missing. */
uint32_t weir__dsa_values_of(const weir_ruleset *rs, uint32_t rule, struct weir__dsa_values *out);

#endif

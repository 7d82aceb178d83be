/*
 * The rules whose patterns cost most while deciding.
 */
#ifndef WEIR_CLI_COSTS_H
#define WEIR_CLI_COSTS_H

#include "flow/ledger.h"

#define COSTS_MOST 20

/*
 * The COSTS_MOST rules with the most candidates, and all that ran out; these first, by how often,
 * the others by candidates. @return for the caller to free; *n may be 0.
 */
struct ledger_cost *costs_rows(const struct ledger *l, size_t *n);

#endif

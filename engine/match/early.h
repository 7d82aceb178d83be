/*
 * Asking memory early for what hits of several posts will be looked up in.
 */
#ifndef WEIR_MATCH_EARLY_H
#define WEIR_MATCH_EARLY_H

#include "match/match.h"

/* Of the keys that the finder has looked for ahead. Changes nothing that is found. */
void weir__match_early(const struct weir__match *m);

#endif

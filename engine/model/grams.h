/*
 * Grams: by how many of its bytes each literal of a sieve is looked for, and at how many places.
 *
 * Every kind in use is one more thing to look for in each key; a short gram is had by many keys
 * that do not have the literal, and each of them costs a look into memory. What is cheaper depends
 * on how many literals there are, and how long they are.
 */
#ifndef WEIR_MODEL_GRAMS_H
#define WEIR_MODEL_GRAMS_H

#include "model/sieve.h"

/* The kinds of grams that are the cheapest together, a bit each. Deterministic: depends on the
   lengths of the items alone. */
uint32_t weir__grams_choose(const struct weir__sieve_item *items, size_t n);

/* Of the chosen ones, that by which the literal is looked for. */
enum weir__sieve_gram weir__gram_of(uint32_t chosen, const struct weir__sieve_item *item);

#endif

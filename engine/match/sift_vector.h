/*
 * The loops that look for grams, eight places at a time: for processors that have AVX-512. Which
 * grams pass is the same.
 *
 * Gathering and multiplying eight words at once takes a fifth of the instructions; AVX2 has neither
 * a product of 64 bits nor a way to keep the places that pass, and was not tried.
 */
#ifndef WEIR_MATCH_SIFT_VECTOR_H
#define WEIR_MATCH_SIFT_VECTOR_H

#include "match/sift.h"

/* Does this processor have what is needed? Asked once, when memory is made for it. */
bool weir__sift_has_vectors(void);

/* As those without vectors in sift.c, but that they put grams that pass into t->passed at once:
   there must be room for all that are looked at. */
void weir__look_at_edge_by_vectors(struct weir__sift *t, const struct weir__looking *l, bool end);
void weir__look_from_to_by_vectors(struct weir__sift *t, const struct weir__looking *l,
                                   uint32_t from, uint32_t to, uint32_t step);

#endif

/*
 * The loops of sifting by vectors, where the processor has them: places are looked at eight at a
 * time, which takes a fifth of the instructions, and keys are laid out without a branch on their
 * lengths. What passes is the same.
 */
#ifndef WEIR_MATCH_SIFT_VECTOR_H
#define WEIR_MATCH_SIFT_VECTOR_H

#include "base/vectors.h"
#include "match/sift.h"

/* The bytes of keys that have their places, and who owns these. */
void weir__copy_keys_by_vectors(struct weir__sift *t);

/* As those without vectors in sift.c, but that they put grams that pass into t->passed at once:
   there must be room for all that are looked at. */
void weir__look_at_edge_by_vectors(struct weir__sift *t, const struct weir__looking *l, bool end);
void weir__look_from_to_by_vectors(struct weir__sift *t, const struct weir__looking *l,
                                   uint32_t from, uint32_t to, uint32_t step);

#endif

/*
 * Where the first errors of each kind stand.
 */
#ifndef WEIR_REPLAY_PLACES_H
#define WEIR_REPLAY_PLACES_H

#include <tagweir/tagweir.h>

/* The first few places of every kind of error, and then the first of each further feed. */
#define PLACES_FIRST 3
#define PLACES_MOST 8

struct places {
    struct place_list {
        struct {
            size_t feed;
            uint64_t line;
        } at[PLACES_MOST];
        size_t n;
    } of[WEIR_NREAD_ERRORS];
};

/* To be told in the order of the input; what is not among the first is passed over. */
void places_add(struct places *p, weir_read_error e, size_t feed, uint64_t line);

#endif

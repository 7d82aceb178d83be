/*
 * Keeping the first.
 */
#include "replay/places.h"

void
places_add(struct places *p, weir_read_error e, size_t feed, uint64_t line)
{
    struct place_list *l = &p->of[e];

    if (l->n == PLACES_MOST || (l->n >= PLACES_FIRST && l->at[l->n - 1].feed == feed))
        return;
    l->at[l->n].feed = feed;
    l->at[l->n++].line = line;
}

/*
 * Picking: which decisions are asked for, and which records are written.
 */
#ifndef WEIR_REPLAY_PICK_H
#define WEIR_REPLAY_PICK_H

#include <tagweir/tagweir.h>

/* Borrowed by whoever picks; read only, so that any thread may. */
struct pick {
    uint32_t actions;           /* bit (1 << weir_action); 0: all */
    uint16_t region;            /* WEIR_REGION_NONE: any */
    const bool *rules;          /* by number, for rules and orders that were named; NULL: all */
    int64_t since_ms, until_ms; /* [since, until) of when posts were made */
    bool has_times;
};

/* Was the post made at another time than is asked for? Of a query, the time that it asks about. One
   without a time was, where any time is asked for. */
bool pick_leaves_out(const struct pick *p, const weir_decision *d);

/*
 * Is the record of a decision to be written? Where there is a region, by what holds there; a post
 * that it quotes has a record of its own within, and is as good a reason. A query that named
 * another region is none.
 */
bool pick_wants(const struct pick *p, const weir_decision *d);
/* Of a record that is wanted: is it so for itself, and not only for a post that it quotes? */
bool pick_wants_itself(const struct pick *p, const weir_decision *d);

#endif

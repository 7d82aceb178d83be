/*
 * An edition: a rule set as it is published to those who decide by it, with everything that they
 * need for that made beforehand, so that moving on to it costs a worker next to nothing.
 *
 * Each worker has a seat in each edition, and leaves it for one of the next. What the rules did
 * meanwhile is left behind with it. When all have left, nobody decides by it any more.
 */
#ifndef WEIR_SERVE_EDITION_H
#define WEIR_SERVE_EDITION_H

#include "flow/answer.h"
#include "flow/ledger.h"

#include "serve/breakers.h"

#include <pthread.h>
#include <stdatomic.h>

struct edition {
    uint32_t magic;
    weir_ruleset *rs;
    size_t nseats;
    struct breakers *breakers;
    weir_scratch **scratches;  /* by seat: before it is taken, and after it was left */
    atomic_size_t taken;       /* seats whose owners have not left */
    pthread_mutex_t rows_lock; /* of: */
    struct tally rows;         /* what was done by those who have left, or were asked */
    struct edition *next;      /* in lists of whoever has it */
};

/*
 * @param rs  Referenced. @return NULL without memory. Any thread: this is what takes long.
 */
struct edition *edition_new(weir_ruleset *rs, size_t nseats, const struct answer_options *o);
/* All seats have been left, or never taken. Takes long, too. NULL is allowed. */
void edition_free(struct edition *e);

/* Decide by it. The seat has no other owner, and the answerer decides by no edition. */
void edition_take(struct edition *e, size_t seat, struct answerer *a);
/* Move from one to the next. true: the seat in `from` was the last one that was taken. */
bool edition_move(struct edition *from, struct edition *to, size_t seat, struct answerer *a);
/* Leave for good. The same return. */
bool edition_leave(struct edition *e, size_t seat, struct answerer *a);
/* The seat will not be taken. true: it was the last one. */
bool edition_forgo(struct edition *e);
/* Leave what rules did so far with the edition. */
void edition_leave_rows(struct edition *e, struct answerer *a);
/* What they did to the ledger, those counts that were left; they are then gone from the edition. */
void edition_take_rows(struct edition *e, struct ledger *l);
/* Into the ledger goes all that was counted in seats that were left. */
void edition_take_costs(const struct edition *e, struct ledger *l);

#endif

/*
 * Order: what several threads made of portions, put back into the order of the input.
 *
 * Whoever has finished the portion whose turn it is hands on what was made of it, and of those
 * behind it that are finished already; whoever is early leaves his result, and goes on. So nobody
 * waits but for portions that are ahead by more than there are places for.
 *
 * Lines are numbered in their feeds: which number a portion's first line has is known when all
 * portions before it have counted theirs.
 */
#ifndef WEIR_REPLAY_ORDER_H
#define WEIR_REPLAY_ORDER_H

#include "replay/places.h"

/* What was made of a portion. */
struct result {
    uint64_t number;
    size_t feed;
    bool ends;     /* the feed does, with this portion */
    bool goes_on;  /* see struct portion */
    bool fault;    /* nothing may follow */
    uint64_t upto; /* see struct portion */
    uint64_t read;
    uint64_t before;  /* lines of the feed before the portion */
    uint64_t lines;   /* of the portion */
    uint64_t records; /* in `out`, before it was packed, and in what was handed on early */
    weir_buf out;     /* records, packed where they are */
    weir_buf facts;   /* for who accounts for decisions in the order of the input */
    weir_buf journal; /* records for the journal, as they are */
    weir_buf note;    /* to be told; of a fault, why */
    bool has_places;  /* errors are among it */
    struct places places;
};

void result_fini(struct result *r);
/* Empty, with its memory kept. */
void result_clear(struct result *r);

/*
 * Called in the order of the input, by one thread at a time.
 * @param whole  Nothing of the portion follows; else there is more of it, which was too much to be
 *               held: only `records`, `out`, `facts` and `journal` are set then, and to be taken.
 * @return false: nothing can be handed on any more.
 */
typedef bool order_take_fn(void *arg, struct result *r, bool whole);

struct order;

/* @param lines  Lines of the first feed that were done before. @return NULL without memory. */
struct order *order_new(size_t places, uint64_t lines, order_take_fn *take, void *arg);
void order_free(struct order *o);

/* Wait until there is a place for the next portion to be begun. @return false: it is over. */
bool order_admit(struct order *o);
/* There was none for whoever was admitted last. */
void order_withdraw(struct order *o);

/* A portion has so many lines, of a feed that `begins` with it. To be told of each, once. */
void order_lines(struct order *o, uint64_t number, bool begins, uint64_t lines);
/* Wait until it is known how many lines of the feed are before the portion. @return false: it is
   over. */
bool order_lines_before(struct order *o, uint64_t number, uint64_t *lines);

/* Wait for the portion's turn, and hand on what there is of it so far. @return false: it is over.
 */
bool order_early(struct order *o, struct result *part);
/* The portion is finished; its lines were told. `r` may get other memory. @return false: it is
 * over.
 */
bool order_finish(struct order *o, struct result *r);

/* No more is to be handed on. Any thread. */
void order_give_up(struct order *o);
/* Was it given up, or could it not be handed on? */
bool order_is_over(struct order *o);

#endif

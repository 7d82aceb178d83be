/*
 * Breakers of one edition: how many posts each rule acts on in a minute of the wall clock, and all
 * rules together withhold, held against the caps that rules and set have. What is done to a post
 * that another one quotes counts, too; what is said to queries does not: nobody sees it.
 *
 * Workers count, each the posts that it decides, and all in the same counters what rules do, which
 * only decisions that act touch. Whoever counts beyond a cap trips the breaker, once; all workers
 * tell their scratches before their next batch. What has tripped stays so until it is reset.
 */
#ifndef WEIR_SERVE_BREAKERS_H
#define WEIR_SERVE_BREAKERS_H

#include <tagweir/tagweir.h>

struct breakers;

/* A share is no measure of a few posts: it is looked at from so many of a minute on. */
#define BREAKERS_SHARE_FROM 1000u

struct breaker_trip {
    uint32_t rule; /* WEIR_NONE: the set */
    weir_trip how;
    weir_breaker caps;
    uint32_t acted, posts; /* in the minute, when it tripped */
};

/* @param rs  Must outlive it. NULL without memory. Where nothing has a cap, counting costs nothing.
 */
struct breakers *breakers_new(const weir_ruleset *rs, size_t nseats);
void breakers_free(struct breakers *b);
/*
 * Called by whichever worker trips a breaker, before any decides otherwise for it; must not block.
 * To be said before they count.
 */
typedef void breakers_tripped_fn(void *arg, const weir_ruleset *rs, const struct breaker_trip *t);
void breakers_hear(struct breakers *b, breakers_tripped_fn *fn, void *arg);

/* Workers ------------------------------------------------------------------------------------ */

/* A decision, whatever it was. true: something has tripped. */
bool breakers_count(struct breakers *b, size_t seat, const weir_decision *d, int64_t now_ms);
/* Tells the scratch what has changed since it was last told; between two batches. */
void breakers_tell(struct breakers *b, size_t seat, weir_scratch *s);

/* One thread --------------------------------------------------------------------------------- */

/* The next trip from `*at` on (0 at first) that has not been taken yet; false: there are none. */
bool breakers_take(struct breakers *b, uint32_t *at, struct breaker_trip *out);
/* What was counted in this minute, and not carried before, is counted in `to`, by the names of
   rules. Workers may go on counting in both. */
void breakers_carry(struct breakers *from, struct breakers *to, int64_t now_ms);
/* Set what has tripped, or (WEIR_TRIP_NONE) reset it, and begin the minute anew. false: there is no
   such breaker, or it may not be told to observe. */
bool breakers_set(struct breakers *b, uint32_t rule, weir_trip how);
weir_trip breakers_how(const struct breakers *b, uint32_t rule);

#endif

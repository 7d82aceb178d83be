/*
 * The crew: threads that decide feeds together. Each takes portions, decides and writes what they
 * hold, and packs it; what comes of it is handed on in the order of the input.
 */
#ifndef WEIR_REPLAY_CREW_H
#define WEIR_REPLAY_CREW_H

#include "feed/sink.h"
#include "flow/answer.h"
#include "flow/ledger.h"
#include "replay/order.h"
#include "replay/places.h"
#include "replay/portions.h"

/*
 * What a thread notes of what it decides; any of these may be NULL. `hand` is what open made for
 * the thread; `facts` are those of the portion that is worked on.
 */
struct crew_notes {
    void *arg;
    /* Before anything is decided, on the thread. @return NULL: no memory. */
    void *(*open)(void *arg);
    void (*close)(void *arg, void *hand);
    /* Is it asked for at all? Called before all else; what is left out is only counted so. */
    bool (*leave_out)(void *hand, const weir_decision *d);
    /* Write it, in place of its record; or nothing. @return is what was written, which is one line
       then, one for the journal? */
    bool (*write)(void *hand, const weir_decision *d, weir_buf *out);
    /* Before `write`. */
    void (*note)(void *hand, const weir_decision *d, weir_buf *facts);
    /* Posts, queries and errors are taken as they were read, in place of all that is above but
       open and close: nothing is decided of them. @return false: no memory. */
    bool (*take)(void *hand, const weir_item *item, weir_buf *facts);
};

struct crew_job {
    weir_ruleset *rs; /* NULL: posts are written as they were read */
    const struct answer_options *answer;
    int64_t now_ms;
    size_t threads; /* that of the caller is the first of them */
    enum sink_packing packing;
    struct portions *portions;
    uint64_t lines; /* of the first feed, before the first portion */
    struct crew_notes notes;
    order_take_fn *take; /* see order.h */
    void *take_arg;
};

enum crew_end {
    CREW_DONE,
    CREW_STOPPED, /* by portions_stop */
    CREW_FAILED,  /* `take` did, or a portion was at fault, which it was told of */
    CREW_NOMEM,
};

/* Sums over all threads. */
struct crew_sums {
    struct tally tally;
    struct ledger ledger; /* what patterns cost; rows are the caller's matter */
    struct places places; /* of errors */
};

/*
 * Work until the feeds are done, or it cannot go on. What was handed on then is whole: records of
 * all portions up to one, and none behind. @param sums  Zeroes; to be given to crew_sums_fini.
 */
enum crew_end crew_run(const struct crew_job *job, struct crew_sums *sums);
void crew_sums_fini(struct crew_sums *sums);

#endif

/*
 * Portions: feeds cut into runs of whole lines, each to be worked on by one of several threads.
 * Where feeds are cut depends on their bytes alone (but for input that comes as it happens), never
 * on who takes which portion.
 *
 * A plain file is cut by offsets: a portion has the lines that begin within its range, and is read
 * by whoever works on it. All else is read under a lock, in turn.
 */
#ifndef WEIR_REPLAY_PORTIONS_H
#define WEIR_REPLAY_PORTIONS_H

#include "feed/source.h"

#include <stdatomic.h>
#include <stdbool.h>

/* Bytes of a feed in a portion, but for the last line, which is whole. */
#define PORTION_SIZE ((size_t)256 * 1024)

struct portions_options {
    const char *const *paths; /* outlive the portions */
    size_t npaths;
    struct source_options source;
    size_t max_line; /* 0: the reader's default */
    bool fill;       /* portions of a pipe are filled before they are given out */
    /* To go on where a run was stopped: the feeds before this one are done, and of it, what is
       before this offset of its lines, unpacked. */
    size_t first;
    uint64_t from;
};

struct portions;

/* What a thread holds of a portion; its memory is kept from one to the next. Zero-initialise. */
struct portion {
    uint64_t number;   /* from 0, in the order of the input */
    size_t feed;       /* which of the paths */
    weir_span bytes;   /* whole lines, the last one perhaps without its end; WEIR_LINE_PADDING bytes
                          behind them are readable */
    bool begins, ends; /* the feed does, here */
    bool goes_on;      /* what follows is in the same file, and need not be waited for */
    uint64_t upto;     /* offset of what follows in the feed's lines, unpacked */
    uint64_t read;     /* bytes of all feeds' files that were read when it was taken */
    weir_buf note;     /* what is to be said when its turn comes; empty: nothing */
    bool fault;        /* `note` is the reason why nothing follows; the feed's `bytes` are good */
    /* private */
    char *memory;
    size_t cap;
    int fd;
    uint64_t begin, from, to, size;
    struct portions_feed *of;
};

enum portions_result {
    PORTIONS_GOT,
    PORTIONS_END,     /* of the last feed */
    PORTIONS_STOPPED, /* by portions_stop */
    PORTIONS_NOMEM,
};

/* @return NULL without memory. */
struct portions *portions_new(const struct portions_options *o);
/* Nobody may hold a portion any more. */
void portions_free(struct portions *p);

/* The next portion; any thread. portions_done when it was worked on, portion_fini for its memory.
 */
enum portions_result portions_next(struct portions *p, struct portion *out);
void portions_done(struct portions *p, struct portion *portion);
void portion_fini(struct portion *portion);

/* No more are given out. Any thread. Whoever waits for input is woken by source_options.stop_fd. */
void portions_stop(struct portions *p);

/* Bytes of all files together, as far as they are known; 0: of none. */
uint64_t portions_known(const struct portions *p);

#endif

/*
 * The scribe's insides: scribe.c opens, writes and closes; quill.c is what others hand over, and
 * how they hear that it has failed.
 */
#ifndef WEIR_SERVE_SCRIBE_PARTS_H
#define WEIR_SERVE_SCRIBE_PARTS_H

#include "serve/scribe.h"

#include <pthread.h>
#include <stdatomic.h>

struct scribe_batch {
    struct scribe_batch *next;
    struct quill *quill; /* to be woken; NULL: nobody */
    uint64_t number;
    uint64_t nrecords;
    weir_buf text;            /* records; an event's: what its spans point at */
    weir_journal_event event; /* where there are no records */
};

struct scribe {
    uint32_t magic;
    struct scribe_options o;
    weir_journal *journal; /* NULL: it was closed */
    struct quill *quills;
    pthread_t thread;
    bool started, stopped;
    int64_t unsynced_us; /* since when; 0: all is on the disk */
    _Atomic uint64_t settled;
    _Atomic bool failed;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t come;
    struct scribe_batch *first, **last;
    uint64_t handed; /* the number of the last batch */
    size_t waiting;  /* bytes of batches that were not written */
    bool sleeps, stop;
    struct scribe_report report;
};

/* Takes what it points at away. */
void scribe_say(const struct scribe *s, bool is_problem, weir_buf *line);
/* With all that follow. */
void scribe_batches_free(struct scribe_batch *b);
/* Any thread; the first one to call is heard. @param lost  Records that were taken, and will not be
   written. */
void scribe_fail(struct scribe *s, const char *why, uint64_t lost);

#endif

/*
 * Answers as they come, held against what is owed: each in its place, none lost, none too many.
 */
#ifndef BENCH_PROGRAMS_ANSWERS_H
#define BENCH_PROGRAMS_ANSWERS_H

#include "programs/feed.h"

#include <stdatomic.h>

/* Which rule set a connection's last answer was made by; read by whoever waits for another one. */
struct watch {
    char digest[16];
    _Atomic uint64_t *seen; /* as a number; NULL: nobody does */
};

/* The number of 16 hex digits. */
uint64_t watch_number(const char *digest);

struct answers {
    const struct feed *feed;
    struct watch watch;
    weir_buf *capture;    /* NULL: nobody wants the bytes */
    bool without_skips;   /* of a replay, which only counts them */
    size_t line, next;    /* of the feed: the line that is being answered, its next answer */
    uint64_t asked;       /* lines that answers may be for */
    uint64_t lines;       /* answered in full */
    uint64_t n, nsurplus; /* answers; those that nobody asked for */
    weir_buf cut;         /* the beginning of an answer that the end of a read cut */
    char fault[400];      /* the first thing that was wrong; from there on only counted */
};

/* @param line  Of the feed: the one that is asked first. */
void answers_init(struct answers *a, const struct feed *feed, size_t line);
void answers_fini(struct answers *a);
/* What was read. */
void answers_take(struct answers *a, const char *p, size_t len);

#endif

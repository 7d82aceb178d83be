/*
 * `tagweir replay` as what the server is measured against: how many posts a second it decides, once
 * it has loaded its rules.
 */
#ifndef BENCH_PROGRAMS_REPLAY_H
#define BENCH_PROGRAMS_REPLAY_H

#include "programs/feed.h"

/* Where its records go. */
enum sink {
    SINK_PIPE, /* which this process reads, and checks as it checks what a server answers */
    SINK_NULL, /* /dev/null */
    NSINKS
};

struct replay {
    const char *tagweir, *rules, *clock; /* `--clock` */
    const struct feed *feed;
    const char *file; /* that has the feed `times` times */
    size_t times;
    int core;
};

struct replay_time {
    double seconds, cpu; /* from its start to its end; what it ran of that */
};

/* With the file named n times. The end if it fails, or if its records are not what is owed. */
struct replay_time replay_run(const struct replay *r, enum sink sink, size_t n);

/*
 * Of n files, without start, loading and end: a run of 1 + n files less a run of one.
 */
struct replay_time replay_time(const struct replay *r, enum sink sink, size_t n);

/* Posts in n files: answers that a server would owe. */
double replay_posts(const struct replay *r, size_t n);

#endif

/*
 * `tagweir replay` as what others are measured against, and as what is measured: its records are
 * checked as answers of a server are.
 */
#ifndef BENCH_PROGRAMS_REPLAY_H
#define BENCH_PROGRAMS_REPLAY_H

#include "programs/feed.h"

/* Where its records go. */
enum sink {
    SINK_PIPE, /* which this process reads and checks meanwhile */
    SINK_FILE, /* in the workplace, which is checked when all is over */
    SINK_NULL  /* /dev/null */
};

struct replay {
    const char *tagweir, *rules, *clock; /* `--clock` */
    const char *threads;                 /* `--threads`; NULL: not said */
    const struct feed *feed;
    int core;
};

struct run_time {
    double seconds, cpu; /* from its start to its end; what it ran of that, on all cores */
};

#define FAULT_MAX 600

/*
 * Over so many files, which hold so many lines of the feed, from the first, again and again.
 * @return false: it failed, or its records are not what is owed; `fault` says how.
 */
bool replay_run(const struct replay *r, enum sink sink, const char *const *files, size_t nfiles,
                uint64_t nlines, struct run_time *time, char fault[FAULT_MAX]);

#endif

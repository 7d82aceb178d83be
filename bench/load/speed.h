/*
 * How fast the server is beside what else decides the same posts by the same rules, one after the
 * other on one core: the baseline server through the same socket, and replay.
 */
#ifndef BENCH_LOAD_SPEED_H
#define BENCH_LOAD_SPEED_H

#include "load/setting.h"
#include "measure.h"

/* Who takes part; the rest of the name is for people. */
#define SPEED_SIDES(X)                                                                             \
    X(SERVE, "serve", "tagweir serve, one worker")                                                 \
    X(BASELINE, "baseline", "bufferevent and evbuffer_readln")                                     \
    X(REPLAY, "replay", "tagweir replay, records through a pipe")                                  \
    X(REPLAY_NULL, "replay-null", "tagweir replay, records to /dev/null")

enum speed_side {
#define X(name, text, about) SPEED_##name,
    SPEED_SIDES(X)
#undef X
        SPEED_NSIDES
};

const char *speed_side_name(enum speed_side s);
const char *speed_side_about(enum speed_side s);

struct speed {
    size_t nrules;
    size_t nlines, nbytes;               /* of the feed */
    uint64_t ncompared;                  /* bytes of answers that were the same from both servers */
    struct samples rate[SPEED_NSIDES];   /* posts a second */
    struct samples cpu_ns[SPEED_NSIDES]; /* CPU time of a post, the system's for it included */
    struct samples server[SPEED_NSIDES]; /* of servers: share of the time in which it ran */
    struct samples client[SPEED_NSIDES]; /* and the client */
    char fault[600];                     /* what makes all of it worthless; "": nothing */
};

/* Which of them to measure: bits 1 << speed_side. false: `fault` says what is wrong. */
bool speed_measure(const struct setting *s, size_t nrules, unsigned sides, struct speed *out);

#endif

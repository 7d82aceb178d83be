/*
 * Replay beside others that go over the same posts, in interleaved rounds.
 */
#ifndef BENCH_REPLAY_RACE_H
#define BENCH_REPLAY_RACE_H

#include "measure.h"
#include "programs/material.h"
#include "programs/process.h"
#include "programs/replay.h"
#include "replay/portion.h"

/* Posts and rules. */
#define RACES(X)                                                                                   \
    X(TWEETS, "tweets", "real tweets")                                                             \
    X(SMALL, "small", "small posts")                                                               \
    X(LITERALS, "literals", "small posts, literals alone")                                         \
    X(REGEXES, "regexes", "small posts, regexes alone")

enum race_kind {
#define X(name, text, about) RACE_##name,
    RACES(X)
#undef X
        NRACES
};

/* Who goes over them; the rest of the name is for people. */
#define SIDES(X)                                                                                   \
    X(REPLAY, "replay", "tagweir replay")                                                          \
    X(FEW, "replay-few", "tagweir replay, few rules")                                              \
    X(ONDEMAND, "on-demand", "simdjson On-Demand, reading alone")                                  \
    X(GREP, "grep", "grep -c -F -f")                                                               \
    X(RG, "rg", "rg -c -f")                                                                        \
    X(ONE, "threads-1", "tagweir replay --threads 1, one core, to a file")                         \
    X(TWO, "threads-2", "tagweir replay --threads 2, two cores, to a file")                        \
    X(GZIP_ONE, "gzip-1", "the same of a feed packed by gzip, 1")                                  \
    X(GZIP_TWO, "gzip-2", "2")                                                                     \
    X(ZSTD_ONE, "zstd-1", "the same of a feed packed by zstd, 1")                                  \
    X(ZSTD_TWO, "zstd-2", "2")

enum side {
#define X(name, text, about) SIDE_##name,
    SIDES(X)
#undef X
        NSIDES
};

const char *race_name(enum race_kind k);
const char *race_about(enum race_kind k);
const char *side_name(enum side s);
const char *side_about(enum side s);

/* What a measurement is made with. */
struct track {
    char tagweir[4096], ondemand[4096];
    const char *grep, *rg;
    struct material material; /* `feed_file`: the tweets */
    size_t nmany, nfew, nliterals, nregexes;
    size_t nbytes; /* of each feed, at least */
    struct cores cores;
    unsigned rounds;
    bool progress; /* say on standard error what is under way */
};

struct race {
    enum race_kind kind;
    char missing[256]; /* why there is none; "": there is */
    size_t nmany, nfew;
    uint64_t nlines;               /* that a round goes over */
    uint64_t nslow;                /* those that are too slow for all of them get so many */
    size_t nbytes;                 /* of nlines */
    struct samples rate[NSIDES];   /* posts a second */
    struct samples cpu_ns[NSIDES]; /* CPU time of a post, on all cores */
    char absent[NSIDES][256];      /* why a side took no part; "": it did, or nobody asked */
    char fault[NSIDES][FAULT_MAX]; /* what makes its times worthless; "": nothing */
};

/* Which sides to measure: bits 1 << side. What another side did wrong stops no race. */
void race_measure(const struct track *t, enum race_kind kind, unsigned sides, struct race *out);

#endif

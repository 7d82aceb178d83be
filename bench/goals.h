/*
 * How fast it must be: each goal a ratio of two things measured in one run.
 */
#ifndef BENCH_GOALS_H
#define BENCH_GOALS_H

#include "plan.h"
#include "requirement.h"
#include "results.h"

/* How the ratio is made. */
enum goal_kind {
    GOAL_SPEED,   /* a token's cost for the fastest of the peers, over that for us: the least */
    GOAL_VARIANT, /* our cost with the second variant of the workload over the first: the most */
    GOAL_MEMORY,  /* resident bytes over those of the literals */
    GOAL_LOAD     /* our time to load over the peer's to compile */
};

struct goal {
    struct target target; /* first, for goal_of */
    enum goal_kind kind;
    const char *us;
    const char *peers[4];
    enum workload workloads[3]; /* ended by NWORKLOADS, unless full */
    size_t sizes[2];            /* 0: there is but one */
    enum stream streams[2];     /* STREAM_NONE: there is but one, or none */
    bool first_sight;           /* of a peer that learns: on tokens never seen before */
};

extern const struct goal goals[];
extern const size_t ngoals;

/* A target_fn. */
const struct target *goal_target(size_t i);
const struct goal *goal_of(const struct target *t);
/* Add what must be measured for it. */
void goal_plan(const struct goal *g, struct plan *p);

struct target_value goal_measure(const struct goal *g, const struct results *r);
/* The values of all that is required. */
void goals_measure(const struct requirements *q, const struct results *r,
                   struct target_value v[MAX_REQUIREMENTS]);

#endif

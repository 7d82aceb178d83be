/*
 * How fast it must be: each goal a ratio of two things measured in one run.
 */
#ifndef BENCH_GOALS_H
#define BENCH_GOALS_H

#include "plan.h"
#include "results.h"

/* How the ratio is made. */
enum goal_kind {
    GOAL_SPEED,   /* a token's cost for the fastest of the peers, over that for us: the least */
    GOAL_VARIANT, /* our cost with the second variant of the workload over the first: the most */
    GOAL_MEMORY,  /* resident bytes over those of the literals */
    GOAL_LOAD     /* our time to load over the peer's to compile */
};

struct goal {
    const char *id;   /* "M3b.zipf": the goal, and which part of it */
    const char *what; /* for people */
    enum goal_kind kind;
    double least, aim;
    const char *us;
    const char *peers[4];
    enum workload workloads[3]; /* ended by NWORKLOADS, unless full */
    size_t sizes[2];            /* 0: there is but one */
    enum stream streams[2];     /* STREAM_NONE: there is but one, or none */
    bool first_sight;           /* of a peer that learns: on tokens never seen before */
};

extern const struct goal goals[];
extern const size_t ngoals;

/* Is less better? */
bool goal_at_most(const struct goal *g);
/* Add what must be measured for it. */
void goal_plan(const struct goal *g, struct plan *p);

struct goal_value {
    bool measured;
    double value;
    char where[128]; /* the case that decided, or that has no value */
    char why[512];   /* it has none */
};

struct goal_value goal_measure(const struct goal *g, const struct results *r);

/* What --require asks for. */
struct requirement {
    const struct goal *goal;
    double bound; /* what it must reach: `least` unless said otherwise */
};

#define MAX_REQUIREMENTS 64

struct requirements {
    struct requirement v[MAX_REQUIREMENTS];
    size_t n;
};

/*
 * "all", "M3b", "M3b.zipf", "M1>=3". false: it is none; what is wrong goes to `why`.
 */
bool requirements_add(struct requirements *r, const char *text, char *why, size_t cap);
bool requirement_met(const struct requirement *r, const struct goal_value *v);

#endif

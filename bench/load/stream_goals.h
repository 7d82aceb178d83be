/*
 * How fast the server must be: ratios of what was measured in one run.
 */
#ifndef BENCH_LOAD_STREAM_GOALS_H
#define BENCH_LOAD_STREAM_GOALS_H

#include "load/reload.h"
#include "load/speed.h"
#include "requirement.h"

#define MAX_SPEEDS 16

/* All that was measured for goals. */
struct figures {
    const char *missing;             /* why nothing can be measured here; NULL: it can */
    struct speed speeds[MAX_SPEEDS]; /* a rule set each */
    size_t nspeeds;
    struct reload reloads[RELOAD_NKINDS];
    bool has_reload[RELOAD_NKINDS];
};

/* A target_fn. */
const struct target *stream_goal(size_t i);

/* What must be measured for what is required: sides of speed_measure; 0: none. */
unsigned stream_goals_sides(const struct requirements *q);
bool stream_goals_reload(const struct requirements *q, enum reload_kind kind);

void stream_goals_measure(const struct requirements *q, const struct figures *f,
                          struct target_value v[MAX_REQUIREMENTS]);

#endif

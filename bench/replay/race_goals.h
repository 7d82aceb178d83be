/*
 * How fast replay must be: ratios of what was measured in one race.
 */
#ifndef BENCH_REPLAY_RACE_GOALS_H
#define BENCH_REPLAY_RACE_GOALS_H

#include "replay/race.h"
#include "requirement.h"

/* All that was measured. */
struct outcome {
    const char *missing; /* why nothing can be measured here; NULL: it can */
    struct race races[NRACES];
    bool has_race[NRACES];
};

/* A target_fn. */
const struct target *race_goal(size_t i);

/* Sides that must be measured for what is required, or for all goals where nothing is: of
   race_measure; 0: none. */
unsigned race_goals_sides(const struct requirements *q, enum race_kind kind);

void race_goals_measure(const struct requirements *q, const struct outcome *o,
                        struct target_value v[MAX_REQUIREMENTS]);

#endif

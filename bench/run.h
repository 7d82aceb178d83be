/*
 * Carrying out a plan.
 */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include "plan.h"
#include "results.h"
#include "world.h"

struct run {
    struct world *world;
    unsigned nrounds;
    double round_s, check_s; /* as in struct contest */
    bool quick;              /* engines that compile slowly get a tenth of the rules at most */
    struct results results;
    /* Called for each rule set and stream once its figures are there: rows [first, results.n). */
    void (*tell)(const struct run *run, const struct rules *rules, size_t first);
    bool progress; /* say on standard error what is under way */
};

/* false: engines disagree; it was said which. */
bool run_plan(struct run *run, const struct plan *plan);

#endif

/*
 * Which rule sets are made, on which streams, with which engines.
 */
#ifndef BENCH_PLAN_H
#define BENCH_PLAN_H

#include "engine.h"
#include "tokens.h"

#define MAX_ENGINES 32

struct planned {
    enum workload workload;
    size_t nrules;
    bool streams[NSTREAMS];
    bool engines[MAX_ENGINES]; /* by their place in engines[] */
};

/* Zero-initialise. */
struct plan {
    struct planned *v;
    size_t n, cap;
};

/* Add, or widen what is there; with STREAM_NONE the engine is compiled, not timed. */
void plan_add(struct plan *p, enum workload w, size_t nrules, enum stream s,
              const struct engine *e);
/* In the order of the tables: by workload, then by size. */
void plan_sort(struct plan *p);
void plan_fini(struct plan *p);

/* Does this engine take part in this workload unless it is asked for by name? */
bool plan_suits(enum workload w, const struct engine *e);
/* Is it there to be compared with only, not to be timed? */
bool plan_only_checks(enum workload w, const struct engine *e);

#endif

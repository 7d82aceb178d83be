/*
 * What was measured, for people and for machines.
 */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "folding.h"
#include "goals.h"
#include "run.h"

/* The table of one contest: rows [first, r->n). */
void report_contest(const struct run *run, const struct rules *rules, size_t first);
void report_folding(const struct folding f[NFOLDINGS]);
/* Cost by number of rules, as a table of engines: one for each workload. */
void report_summary(const struct results *r);
/* Engines, workloads, streams, goals. */
void report_list(void);

struct report {
    const struct run *run;
    const struct requirements *requirements;
    const struct target_value *values; /* of each of them */
    const struct folding *folding;     /* NULL: not measured */
};

/* All of it, every sample, as one JSON object. false: the file could not be written. */
bool report_json(const struct report *report, const char *path);

#endif

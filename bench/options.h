/*
 * The command line of `tagweir-bench match`.
 */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include "goals.h"

#define MAX_SIZES 16

struct options {
    bool workloads[NWORKLOADS], streams[NSTREAMS], engines[MAX_ENGINES];
    bool chose_workloads, chose_streams, chose_engines; /* said on the command line */
    size_t sizes[MAX_SIZES], nsizes;
    uint64_t seed;
    unsigned rounds; /* 0: not said */
    size_t ntokens;
    size_t count; /* 0: not said */
    const char *json, *svg;
    struct requirements requirements;
    bool quick, list;
};

/* -1: go on. Else help was given, or usage was wrong and it was said how: the exit code. */
int options_read(struct options *o, int argc, char **argv);
/* What they ask for: what is said by name, else what goals need, else the usual matrix. */
void options_plan(const struct options *o, struct plan *p);

#endif

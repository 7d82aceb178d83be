/*
 * The command line of `tagweir-bench load`.
 */
#ifndef BENCH_LOAD_OPTIONS_H
#define BENCH_LOAD_OPTIONS_H

#include "load/setting.h"
#include "requirement.h"

#define MAX_SET_SIZES 16

struct load_options {
    struct setting setting;
    const char *connect, *serve; /* NULL: not said */
    bool baseline;               /* start the baseline server instead of ours */
    const char *workers;
    size_t sizes[MAX_SET_SIZES], nsizes;
    size_t nliterals; /* of the lists that are reloaded */
    bool pin;
    struct requirements requirements;
    const char *json;
    bool list;
};

/* -1: go on. Else help was given, or usage was wrong and it was said how: the exit code. */
int load_options_read(struct load_options *o, int argc, char **argv);

#endif

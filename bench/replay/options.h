/*
 * The command line of `tagweir-bench replay`.
 */
#ifndef BENCH_REPLAY_OPTIONS_H
#define BENCH_REPLAY_OPTIONS_H

#include "replay/race.h"
#include "requirement.h"

struct replay_options {
    struct track track;
    char tweets[4096];
    struct requirements requirements;
    const char *json;
    bool list;
};

/* -1: go on. Else help was given, or usage was wrong and it was said how: the exit code. */
int replay_options_read(struct replay_options *o, int argc, char **argv);

#endif

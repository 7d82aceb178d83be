/*
 * Rule sets for the servers: drawn as for `match`, written as a user would write them, compiled by
 * the program.
 */
#ifndef BENCH_PROGRAMS_SETS_H
#define BENCH_PROGRAMS_SETS_H

#include "programs/workplace.h"
#include "rules.h"

struct set {
    char sources[WORKPLACE_PATH_MAX];  /* a folder of rule files */
    char compiled[WORKPLACE_PATH_MAX]; /* a file, .tws */
    uint64_t digest;                   /* as watch_number has it */
};

/* "": the program beside this one takes its place. The end if there is no such program. */
void sets_find_tagweir(char path[4096]);

/* @param name  Of its files in the workplace. */
void sets_make(struct set *s, const char *tagweir, const char *name, const struct rules *rules);

/*
 * A rule set under a name at which another one takes its place in one step, as a user replaces
 * rules: `compiled` as a file, else `sources` as a folder.
 */
struct place {
    char path[WORKPLACE_PATH_MAX];
    bool is_compiled;
};

void place_put(const struct place *p, const struct set *s);

#endif

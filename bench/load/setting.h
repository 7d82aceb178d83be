/*
 * What a measurement is made with: as the command line asked for it, or as the goals need it.
 */
#ifndef BENCH_LOAD_SETTING_H
#define BENCH_LOAD_SETTING_H

#include "load/client.h"
#include "programs/material.h"
#include "programs/process.h"

struct setting {
    char tagweir[4096];
    struct material material;
    struct load load;   /* as far as it is known; `to` and `feed` are set where it is run */
    struct cores cores; /* -1 where nobody is pinned */
    unsigned rounds;    /* 0: not said */
    bool progress;      /* say on standard error what is under way */
};

/* `tagweir serve`, or the baseline, with rules; and what ends their arguments. */
#define SETTING_ARGUMENTS 12
void setting_serve(const struct setting *s, const char *rules, const char *workers,
                   const char *argv[SETTING_ARGUMENTS]);
void setting_baseline(const char *rules, const char *argv[SETTING_ARGUMENTS]);

/* On standard error, in place of what was said before; NULL: nothing more. */
void setting_progress(const struct setting *s, const char *what);

#endif

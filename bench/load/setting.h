/*
 * What a measurement is made with: as the command line asked for it, or as the goals need it.
 */
#ifndef BENCH_LOAD_SETTING_H
#define BENCH_LOAD_SETTING_H

#include "load/client.h"
#include "load/process.h"
#include "load/sets.h"
#include "world.h"

/* The time that is decided for: one, so that answers of all servers and runs are the same bytes. */
#define LOAD_CLOCK "2021-02-01T07:00:00Z"

struct setting {
    char tagweir[4096];
    const char *feed_file; /* NULL: made-up posts */
    size_t nposts;         /* made up */
    enum workload workload;
    enum stream stream; /* of the tags of made-up posts: zipf or unique */
    uint64_t seed;
    struct load load;   /* as far as it is known; `to` and `feed` are set where it is run */
    struct cores cores; /* -1 where nobody is pinned */
    unsigned rounds;    /* 0: not said */
    bool progress;      /* say on standard error what is under way */
};

/* The world that tags and rules are drawn from, large enough for so many rules. */
void setting_world(const struct setting *s, struct world *w, size_t nrules);
/* The feed: read, or made up of the world's tags. */
void setting_feed(const struct setting *s, struct world *w, struct feed *f);
/* Draws rules. The end if there are not enough tags for so many. */
void setting_rules(const struct setting *s, struct world *w, enum workload workload, size_t n,
                   struct rules *out);

/* `tagweir serve`, or the baseline, with rules; and what ends their arguments. */
#define SETTING_ARGUMENTS 12
void setting_serve(const struct setting *s, const char *rules, const char *workers,
                   const char *argv[SETTING_ARGUMENTS]);
void setting_baseline(const char *rules, const char *argv[SETTING_ARGUMENTS]);

/* On standard error, in place of what was said before; NULL: nothing more. */
void setting_progress(const struct setting *s, const char *what);

#endif

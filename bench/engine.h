/*
 * What a matcher must offer to be measured: made from rules, asked for tokens.
 *
 * How to add one: a file with a `const struct engine`, a line in engines.c.
 */
#ifndef BENCH_ENGINE_H
#define BENCH_ENGINE_H

#include "rules.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A token matches a rule; once for each such pair, in any order. `token` counts from the first one
   of the call, `rule` is the rule's id. */
typedef void (*hit_fn)(void *arg, uint32_t token, uint32_t rule);

/* How many rules an engine treats how, where it can tell. */
struct classes {
    size_t literal, prefix, factor, factorless;
};

/* What became of compiling, and of loading. Seconds are CPU time of what is the engine's own work:
   not of putting the rules into the form it wants, which a user would have at hand. */
struct compiled {
    void *context;       /* to match with; NULL: not made yet, or it failed */
    double seconds;      /* of compiling */
    double load_seconds; /* of loading */
    size_t nbytes;       /* of the tables that matching reads, where it can tell; 0: it cannot */
    char file[TEMPORARY_MAX]; /* what is to be loaded */
    char why[256];            /* it failed */
};

struct engine {
    const char *name;             /* for --engines, JSON and goals */
    const char *title;            /* for people */
    const char *about;            /* a line of --list */
    const char *(*version)(void); /* of what it stands on */
    const char *absent;           /* NULL: it is built in; else why it is not */
    size_t most_rules; /* with more it does not compile in reasonable time; 0: any number */
    bool learns;       /* faster on tokens it has seen: run untimed over each slice first, and told
                          apart from what it does on first sight */
    void (*compile)(const struct rules *rules, struct compiled *out);
    /* NULL: compiling makes the context. Else it makes a file, with the rules' sources out of
       sight, and leaves nothing else behind, memory neither; this makes a context of the file, as
       often as it is called. The file is its caller's to remove. */
    void (*load)(struct compiled *c);
    /* The tokens lie as struct tokens says. */
    void (*match)(void *context, const weir_span *tokens, size_t n, hit_fn hit, void *arg);
    bool (*classes)(const void *context, struct classes *out); /* NULL: cannot tell */
    void (*free)(void *context);
};

extern const struct engine *const engines[];
extern const size_t nengines;

/* NULL: there is none of that name. */
const struct engine *engine_find(weir_span name);

/* Seconds of CPU time that this thread has used. */
double thread_seconds(void);

#ifdef __cplusplus
}
#endif
#endif

/*
 * Targets, and what --require asks of them: of `match` and `load` alike.
 */
#ifndef BENCH_REQUIREMENT_H
#define BENCH_REQUIREMENT_H

#include "util.h"

/* A ratio that must be reached. */
struct target {
    const char *id;   /* "M3b.zipf": the goal, and which part of it */
    const char *what; /* for people */
    bool at_most;     /* less is better */
    double least, aim;
};

/* The i-th of a command's targets; NULL: there are no more. */
typedef const struct target *target_fn(size_t i);

struct target_value {
    bool measured;
    bool excused; /* it misses `least`, and meets what the goal takes instead */
    double value;
    char where[128]; /* the case that decided, or that has no value */
    char why[512];   /* it has none */
};

struct requirement {
    const struct target *target;
    double bound; /* what it must reach: `least` unless said otherwise */
};

#define MAX_REQUIREMENTS 64

struct requirements {
    struct requirement v[MAX_REQUIREMENTS];
    size_t n;
};

/*
 * "all", "M3b", "M3b.zipf", "M1>=3". false: it is none; what is wrong goes to `why`.
 */
bool requirements_add(struct requirements *r, target_fn *targets, const char *text, char *why,
                      size_t cap);
/* A value of --require. What is none ends the program as bad usage. */
void requirements_take(struct requirements *r, target_fn *targets, const char *text);
/* An excuse counts where no other bound was asked for. */
bool requirement_met(const struct requirement *r, const struct target_value *v);

/* A table. `v` has a value for each. @return how many are not met, or not known to be. */
size_t requirements_print(const struct requirements *r, const struct target_value *v);
/* `,"goals":[…]` */
void requirements_put_json(const struct requirements *r, const struct target_value *v,
                           weir_buf *out);
/* What there is, for --list. */
void targets_print(target_fn *targets);

#endif

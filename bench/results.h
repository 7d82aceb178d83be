/*
 * What was measured: one row for each engine, rule set and stream.
 */
#ifndef BENCH_RESULTS_H
#define BENCH_RESULTS_H

#include "contest.h"

struct result {
    enum workload workload;
    size_t variant;
    size_t nrules;
    enum stream stream; /* STREAM_NONE: compiled, not timed */
    const struct engine *engine;
    bool check_only;
    char missing[256]; /* why there is no figure; empty: there is */
    /* of compiling */
    struct spread compile_s, load_s;
    size_t heap, resident, table; /* bytes; table as the engine tells it, 0: it does not */
    size_t rule_bytes;            /* of the rules' texts */
    bool has_classes;
    struct classes classes;
    /* of the stream */
    size_t stream_tokens;
    double hits; /* rules that match a token */
    size_t npairs;
    struct timing timing;
};

struct results {
    struct result *v;
    size_t n, cap;
};

struct result *results_add(struct results *r);
/* NULL: not measured. Of several streams, with STREAM_NONE, any. */
const struct result *results_find(const struct results *r, enum workload w, size_t variant,
                                  size_t nrules, enum stream s, const struct engine *e);
void results_fini(struct results *r);

#endif

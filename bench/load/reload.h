/*
 * What a reload of a long list costs those whose posts are decided meanwhile: answer times in the
 * open loop, at half the highest rate, while the rules are replaced again and again, beside those
 * while they are not.
 */
#ifndef BENCH_LOAD_RELOAD_H
#define BENCH_LOAD_RELOAD_H

#include "load/setting.h"
#include "measure.h"

#define RELOAD_PERCENTILE 99.9

/* What is reloaded. */
enum reload_kind {
    RELOAD_COMPILED, /* a compiled set, which is mapped */
    RELOAD_SOURCES,  /* a list file, which the server compiles */
    RELOAD_NKINDS
};

const char *reload_kind_name(enum reload_kind k);
const char *reload_kind_about(enum reload_kind k); /* for people */

struct reload {
    enum reload_kind kind;
    size_t nrules;
    double highest, rate;       /* posts a second: of the closed loop; of what follows */
    struct samples calm, under; /* ns: the percentile, without reloads and with them */
    struct samples seconds;     /* that the reloads took, from the signal to the first answer */
    size_t nreloads;            /* in all rounds */
    uint64_t unsent;            /* the rate was not reached */
    char fault[600];            /* what makes all of it worthless; "": nothing */
    char missing[256];          /* why it cannot be measured; "": it was */
};

/* false: `fault` or `missing` says why not. */
bool reload_measure(const struct setting *s, enum reload_kind kind, size_t nrules,
                    struct reload *out);

#endif

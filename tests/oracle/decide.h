/*
 * Between decide.c and record.c: a decision.
 */
#ifndef WEIR_ORACLE_DECIDE_H
#define WEIR_ORACLE_DECIDE_H

#include "oracle.h"

enum state {
    S_OFF,
    S_NOT_IN_FORCE,
    S_LIMIT,
    S_NO_MATCH,
    S_EXCEPTED,
    S_HELD_BACK,
    S_OBSERVED,
    S_EXEMPTED,
    S_OUTRANKED,
    S_MATCHED,
    NSTATES
};

#define NO_RULE SIZE_MAX
#define NPARTS 3 /* the post, the original it reposts, that one's original */

/* One of the posts decided together, and what each rule is on it, before any region is asked. */
struct part {
    size_t index;
    const struct post *post;
    enum state *states; /* S_MATCHED: a candidate */
    struct match *matches;
};

struct act {
    size_t rule; /* NO_RULE: none */
    const struct part *part;
};

struct resolution {
    enum action action;
    struct act withhold, surface[NSURFACES];
    enum state *state; /* of each rule */
    size_t *by;        /* of an exempted one: the allow */
};

struct exemption {
    size_t rule, by;
};

struct region_outcome {
    int region;
    struct resolution of_part[NPARTS], joined;
    struct exemption *exempted; /* by restriction, then by allow; each once */
    size_t nexempted;
};

struct decision {
    const struct post *post;
    int64_t at;
    struct part parts[NPARTS];
    size_t nparts;
    struct region_outcome *regions; /* XX first, then bytewise; or the one a query asks about */
    size_t nregions;
    bool one_region;
    bool limit_tags;
    const struct post *quoted;
};
void decide_post(const struct ruleset *rs, const struct post *post, int64_t at,
                 struct decision *out);

#endif

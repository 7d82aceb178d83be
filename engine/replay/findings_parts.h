/*
 * What findings.c counts and findings_read.c reads.
 */
#ifndef WEIR_REPLAY_FINDINGS_PARTS_H
#define WEIR_REPLAY_FINDINGS_PARTS_H

#include "replay/findings.h"

#define FINDINGS_MAGIC 0xF14D1245u

/* The first byte of a row's key. */
enum findings_table {
    OF_ALL = 1,
    OF_ALL_AUTHORS,
    OF_REGION,
    OF_REGION_AUTHORS,
    OF_ORDER,
    OF_ORDER_AUTHORS,
    OF_ORDER_EXEMPTED,
    OF_RULE,
    OF_EXEMPTION,
    OF_BESIDE,
    OF_POSTS_WITH,
};

struct findings {
    uint32_t magic;
    const struct findings_plan *plan;
    struct headcount *counts;
    struct course *course;
    uint64_t posts, lost;
    int64_t from_ms, until_ms; /* of decisions */
    /* What is done under which orders, of the post that is taken. */
    struct findings_touched {
        uint32_t order;
        weir_action action;
        bool exempted;
    } * touched;
    size_t ntouched, touched_cap;
};

/* A post that a confidential rule matches tells of no others that they were outranked by it. That
   they acted, or that their exceptions matched, is no matter of other rules, and told of any post.
   */
bool findings_trace_is_open(const weir_decision *d);
/* findings_aside.c: rules with a part in what a post quotes. headcount_begin was called for it. */
void findings_take_quoted(struct findings *f, const weir_decision *d);

static inline struct headcount_key
findings_key(enum findings_table table, uint64_t what, uint64_t whose)
{
    return (struct headcount_key){.what = (uint64_t)table << 56 | what, .whose = whose};
}

#endif

/*
 * Memo: what keys were found to match, by the bytes of the key. One thread's, bounded, dropped with
 * the rule set.
 *
 * Tags repeat, but an attacker's need not: the memo counts how often it knows the answer, and rests
 * while that is seldom. A cell is one cache line, and belongs to the key that came last: keys that
 * are made to collide cost what no memo would cost, and nothing that is found depends on it.
 */
#ifndef WEIR_MATCH_MEMO_H
#define WEIR_MATCH_MEMO_H

#include <tagweir/common.h>

#define WEIR__MEMO_KEY_MAX 41
#define WEIR__MEMO_SETS 3

struct weir__memo_cell {
    uint64_t hash; /* of the key in its space */
    uint32_t sets[WEIR__MEMO_SETS];
    uint8_t nsets, space, len; /* len 0: free */
    char key[WEIR__MEMO_KEY_MAX];
};

_Static_assert(sizeof(struct weir__memo_cell) == 64, "a cell is a cache line");

struct weir__memo {
    struct weir__memo_cell *cells; /* NULL: there is none */
    unsigned shift;
    uint64_t seed; /* nobody outside knows which keys share a cell */
    bool rests;
    uint32_t asked, known; /* in this round */
};

/* WEIR_E_NOMEM. */
weir_status weir__memo_init(struct weir__memo *m, unsigned bits);
void weir__memo_fini(struct weir__memo *m);
/* Counts n keys, and goes to rest or wakes up where the counts say so. */
void weir__memo_count(struct weir__memo *m, size_t n, size_t known);

static inline struct weir__memo_cell *
weir__memo_cell(const struct weir__memo *m, uint64_t hash)
{
    return &m->cells[(hash ^ m->seed) * UINT64_C(0x9E3779B97F4A7C15) >> m->shift];
}

#endif

/*
 * The insides of redoing: redo.c does what threads do, redo_settle.c what is done behind them.
 */
#ifndef WEIR_REPLAY_REDO_PARTS_H
#define WEIR_REPLAY_REDO_PARTS_H

#include "replay/redo.h"

struct redo_list;

/* A record that a post did not give; another one may. */
struct redo_doubt {
    uint64_t entry; /* its number */
    uint64_t content;
    struct redo_list *rules; /* that it is about */
    uint32_t result;         /* enum again_result */
    bool holds;              /* nothing else explains the record */
};

/* The rules that two records of a post differ by: equal lists are one. NULL: no memory. */
struct redo_list *redo_list(struct redo *r, weir_span record, weir_span made);
/* A difference is about these. */
void redo_count_rules(struct redo_list *l);
/* To r->rules; r->nomem where there is no memory. */
void redo_sum_rules(struct redo *r);
void redo_free_lists(struct redo *r);

#endif

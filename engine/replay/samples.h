/*
 * Samples: of each row of a headcount the first few posts, in the order of the input.
 *
 * Threads note them as facts; whoever takes results in the order of the input keeps the first. A
 * thread meets posts in their order, too, so that it need not note more of a row than are kept.
 */
#ifndef WEIR_REPLAY_SAMPLES_H
#define WEIR_REPLAY_SAMPLES_H

#include "replay/headcount.h"

struct sample {
    weir_span post, author; /* its id; its author as a record writes it, empty: not known */
    const char *by;         /* the selector by which a rule acted on it; NULL: not known */
    weir_span value;        /* on which value */
};

struct samples;

/* @param most  That are kept of each row. @return NULL without memory. */
struct samples *samples_new(size_t most);
void samples_free(struct samples *s);

/* @param act  NULL: not known. */
void samples_note(struct headcount_key key, const weir_post *post, const weir_act *act,
                  weir_buf *facts);
/* Keep of what was noted what belongs to the first. @return false without memory. */
bool samples_take(struct samples *s, const weir_buf *facts);
/* Those of a row; the samples' own. */
const struct sample *samples_find(const struct samples *s, struct headcount_key key, size_t *n);

#endif

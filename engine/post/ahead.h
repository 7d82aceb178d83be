/*
 * Texts that are scanned together. Stage 1 has a price for each text, which for a small one is more
 * than what it costs to read it.
 */
#ifndef WEIR_POST_AHEAD_H
#define WEIR_POST_AHEAD_H

#include "post/json.h"

struct weir__ahead {
    weir_span left;             /* lines that were announced, and not scanned yet */
    const char *end;            /* of the block that was scanned; NULL: none is there */
    struct weir__tokens tokens; /* of it, from the next text's on, or from one before it */
};

/* The lines that come now, one behind the other, with newlines between them. */
void weir__ahead_begin(struct weir__ahead *a, weir_span lines);
/* Nothing comes of them. */
void weir__ahead_end(struct weir__ahead *a);
/* What was scanned is no more; those that were not can still be. */
void weir__ahead_drop(struct weir__ahead *a);
/*
 * The tokens of a text, from its first on, until the scanner is used by another. What was announced
 * before it is past.
 * @return false: it is not among the lines, or has nothing to be scanned together with, or does not
 *         begin with a token, or some text of its block is malformed: it is to be scanned by
 * itself.
 */
bool weir__ahead_find(struct weir__ahead *a, struct weir__scanner *s, weir_span text,
                      struct weir__tokens *out);
/* So many of these tokens are the text's: the next one's are behind them. */
void weir__ahead_pass(struct weir__ahead *a, uint32_t n);

#endif

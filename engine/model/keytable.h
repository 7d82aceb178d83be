/*
 * Key table: from (space, key) to the selectors that list the key literally. Built with uthash by
 * the compiler, frozen flat, then only read.
 */
#ifndef WEIR_MODEL_KEYTABLE_H
#define WEIR_MODEL_KEYTABLE_H

#include "base/arena.h"
#include "model/rule.h"

struct weir__keytable;         /* frozen; immutable; lives in the rule set's arena */
struct weir__keytable_builder; /* one thread, while compiling */

/* Everything the builder holds is in `work` (an arena with on_oom set) but uthash's own tables,
   which _free releases; call it also after a jump. */
struct weir__keytable_builder *weir__keytable_builder_new(struct arena *work);
void weir__keytable_builder_free(struct weir__keytable_builder *b);
/* The same selector twice under one key counts once; false: it was there. */
bool weir__keytable_add(struct weir__keytable_builder *b, enum weir__space space, weir_span key,
                        uint32_t selector);
/* Postings come out ascending. */
const struct weir__keytable *weir__keytable_freeze(const struct weir__keytable_builder *b,
                                                   struct arena *into);

struct weir__postings {
    const uint32_t *selectors; /* ids, ascending */
    size_t n;
};

/* n is 0 when no rule lists the key. Never allocates. */
struct weir__postings weir__keytable_find(const struct weir__keytable *t, enum weir__space space,
                                          weir_span key);
/* Does any literal stand in this space? A space without one need not be asked. */
bool weir__keytable_has_space(const struct weir__keytable *t, enum weir__space space);

#endif

/*
 * uthash with short chains: for tables that are asked by post, whose entries lie where memory is
 * slow, so that each one that is passed on the way is waited for. Buckets are doubled when a chain
 * has five entries instead of ten: so there are some four times as many, 20 to 70 bytes for each
 * entry.
 *
 * Whoever includes this says before what it says to uthash.
 */
#ifndef WEIR_FLOW_CHAINS_H
#define WEIR_FLOW_CHAINS_H

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#undef HASH_BKT_CAPACITY_THRESH
#define HASH_BKT_CAPACITY_THRESH 5U

/* What of an entry is looked at while its chain is gone along: with its key, it fits into one line
   of memory, where the entry begins with one. The part of its handle in front of that does not. */
#define CHAINS_LINE 64
#define CHAINS_HANDLE_FRONT offsetof(UT_hash_handle, hh_next)
/* Where pointers are narrower, entries lie otherwise, and are found all the same. */
#define CHAINS_LIE(so, text) _Static_assert(sizeof(void *) != 8 || (so), text)

/* A new entry, of zeroes; for free. NULL without memory. */
static inline void *
chains_new(size_t size)
{
    size_t whole = (size + CHAINS_LINE - 1) & ~(size_t)(CHAINS_LINE - 1);
    void *entry = whole < size ? NULL : aligned_alloc(CHAINS_LINE, whole);

    return entry ? memset(entry, 0, whole) : NULL;
}

/* What will be looked for by this hash: memory is asked for what its chain begins with. The table
   may be NULL. */
static inline void
chains_expect(const UT_hash_table *table, unsigned hash)
{
    const UT_hash_handle *first =
        table ? table->buckets[hash & (table->num_buckets - 1)].hh_head : NULL;

    if (!first)
        return;
    __builtin_prefetch(&first->hh_next);
    __builtin_prefetch((const char *)first - table->hho);
}

#endif

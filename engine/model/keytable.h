/*
 * Key table: from (space, key) to what the rules of all regions say of the key.
 *
 * Its first part is the gate, which answers "no region knows this key" from one cache line: eight
 * keys share a bucket of 64 bits, each with one byte of its hash in it. Behind each byte that fits
 * stands an offset into the entries, where the key itself is compared.
 *
 * Built with uthash by the compiler, frozen flat, then only read. The seed is made from the keys:
 * only rule files put keys in, so nobody outside can aim collisions at it, and the same rules give
 * the same table.
 *
 * Tried and dropped: a table of its own for each region behind the gate. A decision needs every
 * region's answer for a key, so it cost a probe a region where one set of selectors with their
 * regions as bit sets costs none; keys that no rule knows never get behind the gate either way.
 */
#ifndef WEIR_MODEL_KEYTABLE_H
#define WEIR_MODEL_KEYTABLE_H

#include "model/postings.h"
#include "model/rule.h"

#include <xxhash.h>

/* Frozen; immutable; lives in the rule set's arena. */
struct weir__keytable {
    const uint64_t *gate;         /* nbuckets; a zero byte: free */
    const uint32_t *refs;         /* 8 a bucket: where in `entries` */
    const unsigned char *entries; /* space, length and set as varints, key; one behind the other */
    uint64_t nbuckets;
    uint64_t seed;
    size_t nentry_bytes;
    uint32_t nkeys;
    bool is_large; /* beyond what caches hold: what stands behind the gate is asked for as well */
    bool has_space[WEIR__NSPACES];
};

struct weir__keytable_builder; /* one thread, while compiling */

/* Everything the builder holds is in `work` (an arena with on_oom set) but uthash's own tables,
   which _free releases; call it also after a jump. */
struct weir__keytable_builder *weir__keytable_builder_new(struct arena *work);
void weir__keytable_builder_free(struct weir__keytable_builder *b);
/* The same selector twice under one key counts once; false: it was there. */
bool weir__keytable_add(struct weir__keytable_builder *b, enum weir__space space, weir_span key,
                        uint32_t selector);
/* The sets of selectors go to `sets`. */
const struct weir__keytable *weir__keytable_freeze(const struct weir__keytable_builder *b,
                                                   struct weir__postings_builder *sets,
                                                   struct arena *into);

static inline uint64_t
weir__keytable_hash(const struct weir__keytable *t, enum weir__space space, weir_span key)
{
    return XXH3_64bits_withSeed(key.p, key.len, t->seed + (uint64_t)space);
}

/* The bucket comes from the upper half of the hash, what stands in the gate from the lowest byte.
 */
static inline uint64_t
weir__keytable_bucket(const struct weir__keytable *t, uint64_t hash)
{
    return (hash >> 32) * t->nbuckets >> 32;
}

static inline void
weir__keytable_prefetch(const struct weir__keytable *t, uint64_t hash)
{
    uint64_t bucket = weir__keytable_bucket(t, hash);

    __builtin_prefetch(t->gate + bucket);
    if (t->is_large)
        __builtin_prefetch(t->refs + 8 * bucket);
}

#define WEIR__EVERY_BYTE UINT64_C(0x0101010101010101)

/* What of the hash stands in the gate; 0 is for free places. */
static inline uint64_t
weir__keytable_mark(uint64_t hash)
{
    return (hash & 0xff) + !(hash & 0xff);
}

/* A high bit for each byte of the bucket that is the mark; above such a byte it may be set falsely,
   and comparing the key says so. */
static inline uint64_t
weir__keytable_fits(uint64_t marks, uint64_t hash)
{
    uint64_t x = marks ^ WEIR__EVERY_BYTE * weir__keytable_mark(hash);

    return (x - WEIR__EVERY_BYTE) & ~x & WEIR__EVERY_BYTE << 7;
}

/* The gate: false says that no region knows the key. */
static inline bool
weir__keytable_may_know(const struct weir__keytable *t, uint64_t hash)
{
    uint64_t marks = t->gate[weir__keytable_bucket(t, hash)];

    return (marks >> 56 | weir__keytable_fits(marks, hash)) != 0;
}

/* The number of the key's set of selectors, or WEIR_NONE. Never allocates. */
uint32_t weir__keytable_find(const struct weir__keytable *t, enum weir__space space, weir_span key,
                             uint64_t hash);
/* The same by walking along all entries: what the gate is compared with. */
uint32_t weir__keytable_scan(const struct weir__keytable *t, enum weir__space space, weir_span key);
/* Does any literal stand in this space? A space without one need not be asked. */
static inline bool
weir__keytable_has_space(const struct weir__keytable *t, enum weir__space space)
{
    return t->has_space[space];
}

#endif

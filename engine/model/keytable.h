/*
 * Key table: from (space, key) to what the rules of all regions say of the key.
 *
 * Its first part is the gate, which answers "no region knows this key" from one cache line: up to
 * seven keys share a bucket of 64 bits, each with one byte of its hash in it; the eighth byte says,
 * for each eighth of the hashes, whether a key went on to the next bucket for want of room. The
 * entries of a bucket lie one behind the other, in the order of its bytes.
 *
 * Built with uthash by the compiler, frozen flat, then only read. The seed is made from the keys:
 * only rule files put keys in, so nobody outside can aim collisions at it, and the same rules give
 * the same table.
 *
 * Tried and dropped: a table of its own for each region behind the gate. A decision needs every
 * region's answer for a key, so it cost a probe a region where one set of selectors with their
 * regions as bit sets costs none; keys that no rule knows never get behind the gate either way.
 * An offset for each key instead of one for each bucket: four bytes a key more, and no faster.
 */
#ifndef WEIR_MODEL_KEYTABLE_H
#define WEIR_MODEL_KEYTABLE_H

#include "model/postings.h"
#include "model/rule.h"

/* Frozen; immutable; lives in the rule set's arena. */
struct weir__keytable {
    const uint64_t *gate;   /* nbuckets; a zero byte: free */
    const uint32_t *first;  /* nbuckets: where a bucket's entries begin */
    const uint8_t *entries; /* each: bytes that follow and belong to it, space, set, key; bytes and
                               set as varints */
    uint64_t nbuckets;
    uint64_t seed;
    size_t nentry_bytes;
    uint32_t nkeys;
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

uint64_t weir__keytable_hash(const struct weir__keytable *t, enum weir__space space, weir_span key);

/* The bucket comes from the upper half of the hash, what stands in the gate from the lowest byte,
   and the eighth of the hashes from above that. */
static inline uint64_t
weir__keytable_bucket(const struct weir__keytable *t, uint64_t hash)
{
    return (hash >> 32) * t->nbuckets >> 32;
}

static inline void
weir__keytable_prefetch_gate(const struct weir__keytable *t, uint64_t hash)
{
    __builtin_prefetch(t->gate + weir__keytable_bucket(t, hash));
}

/* Of a key that the gate has let through: first its bucket's offset, then its entries. */
static inline void
weir__keytable_prefetch_offset(const struct weir__keytable *t, uint64_t hash)
{
    __builtin_prefetch(t->first + weir__keytable_bucket(t, hash));
}

static inline void
weir__keytable_prefetch_entries(const struct weir__keytable *t, uint64_t hash)
{
    const uint8_t *at = t->entries + t->first[weir__keytable_bucket(t, hash)];

    __builtin_prefetch(at);
    __builtin_prefetch(at + 64);
}

#define WEIR__EVERY_BYTE UINT64_C(0x0101010101010101)

/* What of the hash stands in the gate. 0 is for free places; nor is it 1, so that a free place
   never seems to fit below. */
static inline uint64_t
weir__keytable_mark(uint64_t hash)
{
    uint64_t mark = hash & 0xff;

    return mark < 2 ? mark + 2 : mark;
}

/* A high bit for each byte of the bucket that is the mark. Above such a byte it may be set falsely,
   where the byte differs from the mark in its lowest bit: comparing the key says so. */
static inline uint64_t
weir__keytable_fits(uint64_t bucket, uint64_t hash)
{
    uint64_t x = bucket ^ WEIR__EVERY_BYTE * weir__keytable_mark(hash);

    return (x - WEIR__EVERY_BYTE) & ~x & (WEIR__EVERY_BYTE << 7 & ~(UINT64_C(0xff) << 56));
}

/* Where the bucket says whether keys of this hash's eighth went on to the next. */
static inline unsigned
weir__keytable_eighth(uint64_t hash)
{
    return 56 + (unsigned)(hash >> 8 & 7);
}

/* The gate: false says that no region knows the key. */
static inline bool
weir__keytable_may_know(const struct weir__keytable *t, uint64_t hash)
{
    uint64_t bucket = t->gate[weir__keytable_bucket(t, hash)];

    return ((bucket >> weir__keytable_eighth(hash) & 1) | weir__keytable_fits(bucket, hash)) != 0;
}

/* The number of the key's set of selectors, or WEIR_NONE. Never allocates. */
uint32_t weir__keytable_find(const struct weir__keytable *t, enum weir__space space, weir_span key,
                             uint64_t hash);
/* The same by walking along all entries: what the gate is compared with. */
uint32_t weir__keytable_scan(const struct weir__keytable *t, enum weir__space space, weir_span key);
/* Hashes of several keys; the gate is asked for on the way. */
void weir__keytable_hash_all(const struct weir__keytable *t, enum weir__space space,
                             const weir_span *keys, size_t n, uint64_t *hashes);
/* Does any literal stand in this space? A space without one need not be asked. */
static inline bool
weir__keytable_has_space(const struct weir__keytable *t, enum weir__space space)
{
    return t->has_space[space];
}

#endif

/*
 * Key table: gathered in a uthash table, frozen into gate, offsets and entries.
 */
#define XXH_INLINE_ALL /* keys are short: a call to the library costs as much as hashing one */
#include <xxhash.h>

#include "model/keytable.h"

#include "base/check.h"
#include "base/span.h"

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(elt) (b->out_of_memory = true)
#include <uthash.h>

/* Keys a bucket has room for, and how many it gets on average: at four, one bucket in eight is
   full, and one key in 36 goes through the gate without being known; at five, one in 15. */
#define BUCKET 7
#define BUCKET_MEAN 4

/* Room for a length or the number of a set, seven bits a byte. */
#define VARINT_MAX 5

struct building {
    UT_hash_handle hh;
    const char *key; /* one byte for the space, then the key */
    uint32_t *selectors;
    size_t n, cap;
};

struct weir__keytable_builder {
    struct arena *work;
    struct building *head; /* uthash keeps insertion order: freezing is deterministic */
    bool out_of_memory;
};

struct weir__keytable_builder *
weir__keytable_builder_new(struct arena *work)
{
    struct weir__keytable_builder *b = arena_alloc(work, sizeof *b);

    b->work = work;
    return b;
}

void
weir__keytable_builder_free(struct weir__keytable_builder *b)
{
    if (b)
        HASH_CLEAR(hh, b->head); /* frees uthash's table; the elements are the arena's */
}

static struct building *
add_key(struct weir__keytable_builder *b, weir_span marked)
{
    struct building *item = arena_alloc(b->work, sizeof *item);

    item->key = arena_copy(b->work, marked).p;
    HASH_ADD_KEYPTR(hh, b->head, item->key, (unsigned)marked.len, item);
    if (b->out_of_memory)
        longjmp(*b->work->on_oom, 1);
    return item;
}

bool
weir__keytable_add(struct weir__keytable_builder *b, enum weir__space space, weir_span key,
                   uint32_t selector)
{
    char small[256];
    struct building *item = NULL;

    CHECK(key.len > 0 && key.len < UINT32_MAX / 2);
    char *marked = key.len < sizeof small ? small : arena_alloc(b->work, key.len + 1);
    marked[0] = (char)space;
    memcpy(marked + 1, key.p, key.len);
    HASH_FIND(hh, b->head, marked, (unsigned)(key.len + 1), item);
    if (!item)
        item = add_key(b, (weir_span){marked, key.len + 1});
    /* entries come rule by rule: a selector that lists a key twice does so in a row */
    if (item->n && item->selectors[item->n - 1] == selector)
        return false;
    *ARENA_PUSH(b->work, item->selectors, item->n, item->cap) = selector;
    return true;
}

static weir_span
key_of(const struct building *i)
{
    return (weir_span){i->key + 1, i->hh.keylen - 1};
}

static uint64_t
seed_of(const struct weir__keytable_builder *b)
{
    uint64_t seed = 0;

    for (const struct building *i = b->head; i; i = i->hh.next)
        seed = XXH3_64bits_withSeed(i->key, i->hh.keylen, seed);
    return seed;
}

static unsigned char *
put_varint(unsigned char *at, uint32_t v)
{
    for (; v >= 0x80; v >>= 7)
        *at++ = (unsigned char)(v | 0x80);
    *at++ = (unsigned char)v;
    return at;
}

static const unsigned char *
get_varint(const unsigned char *at, uint32_t *v)
{
    *v = *at & 0x7f;
    for (unsigned shift = 7; *at++ & 0x80; shift += 7)
        *v |= (uint32_t)(*at & 0x7f) << shift;
    return at;
}

/* A key takes the first free place of its bucket or of those behind it. `placed` has BUCKET places
   a bucket, as the gate has. */
static void
place(const struct weir__keytable *t, uint64_t *gate, const struct building **placed,
      const struct building *key)
{
    uint64_t hash = weir__keytable_hash(t, (enum weir__space)key->key[0], key_of(key));
    uint64_t bucket = weir__keytable_bucket(t, hash);
    unsigned i = 0;

    while (gate[bucket] >> 8 * (BUCKET - 1) & 0xff) { /* the last place is taken last */
        gate[bucket] |= UINT64_C(1) << weir__keytable_eighth(hash);
        bucket = bucket + 1 == t->nbuckets ? 0 : bucket + 1;
    }
    while (gate[bucket] >> 8 * i & 0xff)
        i++;
    gate[bucket] |= weir__keytable_mark(hash) << 8 * i;
    placed[bucket * BUCKET + i] = key;
}

/* The gate, in `into`; in `work`, which key has which place. */
static const struct building **
place_all(const struct weir__keytable_builder *b, struct weir__keytable *t, struct arena *into)
{
    const struct building **placed;
    uint64_t *gate = arena_array(into, t->nbuckets, sizeof *gate);

    placed = arena_array(b->work, t->nbuckets * BUCKET, sizeof *placed);
    for (const struct building *i = b->head; i; i = i->hh.next)
        place(t, gate, placed, i);
    t->gate = gate;
    return placed;
}

/* Room for all entries at their longest; what is not used is small beside the keys. */
static size_t
entries_size(const struct weir__keytable_builder *b)
{
    size_t size = 0;

    for (const struct building *i = b->head; i; i = i->hh.next)
        size += 2 * VARINT_MAX + i->hh.keylen;
    return size;
}

static unsigned char *
put_entry(unsigned char *at, const struct building *key, uint32_t set)
{
    unsigned char varint[VARINT_MAX];
    size_t nset = (size_t)(put_varint(varint, set) - varint);

    /* the key has its space in front */
    at = put_varint(at, (uint32_t)(nset + key->hh.keylen));
    *at++ = (unsigned char)key->key[0];
    memcpy(at, varint, nset);
    memcpy(at + nset, key->key + 1, key->hh.keylen - 1);
    return at + nset + key->hh.keylen - 1;
}

const struct weir__keytable *
weir__keytable_freeze(const struct weir__keytable_builder *b, struct weir__postings_builder *sets,
                      struct arena *into)
{
    struct weir__keytable *t = arena_alloc(into, sizeof *t);
    unsigned char *work = arena_array(b->work, entries_size(b), 1), *at = work;

    t->nkeys = (uint32_t)HASH_COUNT(b->head);
    t->nbuckets = t->nkeys / BUCKET_MEAN + 1;
    t->seed = seed_of(b);
    uint32_t *first = arena_array(into, t->nbuckets, sizeof *first);
    const struct building **placed = place_all(b, t, into);
    for (uint64_t bucket = 0; bucket < t->nbuckets; bucket++) {
        CHECK((size_t)(at - work) < UINT32_MAX);
        first[bucket] = (uint32_t)(at - work);
        for (uint64_t i = bucket * BUCKET; i < (bucket + 1) * BUCKET && placed[i]; i++) {
            at = put_entry(at, placed[i],
                           weir__postings_add(sets, placed[i]->selectors, placed[i]->n));
            t->has_space[(int)placed[i]->key[0]] = true;
        }
    }
    t->first = first;
    t->nentry_bytes = (size_t)(at - work);
    unsigned char *entries = arena_array(into, t->nentry_bytes, 1);
    if (t->nentry_bytes)
        memcpy(entries, work, t->nentry_bytes);
    t->entries = entries;
    return t;
}

/* Looking up --------------------------------------------------------------------------------- */

uint64_t
weir__keytable_hash(const struct weir__keytable *t, enum weir__space space, weir_span key)
{
    return XXH3_64bits_withSeed(key.p, key.len, t->seed + (uint64_t)space);
}

void
weir__keytable_hash_all(const struct weir__keytable *t, enum weir__space space,
                        const weir_span *keys, size_t n, uint64_t *hashes)
{
    for (size_t i = 0; i < n; i++) {
        hashes[i] = weir__keytable_hash(t, space, keys[i]);
        weir__keytable_prefetch_gate(t, hashes[i]);
    }
}

struct entry {
    enum weir__space space;
    uint32_t set;
    weir_span key;
};

static struct entry
entry_at(const unsigned char *at)
{
    uint32_t size;
    struct entry e;

    at = get_varint(at, &size);
    const unsigned char *end = at + size;
    e.space = (enum weir__space) * at++;
    at = get_varint(at, &e.set);
    e.key = (weir_span){(const char *)at, (size_t)(end - at)};
    return e;
}

static const unsigned char *
behind_entry(const unsigned char *at)
{
    uint32_t size;

    at = get_varint(at, &size);
    return at + size;
}

uint32_t
weir__keytable_find(const struct weir__keytable *t, enum weir__space space, weir_span key,
                    uint64_t hash)
{
    uint64_t bucket = weir__keytable_bucket(t, hash);

    for (;;) {
        uint64_t fits = weir__keytable_fits(t->gate[bucket], hash);
        const unsigned char *at = t->entries + t->first[bucket];

        /* a bit a place: the places in front of the lowest do not fit, and are stepped over */
        for (; fits; fits >>= 8, at = behind_entry(at)) {
            for (; !(fits & 0x80); fits >>= 8)
                at = behind_entry(at);
            struct entry e = entry_at(at);
            if (e.space == space && span_eq(e.key, key))
                return e.set;
        }
        if (!(t->gate[bucket] >> weir__keytable_eighth(hash) & 1))
            return WEIR_NONE;
        bucket = bucket + 1 == t->nbuckets ? 0 : bucket + 1;
    }
}

uint32_t
weir__keytable_scan(const struct weir__keytable *t, enum weir__space space, weir_span key)
{
    const unsigned char *at = t->entries;

    for (uint32_t i = 0; i < t->nkeys; i++) {
        struct entry e = entry_at(at);
        if (e.space == space && span_eq(e.key, key))
            return e.set;
        at = (const unsigned char *)e.key.p + e.key.len;
    }
    return WEIR_NONE;
}

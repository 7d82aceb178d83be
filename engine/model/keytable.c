/*
 * Key table: gathered in a uthash table, frozen into gate, offsets and entries.
 */
#include "model/keytable.h"

#include "base/check.h"
#include "base/span.h"

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(elt) (b->out_of_memory = true)
#include <uthash.h>

/* Keys a bucket has room for, and how many it gets on average: at six, one bucket in five is full
   and sends the search on to the next, mostly in the same cache line. */
#define BUCKET 8
#define BUCKET_MEAN 6

/* Keys whose offsets take more than a second-level cache has. */
#define LARGE (128u << 10)

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

static void
place(const struct weir__keytable *t, uint64_t *gate, uint32_t *refs, uint64_t hash, size_t at)
{
    uint64_t bucket = weir__keytable_bucket(t, hash);
    int i = 0;

    while (gate[bucket] >> 56) /* the last place is taken last */
        bucket = bucket + 1 == t->nbuckets ? 0 : bucket + 1;
    while (gate[bucket] >> 8 * i & 0xff)
        i++;
    gate[bucket] |= weir__keytable_mark(hash) << 8 * i;
    refs[bucket * BUCKET + (uint64_t)i] = (uint32_t)at;
}

/* Room for all entries at their longest; what is not used is small beside the keys. */
static size_t
entries_size(const struct weir__keytable_builder *b)
{
    size_t size = 0;

    for (const struct building *i = b->head; i; i = i->hh.next)
        size += 1 + 2 * VARINT_MAX + i->hh.keylen - 1;
    return size;
}

const struct weir__keytable *
weir__keytable_freeze(const struct weir__keytable_builder *b, struct weir__postings_builder *sets,
                      struct arena *into)
{
    struct weir__keytable *t = arena_alloc(into, sizeof *t);
    size_t nkeys = HASH_COUNT(b->head);
    unsigned char *work = arena_array(b->work, entries_size(b), 1), *at = work;

    t->nbuckets = nkeys / BUCKET_MEAN + 1;
    uint64_t *gate = arena_array(into, t->nbuckets, sizeof *gate);
    uint32_t *refs = arena_array(into, t->nbuckets * BUCKET, sizeof *refs);
    t->gate = gate;
    t->refs = refs;
    t->nkeys = (uint32_t)nkeys;
    t->is_large = nkeys > LARGE;
    t->seed = seed_of(b);
    for (const struct building *i = b->head; i; i = i->hh.next) {
        weir_span key = key_of(i);
        enum weir__space space = (enum weir__space)i->key[0];

        CHECK((size_t)(at - work) < UINT32_MAX);
        place(t, gate, refs, weir__keytable_hash(t, space, key), (size_t)(at - work));
        *at++ = (unsigned char)space;
        at = put_varint(at, (uint32_t)key.len);
        at = put_varint(at, weir__postings_add(sets, i->selectors, i->n));
        memcpy(at, key.p, key.len);
        at += key.len;
        t->has_space[space] = true;
    }
    t->nentry_bytes = (size_t)(at - work);
    unsigned char *entries = arena_array(into, t->nentry_bytes, 1);
    if (t->nentry_bytes)
        memcpy(entries, work, t->nentry_bytes);
    t->entries = entries;
    return t;
}

struct entry {
    enum weir__space space;
    uint32_t set;
    weir_span key;
};

static struct entry
entry_at(const unsigned char *at)
{
    struct entry e = {.space = (enum weir__space) * at++};
    uint32_t len;

    at = get_varint(at, &len);
    at = get_varint(at, &e.set);
    e.key = (weir_span){(const char *)at, len};
    return e;
}

uint32_t
weir__keytable_find(const struct weir__keytable *t, enum weir__space space, weir_span key,
                    uint64_t hash)
{
    uint64_t bucket = weir__keytable_bucket(t, hash);

    for (;;) {
        uint64_t marks = t->gate[bucket];

        for (uint64_t fits = weir__keytable_fits(marks, hash); fits; fits &= fits - 1) {
            uint64_t i = (uint64_t)__builtin_ctzll(fits) / 8;
            struct entry e = entry_at(t->entries + t->refs[bucket * BUCKET + i]);
            if (e.space == space && span_eq(e.key, key))
                return e.set;
        }
        if (!(marks >> 56))
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

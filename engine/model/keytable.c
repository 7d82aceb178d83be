/*
 * Key table: built as a uthash table of posting lists, frozen into one flat open-addressed table.
 *
 * The frozen table is seeded from its own keys. Only rule files put keys in, so nobody outside can
 * aim collisions at it, and the same rules give the same table.
 */
#include "model/keytable.h"

#include "base/check.h"

#include <stdlib.h>
#include <xxhash.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(elt) (b->out_of_memory = true)
#include <uthash.h>

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

struct slot {
    uint64_t hash;
    const char *key; /* NULL: free */
    uint32_t len;
    uint32_t space;
    uint32_t first; /* into postings */
    uint32_t n;
};

struct weir__keytable {
    const struct slot *slots;
    uint64_t mask; /* number of slots, a power of two, less one */
    uint64_t seed;
    const uint32_t *postings;
    bool has_space[WEIR__NSPACES];
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

static int
compare_ids(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* Sorts and drops doubles in place. */
static size_t
tidy(uint32_t *ids, size_t n)
{
    size_t kept = 0;

    qsort(ids, n, sizeof *ids, compare_ids);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || ids[i] != ids[i - 1])
            ids[kept++] = ids[i];
    return kept;
}

static uint64_t
hash_of(uint64_t seed, enum weir__space space, weir_span key)
{
    return XXH3_64bits_withSeed(key.p, key.len, seed + (uint64_t)space);
}

static uint64_t
seed_of(const struct weir__keytable_builder *b)
{
    uint64_t seed = 0;

    for (struct building *i = b->head; i; i = i->hh.next)
        seed = XXH3_64bits_withSeed(i->key, i->hh.keylen, seed);
    return seed;
}

static void
place(struct slot *slots, uint64_t mask, const struct slot *s)
{
    uint64_t at = s->hash & mask;

    while (slots[at].key)
        at = (at + 1) & mask;
    slots[at] = *s;
}

const struct weir__keytable *
weir__keytable_freeze(const struct weir__keytable_builder *b, struct arena *into)
{
    struct weir__keytable *t = arena_alloc(into, sizeof *t);
    size_t nkeys = HASH_COUNT(b->head), npostings = 0, nslots = 8;

    CHECK(nkeys < UINT32_MAX / 4);
    for (struct building *i = b->head; i; i = i->hh.next)
        npostings += i->n = tidy(i->selectors, i->n);
    CHECK(npostings < UINT32_MAX);
    while (nslots < nkeys * 2)
        nslots *= 2;
    struct slot *slots = arena_array(into, nslots, sizeof *slots);
    uint32_t *postings = arena_array(into, npostings, sizeof *postings);
    *t = (struct weir__keytable){.slots = slots, .mask = nslots - 1, .postings = postings};
    t->seed = seed_of(b);
    uint32_t first = 0;
    for (struct building *i = b->head; i; i = i->hh.next) {
        enum weir__space space = (enum weir__space)i->key[0];
        weir_span key = arena_copy(into, (weir_span){i->key + 1, i->hh.keylen - 1});
        struct slot s = {.hash = hash_of(t->seed, space, key), .key = key.p, .space = space};
        s.len = (uint32_t)key.len;
        s.first = first;
        s.n = (uint32_t)i->n;
        memcpy(postings + first, i->selectors, i->n * sizeof *postings);
        first += s.n;
        t->has_space[space] = true;
        place(slots, t->mask, &s);
    }
    return t;
}

struct weir__postings
weir__keytable_find(const struct weir__keytable *t, enum weir__space space, weir_span key)
{
    uint64_t hash = hash_of(t->seed, space, key);

    for (uint64_t at = hash & t->mask; t->slots[at].key; at = (at + 1) & t->mask) {
        const struct slot *s = &t->slots[at];
        if (s->hash == hash && s->space == space && s->len == key.len &&
            memcmp(s->key, key.p, key.len) == 0)
            return (struct weir__postings){t->postings + s->first, s->n};
    }
    return (struct weir__postings){NULL, 0};
}

bool
weir__keytable_has_space(const struct weir__keytable *t, enum weir__space space)
{
    return t->has_space[space];
}

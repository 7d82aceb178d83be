/*
 * The distinct canonical keys of a post: a small hash table that is emptied by counting up an
 * epoch, so that a post with one tag costs one probe and not a sweep.
 */
#include "match/tags.h"

#include <sys/random.h>
#include <xxhash.h>

void
weir__tags_init(struct weir__tags *t)
{
    memset(t, 0, sizeof *t);
    if (getrandom(&t->seed, sizeof t->seed, GRND_NONBLOCK) != sizeof t->seed)
        t->seed = (uint64_t)(uintptr_t)t; /* early at boot: the address is better than nothing */
}

void
weir__tags_fini(struct weir__tags *t)
{
    weir_buf_fini(&t->bytes);
}

static void
clear(struct weir__tags *t)
{
    t->n = 0;
    t->too_many = false;
    t->bytes.len = 0;
    t->bytes.failed = false;
    if (++t->epoch == 0) {
        memset(t->slot, 0, sizeof t->slot);
        t->epoch = 1;
    }
}

/* Where a key stands while the bytes still grow. */
static weir_span
key_at(const struct weir__tags *t, size_t i)
{
    return (weir_span){t->bytes.p + t->tag[i].at, t->tag[i].len};
}

/* The key stands at the end of the bytes, from `at`; false when it is there already. */
static bool
is_new(struct weir__tags *t, size_t at, uint64_t hash, size_t *slot)
{
    weir_span key = {t->bytes.p + at, t->bytes.len - at};
    size_t i = hash % WEIR__TAG_SLOTS;

    for (; t->slot[i].epoch == t->epoch; i = (i + 1) % WEIR__TAG_SLOTS) {
        uint32_t k = t->slot[i].tag;
        if (t->tag[k].hash == hash && span_eq(key_at(t, k), key))
            return false;
    }
    *slot = i;
    return true;
}

/* false: this would be one key too many */
static bool
take(struct weir__tags *t, weir_span tag, uint32_t value)
{
    size_t at = t->bytes.len, slot = 0;

    weir_canonical_key(tag, &t->bytes);
    size_t len = t->bytes.len - at;
    if (len == 0)
        return true;
    uint64_t hash = XXH3_64bits_withSeed(t->bytes.p + at, len, t->seed);
    if (!is_new(t, at, hash, &slot)) {
        t->bytes.len = at;
        return true;
    }
    if (t->n == WEIR_MAX_TAGS)
        return false;
    t->slot[slot].epoch = t->epoch;
    t->slot[slot].tag = (uint32_t)t->n;
    t->tag[t->n++] = (struct weir__tag){at, len, hash, value};
    return true;
}

weir_status
weir__tags_take(struct weir__tags *t, const weir_post *post)
{
    clear(t);
    for (size_t i = 0; i < post->nhashtags && !t->too_many; i++)
        t->too_many = !take(t, post->hashtags[i], (uint32_t)i);
    for (size_t i = 0; i < t->n; i++)
        t->key[i] = key_at(t, i);
    return t->bytes.failed ? WEIR_E_NOMEM : WEIR_OK;
}

/*
 * The distinct canonical keys of a post. The few that most posts have are compared with each other,
 * which costs less than their hashes would; those of a post with more go into a small hash table
 * that is emptied by counting up an epoch, so that it never costs a sweep.
 */
#include "match/tags.h"

#include "base/check.h"

#include <sys/random.h>
#include <xxhash.h>

#define FEW WEIR__AHEAD_TAGS /* keys without a hash */

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

/* Free, or its tag is the key. */
static size_t
slot_of(const struct weir__tags *t, weir_span key, uint64_t hash)
{
    size_t i = hash % WEIR__TAG_SLOTS;

    for (; t->slot[i].epoch == t->epoch; i = (i + 1) % WEIR__TAG_SLOTS) {
        uint32_t k = t->slot[i].tag;
        if (t->tag[k].hash == hash && span_eq(key_at(t, k), key))
            break;
    }
    return i;
}

static bool
is_among_few(const struct weir__tags *t, weir_span key)
{
    for (size_t i = 0; i < t->n; i++)
        if (span_eq(key_at(t, i), key))
            return true;
    return false;
}

/* Is the key there? If not, the next tag will be the one that has it. */
static bool
is_in_table(struct weir__tags *t, weir_span key)
{
    uint64_t hash = XXH3_64bits_withSeed(key.p, key.len, t->seed);
    size_t i = slot_of(t, key, hash);

    if (t->slot[i].epoch == t->epoch)
        return true;
    if (t->n == WEIR_MAX_TAGS)
        return false; /* there will be no next one */
    t->slot[i].epoch = t->epoch;
    t->slot[i].tag = (uint32_t)t->n;
    t->tag[t->n].hash = hash;
    return false;
}

/* From now on, keys are told apart by their hashes. */
static void
put_few_in_table(struct weir__tags *t)
{
    for (t->n = 0; t->n < FEW; t->n++)
        (void)is_in_table(t, key_at(t, t->n));
}

/* false: this would be one key too many */
static bool
take(struct weir__tags *t, weir_span tag, uint32_t value)
{
    size_t at = t->bytes.len;

    weir_canonical_key(tag, &t->bytes);
    if (t->bytes.len == at)
        return true;
    weir_span key = {t->bytes.p + at, t->bytes.len - at};
    if (t->n < FEW ? is_among_few(t, key) : is_in_table(t, key)) {
        t->bytes.len = at;
        return true;
    }
    if (t->n == WEIR_MAX_TAGS)
        return false;
    t->tag[t->n].at = at;
    t->tag[t->n].len = key.len;
    t->tag[t->n++].value = value;
    if (t->n == FEW)
        put_few_in_table(t);
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

/* Ahead -------------------------------------------------------------------------------------- */

static weir_span
key_ahead(const struct weir__tags_ahead *t, size_t i)
{
    return (weir_span){t->bytes.p + t->at[i], t->at[i + 1] - t->at[i]};
}

static bool
is_of_post(const struct weir__tags_ahead *t, size_t first, weir_span key)
{
    for (size_t i = first; i < t->n; i++)
        if (span_eq(key_ahead(t, i), key))
            return true;
    return false;
}

static void
take_ahead(struct weir__tags_ahead *t, const weir_post *post)
{
    size_t first = t->n;

    for (size_t i = 0; i < post->nhashtags; i++) {
        size_t at = t->at[t->n];

        weir_canonical_key(post->hashtags[i], &t->bytes);
        weir_span key = {t->bytes.p + at, t->bytes.len - at};
        if (key.len == 0 || is_of_post(t, first, key)) {
            t->bytes.len = at;
            continue;
        }
        t->value[t->n++] = (uint32_t)i;
        t->at[t->n] = t->bytes.len;
    }
    t->of[t->nposts++] = (struct weir__tags_of){(uint16_t)first, (uint16_t)(t->n - first), false};
}

void
weir__tags_take_ahead(struct weir__tags_ahead *t, const weir_post *const *posts, size_t n)
{
    t->nposts = t->n = t->at[0] = 0;
    t->bytes.len = 0;
    t->bytes.failed = false;
    for (size_t i = 0; i < n && i < WEIR_AHEAD_MAX; i++)
        if (posts[i]->nhashtags > WEIR__AHEAD_TAGS)
            t->of[t->nposts++] = (struct weir__tags_of){(uint16_t)t->n, 0, true};
        else if (t->n + posts[i]->nhashtags <= WEIR__AHEAD_KEYS)
            take_ahead(t, posts[i]);
        else
            break;
    if (t->bytes.failed)
        t->nposts = t->n = 0;
    for (size_t i = 0; i < t->n; i++)
        t->key[i] = key_ahead(t, i);
}

void
weir__tags_ahead_fini(struct weir__tags_ahead *t)
{
    weir_buf_fini(&t->bytes);
}

void
weir__tags_copy(struct weir__tags *t, const struct weir__tags_ahead *from,
                const struct weir__tags_of *of)
{
    CHECK(!of->is_left_out);
    clear(t);
    for (t->n = 0; t->n < of->n; t->n++) {
        t->key[t->n] = from->key[of->first + t->n];
        t->tag[t->n].value = from->value[of->first + t->n];
    }
}

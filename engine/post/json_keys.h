/*
 * Watched keys: telling whether a key is one of a shape's. Here, and inline, as the walk asks it of
 * every key of the objects that it reads; json_keys.c makes plans ready for it.
 */
#ifndef WEIR_POST_JSON_KEYS_H
#define WEIR_POST_JSON_KEYS_H

#include "post/json.h"

/* The first eight bytes of a key, which is not empty; those behind it are read, and dropped. */
static inline uint64_t
weir__key_head(weir_span key)
{
    uint64_t head = eight_at(key.p);

    return key.len >= sizeof head ? head : head & ~UINT64_C(0) >> (64 - 8 * key.len);
}

/* Its last eight bytes, which may be some of the first; of a shorter one, the first are all. */
static inline uint64_t
weir__key_tail(weir_span key, uint64_t head)
{
    return key.len > sizeof head ? eight_at(key.p + key.len - sizeof head) : head;
}

/* Keys as long as that are found by their length in a word of bits; all that are watched are. */
#define WEIR__KEY_MAX ((size_t)63)

/* The factor was searched for: it gives each key of a shape a slot of its own. */
static inline size_t
weir__key_slot(uint64_t head, size_t len)
{
    return ((head ^ len) * UINT64_C(0xb4d8bb210ad2c98d)) >> 57;
}

_Static_assert(WEIR__LOOKUP_SLOTS == 1 << (64 - 57), "the hash's upper bits are a slot");

/* Of a key's first and last byte: where the lengths of keys stand that may be this one. */
static inline uint8_t
weir__key_ends(char first, char last)
{
    return (uint8_t)(first + 2 * last);
}

/* May a key of this first and last byte and this length be one of the shape's? Few others pass. */
static inline bool
weir__may_be_key(const struct weir__looks *looks, char first, char last, size_t len)
{
    return looks->lens[weir__key_ends(first, last)] >> len % 64 & 1;
}

/* Does the key stand there with its quotes and the colon at once behind it? 16 bytes are read. */
static inline bool
weir__is_quoted_key(const struct weir__look *look, const char *p)
{
    return ((((eight_at(p) ^ look->quoted[0]) & look->mask[0]) |
             ((eight_at(p + 8) ^ look->quoted[1]) & look->mask[1])) == 0);
}

/* Apart, and for all that is rare: with a call in it, what finds most keys would have to put by
   its caller's registers. `k` is where the chain begins. */
const struct weir__look *weir__find_in_chain(const struct weir__looks *looks, weir_span key,
                                             size_t k);

/* A key of a shape, or NULL; not the empty one. Eight bytes from the key's first on are read. */
static inline const struct weir__look *
weir__find_key(const struct weir__looks *looks, weir_span key)
{
    uint64_t head = weir__key_head(key);
    size_t k = looks->slot[weir__key_slot(head, key.len)];
    const struct weir__look *look = &looks->keys[k];
    if (k == 0)
        return NULL;
    if (look->head == head && look->tail == weir__key_tail(key, head) && look->len == key.len &&
        key.len <= 2 * sizeof head)
        return look;
    return weir__find_in_chain(looks, key, k);
}

#endif

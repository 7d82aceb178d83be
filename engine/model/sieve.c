/*
 * Sieve: how literals are filed under grams, and how a key is held against them.
 */
#include "model/sieve.h"

#include "base/check.h"
#include "regex/factor.h"

#include <stdlib.h>

#define MIX UINT64_C(0x9E3779B97F4A7C15)

/* Bits of the filter for each gram in it: one place in 32 lets a strange gram pass. */
#define FILTER_BITS_PER_GRAM 64u
#define FILTER_BITS_MIN 11u
#define FILTER_BITS_MAX 22u

/* Grams of all literals are counted in so many counters, by their hash. */
#define COUNTERS_BITS 16u

/* By whole words: bytes that are put together in memory would be waited for when read again. */
static inline uint64_t
load(const char *p, size_t len)
{
    const unsigned char *u = (const unsigned char *)p;
    uint64_t v = 0;

    switch (len) {
    case 8:
        memcpy(&v, p, 8);
        return v;
    case 4:
        memcpy(&v, p, 4);
        return v;
    case 3:
        v = (uint64_t)u[2] << 16; /* fall through */
    case 2:
        v |= (uint64_t)u[1] << 8; /* fall through */
    default:
        return v | u[0];
    }
}

static const uint8_t gram_length[WEIR__NGRAMS] = {
#define X(name, length) length,
    WEIR__SIEVE_GRAMS(X)
#undef X
};

/* Grams of another kind are other grams. */
static inline uint64_t
gram_hash(uint64_t gram, enum weir__sieve_gram kind)
{
    return (gram ^ (uint64_t)(kind + 1) << 58) * MIX;
}

/* The tag comes from the middle of the product, filter and slots are indexed by its top. */
static inline uint32_t
tag_of(uint64_t hash)
{
    return (uint32_t)(hash >> 16) | 1;
}

/* A literal on its way in, under one of its grams. */
struct filed {
    const struct weir__sieve_item *item;
    enum weir__sieve_gram kind;
    size_t gram_at;
    uint64_t hash;
    size_t order;
};

/* What there is to file them by. */
struct filing {
    struct filed *filed;
    size_t n;
    uint32_t *counters;
};

static void
count_grams(uint32_t *counters, weir_span text)
{
    for (size_t i = 0; i + 4 <= text.len; i++)
        counters[load(text.p + i, 4) * MIX >> (64 - COUNTERS_BITS)]++;
}

static uint32_t
count_of(const uint32_t *counters, weir_span text, size_t at)
{
    return counters[load(text.p + at, 4) * MIX >> (64 - COUNTERS_BITS)];
}

/* Where the two grams of the length stand, one a byte behind the other, that begin with the rarest
   four bytes. */
static size_t
rarest_pair(const uint32_t *counters, weir_span text, size_t length)
{
    size_t best = 0;
    uint32_t least = UINT32_MAX;

    for (size_t i = 0; i + length + 1 <= text.len; i++) {
        uint32_t n = count_of(counters, text, i) + count_of(counters, text, i + 1);
        if (n < least) {
            least = n;
            best = i;
        }
    }
    return best;
}

static void
file_under(struct filing *f, const struct weir__sieve_item *item, enum weir__sieve_gram kind,
           size_t at)
{
    f->filed[f->n] = (struct filed){
        .item = item,
        .kind = kind,
        .gram_at = at,
        .hash = gram_hash(load(item->text.p + at, gram_length[kind]), kind),
        .order = f->n,
    };
    f->n++;
}

static void
file_at_edge(struct filing *f, const struct weir__sieve_item *item)
{
    size_t len = item->text.len;
    int longest = len >= 8 ? 4 : len >= 4 ? 3 : (int)len - 1; /* places in WEIR__SIEVE_GRAMS */

    if (item->at_start)
        file_under(f, item, (enum weir__sieve_gram)(WEIR__GRAM_START_1 + longest), 0);
    else
        file_under(f, item, (enum weir__sieve_gram)(WEIR__GRAM_END_1 + longest),
                   len - gram_length[WEIR__GRAM_END_1 + longest]);
}

static void
file_item(struct filing *f, const struct weir__sieve_item *item)
{
    size_t len = item->text.len;

    CHECK(len > 0 && len <= WEIR__SIEVE_LITERAL_MAX);
    if (item->at_start || item->at_end) {
        file_at_edge(f, item);
    } else if (len >= 5) {
        enum weir__sieve_gram kind = len >= 9 ? WEIR__GRAM_EVEN_8 : WEIR__GRAM_EVEN_4;
        size_t at = rarest_pair(f->counters, item->text, gram_length[kind]);
        file_under(f, item, kind, at);
        file_under(f, item, kind, at + 1);
    } else if (len == 4) {
        file_under(f, item, WEIR__GRAM_EVEN_3, 0);
        file_under(f, item, WEIR__GRAM_EVEN_3, 1);
    } else {
        static const enum weir__sieve_gram kinds[] = {WEIR__GRAM_ANY_1, WEIR__GRAM_ANY_2,
                                                      WEIR__GRAM_ANY_3};
        file_under(f, item, kinds[len - 1], 0);
    }
}

static int
compare_filed(const void *a, const void *b)
{
    const struct filed *x = a, *y = b;

    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

/* A gram of eight bytes is in the filter by four of them too, so that one probe tells of both. */
static uint64_t
hash_by_four(const struct filed *f)
{
    const char *text = f->item->text.p + f->gram_at;

    switch (f->kind) {
    case WEIR__GRAM_START_8:
    case WEIR__GRAM_EVEN_8:
        return gram_hash(load(text, 4), f->kind - 1);
    case WEIR__GRAM_END_8:
        return gram_hash(load(text + 4, 4), WEIR__GRAM_END_4);
    default:
        return f->hash;
    }
}

static void
make_filter(struct weir__sieve *s, struct arena *into, const struct filed *f, size_t n)
{
    uint8_t bits = FILTER_BITS_MIN;

    while (bits < FILTER_BITS_MAX && (size_t)1 << bits < n * FILTER_BITS_PER_GRAM)
        bits++;
    uint64_t *filter = arena_array(into, (size_t)1 << (bits - 6), sizeof *filter);
    s->filter = filter;
    s->filter_shift = (uint8_t)(64 - bits);
    for (size_t i = 0; i < n; i++) {
        uint64_t one = f[i].hash >> s->filter_shift, other = hash_by_four(&f[i]) >> s->filter_shift;

        filter[one / 64] |= UINT64_C(1) << one % 64;
        filter[other / 64] |= UINT64_C(1) << other % 64;
        s->in_use |= 1u << f[i].kind;
        if (!f[i].item->needs_digit && !weir__has_digit(f[i].item->text))
            s->for_plain |= 1u << f[i].kind;
    }
}

static void
make_slots(struct weir__sieve *s, struct arena *into, const struct filed *f, size_t n)
{
    uint8_t bits = 4;

    while ((size_t)1 << bits < n * 2)
        bits++;
    size_t mask = ((size_t)1 << bits) - 1;
    struct weir__sieve_slot *slots = arena_array(into, mask + 1, sizeof *slots);
    s->slots = slots;
    s->slot_shift = (uint8_t)(64 - bits);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && f[i].hash == f[i - 1].hash)
            continue;
        size_t at = f[i].hash >> s->slot_shift;
        while (slots[at].tag)
            at = (at + 1) & mask;
        slots[at] = (struct weir__sieve_slot){tag_of(f[i].hash), (uint32_t)i};
    }
}

/* Where the four bytes stand; of a literal that has no four, none do. */
static inline size_t
far_end_at(size_t len, size_t gram_at)
{
    return gram_at * 2 > len ? 0 : len - 4;
}

static uint32_t
far_end(weir_span text, size_t gram_at)
{
    return text.len < 4 ? 0 : (uint32_t)load(text.p + far_end_at(text.len, gram_at), 4);
}

static void
make_literals(struct weir__sieve *s, struct arena *into, const struct filed *f, size_t n)
{
    struct weir__sieve_literal *literals = arena_array(into, n, sizeof *literals);
    size_t size = 0;

    for (size_t i = 0; i < n; i++)
        size += f[i].item->text.len;
    CHECK(size < UINT32_MAX);
    char *bytes = arena_array(into, size, 1);
    size = 0;
    for (size_t i = 0; i < n; i++) {
        const struct weir__sieve_item *item = f[i].item;
        literals[i] = (struct weir__sieve_literal){
            .text = (uint32_t)size,
            .len = (uint8_t)item->text.len,
            .pattern = item->pattern,
            .far_end = far_end(item->text, f[i].gram_at),
            .gram_at = (uint8_t)f[i].gram_at,
            .at_start = item->at_start,
            .at_end = item->at_end,
            .sure = item->sure,
            .last = i + 1 == n || f[i + 1].hash != f[i].hash,
        };
        memcpy(bytes + size, item->text.p, item->text.len);
        size += item->text.len;
    }
    s->literals = literals;
    s->nliterals = (uint32_t)n;
    s->bytes = bytes;
}

const struct weir__sieve *
weir__sieve_build(struct arena *work, struct arena *into, const struct weir__sieve_item *items,
                  size_t n)
{
    if (n == 0)
        return NULL;
    CHECK(n < UINT32_MAX / 2);
    struct weir__sieve *s = arena_alloc(into, sizeof *s);
    struct filing f = {.filed = arena_array(work, 2 * n, sizeof *f.filed)};

    f.counters = arena_array(work, (size_t)1 << COUNTERS_BITS, sizeof *f.counters);
    for (size_t i = 0; i < n; i++)
        count_grams(f.counters, items[i].text);
    for (size_t i = 0; i < n; i++)
        file_item(&f, &items[i]);
    qsort(f.filed, f.n, sizeof *f.filed, compare_filed);
    make_filter(s, into, f.filed, f.n);
    make_slots(s, into, f.filed, f.n);
    make_literals(s, into, f.filed, f.n);
    return s;
}

static inline bool
may_have(const struct weir__sieve *s, uint64_t hash)
{
    uint64_t bit = hash >> s->filter_shift;

    return s->filter[bit / 64] >> bit % 64 & 1;
}

/* The gram stands at `at` of the key. */
static bool
stands(const struct weir__sieve *s, const struct weir__sieve_literal *l, weir_span key, size_t at)
{
    if (at < l->gram_at || key.len - (at - l->gram_at) < l->len)
        return false;
    size_t begin = at - l->gram_at;
    if ((l->at_start && begin != 0) || (l->at_end && begin + l->len != key.len))
        return false;
    if (l->len >= 4 && load(key.p + begin + far_end_at(l->len, l->gram_at), 4) != l->far_end)
        return false;
    return memcmp(key.p + begin, s->bytes + l->text, l->len) == 0;
}

/* A key on its way through. */
struct passing {
    const struct weir__sieve *s;
    weir_span key;
    weir__sieve_fn *stays;
    void *arg;
};

static __attribute__((noinline)) void
look_closer(const struct passing *k, size_t at, uint64_t hash)
{
    const struct weir__sieve *s = k->s;
    size_t mask = ((size_t)1 << (64 - s->slot_shift)) - 1;

    for (size_t i = hash >> s->slot_shift; s->slots[i].tag; i = (i + 1) & mask) {
        if (s->slots[i].tag != tag_of(hash))
            continue;
        const struct weir__sieve_literal *l = &s->literals[s->slots[i].first];
        for (;; l++) {
            if (stands(s, l, k->key, at))
                k->stays(k->arg, l);
            if (l->last)
                break;
        }
    }
}

static inline void
try_gram(const struct passing *k, enum weir__sieve_gram kind, size_t at)
{
    uint64_t hash = gram_hash(load(k->key.p + at, gram_length[kind]), kind);

    if (__builtin_expect(may_have(k->s, hash), 0))
        look_closer(k, at, hash);
}

/* The filter lets a gram of four bytes pass: is it one, or the beginning of one of eight? */
static __attribute__((noinline)) void
look_behind_four(const struct passing *k, uint32_t in_use, enum weir__sieve_gram kind, size_t at,
                 size_t at_8)
{
    if (in_use >> kind & 1)
        look_closer(k, at, gram_hash(load(k->key.p + at, 4), kind));
    if (in_use >> (kind + 1) & 1 && at_8 + 8 <= k->key.len)
        try_gram(k, kind + 1, at_8);
}

static inline void
try_four(const struct passing *k, uint32_t in_use, enum weir__sieve_gram kind, size_t at,
         size_t at_8)
{
    if (__builtin_expect(may_have(k->s, gram_hash(load(k->key.p + at, 4), kind)), 0))
        look_behind_four(k, in_use, kind, at, at_8);
}

static inline void
try_edges(const struct passing *k, uint32_t in_use)
{
    size_t len = k->key.len;

    if (in_use >> WEIR__GRAM_START_4 & 3 && len >= 4)
        try_four(k, in_use, WEIR__GRAM_START_4, 0, 0);
    if (in_use >> WEIR__GRAM_END_4 & 3 && len >= 4)
        try_four(k, in_use, WEIR__GRAM_END_4, len - 4, len < 8 ? len : len - 8);
    for (size_t n = 1; n <= 3 && n <= len; n++) {
        enum weir__sieve_gram start = (enum weir__sieve_gram)(WEIR__GRAM_START_1 + n - 1);
        enum weir__sieve_gram end = (enum weir__sieve_gram)(WEIR__GRAM_END_1 + n - 1);
        if (in_use >> start & 1)
            try_gram(k, start, 0);
        if (in_use >> end & 1)
            try_gram(k, end, len - n);
    }
}

static inline void
try_inside(const struct passing *k, enum weir__sieve_gram kind)
{
    for (size_t at = 0; at + gram_length[kind] <= k->key.len; at++)
        try_gram(k, kind, at);
}

/* What passed at one even place, or one behind it, in the order of the bits of `passed`. */
static __attribute__((noinline)) void
look_around(const struct passing *k, uint32_t in_use, size_t at, unsigned passed)
{
    if (passed & 1)
        look_behind_four(k, in_use, WEIR__GRAM_EVEN_4, at, at);
    if (passed & 2)
        try_gram(k, WEIR__GRAM_EVEN_3, at);
    if (passed & 4)
        try_gram(k, WEIR__GRAM_ANY_3, at);
    if (passed & 8)
        try_gram(k, WEIR__GRAM_ANY_3, at + 1);
}

/* Grams of three bytes and more, two places at a time out of one load. The flags are constants at
   each call. */
static inline __attribute__((always_inline)) void
try_pairs(const struct passing *k, uint32_t in_use, bool four, bool even_3, bool any_3)
{
    const struct weir__sieve *s = k->s;
    size_t len = k->key.len;

    for (size_t at = 0; at + 4 <= len; at += 2) {
        uint64_t v = load(k->key.p + at, 4);
        unsigned passed = 0;

        if (four)
            passed |= may_have(s, gram_hash(v, WEIR__GRAM_EVEN_4));
        if (even_3)
            passed |= (unsigned)may_have(s, gram_hash(v & 0xffffff, WEIR__GRAM_EVEN_3)) << 1;
        if (any_3) {
            passed |= (unsigned)may_have(s, gram_hash(v & 0xffffff, WEIR__GRAM_ANY_3)) << 2;
            passed |= (unsigned)may_have(s, gram_hash(v >> 8, WEIR__GRAM_ANY_3)) << 3;
        }
        if (__builtin_expect(passed != 0, 0))
            look_around(k, in_use, at, passed);
    }
    if (len % 2 && len >= 3) { /* three bytes are left at an even place */
        if (even_3)
            try_gram(k, WEIR__GRAM_EVEN_3, len - 3);
        if (any_3)
            try_gram(k, WEIR__GRAM_ANY_3, len - 3);
    }
}

static void
try_places(const struct passing *k, uint32_t in_use)
{
    bool four = in_use >> WEIR__GRAM_EVEN_4 & 3;
    bool even_3 = in_use >> WEIR__GRAM_EVEN_3 & 1, any_3 = in_use >> WEIR__GRAM_ANY_3 & 1;

    if (four && !even_3 && !any_3)
        try_pairs(k, in_use, true, false, false);
    else if (four && !any_3)
        try_pairs(k, in_use, true, true, false);
    else if (four && !even_3)
        try_pairs(k, in_use, true, false, true);
    else if (four || even_3 || any_3)
        try_pairs(k, in_use, true, true, true);
    if (in_use >> WEIR__GRAM_ANY_2 & 1)
        try_inside(k, WEIR__GRAM_ANY_2);
    if (in_use >> WEIR__GRAM_ANY_1 & 1)
        try_inside(k, WEIR__GRAM_ANY_1);
}

void
weir__sieve_run(const struct weir__sieve *s, weir_span key, bool has_digit, weir__sieve_fn *stays,
                void *arg)
{
    const struct passing k = {s, key, stays, arg};
    uint32_t in_use = has_digit ? s->in_use : s->for_plain;

    try_edges(&k, in_use);
    try_places(&k, in_use);
}

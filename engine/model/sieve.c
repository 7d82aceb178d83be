/*
 * Sieve: how literals are filed under grams, and how a key is held against them.
 */
#include "model/sieve.h"

#include "base/check.h"
#include "model/grams.h"
#include "model/sieve_many.h"

#include <stdlib.h>

/* Bits of a filter for each gram in it: one strange gram in 250 is let pass, or fewer. With half as
   many, tags cost a tenth more at 100,000 rules; with twice as many, the same. */
#define FILTER_BITS_PER_GRAM 32u
#define FILTER_BITS_MIN 9u
#define FILTER_BITS_MAX 22u

/* Grams a line of slots gets on average: one line in fifty is full. */
#define SLOTS_MEAN 1u

/* Grams of all literals are counted in so many counters, by their hash. */
#define COUNTERS_BITS 16u

uint8_t
weir__gram_length(enum weir__sieve_gram kind)
{
    static const uint8_t length_of[WEIR__NGRAMS] = {
#define X(name, length) length,
        WEIR__SIEVE_GRAMS(X)
#undef X
    };

    return length_of[kind];
}

unsigned
weir__gram_step(enum weir__sieve_gram kind)
{
    if (kind >= WEIR__GRAM_ANY_1)
        return 1;
    return kind >= WEIR__GRAM_EVEN_3 ? 2 : kind >= WEIR__GRAM_FOURTH_3 ? 4 : 0;
}

static enum weir__sieve_side
side_of(enum weir__sieve_gram kind)
{
    return weir__gram_step(kind) ? WEIR__INSIDE : WEIR__AT_EDGES;
}

/* So many bytes, the first one lowest. */
static uint64_t
load(const char *p, size_t len)
{
    uint64_t v = 0;

    for (size_t i = len; i > 0; i--)
        v = v << 8 | (unsigned char)p[i - 1];
    return v;
}

/* Of the gram that begins at p. */
static uint64_t
hash_of(const char *p, enum weir__sieve_gram kind)
{
    return weir__gram_mix(load(p, weir__gram_length(kind)) ^ weir__gram_salt(kind));
}

/* Building ----------------------------------------------------------------------------------- */

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
    uint32_t chosen; /* kinds */
    uint32_t *counters;
};

static uint32_t *
counter_of(uint32_t *counters, const char *at)
{
    return &counters[hash_of(at, WEIR__GRAM_EVEN_4) >> (64 - COUNTERS_BITS)];
}

static void
count_grams(uint32_t *counters, weir_span text)
{
    for (size_t i = 0; i + 4 <= text.len; i++)
        ++*counter_of(counters, text.p + i);
}

/* Where so many grams of the length stand, one a byte behind the other, that begin with the rarest
   four bytes. */
static size_t
rarest(uint32_t *counters, weir_span text, size_t length, size_t ngrams)
{
    size_t best = 0;
    uint32_t least = UINT32_MAX;

    for (size_t i = 0; length >= 4 && i + length + ngrams - 1 <= text.len; i++) {
        uint32_t n = 0;

        for (size_t k = 0; k < ngrams; k++)
            n += *counter_of(counters, text.p + i + k);
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
        .hash = hash_of(item->text.p + at, kind),
        .order = f->n,
    };
    f->n++;
}

static void
file_item(struct filing *f, const struct weir__sieve_item *item)
{
    enum weir__sieve_gram kind = weir__gram_of(f->chosen, item);
    size_t len = item->text.len, length = weir__gram_length(kind), step = weir__gram_step(kind);

    CHECK(len > 0 && len <= WEIR__SIEVE_LITERAL_MAX && length <= len);
    if (step < 2) {
        file_under(f, item, kind, weir__gram_at_end(kind) ? len - length : 0);
        return;
    }
    size_t at = rarest(f->counters, item->text, length, step);
    for (size_t i = 0; i < step; i++)
        file_under(f, item, kind, at + i);
}

static struct weir__reading
reading_of(const struct filed *f)
{
    return weir__reading_of(f->item->text, f->gram_at, weir__gram_at_end(f->kind));
}

static int
compare_filed(const void *a, const void *b)
{
    const struct filed *x = a, *y = b;

    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    int order = weir__reading_compare(reading_of(x), reading_of(y));
    return order ? order : (x->order > y->order) - (x->order < y->order);
}

static bool
same_gram(const struct filed *a, const struct filed *b)
{
    return a->hash == b->hash && a->kind == b->kind;
}

static void
make_filter(struct weir__sieve *s, enum weir__sieve_side side, struct arena *into,
            const struct filed *f, size_t n)
{
    uint32_t bits = FILTER_BITS_MIN;
    size_t ngrams = 0;

    for (size_t i = 0; i < n; i++)
        ngrams += side_of(f[i].kind) == side;
    while (bits < FILTER_BITS_MAX && (size_t)1 << bits < ngrams * FILTER_BITS_PER_GRAM)
        bits++;
    uint64_t *words = arena_array(into, (size_t)1 << (bits - 6), sizeof *words);
    s->filters[side] = (struct weir__sieve_filter){words, 64 - (bits - 6)};
    for (size_t i = 0; i < n; i++)
        if (side_of(f[i].kind) == side)
            words[weir__sieve_word(&s->filters[side], f[i].hash)] |=
                UINT64_C(1) << (f[i].hash >> 42 & 63) | UINT64_C(1) << (f[i].hash >> 36 & 63);
}

/* With the four bytes of the literal that are farthest from its gram. */
static struct weir__sieve_slot
slot_of(const struct filed *f, uint32_t first)
{
    weir_span text = f->item->text;
    struct weir__sieve_slot slot = {.first = first};

    if (text.len >= 4) {
        size_t at = f->gram_at * 2 > text.len - weir__gram_length(f->kind) ? 0 : text.len - 4;
        slot.rest = (uint32_t)load(text.p + at, 4);
        slot.rest_at = (int16_t)((int)at - (int)f->gram_at);
        slot.has_rest = 1;
    }
    return slot;
}

/* Another literal with the same gram. */
static void
share_slot(struct weir__sieve_slot *slot, const struct filed *f)
{
    struct weir__sieve_slot other = slot_of(f, slot->first);

    if (slot->has_rest != other.has_rest || slot->rest != other.rest ||
        slot->rest_at != other.rest_at)
        *slot = (struct weir__sieve_slot){.first = slot->first};
}

static void
make_slots(struct weir__sieve *s, struct arena *into, const struct filed *f, size_t n)
{
    struct weir__sieve_slots *lines;
    struct weir__sieve_slot *last = NULL;

    s->nslots = (uint32_t)(n / SLOTS_MEAN + 1);
    s->slots = lines = arena_array(into, s->nslots, sizeof *lines);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && same_gram(&f[i], &f[i - 1])) {
            share_slot(last, &f[i]);
            continue;
        }
        uint32_t at = weir__sieve_home(s, f[i].hash), k = 0;
        while (weir__sieve_is_full(&lines[at]))
            at = weir__sieve_behind(s, at);
        while (lines[at].tag[k])
            k++;
        lines[at].tag[k] = weir__sieve_tag(f[i].hash);
        last = &lines[at].slot[k];
        *last = slot_of(&f[i], (uint32_t)i);
    }
}

static uint16_t
bounded(uint32_t len)
{
    return len < UINT16_MAX ? (uint16_t)len : UINT16_MAX;
}

static struct weir__sieve_literal
frozen(const struct filed *f, size_t at, bool last)
{
    const struct weir__sieve_item *item = f->item;
    size_t head = item->text.len < WEIR__SIEVE_HEAD ? item->text.len : WEIR__SIEVE_HEAD;
    struct weir__sieve_literal l = {
        .text = (uint32_t)at,
        .pattern = item->pattern,
        .set = item->set,
        .min_len = bounded(item->min_len),
        .max_len = bounded(item->max_len),
        .len = (uint8_t)item->text.len,
        .gram_at = (uint8_t)f->gram_at,
        .at_start = item->at_start,
        .at_end = item->at_end,
        .bare = item->bare,
        .sure = item->sure,
        .other_edge = item->at_start ? item->last : item->first,
        .last = last,
    };

    memcpy(l.head, item->text.p, head);
    return l;
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
    s->nbytes = size;
    size = 0;
    for (size_t i = 0; i < n; i++) {
        literals[i] = frozen(&f[i], size, i + 1 == n || !same_gram(&f[i], &f[i + 1]));
        memcpy(bytes + size, f[i].item->text.p, f[i].item->text.len);
        size += f[i].item->text.len;
    }
    s->literals = literals;
    s->nliterals = (uint32_t)n;
    s->bytes = bytes;
    weir__sieve_link(s, literals, into);
}

const struct weir__sieve *
weir__sieve_build(struct arena *work, struct arena *into, const struct weir__sieve_item *items,
                  size_t n)
{
    if (n == 0)
        return NULL;
    CHECK(n < UINT32_MAX / 4);
    struct weir__sieve *s = arena_alloc(into, sizeof *s);
    struct filing f = {.filed = arena_array(work, 4 * n, sizeof *f.filed)};

    f.chosen = weir__grams_choose(items, n);
    f.counters = arena_array(work, (size_t)1 << COUNTERS_BITS, sizeof *f.counters);
    for (size_t i = 0; i < n; i++)
        count_grams(f.counters, items[i].text);
    for (size_t i = 0; i < n; i++)
        file_item(&f, &items[i]);
    for (size_t i = 0; i < f.n; i++)
        s->in_use |= 1u << f.filed[i].kind;
    qsort(f.filed, f.n, sizeof *f.filed, compare_filed);
    make_filter(s, WEIR__AT_EDGES, into, f.filed, f.n);
    make_filter(s, WEIR__INSIDE, into, f.filed, f.n);
    make_slots(s, into, f.filed, f.n);
    make_literals(s, into, f.filed, f.n);
    return s;
}

/* Running ------------------------------------------------------------------------------------ */

bool
weir__sieve_stands(const struct weir__sieve *s, const struct weir__sieve_literal *l, weir_span key,
                   size_t at)
{
    if (at < l->gram_at || key.len - (at - l->gram_at) < l->len)
        return false;
    size_t begin = at - l->gram_at;
    if (key.len < l->min_len || (key.len > l->max_len && l->max_len != UINT16_MAX))
        return false;
    if (l->other_edge && (uint8_t)key.p[l->at_start ? key.len - 1 : 0] != l->other_edge)
        return false;
    if ((l->at_start && begin != 0) || (l->at_end && begin + l->len != key.len))
        return false;
    if (l->len <= WEIR__SIEVE_HEAD)
        return memcmp(key.p + begin, l->head, l->len) == 0;
    return memcmp(key.p + begin, l->head, WEIR__SIEVE_HEAD) == 0 &&
           memcmp(key.p + begin, s->bytes + l->text, l->len) == 0;
}

/* A key on its way through. */
struct passing {
    const struct weir__sieve *s;
    weir_span key;
    weir__sieve_fn *stays;
    void *arg;
};

static void
try_literals(const struct passing *k, const struct weir__sieve_literal *l, size_t at)
{
    if (l->many) {
        weir__sieve_many(k->s, l, k->key, at, k->stays, k->arg);
        return;
    }
    for (;; l++) {
        if (weir__sieve_stands(k->s, l, k->key, at))
            k->stays(k->arg, l);
        if (l->last)
            return;
    }
}

static void
try_gram(const struct passing *k, enum weir__sieve_gram kind, size_t at)
{
    const struct weir__sieve *s = k->s;
    uint64_t hash = hash_of(k->key.p + at, kind);

    if (!weir__sieve_may_have(&s->filters[side_of(kind)], hash))
        return;
    for (uint32_t line = weir__sieve_home(s, hash);; line = weir__sieve_behind(s, line)) {
        for (unsigned fits = weir__sieve_fits(&s->slots[line], hash); fits; fits &= fits - 1)
            try_literals(k, &s->literals[s->slots[line].slot[__builtin_ctz(fits)].first], at);
        if (!weir__sieve_is_full(&s->slots[line]))
            return;
    }
}

void
weir__sieve_run(const struct weir__sieve *s, weir_span key, weir__sieve_fn *stays, void *arg)
{
    const struct passing k = {s, key, stays, arg};

    for (uint32_t left = s->in_use; left; left &= left - 1) {
        enum weir__sieve_gram kind = (enum weir__sieve_gram)__builtin_ctz(left);
        size_t length = weir__gram_length(kind), step = weir__gram_step(kind);

        if (key.len < length)
            continue;
        if (step == 0)
            try_gram(&k, kind, weir__gram_at_end(kind) ? key.len - length : 0);
        for (size_t at = 0; step && at + length <= key.len; at += step)
            try_gram(&k, kind, at);
    }
}

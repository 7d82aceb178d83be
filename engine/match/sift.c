/*
 * Sifting: laid out, looked for, compared.
 */
#include "match/sift.h"

#include "base/span.h"

#include "match/sift_vector.h"
#include "model/sieve_many.h"

#include <endian.h>

/* Planning ----------------------------------------------------------------------------------- */

static void
plan_kinds(struct weir__looking *l, const struct weir__sieve *s, enum weir__sieve_side side,
           enum weir__sieve_gram first, enum weir__sieve_gram last)
{
    l->filter = s->filters[side];
    l->n = 0;
    for (int k = (int)first; k <= (int)last; k++) {
        enum weir__sieve_gram kind = (enum weir__sieve_gram)k;

        if (!(s->in_use >> k & 1))
            continue;
        l->mask[l->n] = weir__gram_mask(kind);
        l->salt[l->n] = weir__gram_salt(kind);
        l->back[l->n++] = weir__gram_at_end(kind) ? weir__gram_length(kind) : 0;
    }
}

void
weir__sift_plan(struct weir__sift_plan *plan, const struct weir__sieve *s)
{
    *plan = (struct weir__sift_plan){.s = s};
    if (!s)
        return;
    plan_kinds(&plan->start, s, WEIR__AT_EDGES, WEIR__GRAM_START_1, WEIR__GRAM_START_8);
    plan_kinds(&plan->end, s, WEIR__AT_EDGES, WEIR__GRAM_END_1, WEIR__GRAM_END_8);
    plan_kinds(&plan->fourth, s, WEIR__INSIDE, WEIR__GRAM_FOURTH_3, WEIR__GRAM_FOURTH_8);
    plan_kinds(&plan->even, s, WEIR__INSIDE, WEIR__GRAM_EVEN_3, WEIR__GRAM_EVEN_8);
    plan_kinds(&plan->any, s, WEIR__INSIDE, WEIR__GRAM_ANY_1, WEIR__GRAM_ANY_3);
}

/* Laying out --------------------------------------------------------------------------------- */

/* A key's bytes, and none behind them. Short runs are copied as two that overlap. */
static inline void
copy(char *to, const char *from, size_t len)
{
    if (len >= 16) {
        for (size_t i = 0; i + 16 < len; i += 16)
            memcpy(to + i, from + i, 16);
        memcpy(to + len - 16, from + len - 16, 16);
    } else if (len >= 8) {
        memcpy(to, from, 8);
        memcpy(to + len - 8, from + len - 8, 8);
    } else if (len >= 4) {
        memcpy(to, from, 4);
        memcpy(to + len - 4, from + len - 4, 4);
    } else if (len > 0) {
        to[0] = from[0];
        to[len / 2] = from[len / 2];
        to[len - 1] = from[len - 1];
    }
}

/* May write behind the key, where the next one's owner is written later. */
static inline void
own(uint8_t *owner, uint32_t n, uint32_t who)
{
    uint64_t eight = who * UINT64_C(0x0101010101010101);

    for (uint32_t i = 0; i < n; i += 8)
        memcpy(owner + i, &eight, 8);
}

/* Owners that so many bytes have places for. */
static inline uint32_t
places_for(size_t len)
{
    return ((uint32_t)len + WEIR__SIFT_ALIGN - 1) / WEIR__SIFT_ALIGN;
}

/* Where each key goes. */
static void
give_places(struct weir__sift *t, uint64_t which)
{
    uint32_t at = WEIR__SIFT_MARGIN, n = 0;
    uint64_t laid = 0;

    for (uint64_t left = which; left; left &= left - 1) {
        uint32_t k = (uint32_t)__builtin_ctzll(left);
        size_t len = t->keys[k].len;

        t->list[k] = 0;
        t->count[k] = 0;
        if (len == 0)
            continue;
        if (__builtin_expect(len > WEIR__SIFT_KEY_MAX, 0)) {
            t->aside |= UINT64_C(1) << k;
            continue;
        }
        t->laid[k] = (weir_span){t->text + at, len};
        laid |= UINT64_C(1) << k;
        t->index[n] = (uint8_t)k;
        t->begin[n] = (uint16_t)at;
        t->end[n++] = (uint16_t)(at + len);
        at += places_for(len) * WEIR__SIFT_ALIGN;
    }
    t->n = n;
    t->are_laid = laid;
    t->text_end = at;
}

static void
copy_keys(struct weir__sift *t)
{
    for (uint32_t i = 0; i < t->n; i++) {
        weir_span key = t->keys[t->index[i]];
        uint32_t begin = t->begin[i];

        copy(t->text + begin, key.p, key.len);
        own(t->owner + begin / WEIR__SIFT_ALIGN, places_for(key.len), i);
    }
}

static void
lay_out(struct weir__sift *t, uint64_t which)
{
    give_places(t, which);
    if (t->by_vectors)
        weir__copy_keys_by_vectors(t);
    else
        copy_keys(t);
}

/* Comparing ---------------------------------------------------------------------------------- */

static void
keep(struct weir__sift *t, uint32_t k, const struct weir__sieve_literal *l)
{
    if (t->count[k] == WEIR__SIFT_FOUND) {
        t->aside |= UINT64_C(1) << k;
        return;
    }
    t->count[k]++;
    t->found[t->nfound].literal = (uint32_t)(l - t->plan->s->literals);
    t->found[t->nfound].next = t->list[k];
    t->list[k] = (uint16_t)++t->nfound;
    t->has_literals |= UINT64_C(1) << k;
}

/* Who keeps what weir__sieve_many finds. */
struct keeping {
    struct weir__sift *t;
    uint32_t k;
};

static void
keep_one_of_many(void *arg, const struct weir__sieve_literal *l)
{
    const struct keeping *keeping = arg;

    keep(keeping->t, keeping->k, l);
}

static __attribute__((noinline)) void
compare_many(struct weir__sift *t, uint32_t k, const struct weir__sieve_literal *first, size_t at)
{
    struct keeping keeping = {t, k};

    weir__sieve_many(t->plan->s, first, t->keys[k], at, keep_one_of_many, &keeping);
}

static void
compare(struct weir__sift *t, const struct weir__sift_fit *fit)
{
    const struct weir__sieve *s = t->plan->s;
    const struct weir__sieve_literal *l = &s->literals[fit->literal];
    uint32_t i = t->owner[fit->place / WEIR__SIFT_ALIGN];

    if (fit->place < t->begin[i] || fit->place >= t->end[i])
        return;
    uint32_t k = t->index[i];
    if (l->many) {
        compare_many(t, k, l, fit->place - t->begin[i]);
        return;
    }
    for (;; l++) {
        if (weir__sieve_stands(s, l, t->keys[k], fit->place - t->begin[i]))
            keep(t, k, l);
        if (l->last)
            return;
    }
}

/* Does the key have what the slot asks for besides the gram? */
static inline bool
has_rest(const struct weir__sift *t, const struct weir__sieve_slot *slot, uint32_t place)
{
    uint32_t four;

    memcpy(&four, t->text + ((int32_t)place + slot->rest_at), sizeof four);
    return (le32toh(four) == slot->rest) | !slot->has_rest;
}

/* Literals of these slots of a line are compared at once. */
static void
compare_slots(struct weir__sift *t, const struct weir__sieve_slots *line, unsigned fits,
              uint32_t place)
{
    for (; fits; fits &= fits - 1) {
        struct weir__sift_fit fit = {line->slot[__builtin_ctz(fits)].first, place};
        compare(t, &fit);
    }
}

/* What is seldom: several grams of one line have the same tag, or lines are full. */
static __attribute__((noinline)) void
look_further(struct weir__sift *t, uint64_t hash, uint32_t place, uint32_t line)
{
    const struct weir__sieve *s = t->plan->s;
    unsigned fits = weir__sieve_fits(&s->slots[line], hash);

    compare_slots(t, &s->slots[line], fits & (fits - 1), place);
    while (weir__sieve_is_full(&s->slots[line])) {
        line = weir__sieve_behind(s, line);
        compare_slots(t, &s->slots[line], weir__sieve_fits(&s->slots[line], hash), place);
    }
}

/* What has passed, from the filter to slots. A fit is written in any case; literals are asked for.
 */
static void
look_up_slots(struct weir__sift *t)
{
    const struct weir__sieve *s = t->plan->s;
    uint32_t nfits = 0;

    for (uint32_t i = 0; i < t->npassed; i++) {
        uint64_t hash = t->passed[i];
        uint32_t place = t->passed_at[i], at = weir__sieve_home(s, hash);
        const struct weir__sieve_slots *line = &s->slots[at];
        unsigned fits = weir__sieve_fits(line, hash);
        const struct weir__sieve_slot *slot = &line->slot[__builtin_ctz(fits | 8)];

        t->fits[nfits].literal = slot->first;
        t->fits[nfits].place = place;
        nfits += (fits != 0) & has_rest(t, slot, place);
        if (__builtin_expect((fits & (fits - 1)) != 0 || weir__sieve_is_full(line), 0))
            look_further(t, hash, place, at);
    }
    for (uint32_t i = 0; i < nfits; i++)
        __builtin_prefetch(&s->literals[t->fits[i].literal]);
    t->nfits = nfits;
    t->npassed = 0;
}

static void
compare_literals(struct weir__sift *t)
{
    for (uint32_t i = 0; i < t->nfits; i++)
        compare(t, &t->fits[i]);
    t->nfits = 0;
}

/* Looking ------------------------------------------------------------------------------------ */

static inline uint64_t
hash_at(const struct weir__looking *l, uint32_t i, const char *p)
{
    return weir__gram_mix((eight_at(p) & l->mask[i]) ^ l->salt[i]);
}

/* Does any of the first n pass? */
static inline __attribute__((always_inline)) bool
any_passes(const struct weir__looking *l, uint32_t n, const char *p, bool back)
{
    bool passes = false;

    for (uint32_t i = 0; i < n; i++)
        passes |= weir__sieve_may_have(&l->filter, hash_at(l, i, back ? p - l->back[i] : p));
    return passes;
}

/* At one edge of each key. Bytes behind a short key, or before it, are another's; what passes by
   them does not stand. A place is written in any case, and kept where something passes. */
static inline __attribute__((always_inline)) void
look_at_edge(struct weir__sift *t, const struct weir__looking *l, uint32_t n, bool end)
{
    const struct weir__looking here = *l; /* not to be read again after each place is written */
    const uint16_t *places = end ? t->end : t->begin;
    uint32_t nplaces = 0;

    for (uint32_t i = 0; i < t->n; i++) {
        t->places[nplaces] = places[i];
        nplaces += any_passes(&here, n, t->text + places[i], end);
    }
    t->nplaces = nplaces;
}

static inline __attribute__((always_inline)) void
look_from_to(struct weir__sift *t, const struct weir__looking *l, uint32_t n, uint32_t from,
             uint32_t to, uint32_t step)
{
    const struct weir__looking here = *l;
    uint32_t nplaces = 0;

    for (uint32_t at = from; at < to; at += step) {
        t->places[nplaces] = at;
        nplaces += any_passes(&here, n, t->text + at, false);
    }
    t->nplaces = nplaces;
}

/* Slots of the grams that have passed since then are asked for. */
static void
ask_for_slots(const struct weir__sift *t, uint32_t since)
{
    for (uint32_t i = since; i < t->npassed; i++)
        __builtin_prefetch(&t->plan->s->slots[weir__sieve_home(t->plan->s, t->passed[i])]);
}

/* Which grams pass at each of the places. */
static void
sort_out(struct weir__sift *t, const struct weir__looking *l)
{
    for (uint32_t p = 0; p < t->nplaces; p++) {
        uint32_t n = t->npassed;

        for (uint32_t i = 0; i < l->n; i++) {
            uint32_t place = t->places[p] - l->back[i];
            uint64_t hash = hash_at(l, i, t->text + place);

            t->passed[n] = hash;
            t->passed_at[n] = place;
            n += weir__sieve_may_have(&l->filter, hash);
        }
        t->npassed = n;
    }
}

/* However many pass at so many places, there is room for them. */
static void
make_room(struct weir__sift *t, const struct weir__looking *l, uint32_t nplaces)
{
    if (t->npassed + nplaces * l->n <= WEIR__SIFT_PASSED)
        return;
    look_up_slots(t);
    compare_literals(t);
}

/* Loops for the usual numbers of kinds, so that these are not loops of their own. */
#define FOR_KINDS(l, look)                                                                         \
    switch ((l)->n) {                                                                              \
    case 1:                                                                                        \
        look(1);                                                                                   \
        break;                                                                                     \
    case 2:                                                                                        \
        look(2);                                                                                   \
        break;                                                                                     \
    case 3:                                                                                        \
        look(3);                                                                                   \
        break;                                                                                     \
    default:                                                                                       \
        look((l)->n);                                                                              \
    }

static void
look_at_edges_one_by_one(struct weir__sift *t, const struct weir__looking *l, bool end)
{
#define LOOK_AT_START(n) look_at_edge(t, l, n, false)
#define LOOK_AT_END(n) look_at_edge(t, l, n, true)
    if (end)
        FOR_KINDS(l, LOOK_AT_END)
    else
        FOR_KINDS(l, LOOK_AT_START)
#undef LOOK_AT_START
#undef LOOK_AT_END
    sort_out(t, l);
}

static void
look_from_to_one_by_one(struct weir__sift *t, const struct weir__looking *l, uint32_t from,
                        uint32_t to, uint32_t step)
{
#define LOOK(n) look_from_to(t, l, n, from, to, step)
    FOR_KINDS(l, LOOK)
#undef LOOK
    sort_out(t, l);
}

static void
look_at_edges(struct weir__sift *t, const struct weir__looking *l, bool end)
{
    if (l->n == 0)
        return;
    make_room(t, l, t->n);
    uint32_t since = t->npassed;
    if (t->by_vectors)
        weir__look_at_edge_by_vectors(t, l, end);
    else
        look_at_edges_one_by_one(t, l, end);
    ask_for_slots(t, since);
}

static void
look_through(struct weir__sift *t, const struct weir__looking *l, uint32_t step)
{
    if (l->n == 0)
        return;
    uint32_t most = WEIR__SIFT_PASSED / l->n;
    most = step * (most < WEIR__SIFT_PLACES ? most : WEIR__SIFT_PLACES);
    for (uint32_t at = WEIR__SIFT_MARGIN, to; at < t->text_end; at = to) {
        to = t->text_end - at < most ? t->text_end : at + most;
        make_room(t, l, (to - at + step - 1) / step);
        uint32_t since = t->npassed;
        if (t->by_vectors)
            weir__look_from_to_by_vectors(t, l, at, to, step);
        else
            look_from_to_one_by_one(t, l, at, to, step);
        ask_for_slots(t, since);
    }
}

void
weir__sift_nothing(struct weir__sift *t)
{
    t->has_literals = t->aside = t->are_laid = 0;
    t->nfound = t->npassed = t->nfits = 0;
}

void
weir__sift_look(struct weir__sift *t, const struct weir__sift_plan *plan, const weir_span *keys,
                uint64_t which)
{
    weir__sift_nothing(t);
    t->plan = plan;
    t->keys = keys;
    lay_out(t, which);
    if (!plan->s)
        return;
    look_at_edges(t, &plan->start, false);
    look_at_edges(t, &plan->end, true);
    look_through(t, &plan->fourth, 4);
    look_through(t, &plan->even, 2);
    look_through(t, &plan->any, 1);
}

void
weir__sift_look_up(struct weir__sift *t)
{
    if (t->npassed)
        look_up_slots(t);
}

void
weir__sift_compare(struct weir__sift *t)
{
    compare_literals(t);
    t->has_literals &= ~t->aside;
}

/* Results ------------------------------------------------------------------------------------ */

size_t
weir__sift_literals(const struct weir__sift *t, size_t key, const struct weir__sieve_literal **out)
{
    const struct weir__sieve_literal *literals = t->plan->s->literals;
    const struct weir__sift_found *first = &t->found[t->list[key] - 1];
    size_t n = 1;

    out[0] = &literals[first->literal];
    for (uint16_t i = first->next; i; i = t->found[i - 1].next) {
        const struct weir__sieve_literal *l = &literals[t->found[i - 1].literal];
        size_t at = n;

        while (at > 0 && out[at - 1]->pattern >= l->pattern)
            at--;
        if (at < n && out[at]->pattern == l->pattern)
            continue;
        memmove(&out[at + 1], &out[at], (n - at) * sizeof(*out));
        out[at] = l;
        n++;
    }
    return n;
}

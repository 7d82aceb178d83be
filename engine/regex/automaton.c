/*
 * Walking subjects through an automaton, making its states as they are needed.
 *
 * A state is a set of places (and of patterns that match if the subject ends), together with the
 * patterns that have matched on the way into it. A pattern that has matched leaves no places
 * behind: what else it could do does not matter, and fewer sets are different.
 *
 * States pay where subjects come by the same ones again. Where they do not (patterns full of
 * classes that all differ; or somebody aims at it) making them costs more than they save. So work
 * on new states is bounded by an allowance that subjects earn; without it, the rest of a subject is
 * stepped through by bits (automaton_bits.c), which takes the same time whatever the subject.
 */
#include "regex/automaton_parts.h"

#include "base/check.h"

#include <stdlib.h>

/* Work on new states, in items of lists followed (some nanoseconds each): what a subject earns a
   group, and what can be saved up, and is there at the beginning. */
#define WORK_EARNED 16
#define WORK_SAVED (4 << 20)
/* When the pool is full, states are forgotten at the earliest after so many subjects. */
#define SUBJECTS_BETWEEN (1u << 18)

/* A state in the pool: these, then its row of next states by class, then its places, then what has
   matched. A state's number is where its row begins; 0 is none. */
enum { HASH, GROUP, NPLACES, NENDS, NMATCHED, NFIXED };

/* Of an entry of a row: the next state needs a look (something has matched, or it is dead). */
#define LOOK 0x80000000u

struct weir__automaton_cache {
    uint32_t magic;
    const struct weir__automaton *a;
    uint32_t *pool;
    size_t nwords, used;
    uint32_t *table; /* of states, by what is in them */
    size_t mask, nstates;
    uint32_t start[WEIR__NGROUPS];
    struct {
        int64_t left;
        uint64_t as_of; /* nsubjects then */
    } work[WEIR__NGROUPS];
    uint64_t nsubjects, forgotten_at;
    uint64_t *marks;   /* numbers of a group's lists */
    uint32_t *list;    /* a new state: places, then ends */
    uint32_t *matched; /* and what has matched on the way into it */
    uint32_t nlist, nmatched;
    uint64_t *bits, *settled; /* for weir__bits_run */
    uint64_t *hit;            /* patterns that are candidates by now */
    uint32_t *found, *merged;
    size_t nfound;
};

/* Making and freeing
 * -------------------------------------------------------------------------------- */

static size_t
numbers_of(const struct weir__group *g)
{
    return (size_t)g->nplaces + 2 * (size_t)g->npatterns;
}

static void
forget(struct weir__automaton_cache *c)
{
    memset(c->table, 0, (c->mask + 1) * sizeof *c->table);
    memset(c->start, 0, sizeof c->start);
    c->used = 1; /* 0 is no state */
    c->nstates = 0;
    c->forgotten_at = c->nsubjects;
}

weir_status
weir__automaton_cache_new(const struct weir__automaton *a, size_t bytes,
                          struct weir__automaton_cache **out)
{
    struct weir__automaton_cache *c = calloc(1, sizeof *c);
    size_t most = 1, entries = 64;

    CHECK_OBJ(a, WEIR__AUTOMATON_MAGIC);
    if (!c)
        return WEIR_E_NOMEM;
    for (size_t i = 0; i < a->ngroups; i++)
        most = numbers_of(&a->groups[i]) > most ? numbers_of(&a->groups[i]) : most;
    while (entries * 256 < bytes)
        entries *= 2;
    c->magic = WEIR__AUTOMATON_CACHE_MAGIC;
    c->a = a;
    c->mask = entries - 1;
    c->nwords = bytes / sizeof *c->pool + 16;
    if (c->nwords > LOOK)
        c->nwords = LOOK;
    c->pool = calloc(c->nwords, sizeof *c->pool);
    c->table = calloc(entries, sizeof *c->table);
    c->marks = calloc(most / 64 + 1, sizeof *c->marks);
    c->list = calloc(most, sizeof *c->list);
    c->matched = calloc(most, sizeof *c->matched);
    c->bits = calloc(most / 64 * 2 + 1, sizeof *c->bits);
    c->settled = calloc(a->npatterns / 64 + 1, sizeof *c->settled);
    c->hit = calloc(a->npatterns / 64 + 1, sizeof *c->hit);
    c->found = calloc((size_t)a->npatterns + 1, sizeof *c->found);
    c->merged = calloc((size_t)a->npatterns + 1, sizeof *c->merged);
    if (!c->pool || !c->table || !c->marks || !c->list || !c->matched || !c->bits || !c->settled ||
        !c->hit || !c->found || !c->merged) {
        weir__automaton_cache_free(c);
        return WEIR_E_NOMEM;
    }
    forget(c);
    for (size_t i = 0; i < a->ngroups; i++)
        c->work[i].left = WORK_SAVED;
    *out = c;
    return WEIR_OK;
}

void
weir__automaton_cache_free(struct weir__automaton_cache *c)
{
    if (!c)
        return;
    CHECK_OBJ(c, WEIR__AUTOMATON_CACHE_MAGIC);
    free(c->pool);
    free(c->table);
    free(c->marks);
    free(c->list);
    free(c->matched);
    free(c->bits);
    free(c->settled);
    free(c->hit);
    free(c->found);
    free(c->merged);
    c->magic = 0;
    free(c);
}

/* States ----------------------------------------------------------------------------------------
 */

static const struct weir__group *
group_of(const struct weir__automaton_cache *c, uint32_t state)
{
    return &c->a->groups[(c->pool + state - NFIXED)[GROUP]];
}

static const uint32_t *
places_of(const struct weir__automaton_cache *c, uint32_t state)
{
    return c->pool + state + group_of(c, state)->nclasses;
}

static uint32_t
hash_of(const struct weir__automaton_cache *c, uint32_t group)
{
    uint64_t h = group + 1;

    for (uint32_t i = 0; i < c->nlist; i++)
        h = (h ^ c->list[i]) * UINT64_C(0x9E3779B97F4A7C15);
    for (uint32_t i = 0; i < c->nmatched; i++)
        h = (h ^ c->matched[i]) * UINT64_C(0xD6E8FEB86659FD93);
    return (uint32_t)(h >> 32);
}

static bool
is_state(const struct weir__automaton_cache *c, uint32_t state, uint32_t hash, uint32_t group)
{
    const uint32_t *fixed = c->pool + state - NFIXED;

    if (fixed[HASH] != hash || fixed[GROUP] != group || fixed[NPLACES] != c->nlist ||
        fixed[NMATCHED] != c->nmatched)
        return false;
    const uint32_t *places = places_of(c, state);
    return memcmp(places, c->list, c->nlist * sizeof *places) == 0 &&
           memcmp(places + c->nlist, c->matched, c->nmatched * sizeof *places) == 0;
}

/* Write down the state that c->list and c->matched describe, behind all others. */
static uint32_t
add_state(struct weir__automaton_cache *c, uint32_t group, uint32_t hash)
{
    const struct weir__group *g = &c->a->groups[group];
    uint32_t *fixed = c->pool + c->used, *row = fixed + NFIXED, *places = row + g->nclasses;
    uint32_t state = (uint32_t)c->used + NFIXED, nends = 0;

    while (nends < c->nlist && c->list[c->nlist - 1 - nends] >= g->nplaces)
        nends++;
    fixed[HASH] = hash;
    fixed[GROUP] = group;
    fixed[NPLACES] = c->nlist;
    fixed[NENDS] = nends;
    fixed[NMATCHED] = c->nmatched;
    memset(row, 0, g->nclasses * sizeof *row);
    memcpy(places, c->list, c->nlist * sizeof *places);
    memcpy(places + c->nlist, c->matched, c->nmatched * sizeof *places);
    bool look = c->nmatched > 0 || (g->mortal && c->nlist == 0);
    row[0] = state | (look ? LOOK : 0); /* bytes that are no symbols */
    c->used += NFIXED + g->nclasses + c->nlist + c->nmatched;
    c->nstates++;
    return state;
}

/* The state that c->list and c->matched describe, as rows have it. 0: there is no room.
 *forgotten: all states before it are gone. */
static uint32_t
state_of(struct weir__automaton_cache *c, uint32_t group, bool *forgotten)
{
    size_t words = NFIXED + c->a->groups[group].nclasses + (size_t)c->nlist + c->nmatched;
    uint32_t hash = hash_of(c, group);
    size_t at = hash & c->mask;

    for (; c->table[at]; at = (at + 1) & c->mask)
        if (is_state(c, c->table[at], hash, group))
            break;
    if (!c->table[at]) {
        bool full = c->used + words > c->nwords || c->nstates * 4 > c->mask * 3;
        if (full && (c->nsubjects - c->forgotten_at < SUBJECTS_BETWEEN || words >= c->nwords))
            return 0;
        if (full) {
            forget(c);
            *forgotten = true;
            at = hash & c->mask;
        }
        c->table[at] = add_state(c, group, hash);
    }
    return c->pool[c->table[at]]; /* its row[0]: itself, with LOOK */
}

static void
mark_all(struct weir__automaton_cache *c, const uint32_t *items, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        c->marks[items[i] / 64] |= UINT64_C(1) << (items[i] % 64);
}

static bool
is_marked(const struct weir__automaton_cache *c, uint32_t number)
{
    return (c->marks[number / 64] >> (number % 64) & 1) != 0;
}

/* Has the pattern matched that a place, or an end, belongs to? */
static bool
is_settled(const struct weir__automaton_cache *c, const struct weir__group *g, uint32_t number)
{
    uint32_t pattern = number < g->nplaces ? g->owner[number] : number - g->nplaces - g->npatterns;

    return is_marked(c, g->nplaces + pattern);
}

/* From marks to c->list and c->matched, in ascending order. */
static void
gather(struct weir__automaton_cache *c, const struct weir__group *g)
{
    size_t nwords = (numbers_of(g) + 63) / 64;

    c->nlist = c->nmatched = 0;
    for (size_t w = 0; w < nwords; w++)
        for (uint64_t bits = c->marks[w]; bits; bits &= bits - 1) {
            uint32_t number = (uint32_t)(w * 64 + (size_t)__builtin_ctzll(bits));

            if (number >= g->nplaces && number < g->nplaces + g->npatterns)
                c->matched[c->nmatched++] = number - g->nplaces;
            else if (!is_settled(c, g, number))
                c->list[c->nlist++] = number;
        }
    memset(c->marks, 0, nwords * sizeof *c->marks);
}

/* Is there an allowance left? Subjects have earned some since it was last asked. */
static bool
may_work(struct weir__automaton_cache *c, uint32_t group)
{
    int64_t left =
        c->work[group].left + (int64_t)(c->nsubjects - c->work[group].as_of) * WORK_EARNED;

    c->work[group].left = left < WORK_SAVED ? left : WORK_SAVED;
    c->work[group].as_of = c->nsubjects;
    return left > 0;
}

/* What comes after a state by a symbol of the class, written into the state's row. 0: it is not
   worth the work, or there is no room. */
static uint32_t
next_state(struct weir__automaton_cache *c, uint32_t group, uint32_t state, uint32_t class)
{
    const struct weir__group *g = &c->a->groups[group];
    const uint32_t *fixed = c->pool + state - NFIXED, *places = places_of(c, state);
    uint32_t n = fixed[NPLACES] - fixed[NENDS];
    uint32_t nfresh = g->fresh_at[class + 1] - g->fresh_at[class];
    size_t work = n + nfresh + numbers_of(g) / 64 + g->nclasses / 8;
    bool forgotten = false;

    if (!may_work(c, group))
        return 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t p = places[i], first = g->after_at[p];
        if (!weir__symbols_have(&g->sets[g->takes[p]], class))
            continue;
        mark_all(c, g->after + first, g->after_at[p + 1] - first);
        work += g->after_at[p + 1] - first;
    }
    mark_all(c, g->fresh + g->fresh_at[class], nfresh);
    gather(c, g);
    c->work[group].left -= (int64_t)work;
    uint32_t next = state_of(c, group, &forgotten);
    if (!forgotten && next)
        c->pool[state + class] = next;
    return next;
}

static uint32_t
start_of(struct weir__automaton_cache *c, uint32_t group)
{
    const struct weir__numbers *start = &c->a->groups[group].start;
    bool forgotten = false;

    if (c->start[group] == 0) {
        c->nlist = (uint32_t)start->n;
        c->nmatched = 0;
        if (start->n)
            memcpy(c->list, start->items, start->n * sizeof *c->list);
        uint32_t state = state_of(c, group, &forgotten);
        c->start[group] = state;
    }
    return c->start[group];
}

/* Running ---------------------------------------------------------------------------------------
 */

static void
found(struct weir__automaton_cache *c, uint32_t pattern)
{
    uint64_t bit = UINT64_C(1) << (pattern % 64);

    if (c->hit[pattern / 64] & bit)
        return;
    c->hit[pattern / 64] |= bit;
    c->found[c->nfound++] = pattern;
}

static void
found_on_entry(struct weir__automaton_cache *c, const struct weir__group *g, uint32_t state)
{
    const uint32_t *fixed = c->pool + state - NFIXED;
    const uint32_t *matched = places_of(c, state) + fixed[NPLACES];

    for (uint32_t i = 0; i < fixed[NMATCHED]; i++)
        found(c, g->patterns[matched[i]]);
}

static void
found_at_end(struct weir__automaton_cache *c, const struct weir__group *g, uint32_t state)
{
    const uint32_t *fixed = c->pool + state - NFIXED;
    const uint32_t *ends = places_of(c, state) + fixed[NPLACES] - fixed[NENDS];

    for (uint32_t i = 0; i < fixed[NENDS]; i++)
        found(c, g->patterns[ends[i] - g->nplaces - g->npatterns]);
}

/* The rest of a subject by bits, from these places on. */
static void
run_bits(struct weir__automaton_cache *c, const struct weir__group *g, const uint32_t *places,
         size_t n, weir_span rest)
{
    size_t nwords = (g->npatterns + 63) / 64;

    weir__bits_run(g, places, n, rest, c->bits, c->settled);
    for (size_t w = 0; w < nwords; w++)
        for (; c->settled[w]; c->settled[w] &= c->settled[w] - 1)
            found(c, g->patterns[w * 64 + (size_t)__builtin_ctzll(c->settled[w])]);
}

/* Without a state to begin with: all by bits. Ends count, as if there were no symbols. */
static void
run_stateless(struct weir__automaton_cache *c, const struct weir__group *g, weir_span subject)
{
    const struct weir__numbers *start = &g->start;
    size_t n = start->n;

    for (; n > 0 && start->items[n - 1] >= g->nplaces; n--)
        found(c, g->patterns[start->items[n - 1] - g->nplaces - g->npatterns]);
    run_bits(c, g, start->items, n, subject);
}

static void
run_group(struct weir__automaton_cache *c, uint32_t group, weir_span subject)
{
    const struct weir__group *g = &c->a->groups[group];
    const uint8_t *p = (const uint8_t *)subject.p;
    ptrdiff_t step = g->backwards ? -1 : 1;
    uint32_t state = start_of(c, group) & ~LOOK;

    if (state == 0) {
        run_stateless(c, g, subject);
        return;
    }
    if (g->backwards && subject.len > 0)
        p += subject.len - 1;
    for (size_t left = subject.len; left > 0; left--, p += step) {
        uint32_t next = c->pool[state + g->class_of[*p]];

        if ((int32_t)next > 0) {
            state = next;
            continue;
        }
        if (next == 0)
            next = next_state(c, group, state, g->class_of[*p]);
        if (next == 0) {
            const uint32_t *fixed = c->pool + state - NFIXED;
            run_bits(c, g, places_of(c, state), fixed[NPLACES] - fixed[NENDS],
                     g->backwards ? span_head(subject, left)
                                  : span_skip(subject, subject.len - left));
            return;
        }
        state = next & ~LOOK;
        if (!(next & LOOK))
            continue;
        found_on_entry(c, g, state);
        if (g->mortal && (c->pool + state - NFIXED)[NPLACES] == 0)
            return;
    }
    found_at_end(c, g, state);
}

/* Eight bytes at once: the high bit of each. */
#define ONES UINT64_C(0x0101010101010101)
#define HIGH (ONES * 0x80)

/* The high bit of each byte of ASCII that is not below c; of others, anything. */
static inline uint64_t
not_below(uint64_t bytes, uint8_t c)
{
    return ((bytes | HIGH) - ONES * c) & HIGH;
}

static inline unsigned
kinds_in_eight(uint64_t bytes)
{
    uint64_t ascii = ~bytes & HIGH;
    uint64_t letters = not_below(bytes, 'a') & ~not_below(bytes, 'z' + 1) & ascii;
    uint64_t digits = not_below(bytes, '0') & ~not_below(bytes, '9' + 1) & ascii;

    return (letters ? WEIR__KIND_LETTER : 0u) | (digits ? WEIR__KIND_DIGIT : 0u) |
           (ascii & ~letters & ~digits ? WEIR__KIND_OTHER : 0u) |
           (ascii != HIGH ? WEIR__KIND_BEYOND : 0u);
}

static inline uint64_t
load(const char *p, size_t n)
{
    uint64_t bytes = 0;

    memcpy(&bytes, p, n);
    return bytes;
}

/* Kinds of the bytes of a subject; a few bytes are looked at twice rather than one by one. */
static unsigned
kinds_in(weir_span s)
{
    unsigned kinds = 0;

    if (s.len >= 8) {
        for (size_t i = 0; i + 8 < s.len; i += 8)
            kinds |= kinds_in_eight(load(s.p + i, 8));
        return kinds | kinds_in_eight(load(s.p + s.len - 8, 8));
    }
    if (s.len >= 4)
        return kinds_in_eight(load(s.p, 4) | load(s.p + s.len - 4, 4) << 32);
    for (size_t i = 0; i < s.len; i++)
        kinds |= kinds_in_eight(ONES * (uint8_t)s.p[i]);
    return kinds;
}

/* Few are put in order as they lie; of many, the bits are. */
static void
sort_found(struct weir__automaton_cache *c)
{
    if (c->nfound > 16) {
        size_t n = 0;
        for (size_t w = 0; w <= c->a->npatterns / 64; w++)
            for (uint64_t bits = c->hit[w]; bits; bits &= bits - 1)
                c->found[n++] = (uint32_t)(w * 64 + (size_t)__builtin_ctzll(bits));
        return;
    }
    for (size_t i = 1; i < c->nfound; i++) {
        uint32_t x = c->found[i];
        size_t at = i;
        for (; at > 0 && c->found[at - 1] > x; at--)
            c->found[at] = c->found[at - 1];
        c->found[at] = x;
    }
}

/* With those that are always candidates. */
static size_t
merge(struct weir__automaton_cache *c, const uint32_t **candidates)
{
    const struct weir__numbers *always = &c->a->always;
    size_t i = 0, k = 0, n = 0;

    while (i < always->n || k < c->nfound)
        if (k == c->nfound || (i < always->n && always->items[i] < c->found[k]))
            c->merged[n++] = always->items[i++];
        else
            c->merged[n++] = c->found[k++];
    *candidates = c->merged;
    return n;
}

size_t
weir__automaton_run(const struct weir__automaton *a, struct weir__automaton_cache *c,
                    weir_span subject, const uint32_t **candidates)
{
    CHECK_OBJ(c, WEIR__AUTOMATON_CACHE_MAGIC);
    CHECK(c->a == a);
    unsigned kinds = subject.len ? kinds_in(subject) : WEIR__KIND_ANY;
    c->nfound = 0;
    c->nsubjects++;
    for (size_t i = 0; i < a->ngroups; i++)
        if (a->groups[i].needs & kinds)
            run_group(c, (uint32_t)i, subject);
    if (c->nfound == 0) {
        *candidates = a->always.items;
        return a->always.n;
    }
    sort_found(c);
    for (size_t i = 0; i < c->nfound; i++)
        c->hit[c->found[i] / 64] = 0;
    if (a->always.n)
        return merge(c, candidates);
    *candidates = c->found;
    return c->nfound;
}

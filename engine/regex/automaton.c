/*
 * Walking subjects through the groups of an automaton: by states as far as there are any, by bits
 * from there on.
 */
#include "regex/automaton_states.h"

#include "base/check.h"

#include <stdlib.h>

/* Making and freeing ----------------------------------------------------------------------- */

/* What the largest group needs. */
static weir_status
making_init(struct weir__automaton_cache *c)
{
    size_t most = 1;

    for (size_t i = 0; i < c->a->ngroups; i++) {
        size_t n = weir__group_numbers(&c->a->groups[i]);
        most = n > most ? n : most;
    }
    c->making.marks = calloc(most / 64 + 1, sizeof *c->making.marks);
    c->making.list = calloc(most, sizeof *c->making.list);
    c->making.matched = calloc(most, sizeof *c->making.matched);
    c->bits = calloc(most / 64 * 2 + 1, sizeof *c->bits);
    return c->making.marks && c->making.list && c->making.matched && c->bits ? WEIR_OK
                                                                             : WEIR_E_NOMEM;
}

/* Wild groups fill whatever they get, and make little of it. */
static size_t
share_of(const struct weir__group *g)
{
    return g->wild ? 1 : 4;
}

static weir_status
states_init(struct weir__automaton_cache *c, size_t bytes)
{
    const struct weir__automaton *a = c->a;
    size_t shares = 0;

    for (size_t i = 0; i < a->ngroups; i++)
        shares += share_of(&a->groups[i]);
    for (size_t i = 0; i < a->ngroups; i++) {
        const struct weir__group *g = &a->groups[i];
        size_t part = bytes / shares * share_of(g);

        if (weir__states_init(&c->states[i], g, &c->making, part) != WEIR_OK)
            return WEIR_E_NOMEM;
    }
    return WEIR_OK;
}

weir_status
weir__automaton_cache_new(const struct weir__automaton *a, size_t bytes, bool vectors,
                          struct weir__automaton_cache **out)
{
    struct weir__automaton_cache *c = calloc(1, sizeof *c);
    size_t words = (size_t)a->npatterns / 64 + 1;

    CHECK_OBJ(a, WEIR__AUTOMATON_MAGIC);
    if (!c)
        return WEIR_E_NOMEM;
    c->magic = WEIR__AUTOMATON_CACHE_MAGIC;
    c->a = a;
    c->vectors = vectors;
    c->matched = calloc(words, sizeof *c->matched);
    c->hit = calloc(words, sizeof *c->hit);
    c->found = calloc((size_t)a->npatterns + 1, sizeof *c->found);
    c->merged = calloc((size_t)a->npatterns + 1, sizeof *c->merged);
    if (making_init(c) != WEIR_OK || states_init(c, bytes) != WEIR_OK || !c->matched || !c->hit ||
        !c->found || !c->merged) {
        weir__automaton_cache_free(c);
        return WEIR_E_NOMEM;
    }
    *out = c;
    return WEIR_OK;
}

void
weir__automaton_cache_free(struct weir__automaton_cache *c)
{
    if (!c)
        return;
    CHECK_OBJ(c, WEIR__AUTOMATON_CACHE_MAGIC);
    for (int i = 0; i < WEIR__NGROUPS; i++)
        weir__states_fini(&c->states[i]);
    free(c->making.marks);
    free(c->making.list);
    free(c->making.matched);
    free(c->bits);
    free(c->matched);
    free(c->hit);
    free(c->found);
    free(c->merged);
    c->magic = 0;
    free(c);
}

/* Candidates ------------------------------------------------------------------------------- */

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
found_on_entry(struct weir__automaton_cache *c, const struct weir__states *s, uint32_t state)
{
    const uint32_t *fixed = weir__state_fixed(s, state);
    uint32_t n;
    const uint32_t *matched = weir__state_places(s, state, &n) + n + fixed[WEIR__STATE_NENDS];

    for (uint32_t i = 0; i < fixed[WEIR__STATE_NMATCHED]; i++)
        found(c, s->g->patterns[matched[i]]);
}

static void
found_at_end(struct weir__automaton_cache *c, const struct weir__states *s, uint32_t state)
{
    const uint32_t *fixed = weir__state_fixed(s, state);
    uint32_t n;
    const uint32_t *ends = weir__state_places(s, state, &n) + n;

    for (uint32_t i = 0; i < fixed[WEIR__STATE_NENDS]; i++)
        found(c, s->g->patterns[ends[i] - s->g->nplaces - s->g->npatterns]);
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

/* Walking ---------------------------------------------------------------------------------- */

/* The rest of a subject by bits, from these places on; NULL: from the start. */
static void
run_bits(struct weir__automaton_cache *c, const struct weir__group *g, const uint32_t *places,
         uint32_t n, weir_span rest)
{
    size_t nwords = ((size_t)g->npatterns + 63) / 64;

    weir__bits_run(g, places, n, rest, c->bits, c->matched);
    for (size_t w = 0; w < nwords; w++)
        for (; c->matched[w]; c->matched[w] &= c->matched[w] - 1)
            found(c, g->patterns[w * 64 + (size_t)__builtin_ctzll(c->matched[w])]);
}

/* All of a subject by bits. */
static void
run_stateless(struct weir__automaton_cache *c, const struct weir__group *g, weir_span subject)
{
    const struct weir__numbers *start = &g->start;
    bool has_symbols = false;

    for (size_t i = 0; i < subject.len && !has_symbols; i++)
        has_symbols = g->class_of[(uint8_t)subject.p[i]] != 0;
    for (size_t i = start->n; i > 0 && start->items[i - 1] >= g->nplaces && !has_symbols; i--)
        found(c, g->patterns[start->items[i - 1] - g->nplaces - g->npatterns]);
    run_bits(c, g, NULL, 0, subject);
}

static void
run_group(struct weir__automaton_cache *c, struct weir__states *s, weir_span subject)
{
    const struct weir__group *g = s->g;
    const uint8_t *p = (const uint8_t *)subject.p;
    ptrdiff_t step = g->backwards ? -1 : 1;

    s->subjects = c->nsubjects;
    uint32_t state = weir__states_start(s) & ~WEIR__LOOK;
    if (state == 0) {
        run_stateless(c, g, subject);
        return;
    }
    if (g->backwards && subject.len > 0)
        p += subject.len - 1;
    for (size_t left = subject.len; left > 0; left--, p += step) {
        uint32_t next = s->pool[state + g->class_of[*p]];

        if ((int32_t)next > 0) { /* known, and without LOOK */
            state = next;
            continue;
        }
        if (next == 0)
            next = weir__states_next(s, state, g->class_of[*p]);
        if (next == 0) {
            uint32_t n;
            const uint32_t *places = weir__state_places(s, state, &n);
            run_bits(c, g, places, n,
                     g->backwards ? span_head(subject, left)
                                  : span_skip(subject, subject.len - left));
            return;
        }
        state = next & ~WEIR__LOOK;
        if (!(next & WEIR__LOOK))
            continue;
        found_on_entry(c, s, state);
        const uint32_t *fixed = weir__state_fixed(s, state);
        if (g->mortal && fixed[WEIR__STATE_NPLACES] == 0 && fixed[WEIR__STATE_NENDS] == 0)
            return;
    }
    found_at_end(c, s, state);
}

size_t
weir__automaton_run(const struct weir__automaton *a, struct weir__automaton_cache *c,
                    weir_span subject, const uint32_t **candidates)
{
    CHECK_OBJ(c, WEIR__AUTOMATON_CACHE_MAGIC);
    CHECK(c->a == a);
    unsigned kinds = subject.len ? weir__kinds_in(subject) : WEIR__KIND_ANY;
    c->nfound = 0;
    c->nsubjects++;
    for (size_t i = 0; i < a->ngroups; i++)
        if (a->groups[i].needs & kinds)
            run_group(c, &c->states[i], subject);
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

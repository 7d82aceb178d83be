/*
 * Finding: keys in batches, so that what one waits for comes while others are worked on.
 *
 * What a batch finds is confirmed key by key, and within a key in an order that depends on nothing
 * but the key: a post's budget must cut off the same regexes whatever the memo knows of its keys.
 */
#include "match/finder.h"

#include "base/bits.h"
#include "base/span.h"
#include "base/vectors.h"
#include "match/search.h"

#include <stdlib.h>

#define MEMO_BITS 16u

weir_status
weir__finder_init(struct weir__finder *f, const struct weir_ruleset *rs,
                  const weir_decide_options *o)
{
    uint32_t match_limit = o && o->match_limit ? o->match_limit : WEIR__MATCH_LIMIT;
    weir_status st = WEIR_OK;

    *f = (struct weir__finder){.rs = rs, .off = o ? o->match_off : 0};
    bool vectors = weir__has_vectors() && !(f->off & WEIR_MATCH_VECTORS);
    f->post_limit = o && o->post_limit ? o->post_limit : WEIR__POST_LIMIT;
    f->in_scope = calloc((size_t)rs->nrules + 1, sizeof *f->in_scope);
    f->counts = calloc((size_t)rs->npatterns + 1, sizeof *f->counts);
    f->sift = calloc(1, sizeof *f->sift);
    f->sift_ahead = calloc(1, sizeof *f->sift_ahead);
    if (!f->in_scope || !f->counts || !f->sift || !f->sift_ahead)
        st = WEIR_E_NOMEM;
    if (st == WEIR_OK)
        st = weir__regex_scratch_new(match_limit, &f->regex);
    if (st == WEIR_OK && !(f->off & WEIR_MATCH_MEMO))
        st = weir__memo_init(&f->memo, MEMO_BITS);
    if (st == WEIR_OK)
        f->sift->by_vectors = f->sift_ahead->by_vectors = vectors;
    for (int s = 0; s < WEIR__NSPACES; s++)
        weir__sift_plan(&f->plans[s], rs->sieves[s]);
    for (int s = 0; s < WEIR__NSPACES && st == WEIR_OK; s++)
        if (rs->automata[s] && !(f->off & WEIR_MATCH_AUTOMATON))
            st = weir__automaton_cache_new(rs->automata[s], WEIR__AUTOMATON_CACHE, vectors,
                                           &f->automata[s]);
    if (st != WEIR_OK)
        weir__finder_fini(f);
    return st;
}

void
weir__finder_fini(struct weir__finder *f)
{
    if (f->regex)
        weir__regex_scratch_free(f->regex);
    free(f->in_scope);
    free(f->counts);
    free(f->sift);
    free(f->sift_ahead);
    weir__memo_fini(&f->memo);
    for (int s = 0; s < WEIR__NSPACES; s++)
        weir__automaton_cache_free(f->automata[s]);
    *f = (struct weir__finder){0};
}

void
weir__finder_begin(struct weir__finder *f, struct weir__scope scope)
{
    f->scope = scope;
    f->nhard = 0;
    if (++f->epoch == 0) {
        memset(f->in_scope, 0, f->rs->nrules * sizeof *f->in_scope);
        f->epoch = 1;
    }
}

bool
weir__finder_in_scope(struct weir__finder *f, uint32_t index)
{
    const struct weir_rule *rule = &f->rs->rules[index];
    const struct weir__scope *scope = &f->scope;
    struct weir__in_scope *known = &f->in_scope[index];

    if (scope->only != WEIR_NONE)
        return index == scope->only;
    if (known->epoch != f->epoch) {
        known->epoch = f->epoch;
        known->yes =
            rule->mode != WEIR_MODE_OFF && weir__rule_in_force(f->rs, rule, scope->at_ms) &&
            (scope->region == WEIR_REGION_NONE || weir__region_has(&rule->regions, scope->region));
    }
    return known->yes;
}

static uint32_t
find_literal(const struct weir__finder *f, enum weir__space space, weir_span key, uint64_t hash)
{
    if (f->off & WEIR_MATCH_GATE)
        return weir__keytable_scan(f->rs->keys, space, key);
    if (__builtin_expect(!weir__keytable_may_know(f->rs->keys, hash), 1))
        return WEIR_NONE;
    return weir__keytable_find(f->rs->keys, space, key, hash);
}

uint32_t
weir__find_literal(const struct weir__finder *f, enum weir__space space, weir_span key)
{
    if (!weir__keytable_has_space(f->rs->keys, space))
        return WEIR_NONE;
    return find_literal(f, space, key, weir__keytable_hash(f->rs->keys, space, key));
}

/* Batches ------------------------------------------------------------------------------------ */

static uint64_t
all_of(const struct weir__keys *b)
{
    return ~UINT64_C(0) >> (64 - b->n);
}

static bool
remembers(const struct weir__finder *f)
{
    return f->memo.cells && !f->memo.rests;
}

static void
recall(const struct weir__search *s, struct weir__keys *b)
{
    for (size_t i = 0; i < b->n; i++)
        __builtin_prefetch(weir__memo_cell(&s->f->memo, b->hash[i]));
    for (size_t i = 0; i < b->n; i++) {
        const struct weir__memo_cell *cell = weir__memo_cell(&s->f->memo, b->hash[i]);

        if (cell->hash != b->hash[i] || cell->len != b->keys[i].len || cell->space != s->space ||
            memcmp(cell->key, b->keys[i].p, cell->len) != 0)
            continue;
        b->known |= UINT64_C(1) << i;
        b->told |= (uint64_t)(cell->nsets > 0) << i;
        memcpy(b->says[i].sets, cell->sets, sizeof cell->sets);
        b->says[i].nsets = cell->nsets;
    }
}

static void
remember(const struct weir__search *s, uint64_t hash)
{
    struct weir__memo_cell *cell = weir__memo_cell(&s->f->memo, hash);

    if (s->partial || s->key.len > WEIR__MEMO_KEY_MAX)
        return;
    cell->hash = hash;
    memcpy(cell->sets, s->sets, sizeof cell->sets);
    cell->nsets = (uint8_t)s->nsets;
    cell->space = (uint8_t)s->space;
    cell->len = (uint8_t)s->key.len;
    memcpy(cell->key, s->key.p, s->key.len);
}

static void
ask_gate(const struct weir__search *s, struct weir__keys *b, uint64_t which)
{
    const struct weir__keytable *t = s->f->rs->keys;
    uint64_t may = 0;

    if (!weir__keytable_has_space(t, s->space))
        return;
    if (s->f->off & WEIR_MATCH_GATE) {
        b->may_stand = which;
        return;
    }
    for (size_t i = 0; i < b->n; i++)
        may |= (uint64_t)weir__keytable_may_know(t, b->hash[i]) << i;
    b->may_stand = may & which;
    for (uint64_t left = b->may_stand; left; left &= left - 1)
        weir__keytable_prefetch_offset(t, b->hash[__builtin_ctzll(left)]);
}

/* Without batches, or without the sieve, all keys are left aside, for weir__search_patterns. */
static void
sift(const struct weir__search *s, const struct weir__keys *b, uint64_t which)
{
    const struct weir_ruleset *rs = s->f->rs;
    struct weir__sift *t = b->sift;

    bool any = rs->pattern_first[s->space] < rs->pattern_first[s->space + 1];

    if (any && !(s->f->off & (WEIR_MATCH_SIEVE | WEIR_MATCH_BATCH))) {
        weir__sift_look(t, &s->f->plans[s->space], b->keys, which);
        return;
    }
    weir__sift_nothing(t);
    t->aside = any ? which : 0;
}

/* Keys that the patterns without a literal are to be asked about, of those not left aside. */
static void
ask_automaton(const struct weir__search *s, struct weir__keys *b, uint64_t which)
{
    const struct weir_ruleset *rs = s->f->rs;
    struct weir__automaton_cache *cache = s->f->automata[s->space];
    const struct weir__sift *t = b->sift;

    b->loose = rs->nloose[s->space] ? which & t->are_laid & ~t->aside : 0;
    if (b->loose && cache)
        b->loose = weir__automaton_survivors(rs->automata[s->space], cache, t->laid, b->loose);
}

static void
prefetch_selector(const struct weir_ruleset *rs, uint32_t set)
{
    if (weir__postings_is_one(set))
        __builtin_prefetch(&rs->selectors[weir__postings_one(set)]);
}

static void
prefetch_entries(const struct weir__search *s, const struct weir__keys *b)
{
    for (uint64_t left = b->may_stand; left; left &= left - 1)
        weir__keytable_prefetch_entries(s->f->rs->keys, b->hash[__builtin_ctzll(left)]);
}

/* Of the keys that the gate has let through, those that are there, and their sets. */
static void
look_up(const struct weir__search *s, struct weir__keys *b)
{
    uint64_t stand = 0;

    for (uint64_t left = b->may_stand; left; left &= left - 1) {
        size_t k = (size_t)__builtin_ctzll(left);

        b->set[k] = find_literal(s->f, s->space, b->keys[k], b->hash[k]);
        if (b->set[k] == WEIR_NONE)
            continue;
        stand |= UINT64_C(1) << k;
        prefetch_selector(s->f->rs, b->set[k]);
    }
    b->stand = stand;
}

/* What confirming will read: patterns ... */
static void
prefetch_patterns(const struct weir__finder *f, const struct weir__sift *t)
{

    for (uint32_t i = 0; i < t->nfound; i++) {
        const struct weir__sieve_literal *l = &t->plan->s->literals[t->found[i].literal];

        __builtin_prefetch(&f->counts[l->pattern], 1);
        prefetch_selector(f->rs, l->set);
        if (!l->sure)
            __builtin_prefetch(&f->rs->patterns[l->pattern]);
    }
}

/* ... and what they point at. */
static void
prefetch_texts(const struct weir__finder *f, const struct weir__sift *t)
{

    for (uint32_t i = 0; i < t->nfound; i++) {
        const struct weir__sieve_literal *l = &t->plan->s->literals[t->found[i].literal];
        const struct weir__pattern *p = &f->rs->patterns[l->pattern];

        if (!l->sure)
            __builtin_prefetch(p->is_regex ? (const void *)p->re : p->text.p);
    }
}

static void
find_key(struct weir__search *s, const struct weir__keys *b, size_t k)
{
    const struct weir__sieve_literal *literals[WEIR__SIFT_FOUND];
    const struct weir__sift *t = b->sift;

    if (b->stand >> k & 1)
        weir__search_found(s, b->set[k], WEIR__HIT);
    if (t->aside >> k & 1) {
        weir__search_patterns(s);
        return;
    }
    if (t->has_literals >> k & 1) {
        size_t n = weir__sift_literals(t, k, literals);
        for (size_t i = 0; i < n; i++)
            weir__search_confirm(s, literals[i]);
    }
    if (b->loose >> k & 1)
        weir__search_loose(s);
}

/* What the memo has to say of a key. */
static void
tell(const struct weir__search *s, const struct weir__keys *b, size_t k)
{
    for (size_t i = 0; i < b->says[k].nsets; i++)
        s->found(s->arg, b->first + k, b->says[k].sets[i], WEIR__HIT);
}

/* A key that the memo knows, of a post over its budget: found as if the memo did not know it. */
static void
find_anew(struct weir__search *s, struct weir__keys *b, size_t k)
{
    uint64_t bit = UINT64_C(1) << k;

    b->set[k] = weir__find_literal(s->f, s->space, s->key);
    b->stand |= b->set[k] == WEIR_NONE ? 0 : bit;
    b->sift->aside |= bit;
    find_key(s, b, k);
}

static void
take(struct weir__search *s, struct weir__keys *b, size_t k)
{
    bool known = b->known >> k & 1;

    s->key = b->keys[k];
    s->index = b->first + k;
    s->nsets = 0;
    s->partial = false;
    /* what is left of a post over its budget runs out, also where the memo would know better: else
       decisions would depend on what the thread had seen before */
    if (known && s->f->nhard < s->f->post_limit) {
        tell(s, b, k);
        return;
    }
    if (known)
        find_anew(s, b, k);
    else
        find_key(s, b, k);
    if (remembers(s->f))
        remember(s, b->hash[k]);
}

/* Those for which there is something left to be done. */
static uint64_t
busy(const struct weir__search *s, const struct weir__keys *b)
{
    const struct weir__sift *t = b->sift;

    if (remembers(s->f))
        return all_of(b);
    return b->known | b->stand | t->has_literals | t->aside | b->loose;
}

/* Of the keys that the memo does not know, what confirming needs. */
static void
ask(struct weir__search *s, struct weir__keys *b)
{
    struct weir__finder *f = s->f;
    uint64_t strange = all_of(b) & ~b->known;

    ask_gate(s, b, strange);
    /* each step asks memory for what one behind it reads; where there is something else to do, it
       is done between */
    sift(s, b, strange);
    prefetch_entries(s, b);
    ask_automaton(s, b, strange);
    weir__sift_look_up(b->sift);
    look_up(s, b);
    weir__sift_compare(b->sift);
    b->loose &= ~b->sift->aside;
    prefetch_patterns(f, b->sift);
    prefetch_texts(f, b->sift);
}

/* The first step: what the memo knows, and what the tables say of the rest. */
static void
look(struct weir__search *s, struct weir__keys *b)
{
    struct weir__finder *f = s->f;

    b->known = b->told = b->may_stand = b->stand = b->loose = 0;
    weir__keytable_hash_all(f->rs->keys, s->space, b->keys, b->n, b->hash);
    if (remembers(f))
        recall(s, b);
    if (all_of(b) & ~b->known)
        ask(s, b);
    if (f->memo.cells)
        weir__memo_count(&f->memo, b->n, weir__count_bits(b->known));
}

/* The second one, of some of the keys: all of one post, or a part of them. */
static void
confirm(struct weir__search *s, struct weir__keys *b, uint64_t which)
{
    struct weir__finder *f = s->f;

    if (!(which & ~b->known) && f->nhard < f->post_limit) {
        /* most posts have a few tags that everybody uses: that is all there is to do then */
        for (uint64_t left = b->told & which; left; left &= left - 1)
            tell(s, b, (size_t)__builtin_ctzll(left));
        return;
    }
    for (uint64_t left = busy(s, b) & which; left; left &= left - 1)
        take(s, b, (size_t)__builtin_ctzll(left));
}

void
weir__find(struct weir__finder *f, enum weir__space space, const weir_span *keys, size_t n,
           weir__found_fn *found, void *arg)
{
    struct weir__search s = {.f = f, .space = space, .found = found, .arg = arg};
    size_t most = f->off & WEIR_MATCH_BATCH ? 1 : WEIR__SIFT_KEYS;
    struct weir__keys b;

    b.sift = f->sift;
    for (size_t at = 0; at < n; at += b.n) {
        b.keys = keys + at;
        b.first = at;
        b.n = n - at < most ? n - at : most;
        look(&s, &b);
        confirm(&s, &b, all_of(&b));
    }
}

void
weir__find_ahead(struct weir__finder *f, enum weir__space space, const weir_span *keys, size_t n)
{
    struct weir__search s = {.f = f, .space = space};

    f->ahead.keys = keys;
    f->ahead.n = n;
    f->ahead.sift = f->sift_ahead;
    f->ahead_space = space;
    if (n)
        look(&s, &f->ahead);
}

void
weir__find_rest(struct weir__finder *f, size_t first, size_t n, weir__found_fn *found, void *arg)
{
    struct weir__search s = {.f = f, .space = f->ahead_space, .found = found, .arg = arg};

    if (n == 0)
        return;
    f->ahead.first = 0 - first; /* so that the index of that one is 0 */
    confirm(&s, &f->ahead, ~UINT64_C(0) >> (64 - n) << first);
}

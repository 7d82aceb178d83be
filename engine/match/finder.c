/*
 * Finding: keys in batches, so that what one waits for from memory comes while others are worked
 * on.
 */
#include "match/finder.h"

#include "base/check.h"
#include "base/span.h"
#include "regex/factor.h"
#include "regex/glob.h"

#include <stdlib.h>

/* Keys whose memory is asked for before the first of them is worked on. */
#define BATCH 32

#define MEMO_BITS 16u

/* One key on its way. */
struct search {
    struct weir__finder *f;
    enum weir__space space;
    weir_span key;
    size_t index;
    weir__found_fn *found;
    void *arg;
    uint32_t sets[WEIR__MEMO_SETS];
    size_t nsets;
    bool partial; /* something was not tried, or is not known: not to be remembered */
};

weir_status
weir__finder_init(struct weir__finder *f, const struct weir_ruleset *rs,
                  const weir_decide_options *o)
{
    uint32_t match_limit = o && o->match_limit ? o->match_limit : WEIR__MATCH_LIMIT;
    weir_status st = WEIR_OK;

    *f = (struct weir__finder){.rs = rs, .off = o ? o->match_off : 0};
    f->post_limit = o && o->post_limit ? o->post_limit : WEIR__POST_LIMIT;
    f->in_scope = calloc((size_t)rs->nrules + 1, sizeof *f->in_scope);
    f->counts = calloc((size_t)rs->npatterns + 1, sizeof *f->counts);
    if (!f->in_scope || !f->counts)
        st = WEIR_E_NOMEM;
    if (st == WEIR_OK)
        st = weir__regex_scratch_new(match_limit, &f->regex);
    if (st == WEIR_OK && !(f->off & WEIR_MATCH_MEMO))
        st = weir__memo_init(&f->memo, MEMO_BITS);
    for (int s = 0; s < WEIR__NSPACES && st == WEIR_OK; s++)
        if (rs->automata[s] && !(f->off & WEIR_MATCH_AUTOMATON))
            st = weir__automaton_cache_new(rs->automata[s], WEIR__AUTOMATON_CACHE, &f->automata[s]);
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

/* Is any rule in the scope that has written the pattern? */
static bool
concerns(struct weir__finder *f, const struct weir__pattern *p)
{
    struct weir__postings of = weir__postings_of(&f->rs->postings, p->set);

    for (size_t i = 0; i < of.n; i++)
        if (weir__finder_in_scope(f, f->rs->selectors[of.selectors[i]].rule))
            return true;
    return false;
}

static void
find_set(struct search *s, uint32_t set, enum weir__hit hit)
{
    if (hit == WEIR__RAN_OUT || s->nsets == WEIR__MEMO_SETS)
        s->partial = true;
    else
        s->sets[s->nsets++] = set;
    s->found(s->arg, s->index, set, hit);
}

static enum weir__hit
try_regex(struct search *s, const struct weir__pattern *p, struct weir__pattern_counts *counts)
{
    struct weir__finder *f = s->f;
    uint64_t hard = weir__regex_hard(f->regex);

    if (!concerns(f, p)) {
        s->partial = true;
        return WEIR__MISS;
    }
    if (f->nhard >= f->post_limit)
        return WEIR__RAN_OUT;
    enum weir__hit hit = weir__regex_match(p->re, f->regex, s->key);
    if (weir__regex_hard(f->regex) != hard) {
        /* whether a post stays within its budget must not depend on what other posts had found */
        s->partial = true;
        f->nhard++;
        counts->hard += counts->hard < UINT32_MAX;
    }
    return hit;
}

static bool
holds_at(weir_span key)
{
    return memchr(key.p, '@', key.len) != NULL;
}

static void
confirm(struct search *s, uint32_t index, bool sure)
{
    const struct weir__pattern *p = &s->f->rs->patterns[index];
    struct weir__pattern_counts *counts = &s->f->counts[index];
    enum weir__hit hit = WEIR__MISS;

    if (counts->tried == s->f->key_epoch)
        return;
    counts->tried = s->f->key_epoch;
    if (s->key.len < p->min_len || s->key.len > p->max_len || (p->bare_handles && holds_at(s->key)))
        return;
    counts->candidates++;
    if (sure)
        hit = WEIR__HIT;
    else if (p->is_regex)
        hit = try_regex(s, p, counts);
    else if (weir__glob_match(p->text, s->key))
        hit = WEIR__HIT;
    if (hit == WEIR__MISS)
        return;
    counts->confirmed += hit == WEIR__HIT;
    counts->over += hit == WEIR__RAN_OUT;
    find_set(s, p->set, hit);
}

static void
stays(void *arg, const struct weir__sieve_literal *l)
{
    confirm(arg, l->pattern, l->sure);
}

static void
begin_key(struct weir__finder *f)
{
    if (++f->key_epoch == 0) {
        for (uint32_t i = 0; i < f->rs->npatterns; i++)
            f->counts[i].tried = 0;
        f->key_epoch = 1;
    }
}

/* Patterns without a literal that is worth looking for. */
static void
find_loose(struct search *s)
{
    const uint32_t *loose = s->f->rs->loose[s->space], *candidates;
    struct weir__automaton_cache *cache = s->f->automata[s->space];

    if (!cache) {
        for (uint32_t i = 0; i < s->f->rs->nloose[s->space]; i++)
            confirm(s, loose[i], false);
        return;
    }
    size_t n = weir__automaton_run(s->f->rs->automata[s->space], cache, s->key, &candidates);
    for (size_t i = 0; i < n; i++)
        confirm(s, loose[candidates[i]], false);
}

static void
find_patterns(struct search *s)
{
    const struct weir_ruleset *rs = s->f->rs;

    if (rs->pattern_first[s->space] == rs->pattern_first[s->space + 1])
        return;
    begin_key(s->f);
    if (s->f->off & WEIR_MATCH_SIEVE) {
        for (uint32_t i = rs->pattern_first[s->space]; i < rs->pattern_first[s->space + 1]; i++)
            if (rs->patterns[i].class != WEIR__CLASS_WORDS)
                confirm(s, i, false);
        return;
    }
    bool has_digit = weir__has_digit(s->key);
    if (rs->sieves[s->space])
        weir__sieve_run(rs->sieves[s->space], s->key, has_digit, stays, s);
    if (rs->nloose[s->space] && (has_digit || !rs->loose_need_digit[s->space]))
        find_loose(s);
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

static bool
recall(struct search *s, uint64_t hash)
{
    const struct weir__memo_cell *cell = weir__memo_cell(&s->f->memo, hash);

    if (cell->hash != hash || cell->len != s->key.len || cell->space != s->space ||
        memcmp(cell->key, s->key.p, cell->len) != 0)
        return false;
    for (size_t i = 0; i < cell->nsets; i++)
        s->found(s->arg, s->index, cell->sets[i], WEIR__HIT);
    return true;
}

static void
remember(struct search *s, uint64_t hash)
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
search(struct search *s, uint64_t hash)
{
    s->nsets = 0;
    s->partial = false;
    if (weir__keytable_has_space(s->f->rs->keys, s->space)) {
        uint32_t set = find_literal(s->f, s->space, s->key, hash);
        if (set != WEIR_NONE)
            find_set(s, set, WEIR__HIT);
    }
    find_patterns(s);
}

static void
find_batch(struct search *s, const weir_span *keys, size_t first, size_t n)
{
    struct weir__finder *f = s->f;
    bool memo = f->memo.cells && !f->memo.rests;
    uint64_t hashes[BATCH];
    size_t known = 0;

    for (size_t i = 0; i < n; i++) {
        hashes[i] = weir__keytable_hash(f->rs->keys, s->space, keys[i]);
        if (f->off & WEIR_MATCH_BATCH)
            continue;
        weir__keytable_prefetch(f->rs->keys, hashes[i]);
        if (memo)
            __builtin_prefetch(weir__memo_cell(&f->memo, hashes[i]));
    }
    for (size_t i = 0; i < n; i++) {
        s->key = keys[i];
        s->index = first + i;
        /* what is left of a post over its budget runs out, also where the memo would know better:
           else decisions would depend on what the thread had seen before */
        if (memo && f->nhard < f->post_limit && recall(s, hashes[i])) {
            known++;
            continue;
        }
        search(s, hashes[i]);
        if (memo)
            remember(s, hashes[i]);
    }
    if (f->memo.cells)
        weir__memo_count(&f->memo, n, known);
}

void
weir__find(struct weir__finder *f, enum weir__space space, const weir_span *keys, size_t n,
           weir__found_fn *found, void *arg)
{
    struct search s = {.f = f, .space = space, .found = found, .arg = arg};

    for (size_t at = 0; at < n; at += BATCH)
        find_batch(&s, keys + at, at, n - at < BATCH ? n - at : BATCH);
}

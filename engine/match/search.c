/*
 * Confirming: by glob, by PCRE2, within the budget of the post.
 */
#include "match/search.h"

#include "regex/factor.h"
#include "regex/glob.h"

/* Is any rule in the scope that has written the pattern? */
static bool
concerns(struct weir__finder *f, const struct weir__pattern *p)
{
    struct weir__postings of = weir__postings_of(&f->rs->postings, p->set);

    for (size_t i = 0; i < of.n; i++)
        if (weir__finder_in_scope(f, f->rs->selectors[weir__postings_at(&of, i)].rule))
            return true;
    return false;
}

void
weir__search_found(struct weir__search *s, uint32_t set, enum weir__hit hit)
{
    if (hit == WEIR__RAN_OUT || s->nsets == WEIR__MEMO_SETS)
        s->partial = true;
    else
        s->sets[s->nsets++] = set;
    s->found(s->arg, s->index, set, hit);
}

static enum weir__hit
try_regex(struct weir__search *s, const struct weir__pattern *p,
          struct weir__pattern_counts *counts)
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
count_hit(struct weir__search *s, struct weir__pattern_counts *counts, uint32_t set,
          enum weir__hit hit)
{
    if (hit == WEIR__MISS)
        return;
    counts->confirmed += hit == WEIR__HIT;
    counts->over += hit == WEIR__RAN_OUT;
    weir__search_found(s, set, hit);
}

static void
confirm(struct weir__search *s, uint32_t pattern)
{
    const struct weir__pattern *p = &s->f->rs->patterns[pattern];
    struct weir__pattern_counts *counts = &s->f->counts[pattern];
    enum weir__hit hit = WEIR__MISS;

    if (s->key.len < p->min_len || s->key.len > p->max_len || (p->bare_handles && holds_at(s->key)))
        return;
    counts->candidates++;
    if (p->is_regex)
        hit = try_regex(s, p, counts);
    else if (weir__glob_match(p->text, s->key))
        hit = WEIR__HIT;
    count_hit(s, counts, p->set, hit);
}

void
weir__search_confirm(struct weir__search *s, const struct weir__sieve_literal *l)
{
    struct weir__pattern_counts *counts = &s->f->counts[l->pattern];

    if (!l->sure) {
        confirm(s, l->pattern);
        return;
    }
    if (l->bare && holds_at(s->key))
        return;
    counts->candidates++;
    count_hit(s, counts, l->set, WEIR__HIT);
}

void
weir__search_loose(struct weir__search *s)
{
    const struct weir_ruleset *rs = s->f->rs;
    const uint32_t *loose = rs->loose[s->space], *candidates;
    struct weir__automaton_cache *cache = s->f->automata[s->space];

    if (rs->nloose[s->space] == 0 || (rs->loose_need_digit[s->space] && !weir__has_digit(s->key)))
        return;
    if (!cache) {
        for (uint32_t i = 0; i < rs->nloose[s->space]; i++)
            confirm(s, loose[i]);
        return;
    }
    size_t n = weir__automaton_run(rs->automata[s->space], cache, s->key, &candidates);
    for (size_t i = 0; i < n; i++)
        confirm(s, loose[candidates[i]]);
}

/* Literals come as they stand in the key: several may be of one pattern. */
static void
confirm_once(void *arg, const struct weir__sieve_literal *l)
{
    struct weir__search *s = arg;
    uint32_t *tried = &s->f->counts[l->pattern].tried;

    if (*tried == s->f->key_epoch)
        return;
    *tried = s->f->key_epoch;
    weir__search_confirm(s, l);
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

void
weir__search_patterns(struct weir__search *s)
{
    const struct weir_ruleset *rs = s->f->rs;

    if (s->f->off & WEIR_MATCH_SIEVE) {
        for (uint32_t i = rs->pattern_first[s->space]; i < rs->pattern_first[s->space + 1]; i++)
            if (rs->patterns[i].class != WEIR__CLASS_WORDS)
                confirm(s, i);
        return;
    }
    begin_key(s->f);
    if (rs->sieves[s->space])
        weir__sieve_run(rs->sieves[s->space], s->key, confirm_once, s);
    weir__search_loose(s);
}

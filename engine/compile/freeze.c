/*
 * From what was gathered to what deciding reads: equal patterns merged and sorted by space, keys in
 * their table, arrays in the rule set's own memory.
 */
#include "compile/compiling.h"

#include "base/buf.h"
#include "base/check.h"

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(elt) (out_of_memory = true)
#include <uthash.h>

struct pattern_entry {
    UT_hash_handle hh; /* uthash keeps the order of adding: freezing is deterministic */
    const char *key;   /* space, kind, flags, text */
    struct weir__pattern pattern;
    struct weir__regex_error *why; /* PCRE2 refuses it; NULL: sound */
    struct weir__place at;         /* of its first entry */
    uint32_t *selectors;
    size_t n, cap;
};

static weir_span
key_of(struct compiling *c, const struct weir__pattern *p)
{
    c->buf2.len = 0;
    weir_buf_putc(&c->buf2, (char)('A' + (int)p->space));
    weir_buf_putc(&c->buf2, p->is_regex ? 'r' : 'g');
    weir_buf_putc(&c->buf2, p->extended ? 'x' : '-');
    weir_buf_putc(&c->buf2, p->bare_handles ? 'b' : '-');
    weir_buf_put(&c->buf2, p->text);
    if (c->buf2.failed)
        longjmp(*c->work->on_oom, 1);
    return span_of_buf(&c->buf2);
}

static void
complain(struct compiling *c, const struct pattern_entry *pe, struct raw_entry *e)
{
    const struct weir__regex_error *why = pe->why;
    size_t offset = why->offset < e->entry.text.len ? why->offset : e->entry.text.len;
    struct weir__place at = weir__place_in_regex(e, offset, 1);

    e->refused = true;
    if (!weir__tell_once(c, &at, "regex"))
        return;
    ERR_AT(c, &at, "PCRE2 refuses the regex /%.*s/: %s (at byte %zu)", SPAN_FMT(pe->pattern.text),
           why->message, why->offset);
}

static void
compile_regex(struct compiling *c, struct pattern_entry *pe)
{
    struct weir__regex_error why = {0};
    struct weir__pattern *p = &pe->pattern;
    bool jit = !(c->match_off & WEIR_MATCH_JIT);
    weir_status st = weir__regex_compile(p->text, p->extended, jit, &p->re, &why);

    if (st == WEIR_E_NOMEM)
        longjmp(*c->work->on_oom, 1);
    if (st == WEIR_OK)
        return;
    pe->why = arena_alloc(c->work, sizeof *pe->why);
    *pe->why = why;
}

bool
weir__add_pattern(struct compiling *c, const struct weir__pattern *p, struct raw_entry *e,
                  uint32_t selector)
{
    weir_span key = key_of(c, p);
    struct pattern_entry *pe = NULL;
    bool out_of_memory = false;

    HASH_FIND(hh, c->patterns, key.p, (unsigned)key.len, pe);
    if (!pe) {
        pe = arena_alloc(c->work, sizeof *pe);
        pe->key = arena_copy(c->work, key).p;
        pe->pattern = *p;
        pe->pattern.text = (weir_span){pe->key + (key.len - p->text.len), p->text.len};
        pe->pattern.written = e->entry.text;
        pe->pattern.file = e->entry.file;
        pe->pattern.line = e->at.line;
        pe->pattern.column = e->at.column;
        pe->at = e->at;
        HASH_ADD_KEYPTR(hh, c->patterns, pe->key, (unsigned)key.len, pe);
        if (out_of_memory)
            longjmp(*c->work->on_oom, 1);
        if (p->is_regex)
            compile_regex(c, pe);
    }
    if (pe->why && !e->refused)
        complain(c, pe, e);
    if (pe->n && pe->selectors[pe->n - 1] == selector)
        return false;
    *ARENA_PUSH(c->work, pe->selectors, pe->n, pe->cap) = selector;
    return true;
}

/* Compiled regexes that no rule set owns yet. */
void
weir__patterns_fini(struct compiling *c)
{
    if (!c->rs || !c->rs->patterns)
        for (struct pattern_entry *pe = c->patterns; pe; pe = pe->hh.next)
            if (pe->pattern.re)
                weir__regex_free(pe->pattern.re);
    HASH_CLEAR(hh, c->patterns);
}

static const void *
keep_array(struct compiling *c, const void *items, size_t n, size_t size)
{
    void *out = arena_array(c->into, n, size);

    CHECK(n < UINT32_MAX);
    return n ? memcpy(out, items, n * size) : out;
}

/* The literals of one space's patterns, on their way into its sieve. */
struct sieving {
    struct weir__sieve_item *items;
    size_t n, cap;
    uint32_t *loose;
    size_t nloose, loose_cap;
};

/* Literals that say less than this are in too many keys to be worth looking for. Four letters of
   ASCII are enough, or three at an edge; of other scripts, two. */
#define WEIGHT_LEAST 13u

/* A glob that is one literal and a `*` before or behind it, or on both sides, says no more than
   its literal does. */
static bool
says_all(const struct weir__pattern *p, const struct weir__factor *f)
{
    size_t stars = (size_t)!f->at_start + (size_t)!f->at_end, len = p->text.len;

    /* of this length nothing else is in it, and nothing is escaped */
    return !p->is_regex && len == f->text.len + stars && (f->at_start || p->text.p[0] == '*') &&
           (f->at_end || p->text.p[len - 1] == '*');
}

static bool
is_sure(const struct weir__pattern *p, const struct weir__factors *factors)
{
    return factors->n == 1 && says_all(p, &factors->items[0]);
}

static enum weir__pattern_class
class_of(const struct weir__pattern *p, const struct weir__factors *factors, bool words)
{
    bool edge = true;

    if (factors->exact && words)
        return WEIR__CLASS_WORDS;
    if (factors->weight < WEIGHT_LEAST && !is_sure(p, factors) && !factors->exact)
        return WEIR__CLASS_LOOSE;
    for (size_t i = 0; i < factors->n; i++)
        edge &= factors->items[i].at_start || factors->items[i].at_end;
    return edge ? WEIR__CLASS_EDGE : WEIR__CLASS_FACTOR;
}

static void
sieve_pattern(struct compiling *c, struct sieving *into, const struct weir__pattern *p,
              uint32_t number, const struct weir__factors *factors)
{
    for (size_t i = 0; i < factors->n; i++) {
        const struct weir__factor *f = &factors->items[i];

        if (f->text.len == 0) /* of an exact one: no key is empty */
            continue;
        *ARENA_PUSH(c->work, into->items, into->n, into->cap) =
            (struct weir__sieve_item){.text = f->text,
                                      .pattern = number,
                                      .set = p->set,
                                      .min_len = p->min_len,
                                      .max_len = p->max_len,
                                      .at_start = f->at_start,
                                      .at_end = f->at_end,
                                      .first = factors->first,
                                      .last = factors->last,
                                      .bare = p->bare_handles,
                                      .sure = p->certain};
    }
}

static void
add_words(struct compiling *c, const struct pattern_entry *pe, const struct weir__factors *factors)
{
    for (size_t i = 0; i < factors->n; i++)
        for (size_t k = 0; k < pe->n && factors->items[i].text.len; k++) /* no key is empty */
            weir__keytable_add(c->keys, pe->pattern.space, factors->items[i].text,
                               pe->selectors[k]);
}

static void
freeze_pattern(struct compiling *c, const struct pattern_entry *pe, struct sieving *into,
               struct weir__pattern *out, uint32_t number)
{
    struct weir__factors factors = {0};

    weir__pattern_factors(&pe->pattern, c->work, &factors);
    *out = pe->pattern;
    out->text = arena_copy(c->into, pe->pattern.text);
    out->written = span_eq(out->text, out->written) ? out->text : arena_copy(c->into, out->written);
    c->places[number] = &pe->at;
    out->set = weir__postings_add(c->sets, pe->selectors, pe->n);
    out->min_len = factors.min_len;
    out->max_len = factors.max_len;
    out->needs_digit = factors.needs_digit;
    out->class = class_of(out, &factors, !(c->match_off & WEIR_MATCH_WORDS));
    out->certain = out->class == WEIR__CLASS_WORDS || is_sure(out, &factors);
    if (out->class == WEIR__CLASS_WORDS)
        add_words(c, pe, &factors);
    else if (out->class == WEIR__CLASS_LOOSE)
        *ARENA_PUSH(c->work, into->loose, into->nloose, into->loose_cap) = number;
    else
        sieve_pattern(c, into, out, number, &factors);
}

static void
freeze_space(struct compiling *c, enum weir__space space, struct weir__pattern *out, uint32_t at)
{
    struct weir_ruleset *rs = c->rs;
    struct sieving into = {0};

    for (struct pattern_entry *pe = c->patterns; pe; pe = pe->hh.next)
        if (pe->pattern.space == space) {
            freeze_pattern(c, pe, &into, &out[at], at);
            at++;
        }
    rs->sieves[space] = weir__sieve_build(c->work, c->into, into.items, into.n);
    rs->loose[space] = keep_array(c, into.loose, into.nloose, sizeof *into.loose);
    rs->nloose[space] = (uint32_t)into.nloose;
    rs->loose_need_digit[space] = true;
    for (size_t i = 0; i < into.nloose; i++)
        rs->loose_need_digit[space] &= out[into.loose[i]].needs_digit;
    rs->pattern_first[space + 1] = at;
}

static void
freeze_patterns(struct compiling *c)
{
    struct weir_ruleset *rs = c->rs;
    struct weir__pattern *out = arena_array(c->into, HASH_COUNT(c->patterns), sizeof *out);

    c->places = arena_array(c->work, HASH_COUNT(c->patterns), sizeof *c->places);
    for (int space = 0; space < WEIR__NSPACES; space++)
        freeze_space(c, (enum weir__space)space, out, rs->pattern_first[space]);
    rs->keys = weir__keytable_freeze(c->keys, c->sets, c->into);
    weir__postings_freeze(c->sets, c->into, &rs->postings);
    /* from here on the rule set owns the compiled regexes: nothing may jump between */
    rs->npatterns = rs->pattern_first[WEIR__NSPACES];
    rs->patterns = out;
}

void
weir__freeze(struct compiling *c)
{
    struct weir_ruleset *rs = c->rs;
    const char **files = arena_array(c->into, c->forest.nfiles, sizeof *files);

    weir__finish_lists(c);
    for (size_t i = 0; i < c->forest.nfiles; i++)
        files[i] = arena_cstr(c->into, span_of(c->forest.files[i]->path));
    rs->files = files;
    rs->nfiles = (uint32_t)c->forest.nfiles;
    rs->nrule_files = (uint32_t)c->forest.ntrees;
    rs->lists = keep_array(c, c->lists, c->nlists, sizeof *c->lists);
    rs->nlists = (uint32_t)c->nlists;
    rs->orders = keep_array(c, c->orders, c->norders, sizeof *c->orders);
    rs->norders = (uint32_t)c->norders;
    rs->rules = keep_array(c, c->rules, c->nrules, sizeof *c->rules);
    rs->nrules = (uint32_t)c->nrules;
    rs->selectors = keep_array(c, c->selectors, c->nselectors, sizeof *c->selectors);
    rs->nselectors = (uint32_t)c->nselectors;
    rs->tests = keep_array(c, c->tests, c->ntests, sizeof *c->tests);
    rs->ntests = (uint32_t)c->ntests;
    weir__ruleset_sort_names(rs, c->work, c->into);
    freeze_patterns(c);
}

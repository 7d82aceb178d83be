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
    weir_status st = weir__regex_compile(p->text, p->extended, c->jit, &p->re, &why);

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

static void
freeze_patterns(struct compiling *c)
{
    struct weir_ruleset *rs = c->rs;
    size_t n = HASH_COUNT(c->patterns);
    struct weir__pattern *out = arena_array(c->into, n, sizeof *out);
    uint32_t at = 0;

    for (int space = 0; space < WEIR__NSPACES; space++) {
        rs->pattern_first[space] = at;
        for (struct pattern_entry *pe = c->patterns; pe; pe = pe->hh.next) {
            if ((int)pe->pattern.space != space)
                continue;
            uint32_t *ids = arena_array(c->into, pe->n, sizeof *ids);
            memcpy(ids, pe->selectors, pe->n * sizeof *ids);
            out[at] = pe->pattern;
            out[at].text = arena_copy(c->into, pe->pattern.text);
            out[at].selectors = ids;
            out[at++].nselectors = pe->n;
        }
    }
    rs->pattern_first[WEIR__NSPACES] = at;
    /* from here on the rule set owns the compiled regexes: nothing may jump between */
    rs->npatterns = at;
    rs->patterns = out;
}

static const void *
keep_array(struct compiling *c, const void *items, size_t n, size_t size)
{
    void *out = arena_array(c->into, n, size);

    CHECK(n < UINT32_MAX);
    return n ? memcpy(out, items, n * size) : out;
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
    rs->keys = weir__keytable_freeze(c->keys, c->into);
    freeze_patterns(c);
}

/*
 * Lint: what is no mistake of the language, but hardly what its author wanted.
 */
#include "compile/compiling.h"

#include "base/buf.h"
#include "text/fold.h"

static void
warn_unused(struct compiling *c, const struct name_table *t, const char *what)
{
    weir_span name;

    for (struct named *n = NULL; (n = weir__names_next(t, n, &name)) != NULL;)
        if (!n->used)
            WARN(c, n->at, "%s `%.*s` is used by no rule", what, SPAN_FMT(name));
}

/* One code point off the front of well-formed UTF-8. */
static weir_span
take_code_point(weir_span *s)
{
    size_t n = 1;

    while (n < s->len && ((unsigned char)s->p[n] & 0xC0) == 0x80)
        n++;
    weir_span one = span_head(*s, n);
    *s = span_skip(*s, n);
    return one;
}

/*
 * The first literal of a regex that no canonical key can hold, or {NULL, 0}. ASCII is never it:
 * its capitals match caselessly. Only characters on their own are looked at: what several become
 * together is the business of whoever writes such a pattern.
 */
static weir_span
unmatchable(struct compiling *c, weir_span regex)
{
    while (regex.len) {
        weir_span one = take_code_point(&regex);
        if (one.len == 1)
            continue;
        c->buf.len = 0;
        weir__fold_key(one, &c->buf);
        if (span_eq(span_of_buf(&c->buf), one))
            continue;
        /* a capital beyond ASCII folds to one other code point, and matches caselessly */
        weir_span folded = span_of_buf(&c->buf);
        if (folded.len && weir__span_width(folded) == 1 && folded.len == one.len)
            continue;
        return one;
    }
    return SPAN_NONE;
}

static void
lint_entries(struct compiling *c, const struct weir__entries *e, weir_selector kind)
{
    for (size_t i = 0; i < e->n; i++) {
        const struct weir__entry *it = &e->items[i];
        if (it->kind != WEIR__ENTRY_REGEX || kind != WEIR_SEL_HASHTAGS)
            continue;
        weir_span bad = unmatchable(c, it->text);
        if (!bad.p)
            continue;
        c->buf.len = 0;
        weir__fold_key(bad, &c->buf);
        struct weir__place at = {.file = c->forest.files[it->file]->path, .line = it->line};
        weir__diag_add(c->diags, WEIR_WARNING, &at,
                       "the regex /%.*s/ has \"%.*s\" in it, which no canonical key can hold, so "
                       "this cannot match%s%.*s",
                       SPAN_FMT(it->text), SPAN_FMT(bad), c->buf.len ? ": write " : "",
                       (int)c->buf.len, c->buf.len ? c->buf.p : "");
    }
}

static void
lint_orders(struct compiling *c)
{
    weir_span name;

    for (struct named *n = NULL; (n = weir__names_next(&c->order_names, n, &name)) != NULL;) {
        const struct weir__order *o = &c->orders[n->index];
        bool legal = o->kind == WEIR_KIND_EMERGENCY || o->kind == WEIR_KIND_LEGAL_DEMAND ||
                     o->kind == WEIR_KIND_COURT_ORDER;
        if (legal && (!o->authority.p || !o->basis.p))
            WARN(c, n->at, "order `%.*s` does not say its %s: a record cannot account for it",
                 SPAN_FMT(name), o->authority.p ? "basis" : "authority");
    }
}

/* A sandbox may forbid executable memory, and then regexes cost several times as much. */
static void
lint_jit(struct compiling *c)
{
    if (c->jit && c->patterns && !weir__regex_can_jit())
        weir__diag_add(c->diags, WEIR_WARNING, NULL,
                       "PCRE2 can make no JIT code in this process: regexes are matched by its "
                       "interpreter, which is slower and decides the same");
}

void
weir__lint(struct compiling *c)
{
    if (!weir_diags_errors(c->diags)) { /* else what was not read may use what seems unused */
        if (c->nrules == 0)
            weir__diag_add(c->diags, WEIR_WARNING, NULL,
                           "there are no rules: everything is allowed");
        warn_unused(c, &c->list_names, "list");
        warn_unused(c, &c->order_names, "order");
        warn_unused(c, &c->group_names, "group");
    }
    lint_jit(c);
    lint_orders(c);
    for (size_t i = 0; i < c->nrules; i++)
        for (int side = 0; side < 2; side++)
            for (int k = 0; k < WEIR_NSELECTORS; k++)
                lint_entries(c, &c->rules[i].entries[side][k], (weir_selector)k);
    for (size_t i = 0; i < c->nlists; i++)
        lint_entries(c, &c->lists[i].hashtags, WEIR_SEL_HASHTAGS);
}

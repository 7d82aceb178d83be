/*
 * From a compiled rule set that was read to one to decide by: its regexes compiled, its automata
 * built, its memory made read-only.
 */
#include "base/check.h"
#include "base/error.h"
#include "compile/bundle.h"
#include "compile/compiling.h"
#include "compile/layout.h"
#include "text/fold.h"

#include <stdlib.h>
#include <sys/mman.h>

#define MAKE_AGAIN "make it again from its rules with this program's `tagweir compile`"

struct loading {
    const char *path;
    weir_diags *diags;
    struct weir__bundle *b;
};

/* Would the same sources give the same tables here? Else the reason is told. */
static bool
fits(const struct loading *r)
{
    const struct weir__bundle_kind *theirs = &r->b->header.kind, *ours = &r->b->ours;

    if (memcmp(theirs, ours, sizeof *ours) == 0)
        return true;
    weir__diag_add(
        r->diags, WEIR_WARNING, &(struct weir__place){.file = r->path},
        "compiled with Unicode %.16s (ICU %.16s), and this is Unicode %s (ICU %s), where "
        "keys or regions may differ: the sources in it are compiled again, at each "
        "start. `tagweir compile %s -o %s` ends that",
        theirs->unicode, theirs->icu, ours->unicode, ours->icu, r->path, r->path);
    return false;
}

static void
unmap(void *mapped, size_t nmapped)
{
    (void)munmap(mapped, nmapped);
}

/* What the file has of the struct itself; what it points at stays where it is. The bundle is the
   rule set's from then on. */
static weir_status
take_over(struct weir__bundle *b, struct weir_ruleset *rs)
{
    for (size_t i = 0; i < weir__layout_ruleset.nfields; i++) {
        const struct weir__field *f = &weir__layout_ruleset.fields[i];
        if (f->how != WEIR__OURS)
            memcpy((char *)rs + f->at, (const char *)b->rules + f->at, f->n * f->size);
    }
    memcpy(rs->digest, b->header.digest, sizeof b->header.digest);
    rs->mapped = b->mapped;
    rs->nmapped = b->size;
    rs->unmap = unmap;
    const char **files = arena_array(&rs->arena, rs->nfiles, sizeof *files);
    for (uint32_t i = 0; files && i < rs->nfiles; i++)
        files[i] = rs->sources[i].name.p;
    rs->files = files;
    return files ? WEIR_OK : WEIR_E_NOMEM;
}

static weir_status
compile_regexes(const struct loading *r, bool jit)
{
    /* they lie in what is mapped for this process alone, and are nobody else's yet */
    struct weir__pattern *patterns =
        (struct weir__pattern *)(uintptr_t)r->b->rules->patterns; /* const for all others */

    for (uint32_t i = 0; i < r->b->rules->npatterns; i++) {
        struct weir__pattern *p = &patterns[i];
        struct weir__regex_error why;
        weir_status st = WEIR_OK;
        if (weir__pattern_needs_regex(p))
            st = weir__regex_compile(p->text, p->extended, jit, &p->re, &why);
        if (st == WEIR_E_ARG)
            weir__diag_add(r->diags, WEIR_ERROR, &(struct weir__place){.file = r->path},
                           "PCRE2 refuses the regex /%.*s/ in it (%s): " MAKE_AGAIN,
                           SPAN_FMT(p->text), why.message);
        if (st != WEIR_OK)
            return st == WEIR_E_NOMEM ? st : WEIR_E_RULES;
    }
    return WEIR_OK;
}

static weir_status
make_ready(const struct loading *r, uint32_t match_off, struct weir_ruleset *rs)
{
    weir_status st = take_over(r->b, rs);

    if (st == WEIR_OK)
        st = compile_regexes(r, !(match_off & WEIR_MATCH_JIT));
    if (st == WEIR_OK)
        st = weir__ruleset_build_automata(rs);
    if (st == WEIR_OK && mprotect(r->b->mapped, r->b->size, PROT_READ) != 0)
        st = WEIR_E_NOMEM;
    if (st == WEIR_OK && weir__folds_confusables(rs->rules, rs->nrules))
        st = weir__fold_prepare();
    if (st == WEIR_OK && rs->npatterns)
        weir__lint_jit(match_off, r->diags);
    return st;
}

weir_status
weir__bundle_load(const char *path, const weir_load_options *o, weir_diags *diags,
                  weir_ruleset **out)
{
    uint32_t match_off = o ? o->match_off : 0;
    struct weir__bundle b;
    weir_status st = weir__bundle_open(path, &b, diags);

    *out = NULL;
    if (st != WEIR_OK)
        return st;
    struct loading r = {.path = path, .diags = diags, .b = &b};
    if (!fits(&r) || (match_off & WEIR_MATCH_WORDS)) { /* words stand in the tables already */
        weir__bundle_close(&b);
        return WEIR_OK;
    }
    struct weir_ruleset *rs = calloc(1, sizeof *rs);
    if (!rs) {
        weir__bundle_close(&b);
        return WEIR_E_NOMEM;
    }
    arena_init(&rs->arena, NULL);
    st = make_ready(&r, match_off, rs);
    if (st != WEIR_OK) {
        weir__ruleset_free(rs);
        return st;
    }
    weir__lint_cost(rs, NULL, o && o->warn_cost, diags);
    rs->magic = WEIR_RULESET_MAGIC;
    atomic_init(&rs->refs, 1);
    *out = rs;
    return WEIR_OK;
}

/*
 * Rows are merged: a rule set is compiled once for all of its streams.
 */
#include "plan.h"

#include <stdlib.h>
#include <string.h>

static struct planned *
find(struct plan *p, enum workload w, size_t nrules)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->v[i].workload == w && p->v[i].nrules == nrules)
            return &p->v[i];
    if (p->n == p->cap) {
        p->cap = p->cap ? 2 * p->cap : 16;
        p->v = reallocate(p->v, p->cap, sizeof *p->v);
    }
    p->v[p->n] = (struct planned){.workload = w, .nrules = nrules};
    return &p->v[p->n++];
}

void
plan_add(struct plan *p, enum workload w, size_t nrules, enum stream s, const struct engine *e)
{
    struct planned *at = find(p, w, nrules);

    if (s != STREAM_NONE)
        at->streams[s] = true;
    for (size_t i = 0; i < nengines; i++)
        if (engines[i] == e)
            at->engines[i] = true;
}

static int
by_place(const void *a, const void *b)
{
    const struct planned *x = a, *y = b;

    if (x->workload != y->workload)
        return x->workload < y->workload ? -1 : 1;
    return (x->nrules > y->nrules) - (x->nrules < y->nrules);
}

void
plan_sort(struct plan *p)
{
    if (p->n)
        qsort(p->v, p->n, sizeof *p->v, by_place);
}

void
plan_fini(struct plan *p)
{
    free(p->v);
    memset(p, 0, sizeof *p);
}

static bool
is_loop(const struct engine *e)
{
    return strcmp(e->name, "uthash-pcre2") == 0;
}

bool
plan_only_checks(enum workload w, const struct engine *e)
{
    return workload_variants(w) > 1 && is_loop(e);
}

bool
plan_suits(enum workload w, const struct engine *e)
{
    bool is_tagweir = strncmp(e->name, "tagweir", strlen("tagweir")) == 0;

    switch (w) {
    case WORKLOAD_LITERALS: /* the other ways of Vectorscan have the same table */
        return is_tagweir || is_loop(e) || strcmp(e->name, "hash-hs-joined") == 0;
    case WORKLOAD_REGIONS:
    case WORKLOAD_GROWTH:
    case WORKLOAD_FACTORLESS: /* about the engine alone; the loop is there to agree */
        return is_tagweir || is_loop(e);
    default:
        return true;
    }
}

/*
 * A growing table.
 */
#include "results.h"

#include <stdlib.h>
#include <string.h>

struct result *
results_add(struct results *r)
{
    if (r->n == r->cap) {
        r->cap = r->cap ? 2 * r->cap : 64;
        r->v = reallocate(r->v, r->cap, sizeof *r->v);
    }
    struct result *added = &r->v[r->n++];
    memset(added, 0, sizeof *added);
    return added;
}

const struct result *
results_find(const struct results *r, enum workload w, size_t variant, size_t nrules, enum stream s,
             const struct engine *e)
{
    for (size_t i = 0; i < r->n; i++) {
        const struct result *at = &r->v[i];

        if (at->workload == w && at->variant == variant && at->nrules == nrules &&
            at->engine == e && (s == STREAM_NONE || at->stream == s))
            return at;
    }
    return NULL;
}

void
results_fini(struct results *r)
{
    free(r->v);
    memset(r, 0, sizeof *r);
}

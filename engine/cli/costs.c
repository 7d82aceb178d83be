/*
 * Sorting out which rules are worth telling of.
 */
#include "cli/costs.h"

#include "cli/ui.h"

#include <stdlib.h>

static int
descending(uint64_t a, uint64_t b)
{
    return (a < b) - (a > b);
}

static int
by_candidates(const void *a, const void *b)
{
    const struct cost_row *x = a, *y = b;
    int order = descending(x->counts.candidates, y->counts.candidates);

    return order ? order : (x->rule > y->rule) - (x->rule < y->rule);
}

static int
by_over(const void *a, const void *b)
{
    const struct cost_row *x = a, *y = b;
    int order = descending(x->counts.over, y->counts.over);

    return order ? order : by_candidates(a, b);
}

struct cost_row *
costs_rows(const weir_ruleset *rs, const weir_scratch *s, size_t *n)
{
    size_t nrules = weir_ruleset_nrules(rs), nrows = 0, kept = 0;
    weir_rule_counts *counts = ui_alloc(nrules + 1, sizeof *counts);
    struct cost_row *rows = ui_alloc(nrules + 1, sizeof *rows);

    weir_scratch_add_counts(s, counts);
    for (size_t i = 0; i < nrules; i++)
        if (counts[i].candidates)
            rows[nrows++] = (struct cost_row){(uint32_t)i, counts[i]};
    free(counts);
    qsort(rows, nrows, sizeof *rows, by_candidates);
    for (size_t i = 0; i < nrows; i++)
        if (i < COSTS_MOST || rows[i].counts.over)
            rows[kept++] = rows[i];
    qsort(rows, kept, sizeof *rows, by_over);
    *n = kept;
    return rows;
}

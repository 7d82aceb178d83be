/*
 * Sorting out which rules are worth telling of.
 */
#include "cli/costs.h"

#include <stdlib.h>
#include <string.h>

static int
descending(uint64_t a, uint64_t b)
{
    return (a < b) - (a > b);
}

static int
by_candidates(const void *a, const void *b)
{
    const struct ledger_cost *x = a, *y = b;
    int order = descending(x->counts.candidates, y->counts.candidates);

    return order ? order : strcmp(x->rule, y->rule);
}

static int
by_over(const void *a, const void *b)
{
    const struct ledger_cost *x = a, *y = b;
    int order = descending(x->counts.over, y->counts.over);

    return order ? order : by_candidates(a, b);
}

struct ledger_cost *
costs_rows(const struct ledger *l, size_t *n)
{
    size_t nrows, kept = 0;
    struct ledger_cost *rows = ledger_costs(l, &nrows);

    if (nrows)
        qsort(rows, nrows, sizeof *rows, by_candidates);
    for (size_t i = 0; i < nrows; i++)
        if (i < COSTS_MOST || rows[i].counts.over)
            rows[kept++] = rows[i];
    if (kept)
        qsort(rows, kept, sizeof *rows, by_over);
    *n = kept;
    return rows;
}

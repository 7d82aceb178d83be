/*
 * Names: orders, lists and rules found by what their authors call them, by halving their numbers in
 * the order of their names' bytes. Those are sorted once, when rules are compiled, and kept in
 * compiled files: a set of 100,000 rules that is mapped is not gone through to be ready.
 */
#include "model/ruleset.h"

#include "base/check.h"

#include <stdlib.h>

typedef weir_span name_fn(const struct weir_ruleset *rs, uint32_t number);

static weir_span
order_name(const struct weir_ruleset *rs, uint32_t order)
{
    return rs->orders[order].id;
}

static weir_span
list_name(const struct weir_ruleset *rs, uint32_t list)
{
    return rs->lists[list].name;
}

static weir_span
rule_name(const struct weir_ruleset *rs, uint32_t rule)
{
    return rs->rules[rule].id;
}

/* Sorting ------------------------------------------------------------------------------------- */

struct name {
    weir_span text;
    uint32_t number;
};

static int
compare_names(const void *a, const void *b)
{
    return weir__span_cmp(((const struct name *)a)->text, ((const struct name *)b)->text);
}

static const uint32_t *
sorted(const struct weir_ruleset *rs, name_fn *name_of, uint32_t n, struct arena *work,
       struct arena *into)
{
    struct name *names = arena_array(work, n, sizeof *names);
    uint32_t *out = arena_array(into, n, sizeof *out);

    for (uint32_t i = 0; i < n; i++)
        names[i] = (struct name){name_of(rs, i), i};
    qsort(names, n, sizeof *names, compare_names); /* no two are equal */
    for (uint32_t i = 0; i < n; i++)
        out[i] = names[i].number;
    return out;
}

void
weir__ruleset_sort_names(struct weir_ruleset *rs, struct arena *work, struct arena *into)
{
    rs->orders_by_name = sorted(rs, order_name, rs->norders, work, into);
    rs->lists_by_name = sorted(rs, list_name, rs->nlists, work, into);
    rs->rules_by_name = sorted(rs, rule_name, rs->nrules, work, into);
}

/* Finding ------------------------------------------------------------------------------------- */

static uint32_t
find(const struct weir_ruleset *rs, name_fn *name_of, const uint32_t *by_name, uint32_t n,
     weir_span name)
{
    for (uint32_t low = 0, high = n; low < high;) {
        uint32_t middle = low + (high - low) / 2;
        int order = weir__span_cmp(name, name_of(rs, by_name[middle]));

        if (order == 0)
            return by_name[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return WEIR_NONE;
}

uint32_t
weir_ruleset_find_order(const weir_ruleset *rs, weir_span id)
{
    CHECK_OBJ(rs, WEIR_RULESET_MAGIC);
    return find(rs, order_name, rs->orders_by_name, rs->norders, id);
}

uint32_t
weir_ruleset_find_list(const weir_ruleset *rs, weir_span name)
{
    CHECK_OBJ(rs, WEIR_RULESET_MAGIC);
    return find(rs, list_name, rs->lists_by_name, rs->nlists, name);
}

uint32_t
weir_ruleset_find_rule(const weir_ruleset *rs, weir_span id)
{
    CHECK_OBJ(rs, WEIR_RULESET_MAGIC);
    return find(rs, rule_name, rs->rules_by_name, rs->nrules, id);
}

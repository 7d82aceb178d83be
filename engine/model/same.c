/*
 * Sameness of rules and orders of two rule sets, which is that of their canonical forms. Lists,
 * which may be long and have many rules, are compared where they lie.
 */
#include "model/ruleset.h"

#include "base/check.h"

/* Where canonical forms are put. */
struct forms {
    weir_buf a, b;
};

static bool
forms_eq(const struct forms *f)
{
    return span_eq((weir_span){f->a.p, f->a.len}, (weir_span){f->b.p, f->b.len});
}

static weir_status
forms_fini(struct forms *f)
{
    weir_status st = f->a.failed || f->b.failed ? WEIR_E_NOMEM : WEIR_OK;

    weir_buf_fini(&f->a);
    weir_buf_fini(&f->b);
    return st;
}

static bool
same_entries(const struct weir__entries *a, const struct weir__entries *b)
{
    if (a->n != b->n || !a->items != !b->items)
        return false;
    for (size_t i = 0; i < a->n; i++) {
        const struct weir__entry x = weir__entry_at(a, i), y = weir__entry_at(b, i);

        if (x.kind != y.kind || x.extended != y.extended || !span_eq(x.text, y.text))
            return false;
    }
    return true;
}

static bool
same_list(const struct weir__list *a, const struct weir__list *b)
{
    return same_entries(&a->accounts.entries, &b->accounts.entries) &&
           same_entries(&a->hashtags.entries, &b->hashtags.entries) &&
           same_entries(&a->posts.entries, &b->posts.entries);
}

/* The lists that two selectors name, which have the same entries otherwise. */
static bool
same_lists(const weir_ruleset *a, uint32_t s, const weir_ruleset *b, uint32_t t)
{
    uint32_t n = a->entry_first[s + 1] - a->entry_first[s];

    CHECK(n == b->entry_first[t + 1] - b->entry_first[t]);
    for (uint32_t i = 0; i < n; i++) {
        const struct weir__entry x = weir__entry_at(&a->entries, a->entry_first[s] + i);
        const struct weir__entry y = weir__entry_at(&b->entries, b->entry_first[t] + i);

        if (x.kind == WEIR__ENTRY_LIST && !same_list(&a->lists[x.list], &b->lists[y.list]))
            return false;
    }
    return true;
}

static bool
same_listed(const weir_ruleset *a, const struct weir_rule *x, const weir_ruleset *b,
            const struct weir_rule *y)
{
    for (int side = 0; side < 2; side++)
        for (int k = 0; k < WEIR_NSELECTORS; k++) {
            uint32_t s = x->selector[side][k], t = y->selector[side][k];

            if (s != WEIR_NONE && !same_lists(a, s, b, t))
                return false;
        }
    return true;
}

weir_status
weir_ruleset_same_rule(const weir_ruleset *a, uint32_t rule_of_a, const weir_ruleset *b,
                       uint32_t rule_of_b, bool *same)
{
    struct forms f = {.a = {0}};

    CHECK_OBJ(a, WEIR_RULESET_MAGIC);
    CHECK_OBJ(b, WEIR_RULESET_MAGIC);
    CHECK(rule_of_a < a->nrules && rule_of_b < b->nrules);
    *same = true;
    if (a == b && rule_of_a == rule_of_b)
        return WEIR_OK;
    weir__rule_canonical(a, rule_of_a, &f.a);
    weir__rule_canonical(b, rule_of_b, &f.b);
    *same = !f.a.failed && !f.b.failed && forms_eq(&f) &&
            same_listed(a, &a->rules[rule_of_a], b, &b->rules[rule_of_b]);
    return forms_fini(&f);
}

weir_status
weir_ruleset_same_order(const weir_ruleset *a, uint32_t order_of_a, const weir_ruleset *b,
                        uint32_t order_of_b, bool *same)
{
    struct forms f = {.a = {0}};

    CHECK_OBJ(a, WEIR_RULESET_MAGIC);
    CHECK_OBJ(b, WEIR_RULESET_MAGIC);
    CHECK(order_of_a < a->norders && order_of_b < b->norders);
    *same = true;
    if (a == b && order_of_a == order_of_b)
        return WEIR_OK;
    weir__order_canonical(a, order_of_a, &f.a);
    weir__order_canonical(b, order_of_b, &f.b);
    *same = forms_eq(&f);
    return forms_fini(&f);
}

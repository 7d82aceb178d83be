/*
 * Where a name is in no rule set, what was meant is looked for among all names of its kind.
 */
#include "cli/naming.h"

#include "cli/ui.h"

#include <stdlib.h>
#include <string.h>

struct naming {
    const char *command;
    weir_ruleset *const *sets;
    size_t nsets;
    bool **out;
};

/* All names of rules, or of orders. */
static const char **
names_of(const struct naming *n, bool orders, size_t *count)
{
    const char **names;
    size_t most = 0;

    for (size_t i = 0; i < n->nsets; i++)
        most += orders ? weir_ruleset_norders(n->sets[i]) : weir_ruleset_nrules(n->sets[i]);
    names = ui_alloc(most + 1, sizeof *names);
    *count = 0;
    for (size_t i = 0; i < n->nsets; i++) {
        const weir_ruleset *rs = n->sets[i];
        weir_order_info order;
        weir_rule_info rule;

        for (uint32_t k = 0; orders && k < weir_ruleset_norders(rs); k++) {
            weir_ruleset_order(rs, k, &order);
            names[(*count)++] = order.id;
        }
        for (uint32_t k = 0; !orders && k < weir_ruleset_nrules(rs); k++) {
            weir_ruleset_rule(rs, k, &rule);
            names[(*count)++] = rule.id;
        }
    }
    return names;
}

static int
unknown(const struct naming *n, bool order, const char *name)
{
    const char *option = order ? "order" : "rule";
    size_t count;
    const char **names = names_of(n, order, &count);
    const char *near = help_nearest(name, names, count);
    int rc = near ? args_bad(n->command, "--%s %s: the rules have none; did you mean %s?", option,
                             name, near)
                  : args_bad(n->command, "--%s %s: the rules have none", option, name);

    free(names);
    return rc;
}

static int
name_rule(const struct naming *n, const char *name)
{
    bool found = false;

    for (size_t i = 0; i < n->nsets; i++) {
        uint32_t rule = weir_ruleset_find_rule(n->sets[i], (weir_span){name, strlen(name)});

        if (rule == WEIR_NONE)
            continue;
        n->out[i][rule] = found = true;
    }
    return found ? EXIT_DONE : unknown(n, false, name);
}

static int
name_order(const struct naming *n, const char *name)
{
    bool found = false;

    for (size_t i = 0; i < n->nsets; i++) {
        const weir_ruleset *rs = n->sets[i];
        uint32_t order = weir_ruleset_find_order(rs, (weir_span){name, strlen(name)});
        weir_rule_info info;

        if (order == WEIR_NONE)
            continue;
        found = true;
        for (uint32_t k = 0; k < weir_ruleset_nrules(rs); k++) {
            weir_ruleset_rule(rs, k, &info);
            n->out[i][k] = n->out[i][k] || info.order == order;
        }
    }
    return found ? EXIT_DONE : unknown(n, true, name);
}

int
naming_rules(const struct args *a, const char *command, weir_ruleset *const *sets, size_t nsets,
             bool **out)
{
    const struct naming n = {command, sets, nsets, out};
    int rc = EXIT_DONE;

    if (!a->by_rule.n && !a->by_order.n)
        return EXIT_DONE;
    for (size_t i = 0; i < nsets; i++)
        out[i] = ui_alloc(weir_ruleset_nrules(sets[i]) + 1, sizeof *out[i]);
    for (size_t i = 0; i < a->by_rule.n && rc == EXIT_DONE; i++)
        rc = name_rule(&n, a->by_rule.v[i]);
    for (size_t i = 0; i < a->by_order.n && rc == EXIT_DONE; i++)
        rc = name_order(&n, a->by_order.v[i]);
    return rc;
}

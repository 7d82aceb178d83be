/*
 * Lint: what is no mistake of the language, but hardly what its author wanted. Here of rules and of
 * the whole; of orders, entries, hashtags and regexes in files of their own.
 */
#include "compile/compiling.h"

static void
warn_unused(struct compiling *c, const struct name_table *t, const char *what)
{
    weir_span name;

    for (struct named *n = NULL; (n = weir__names_next(t, n, &name)) != NULL;)
        if (!n->used)
            WARN(c, n->at, "%s `%.*s` is used by no rule", what, SPAN_FMT(name));
}

/* The rule's own, under its order. */
static void
lint_interval(struct compiling *c, const struct node *map, const struct weir_rule *r)
{
    const struct node *at = weir__node_get(map, "from");
    const struct weir__interval *own = &r->in_force;

    if (!at)
        at = weir__node_get(map, "until");
    if (!at || r->order == WEIR_NONE || weir_diags_errors(c->diags)) /* its times may be wrong */
        return;
    if (!weir__order_holds_within(&c->orders[r->order], own))
        WARN(c, at, "order `%s` is in force at no moment %s: this rule can never act",
             c->orders[r->order].id.p,
             own->from == WEIR_TIME_NONE    ? "before the rule's `until`"
             : own->until == WEIR_TIME_NONE ? "after the rule's `from`"
                                            : "between the rule's `from` and `until`");
}

static bool
has_hashtags(const struct weir_rule *r)
{
    return r->selector[WEIR__MATCH][WEIR_SEL_HASHTAGS] != WEIR_NONE ||
           r->selector[WEIR__EXCEPT][WEIR_SEL_HASHTAGS] != WEIR_NONE;
}

void
weir__lint_rule(struct compiling *c, const struct node *map, const struct weir_rule *r)
{
    const struct node *action = weir__node_get(map, "action");
    const struct node *rollout = weir__node_get(map, "rollout");
    const struct node *fold = weir__node_get(map, "fold");

    if (r->action == WEIR_DOWNRANK && !weir__node_get(map, "factor"))
        WARN(c, action,
             "this downrank has no `factor`, and 0 is taken: shown nowhere on its "
             "surfaces. If that is meant, write `factor: 0`");
    if (rollout && r->rollout_bp == 0 && r->mode != WEIR_MODE_OFF)
        WARN(c, rollout,
             "a rollout of 0 holds every author back, so that this rule never acts: to "
             "switch it off write `mode: off`, to try it `mode: observe`");
    if (rollout && r->rollout_bp >= 10 && r->rollout_bp < 100)
        WARN(c, rollout,
             "a rollout is in percent, and this is less than one: of 10000 authors the rule acts "
             "on %u. If %u percent are meant, write %u",
             r->rollout_bp, r->rollout_bp, r->rollout_bp);
    if (fold && r->fold != WEIR__FOLD_NONE && !has_hashtags(r))
        WARN(c, fold,
             "`fold` is about hashtags, and this rule has none in `match` or `except`: "
             "drop it");
    if (r->action == WEIR_ALLOW && r->breaker.given)
        WARN(c, weir__node_get(map, "breaker"),
             "breakers count what is withheld or downranked: that of an `allow` never trips. Drop "
             "it");
    lint_interval(c, map, r);
}

/* A sandbox may forbid executable memory, and then regexes cost several times as much. */
void
weir__lint_jit(uint32_t match_off, weir_diags *diags)
{
    if (!(match_off & WEIR_MATCH_JIT) && !weir__regex_can_jit())
        weir__diag_add(diags, WEIR_WARNING, NULL,
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
    if (c->patterns)
        weir__lint_jit(c->match_off, c->diags);
    weir__lint_orders(c);
    for (size_t i = 0; i < c->nraw_lists; i++)
        for (int k = 0; k < WEIR_NSELECTORS; k++)
            weir__lint_list(c, &c->raw_lists[i].of[k], (weir_selector)k);
}

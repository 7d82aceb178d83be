/*
 * Lint: what is no mistake of the language, but hardly what its author wanted. Here of rules, of
 * orders and of the whole; of entries and of regexes in files of their own.
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

/*
 * Does the order hold at any moment of the rule's own interval? Both are made of half-open pieces,
 * so if they share a moment they share one at which a piece of either begins.
 */
static bool
can_act(const struct weir_rule *r, const struct weir__order *o)
{
    const struct weir__interval *own = &r->in_force;
    int64_t starts[3] = {own->from, o->confirmed, INT64_MIN + 1};

    for (size_t i = 0; i < o->nintervals + 3; i++) {
        int64_t t = i < 3 ? starts[i] : o->intervals[i - 3].from;
        if (t != WEIR_TIME_NONE && weir__interval_holds(own, t) && weir__order_holds(o, t))
            return true;
    }
    return false;
}

static void
lint_interval(struct compiling *c, const struct node *map, const struct weir_rule *r)
{
    const struct node *at = weir__node_get(map, "from");
    const struct weir__interval *own = &r->in_force;

    if (!at)
        at = weir__node_get(map, "until");
    if (!at || r->order == WEIR_NONE || weir_diags_errors(c->diags)) /* its times may be wrong */
        return;
    if (!can_act(r, &c->orders[r->order]))
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
    if (fold && r->fold != WEIR__FOLD_NONE && !has_hashtags(r))
        WARN(c, fold,
             "`fold` is about hashtags, and this rule has none in `match` or `except`: "
             "drop it");
    lint_interval(c, map, r);
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
    for (size_t i = 0; i < c->nraw_lists; i++)
        for (int k = 0; k < WEIR_NSELECTORS; k++)
            weir__lint_list(c, &c->raw_lists[i].of[k], (weir_selector)k);
}

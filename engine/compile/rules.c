/*
 * Rules: every key of a rule, with the conditions that the language puts on it.
 */
#include "compile/compiling.h"

#include "base/check.h"

#include <tagweir/names.h>

static const char *const keys[] = {
    "id",       "order",   "regions",  "except_regions", "action", "factor", "surfaces",
    "priority", "against", "mode",     "rollout",        "from",   "until",  "match",
    "except",   "fold",    "on_limit", "breaker",        "tests",  "dsa",    "meta"};
static const char *const actions[] = {"allow", "downrank", "withhold"}; /* as weir_action */
static const char *const modes[] = {WEIR_MODES(WEIR_TEXT)};
static const char *const surfaces[] = {WEIR_SURFACES(WEIR_TEXT)};
static const char *const selectors[] = {WEIR_SELECTORS(WEIR_TEXT)};

static bool
take_id(struct compiling *c, const struct node *map, struct weir_rule *r)
{
    const struct node *n = weir__node_get(map, "id");
    weir_span id;

    if (!n) {
        ERR(c, map, "a rule needs an `id`");
        return false;
    }
    if (!weir__want_name(c, n, "a rule", &id))
        return false;
    struct named *first = weir__names_find(&c->rule_names, id);
    if (first) {
        weir__refuse_second(c, "rule", id, first, n);
        return false;
    }
    (void)weir__names_add(&c->rule_names, id, (uint32_t)c->nrules, n);
    r->id = arena_copy(c->into, id);
    return true;
}

/* Of any file, also one that is yet to be compiled. */
static const struct node *
find_rule(struct compiling *c, weir_span id)
{
    for (size_t i = 0; i < c->forest.ntrees; i++) {
        const struct node *top = c->forest.trees[i].top;
        const struct node *seq = top ? weir__node_get(top, "rules") : NULL;
        for (size_t k = 0; seq && seq->kind == NODE_SEQ && k < seq->n; k++) {
            const struct node *its = weir__node_get(seq->items[k], "id");
            if (its && span_eq(its->text, id))
                return seq->items[k];
        }
    }
    return NULL;
}

static bool
find_order(struct compiling *c, const struct node *n, uint32_t *out)
{
    weir_span id;

    if (!weir__want_text(c, n, &id))
        return false;
    struct named *order = weir__names_find(&c->order_names, id);
    const struct node *rule = order ? NULL : find_rule(c, id);
    if (rule) {
        const struct node *its = weir__node_get(rule, "order");
        if (its && its->kind == NODE_SCALAR)
            ERR(c, n, "`%.*s` is a rule, and an order is wanted: that rule's is %.*s", SPAN_FMT(id),
                SPAN_FMT(its->text));
        else
            ERR(c, n, "`%.*s` is a rule, and an order is wanted: that rule has none", SPAN_FMT(id));
        return false;
    }
    if (!order) {
        ERR(c, n, "there is no order `%.*s`%s", SPAN_FMT(id),
            weir__did_you_mean(c, weir__names_nearest(&c->order_names, id)));
        return false;
    }
    order->used = true;
    *out = order->index;
    return true;
}

static void
take_order(struct compiling *c, const struct node *map, struct weir_rule *r)
{
    const struct node *n = weir__node_get(map, "order");

    r->order = WEIR_NONE;
    if (n)
        (void)find_order(c, n, &r->order);
}

static bool
take_action(struct compiling *c, const struct node *map, struct weir_rule *r)
{
    const struct node *n = weir__node_get(map, "action");
    unsigned a;

    if (!n) {
        ERR(c, map, "a rule needs an `action`: withhold, downrank or allow");
        return false;
    }
    if (!weir__want_word(c, n, "action", actions, 3, &a))
        return false;
    r->action = (weir_action)a;
    return true;
}

/* Each entry of except_regions must take something away. */
static void
take_away(struct compiling *c, const struct node *seq, struct weir_rule *r,
          struct weir__region_set *taken)
{
    *taken = (struct weir__region_set){{0}};
    for (size_t i = 0; i < seq->n; i++) {
        struct node one = *seq;
        struct weir__region_set set;
        bool any = false;
        one.items = &seq->items[i];
        one.n = 1;
        if (!weir__compile_regions(c, &one, &set))
            continue;
        if (weir__region_has(&set, WEIR_REGION_XX)) /* XX alone, not the world */
            set = (struct weir__region_set){{1}};
        for (int w = 0; w < WEIR_REGION_WORDS; w++) {
            any = any || (set.w[w] & r->regions.w[w] & ~taken->w[w]);
            taken->w[w] |= set.w[w];
        }
        if (!any)
            ERR(c, seq->items[i],
                "this takes no region away: the rule does not hold there anyway, "
                "or an entry before it took it");
    }
    for (int w = 0; w < WEIR_REGION_WORDS; w++) {
        taken->w[w] &= r->regions.w[w];
        r->regions.w[w] &= ~taken->w[w];
    }
}

/* Words of `regions` but XX: those are named, whatever XX adds. */
static void
find_named(struct compiling *c, const struct node *seq, struct weir__region_set *named)
{
    for (size_t i = 0; seq && i < seq->n; i++) {
        struct node one = *seq;
        struct weir__region_set set;
        one.items = &seq->items[i];
        one.n = 1;
        if (seq->items[i]->kind != NODE_SCALAR || span_is(seq->items[i]->text, "XX"))
            continue;
        (void)weir__compile_regions(c, &one, &set);
        weir__region_unite(named, &set);
    }
}

static void
take_regions(struct compiling *c, const struct node *map, struct weir_rule *r)
{
    const struct node *seq = weir__node_get(map, "regions");
    const struct node *except = weir__node_get(map, "except_regions");
    struct weir__region_set taken = {{0}};

    if (!seq && r->action != WEIR_ALLOW) {
        ERR(c, map, "rule `%s` needs `regions`: [XX] for everywhere", r->id.p);
        return;
    }
    if (!seq)
        weir__region_set_all(&r->regions);
    else if (!weir__want_seq(c, seq, "`regions`") || !weir__compile_regions(c, seq, &r->regions))
        return;
    bool everywhere = weir__region_has(&r->regions, WEIR_REGION_XX);
    find_named(c, seq, &r->named);
    if (except && weir__want_seq(c, except, "`except_regions`"))
        take_away(c, except, r, &taken);
    for (int w = 0; w < WEIR_REGION_WORDS; w++) {
        r->named.w[w] &= ~taken.w[w];
        if (everywhere)
            r->named.w[w] |= taken.w[w];
    }
    weir__region_remove(&r->named, WEIR_REGION_XX);
    if (everywhere && weir__region_has(&taken, WEIR_REGION_XX))
        r->named = r->regions; /* the world without XX: every region by its name */
    /* without except_regions it is a group that was refused, and said so */
    if (except && weir__region_set_is_empty(&r->regions))
        ERR(c, except, "no region is left in which rule `%s` holds", r->id.p);
}

static void
only_for(struct compiling *c, const struct node *n, const struct weir_rule *r, const char *key,
         weir_action action)
{
    if (n && r->action != action)
        ERR(c, n, "`%s` is for rules that %s, and this one is to %s", key, actions[action],
            actions[r->action]);
}

static void
take_surfaces(struct compiling *c, const struct node *seq, struct weir_rule *r)
{
    r->surfaces = 0;
    if (!weir__want_seq(c, seq, "`surfaces`"))
        return;
    for (size_t i = 0; i < seq->n; i++) {
        unsigned s;
        if (!weir__want_word(c, seq->items[i], "surface", surfaces, WEIR_NSURFACES, &s))
            continue;
        if (r->surfaces >> s & 1)
            ERR(c, seq->items[i], "surface %s stands here twice", surfaces[s]);
        r->surfaces |= 1u << s;
    }
}

static void
take_downrank(struct compiling *c, const struct node *map, struct weir_rule *r)
{
    const struct node *factor = weir__node_get(map, "factor");
    const struct node *seq = weir__node_get(map, "surfaces");
    int64_t milli;

    only_for(c, factor, r, "factor", WEIR_DOWNRANK);
    only_for(c, seq, r, "surfaces", WEIR_DOWNRANK);
    if (r->action != WEIR_DOWNRANK)
        return;
    r->surfaces = (1u << WEIR_NSURFACES) - 1;
    if (seq)
        take_surfaces(c, seq, r);
    if (!factor || !weir__want_decimal(c, factor, 3, &milli))
        return; /* without one: 0 */
    if (milli < 0 || milli >= 1000)
        ERR(c, factor,
            "a factor is from 0 to below 1 (the ranking score is multiplied by it): 0.1 leaves a "
            "tenth");
    else
        r->factor_milli = (uint32_t)milli;
}

static void
take_against(struct compiling *c, const struct node *map, struct weir_rule *r)
{
    const struct node *seq = weir__node_get(map, "against");

    only_for(c, seq, r, "against", WEIR_ALLOW);
    if (!seq || !weir__want_seq(c, seq, "`against`"))
        return;
    uint32_t *orders = arena_array(c->into, seq->n, sizeof *orders);
    for (size_t i = 0; i < seq->n; i++) {
        if (!find_order(c, seq->items[i], &orders[r->nagainst]))
            continue;
        for (size_t k = 0; k < r->nagainst; k++)
            if (orders[k] == orders[r->nagainst])
                ERR(c, seq->items[i], "order `%.*s` stands here twice",
                    SPAN_FMT(seq->items[i]->text));
        r->nagainst++;
    }
    r->against = orders;
    r->has_against = true;
}

static void
take_numbers(struct compiling *c, const struct node *map, struct weir_rule *r)
{
    const struct node *priority = weir__node_get(map, "priority");
    const struct node *rollout = weir__node_get(map, "rollout");
    int64_t v;

    if (priority && weir__want_int(c, priority, -1000, 1000, &v))
        r->priority = (int32_t)v;
    r->rollout_bp = 10000;
    if (!rollout)
        return;
    if (r->action == WEIR_ALLOW)
        ERR(c, rollout,
            "`rollout` is not for rules that allow: an exemption holds for everybody "
            "or is none");
    else if (!weir__want_decimal(c, rollout, 2, &v))
        return;
    else if (v < 0 || v > 10000)
        ERR(c, rollout, "a rollout is a percentage of authors, from 0 to 100");
    else
        r->rollout_bp = (uint32_t)v;
}

static void
take_words(struct compiling *c, const struct node *map, struct weir_rule *r)
{
    static const char *const folds[] = {"none", "confusable", "turkic"}; /* as weir__fold */
    static const char *const limits[] = {"skip", "match"};
    const struct node *n;
    unsigned v;

    if ((n = weir__node_get(map, "mode")) && weir__want_word(c, n, "mode", modes, 3, &v))
        r->mode = (weir_mode)v;
    if ((n = weir__node_get(map, "fold")) && weir__want_word(c, n, "fold", folds, 3, &v))
        r->fold = (enum weir__fold)v;
    if ((n = weir__node_get(map, "on_limit")) && weir__want_word(c, n, "choice", limits, 2, &v))
        r->limit_matches = v == 1;
    (void)weir__want_interval(c, map, &r->in_force);
    if ((n = weir__node_get(map, "meta")) != NULL)
        r->meta = weir__node_json(c, n);
    if ((n = weir__node_get(map, "dsa")) != NULL)
        r->dsa = weir__compile_dsa(c, n);
}

bool
weir__compile_breaker(struct compiling *c, const struct node *map, bool of_rule, weir_breaker *out)
{
    static const char *const caps[] = {"per_minute", "share", "then"};
    static const char *const thens[] = {"alert", "observe"};
    const struct node *n;
    int64_t v;
    unsigned then = 0;

    *out = (weir_breaker){.given = true};
    if (!weir__want_map(c, map, "`breaker`"))
        return false;
    weir__check_keys(c, map, "`breaker`", caps, of_rule ? 3 : 2);
    if ((n = weir__node_get(map, "per_minute")) && weir__want_int(c, n, 1, UINT32_MAX, &v))
        out->per_minute = (uint32_t)v;
    if ((n = weir__node_get(map, "share")) && weir__want_decimal(c, n, 3, &v)) {
        if (v <= 0 || v > 1000)
            ERR(c, n, "`share` is a share of posts: above 0, at most 1");
        else
            out->share_milli = (uint32_t)v;
    }
    if ((n = weir__node_get(map, "then")) && weir__want_word(c, n, "choice", thens, 2, &then))
        out->observe = then == 1;
    if (!weir__node_get(map, "per_minute") && !weir__node_get(map, "share"))
        ERR(c, map, "a breaker needs a cap: `per_minute`, `share` or both");
    return true;
}

static void
take_breaker(struct compiling *c, const struct node *map, struct weir_rule *r)
{
    const struct node *n = weir__node_get(map, "breaker");

    if (!n || !weir__compile_breaker(c, n, true, &r->breaker) || !r->breaker.observe)
        return;
    if (r->order == WEIR_NONE || !weir__must_be_obeyed(&c->orders[r->order]))
        return;
    ERR(c, weir__node_get(n, "then"),
        "`then: observe` is refused under an order of kind %s: flooding a tag must not switch it "
        "off",
        weir_kind_name(c->orders[r->order].kind));
}

static bool
take_list(struct compiling *c, const struct node *map, weir_selector kind, struct raw_entry *out)
{
    static const char *const only[] = {"list"};
    const struct node *n = weir__node_get(map, "list");
    weir_selector of = kind == WEIR_SEL_MENTIONS ? WEIR_SEL_ACCOUNTS : kind;
    weir_span name;

    weir__check_keys(c, map, "an entry", only, 1);
    if (!n || !weir__want_text(c, n, &name))
        return false;
    struct named *list = weir__names_find(&c->list_names, name);
    if (!list) {
        ERR(c, n, "there is no list `%.*s`%s", SPAN_FMT(name),
            weir__did_you_mean(c, weir__names_nearest(&c->list_names, name)));
        return false;
    }
    list->used = true;
    if (!c->raw_lists[list->index].given[of]) {
        ERR(c, n, "list `%.*s` has no %s, which this selector needs", SPAN_FMT(name),
            selectors[of]);
        return false;
    }
    out->entry.kind = WEIR__ENTRY_LIST;
    out->entry.list = list->index;
    out->entry.text = name;
    return true;
}

static void
add_list(struct compiling *c, uint32_t list, weir_selector kind, enum weir__fold fold, uint32_t id)
{
    weir_selector of = kind == WEIR_SEL_MENTIONS ? WEIR_SEL_ACCOUNTS : kind;
    struct raw_entries *raw = &c->raw_lists[list].of[of];

    raw->folds |= 1u << fold;
    for (size_t i = 0; i < raw->n; i++)
        if (!weir__add_entry(c, &raw->items[i], kind, fold, id))
            raw->repeats = true;
}

static void
compile_entries(struct compiling *c, const struct node *seq, weir_selector kind,
                const struct weir_rule *r, uint32_t id)
{
    struct raw_entries *all = &c->entries;
    size_t first = all->n;

    CHECK(first < UINT32_MAX);
    *ARENA_PUSH(c->work, c->entry_first, c->nentry_first, c->entry_first_cap) = (uint32_t)first;
    for (size_t i = 0; i < seq->n; i++) {
        const struct node *n = seq->items[i];
        struct raw_entry e = {.at = weir__place_of(n), .node = n};
        weir_span text;
        e.entry.file = n->file->index;
        e.entry.line = n->line;
        bool ok = n->kind == NODE_MAP && !weir__regex_hint(c->work, n)
                      ? take_list(c, n, kind, &e)
                      : weir__want_text(c, n, &text) && weir__read_entry(c, kind, text, &e);
        if (!ok)
            continue;
        if (e.entry.kind == WEIR__ENTRY_LIST)
            add_list(c, e.entry.list, kind, r->fold, id);
        else
            (void)weir__add_entry(c, &e, kind, r->fold, id);
        *ARENA_PUSH(c->work, all->items, all->n, all->cap) = e;
    }
    const struct raw_entries own = {.items = all->items + first, .n = all->n - first};
    weir__lint_entries(c, &own, kind, r->fold);
}

static void
take_selectors(struct compiling *c, const struct node *map, struct weir_rule *r, uint32_t rule,
               enum weir__side side)
{
    const char *what = side == WEIR__MATCH ? "`match`" : "`except`";

    if (!weir__want_map(c, map, what))
        return;
    weir__check_keys(c, map, what, selectors, WEIR_NSELECTORS);
    if (map->n == 0)
        ERR(c, map, "%s is empty: name at least one selector, such as `hashtags`", what);
    for (int k = 0; k < WEIR_NSELECTORS; k++) {
        const struct node *seq = weir__node_get(map, selectors[k]);
        if (!seq || !weir__want_seq(c, seq, arena_printf(c->work, "`%s`", selectors[k])))
            continue;
        uint32_t id = (uint32_t)c->nselectors;
        *ARENA_PUSH(c->work, c->selectors, c->nselectors, c->selectors_cap) =
            (struct weir__selector){rule, (weir_selector)k, side == WEIR__EXCEPT};
        r->selector[side][k] = id;
        compile_entries(c, seq, (weir_selector)k, r, id);
    }
}

static void
compile_rule(struct compiling *c, const struct node *map)
{
    struct weir_rule r = {.line = map->line, .file = map->file->index};
    const struct node *match = weir__node_get(map, "match");
    const struct node *except = weir__node_get(map, "except");
    const struct node *tests = weir__node_get(map, "tests");
    uint32_t rule = (uint32_t)c->nrules;

    weir__check_keys(c, map, "a rule", keys, sizeof keys / sizeof *keys);
    for (int side = 0; side < 2; side++)
        for (int k = 0; k < WEIR_NSELECTORS; k++)
            r.selector[side][k] = WEIR_NONE;
    if (!take_id(c, map, &r))
        r.id = SPAN_LIT("?");
    take_order(c, map, &r);
    if (take_action(c, map, &r)) {
        take_downrank(c, map, &r);
        take_against(c, map, &r);
        take_numbers(c, map, &r);
    } else { /* the rest is still looked at, so that one run tells everything */
        r.action = WEIR_WITHHOLD; /* which has no numbers of its own */
        take_numbers(c, map, &r);
        r.action = weir__node_get(map, "regions") ? WEIR_WITHHOLD : WEIR_ALLOW;
    }
    take_regions(c, map, &r);
    take_words(c, map, &r);
    take_breaker(c, map, &r);
    if (match)
        take_selectors(c, match, &r, rule, WEIR__MATCH);
    else
        ERR(c, map, "rule `%s` needs a `match`: which accounts, hashtags or posts it is about",
            r.id.p);
    if (except)
        take_selectors(c, except, &r, rule, WEIR__EXCEPT);
    if (tests)
        weir__compile_tests(c, tests, rule, &r);
    weir__lint_excepts(c, &r);
    weir__lint_rule(c, map, &r);
    *ARENA_PUSH(c->work, c->rules, c->nrules, c->rules_cap) = r;
}

void
weir__compile_rules(struct compiling *c, const struct node *seq)
{
    if (seq->kind == NODE_SEQ && seq->n == 0)
        return;
    if (!weir__want_seq(c, seq, "`rules`"))
        return;
    for (size_t i = 0; i < seq->n; i++)
        if (weir__want_map(c, seq->items[i], "a rule"))
            compile_rule(c, seq->items[i]);
}

/*
 * The compiler's entry: paths in, one immutable rule set or a list of messages out.
 *
 * Everything made on the way lives in one arena; the rule set in another, and points at nothing of
 * the first. Memory running out anywhere jumps back here. A compiled rule set that is given alone
 * is not compiled again (bundle.h).
 */
#include "compile/compiling.h"

#include "base/check.h"
#include "compile/bundle.h"
#include "text/fold.h"

#include <stdlib.h>

static const char *const top_keys[] = {"tagweir", "groups", "lists", "orders", "rules", "breaker"};

static void
check_version(struct compiling *c, const struct node *top)
{
    const struct node *n = weir__node_get(top, "tagweir");
    int64_t version;

    if (!n)
        ERR(c, top,
            "a rule file says which version of the language it is written in: begin with "
            "`tagweir: 1`");
    else if (weir__want_decimal(c, n, 0, &version) && version != WEIR_LANGUAGE_VERSION)
        ERR(c, n, "this is version %lld of the rule language, and only version %d is known here",
            (long long)version, WEIR_LANGUAGE_VERSION);
}

static void
take_set_breaker(struct compiling *c, const struct node *n)
{
    if (c->set_breaker) {
        weir__refuse_second_breaker(c, n);
        return;
    }
    c->set_breaker = n;
    (void)weir__compile_breaker(c, n, false, &c->rs->breaker);
}

/* Part by part over all files: rules may name what a later file defines, groups excepted. */
static void
compile_trees(struct compiling *c)
{
    static const struct {
        const char *key;
        void (*compile)(struct compiling *c, const struct node *n);
    } parts[] = {{"groups", weir__compile_groups},
                 {"lists", weir__compile_lists},
                 {"orders", weir__compile_orders},
                 {"breaker", take_set_breaker},
                 {"rules", weir__compile_rules}};

    for (size_t i = 0; i < c->forest.ntrees; i++) {
        const struct node *top = c->forest.trees[i].top;
        if (!top)
            continue;
        if (!weir__want_map(c, top, "a rule file"))
            continue;
        weir__check_keys(c, top, "a rule file", top_keys, sizeof top_keys / sizeof *top_keys);
        check_version(c, top);
    }
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
        for (size_t i = 0; i < c->forest.ntrees; i++) {
            const struct node *top = c->forest.trees[i].top;
            const struct node *n = top ? weir__node_get(top, parts[p].key) : NULL;
            if (n && n->kind == NODE_EMPTY)
                ERR(c, n, "nothing stands behind `%s:`", parts[p].key);
            else if (n)
                parts[p].compile(c, n);
        }
    }
    weir__tell_shared(c);
}

bool
weir__folds_confusables(const struct weir_rule *rules, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (rules[i].fold == WEIR__FOLD_CONFUSABLE)
            return true;
    return false;
}

/* As a compiled rule set is loaded. Called once the rule set owns its patterns. */
static void
drop_regexes_of_words(struct weir_ruleset *rs)
{
    struct weir__pattern *patterns = (struct weir__pattern *)(uintptr_t)rs->patterns;

    for (uint32_t i = 0; i < rs->npatterns; i++)
        if (!weir__pattern_needs_regex(&patterns[i])) {
            weir__regex_free(patterns[i].re);
            patterns[i].re = NULL;
        }
}

/* All that may jump. */
static weir_status
compile_all(struct compiling *c, const char *const *paths, size_t npaths)
{
    c->keys = weir__keytable_builder_new(c->work);
    c->sets = weir__postings_builder_new(c->work);
    c->group_names.work = c->list_names.work = c->work;
    c->order_names.work = c->rule_names.work = c->work;
    c->complaints.work = c->seen.work = c->work;
    weir_status st = weir__load(c->work, paths, npaths, &c->forest, c->diags);
    compile_trees(c);
    weir__lint(c);
    if (st == WEIR_E_IO)
        return st;
    if (weir_diags_errors(c->diags))
        return WEIR_E_RULES;
    if (weir__folds_confusables(c->rules, c->nrules) && (st = weir__fold_prepare()) != WEIR_OK)
        return st;
    weir__freeze(c);
    drop_regexes_of_words(c->rs);
    if (c->keep_sources)
        weir__keep_sources(c);
    st = weir__ruleset_build_automata(c->rs);
    if (st != WEIR_OK)
        return st;
    weir__lint_cost(c->rs, c->places, c->warn_cost, c->diags);
    return weir__ruleset_set_digest(c->rs);
}

static void
release(struct compiling *c)
{
    weir__patterns_fini(c);
    weir__forest_fini(&c->forest);
    weir__keytable_builder_free(c->keys);
    weir__postings_builder_free(c->sets);
    weir__names_fini(&c->group_names);
    weir__names_fini(&c->list_names);
    weir__names_fini(&c->order_names);
    weir__names_fini(&c->rule_names);
    weir__names_fini(&c->complaints);
    weir__names_fini(&c->seen);
    weir_buf_fini(&c->buf);
    weir_buf_fini(&c->buf2);
}

static weir_status
compile_or_jump(struct compiling *c, jmp_buf *oom, const char *const *paths, size_t npaths)
{
    return setjmp(*oom) == 0 ? compile_all(c, paths, npaths) : WEIR_E_NOMEM;
}

static weir_status
compile_paths(const char *const *paths, size_t npaths, const weir_load_options *o,
              weir_diags *diags, weir_ruleset **out)
{
    jmp_buf oom;
    struct arena work;
    struct weir_ruleset *rs = calloc(1, sizeof *rs);

    if (!rs)
        return WEIR_E_NOMEM;
    arena_init(&work, &oom);
    arena_init(&rs->arena, &oom);
    struct compiling c = {.work = &work, .into = &rs->arena, .rs = rs, .diags = diags};
    c.match_off = o ? o->match_off : 0;
    c.keep_sources = o && o->keep_sources;
    c.warn_cost = o && o->warn_cost;
    if (o)
        c.forest.hook = (struct file_hook){o->on_file, o->on_file_arg};
    weir_status st = compile_or_jump(&c, &oom, paths, npaths);
    release(&c);
    arena_fini(&work);
    if (st != WEIR_OK) {
        weir__ruleset_free(rs);
        return st;
    }
    rs->magic = WEIR_RULESET_MAGIC;
    rs->arena.on_oom = NULL;
    atomic_init(&rs->refs, 1);
    *out = rs;
    return WEIR_OK;
}

weir_status
weir_ruleset_load(const char *const *paths, size_t npaths, const weir_load_options *o,
                  weir_diags *diags, weir_ruleset **out)
{
    CHECK(npaths > 0);
    if (npaths == 1 && weir__bundle_is(paths[0])) {
        weir_ruleset *rs;
        if (o && o->on_file)
            o->on_file(o->on_file_arg, paths[0], WEIR_FILE_COMPILED);
        weir_status st = weir__bundle_load(paths[0], o, diags, &rs);
        if (st != WEIR_OK)
            return st;
        if (rs) {
            *out = rs;
            return WEIR_OK;
        }
    }
    return compile_paths(paths, npaths, o, diags, out);
}

/*
 * The rule set's life, and what the public interface tells of it.
 */
#include "model/ruleset.h"

#include "base/check.h"
#include "regex/automaton.h"

#include <tagweir/names.h>

#include <stdlib.h>

void
weir__ruleset_free(struct weir_ruleset *rs)
{
    for (uint32_t i = 0; i < rs->npatterns; i++)
        if (rs->patterns[i].re)
            weir__regex_free(rs->patterns[i].re);
    for (int s = 0; s < WEIR__NSPACES; s++)
        weir__automaton_free(rs->automata[s]);
    if (rs->mapped)
        rs->unmap(rs->mapped, rs->nmapped);
    rs->magic = 0;
    arena_fini(&rs->arena);
    free(rs);
}

/* What subjects of a space are made of. */
enum weir__subjects
weir__subjects_of(enum weir__space space)
{
    return space == WEIR__SPACE_AUTHOR_HANDLE || space == WEIR__SPACE_MENTION_HANDLE
               ? WEIR__SUBJECTS_HANDLE
               : WEIR__SUBJECTS_FOLDED;
}

static weir_status
build_automaton(struct weir_ruleset *rs, enum weir__space space)
{
    size_t n = rs->nloose[space];
    struct weir__automaton_pattern *patterns = calloc(n, sizeof *patterns);

    if (!patterns)
        return WEIR_E_NOMEM;
    for (size_t i = 0; i < n; i++) {
        const struct weir__pattern *p = &rs->patterns[rs->loose[space][i]];
        patterns[i] = (struct weir__automaton_pattern){.text = p->text,
                                                       .is_glob = !p->is_regex,
                                                       .extended = p->extended,
                                                       .of = weir__subjects_of(space)};
    }
    weir_status st = weir__automaton_build(patterns, n, &rs->automata[space]);
    free(patterns);
    return st;
}

weir_status
weir__ruleset_build_automata(struct weir_ruleset *rs)
{
    weir_status st = WEIR_OK;

    for (int s = 0; s < WEIR__NSPACES && st == WEIR_OK; s++)
        if (rs->nloose[s])
            st = build_automaton(rs, (enum weir__space)s);
    return st;
}

weir_ruleset *
weir_ruleset_ref(weir_ruleset *rs)
{
    CHECK_OBJ(rs, WEIR_RULESET_MAGIC);
    (void)atomic_fetch_add_explicit(&rs->refs, 1, memory_order_relaxed);
    return rs;
}

void
weir_ruleset_unref(weir_ruleset *rs)
{
    if (!rs)
        return;
    CHECK_OBJ(rs, WEIR_RULESET_MAGIC);
    if (atomic_fetch_sub_explicit(&rs->refs, 1, memory_order_acq_rel) == 1)
        weir__ruleset_free(rs);
}

static const struct weir__order *
order_of(const struct weir_ruleset *rs, const struct weir_rule *r)
{
    return r->order == WEIR_NONE ? NULL : &rs->orders[r->order];
}

bool
weir__rule_in_force(const struct weir_ruleset *rs, const struct weir_rule *r, int64_t now)
{
    return weir__both_hold(order_of(rs, r), &r->in_force, now);
}

const char *
weir_ruleset_digest(const weir_ruleset *rs)
{
    CHECK_OBJ(rs, WEIR_RULESET_MAGIC);
    return rs->digest;
}

uint32_t
weir_ruleset_nfiles(const weir_ruleset *rs)
{
    CHECK_OBJ(rs, WEIR_RULESET_MAGIC);
    return rs->nrule_files;
}

uint32_t
weir_ruleset_nrules(const weir_ruleset *rs)
{
    CHECK_OBJ(rs, WEIR_RULESET_MAGIC);
    return rs->nrules;
}

static const struct weir_rule *
rule_at(const weir_ruleset *rs, uint32_t rule)
{
    CHECK_OBJ(rs, WEIR_RULESET_MAGIC);
    CHECK(rule < rs->nrules);
    return &rs->rules[rule];
}

static uint32_t
selectors_given(const struct weir_rule *r, enum weir__side side)
{
    uint32_t given = 0;

    for (int k = 0; k < WEIR_NSELECTORS; k++)
        if (r->selector[side][k] != WEIR_NONE)
            given |= 1u << k;
    return given;
}

/* Its own, or the set's, which only alert. */
static weir_breaker
breaker_over(const struct weir_ruleset *rs, const struct weir_rule *r)
{
    weir_breaker b = r->breaker.given ? r->breaker : rs->breaker;

    b.given = r->breaker.given;
    return b;
}

void
weir_ruleset_breaker(const weir_ruleset *rs, weir_breaker *out)
{
    CHECK_OBJ(rs, WEIR_RULESET_MAGIC);
    *out = rs->breaker;
}

void
weir_ruleset_rule(const weir_ruleset *rs, uint32_t rule, weir_rule_info *out)
{
    const struct weir_rule *r = rule_at(rs, rule);

    *out = (weir_rule_info){
        .id = r->id.p,
        .order = r->order,
        .action = r->action,
        .mode = r->mode,
        .priority = r->priority,
        .factor_milli = r->factor_milli,
        .surfaces = r->surfaces,
        .rollout_bp = r->rollout_bp,
        .file = rs->files[r->file],
        .line = r->line,
        .from_ms = r->in_force.from,
        .until_ms = r->in_force.until,
        .match = selectors_given(r, WEIR__MATCH),
        .except = selectors_given(r, WEIR__EXCEPT),
        .has_against = r->has_against,
        .against = r->against,
        .nagainst = r->nagainst,
        .breaker = breaker_over(rs, r),
    };
}

/* What stands in front of an entry that was taken off when it was read. */
static const char *
mark_of(const struct weir__entry *e, weir_selector kind)
{
    bool literal = e->kind == WEIR__ENTRY_LITERAL;

    switch (e->kind) {
    case WEIR__ENTRY_ID:
        return span_starts(e->text, "did:") ? "" : "id:";
    case WEIR__ENTRY_DOMAIN:
        return "domain:";
    case WEIR__ENTRY_REGEX:
        return "/";
    case WEIR__ENTRY_LIST:
        return "list ";
    case WEIR__ENTRY_LITERAL:
    case WEIR__ENTRY_GLOB:
        break;
    }
    if (kind == WEIR_SEL_HASHTAGS)
        return "#";
    return literal && (kind == WEIR_SEL_ACCOUNTS || kind == WEIR_SEL_MENTIONS) ? "@" : "";
}

bool
weir_ruleset_rule_entry(const weir_ruleset *rs, uint32_t rule, bool in_except, weir_selector kind,
                        size_t i, weir_buf *out)
{
    const struct weir_rule *r = rule_at(rs, rule);

    CHECK(kind < WEIR_NSELECTORS);
    uint32_t s = r->selector[in_except ? WEIR__EXCEPT : WEIR__MATCH][kind];
    if (s == WEIR_NONE || i >= rs->entry_first[s + 1] - rs->entry_first[s])
        return false;
    const struct weir__entry e = weir__entry_at(&rs->entries, rs->entry_first[s] + i);
    weir_buf_puts(out, mark_of(&e, kind));
    weir_buf_put(out, e.kind == WEIR__ENTRY_LIST ? rs->lists[e.list].name : e.text);
    if (e.kind == WEIR__ENTRY_REGEX)
        weir_buf_puts(out, e.extended ? "/x" : "/");
    return true;
}

bool
weir_ruleset_rule_holds(const weir_ruleset *rs, uint32_t rule, uint16_t region)
{
    return region < weir_region_count() && weir__region_has(&rule_at(rs, rule)->regions, region);
}

bool
weir_ruleset_rule_in_force(const weir_ruleset *rs, uint32_t rule, int64_t now_ms)
{
    return weir__rule_in_force(rs, rule_at(rs, rule), now_ms);
}

void
weir_ruleset_rule_interval(const weir_ruleset *rs, uint32_t rule, int64_t at_ms, weir_interval *out)
{
    const struct weir_rule *r = rule_at(rs, rule);

    weir__interval_around(order_of(rs, r), &r->in_force, at_ms, out);
}

uint32_t
weir_ruleset_nlists(const weir_ruleset *rs)
{
    CHECK_OBJ(rs, WEIR_RULESET_MAGIC);
    return rs->nlists;
}

static void
tell_part(const struct weir_ruleset *rs, weir_selector kind, const struct weir__list_part *part,
          weir_list_info *out)
{
    if (!part->entries.items)
        return;
    out->part[out->nparts++] = (weir_list_part){kind, rs->files[part->file], part->entries.n};
    out->nentries += part->entries.n;
}

void
weir_ruleset_list(const weir_ruleset *rs, uint32_t list, weir_list_info *out)
{
    CHECK_OBJ(rs, WEIR_RULESET_MAGIC);
    CHECK(list < rs->nlists);
    const struct weir__list *l = &rs->lists[list];
    *out = (weir_list_info){.name = l->name.p, .file = rs->files[l->file], .line = l->line};
    tell_part(rs, WEIR_SEL_ACCOUNTS, &l->accounts, out);
    tell_part(rs, WEIR_SEL_HASHTAGS, &l->hashtags, out);
    tell_part(rs, WEIR_SEL_POSTS, &l->posts, out);
}

WEIR_NAMES(weir_kind_name, weir_kind, WEIR_KINDS, WEIR_TEXT)

uint32_t
weir_ruleset_norders(const weir_ruleset *rs)
{
    CHECK_OBJ(rs, WEIR_RULESET_MAGIC);
    return rs->norders;
}

static const struct weir__order *
order_at(const weir_ruleset *rs, uint32_t order)
{
    CHECK_OBJ(rs, WEIR_RULESET_MAGIC);
    CHECK(order < rs->norders);
    return &rs->orders[order];
}

void
weir_ruleset_order(const weir_ruleset *rs, uint32_t order, weir_order_info *out)
{
    const struct weir__order *o = order_at(rs, order);

    *out = (weir_order_info){
        .id = o->id.p,
        .authority = o->authority.p,
        .basis = o->basis.p,
        .reference = o->reference.p,
        .notice = o->notice.p,
        .kind = o->kind,
        .confidential = o->confidential,
        .lapses = o->lapses,
        .served_ms = o->served,
        .review_by_ms = o->review_by,
        .confirmed_ms = o->confirmed,
        .revoked_ms = o->revoked,
        .file = rs->files[o->file],
        .line = o->line,
    };
}

void
weir_ruleset_order_interval(const weir_ruleset *rs, uint32_t order, int64_t at_ms,
                            weir_interval *out)
{
    static const struct weir__interval always = {WEIR_TIME_NONE, WEIR_TIME_NONE};

    weir__interval_around(order_at(rs, order), &always, at_ms, out);
}

WEIR_NAMES(weir_review_name, weir_review, WEIR_REVIEWS, WEIR_TEXT)

weir_review
weir_ruleset_order_review(const weir_ruleset *rs, uint32_t order, int64_t at_ms)
{
    return weir__order_review(order_at(rs, order), at_ms);
}

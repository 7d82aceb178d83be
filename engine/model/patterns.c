/*
 * What the public interface tells of patterns, and of what they are found by.
 */
#include "base/check.h"
#include "model/ruleset.h"
#include "regex/automaton.h"

#include <tagweir/names.h>

void
weir__pattern_factors(const struct weir__pattern *p, struct arena *in, struct weir__factors *out)
{
    if (p->is_regex)
        weir__regex_factors(p->text, p->extended, weir__subjects_of(p->space), in, out);
    else
        weir__glob_factors(p->text, in, out);
}

WEIR_NAMES(weir_pattern_class_name, weir_pattern_class, WEIR_PATTERN_CLASSES, WEIR_TEXT)

uint32_t
weir_ruleset_npatterns(const weir_ruleset *rs)
{
    CHECK_OBJ(rs, WEIR_RULESET_MAGIC);
    return rs->npatterns;
}

static const struct weir__pattern *
pattern_at(const weir_ruleset *rs, uint32_t pattern)
{
    CHECK_OBJ(rs, WEIR_RULESET_MAGIC);
    CHECK(pattern < rs->npatterns);
    return &rs->patterns[pattern];
}

static bool
is_always(const struct weir_ruleset *rs, uint32_t pattern)
{
    enum weir__space space = rs->patterns[pattern].space;
    const uint32_t *always;
    size_t from = 0, to = weir__automaton_always(rs->automata[space], &always);

    while (from < to) {
        size_t mid = from + (to - from) / 2;
        uint32_t at = rs->loose[space][always[mid]];
        if (at == pattern)
            return true;
        if (at < pattern)
            from = mid + 1;
        else
            to = mid;
    }
    return false;
}

weir_pattern_class
weir__pattern_class_of(const struct weir_ruleset *rs, uint32_t pattern)
{
    switch (rs->patterns[pattern].class) {
    case WEIR__CLASS_WORDS:
        return WEIR_PATTERN_WORDS;
    case WEIR__CLASS_EDGE:
        return WEIR_PATTERN_EDGE;
    case WEIR__CLASS_FACTOR:
        return WEIR_PATTERN_FACTOR;
    case WEIR__CLASS_LOOSE:
        break;
    }
    return is_always(rs, pattern) ? WEIR_PATTERN_ALWAYS : WEIR_PATTERN_LOOSE;
}

weir_selector
weir__selector_of(enum weir__space space)
{
    static const weir_selector selectors[] = {
#define X(name, selector) WEIR_SEL_##selector,
        WEIR__SPACES(X)
#undef X
    };

    return selectors[space];
}

void
weir_ruleset_pattern(const weir_ruleset *rs, uint32_t pattern, weir_pattern_info *out)
{
    const struct weir__pattern *p = pattern_at(rs, pattern);

    *out = (weir_pattern_info){
        .selector = weir__selector_of(p->space),
        .cls = weir__pattern_class_of(rs, pattern),
        .text = p->written,
        .is_regex = p->is_regex,
        .extended = p->extended,
        .certain = p->certain,
        .jit = p->re && weir__regex_is_jitted(p->re),
        .memory = p->re ? weir__regex_memory(p->re) : 0,
        .file = rs->files[p->file],
        .line = p->line,
        .column = p->column,
    };
}

uint32_t
weir_ruleset_pattern_rule(const weir_ruleset *rs, uint32_t pattern, uint32_t from)
{
    struct weir__postings of = weir__postings_of(&rs->postings, pattern_at(rs, pattern)->set);
    size_t first = 0, end = of.n;

    while (first < end) { /* rules ascend with their selectors */
        size_t mid = first + (end - first) / 2;
        if (rs->selectors[weir__postings_at(&of, mid)].rule < from)
            first = mid + 1;
        else
            end = mid;
    }
    return first < of.n ? rs->selectors[weir__postings_at(&of, first)].rule : WEIR_NONE;
}

static weir_status
factors_or_nothing(const struct weir__pattern *p, struct arena *in, jmp_buf *oom,
                   struct weir__factors *out)
{
    if (setjmp(*oom))
        return WEIR_E_NOMEM;
    weir__pattern_factors(p, in, out);
    return WEIR_OK;
}

weir_status
weir_ruleset_pattern_literals(const weir_ruleset *rs, uint32_t pattern,
                              weir_pattern_literal_fn *literal, void *arg)
{
    const struct weir__pattern *p = pattern_at(rs, pattern);
    struct weir__factors factors;
    struct arena work;
    jmp_buf oom;

    if (p->class == WEIR__CLASS_LOOSE)
        return WEIR_OK;
    arena_init(&work, &oom);
    weir_status st = factors_or_nothing(p, &work, &oom, &factors);
    for (size_t i = 0; st == WEIR_OK && i < factors.n; i++) {
        const struct weir__factor *f = &factors.items[i];
        weir_pattern_literal l = {f->text, f->at_start, f->at_end};

        if (l.text.len) /* no value is empty */
            literal(arg, &l);
    }
    arena_fini(&work);
    return st;
}

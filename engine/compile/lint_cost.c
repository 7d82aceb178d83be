/*
 * Lint of what patterns cost: those that no fixed text leads to, so that every value is held
 * against them, whether or not it has anything to do with them.
 */
#include "compile/compiling.h"

static const char *
kind_of(const struct weir__pattern *p)
{
    return p->is_regex ? "regex" : "glob";
}

/* What it is tried on, one at a time. */
static const char *
value_of(const struct weir__pattern *p)
{
    switch (weir__selector_of(p->space)) {
    case WEIR_SEL_ACCOUNTS:
        return "author";
    case WEIR_SEL_MENTIONS:
        return "mention";
    default:
        return "hashtag";
    }
}

static void
tell_always(const struct weir__pattern *p, const struct weir__place *at, weir_diags *diags)
{
    weir__diag_add(diags, WEIR_WARNING, at,
                   "this %s is tried by itself on every single %s, because nothing rules it out "
                   "beforehand: it may match without any letter of its own, or it is too large. "
                   "That is the dearest there is: write what a match must contain, or split it up",
                   kind_of(p), value_of(p));
}

static void
tell_loose(const struct weir__pattern *p, const struct weir__place *at, weir_diags *diags)
{
    weir__diag_add(
        diags, WEIR_WARNING, at,
        "this %s is tried on every %s, because no fixed text that is long enough to be looked for "
        "is in all of its matches; it costs more than others do. Give it four letters in a row "
        "that must be there, or three at its beginning%s or end%s",
        kind_of(p), value_of(p), p->is_regex ? " (^)" : "", p->is_regex ? " ($)" : "");
}

/* As a compiled rule set has it, which knows no line to be shown. */
static struct weir__place
place_of(const struct weir_ruleset *rs, const struct weir__pattern *p)
{
    return (struct weir__place){.file = rs->files[p->file], .line = p->line, .column = p->column};
}

void
weir__lint_cost(const struct weir_ruleset *rs, const struct weir__place *const *places, bool each,
                weir_diags *diags)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < rs->npatterns; i++) {
        const struct weir__pattern *p = &rs->patterns[i];
        weir_pattern_class class = weir__pattern_class_of(rs, i);

        n += class >= WEIR_PATTERN_LOOSE;
        if (!each || class < WEIR_PATTERN_LOOSE)
            continue;
        struct weir__place at = places ? *places[i] : place_of(rs, p);
        (class == WEIR_PATTERN_ALWAYS ? tell_always : tell_loose)(p, &at, diags);
    }
    if (!each && n > WEIR_MANY_LOOSE)
        weir__diag_add(
            diags, WEIR_WARNING, NULL,
            "%u globs and regexes have no fixed text that they could be found by, and are "
            "tried on everything: `tagweir check --cost` says which",
            n);
}

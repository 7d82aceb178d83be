/*
 * Regions of rules, and the groups that files define for them.
 */
#include "compile/compiling.h"

/* A word that may be a group of this rule set, else a code or one of ICU's groups. */
static bool
expand_word(struct compiling *c, const struct node *n, struct weir__region_set *out)
{
    weir_span word;
    const char *near = NULL;

    if (!weir__want_text(c, n, &word))
        return false;
    struct named *group = weir__names_find(&c->group_names, word);
    if (group) {
        group->used = true;
        *out = c->groups[group->index];
        return true;
    }
    if (weir__region_expand(word, out, &near))
        return true;
    /* a code is nearer than a group, but for one that differs in its capitals only */
    weir_span known = weir__names_nearest(&c->group_names, word);
    if (near && !weir__span_eq_nocase(known, word))
        known = span_of(near);
    ERR(c, n,
        "unknown region \"%.*s\"%s (regions are two-letter codes of ISO 3166-1, XX for "
        "everywhere, or groups: EU, EEA, UN M.49 numbers, those under `groups:` further up)",
        SPAN_FMT(word), weir__did_you_mean(c, known));
    return false;
}

bool
weir__compile_regions(struct compiling *c, const struct node *seq, struct weir__region_set *out)
{
    bool ok = true;

    *out = (struct weir__region_set){{0}};
    for (size_t i = 0; i < seq->n; i++) {
        struct weir__region_set one;
        if (expand_word(c, seq->items[i], &one))
            weir__region_unite(out, &one);
        else
            ok = false;
    }
    return ok;
}

/* What a reader would take for a code, whatever its case: two letters that are one in capitals, or
   three digits. */
static bool
looks_like_code(weir_span name)
{
    char upper[2];

    if (name.len == 3)
        return ascii_is_digit(name.p[0]) && ascii_is_digit(name.p[1]) && ascii_is_digit(name.p[2]);
    if (name.len != 2)
        return false;
    upper[0] = ascii_upper(name.p[0]);
    upper[1] = ascii_upper(name.p[1]);
    return weir_region_find((weir_span){upper, 2}) != WEIR_REGION_NONE;
}

static bool
is_free_name(struct compiling *c, const struct node *key, weir_span name)
{
    struct weir__region_set ignored;
    const char *near;
    struct named *first = weir__names_find(&c->group_names, name);

    if (first) {
        weir__refuse_second(c, "group", name, first, key);
        return false;
    }
    /* names are in small letters and codes in capitals: `eu` would be read as the EU by people */
    if (!looks_like_code(name) && !weir__region_expand(name, &ignored, &near) &&
        !(near && weir__span_eq_nocase(name, span_of(near))))
        return true;
    ERR(c, key, "a group may not be named like the region or group \"%.*s\"", SPAN_FMT(name));
    return false;
}

void
weir__compile_groups(struct compiling *c, const struct node *map)
{
    if (!weir__want_map(c, map, "`groups`"))
        return;
    for (size_t i = 0; i < map->n; i++) {
        weir_span name;
        struct weir__region_set set;
        if (!weir__want_name(c, map->keys[i], "a group", &name) ||
            !is_free_name(c, map->keys[i], name) ||
            !weir__want_seq(c, map->items[i], "a group of regions"))
            continue;
        (void)weir__compile_regions(c, map->items[i], &set);
        if (weir__region_has(&set, WEIR_REGION_XX)) {
            ERR(c, map->items[i], "XX is everywhere and can be in no group: name it in the rule");
            continue;
        }
        /* kept also when a word was wrong: its users would only repeat the complaint */
        (void)weir__names_add(&c->group_names, name, (uint32_t)c->ngroups, map->keys[i]);
        *ARENA_PUSH(c->work, c->groups, c->ngroups, c->groups_cap) = set;
    }
}

/*
 * The first two bytes: most subjects are dead to a mortal group behind them, and a table says so.
 */
#include "regex/automaton_parts.h"

/* What may come second, where the first symbol is of a class. */
struct second {
    struct weir__symbols classes;
    bool open; /* something has matched by then, or matches if the subject ends there */
    bool dead; /* no pattern begins so */
};

static struct second
second_of(const struct weir__group *g, uint32_t first)
{
    struct second s = {.dead = true};

    for (size_t i = 0; i < g->start.n; i++) {
        uint32_t p = g->start.items[i];

        if (p >= g->nplaces) {
            s.open = true;
            continue;
        }
        if (!weir__symbols_have(&g->sets[g->takes[p]], first))
            continue;
        s.dead = false;
        for (uint32_t k = g->after_at[p]; k < g->after_at[p + 1]; k++) {
            if (g->after[k] >= g->nplaces) {
                s.open = true;
                continue;
            }
            const struct weir__symbols *set = &g->sets[g->takes[g->after[k]]];
            for (int w = 0; w < 4; w++)
                s.classes.bits[w] |= set->bits[w];
        }
    }
    return s;
}

static bool
takes_beyond(const struct weir__group *g, const struct weir__symbols *classes)
{
    for (uint32_t byte = 0xC0; byte < 256; byte++)
        if (weir__symbols_have(classes, g->class_of[byte]))
            return true;
    return false;
}

/* Does anything begin with a character beyond ASCII? */
static bool
begins_beyond(const struct weir__group *g)
{
    for (size_t i = 0; i < g->start.n; i++) {
        uint32_t p = g->start.items[i];

        if (p >= g->nplaces || takes_beyond(g, &g->sets[g->takes[p]]))
            return true;
    }
    return false;
}

/* Bytes that are no symbols (class 0) leave things as they were. Read forwards, what comes behind
   them is not known; read backwards, it is the first byte of their character. */
static bool
is_alive(const struct weir__group *g, const struct second *s, uint32_t first, uint32_t second,
         bool beyond)
{
    if (first == 0)
        return beyond || !g->backwards;
    if (s->open || s->dead)
        return s->open;
    if (second == 0)
        return !g->backwards || takes_beyond(g, &s->classes);
    return weir__symbols_have(&s->classes, second);
}

void
weir__group_make_pairs(struct weir__group *g, struct arena *in)
{
    uint64_t *pairs = arena_array(in, WEIR__NPAIRS / 64, sizeof *pairs);
    bool beyond = begins_beyond(g);

    for (uint32_t a = 0; a < 256; a++) {
        const struct second s = second_of(g, g->class_of[a]);

        for (uint32_t b = 0; b < 256; b++) {
            uint32_t pair = g->backwards ? b | a << 8 : a | b << 8;

            if (is_alive(g, &s, g->class_of[a], g->class_of[b], beyond))
                pairs[pair / 64] |= UINT64_C(1) << pair % 64;
        }
    }
    g->pairs = pairs;
}

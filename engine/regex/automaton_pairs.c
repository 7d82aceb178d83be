/*
 * Two bytes at the edge, and two that are three bytes from it: most subjects are dead to a mortal
 * group behind them, and tables say so. Where nothing beyond ASCII is taken among these five, that
 * says so, too.
 */
#include "regex/automaton_parts.h"

/* What may come second, where the first symbol is of a class. */
struct second {
    struct weir__symbols classes;
    bool open; /* something has matched by then, or matches if the subject ends there */
    bool dead; /* no pattern goes on so */
};

/* Something has matched; or it has if the subject ends here, where it may. */
static bool
is_settled(const struct weir__group *g, uint32_t number, bool may_end)
{
    return number >= g->nplaces && (may_end || number < g->nplaces + g->npatterns);
}

/* From any of the places; `may_end`: the subject may have ended by then. */
static struct second
second_of(const struct weir__group *g, struct weir__numbers places, uint32_t first, bool may_end)
{
    struct second s = {.dead = true};

    for (size_t i = 0; i < places.n; i++) {
        uint32_t p = places.items[i];

        s.open |= is_settled(g, p, may_end);
        if (p >= g->nplaces || !weir__symbols_have(&g->sets[g->takes[p]], first))
            continue;
        s.dead = false;
        for (uint32_t k = g->after_at[p]; k < g->after_at[p + 1]; k++) {
            s.open |= is_settled(g, g->after[k], may_end);
            if (g->after[k] >= g->nplaces)
                continue;
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

/* Has something matched at one of the places (or has it if the subject ends there, where it may),
   or does one take a character beyond ASCII? */
static bool
goes_beyond(const struct weir__group *g, struct weir__numbers places, bool may_end)
{
    for (size_t i = 0; i < places.n; i++) {
        uint32_t p = places.items[i];

        if (p < g->nplaces ? takes_beyond(g, &g->sets[g->takes[p]]) : is_settled(g, p, may_end))
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

static void
make_near(struct weir__group *g, struct arena *in)
{
    uint64_t *pairs = arena_array(in, WEIR__NPAIRS / 64, sizeof *pairs);
    bool beyond = goes_beyond(g, g->start, true);

    for (uint32_t a = 0; a < 256; a++) {
        const struct second s = second_of(g, g->start, g->class_of[a], true);

        for (uint32_t b = 0; b < 256; b++) {
            uint32_t pair = g->backwards ? b | a << 8 : a | b << 8;

            if (is_alive(g, &s, g->class_of[a], g->class_of[b], beyond))
                pairs[pair / 64] |= UINT64_C(1) << pair % 64;
        }
    }
    g->pairs = pairs;
}

/* The places that may take the symbol behind the next one. What has matched is among them. */
static struct weir__numbers
places_behind(const struct weir__group *g, struct weir__numbers places, struct arena *work)
{
    bool *seen = arena_array(work, (size_t)g->nplaces + 2 * (size_t)g->npatterns, sizeof *seen);
    uint32_t *items =
        arena_array(work, (size_t)g->nplaces + 2 * (size_t)g->npatterns, sizeof *items);
    size_t n = 0;

    for (size_t i = 0; i < places.n; i++) {
        uint32_t p = places.items[i];

        if (is_settled(g, p, false) && !seen[p]) {
            seen[p] = true;
            items[n++] = p;
        }
        for (uint32_t k = p < g->nplaces ? g->after_at[p] : 0;
             p < g->nplaces && k < g->after_at[p + 1]; k++)
            if (!seen[g->after[k]]) {
                seen[g->after[k]] = true;
                items[n++] = g->after[k];
            }
    }
    return (struct weir__numbers){items, n};
}

/* Of subjects that have five characters of ASCII there, and so do not end before; and whether
   others are dead. */
static void
make_far(struct weir__group *g, struct arena *work, struct arena *in)
{
    uint64_t *pairs = arena_array(in, WEIR__NPAIRS / 64, sizeof *pairs);
    struct weir__numbers places = g->start;

    g->ascii_at_edge = !goes_beyond(g, places, false);
    for (int i = 0; i < WEIR__FAR; i++) {
        places = places_behind(g, places, work);
        g->ascii_at_edge &= !goes_beyond(g, places, false);
    }
    g->ascii_at_edge &= !goes_beyond(g, places_behind(g, places, work), false);
    for (uint32_t a = 0; a < 128; a++) {
        const struct second s = second_of(g, places, g->class_of[a], false);

        for (uint32_t b = 0; b < 128; b++) {
            uint32_t pair = g->backwards ? b | a << 8 : a | b << 8;

            if (s.open || (!s.dead && weir__symbols_have(&s.classes, g->class_of[b])))
                pairs[pair / 64] |= UINT64_C(1) << pair % 64;
        }
    }
    g->far_pairs = pairs;
}

void
weir__group_make_pairs(struct weir__group *g, struct arena *work, struct arena *in)
{
    make_near(g, in);
    make_far(g, work, in);
}

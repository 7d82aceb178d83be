/*
 * From patterns to an automaton: which patterns go into which group.
 */
#include "regex/automaton_parts.h"

#include "base/check.h"

#include <stdlib.h>

/* Places of all patterns together: beyond, patterns are always candidates. */
#define ALL_PLACES_MOST (1u << 20)

struct build {
    struct arena *work, *in;
    size_t nplaces;
    struct weir__members groups[WEIR__NGROUPS];
    uint32_t *always;
    size_t nalways, always_cap;
};

/* Which patterns concern a subject --------------------------------------------------------- */

static unsigned
kind_of(uint32_t symbol)
{
    if (symbol >= 'a' && symbol <= 'z')
        return WEIR__KIND_LETTER;
    if (symbol >= '0' && symbol <= '9')
        return WEIR__KIND_DIGIT;
    return symbol < 128 ? WEIR__KIND_OTHER : WEIR__KIND_BEYOND;
}

static unsigned
kinds_of(const struct weir__charset *s)
{
    unsigned kinds = s->hazy || s->nbeyond ? WEIR__KIND_BEYOND : 0;

    for (uint32_t c = 0; c < 128; c++)
        if (weir__charset_has_ascii(s, c))
            kinds |= kind_of(c);
    return kinds;
}

/* The rarer in tags, the better. */
static unsigned
rarer(unsigned a, unsigned b)
{
    static const unsigned commonness[] = {0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23};

    return commonness[a] <= commonness[b] ? a : b;
}

/* Kinds, one of which is in whatever n matches. ANY: perhaps it matches the empty string. */
static unsigned
needs_of(const struct weir__node *n)
{
    unsigned needs = n->kind == WEIR__NODE_CAT ? WEIR__KIND_ANY : 0;

    switch (n->kind) {
    case WEIR__NODE_NEVER:
        return 0;
    case WEIR__NODE_CHAR:
        return kind_of(n->c);
    case WEIR__NODE_SET:
        return kinds_of(n->set);
    case WEIR__NODE_REPEAT:
        return n->min > 0 ? needs_of(n->first) : WEIR__KIND_ANY;
    case WEIR__NODE_CAT:
        for (const struct weir__node *child = n->first; child; child = child->next)
            needs = rarer(needs_of(child), needs);
        return needs;
    case WEIR__NODE_ALT:
        for (const struct weir__node *child = n->first; child; child = child->next)
            needs |= needs_of(child);
        return needs;
    case WEIR__NODE_CAPTURE:
        return needs_of(n->first);
    case WEIR__NODE_EMPTY:
    case WEIR__NODE_ANYTHING:
    case WEIR__NODE_BACKREF:
    case WEIR__NODE_BEGIN:
    case WEIR__NODE_END:
    case WEIR__NODE_LOOK:
        break;
    }
    return WEIR__KIND_ANY;
}

/* Of three kinds of need: a digit; anything that is no letter; anything. */
static int
class_of_needs(unsigned needs)
{
    return needs & WEIR__KIND_LETTER ? 2 : needs == WEIR__KIND_DIGIT ? 0 : 1;
}

static bool
lists(struct weir__numbers places, uint32_t what)
{
    for (size_t i = 0; i < places.n; i++)
        if (places.items[i] == what)
            return true;
    return false;
}

/* Can it match without a symbol? Then nothing can be said of subjects. */
static bool
matches_empty(const struct weir__nfa *nfa)
{
    return lists(nfa->at_start, WEIR__MATCHED) || lists(nfa->anywhere, WEIR__MATCHED) ||
           lists(nfa->anywhere, WEIR__MATCHED_AT_END);
}

/* How many letters it can begin with, of each of its ways to begin. */
static size_t
letters_at_start(const struct weir__nfa *nfa)
{
    size_t n = 0;

    for (size_t i = 0; i < nfa->at_start.n; i++)
        for (uint32_t c = 'a'; c <= 'z' && nfa->at_start.items[i] < nfa->nplaces; c++)
            n += weir__symbols_have(&nfa->symbols[nfa->at_start.items[i]], c);
    return n;
}

enum { FORWARDS, FROM_START, FROM_END };

/* Best is to be read from an end that it is anchored at: from which it comes to nothing sooner. */
static int
direction_of(const struct weir__nfa *forwards, const struct weir__nfa *backwards)
{
    bool from_start = forwards->anywhere.n == 0, from_end = backwards->anywhere.n == 0;

    if (from_start && from_end)
        return letters_at_start(forwards) <= letters_at_start(backwards) ? FROM_START : FROM_END;
    return from_start ? FROM_START : from_end ? FROM_END : FORWARDS;
}

/* Patterns of many letters here and there make many different states of a group: which of them are
   still alive is something else after each subject's first letters. They get groups of their own,
   so that the others' states stay few. */
static bool
is_wild(const struct weir__nfa *nfa, int direction)
{
    size_t few = direction == FORWARDS ? 2 : 8;

    for (size_t i = 0; i < nfa->nplaces; i++) {
        size_t letters = 0;

        for (uint32_t c = 'a'; c <= 'z'; c++)
            letters += weir__symbols_have(&nfa->symbols[i], c);
        if (letters >= few && letters < 26)
            return true;
    }
    return false;
}

static void
add_pattern(struct build *b, struct arena *scratch, const struct weir__automaton_pattern *p,
            uint32_t index)
{
    struct weir__nfa forwards, backwards;
    struct weir__syntax syntax;

    if (p->is_glob)
        weir__glob_parse(p->text, scratch, &syntax);
    else
        weir__regex_parse(p->text, p->extended, p->of, scratch, &syntax);
    if (!weir__nfa_build(syntax.root, p->is_glob, false, scratch, b->work, &forwards) ||
        !weir__nfa_build(syntax.root, p->is_glob, true, scratch, b->work, &backwards) ||
        matches_empty(&forwards) || b->nplaces + forwards.nplaces > ALL_PLACES_MOST) {
        *ARENA_PUSH(b->work, b->always, b->nalways, b->always_cap) = index;
        return;
    }
    if (forwards.at_start.n == 0 || backwards.at_start.n == 0)
        return; /* it never matches */
    b->nplaces += forwards.nplaces;
    unsigned needs = needs_of(syntax.root);
    int direction = direction_of(&forwards, &backwards);
    struct weir__nfa *nfa = direction == FROM_END ? &backwards : &forwards;
    struct weir__members *g =
        &b->groups[(is_wild(nfa, direction) * 3 + class_of_needs(needs)) * 3 + direction];
    *ARENA_PUSH(b->work, g->items, g->n, g->cap) = (struct weir__member){*nfa, index, needs, NULL};
}

/* All together ----------------------------------------------------------------------------- */

static void
build(struct build *b, struct arena *scratch, const struct weir__automaton_pattern *patterns,
      size_t n, struct weir__automaton *a)
{
    for (size_t i = 0; i < n; i++) {
        add_pattern(b, scratch, &patterns[i], (uint32_t)i);
        arena_reset(scratch);
    }
    for (int i = 0; i < WEIR__NGROUPS; i++)
        if (b->groups[i].n > 0) {
            struct weir__group *g = &a->groups[a->ngroups++];
            g->wild = i >= WEIR__NGROUPS / 2;
            g->mortal = i % 3 != FORWARDS;
            g->backwards = i % 3 == FROM_END;
            weir__group_make(&b->groups[i], b->work, b->in, g);
            a->ask_holders |= weir__holders_tell(g->needs);
            if (g->mortal)
                weir__group_make_pairs(g, b->work, b->in);
        }
    uint32_t *always = arena_array(b->in, b->nalways, sizeof *always);
    if (b->nalways)
        memcpy(always, b->always, b->nalways * sizeof *always);
    a->always = (struct weir__numbers){always, b->nalways};
}

weir_status
weir__automaton_build(const struct weir__automaton_pattern *patterns, size_t n,
                      struct weir__automaton **out)
{
    struct weir__automaton *a = calloc(1, sizeof *a);
    struct arena work, scratch;
    volatile weir_status st = WEIR_OK;
    jmp_buf oom;

    if (!a)
        return WEIR_E_NOMEM;
    a->magic = WEIR__AUTOMATON_MAGIC;
    a->npatterns = (uint32_t)n;
    arena_init(&a->mem, &oom);
    arena_init(&work, &oom);
    arena_init(&scratch, &oom);
    if (setjmp(oom) == 0) {
        struct build b = {.work = &work, .in = &a->mem};
        build(&b, &scratch, patterns, n, a);
    } else {
        st = WEIR_E_NOMEM;
    }
    arena_fini(&work);
    arena_fini(&scratch);
    a->mem.on_oom = NULL;
    if (st != WEIR_OK)
        weir__automaton_free(a);
    else
        *out = a;
    return st;
}

void
weir__automaton_free(struct weir__automaton *a)
{
    if (!a)
        return;
    CHECK_OBJ(a, WEIR__AUTOMATON_MAGIC);
    arena_fini(&a->mem);
    a->magic = 0;
    free(a);
}

size_t
weir__automaton_always(const struct weir__automaton *a, const uint32_t **patterns)
{
    CHECK_OBJ(a, WEIR__AUTOMATON_MAGIC);
    *patterns = a->always.items;
    return a->always.n;
}

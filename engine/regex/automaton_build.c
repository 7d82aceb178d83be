/*
 * From patterns to the groups of an automaton.
 *
 * Bytes that no pattern of a group tells apart are one class. Lists of what comes after a place
 * are made ready here, so that making a state later is following them.
 */
#include "regex/automaton_parts.h"

#include "base/check.h"

#include <stdlib.h>

struct member {
    struct weir__nfa nfa;
    uint32_t pattern;
    unsigned needs;
    uint32_t base; /* the number of its first place */
};

struct members {
    struct member *items;
    size_t n, cap;
};

struct build {
    struct arena *work, *in;
    struct members groups[WEIR__NGROUPS];
    uint32_t *always;
    size_t nalways, always_cap;
};

/* Which patterns concern a subject
 * ------------------------------------------------------------------ */

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
        matches_empty(&forwards)) {
        *ARENA_PUSH(b->work, b->always, b->nalways, b->always_cap) = index;
        return;
    }
    if (forwards.at_start.n == 0)
        return; /* it never matches */
    /* a glob's characters can be malformed bytes, which are no symbols */
    unsigned needs = p->is_glob ? WEIR__KIND_ANY : needs_of(syntax.root);
    int direction = direction_of(&forwards, &backwards);
    struct members *g = &b->groups[class_of_needs(needs) * 3 + direction];
    *ARENA_PUSH(b->work, g->items, g->n, g->cap) =
        (struct member){direction == FROM_END ? backwards : forwards, index, needs, 0};
}

/* Classes of bytes
 * ---------------------------------------------------------------------------------- */

struct sets {
    struct weir__symbols *items; /* of bytes; distinct */
    size_t n, cap;
};

static uint32_t
intern(struct build *b, struct sets *s, const struct weir__symbols *set)
{
    for (size_t i = 0; i < s->n; i++)
        if (memcmp(&s->items[i], set, sizeof *set) == 0)
            return (uint32_t)i;
    *ARENA_PUSH(b->work, s->items, s->n, s->cap) = *set;
    return (uint32_t)s->n - 1;
}

/* Bytes are of one class as long as no set has one and not the other. */
static void
split_classes(const struct sets *s, struct weir__group *g)
{
    uint32_t nclasses = 2;

    for (uint32_t byte = 0; byte < 256; byte++)
        g->class_of[byte] = byte < 0x80 || byte > 0xBF;
    for (size_t i = 0; i < s->n; i++) {
        uint32_t moved[256] = {0}; /* a class's members that are in the set become this class */
        bool has_in[256] = {false}, has_out[256] = {false};

        for (uint32_t byte = 0; byte < 256; byte++)
            if (weir__symbols_have(&s->items[i], byte))
                has_in[g->class_of[byte]] = true;
            else
                has_out[g->class_of[byte]] = true;
        for (uint32_t byte = 0; byte < 256; byte++) {
            uint32_t class = g->class_of[byte];
            if (class == 0 || !has_in[class] || !has_out[class] ||
                !weir__symbols_have(&s->items[i], byte))
                continue;
            if (moved[class] == 0)
                moved[class] = nclasses++;
            g->class_of[byte] = (uint8_t)moved[class];
        }
    }
    g->nclasses = nclasses;
}

static const struct weir__symbols *
sets_of_classes(struct build *b, const struct sets *s, const struct weir__group *g)
{
    struct weir__symbols *out = arena_array(b->in, s->n, sizeof *out);

    for (size_t i = 0; i < s->n; i++)
        for (uint32_t byte = 0; byte < 256; byte++)
            if (g->class_of[byte] != 0 && weir__symbols_have(&s->items[i], byte))
                out[i].bits[g->class_of[byte] / 64] |= UINT64_C(1) << (g->class_of[byte] % 64);
    return out;
}

/* Lists in the numbers of the group
 * ----------------------------------------------------------------- */

struct numbers {
    uint32_t *items;
    size_t n, cap;
};

static void
push(struct arena *in, struct numbers *l, uint32_t number)
{
    *ARENA_PUSH(in, l->items, l->n, l->cap) = number;
}

/* A list of member m's, in the group's numbers. */
static void
push_all(struct arena *in, struct numbers *l, const struct weir__group *g,
         const struct members *members, uint32_t m, struct weir__numbers list)
{
    for (size_t i = 0; i < list.n; i++) {
        uint32_t what = list.items[i];
        push(in, l,
             what == WEIR__MATCHED          ? g->nplaces + m
             : what == WEIR__MATCHED_AT_END ? g->nplaces + g->npatterns + m
                                            : members->items[m].base + what);
    }
}

static int
ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

/* Sort what is behind `from`, each number once. */
static void
tidy(struct numbers *l, size_t from)
{
    size_t n = from;

    if (l->n - from > 1)
        qsort(l->items + from, l->n - from, sizeof *l->items, ascending);
    for (size_t i = from; i < l->n; i++)
        if (n == from || l->items[n - 1] != l->items[i])
            l->items[n++] = l->items[i];
    l->n = n;
}

/* What a match goes on with that begins with a symbol of the class. */
static void
push_fresh(struct build *b, struct numbers *l, const struct weir__group *g,
           const struct members *members, uint32_t class)
{
    size_t from = l->n;

    for (uint32_t m = 0; m < members->n; m++) {
        const struct weir__nfa *nfa = &members->items[m].nfa;

        for (size_t i = 0; i < nfa->anywhere.n; i++) {
            uint32_t place = nfa->anywhere.items[i];
            if (weir__symbols_have(&g->sets[g->takes[members->items[m].base + place]], class))
                push_all(b->in, l, g, members, m, nfa->after[place]);
        }
    }
    tidy(l, from);
}

/* Give the members' places their numbers, as blocks want them; and the blocks to chunks. */
static void
lay_out(struct build *b, struct weir__group *g, struct members *members)
{
    struct {
        struct weir__chunk *items;
        size_t n, cap;
    } chunks = {0};
    size_t at = 0;

    for (size_t m = 0; m < members->n; m++) {
        size_t n = members->items[m].nfa.nplaces;
        size_t unit = n <= 64 ? 64 : WEIR__BLOCK_BITS;

        if (at % unit + n > unit || n > 64)
            at += (unit - at % unit) % unit;
        members->items[m].base = (uint32_t)at;
        at += n;
        /* blocks so far that are of no chunk yet */
        size_t nblocks = (at + WEIR__BLOCK_BITS - 1) / WEIR__BLOCK_BITS;
        struct weir__chunk *last = chunks.n ? &chunks.items[chunks.n - 1] : NULL;
        size_t from = last ? last->block + last->nblocks : 0;
        if (nblocks > from)
            *ARENA_PUSH(b->in, chunks.items, chunks.n, chunks.cap) = (struct weir__chunk){
                .block = (uint32_t)from, .nblocks = (uint32_t)(nblocks - from)};
    }
    g->nplaces = (uint32_t)((at + WEIR__BLOCK_BITS - 1) / WEIR__BLOCK_BITS * WEIR__BLOCK_BITS);
    g->bits.chunks = chunks.items;
    g->bits.nchunks = chunks.n;
}

/* By place: its pattern, its symbols, what comes after it; and the start. */
static void
number_places(struct build *b, struct weir__group *g, const struct members *members,
              struct sets *sets)
{
    uint32_t *owner = arena_array(b->in, g->nplaces, sizeof *owner);
    uint32_t *takes = arena_array(b->in, g->nplaces, sizeof *takes);
    uint32_t *after_at = arena_array(b->in, (size_t)g->nplaces + 1, sizeof *after_at);
    struct numbers after = {0}, start = {0};
    uint32_t at = 0;

    for (uint32_t m = 0; m < members->n; m++) {
        const struct member *member = &members->items[m];

        for (; at < member->base; at++)
            after_at[at + 1] = (uint32_t)after.n; /* a gap */
        for (uint32_t i = 0; i < member->nfa.nplaces; i++, at++) {
            owner[at] = m;
            takes[at] = intern(b, sets, &member->nfa.symbols[i]);
            push_all(b->in, &after, g, members, m, member->nfa.after[i]);
            after_at[at + 1] = (uint32_t)after.n;
        }
        push_all(b->in, &start, g, members, m, member->nfa.at_start);
    }
    for (; at < g->nplaces; at++)
        after_at[at + 1] = (uint32_t)after.n;
    tidy(&start, 0);
    g->owner = owner;
    g->takes = takes;
    g->after_at = after_at;
    g->after = after.items;
    g->start = (struct weir__numbers){start.items, start.n};
}

/* Bits --------------------------------------------------------------------------------------------
 */

static void
set_bit(uint64_t *bits, size_t i)
{
    bits[i / 64] |= UINT64_C(1) << (i % 64);
}

static bool
has_bits(const uint64_t *words, const struct weir__chunk *c)
{
    for (size_t w = 0; w < (size_t)c->nblocks * WEIR__BLOCK_WORDS; w++)
        if (words[c->block * WEIR__BLOCK_WORDS + w])
            return true;
    return false;
}

/* Places whose symbols are of the class, for all classes: see struct weir__bits. */
static const uint64_t *
takers(struct build *b, const struct weir__group *g, const struct members *members)
{
    size_t nwords = g->nplaces / 64;
    uint64_t *words = arena_array(b->in, nwords * g->nclasses, sizeof *words);

    for (size_t m = 0; m < members->n; m++)
        for (size_t i = 0; i < members->items[m].nfa.nplaces; i++) {
            size_t place = members->items[m].base + i, block = place / WEIR__BLOCK_BITS;
            for (uint32_t class = 1; class < g->nclasses; class ++)
                if (weir__symbols_have(&g->sets[g->takes[place]], class))
                    set_bit(words + (block * g->nclasses + class) * WEIR__BLOCK_WORDS,
                            place % WEIR__BLOCK_BITS);
        }
    return words;
}

static void
make_bits(struct build *b, struct weir__group *g, const struct members *members)
{
    size_t nwords = g->nplaces / 64;
    uint64_t *words = arena_array(b->in, nwords * 6, sizeof *words);
    uint64_t *steps = words, *stays = words + nwords, *jumps = words + nwords * 2,
             *anywhere = words + nwords * 3, *matched = words + nwords * 4,
             *at_end = words + nwords * 5;

    for (uint32_t place = 0; place < g->nplaces; place++)
        for (uint32_t i = g->after_at[place]; i < g->after_at[place + 1]; i++) {
            uint32_t what = g->after[i];
            if (what >= g->nplaces + g->npatterns)
                set_bit(at_end, place);
            else if (what >= g->nplaces)
                set_bit(matched, place);
            else if (what == place)
                set_bit(stays, place);
            else if (what + 1 == place && place % 64 != 0)
                set_bit(steps, place);
            else
                set_bit(jumps, place);
        }
    for (size_t m = 0; m < members->n; m++)
        for (size_t i = 0; i < members->items[m].nfa.anywhere.n; i++)
            set_bit(anywhere, members->items[m].base + members->items[m].nfa.anywhere.items[i]);
    struct weir__chunk *chunks = arena_array(b->in, g->bits.nchunks, sizeof *chunks);
    for (size_t i = 0; i < g->bits.nchunks; i++) {
        chunks[i] = g->bits.chunks[i];
        chunks[i].has_jumps = has_bits(jumps, &chunks[i]);
    }
    g->bits = (struct weir__bits){chunks,   g->bits.nchunks, takers(b, g, members),
                                  steps,    stays,           jumps,
                                  anywhere, matched,         at_end};
}

/* Groups
 * -------------------------------------------------------------------------------------------- */

static void
make_group(struct build *b, struct weir__group *g, struct members *members)
{
    uint32_t *patterns = arena_array(b->in, members->n, sizeof *patterns);
    struct numbers fresh = {0};
    struct sets sets = {0};

    g->npatterns = (uint32_t)members->n;
    for (size_t m = 0; m < members->n; m++) {
        patterns[m] = members->items[m].pattern;
        g->needs |= members->items[m].needs;
    }
    g->patterns = patterns;
    lay_out(b, g, members);
    number_places(b, g, members, &sets);
    split_classes(&sets, g);
    g->sets = sets_of_classes(b, &sets, g);
    uint32_t *fresh_at = arena_array(b->in, g->nclasses + 1, sizeof *fresh_at);
    for (uint32_t class = 0; class < g->nclasses; class ++) {
        push_fresh(b, &fresh, g, members, class);
        fresh_at[class + 1] = (uint32_t)fresh.n;
    }
    g->fresh_at = fresh_at;
    g->fresh = fresh.items;
    make_bits(b, g, members);
}

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
            g->mortal = i % 3 != FORWARDS;
            g->backwards = i % 3 == FROM_END;
            make_group(b, g, &b->groups[i]);
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

/*
 * From patterns to a group: all that is read while walking, in flat tables.
 *
 * Bytes that no pattern of a group tells apart are one class. Lists of what comes after a place are
 * made ready here, so that making a state later is following them; and so are the bits of places.
 */
#include "regex/automaton_parts.h"

#include <stdlib.h>

struct grouping {
    struct arena *work, *in;
};

/* Classes of bytes ------------------------------------------------------------------------- */

struct sets {
    struct weir__symbols *items; /* of bytes; distinct */
    size_t n, cap;
};

static uint32_t
intern(struct grouping *b, struct sets *s, const struct weir__symbols *set)
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
            uint32_t cl = g->class_of[byte];
            if (cl == 0 || !has_in[cl] || !has_out[cl] ||
                !weir__symbols_have(&s->items[i], byte))
                continue;
            if (moved[cl] == 0)
                moved[cl] = nclasses++;
            g->class_of[byte] = (uint8_t)moved[cl];
        }
    }
    g->nclasses = nclasses;
}

static const struct weir__symbols *
sets_of_classes(struct grouping *b, const struct sets *s, const struct weir__group *g)
{
    struct weir__symbols *out = arena_array(b->in, s->n, sizeof *out);

    for (size_t i = 0; i < s->n; i++)
        for (uint32_t byte = 0; byte < 256; byte++)
            if (g->class_of[byte] != 0 && weir__symbols_have(&s->items[i], byte))
                out[i].bits[g->class_of[byte] / 64] |= UINT64_C(1) << (g->class_of[byte] % 64);
    return out;
}

/* Lists in the numbers of the group -------------------------------------------------------- */

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
         const struct weir__members *members, uint32_t m, struct weir__numbers list)
{
    for (size_t i = 0; i < list.n; i++) {
        uint32_t what = list.items[i];
        push(in, l,
             what == WEIR__MATCHED          ? g->nplaces + m
             : what == WEIR__MATCHED_AT_END ? g->nplaces + g->npatterns + m
                                            : members->items[m].numbers[what]);
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
push_fresh(struct grouping *b, struct numbers *l, const struct weir__group *g,
           const struct weir__members *members, uint32_t cl)
{
    size_t from = l->n;

    for (uint32_t m = 0; m < members->n; m++) {
        const struct weir__nfa *nfa = &members->items[m].nfa;

        for (size_t i = 0; i < nfa->anywhere.n; i++) {
            uint32_t place = nfa->anywhere.items[i];
            if (weir__symbols_have(&g->sets[g->takes[members->items[m].numbers[place]]], cl))
                push_all(b->in, l, g, members, m, nfa->after[place]);
        }
    }
    tidy(l, from);
}

/* Layout: places get numbers, blocks become chunks ----------------------------------------- */

struct layout {
    struct weir__chunk *chunks;
    size_t nchunks, cap;
    size_t at; /* the next number */
};

/* Room for n places of one pattern that belong together: in one word if they fit, else in blocks of
   their own. */
static size_t
place_together(struct grouping *b, struct layout *l, size_t n)
{
    size_t unit = n <= 64 ? 64 : WEIR__BLOCK_BITS;

    if (l->at % unit + n > unit || n > 64)
        l->at += (unit - l->at % unit) % unit;
    size_t first = l->at;
    l->at += n;
    /* blocks that are of no chunk yet */
    size_t nblocks = (l->at + WEIR__BLOCK_BITS - 1) / WEIR__BLOCK_BITS;
    const struct weir__chunk *last = l->nchunks ? &l->chunks[l->nchunks - 1] : NULL;
    size_t from = last ? last->block + last->nblocks : 0;
    if (nblocks > from)
        *ARENA_PUSH(b->work, l->chunks, l->nchunks, l->cap) =
            (struct weir__chunk){.block = (uint32_t)from, .nblocks = (uint32_t)(nblocks - from)};
    return first;
}

/* For each place, the highest that it, or one before it, leads to or is reached from: where that is
   itself, what is behind has nothing to do with what is before. */
static uint32_t *
reach_of(struct grouping *b, const struct weir__nfa *nfa)
{
    uint32_t *reach = arena_array(b->work, nfa->nplaces, sizeof *reach);

    for (uint32_t i = 0; i < nfa->nplaces; i++)
        reach[i] = i;
    for (uint32_t i = 0; i < nfa->nplaces; i++)
        for (size_t k = 0; k < nfa->after[i].n; k++) {
            uint32_t to = nfa->after[i].items[k];
            if (to >= nfa->nplaces)
                continue;
            uint32_t low = to < i ? to : i, high = to < i ? i : to;
            reach[low] = high > reach[low] ? high : reach[low];
        }
    for (uint32_t i = 1; i < nfa->nplaces; i++)
        reach[i] = reach[i - 1] > reach[i] ? reach[i - 1] : reach[i];
    return reach;
}

static void
lay_out(struct grouping *b, struct weir__group *g, struct weir__members *members)
{
    struct layout l = {0};

    for (size_t m = 0; m < members->n; m++) {
        struct weir__member *member = &members->items[m];
        uint32_t *reach = reach_of(b, &member->nfa);

        member->numbers = arena_array(b->work, member->nfa.nplaces, sizeof *member->numbers);
        for (size_t i = 0, end; i < member->nfa.nplaces; i = end) {
            for (end = i; end < reach[end];)
                end = reach[end];
            end++;
            size_t first = place_together(b, &l, end - i);
            for (size_t k = i; k < end; k++)
                member->numbers[k] = (uint32_t)(first + k - i);
        }
    }
    g->nplaces = (uint32_t)((l.at + WEIR__BLOCK_BITS - 1) / WEIR__BLOCK_BITS * WEIR__BLOCK_BITS);
    g->bits.chunks = l.chunks;
    g->bits.nchunks = l.nchunks;
}

/* By place: its pattern, its symbols, what comes after it; and the start. */
static void
number_places(struct grouping *b, struct weir__group *g, const struct weir__members *members,
              struct sets *sets)
{
    uint32_t *owner = arena_array(b->in, g->nplaces, sizeof *owner);
    uint32_t *takes = arena_array(b->in, g->nplaces, sizeof *takes);
    uint32_t *after_at = arena_array(b->in, (size_t)g->nplaces + 1, sizeof *after_at);
    struct numbers after = {0}, start = {0};
    uint32_t at = 0;

    for (uint32_t m = 0; m < members->n; m++) {
        const struct weir__member *member = &members->items[m];

        for (uint32_t i = 0; i < member->nfa.nplaces; i++) {
            uint32_t number = member->numbers[i]; /* they ascend, with gaps */

            for (; at < number; at++)
                after_at[at + 1] = (uint32_t)after.n;
            owner[number] = m;
            takes[number] = intern(b, sets, &member->nfa.symbols[i]);
            push_all(b->in, &after, g, members, m, member->nfa.after[i]);
            after_at[++at] = (uint32_t)after.n;
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

/* Bits ------------------------------------------------------------------------------------- */

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
takers(struct grouping *b, const struct weir__group *g, const struct weir__members *members)
{
    size_t nwords = g->nplaces / 64;
    uint64_t *words = arena_array(b->in, nwords * g->nclasses, sizeof *words);

    for (size_t m = 0; m < members->n; m++)
        for (size_t i = 0; i < members->items[m].nfa.nplaces; i++) {
            size_t place = members->items[m].numbers[i], block = place / WEIR__BLOCK_BITS;
            for (uint32_t cl = 1; cl < g->nclasses; cl++)
                if (weir__symbols_have(&g->sets[g->takes[place]], cl))
                    set_bit(words + (block * g->nclasses + cl) * WEIR__BLOCK_WORDS,
                            place % WEIR__BLOCK_BITS);
        }
    return words;
}

static void
make_bits(struct grouping *b, struct weir__group *g, const struct weir__members *members)
{
    size_t nwords = g->nplaces / 64;
    uint64_t *words = arena_array(b->in, nwords * 7, sizeof *words);
    uint64_t *steps = words, *stays = words + nwords, *jumps = words + nwords * 2,
             *anywhere = words + nwords * 3, *matched = words + nwords * 4,
             *at_end = words + nwords * 5, *start = words + nwords * 6;

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
            set_bit(anywhere, members->items[m].numbers[members->items[m].nfa.anywhere.items[i]]);
    for (size_t i = 0; i < g->start.n && g->start.items[i] < g->nplaces; i++)
        set_bit(start, g->start.items[i]);
    struct weir__chunk *chunks = arena_array(b->in, g->bits.nchunks, sizeof *chunks);
    for (size_t i = 0; i < g->bits.nchunks; i++) {
        chunks[i] = g->bits.chunks[i];
        chunks[i].has_jumps = has_bits(jumps, &chunks[i]);
    }
    g->bits = (struct weir__bits){.chunks = chunks,
                                  .nchunks = g->bits.nchunks,
                                  .takes = takers(b, g, members),
                                  .steps = steps,
                                  .stays = stays,
                                  .jumps = jumps,
                                  .start = start,
                                  .anywhere = anywhere,
                                  .matched = matched,
                                  .matched_at_end = at_end};
}

/* Groups ----------------------------------------------------------------------------------- */

void
weir__group_make(struct weir__members *members, struct arena *work, struct arena *in,
                 struct weir__group *g)
{
    struct grouping both = {work, in}, *b = &both;
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
    for (uint32_t cl = 0; cl < g->nclasses; cl++) {
        push_fresh(b, &fresh, g, members, cl);
        fresh_at[cl + 1] = (uint32_t)fresh.n;
    }
    g->fresh_at = fresh_at;
    g->fresh = fresh.items;
    make_bits(b, g, members);
}

/*
 * Stepping places as bits, all of a block at once.
 *
 * Places are numbered from a pattern's end to its beginning, so that going on is a shift to the
 * right, within words; what else may come after a place (jumps) is followed one by one, where it is
 * reached. A chunk is taken through the whole subject before the next one: its bits stay in
 * registers, and most chunks of mortal groups are empty after a few symbols.
 */
#include "regex/automaton_parts.h"

/* Half a block is what every machine has registers for; written out in halves, it stays in them. */
typedef uint64_t half __attribute__((vector_size(16)));

typedef struct {
    half lo, hi;
} block;

static inline block
load(const uint64_t *words, size_t i)
{
    block b;

    memcpy(&b, words + i * WEIR__BLOCK_WORDS, sizeof b);
    return b;
}

static inline void
store(uint64_t *words, size_t i, block b)
{
    memcpy(words + i * WEIR__BLOCK_WORDS, &b, sizeof b);
}

static inline block
both(block a, block b)
{
    return (block){a.lo & b.lo, a.hi & b.hi};
}

static inline block
either(block a, block b)
{
    return (block){a.lo | b.lo, a.hi | b.hi};
}

static inline block
stepped(block b)
{
    return (block){b.lo >> 1, b.hi >> 1};
}

static inline bool
is_empty(block b)
{
    half any = b.lo | b.hi;

    return (any[0] | any[1]) == 0;
}

/* What comes after the places taken that is neither a step nor a stay. */
static void
jump(const struct weir__group *g, size_t word, uint64_t bits, uint64_t *next)
{
    for (; bits; bits &= bits - 1) {
        size_t place = word * 64 + (size_t)__builtin_ctzll(bits);

        for (uint32_t i = g->after_at[place]; i < g->after_at[place + 1]; i++)
            if (g->after[i] < g->nplaces)
                next[g->after[i] / 64] |= UINT64_C(1) << (g->after[i] % 64);
    }
}

static void
note(const struct weir__group *g, size_t i, block hits, uint64_t *matched)
{
    uint64_t words[WEIR__BLOCK_WORDS];

    store(words, 0, hits);
    for (size_t w = 0; w < WEIR__BLOCK_WORDS; w++)
        for (uint64_t bits = words[w]; bits; bits &= bits - 1) {
            size_t word = i * WEIR__BLOCK_WORDS + w;
            uint32_t pattern = g->owner[word * 64 + (size_t)__builtin_ctzll(bits)];

            matched[pattern / 64] |= UINT64_C(1) << (pattern % 64);
        }
}

/* The rest's bytes in the order of reading. */
struct reading {
    const uint8_t *p;
    ptrdiff_t step;
    size_t n;
};

/* A block without jumps, of an immortal group. */
static void
run_immortal(const struct weir__group *g, size_t i, struct reading r, const uint64_t *bits,
             uint64_t *matched)
{
    const struct weir__bits *b = &g->bits;
    const uint64_t *takes = b->takes + i * g->nclasses * WEIR__BLOCK_WORDS;
    block now = load(bits, i), steps = load(b->steps, i), stays = load(b->stays, i);
    block anywhere = load(b->anywhere, i), ends = load(b->matched, i), taken = {0}, hits = {0};

    for (size_t k = 0; k < r.n; k++, r.p += r.step) {
        uint32_t class = g->class_of[*r.p];

        if (class == 0)
            continue;
        taken = both(load(takes, class), now);
        hits = either(hits, both(taken, ends));
        now = either(either(stepped(both(taken, steps)), both(taken, stays)), anywhere);
    }
    hits = either(hits, both(taken, load(b->matched_at_end, i)));
    if (!is_empty(hits))
        note(g, i, hits, matched);
}

/* Of a mortal one: when nothing is taken, nothing will be. */
static void
run_mortal(const struct weir__group *g, size_t i, struct reading r, const uint64_t *bits,
           uint64_t *matched)
{
    const struct weir__bits *b = &g->bits;
    const uint64_t *takes = b->takes + i * g->nclasses * WEIR__BLOCK_WORDS;
    block now = load(bits, i), taken = {0}, hits = {0};

    if (is_empty(now))
        return;
    block steps = load(b->steps, i), stays = load(b->stays, i), ends = load(b->matched, i);
    for (size_t k = 0; k < r.n; k++, r.p += r.step) {
        uint32_t class = g->class_of[*r.p];

        if (class == 0)
            continue;
        taken = both(load(takes, class), now);
        if (is_empty(taken))
            break;
        hits = either(hits, both(taken, ends));
        now = either(stepped(both(taken, steps)), both(taken, stays));
    }
    hits = either(hits, both(taken, load(b->matched_at_end, i)));
    if (!is_empty(hits))
        note(g, i, hits, matched);
}

/* One symbol for any chunk: of `now` what is taken stays, what comes after it is `next`. False:
   nothing is left. */
static bool
step_chunk(const struct weir__group *g, const struct weir__chunk *chunk, uint32_t class,
           uint64_t *now, uint64_t *next, uint64_t *matched)
{
    const struct weir__bits *b = &g->bits;
    size_t first = chunk->block, end = first + chunk->nblocks;
    block left = {0};

    for (size_t i = first; i < end; i++) {
        block taken = both(load(now, i), load(b->takes, i * g->nclasses + class));
        block to = either(stepped(both(taken, load(b->steps, i))), both(taken, load(b->stays, i)));
        block hits = both(taken, load(b->matched, i));

        to = either(to, load(b->anywhere, i));
        store(now, i, taken);
        store(next, i, to);
        left = either(left, either(taken, to));
        if (!is_empty(hits))
            note(g, i, hits, matched);
    }
    if (chunk->has_jumps)
        for (size_t w = first * WEIR__BLOCK_WORDS; w < end * WEIR__BLOCK_WORDS; w++)
            if (now[w] & b->jumps[w])
                jump(g, w, now[w] & b->jumps[w], next);
    return !is_empty(left);
}

static void
run_chunk(const struct weir__group *g, const struct weir__chunk *chunk, struct reading r,
          uint64_t *bits, uint64_t *matched)
{
    size_t words = g->nplaces / 64, first = chunk->block, end = first + chunk->nblocks;
    uint64_t *now = bits, *next = bits + words, *taken = NULL, *swap;

    for (size_t k = 0; k < r.n; k++, r.p += r.step) {
        uint32_t class = g->class_of[*r.p];

        if (class == 0)
            continue;
        bool left = step_chunk(g, chunk, class, now, next, matched);
        taken = now;
        swap = now, now = next, next = swap;
        if (!left)
            return;
    }
    for (size_t i = first; taken && i < end; i++) {
        block hits = both(load(taken, i), load(g->bits.matched_at_end, i));

        if (!is_empty(hits))
            note(g, i, hits, matched);
    }
}

/* The places, which ascend, and what begins anywhere. */
static void
set_places(const struct weir__group *g, const uint32_t *places, size_t n, uint64_t *bits)
{
    memcpy(bits, g->bits.anywhere, g->nplaces / 8);
    for (size_t i = 0; i < n;) {
        size_t word = places[i] / 64;
        uint64_t here = 0;

        for (; i < n && places[i] / 64 == word; i++)
            here |= UINT64_C(1) << (places[i] % 64);
        bits[word] |= here;
    }
}

void
weir__bits_run(const struct weir__group *g, const uint32_t *places, size_t nplaces, weir_span rest,
               uint64_t *bits, uint64_t *matched)
{
    struct reading r = {(const uint8_t *)rest.p, g->backwards ? -1 : 1, rest.len};

    if (g->nplaces == 0 || r.n == 0)
        return;
    if (g->backwards)
        r.p += r.n - 1;
    if (places)
        set_places(g, places, nplaces, bits);
    else
        memcpy(bits, g->bits.start, g->nplaces / 8);
    for (size_t i = 0; i < g->bits.nchunks; i++) {
        const struct weir__chunk *chunk = &g->bits.chunks[i];

        if (chunk->nblocks > 1 || chunk->has_jumps)
            run_chunk(g, chunk, r, bits, matched);
        else if (g->mortal)
            run_mortal(g, chunk->block, r, bits, matched);
        else
            run_immortal(g, chunk->block, r, bits, matched);
    }
}

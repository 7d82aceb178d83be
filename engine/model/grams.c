/*
 * Choosing kinds: all combinations are weighed by a model of what keys cost.
 *
 * The model is rough, and only has to tell hundreds of literals from ten thousands: how often a
 * strange key has a given gram was counted on made-up and real hashtags, with grams that literals
 * have, and falls by 2.2 bits for each further byte. In whole numbers, so that equal rules give
 * equal tables on every machine.
 */
#include "model/grams.h"

#include "base/check.h"

#define MILLION 1000000u
#define NEVER UINT64_MAX

/* Literals of so many bytes or more are alike. */
#define LONG 12u

/* Costs in millionths of a cycle or so. */
#define PASS 100u /* of one key of a million that is let through in vain */

/* Where literals stand. */
enum where { START, END, INSIDE, NWHERES };

/* How many literals there have each length. */
struct histogram {
    size_t n[LONG + 1];
};

static enum where
where_of(const struct weir__sieve_item *item)
{
    return item->at_start ? START : item->at_end ? END : INSIDE;
}

/* Of the kinds there, the first, and the one behind the last. */
static void
kinds_of(enum where where, uint32_t *first, uint32_t *end)
{
    static const uint32_t bounds[NWHERES + 1] = {WEIR__GRAM_START_1, WEIR__GRAM_END_1,
                                                 WEIR__GRAM_FOURTH_3, WEIR__NGRAMS};

    *first = bounds[where];
    *end = bounds[where + 1];
}

/* Keys of a million that one literal lets through in vain. Inside it has as many grams more as
   there are places fewer at which they are looked for. */
static uint64_t
passes(uint32_t kind)
{
    static const uint32_t at_edge[] = {0, 47000, 10000, 2200, 490, 106, 23, 5, 1};
    static const uint32_t inside[] = {0, 600000, 130000, 10000, 2200, 480, 106, 23, 5};
    uint8_t length = weir__gram_length((enum weir__sieve_gram)kind);

    return kind < WEIR__GRAM_FOURTH_3 ? at_edge[length] : inside[length];
}

/* Of looking for kinds at the same places of a key of usual length: what the places cost, once, and
   each kind at each. */
static uint64_t
cost_of_looking(uint32_t chosen)
{
    static const uint32_t places[] = {2, 27, 14, 0, 7}; /* by step: two a key */
    uint32_t kinds[5] = {0};
    uint64_t cost = 0;

    for (uint32_t kind = 0; kind < WEIR__NGRAMS; kind++)
        kinds[weir__gram_step((enum weir__sieve_gram)kind)] += chosen >> kind & 1;
    for (unsigned step = 0; step < 5; step++)
        if (kinds[step])
            cost += places[step] * MILLION / 2 * (2 + 5 * (uint64_t)kinds[step]);
    return cost;
}

/* Bytes that a literal of the kind has at least. */
static size_t
shortest(uint32_t kind)
{
    unsigned step = weir__gram_step((enum weir__sieve_gram)kind);

    return weir__gram_length((enum weir__sieve_gram)kind) + (step ? step - 1 : 0);
}

/* Of the chosen kinds of [first, end), the one that lets the fewest keys through to a literal of
   the length; of equals the one that is looked for at fewer places. WEIR__NGRAMS: none. */
static uint32_t
best_for(uint32_t chosen, uint32_t first, uint32_t end, size_t len)
{
    uint32_t best = WEIR__NGRAMS;

    for (uint32_t kind = first; kind < end; kind++)
        if (chosen >> kind & 1 && shortest(kind) <= len &&
            (best == WEIR__NGRAMS || passes(kind) < passes(best)))
            best = kind;
    return best;
}

static uint64_t
cost_of(uint32_t chosen, uint32_t first, uint32_t end, const struct histogram *h)
{
    uint64_t cost = 0, in_vain[WEIR__NGRAMS] = {0};

    for (size_t len = 1; len <= LONG; len++) {
        uint32_t kind = h->n[len] ? best_for(chosen, first, end, len) : first;

        if (kind == WEIR__NGRAMS)
            return NEVER;
        in_vain[kind] += h->n[len] * passes(kind);
    }
    for (uint32_t kind = first; kind < end; kind++)
        cost += in_vain[kind] * PASS;
    return cost + cost_of_looking(chosen);
}

static uint32_t
choose(enum where where, const struct histogram *h)
{
    uint32_t first, end, best = 0;
    uint64_t least = NEVER;

    kinds_of(where, &first, &end);
    for (uint32_t subset = 1; subset < 1u << (end - first); subset++) {
        uint64_t cost = cost_of(subset << first, first, end, h);

        if (cost < least) {
            least = cost;
            best = subset << first;
        }
    }
    return best;
}

uint32_t
weir__grams_choose(const struct weir__sieve_item *items, size_t n)
{
    struct histogram h[NWHERES] = {0};
    bool any[NWHERES] = {false};
    uint32_t chosen = 0;

    for (size_t i = 0; i < n; i++) {
        enum where where = where_of(&items[i]);
        size_t len = items[i].text.len;

        h[where].n[len < LONG ? len : LONG]++;
        any[where] = true;
    }
    for (int where = 0; where < NWHERES; where++)
        if (any[where])
            chosen |= choose((enum where)where, &h[where]);
    return chosen;
}

enum weir__sieve_gram
weir__gram_of(uint32_t chosen, const struct weir__sieve_item *item)
{
    uint32_t first, end;

    kinds_of(where_of(item), &first, &end);
    uint32_t kind = best_for(chosen, first, end, item->text.len);
    CHECK(kind != WEIR__NGRAMS);
    return (enum weir__sieve_gram)kind;
}

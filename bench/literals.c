/*
 * Open addressing, read in batches.
 */
#include "literals.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define BATCH 32

struct slot {
    uint32_t tag;  /* upper half of the hash */
    uint32_t rule; /* index + 1; 0: free */
};

struct literals {
    const struct rule *rules;
    struct slot *slots;
    size_t mask;
};

struct literals *
literals_new(const struct rules *rules)
{
    struct literals *t = allocate(1, sizeof *t);
    size_t nslots = 64;

    while (nslots < 2 * rules->count[RULE_LITERAL])
        nslots *= 2;
    t->rules = rules->v;
    t->slots = allocate(nslots, sizeof *t->slots);
    t->mask = nslots - 1;
    for (size_t r = 0; r < rules->n; r++) {
        if (rules->v[r].kind != RULE_LITERAL)
            continue;
        uint64_t hash = XXH3_64bits(rules->v[r].text.p, rules->v[r].text.len);
        size_t i = hash & t->mask;
        while (t->slots[i].rule)
            i = (i + 1) & t->mask;
        t->slots[i] = (struct slot){(uint32_t)(hash >> 32), (uint32_t)r + 1};
    }
    return t;
}

void
literals_free(struct literals *t)
{
    if (t)
        free(t->slots);
    free(t);
}

static void
look_up(const struct literals *t, weir_span key, uint64_t hash, uint32_t token, hit_fn hit,
        void *arg)
{
    for (size_t i = hash & t->mask; t->slots[i].rule; i = (i + 1) & t->mask) {
        if (t->slots[i].tag != (uint32_t)(hash >> 32))
            continue;
        const struct rule *r = &t->rules[t->slots[i].rule - 1];
        if (r->text.len == key.len && memcmp(r->text.p, key.p, key.len) == 0) {
            hit(arg, token, r->id); /* rules do not repeat literals */
            return;
        }
    }
}

void
literals_match(const struct literals *t, const weir_span *tokens, size_t n, hit_fn hit, void *arg)
{
    uint64_t hash[BATCH];

    for (size_t first = 0; first < n; first += BATCH) {
        size_t m = n - first < BATCH ? n - first : BATCH;

        for (size_t i = 0; i < m; i++) {
            hash[i] = XXH3_64bits(tokens[first + i].p, tokens[first + i].len);
            __builtin_prefetch(&t->slots[hash[i] & t->mask]);
        }
        for (size_t i = 0; i < m; i++)
            look_up(t, tokens[first + i], hash[i], (uint32_t)(first + i), hit, arg);
    }
}

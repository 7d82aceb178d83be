/*
 * Collections are sorted and walked side by side.
 */
#include "hits.h"

#include <stdlib.h>
#include <string.h>

static uint64_t
pair(uint32_t token, uint32_t rule)
{
    return (uint64_t)token << 32 | rule;
}

void
hits_add(void *arg, uint32_t token, uint32_t rule)
{
    struct hits *h = arg;

    if (h->n == h->cap) {
        h->cap = h->cap ? 2 * h->cap : 1024;
        h->v = reallocate(h->v, h->cap, sizeof *h->v);
    }
    h->v[h->n++] = pair(h->base + token, rule);
}

void
tally_add(void *arg, uint32_t token, uint32_t rule)
{
    struct tally *t = arg;
    uint64_t z = (pair(token, rule) + 1) * UINT64_C(0x9e3779b97f4a7c15);

    t->n++;
    t->sum += z ^ z >> 29;
}

static int
by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

void
hits_sort(struct hits *h)
{
    if (h->n)
        qsort(h->v, h->n, sizeof *h->v, by_value);
}

void
hits_fini(struct hits *h)
{
    free(h->v);
    memset(h, 0, sizeof *h);
}

bool
hits_differ(const struct hits *a, const struct hits *b, size_t ntokens, struct difference *out)
{
    uint64_t end = (uint64_t)ntokens << 32;

    for (size_t i = 0;; i++) {
        uint64_t x = i < a->n && a->v[i] < end ? a->v[i] : end;
        uint64_t y = i < b->n && b->v[i] < end ? b->v[i] : end;
        uint64_t least = x < y ? x : y;

        if (x == y && x == end)
            return false;
        if (x != y) {
            *out = (struct difference){(uint32_t)(least >> 32), (uint32_t)least, x < y};
            return true;
        }
    }
}

/*
 * Postings: interned with uthash while compiling, frozen into two flat arrays.
 */
#include "model/postings.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(elt) (b->out_of_memory = true)
#include <uthash.h>

struct set {
    UT_hash_handle hh;
    uint32_t *ids;
    size_t n;
    uint32_t number;
};

struct weir__postings_builder {
    struct arena *work;
    struct set *head; /* uthash keeps the order of adding, which is that of the numbers */
    size_t nids;
    bool out_of_memory;
};

struct weir__postings_builder *
weir__postings_builder_new(struct arena *work)
{
    struct weir__postings_builder *b = arena_alloc(work, sizeof *b);

    b->work = work;
    return b;
}

void
weir__postings_builder_free(struct weir__postings_builder *b)
{
    if (b)
        HASH_CLEAR(hh, b->head); /* frees uthash's table; the elements are the arena's */
}

static int
compare_ids(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static size_t
tidy(uint32_t *ids, size_t n)
{
    size_t kept = 0;

    if (n > 1)
        qsort(ids, n, sizeof *ids, compare_ids);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || ids[i] != ids[i - 1])
            ids[kept++] = ids[i];
    return kept;
}

uint32_t
weir__postings_add(struct weir__postings_builder *b, uint32_t *ids, size_t n)
{
    struct set *s = NULL;

    CHECK(n > 0);
    n = tidy(ids, n);
    CHECK(ids[n - 1] < WEIR__SELECTORS_MOST);
    if (n == 1)
        return 2 * ids[0] + 1;
    HASH_FIND(hh, b->head, ids, (unsigned)(n * sizeof *ids), s);
    if (s)
        return 2 * s->number;
    s = arena_alloc(b->work, sizeof *s);
    s->ids = arena_array(b->work, n, sizeof *ids);
    memcpy(s->ids, ids, n * sizeof *ids);
    s->n = n;
    s->number = (uint32_t)HASH_COUNT(b->head);
    HASH_ADD_KEYPTR(hh, b->head, s->ids, (unsigned)(n * sizeof *ids), s);
    if (b->out_of_memory)
        longjmp(*b->work->on_oom, 1);
    b->nids += n;
    CHECK(b->nids < UINT32_MAX && s->number < WEIR__SELECTORS_MOST);
    return 2 * s->number;
}

void
weir__postings_freeze(const struct weir__postings_builder *b, struct arena *into,
                      struct weir__postings_table *out)
{
    size_t n = HASH_COUNT(b->head);
    uint32_t *first = arena_array(into, n + 1, sizeof *first);
    uint32_t *ids = arena_array(into, b->nids, sizeof *ids);
    uint32_t at = 0;

    for (const struct set *s = b->head; s; s = s->hh.next) {
        first[s->number] = at;
        memcpy(ids + at, s->ids, s->n * sizeof *ids);
        at += (uint32_t)s->n;
    }
    first[n] = at;
    *out = (struct weir__postings_table){first, ids, (uint32_t)n};
}

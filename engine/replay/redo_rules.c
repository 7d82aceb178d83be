/*
 * Which rules differences are about, and how many each. Of millions of differences most are about
 * the same few rules: their lists are kept once.
 */
#include "replay/redo_parts.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* Ids come from a journal that may be anybody's. `r` is the redo. */
#define HASH_NONFATAL_OOM 1
#define HASH_FUNCTION(p, len, hash) (hash) = (unsigned)XXH3_64bits_withSeed(p, len, r->entries.seed)
#include <uthash.h>

/* Ids with a NUL each; of a single rule, where they are summed up. */
struct redo_list {
    uint64_t n;
    size_t len;
    UT_hash_handle hh;
    char ids[];
};

static struct redo_list *
find(const struct redo *r, struct redo_list **in, const char *ids, size_t len)
{
    struct redo_list *l;

    HASH_FIND(hh, *in, ids, len, l);
    if (l)
        return l;
    l = calloc(1, sizeof *l + len + 1);
    if (!l)
        return NULL;
    memcpy(l->ids, ids, len);
    l->len = len;
    HASH_ADD_KEYPTR(hh, *in, l->ids, l->len, l);
    if (l->hh.tbl)
        return l;
    free(l);
    return NULL;
}

static void
free_lists(struct redo_list **in)
{
    struct redo_list *l, *next;

    HASH_ITER(hh, *in, l, next)
    {
        HASH_DEL(*in, l);
        free(l);
    }
}

static bool
has(const weir_buf *ids, weir_span id)
{
    for (size_t at = 0; at < ids->len; at += strlen(ids->p + at) + 1)
        if (strlen(ids->p + at) == id.len && memcmp(ids->p + at, id.p, id.len) == 0)
            return true;
    return false;
}

static void
add_once(void *arg, weir_span id)
{
    weir_buf *ids = arg;

    if (has(ids, id))
        return;
    weir_buf_put(ids, id);
    weir_buf_putc(ids, '\0');
}

struct redo_list *
redo_list(struct redo *r, weir_span record, weir_span made)
{
    weir_buf ids = {0};
    bool good = recorded_differ(record, made, add_once, &ids) && !ids.failed;
    struct redo_list *l = good ? find(r, &r->lists, ids.p ? ids.p : "", ids.len) : NULL;

    weir_buf_fini(&ids);
    return l;
}

void
redo_count_rules(struct redo_list *l)
{
    l->n++;
}

static int
by_number(const void *a, const void *b)
{
    const struct redo_rule *x = a, *y = b;

    return x->n != y->n ? (x->n > y->n ? -1 : 1) : strcmp(x->rule, y->rule);
}

/* A rule's name is that of the list that has it alone. */
static bool
add_rules(struct redo *r, const struct redo_list *l)
{
    for (size_t at = 0; at < l->len; at += strlen(l->ids + at) + 1) {
        struct redo_list *rule = find(r, &r->single, l->ids + at, strlen(l->ids + at));

        if (!rule)
            return false;
        rule->n += l->n;
    }
    return true;
}

void
redo_sum_rules(struct redo *r)
{
    for (const struct redo_list *l = r->lists; l && !r->nomem; l = l->hh.next)
        r->nomem |= l->n && !add_rules(r, l);
    r->rules = calloc(HASH_COUNT(r->single) + 1, sizeof *r->rules);
    r->nomem |= !r->rules;
    for (const struct redo_list *l = r->single; r->rules && l; l = l->hh.next)
        r->rules[r->nrules++] = (struct redo_rule){l->ids, l->n};
    if (r->nrules)
        qsort(r->rules, r->nrules, sizeof *r->rules, by_number);
}

void
redo_free_lists(struct redo *r)
{
    free_lists(&r->lists);
    free_lists(&r->single);
}

/*
 * Names of groups, lists, orders and rules: uthash tables whose nodes live in the work arena.
 */
#include "compile/compiling.h"

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(elt) (out_of_memory = true)
#include <uthash.h>

struct name_entry {
    UT_hash_handle hh;
    const char *name;
    struct named named;
};

struct named *
weir__names_find(const struct name_table *t, weir_span name)
{
    struct name_entry *e = NULL;

    HASH_FIND(hh, t->head, name.p, (unsigned)name.len, e);
    return e ? &e->named : NULL;
}

struct named *
weir__names_add(struct name_table *t, weir_span name, uint32_t index, const struct node *at)
{
    struct name_entry *e = arena_alloc(t->work, sizeof *e);
    bool out_of_memory = false;

    e->name = arena_cstr(t->work, name);
    e->named = (struct named){index, at, false};
    HASH_ADD_KEYPTR(hh, t->head, e->name, (unsigned)name.len, e);
    if (out_of_memory)
        longjmp(*t->work->on_oom, 1);
    return &e->named;
}

weir_span
weir__names_nearest(const struct name_table *t, weir_span name)
{
    size_t best = 3;
    weir_span near = SPAN_NONE;

    for (struct name_entry *e = t->head; e; e = e->hh.next) {
        weir_span candidate = {e->name, e->hh.keylen};
        size_t d = weir__span_mistyped(name, candidate);
        if (d < best) {
            best = d;
            near = candidate;
        }
    }
    return near;
}

struct named *
weir__names_next(const struct name_table *t, const struct named *before, weir_span *name)
{
    struct name_entry *e = t->head;

    if (before) {
        const char *base = (const char *)before - offsetof(struct name_entry, named);
        e = ((const struct name_entry *)(const void *)base)->hh.next;
    }
    if (!e)
        return NULL;
    *name = (weir_span){e->name, e->hh.keylen};
    return &e->named;
}

void
weir__names_fini(struct name_table *t)
{
    HASH_CLEAR(hh, t->head);
}

/*
 * Arena: blocks of growing size in a list, the newest first.
 */
#include "base/arena.h"

#include "base/span.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_BLOCK 4096u
#define LARGEST_BLOCK (1u << 20)

struct arena_block {
    struct arena_block *next;
    size_t size; /* bytes behind this header */
    max_align_t data[];
};

void
arena_init(struct arena *a, jmp_buf *on_oom)
{
    *a = (struct arena){.on_oom = on_oom};
}

static void
free_from(struct arena_block *b)
{
    while (b) {
        struct arena_block *next = b->next;
        free(b);
        b = next;
    }
}

void
arena_fini(struct arena *a)
{
    free_from(a->blocks);
    *a = (struct arena){0};
}

void
arena_reset(struct arena *a)
{
    struct arena_block *keep = a->blocks;

    for (struct arena_block *b = a->blocks; b; b = b->next)
        if (b->size > keep->size)
            keep = b;
    for (struct arena_block *b = a->blocks; b;) {
        struct arena_block *next = b->next;
        if (b != keep)
            free(b);
        b = next;
    }
    a->blocks = keep;
    if (keep) {
        keep->next = NULL;
        a->at = (char *)keep->data;
        a->end = a->at + keep->size;
    }
}

static bool
new_block(struct arena *a, size_t at_least)
{
    size_t size = a->blocks ? a->blocks->size * 2 : FIRST_BLOCK;

    if (size > LARGEST_BLOCK)
        size = LARGEST_BLOCK;
    if (size < at_least)
        size = at_least;
    struct arena_block *b = size < SIZE_MAX / 2 ? malloc(sizeof *b + size) : NULL;
    if (!b) {
        if (a->on_oom)
            longjmp(*a->on_oom, 1);
        return false;
    }
    b->size = size;
    b->next = a->blocks;
    a->blocks = b;
    a->at = (char *)b->data;
    a->end = a->at + size;
    return true;
}

void *
arena__take_new(struct arena *a, size_t size)
{
    const size_t align = alignof(max_align_t);

    if (size > SIZE_MAX / 2) {
        if (a->on_oom)
            longjmp(*a->on_oom, 1);
        return NULL;
    }
    size = size ? (size + align - 1) & ~(align - 1) : align;
    if ((size_t)(a->end - a->at) < size && !new_block(a, size))
        return NULL;
    void *p = a->at;
    a->at += size;
    return p;
}

/* What nothing can have, where the product does not fit. */
static size_t
array_size(size_t n, size_t size)
{
    return size != 0 && n > SIZE_MAX / size ? SIZE_MAX : n * size;
}

void *
arena_array(struct arena *a, size_t n, size_t size)
{
    return arena_alloc(a, array_size(n, size));
}

weir_span
arena_copy(struct arena *a, weir_span s)
{
    char *p = arena_take(a, s.len + 1);

    if (!p)
        return SPAN_NONE;
    if (s.len)
        memcpy(p, s.p, s.len);
    p[s.len] = '\0';
    return (weir_span){p, s.len};
}

const char *
arena_cstr(struct arena *a, weir_span s)
{
    return arena_copy(a, s).p;
}

const char *
arena_printf(struct arena *a, const char *fmt, ...)
{
    va_list ap, again;

    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *p = n < 0 ? NULL : arena_take(a, (size_t)n + 1);
    if (p)
        (void)vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return p;
}

bool
arena__grow_unset(struct arena *a, void **items, size_t *cap, size_t size, size_t n)
{
    size_t more = *cap ? *cap * 2 : 8;
    void *p = arena_take(a, array_size(more, size));

    if (!p)
        return false;
    if (n)
        memcpy(p, *items, n * size);
    *items = p;
    *cap = more;
    return true;
}

bool
arena__grow(struct arena *a, void **items, size_t *cap, size_t size, size_t n)
{
    if (!arena__grow_unset(a, items, cap, size, n))
        return false;
    memset((char *)*items + n * size, 0, (*cap - n) * size);
    return true;
}

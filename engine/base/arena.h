/*
 * Arena: memory that is given out in pieces and returned all at once.
 *
 * While compiling, running out of memory is one status at one place: an arena with `on_oom` set
 * jumps there instead of returning NULL, so that the hundreds of small allocations between need
 * no check each. An arena without it returns NULL.
 */
#ifndef WEIR_BASE_ARENA_H
#define WEIR_BASE_ARENA_H

#include <tagweir/common.h>

#include <setjmp.h>
#include <stdalign.h>
#include <stddef.h>
#include <string.h>

struct arena_block;

struct arena {
    struct arena_block *blocks;
    char *at, *end;
    jmp_buf *on_oom; /* NULL: allocation returns NULL */
};

void arena_init(struct arena *a, jmp_buf *on_oom);
void arena_fini(struct arena *a);
/* Everything given out is void; the largest block is kept for what comes next. */
void arena_reset(struct arena *a);

/* From a new block, or the answer to a size that nothing can have. */
void *arena__take_new(struct arena *a, size_t size);

/* Aligned for any type; holds anything. */
static inline void *
arena_take(struct arena *a, size_t size)
{
    const size_t align = alignof(max_align_t);
    size_t whole = (size + align - 1) & ~(align - 1);

    /* less one: nothing, and what wrapped around, are more than there is room for */
    if (whole - 1 >= (size_t)(a->end - a->at))
        return arena__take_new(a, size);
    void *p = a->at;
    a->at += whole;
    return p;
}

/* Zeroed, aligned for any type. */
static inline void *
arena_alloc(struct arena *a, size_t size)
{
    void *p = arena_take(a, size);

    return p ? memset(p, 0, size) : NULL;
}

/* n * size with overflow checked. n = 0 gives a valid pointer. */
void *arena_array(struct arena *a, size_t n, size_t size);
/* A copy with a NUL behind it (not counted). */
weir_span arena_copy(struct arena *a, weir_span s);
const char *arena_cstr(struct arena *a, weir_span s);
/* printf into the arena, NUL-terminated. */
const char *arena_printf(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * An array that grows inside an arena: `items`, `n`, `cap` in any struct. Doubling leaves the old
 * copy behind until the arena dies. Evaluates to a pointer to a new zeroed item (NULL only if the
 * arena may return NULL); of the second, the item holds anything.
 */
#define ARENA_PUSH(arena, items, n, cap) ARENA__PUSH_BY(arena__grow, arena, items, n, cap)
#define ARENA_PUSH_UNSET(arena, items, n, cap)                                                     \
    ARENA__PUSH_BY(arena__grow_unset, arena, items, n, cap)
#define ARENA__PUSH_BY(grow, arena, items, n, cap)                                                 \
    ((n) < (cap) || grow((arena), (void **)&(items), &(cap), sizeof *(items), (n))                 \
         ? &(items)[(n)++]                                                                         \
         : NULL)
/* Room for n items in an array that is still empty, where their number is known. The arena must
   have on_oom set, and n * the item's size must not be more than there can be. */
#define ARENA_ROOM(arena, items, cap, n)                                                           \
    ((items) = arena_take((arena), (n) * sizeof *(items)), (cap) = (n))
bool arena__grow(struct arena *a, void **items, size_t *cap, size_t size, size_t n);
bool arena__grow_unset(struct arena *a, void **items, size_t *cap, size_t size, size_t n);

#endif

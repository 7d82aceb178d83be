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

struct arena_block;

struct arena {
    struct arena_block *blocks;
    char *at, *end;
    jmp_buf *on_oom; /* NULL: allocation returns NULL */
    size_t used;     /* bytes given out since the last reset */
};

void arena_init(struct arena *a, jmp_buf *on_oom);
void arena_fini(struct arena *a);
/* Everything given out is void; the largest block is kept for what comes next. */
void arena_reset(struct arena *a);

/* Zeroed, aligned for any type. */
void *arena_alloc(struct arena *a, size_t size);
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
 * arena may return NULL).
 */
#define ARENA_PUSH(arena, items, n, cap)                                                           \
    ((n) < (cap) || arena__grow((arena), (void **)&(items), &(cap), sizeof *(items), (n))          \
         ? &(items)[(n)++]                                                                         \
         : NULL)
bool arena__grow(struct arena *a, void **items, size_t *cap, size_t size, size_t n);

#endif

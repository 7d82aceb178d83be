/*
 * For programs whose name ends in _out_of_memory: the engine's own allocations are made to fail one
 * by one. The linker puts these functions in front of them; the libraries' are left alone.
 */
#ifndef WEIR_TESTS_FAIL_ALLOCATIONS_H
#define WEIR_TESTS_FAIL_ALLOCATIONS_H

#include <stdbool.h>
#include <stddef.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

static size_t until_failure; /* counts down to the one that fails; 0: none does */
static bool all_fail_then;   /* else one fails alone */
static bool failed;

/* From now on the k-th allocation fails; 0: none. */
static inline void
fail_allocation(size_t k)
{
    failed = false;
    until_failure = k;
}

/* Did it? From now on none fails. */
static inline bool
allocation_failed(void)
{
    bool did = failed;

    fail_allocation(0);
    return did;
}

static bool
fails(void)
{
    if (!until_failure)
        return failed && all_fail_then;
    if (--until_failure)
        return false;
    failed = true;
    return true;
}

void *
__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t size)
{
    return fails() ? NULL : __real_realloc(p, size);
}

void *
__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : __real_aligned_alloc(alignment, size);
}

#endif

/*
 * For a program that counts what the whole process allocates: these functions stand in front of the
 * C library's allocator, which every library in the process then goes through.
 *
 * Where something else stands there already (a sanitizer) nothing is counted, and
 * allocations_are_counted says so.
 */
#ifndef WEIR_TESTS_COUNT_ALLOCATIONS_H
#define WEIR_TESTS_COUNT_ALLOCATIONS_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OTHERS_COUNT 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OTHERS_COUNT 1
#endif

static size_t nallocations;

#ifndef OTHERS_COUNT
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

void *
malloc(size_t size)
{
    nallocations++;
    return __libc_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
    nallocations++;
    return __libc_calloc(n, size);
}

void *
realloc(void *p, size_t size)
{
    nallocations++;
    return __libc_realloc(p, size);
}

void *
aligned_alloc(size_t alignment, size_t size)
{
    nallocations++;
    return __libc_memalign(alignment, size);
}

int
posix_memalign(void **out, size_t alignment, size_t size)
{
    void *p = aligned_alloc(alignment, size);

    if (!p)
        return ENOMEM;
    *out = p;
    return 0;
}
#endif

static inline bool
allocations_are_counted(void)
{
    size_t before = nallocations;
    void *volatile probe = malloc(16); /* not to be optimised away */

    free(probe);
    return nallocations > before;
}

#define WHY_NOT_COUNTED "a sanitizer's allocator stands in front of the one that counts"

#endif

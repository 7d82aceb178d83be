/*
 * Memory and messages.
 */
#include "util.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
die(int code, const char *fmt, ...)
{
    va_list args;

    fflush(stdout);
    fputs("tagweir-bench: ", stderr);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    exit(code);
}

void *
allocate(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size ? size : 1);

    if (!p)
        die(EXIT_FAILED, "out of memory (%zu times %zu bytes)", n, size);
    return p;
}

void *
reallocate(void *p, size_t n, size_t size)
{
    void *larger = reallocarray(p, n ? n : 1, size);

    if (!larger)
        die(EXIT_FAILED, "out of memory (%zu times %zu bytes)", n, size);
    return larger;
}

weir_span
text_keep(struct text *t, weir_span s)
{
    if (t->nblocks == 0 || t->cap - t->used < s.len) {
        size_t cap = s.len > (1u << 20) ? s.len : 1u << 20;

        t->blocks = reallocate(t->blocks, t->nblocks + 1, sizeof *t->blocks);
        t->blocks[t->nblocks++] = allocate(cap, 1);
        t->cap = cap;
        t->used = 0;
    }
    char *at = t->blocks[t->nblocks - 1] + t->used;
    if (s.len)
        memcpy(at, s.p, s.len);
    t->used += s.len;
    return (weir_span){at, s.len};
}

void
text_fini(struct text *t)
{
    for (size_t i = 0; i < t->nblocks; i++)
        free(t->blocks[i]);
    free(t->blocks);
    memset(t, 0, sizeof *t);
}

void
temporary_name(char out[TEMPORARY_MAX])
{
    const char *folder = getenv("TMPDIR");

    (void)snprintf(out, TEMPORARY_MAX, "%s/tagweir-bench-XXXXXX", folder ? folder : "/tmp");
}

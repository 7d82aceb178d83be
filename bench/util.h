/*
 * What every file of the bench leans on: memory that is there or ends the program, text kept until
 * the end of what it belongs to, messages.
 */
#ifndef BENCH_UTIL_H
#define BENCH_UTIL_H

#include <tagweir/common.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the process ends with. */
enum { EXIT_DONE = 0, EXIT_MISSED = 1, EXIT_USAGE = 2, EXIT_FAILED = 4 };

/* `tagweir-bench: …` on standard error, and the end. */
void die(int code, const char *fmt, ...) __attribute__((noreturn, format(printf, 2, 3)));

/* Never NULL. Zeroed. */
void *allocate(size_t n, size_t size);
void *reallocate(void *p, size_t n, size_t size);

/* A template for mkstemp and mkdtemp, in $TMPDIR or /tmp. */
#define TEMPORARY_MAX 400
void temporary_name(char out[TEMPORARY_MAX]);

/* A place for strings that do not move; zero-initialise. */
struct text {
    char **blocks;
    size_t nblocks, used, cap; /* of the last block */
};

weir_span text_keep(struct text *t, weir_span s);
void text_fini(struct text *t);

static inline weir_span
span_of_text(const char *s)
{
    return (weir_span){s, __builtin_strlen(s)};
}

static inline weir_span
span_of_out(const weir_buf *b)
{
    return (weir_span){b->p, b->len};
}

#ifdef __cplusplus
}
#endif
#endif

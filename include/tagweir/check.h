/*
 * Assertions that stay in release builds: a broken promise of one's own aborts, and says where.
 * The library's own; for programs that stand on it and want theirs to be alike. Nothing else of
 * the interface needs them, so tagweir.h leaves them out.
 */
#ifndef TAGWEIR_CHECK_H
#define TAGWEIR_CHECK_H

#include <tagweir/common.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Writes the place and what must hold there to standard error, and aborts. Any thread may. */
WEIR_API void weir_check_failed(const char *file, int line, const char *what)
    __attribute__((noreturn));

#define WEIR_CHECK(cond)                                                                           \
    do {                                                                                           \
        if (!(cond))                                                                               \
            weir_check_failed(__FILE__, __LINE__, #cond);                                          \
    } while (0)

/* A checked object has `uint32_t magic` as its first member, and no other object has its value. */
#define WEIR_CHECK_OBJ(ptr, expected)                                                              \
    do {                                                                                           \
        WEIR_CHECK((ptr) != NULL);                                                                 \
        WEIR_CHECK((ptr)->magic == (expected));                                                    \
    } while (0)

#ifdef __cplusplus
}
#endif
#endif

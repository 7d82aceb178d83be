/*
 * Assertions that stay in release builds: a broken promise of our own aborts with its place.
 */
#ifndef WEIR_BASE_CHECK_H
#define WEIR_BASE_CHECK_H

#include <stdint.h>

_Noreturn void weir__check_failed(const char *file, int line, const char *what);

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond))                                                                               \
            weir__check_failed(__FILE__, __LINE__, #cond);                                         \
    } while (0)

/* A checked object has `uint32_t magic` as its first member, and no other object has its value. */
#define CHECK_OBJ(ptr, expected)                                                                   \
    do {                                                                                           \
        CHECK((ptr) != NULL);                                                                      \
        CHECK((ptr)->magic == (expected));                                                         \
    } while (0)

#define WEIR_RULESET_MAGIC 0x57525331u
#define WEIR_SCRATCH_MAGIC 0x57534331u
#define WEIR_READER_MAGIC 0x57524431u
#define WEIR_DIAGS_MAGIC 0x57444731u

#endif

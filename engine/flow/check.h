/*
 * Assertions of the programs; they stay in release builds: a broken promise of our own aborts
 * with its place. (The core has its own; programs see the core through its public headers alone.)
 */
#ifndef WEIR_FLOW_CHECK_H
#define WEIR_FLOW_CHECK_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

_Noreturn static inline void
flow_check_failed(const char *file, int line, const char *what)
{
    (void)fprintf(stderr, "tagweir: %s:%d: this must hold and does not: %s\n", file, line, what);
    abort();
}

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond))                                                                               \
            flow_check_failed(__FILE__, __LINE__, #cond);                                          \
    } while (0)

/* A checked object has `uint32_t magic` as its first member, and no other object has its value. */
#define CHECK_OBJ(ptr, expected)                                                                   \
    do {                                                                                           \
        CHECK((ptr) != NULL);                                                                      \
        CHECK((ptr)->magic == (expected));                                                         \
    } while (0)

#define ANSWERER_MAGIC 0x46414e31u
#define FRAME_MAGIC 0x46465231u
#define CONN_MAGIC 0x46434e31u
#define WORKER_MAGIC 0x46574b31u
#define SERVER_MAGIC 0x46535631u

#endif

/*
 * Vectors: whether this processor has the ones that some loops are compiled for, beside the same
 * loops without. Everything else is compiled for any processor of its kind.
 *
 * AVX-512 alone: it gathers and multiplies eight words at a time, and masks what it reads and
 * writes. AVX2 has no product of 64 bits and no way to keep what passes, and was not tried.
 */
#ifndef WEIR_BASE_VECTORS_H
#define WEIR_BASE_VECTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
#define WEIR__VECTORS 1
/* Of functions that use them; none may be called where weir__has_vectors says no. */
#define WEIR__BY_VECTORS __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl")))
#else
#define WEIR__VECTORS 0
#endif

bool weir__has_vectors(void);

/* Bits of the first n (one or more) of 64; all of them where n is more. */
static inline uint64_t
weir__first_of_64(size_t n)
{
    return n < 64 ? ~UINT64_C(0) >> (64 - n) : ~UINT64_C(0);
}

#endif

/*
 * Asking the processor.
 */
#include "base/vectors.h"

bool
weir__has_vectors(void)
{
#if WEIR__VECTORS
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
#else
    return false;
#endif
}

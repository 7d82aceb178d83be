/*
 * Bits: what the compiler makes a call of where no instruction for it may be taken for granted.
 */
#ifndef WEIR_BASE_BITS_H
#define WEIR_BASE_BITS_H

#include <stdint.h>

/* How many bits are set: pairs, fours and eights are summed up side by side, then all eights. */
static inline unsigned
weir__count_bits(uint64_t v)
{
    v -= v >> 1 & UINT64_C(0x5555555555555555);
    v = (v & UINT64_C(0x3333333333333333)) + (v >> 2 & UINT64_C(0x3333333333333333));
    v = (v + (v >> 4)) & UINT64_C(0x0F0F0F0F0F0F0F0F);
    return (unsigned)(v * UINT64_C(0x0101010101010101) >> 56);
}

#endif

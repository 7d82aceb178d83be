/*
 * Which kinds of symbols a subject holds.
 */
#include "base/span.h"
#include "regex/automaton_parts.h"

/* Eight bytes at once: the high bit of each. */
#define ONES UINT64_C(0x0101010101010101)
#define HIGH (ONES * 0x80)

/* The high bit of each byte of ASCII that is not below c; of others, anything. */
static inline uint64_t
not_below(uint64_t bytes, uint8_t c)
{
    return ((bytes | HIGH) - ONES * c) & HIGH;
}

static inline unsigned
kinds_in_eight(uint64_t bytes)
{
    uint64_t ascii = ~bytes & HIGH;
    uint64_t letters = not_below(bytes, 'a') & ~not_below(bytes, 'z' + 1) & ascii;
    uint64_t digits = not_below(bytes, '0') & ~not_below(bytes, '9' + 1) & ascii;

    return (letters ? WEIR__KIND_LETTER : 0u) | (digits ? WEIR__KIND_DIGIT : 0u) |
           (ascii & ~letters & ~digits ? WEIR__KIND_OTHER : 0u) |
           (ascii != HIGH ? WEIR__KIND_BEYOND : 0u);
}

static inline uint64_t
four_at(const char *p)
{
    uint32_t bytes;

    memcpy(&bytes, p, sizeof bytes);
    return bytes;
}

/* A few bytes are looked at twice rather than one by one. */
unsigned
weir__kinds_in(weir_span s)
{
    unsigned kinds = 0;

    if (s.len >= 8) {
        for (size_t i = 0; i + 8 < s.len; i += 8)
            kinds |= kinds_in_eight(eight_at(s.p + i));
        return kinds | kinds_in_eight(eight_at(s.p + s.len - 8));
    }
    if (s.len >= 4)
        return kinds_in_eight(four_at(s.p) | four_at(s.p + s.len - 4) << 32);
    for (size_t i = 0; i < s.len; i++)
        kinds |= kinds_in_eight(ONES * (uint8_t)s.p[i]);
    return kinds;
}

/*
 * Which kinds of symbols a subject holds.
 */
#include "base/span.h"
#include "base/vectors.h"
#include "regex/automaton_parts.h"

#if WEIR__VECTORS
#include <immintrin.h>
#endif

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

/* Many subjects ------------------------------------------------------------------------------ */

typedef unsigned kinds_fn(weir_span s);

static inline __attribute__((always_inline)) struct weir__holders
holders_by(kinds_fn *kinds_of, const weir_span *subjects, uint64_t which)
{
    struct weir__holders holders = {0, 0};

    for (uint64_t left = which; left; left &= left - 1) {
        uint32_t k = (uint32_t)__builtin_ctzll(left);
        unsigned kinds = kinds_of(subjects[k]);

        holders.digits |= (uint64_t)((kinds & WEIR__KIND_DIGIT) != 0) << k;
        holders.beyond |= (uint64_t)((kinds & WEIR__KIND_BEYOND) != 0) << k;
    }
    return holders;
}

/* As weir__kinds_in, of digits and what is beyond ASCII alone: without a branch on how short it is,
   as bytes that are not a short subject's own are shifted out. */
static inline unsigned
kinds_of(weir_span s)
{
    unsigned others = s.len < 8 ? 64 - 8 * (unsigned)s.len : 0;
    unsigned kinds = kinds_in_eight(eight_at(s.p) << others);

    for (size_t at = 8; at < s.len; at += 8)
        kinds |= kinds_in_eight(eight_at(s.p + (at + 8 < s.len ? at : s.len - 8)));
    return kinds;
}

#if WEIR__VECTORS

/* The same; a subject of usual length is one load. */
static inline WEIR__BY_VECTORS unsigned
kinds_by_vectors(weir_span s)
{
    uint64_t digits = 0, beyond = 0;

    for (size_t at = 0; at < s.len; at += 64) {
        __m512i bytes = _mm512_maskz_loadu_epi8(weir__first_of_64(s.len - at), s.p + at);
        __m512i from_0 = _mm512_sub_epi8(bytes, _mm512_set1_epi8('0'));

        digits |= _mm512_cmplt_epu8_mask(from_0, _mm512_set1_epi8(10));
        beyond |= _mm512_movepi8_mask(bytes);
    }
    return (digits ? WEIR__KIND_DIGIT : 0u) | (beyond ? WEIR__KIND_BEYOND : 0u);
}

static WEIR__BY_VECTORS struct weir__holders
holders_by_vectors(const weir_span *subjects, uint64_t which)
{
    return holders_by(kinds_by_vectors, subjects, which);
}

#endif

struct weir__holders
weir__holders(const weir_span *subjects, uint64_t which, bool vectors)
{
#if WEIR__VECTORS
    if (vectors)
        return holders_by_vectors(subjects, which);
#endif
    (void)vectors;
    return holders_by(kinds_of, subjects, which);
}

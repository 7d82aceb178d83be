/*
 * Which kinds of symbols a subject holds.
 */
#include "base/span.h"
#include "base/vectors.h"
#include "regex/automaton_parts.h"
#include "regex/factor.h"

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

static inline void
ask_eight(uint64_t bytes, uint64_t *digits, uint64_t *beyond)
{
    *digits |= weir__digits_in(bytes & ~HIGH) & ~bytes;
    *beyond |= bytes & HIGH;
}

static struct weir__holders
holders_one_by_one(const weir_span *subjects, uint64_t which)
{
    struct weir__holders holders = {0, 0};

    for (uint64_t left = which; left; left &= left - 1) {
        uint32_t k = (uint32_t)__builtin_ctzll(left);
        weir_span s = subjects[k];
        uint64_t digits = 0, beyond = 0;
        /* bytes that are not a short subject's own are shifted out */
        unsigned others = s.len < 8 ? 64 - 8 * (unsigned)s.len : 0;

        ask_eight(eight_at(s.p) << others, &digits, &beyond);
        for (size_t at = 8; at < s.len; at += 8)
            ask_eight(eight_at(s.p + (at + 8 < s.len ? at : s.len - 8)), &digits, &beyond);
        holders.digits |= (uint64_t)(digits != 0) << k;
        holders.beyond |= (uint64_t)(beyond != 0) << k;
    }
    return holders;
}

#if WEIR__VECTORS

/* A subject of usual length is one load. */
static WEIR__BY_VECTORS struct weir__holders
holders_by_vectors(const weir_span *subjects, uint64_t which)
{
    struct weir__holders holders = {0, 0};

    for (uint64_t left = which; left; left &= left - 1) {
        uint32_t k = (uint32_t)__builtin_ctzll(left);
        weir_span s = subjects[k];
        uint64_t digits = 0, beyond = 0;

        for (size_t at = 0; at < s.len; at += 64) {
            __mmask64 own = s.len - at < 64 ? ~UINT64_C(0) >> (64 - (s.len - at)) : ~UINT64_C(0);
            __m512i bytes = _mm512_maskz_loadu_epi8(own, s.p + at);
            __m512i from_0 = _mm512_sub_epi8(bytes, _mm512_set1_epi8('0'));

            digits |= _mm512_cmplt_epu8_mask(from_0, _mm512_set1_epi8(10));
            beyond |= _mm512_movepi8_mask(bytes);
        }
        holders.digits |= (uint64_t)(digits != 0) << k;
        holders.beyond |= (uint64_t)(beyond != 0) << k;
    }
    return holders;
}

struct weir__holders
weir__holders(const weir_span *subjects, uint64_t which, bool vectors)
{
    return vectors ? holders_by_vectors(subjects, which) : holders_one_by_one(subjects, which);
}

#else

struct weir__holders
weir__holders(const weir_span *subjects, uint64_t which, bool vectors)
{
    (void)vectors;
    return holders_one_by_one(subjects, which);
}

#endif

/*
 * Eight places at a time, with AVX-512; compiled for it, whatever the rest is compiled for, and
 * only called where the processor has it.
 */
#include "match/sift_vector.h"

#include "base/check.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define VECTORS __attribute__((target("avx512f,avx512dq,avx512vl")))

#if !defined(__OPTIMIZE__) && !defined(__clang__)
/* gcc's gathers are macros then, and give a mask to a builtin as a char */
#pragma GCC diagnostic ignored "-Wsign-conversion"
#endif

bool
weir__sift_has_vectors(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
}

/* Lanes in which the words that begin at `at` hold a gram of the kind that passes. */
static inline VECTORS __mmask8
passing(const struct weir__looking *l, uint32_t i, __mmask8 lanes, __m512i at, const char *text)
{
    const __m512i none = _mm512_setzero_si512();
    const __m512i six = _mm512_set1_epi64(63);
    __m512i v = _mm512_mask_i64gather_epi64(none, lanes, at, text, 1);

    v = _mm512_and_si512(v, _mm512_set1_epi64((long long)l->mask[i]));
    v = _mm512_xor_si512(v, _mm512_set1_epi64((long long)l->salt[i]));
    __m512i hash = _mm512_mullo_epi64(v, _mm512_set1_epi64((long long)weir__gram_mix(1)));
    __m512i which = _mm512_srl_epi64(hash, _mm_cvtsi32_si128((int)l->filter.shift));
    __m512i word = _mm512_mask_i64gather_epi64(none, lanes, which, l->filter.words, 8);
    __m512i one = _mm512_srlv_epi64(word, _mm512_and_si512(_mm512_srli_epi64(hash, 42), six));
    __m512i other = _mm512_srlv_epi64(word, _mm512_and_si512(_mm512_srli_epi64(hash, 36), six));

    return _mm512_test_epi64_mask(_mm512_and_si512(one, other), _mm512_set1_epi64(1));
}

static inline VECTORS __mmask8
any_passing(const struct weir__looking *l, __mmask8 lanes, __m512i at, const char *text, bool back)
{
    __mmask8 any = 0;

    for (uint32_t i = 0; i < l->n; i++) {
        __m512i begin = back ? _mm512_sub_epi64(at, _mm512_set1_epi64(l->back[i])) : at;
        any = (__mmask8)(any | passing(l, i, lanes, begin, text));
    }
    return (__mmask8)(any & lanes);
}

/* Those of eight places whose bits are set, put behind the others; there is room for all eight. */
static inline VECTORS uint32_t
keep_places(uint32_t *places, uint32_t n, __mmask8 which, __m512i at)
{
    __m256i kept = _mm256_maskz_compress_epi32(which, _mm512_cvtepi64_epi32(at));

    _mm256_storeu_si256((__m256i *)(void *)(places + n), kept);
    return n + (uint32_t)__builtin_popcount(which);
}

static inline __mmask8
first_lanes(uint32_t n)
{
    return (__mmask8)(n < 8 ? (1u << n) - 1 : 0xff);
}

VECTORS void
weir__look_at_edge_by_vectors(struct weir__sift *t, const struct weir__looking *l, bool end)
{
    const uint16_t *places = end ? t->end : t->begin;
    uint32_t n = 0;

    for (uint32_t i = 0; i < t->n; i += 8) {
        __m128i eight = _mm_loadu_si128((const __m128i *)(const void *)(places + i));
        __m512i at = _mm512_cvtepu16_epi64(eight);

        n = keep_places(t->places, n, any_passing(l, first_lanes(t->n - i), at, t->text, end), at);
    }
    t->nplaces = n;
}

VECTORS void
weir__look_from_to_by_vectors(struct weir__sift *t, const struct weir__looking *l, uint32_t from,
                              uint32_t to, uint32_t step)
{
    const __m512i numbers = _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7);
    __m512i at = _mm512_add_epi64(_mm512_set1_epi64(from),
                                  _mm512_mullo_epi64(numbers, _mm512_set1_epi64(step)));
    uint32_t n = 0;

    for (uint32_t left = (to - from + step - 1) / step; left > 0; left -= left < 8 ? left : 8) {
        n = keep_places(t->places, n, any_passing(l, first_lanes(left), at, t->text, false), at);
        at = _mm512_add_epi64(at, _mm512_set1_epi64(8 * (long long)step));
    }
    t->nplaces = n;
}

#else

bool
weir__sift_has_vectors(void)
{
    return false;
}

void
weir__look_at_edge_by_vectors(struct weir__sift *t, const struct weir__looking *l, bool end)
{
    (void)t, (void)l, (void)end;
    CHECK(false); /* never asked for */
}

void
weir__look_from_to_by_vectors(struct weir__sift *t, const struct weir__looking *l, uint32_t from,
                              uint32_t to, uint32_t step)
{
    (void)t, (void)l, (void)from, (void)to, (void)step;
    CHECK(false); /* never asked for */
}

#endif

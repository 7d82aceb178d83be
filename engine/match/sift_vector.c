/*
 * Eight places at a time, with AVX-512; compiled for it, whatever the rest is compiled for, and
 * only called where the processor has it.
 */
#include "match/sift_vector.h"

#include "base/check.h"

#if WEIR__VECTORS

#include <immintrin.h>

#if !defined(__OPTIMIZE__) && !defined(__clang__)
/* gcc's gathers are macros then, and give a mask to a builtin as a char */
#pragma GCC diagnostic ignored "-Wsign-conversion"
#endif

/* Who owns the places of 64 bytes; a longer key's other bytes are laid out by the same store. */
static inline WEIR__BY_VECTORS void
own_64(uint8_t *owner, uint32_t who)
{
    _mm_storeu_si128((__m128i *)(void *)owner, _mm_set1_epi8((char)who));
}

/* Bytes behind the key are written, too, as 0. */
static inline WEIR__BY_VECTORS void
copy_64(char *to, const char *from, size_t len)
{
    _mm512_storeu_si512(to, _mm512_maskz_loadu_epi8(weir__first_of_64(len), from));
}

WEIR__BY_VECTORS void
weir__copy_keys_by_vectors(struct weir__sift *t)
{
    for (uint32_t i = 0; i < t->n; i++) {
        weir_span key = t->keys[t->index[i]];
        uint32_t begin = t->begin[i];

        for (size_t at = 0; at < key.len; at += 64) {
            copy_64(t->text + begin + at, key.p + at, key.len - at);
            own_64(t->owner + (begin + at) / WEIR__SIFT_ALIGN, i);
        }
    }
}

/* Eight grams of one kind, from the words that they are in, where there are any. */
static inline WEIR__BY_VECTORS __m512i
hashes(const struct weir__looking *l, uint32_t i, __m512i words)
{
    __m512i v = _mm512_and_si512(words, _mm512_set1_epi64((long long)l->mask[i]));

    v = _mm512_xor_si512(v, _mm512_set1_epi64((long long)l->salt[i]));
    return _mm512_mullo_epi64(v, _mm512_set1_epi64((long long)weir__gram_mix(1)));
}

/* Lanes in which the gram passes. */
static inline WEIR__BY_VECTORS __mmask8
passing(const struct weir__sieve_filter *f, __mmask8 lanes, __m512i hash)
{
    const __m512i six = _mm512_set1_epi64(63);
    __m512i which = _mm512_srl_epi64(hash, _mm_cvtsi32_si128((int)f->shift));
    __m512i word = _mm512_mask_i64gather_epi64(_mm512_setzero_si512(), lanes, which, f->words, 8);
    __m512i one = _mm512_srlv_epi64(word, _mm512_and_si512(_mm512_srli_epi64(hash, 42), six));
    __m512i other = _mm512_srlv_epi64(word, _mm512_and_si512(_mm512_srli_epi64(hash, 36), six));

    return _mm512_test_epi64_mask(_mm512_and_si512(one, other), _mm512_set1_epi64(1));
}

/* Those that pass are put behind n others; there is room for all eight. Returns how many there are
   then. */
static inline WEIR__BY_VECTORS uint32_t
keep(struct weir__sift *t, uint32_t n, __mmask8 which, __m512i hash, __m512i at)
{
    __m512i kept = _mm512_maskz_compress_epi64(which, hash);
    __m256i kept_at = _mm256_maskz_compress_epi32(which, _mm512_cvtepi64_epi32(at));

    _mm512_storeu_si512(t->passed + n, kept);
    _mm256_storeu_si256((__m256i *)(void *)(t->passed_at + n), kept_at);
    return n + (uint32_t)__builtin_popcount(which);
}

/* Eight places, and the words that begin there, or end there. Grams at an end are the last bytes of
   these. */
static inline WEIR__BY_VECTORS uint32_t
look_at_eight(struct weir__sift *t, uint32_t n, const struct weir__looking *l, __mmask8 lanes,
              __m512i at, __m512i words, bool back)
{
    for (uint32_t i = 0; i < l->n; i++) {
        int others = back ? 64 - 8 * (int)l->back[i] : 0;
        __m512i begin = back ? _mm512_sub_epi64(at, _mm512_set1_epi64(l->back[i])) : at;
        __m512i hash = hashes(l, i, _mm512_srl_epi64(words, _mm_cvtsi32_si128(others)));

        n = keep(t, n, passing(&l->filter, lanes, hash), hash, begin);
    }
    return n;
}

static inline __mmask8
first_lanes(uint32_t n)
{
    return (__mmask8)(n < 8 ? (1u << n) - 1 : 0xff);
}

WEIR__BY_VECTORS void
weir__look_at_edge_by_vectors(struct weir__sift *t, const struct weir__looking *l, bool end)
{
    const struct weir__looking here = *l; /* not to be read again after each gram is written */
    const uint16_t *places = end ? t->end : t->begin;
    uint32_t n = t->npassed;

    for (uint32_t i = 0; i < t->n; i += 8) {
        __mmask8 lanes = first_lanes(t->n - i);
        __m512i at =
            _mm512_cvtepu16_epi64(_mm_loadu_si128((const __m128i *)(const void *)(places + i)));
        __m512i from = end ? _mm512_sub_epi64(at, _mm512_set1_epi64(8)) : at;
        __m512i words =
            _mm512_mask_i64gather_epi64(_mm512_setzero_si512(), lanes, from, t->text, 1);

        n = look_at_eight(t, n, &here, lanes, at, words, end);
    }
    t->npassed = n;
}

/* The lower halves of eight words that begin four bytes apart. */
static inline WEIR__BY_VECTORS __m512i
fours_at(const char *p)
{
    return _mm512_cvtepu32_epi64(_mm256_loadu_si256((const __m256i *)(const void *)p));
}

static inline WEIR__BY_VECTORS __m512i
twos_at(const char *p)
{
    return _mm512_cvtepu16_epi64(_mm_loadu_si128((const __m128i *)(const void *)p));
}

/* Eight words that begin a step apart. Where steps are long, they are put together from few loads,
   which is cheaper than asking for each. */
static inline WEIR__BY_VECTORS __m512i
words_at(const char *p, uint32_t step)
{
    if (step == 4)
        return _mm512_or_si512(fours_at(p), _mm512_slli_epi64(fours_at(p + 4), 32));
    if (step == 2)
        return _mm512_or_si512(_mm512_or_si512(twos_at(p), _mm512_slli_epi64(twos_at(p + 2), 16)),
                               _mm512_or_si512(_mm512_slli_epi64(twos_at(p + 4), 32),
                                               _mm512_slli_epi64(twos_at(p + 6), 48)));
    return _mm512_i64gather_epi64(_mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7), p, 1);
}

WEIR__BY_VECTORS void
weir__look_from_to_by_vectors(struct weir__sift *t, const struct weir__looking *l, uint32_t from,
                              uint32_t to, uint32_t step)
{
    const struct weir__looking here = *l;
    const __m512i numbers = _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7);
    const __m512i steps = _mm512_mullo_epi64(numbers, _mm512_set1_epi64(step));
    uint32_t n = t->npassed;

    for (uint32_t first = from; first < to; first += 8 * step) {
        __mmask8 lanes = first_lanes((to - first + step - 1) / step);
        __m512i at = _mm512_add_epi64(_mm512_set1_epi64(first), steps);

        n = look_at_eight(t, n, &here, lanes, at, words_at(t->text + first, step), false);
    }
    t->npassed = n;
}

#else

void
weir__copy_keys_by_vectors(struct weir__sift *t)
{
    (void)t;
    CHECK(false); /* never asked for */
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

/*
 * Tags that are their own canonical key: what NFKC_Casefold leaves as it is, without asking ICU.
 *
 * Text is in a normal form when each of its code points passes that form's quick check and marks
 * stand in canonical order (UAX 15, "Detecting Normalization Forms"). Here it is NFKC_Casefold's,
 * whose quick check is passed by no code point that folding changes or drops. Two marks, one behind
 * the other, are left to ICU, whatever their order, and so is what lies beyond the basic plane.
 *
 * What a code point is, is asked of ICU once a process, for 64 code points at a time. Threads that
 * ask at once write the same words.
 */
#include "text/fold.h"

#include <stdatomic.h>
#include <unicode/unorm2.h>

#define PLANE 0x10000
#define BLOCK 64

/* A bit a code point. */
static struct {
    _Atomic uint64_t stays; /* passes the quick check */
    _Atomic uint64_t marks; /* has a canonical combining class */
    _Atomic bool is_known;
} blocks[PLANE / BLOCK];

static void
ask_icu(size_t block)
{
    UErrorCode err = U_ZERO_ERROR;
    const UNormalizer2 *norm = unorm2_getNFKCCasefoldInstance(&err);
    uint64_t stays = 0, marks = 0;

    for (size_t i = 0; i < BLOCK && U_SUCCESS(err); i++) {
        UChar c = (UChar)(block * BLOCK + i);
        if (!U_IS_SURROGATE(c) && unorm2_quickCheck(norm, &c, 1, &err) == UNORM_YES)
            stays |= UINT64_C(1) << i;
        if (unorm2_getCombiningClass(norm, c) != 0)
            marks |= UINT64_C(1) << i;
    }
    if (U_FAILURE(err)) /* then nothing stays, and ICU is asked for each tag */
        stays = 0;
    /* in this order: who sees that something stays, sees the marks; and who sees that it is known,
       both */
    atomic_store_explicit(&blocks[block].marks, marks, memory_order_relaxed);
    atomic_store_explicit(&blocks[block].stays, stays, memory_order_release);
    atomic_store_explicit(&blocks[block].is_known, true, memory_order_release);
}

/* Whether it stays, where nothing tells yet that it does. */
static __attribute__((noinline)) bool
stays_at_all(size_t block, uint64_t bit)
{
    if (!atomic_load_explicit(&blocks[block].is_known, memory_order_acquire))
        ask_icu(block);
    return atomic_load_explicit(&blocks[block].stays, memory_order_acquire) & bit;
}

static inline bool
stays(uint32_t cp, bool *is_mark)
{
    size_t block = cp / BLOCK;
    uint64_t bit = UINT64_C(1) << cp % BLOCK;

    if (!(atomic_load_explicit(&blocks[block].stays, memory_order_acquire) & bit) &&
        !stays_at_all(block, bit))
        return false;
    *is_mark = atomic_load_explicit(&blocks[block].marks, memory_order_relaxed) & bit;
    return true;
}

static inline bool
continues(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

/* The code point of two or three bytes at p, of which avail can be read, and its length; 0: there
   is none. Surrogates pass: they do not stay. */
static inline size_t
decode(const unsigned char *p, size_t avail, uint32_t *cp)
{
    if (p[0] >= 0xC2 && p[0] < 0xE0 && avail >= 2 && continues(p[1])) {
        *cp = (uint32_t)(p[0] & 0x1F) << 6 | (p[1] & 0x3F);
        return 2;
    }
    if ((p[0] & 0xF0) != 0xE0 || avail < 3 || !continues(p[1]) || !continues(p[2]))
        return 0;
    *cp = (uint32_t)(p[0] & 0xF) << 12 | (uint32_t)(p[1] & 0x3F) << 6 | (p[2] & 0x3F);
    return *cp >= 0x800 ? 3 : 0;
}

bool
weir__is_settled(weir_span s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    bool is_mark = false, was_mark = false;

    for (size_t i = 0; i < s.len; was_mark = is_mark) {
        uint32_t cp;
        size_t n = 1;

        is_mark = false;
        if (p[i] >= 0x80) {
            n = decode(p + i, s.len - i, &cp);
            if (n == 0 || !stays(cp, &is_mark) || (is_mark && was_mark))
                return false;
        }
        i += n;
    }
    return true;
}

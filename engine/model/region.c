/*
 * Regions: ICU's territories, sorted bytewise behind `XX`, and what the words of a rule file mean.
 */
#include "model/region.h"

#include "base/check.h"

#include <pthread.h>
#include <stdlib.h>
#include <unicode/uenum.h>
#include <unicode/uloc.h>
#include <unicode/uregion.h>

static char codes[WEIR_REGION_LIMIT][3];
static uint16_t ncodes;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int
compare_codes(const void *a, const void *b)
{
    return memcmp(a, b, 2);
}

/* Type territory, and its own canonical code: `SU` is deprecated, `TP` is spelled `TL`. */
static bool
is_plain_territory(const char *code)
{
    UErrorCode e = U_ZERO_ERROR;
    const URegion *r = uregion_getRegionFromCode(code, &e);

    return U_SUCCESS(e) && uregion_getType(r) == URGN_TERRITORY && strlen(code) == 2 &&
           strcmp(uregion_getRegionCode(r), code) == 0;
}

static void
fill(void)
{
    UErrorCode e = U_ZERO_ERROR;
    UEnumeration *all = uregion_getAvailable(URGN_TERRITORY, &e);
    const char *code;

    memcpy(codes[0], "XX", 3);
    ncodes = 1;
    while (U_SUCCESS(e) && (code = uenum_next(all, NULL, &e)) != NULL) {
        if (!is_plain_territory(code))
            continue;
        CHECK(ncodes < WEIR_REGION_LIMIT);
        memcpy(codes[ncodes++], code, 3);
    }
    uenum_close(all);
    CHECK(ncodes > 1); /* ICU's data is not to be had: nothing can be decided */
    qsort(codes[1], ncodes - 1u, sizeof codes[1], compare_codes);
}

uint16_t
weir_region_count(void)
{
    (void)pthread_once(&once, fill);
    return ncodes;
}

const char *
weir_region_code(uint16_t region)
{
    CHECK(region < weir_region_count());
    return codes[region];
}

uint16_t
weir_region_find(weir_span code)
{
    uint16_t lo = 1, hi = weir_region_count();

    if (span_is(code, "UK"))
        code = SPAN_LIT("GB");
    if (code.len != 2)
        return WEIR_REGION_NONE;
    if (span_is(code, "XX"))
        return WEIR_REGION_XX;
    while (lo < hi) {
        uint16_t mid = (uint16_t)((lo + hi) / 2);
        int c = memcmp(codes[mid], code.p, 2);
        if (c == 0)
            return mid;
        if (c < 0)
            lo = (uint16_t)(mid + 1);
        else
            hi = mid;
    }
    return WEIR_REGION_NONE;
}

bool
weir__region_set_is_empty(const struct weir__region_set *s)
{
    for (int i = 0; i < WEIR_REGION_WORDS; i++)
        if (s->w[i])
            return false;
    return true;
}

uint16_t
weir__region_next(const struct weir__region_set *s, uint16_t from)
{
    for (unsigned i = from / 64; i < WEIR_REGION_WORDS; i++) {
        uint64_t w = s->w[i];
        if (i == from / 64)
            w &= ~UINT64_C(0) << (from % 64);
        if (w)
            return (uint16_t)(i * 64 + (unsigned)__builtin_ctzll(w));
    }
    return WEIR_REGION_NONE;
}

void
weir__region_set_all(struct weir__region_set *s)
{
    uint16_t n = weir_region_count();

    *s = (struct weir__region_set){{0}};
    for (uint16_t r = 0; r < n; r++)
        weir__region_add(s, r);
}

/* The territories that ICU says are in the group. */
static bool
add_group(const char *code, struct weir__region_set *out)
{
    UErrorCode e = U_ZERO_ERROR;
    const URegion *group = uregion_getRegionFromCode(code, &e);
    UEnumeration *members =
        U_SUCCESS(e) ? uregion_getContainedRegionsOfType(group, URGN_TERRITORY, &e) : NULL;
    const char *member;
    bool any = false;

    while (members && U_SUCCESS(e) && (member = uenum_next(members, NULL, &e)) != NULL) {
        uint16_t r = weir_region_find(span_of(member));
        if (r != WEIR_REGION_NONE) {
            weir__region_add(out, r);
            any = true;
        }
    }
    uenum_close(members);
    return any;
}

static bool
is_number(weir_span w)
{
    for (size_t i = 0; i < w.len; i++)
        if (!ascii_is_digit(w.p[i]))
            return false;
    return w.len == 3;
}

/* A UN M.49 group: a number that ICU knows as more than one territory. */
static bool
add_numbered_group(const char *number, struct weir__region_set *out)
{
    UErrorCode e = U_ZERO_ERROR;
    const URegion *r = uregion_getRegionFromCode(number, &e);

    if (U_FAILURE(e))
        return false;
    URegionType t = uregion_getType(r);
    if (t == URGN_TERRITORY || t == URGN_DEPRECATED || t == URGN_UNKNOWN)
        return false;
    return add_group(number, out);
}

/* `EEA`, which ICU does not have: the EU and the three of EFTA that are in it. */
static bool
add_eea(struct weir__region_set *out)
{
    static const char *const efta[] = {"IS", "LI", "NO"};

    for (size_t i = 0; i < sizeof efta / sizeof *efta; i++)
        weir__region_add(out, weir_region_find(span_of(efta[i])));
    return add_group("EU", out);
}

/* An alias, a deprecated or a three-letter code: what ICU would read it as. */
static const char *
nearest_by_code(const char *word)
{
    UErrorCode e = U_ZERO_ERROR;
    const URegion *r = uregion_getRegionFromCode(word, &e);
    const char *code = U_SUCCESS(e) ? uregion_getRegionCode(r) : NULL;
    uint16_t found = WEIR_REGION_NONE;

    if (!code)
        return NULL;
    if (uregion_getType(r) == URGN_UNKNOWN)
        return NULL; /* nearest were XX, and who takes that withholds everywhere */
    if (uregion_getType(r) == URGN_DEPRECATED) {
        UEnumeration *preferred = uregion_getPreferredValues(r, &e);
        const char *first = preferred && U_SUCCESS(e) ? uenum_next(preferred, NULL, &e) : NULL;
        found = first ? weir_region_find(span_of(first)) : WEIR_REGION_NONE;
        uenum_close(preferred);
    } else {
        found = weir_region_find(span_of(code));
    }
    return found == WEIR_REGION_NONE ? NULL : codes[found];
}

/* The English name of a territory: "India" gives IN. */
static const char *
nearest_by_name(weir_span word)
{
    for (uint16_t r = 1; r < ncodes; r++) {
        UErrorCode e = U_ZERO_ERROR;
        UChar name[128];
        char locale[] = "und_xx", ascii[128];
        memcpy(locale + 4, codes[r], 2);
        int32_t n = uloc_getDisplayCountry(locale, "en", name, 128, &e);
        if (U_FAILURE(e) || n <= 0 || n >= 128)
            continue;
        for (int32_t i = 0; i < n; i++)
            ascii[i] = name[i] < 0x80 ? (char)name[i] : '?';
        if (weir__span_eq_nocase(word, (weir_span){ascii, (size_t)n}))
            return codes[r];
    }
    return NULL;
}

const char *
weir_region_nearest(weir_span word)
{
    static const char *const groups[] = {"EU", "EEA"};
    char upper[8];
    const char *found = NULL;

    (void)pthread_once(&once, fill);
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (weir__span_eq_nocase(word, span_of(groups[i])))
            return groups[i];
    if (word.len < sizeof upper) {
        for (size_t i = 0; i < word.len; i++)
            upper[i] = ascii_upper(word.p[i]);
        upper[word.len] = '\0';
        uint16_t r = weir_region_find((weir_span){upper, word.len});
        found = r != WEIR_REGION_NONE ? codes[r] : nearest_by_code(upper);
    }
    return found ? found : nearest_by_name(word);
}

bool
weir__region_expand(weir_span word, struct weir__region_set *out, const char **near)
{
    uint16_t r = weir_region_find(word);
    char number[4] = "";

    *out = (struct weir__region_set){{0}};
    *near = NULL;
    if (r == WEIR_REGION_XX) {
        weir__region_set_all(out);
        return true;
    }
    if (r != WEIR_REGION_NONE) {
        weir__region_add(out, r);
        return true;
    }
    if (span_is(word, "EU"))
        return add_group("EU", out);
    if (span_is(word, "EEA"))
        return add_eea(out);
    if (is_number(word)) {
        memcpy(number, word.p, 3);
        if (add_numbered_group(number, out))
            return true;
    }
    *near = weir_region_nearest(word);
    return false;
}

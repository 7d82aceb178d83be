/*
 * Regions by ICU's uregion.
 */
#include "oracle.h"

#include <unicode/uenum.h>
#include <unicode/uregion.h>

static bool
is_two_letters(struct str s)
{
    return s.n == 2 && s.p[0] >= 'A' && s.p[0] <= 'Z' && s.p[1] >= 'A' && s.p[1] <= 'Z';
}

/* A territory that equals its own canonical code. */
static bool
is_territory(const char *code)
{
    UErrorCode e = U_ZERO_ERROR;
    const URegion *r = uregion_getRegionFromCode(code, &e);

    return U_SUCCESS(e) && is_two_letters(str_of(code)) && uregion_getType(r) == URGN_TERRITORY &&
           strcmp(uregion_getRegionCode(r), code) == 0;
}

int
region_of_code(struct str code)
{
    char text[3];

    if (str_is(code, "UK"))
        code = LIT("GB");
    if (!is_two_letters(code))
        return REGION_NONE;
    memcpy(text, code.p, 2);
    text[2] = 0;
    if (!str_is(code, "XX") && !is_territory(text))
        return REGION_NONE;
    return (text[0] - 'A') * 26 + text[1] - 'A';
}

void
region_code(int region, char out[3])
{
    out[0] = (char)('A' + region / 26);
    out[1] = (char)('A' + region % 26);
    out[2] = 0;
}

void
regions_expand(struct str word, struct regions *into)
{
    UErrorCode e = U_ZERO_ERROR;
    const URegion *group;
    UEnumeration *members;
    int region = region_of_code(word);

    if (region != REGION_NONE) {
        into->has[region] = true;
        return;
    }
    if (str_is(word, "EEA")) {
        regions_expand(LIT("EU"), into);
        regions_expand(LIT("IS"), into);
        regions_expand(LIT("LI"), into);
        regions_expand(LIT("NO"), into);
        return;
    }
    group = uregion_getRegionFromCode(str_copy(LINE, word).p, &e);
    if (U_FAILURE(e))
        die("no region: %.*s", (int)word.n, word.p);
    members = uregion_getContainedRegionsOfType(group, URGN_TERRITORY, &e);
    for (const char *code; U_SUCCESS(e) && (code = uenum_next(members, NULL, &e)) != NULL;)
        if (is_territory(code))
            into->has[region_of_code(str_of(code))] = true;
    uenum_close(members);
    if (U_FAILURE(e))
        die("ICU: %s", u_errorName(e));
}

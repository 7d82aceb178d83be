/*
 * Skeletons and letter-mapped keys, held against ICU's own.
 */
#include "unit/text/folds.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unicode/unorm2.h>
#include <unicode/uspoof.h>
#include <unicode/ustring.h>

enum { CAP = 4096 };

struct icu {
    USpoofChecker *spoof;
    char utf8[CAP];
};

static weir_span
icu_skeleton(struct icu *icu, weir_span s)
{
    UErrorCode err = U_ZERO_ERROR;
    UChar in[CAP], out[CAP];
    int32_t n = 0, len = 0;

    u_strFromUTF8(in, CAP, &n, s.p, (int32_t)s.len, &err);
    n = uspoof_getSkeleton(icu->spoof, 0, in, n, out, CAP, &err);
    u_strToUTF8(icu->utf8, CAP, &len, out, n, &err);
    assert_true(U_SUCCESS(err));
    return (weir_span){icu->utf8, (size_t)len};
}

static void
icu_open(struct icu *icu)
{
    UErrorCode err = U_ZERO_ERROR;

    icu->spoof = uspoof_open(&err);
    assert_true(U_SUCCESS(err));
}

static void *
fold_one(void *arg)
{
    weir_buf b = {0};

    weir__fold_skeleton(SPAN_LIT("m\xD0\xB0"), &b);
    *(bool *)arg = span_is(span_of_buf(&b), "rna");
    weir_buf_fini(&b);
    return NULL;
}

/* First of all tests: nobody has called weir__fold_prepare, and all come at once. */
static void
the_table_is_made_once(void **state)
{
    enum { N = 4 };
    pthread_t threads[N];
    bool right[N] = {false};

    (void)state;
    for (int i = 0; i < N; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, fold_one, &right[i]), 0);
    for (int i = 0; i < N; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(right[i]);
    }
    assert_int_equal(weir__fold_prepare(), WEIR_OK);
}

static void
skeletons(void **state)
{
    static const struct fold_row rows[] = {
        /* confusables.txt of UTS 39. */
        {"m is rn", "farmers", "farrners"},
        {"digits are letters", "01", "Ol"},
        {"Cyrillic a and ie", "f\xD0\xB0rm\xD0\xB5rs", "farrners"},
        {"Greek omicron",
         "m\xCE\xBF"
         "di",
         "rnodi"},
        {"Cherokee is folded to capitals", "\xE1\x8E\xAA", "A"},
        {"accents stay, decomposed", "\xC3\xA9", "e\xCC\x81"},
        {"dotless i is i", "\xC4\xB1", "i"},
        {"nothing", "", ""},
        {"malformed", "\xD0", ""},
    };

    (void)state;
    ASSERT_FOLDS(rows, weir__fold_skeleton);
}

static void
letters(void **state)
{
    static const struct fold_row rows[] = {
        {"m stays m", "farmers", "farmers"},
        {"digits stay digits", "0123456789_", "0123456789_"},
        {"Cyrillic", "f\xD0\xB0rm\xD0\xB5rs", "farmers"},
        {"rn is not m", "rn", "rn"},
        {"the bar is l, not 1", "|", "l"},
        {"the Arabic five is o, not 0", "\xD9\xA5", "o"},
        {"dotless i", "\xC4\xB1", "i"},
        {"what looks like no letter stays", "\xE3\x81\x82\xC3\xA9", "\xE3\x81\x82\xC3\xA9"},
        {"marks stay", "\xD0\xB0\xCC\x81", "a\xCC\x81"},
        {"nothing", "", ""},
        {"malformed", "a\xD0", ""},
    };

    (void)state;
    ASSERT_FOLDS(rows, weir__fold_letters);
}

static void
all_code_points(void **state)
{
    static const char targets[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    char of_target[sizeof targets - 1][8];
    struct icu icu;
    weir_buf in = {0}, skeleton = {0}, mapped = {0};
    size_t nchanged = 0;

    (void)state;
    icu_open(&icu);
    for (size_t i = 0; i < sizeof targets - 1; i++) {
        weir_span s = icu_skeleton(&icu, (weir_span){targets + i, 1});
        assert_true(s.len < sizeof of_target[i]);
        memcpy(of_target[i], s.p, s.len);
        of_target[i][s.len] = '\0';
    }
    for (uint32_t cp = 0; cp <= 0x10FFFF; cp += step_by(13)) {
        if (cp >= 0xD800 && cp <= 0xDFFF)
            continue;
        in.len = skeleton.len = mapped.len = 0;
        weir__buf_put_cp(&in, cp);
        weir__fold_skeleton(span_of_buf(&in), &skeleton);
        weir__fold_letters(span_of_buf(&in), &mapped);
        weir_span want = icu_skeleton(&icu, span_of_buf(&in));
        if (!span_eq(span_of_buf(&skeleton), want))
            fail_msg("U+%04X has another skeleton than ICU gives it", cp);
        nchanged += !span_eq(span_of_buf(&in), want);
        weir_span letter = span_of_buf(&in);
        if (cp >= 0x80 || cp == 0 || !strchr(targets, (int)cp))
            for (size_t i = 0; i < sizeof targets - 1; i++)
                if (span_is(want, of_target[i])) {
                    letter = (weir_span){targets + i, 1};
                    break;
                }
        if (!span_eq(span_of_buf(&mapped), letter))
            fail_msg("U+%04X: mapped to another letter", cp);
    }
    assert_true(nchanged > 10000 / step_by(13)); /* Hangul alone decomposes 11,172 syllables */
    weir_buf_fini(&in);
    weir_buf_fini(&skeleton);
    weir_buf_fini(&mapped);
    uspoof_close(icu.spoof);
}

/* Scripts that confuse, marks that reorder, and anything. */
static uint32_t
random_cp(void)
{
    static const uint32_t ranges[][2] = {
        {0x20, 0x7E},       {0x61, 0x7A},     {0xA0, 0x24F},      {0x300, 0x36F},
        {0x370, 0x52F},     {0x590, 0x6FF},   {0x900, 0x97F},     {0x1100, 0x11FF},
        {0x13A0, 0x13FF},   {0x1E00, 0x1FFF}, {0x2000, 0x2BFF},   {0x3040, 0x30FF},
        {0xAC00, 0xD7A3},   {0xFB00, 0xFFFD}, {0x1D100, 0x1D7FF}, {0xA0, 0xD7FF},
        {0xE000, 0x10FFFF},
    };
    const uint32_t *r = ranges[(size_t)rand() % (sizeof ranges / sizeof *ranges)];

    return r[0] + (uint32_t)rand() % (r[1] - r[0] + 1);
}

static void
random_strings(void **state)
{
    unsigned seed = (unsigned)time(NULL);
    struct icu icu;
    weir_buf in = {0}, got = {0};

    (void)state;
    print_message("# seed %u\n", seed);
    srand(seed);
    icu_open(&icu);
    for (unsigned round = 0; round < 20000; round += step_by(11)) {
        int n = rand() % (round % 100 == 0 ? 400 : 12);

        in.len = got.len = 0;
        while (n-- > 0)
            weir__buf_put_cp(&in, random_cp());
        weir__fold_skeleton(span_of_buf(&in), &got);
        if (!span_eq(span_of_buf(&got), icu_skeleton(&icu, span_of_buf(&in))))
            fail_msg("seed %u, round %d: \"%.*s\"", seed, round, SPAN_FMT(in));
    }
    weir_buf_fini(&in);
    weir_buf_fini(&got);
    uspoof_close(icu.spoof);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_made_once),
        cmocka_unit_test(skeletons),
        cmocka_unit_test(letters),
        cmocka_unit_test(all_code_points),
        cmocka_unit_test(random_strings),
    };

    return cmocka_run_group_tests_name("text/confusable", tests, NULL, NULL);
}

/*
 * The canonical key, and what concerns UTF-8 alone.
 */
#include "unit/text/folds.h"

#include <stdlib.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>

static void
canonical_keys(void **state)
{
    static const struct fold_row rows[] = {
        {"one sign is dropped", "#Farmers", "farmers"},
        {"the wide sign too",
         "\xEF\xBC\x83"
         "Farmers",
         "farmers"},
        {"but one only", "##a", "#a"},
        {"a wide sign behind one becomes a plain one",
         "#\xEF\xBC\x83"
         "a",
         "#a"},
        {"no sign", "a_1Z", "a_1z"},
        {"empty", "", ""},
        {"the sign alone", "#", ""},
        /* CaseFolding.txt: statuses C and F, which are not of any one language. */
        {"dotted capital I folds to i and a dot", "\xC4\xB0", "i\xCC\x87"},
        {"dotless i stays", "\xC4\xB1", "\xC4\xB1"},
        {"final sigma is sigma", "ὈΔΥΣΣΕΎΣ ὀδυσσεύς", "ὀδυσσεύσ ὀδυσσεύσ"},
        {"sharp s is ss", "Straße", "strasse"},
        {"so is the capital one, U+1E9E", "STRAẞE", "strasse"},
        {"n behind an apostrophe, U+0149", "\xC5\x89", "\xCA\xBCn"},
        {"Cherokee folds to capitals", "\xEA\xAD\xB0", "\xE1\x8E\xA0"},
        /* UnicodeData.txt: compatibility decompositions. */
        {"full-width letters and digits", "\xEF\xBC\xA6\xEF\xBC\xA1\xEF\xBC\x92", "fa2"},
        {"a capital that is full-width within ASCII",
         "\xEF\xBC\xAD"
         "odi",
         "modi"},
        {"ligature fi",
         "of\xEF\xAC\x81"
         "ce",
         "office"},
        {"half-width Katakana with its sound mark", "\xEF\xBE\x8A\xEF\xBE\x9E", "\xE3\x83\x90"},
        {"mathematical bold", "\xF0\x9D\x90\x85\xF0\x9D\x90\x9A", "fa"},
        {"circled", "\xE2\x93\x95", "f"},
        {"superscript", "x\xC2\xB2", "x2"},
        {"the long s", "\xC5\xBFo", "so"},
        {"Kelvin", "\xE2\x84\xAA", "k"},
        {"one of 18 letters, U+FDFA", "\xEF\xB7\xBA", "صلى الله عليه وسلم"},
        /* UAX 15: canonical composition and order. */
        {"e and acute compose", "cafe\xCC\x81", "caf\xC3\xA9"},
        {"marks in the wrong order", "q\xCC\x87\xCC\xA3", "q\xCC\xA3\xCC\x87"},
        {"composed below, then above", "d\xCC\x87\xCC\xA3", "\xE1\xB8\x8D\xCC\x87"},
        {"Hangul jamo compose", "\xE1\x84\x90\xE1\x85\xB3\xE1\x84\x8B\xE1\x85\xB1",
         "\xED\x8A\xB8\xEC\x9C\x84"},
        {"Hangul syllables stay", "\xED\x8A\xB8\xEC\x9C\x84", "\xED\x8A\xB8\xEC\x9C\x84"},
        {"half-width jamo", "\xEF\xBE\xA3\xEF\xBE\xA6\xEF\xBE\xB0",
         "\xE1\x86\xAA\xE1\x86\xAD\xE1\x84\x9A"},
        /* CompositionExclusions.txt. */
        {"Devanagari qa is never composed", "\xE0\xA5\x98", "\xE0\xA4\x95\xE0\xA4\xBC"},
        /* DerivedCoreProperties.txt: Default_Ignorable_Code_Point. */
        {"Devanagari with ZWJ", "\xE0\xA4\x95\xE0\xA5\x8D\xE2\x80\x8D\xE0\xA4\xB7",
         "\xE0\xA4\x95\xE0\xA5\x8D\xE0\xA4\xB7"},
        {"Devanagari with ZWNJ", "\xE0\xA4\x95\xE0\xA5\x8D\xE2\x80\x8C\xE0\xA4\xB7",
         "\xE0\xA4\x95\xE0\xA5\x8D\xE0\xA4\xB7"},
        {"zero-width space",
         "far\xE2\x80\x8B"
         "mers",
         "farmers"},
        {"variation selectors", "\xE2\x9C\x8C\xEF\xB8\x8F\xF3\xA0\x84\x80", "\xE2\x9C\x8C"},
        {"soft hyphen",
         "far\xC2\xAD"
         "mers",
         "farmers"},
        {"tags, U+E0061", "a\xF3\xA0\x81\xA1", "a"},
        {"Hangul filler", "\xE3\x85\xA4", ""},
        {"nothing but what is ignored", "#\xE2\x80\x8B\xE2\x80\x8D", ""},
        /* Malformed UTF-8 has no key. */
        {"a lone byte", "farmers\xFF", ""},
        {"a cut sequence", "farmers\xE2\x80", ""},
        {"an overlong slash", "\xC0\xAF", ""},
        {"a surrogate", "\xED\xA0\x80", ""},
        {"beyond Unicode", "\xF4\x90\x80\x80", ""},
        {"non-characters are characters here",
         "\xEF\xBF\xBF"
         "A",
         "\xEF\xBF\xBF"
         "a"},
    };

    (void)state;
    ASSERT_FOLDS(rows, weir_canonical_key);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) /* a key is its own */
        assert_folds(&(struct fold_row){rows[i].why, rows[i].to, rows[i].to}, weir__fold_key);
}

static void
turkic(void **state)
{
    static const struct fold_row rows[] = {
        {"ASCII stays", "istanbul", "istanbul"},
        {"of the dotted capital", "i\xCC\x87stanbul", "istanbul"},
        {"dotless", "\xC4\xB1stanbul d\xC4\xB1\xC4\xB1", "istanbul dii"},
        {"another letter keeps its dot", "z\xCC\x87 i", "z\xCC\x87 i"},
        {"at the end", "xi", "xi"},
        {"other marks stay", "i\xCC\x88", "i\xCC\x88"},
        {"empty", "", ""},
    };

    (void)state;
    ASSERT_FOLDS(rows, weir__fold_turkic);
}

static void
handles(void **state)
{
    static const struct fold_row rows[] = {
        {"ASCII alone", "Kisan_EKTA@Ex.Org\xC3\x89", "kisan_ekta@ex.org\xC3\x89"},
        {"empty", "", ""},
    };

    (void)state;
    ASSERT_FOLDS(rows, weir__fold_handle);
}

/* The code point alone in the buffer; false for a surrogate, which is none. */
static bool
put_utf8(weir_buf *b, uint32_t cp)
{
    b->len = 0;
    weir__buf_put_cp(b, cp);
    return cp < 0xD800 || cp > 0xDFFF;
}

/* What ICU itself makes of up to 16 code points. */
static void
put_icus_key(const UChar32 *cp, size_t ncps, weir_buf *want)
{
    UErrorCode err = U_ZERO_ERROR;
    const UNormalizer2 *norm = unorm2_getNFKCCasefoldInstance(&err);
    UChar u[32], n[512];
    int32_t len = 0;

    for (size_t i = 0; i < ncps; i++)
        U16_APPEND_UNSAFE(u, len, cp[i]);
    len = unorm2_normalize(norm, u, len, n, 512, &err);
    assert_true(U_SUCCESS(err));
    want->len = 0;
    for (int32_t i = 0; i < len; i++) {
        uint32_t c = n[i];
        if (U16_IS_LEAD(c))
            c = 0x10000 + ((c - 0xD800) << 10) + (n[++i] - 0xDC00u);
        weir__buf_put_cp(want, c);
    }
}

static void
every_code_point_is_as_icu_has_it(void **state)
{
    weir_buf in = {0}, key = {0}, again = {0}, want = {0};

    (void)state;
    for (uint32_t cp = 0; cp <= 0x10FFFF; cp += step_by(13)) {
        if (!put_utf8(&in, cp))
            continue;
        put_icus_key(&(UChar32){(UChar32)cp}, 1, &want);
        key.len = again.len = 0;
        weir__fold_key(span_of_buf(&in), &key);
        weir__fold_key(span_of_buf(&key), &again);
        if (!span_eq(span_of_buf(&key), span_of_buf(&want)))
            fail_msg("U+%04X has another key than ICU gives it", cp);
        if (!span_eq(span_of_buf(&key), span_of_buf(&again)))
            fail_msg("U+%04X has a key that is none", cp);
    }
    weir_buf_fini(&in);
    weir_buf_fini(&key);
    weir_buf_fini(&again);
    weir_buf_fini(&want);
}

/* Neighbours matter: letters that marks compose with, marks in and out of order, capitals. Each
   text is of one script, ASCII and general marks beside it. */
static void
texts_are_as_icu_has_them(void **state)
{
    static const uint32_t scripts[][2] = {
        {0xC0, 0x24F},    {0x300, 0x36F},   {0x370, 0x3FF},   {0x400, 0x45F},   {0x5B0, 0x5EA},
        {0x620, 0x65F},   {0x900, 0x97F},   {0x980, 0x9FF},   {0xA00, 0xA7F},   {0xB80, 0xBFF},
        {0xE00, 0xE4F},   {0x1000, 0x103F}, {0x1100, 0x11FF}, {0x1E00, 0x1FFF}, {0x2000, 0x20FF},
        {0x3040, 0x30FF}, {0x4E00, 0x4FFF}, {0xAC00, 0xAC7F}, {0xF900, 0xFAFF}, {0xFF00, 0xFFFF},
    };
    weir_buf in = {0}, key = {0}, want = {0};
    uint32_t random = 1;
    size_t settled = 0;

    (void)state;
    for (size_t round = 0; round < 400000; round += step_by(17)) {
        const uint32_t *script = scripts[round % (sizeof scripts / sizeof *scripts)];
        UChar32 cp[6];
        size_t n = 1 + round % 6;

        in.len = key.len = 0;
        for (size_t i = 0; i < n; i++) {
            random = random * 1664525 + 1013904223;
            uint32_t r = random >> 8, of = r % 8;
            cp[i] = (UChar32)(of == 0   ? 'A' + r / 8 % 58
                              : of == 1 ? 0x300 + r / 8 % 0x70
                                        : script[0] + r / 8 % (script[1] - script[0] + 1));
            weir__buf_put_cp(&in, (uint32_t)cp[i]);
        }
        put_icus_key(cp, n, &want);
        weir__fold_key(span_of_buf(&in), &key);
        if (!span_eq(span_of_buf(&key), span_of_buf(&want)))
            fail_msg("round %zu: another key than ICU gives", round);
        settled +=
            span_eq(span_of_buf(&in), span_of_buf(&want)) && weir__is_settled(span_of_buf(&in));
    }
    assert_true(settled > 20000 / step_by(17)); /* or hardly anything was tried */
    weir_buf_fini(&in);
    weir_buf_fini(&key);
    weir_buf_fini(&want);
}

static void
settled_texts(void **state)
{
    static const struct {
        const char *why, *text;
        bool is_settled;
    } rows[] = {
        {"ASCII", "farmers_1", true},
        {"letters of a script without cases", "\xE0\xA4\x95\xE0\xA4\xBE", true},
        {"one mark behind a letter", "\xE0\xA4\x95\xE0\xA5\x8D\xE0\xA4\xB7", true},
        {"two marks are left to ICU", "q\xCC\xA3\xCC\x87", false},
        {"a mark that would compose", "e\xCC\x81", false},
        {"the letter that it makes", "\xC3\xA9", true},
        {"a capital", "\xC3\x89", false},
        {"what is dropped", "\xE2\x80\x8B", false},
        {"beyond the basic plane", "\xF0\x9F\x98\x80", false},
        {"malformed", "\xC3", false},
        {"overlong", "\xE0\x82\x80", false},
        {"a surrogate", "\xED\xA0\x80", false},
        {"empty", "", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (weir__is_settled(span_of(rows[i].text)) != rows[i].is_settled)
            fail_msg("%s", rows[i].why);
}

static void
lower_case(void **state)
{
    char in[40], out[40];

    (void)state;
    for (size_t len = 0; len <= sizeof in; len++)
        for (int c = 0; c < 256; c++) {
            memset(in, 'z', sizeof in);
            memset(out, '?', sizeof out);
            if (len)
                in[(size_t)c % len] = (char)c;
            bool ascii = weir__lower_ascii((weir_span){in, len}, out);
            assert_true(ascii == (len == 0 || c < 0x80));
            for (size_t i = 0; i < sizeof out; i++)
                assert_int_equal(out[i], i < len ? ascii_lower(in[i]) : '?');
        }
}

/* Around and far beyond what fits the stack, where results grow up to eighteenfold. */
static void
long_tags(void **state)
{
    static const struct {
        const char *piece, *key;
    } pieces[] = {
        {"A", "a"},
        {"\xC3\x89", "\xC3\xA9"},
        {"\xEF\xBC\xA1", "a"},
        {"\xEF\xB7\xBA", "صلى الله عليه وسلم"},
        {"\xE2\x80\x8B", ""},
        {"\xF0\x9D\x90\x85", "f"},
    };
    static const size_t repeats[] = {1, 40, 127, 128, 170, 171, 255, 256, 257, 511, 512, 513, 5000};
    weir_buf in = {0}, got = {0};

    (void)state;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        for (size_t r = 0; r < sizeof repeats / sizeof *repeats; r++) {
            size_t n = repeats[r], len = strlen(pieces[i].key);

            in.len = got.len = 0;
            for (size_t k = 0; k < n; k++)
                weir_buf_puts(&in, pieces[i].piece);
            weir_buf_puts(&got, "<>"); /* an odd place and an even one must do */
            got.len -= r % 2;
            size_t before = got.len;
            weir__fold_key(span_of_buf(&in), &got);
            assert_int_equal(got.len - before, n * len);
            for (size_t k = 0; k < n; k++)
                assert_memory_equal(got.p + before + k * len, pieces[i].key, len);
        }
    weir_buf_fini(&in);
    weir_buf_fini(&got);
}

static void
the_same_buffer_serves_again(void **state)
{
    weir_buf in = {0}, out = {0};
    size_t cap;

    (void)state;
    for (int i = 0; i < 5000; i++)
        weir_buf_puts(&in, "\xEF\xB7\xBA");
    weir__fold_key(span_of_buf(&in), &out);
    cap = out.cap;
    for (int i = 0; i < 10; i++) {
        out.len = 0;
        weir__fold_key(span_of_buf(&in), &out);
        assert_int_equal(out.cap, cap);
    }
    weir_buf_fini(&in);
    weir_buf_fini(&out);
}

static void
a_failed_buffer_stays_as_it_was(void **state)
{
    weir_buf out = {.failed = true};

    (void)state;
    weir__fold_key(SPAN_LIT("A"), &out);
    weir__fold_key(SPAN_LIT("\xC3\x89"), &out);
    weir__fold_turkic(SPAN_LIT("i"), &out);
    weir__fold_skeleton(SPAN_LIT("\xC3\xA9"), &out);
    weir__fold_letters(SPAN_LIT("a"), &out);
    weir__fold_handle(SPAN_LIT("a"), &out);
    assert_true(out.failed && out.len == 0 && out.p == NULL);
}

static void
utf8_is_judged_as_icu_judges_it(void **state)
{
    static const uint8_t bytes[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0,
                                    0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC,
                                    0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5};
    enum { N = sizeof bytes };

    (void)state;
    for (size_t i = 0; i < N * N * N * N; i += step_by(23)) {
        uint8_t s[5] = {bytes[i % N], bytes[i / N % N], bytes[i / N / N % N], bytes[i / N / N / N],
                        'x'};
        size_t want = sizeof s, got = sizeof s;

        for (size_t at = 0; at < sizeof s;) {
            size_t start = at;
            UChar32 c;

            U8_NEXT(s, at, sizeof s, c);
            if (c < 0) {
                want = start;
                break;
            }
        }
        weir_span span = {(const char *)s, sizeof s};
        if (weir__is_utf8(span, &got) != (want == sizeof s) || got != want)
            fail_msg("%02X %02X %02X %02X: bad at %zu, not at %zu", s[0], s[1], s[2], s[3], got,
                     want);
        if (weir__is_settled(span) && want != sizeof s)
            fail_msg("%02X %02X %02X %02X is malformed, and settled", s[0], s[1], s[2], s[3]);
    }
    assert_true(weir__is_utf8(SPAN_NONE, NULL));
    assert_false(weir__is_utf8(SPAN_LIT("abc\xC3"), NULL));
}

static void
ascii(void **state)
{
    char s[40];

    (void)state;
    memset(s, 'a', sizeof s);
    assert_true(weir__is_ascii(SPAN_NONE));
    assert_true(weir__is_ascii((weir_span){s, sizeof s}));
    for (size_t from = 0; from < 8; from++)
        for (size_t at = from; at < sizeof s; at++) {
            s[at] = '\x80';
            assert_false(weir__is_ascii((weir_span){s + from, sizeof s - from}));
            assert_true(weir__is_ascii((weir_span){s + from, at - from}));
            s[at] = 'a';
        }
}

static void
version(void **state)
{
    const char *v = weir__unicode_version();

    (void)state;
    assert_true(atoi(v) >= 15);
    assert_non_null(strchr(v, '.'));
    assert_ptr_equal(v, weir__unicode_version());
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical_keys),
        cmocka_unit_test(turkic),
        cmocka_unit_test(handles),
        cmocka_unit_test(every_code_point_is_as_icu_has_it),
        cmocka_unit_test(texts_are_as_icu_has_them),
        cmocka_unit_test(settled_texts),
        cmocka_unit_test(lower_case),
        cmocka_unit_test(long_tags),
        cmocka_unit_test(the_same_buffer_serves_again),
        cmocka_unit_test(a_failed_buffer_stays_as_it_was),
        cmocka_unit_test(utf8_is_judged_as_icu_judges_it),
        cmocka_unit_test(ascii),
        cmocka_unit_test(version),
    };

    return cmocka_run_group_tests_name("text/fold", tests, NULL, NULL);
}

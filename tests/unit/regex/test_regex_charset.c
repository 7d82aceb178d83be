/*
 * Sets of characters, held against PCRE2: letters that are the same but for their case, named
 * sets, and what canonical keys are made of.
 */
#include "unit/test.h"

#include "regex/factor.h"
#include "text/fold.h"
#include "unit/regex/patterns.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>

static struct weir__regex_scratch *scratch;

static bool
matches(const struct weir__regex *re, weir_span subject)
{
    return weir__regex_match(re, scratch, subject) == WEIR__HIT;
}

static bool
is_surrogate(uint32_t c)
{
    return c >= 0xD800 && c <= 0xDFFF;
}

/* Under Valgrind, one character in many. */
static uint32_t
step(void)
{
    return getenv("WEIR_TEST_NO_JIT") ? 101 : 1;
}

/* All characters that have a case, and their neighbours. */
static weir_buf cased;

static void
find_cased(void)
{
    struct weir__regex *re =
        pattern_compiled(SPAN_LIT("[\\p{L&}\\p{Nl}\\x{300}-\\x{370}\\x{24b0}-\\x{24ff}]"), false);
    weir_buf one = {0};

    assert_non_null(re);
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        if (is_surrogate(c))
            continue;
        one.len = 0;
        weir__buf_put_cp(&one, c);
        if (matches(re, span_of_buf(&one)))
            weir_buf_put(&cased, span_of_buf(&one));
    }
    weir_buf_fini(&one);
    weir__regex_free(re);
    assert_true(cased.len > 6000);
}

static weir_span
next_character(weir_span *rest)
{
    size_t n = 1;

    while (n < rest->len && ((uint8_t)rest->p[n] & 0xC0) == 0x80)
        n++;
    weir_span c = span_head(*rest, n);
    *rest = span_skip(*rest, n);
    return c;
}

static uint32_t
code_point(weir_span c)
{
    const uint8_t *p = (const uint8_t *)c.p;
    uint32_t lead = c.len == 1 ? p[0] : p[0] & (0xFFu >> (c.len + 1));

    for (size_t i = 1; i < c.len; i++)
        lead = lead << 6 | (p[i] & 0x3Fu);
    return lead;
}

static bool
is_item(const struct weir__factors *f, weir_span c)
{
    for (size_t i = 0; i < f->n; i++)
        if (span_eq(f->items[i].text, c))
            return true;
    return false;
}

/* The pattern of one character matches what its factors say, and no other cased character. */
static void
check_case_of(weir_span c, enum weir__subjects of, struct arena *in)
{
    struct weir__factors f;
    weir_buf pattern = {0}, others = {0};
    weir_span rest = span_of_buf(&cased);

    weir_buf_printf(&pattern, "^%.*s$", SPAN_FMT(c));
    weir__regex_factors(span_of_buf(&pattern), false, of, in, &f);
    struct weir__regex *re =
        pattern_compiled(weir__span_trim((weir_span){pattern.p + 1, pattern.len - 2}), false);
    struct weir__regex *whole = pattern_compiled(span_of_buf(&pattern), false);
    assert_non_null(re);
    assert_non_null(whole);
    for (size_t i = 0; f.exact && i < f.n; i++)
        if (!matches(whole, f.items[i].text))
            fail_msg("U+%04X does not match %.*s", code_point(c), SPAN_FMT(f.items[i].text));
    while (rest.len || others.len) {
        weir_span x = rest.len ? next_character(&rest) : SPAN_NONE;

        if (x.len && weir__may_occur(code_point(x), of) && !is_item(&f, x))
            weir_buf_put(&others, x);
        if (others.len > WEIR__SUBJECT_MAX - 8 || !x.len) {
            if (matches(re, span_of_buf(&others)))
                fail_msg("U+%04X (%d) matches what its factors do not know of", code_point(c), of);
            others.len = 0;
        }
    }
    weir__regex_free(re);
    weir__regex_free(whole);
    weir_buf_fini(&pattern);
    weir_buf_fini(&others);
}

static void
cases(void **state)
{
    weir_span rest;
    struct arena in;
    size_t n = 0;

    (void)state;
    find_cased();
    arena_init(&in, NULL);
    for (rest = span_of_buf(&cased); rest.len;) {
        weir_span c = next_character(&rest);

        if (n++ % step() != 0)
            continue;
        check_case_of(c, WEIR__SUBJECTS_FOLDED, &in);
        check_case_of(c, WEIR__SUBJECTS_HANDLE, &in);
        arena_reset(&in);
    }
    arena_fini(&in);
    weir_buf_fini(&cased);
}

/* What no key holds by weir__may_occur, none that is made of any character holds. */
static void
keys(void **state)
{
    weir_buf one = {0}, key = {0};

    (void)state;
    for (uint32_t c = 0; c <= 0x10FFFF; c += step()) {
        if (is_surrogate(c))
            continue;
        one.len = key.len = 0;
        weir__buf_put_cp(&one, c);
        weir__fold_key(span_of_buf(&one), &key);
        for (weir_span rest = span_of_buf(&key); rest.len;) {
            uint32_t x = code_point(next_character(&rest));
            if (!weir__may_occur(x, WEIR__SUBJECTS_FOLDED))
                fail_msg("U+%04X is in the key of U+%04X", x, c);
        }
        assert_int_equal(weir__may_occur(c, WEIR__SUBJECTS_HANDLE), c < 'A' || c > 'Z');
    }
    weir_buf_fini(&one);
    weir_buf_fini(&key);
}

/* The set holds all ASCII that the class matches, and, where it is sure, nothing else. */
static void
check_ascii(const char *text, const struct weir__charset *set, bool caseless)
{
    char pattern[96];

    (void)snprintf(pattern, sizeof pattern, "%s^%s$", caseless ? "" : "(?-i)", text);
    struct weir__regex *re = pattern_compiled(span_of(pattern), false);
    if (!re) /* names that PCRE2 does not know (yet) */
        return;
    for (uint32_t c = 0; c < 128; c++) {
        char ch = (char)c;
        bool hit = matches(re, (weir_span){&ch, 1}), has = weir__charset_has_ascii(set, c);
        bool unsure = (set->unsure[c / 64] >> (c % 64) & 1) != 0;

        if (hit ? !has : has && !unsure)
            fail_msg("%s: U+%04X is %sin it", pattern, c, hit ? "" : "not ");
    }
    weir__regex_free(re);
}

static void
named_sets(void **state)
{
    static const char *const classes[] = {"alpha", "lower", "upper",  "digit", "alnum",
                                          "word",  "space", "blank",  "cntrl", "graph",
                                          "print", "punct", "xdigit", "ascii"};
    char text[64];

    (void)state;
    for (int caseless = 0; caseless < 2; caseless++) {
        for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
            for (int negated = 0; negated < 2; negated++) {
                struct weir__charset set = {0};
                assert_true(weir__charset_add_posix(&set, span_of(classes[i]), negated));
                (void)snprintf(text, sizeof text, "[[:%s%s:]]", negated ? "^" : "", classes[i]);
                check_ascii(text, &set, caseless);
                weir__charset_negate(&set);
                (void)snprintf(text, sizeof text, "[^[:%s%s:]]", negated ? "^" : "", classes[i]);
                check_ascii(text, &set, caseless);
            }
        for (const char *k = "dDwWsShHvV"; *k; k++) {
            struct weir__charset set = {0};
            weir__charset_add_escape(&set, *k);
            (void)snprintf(text, sizeof text, "\\%c", *k);
            check_ascii(text, &set, caseless);
        }
    }
    struct weir__charset set = {0};
    assert_false(weir__charset_add_posix(&set, SPAN_LIT("none"), false));
}

static void
check_property(const char *name)
{
    char text[80];

    for (int negated = 0; negated < 2; negated++) {
        struct weir__charset set = {0};
        weir__charset_add_property(&set, span_of(name), negated);
        (void)snprintf(text, sizeof text, "\\%c{%s}", negated ? 'P' : 'p', name);
        check_ascii(text, &set, true);
        check_ascii(text, &set, false);
    }
}

static void
properties(void **state)
{
    static const char *const names[] = {
        "L",     "L&",       "Lu",    "Ll",        "Lt",    "Lm",         "N",     "Nd",  "Nl",
        "M",     "P",        "S",     "Z",         "C",     "Cc",         "Any",   "Xan", "Xwd",
        "greek", "sc:Greek", "Lower", "Hex_Digit", "ASCII", "Alphabetic", "Emoji", "l"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        check_property(names[i]);
    for (int32_t i = 0; i < u_getIntPropertyMaxValue(UCHAR_SCRIPT); i++) {
        const char *full = u_getPropertyValueName(UCHAR_SCRIPT, i, U_LONG_PROPERTY_NAME);
        const char *brief = u_getPropertyValueName(UCHAR_SCRIPT, i, U_SHORT_PROPERTY_NAME);
        if (full)
            check_property(full);
        if (brief)
            check_property(brief);
    }
}

static int
begin(void **state)
{
    (void)state;
    return weir__regex_scratch_new(WEIR__MATCH_LIMIT, &scratch) == WEIR_OK ? 0 : -1;
}

static int
end(void **state)
{
    (void)state;
    weir__regex_scratch_free(scratch);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cases),
        cmocka_unit_test(keys),
        cmocka_unit_test(named_sets),
        cmocka_unit_test(properties),
    };

    return cmocka_run_group_tests_name("regex/charset", tests, begin, end);
}

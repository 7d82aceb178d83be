/*
 * Regexes: the options that rule authors are promised, the budget, and each way to fail. All of it
 * with JIT code and without, where the machine has it. WEIR_TEST_NO_JIT leaves the JIT half out:
 * Valgrind does not understand code made while running.
 */
#include "unit/test.h"

#include "regex/regex.h"

#include <stdio.h>
#include <stdlib.h>

static bool
may_jit(void)
{
    return !getenv("WEIR_TEST_NO_JIT") && weir__regex_can_jit();
}

static struct weir__regex *
compiled(const char *pattern, bool extended, bool jit)
{
    struct weir__regex *re = NULL;
    struct weir__regex_error err;

    if (weir__regex_compile(span_of(pattern), extended, jit, &re, &err) != WEIR_OK)
        fail_msg("/%s/: %s at %zu", pattern, err.message, err.offset);
    return re;
}

static enum weir__hit
try_once(const char *pattern, bool extended, bool jit, weir_span subject)
{
    struct weir__regex *re = compiled(pattern, extended, jit);
    struct weir__regex_scratch *s;
    enum weir__hit first, second;

    assert_int_equal(weir__regex_scratch_new(WEIR__MATCH_LIMIT, &s), WEIR_OK);
    first = weir__regex_match(re, s, subject);
    second = weir__regex_match(re, s, subject);
    assert_int_equal(first, second);
    weir__regex_scratch_free(s);
    weir__regex_free(re);
    return first;
}

static void
options(void **state)
{
    static const struct {
        const char *why, *pattern;
        bool extended;
        const char *subject;
        enum weir__hit want;
    } rows[] = {
        {"unanchored", "rme", false, "farmers", WEIR__HIT},
        {"caseless", "FARM", false, "farmers", WEIR__HIT},
        {"caseless beyond ASCII", "^\xC3\x89$", false, "\xC3\xA9", WEIR__HIT},
        {"a dot is a code point", "^.$", false, "\xE3\x81\x82", WEIR__HIT},
        {"digits of any script", "^\\d$", false, "\xE0\xA5\xA7", WEIR__HIT},
        {"word characters of any script", "^\\w+$", false, "\xD0\xBA\xD0\xB0", WEIR__HIT},
        {"properties", "^\\p{Devanagari}+$", false, "\xE0\xA4\x95", WEIR__HIT},
        {"a dollar is the very end", "a$", false, "a\n", WEIR__MISS},
        {"a space counts", "a b", false, "ab", WEIR__MISS},
        {"but not under x", "a b # and this", true, "ab", WEIR__HIT},
        {"look-behind", "(?<!un)fair", false, "unfair", WEIR__MISS},
        {"groups beyond the match data's room", "(a)(b)(c)", false, "abc", WEIR__HIT},
        {"back-references", "^(.+)\\1$", false, "abab", WEIR__HIT},
        {"the empty pattern", "", false, "", WEIR__HIT},
        {"the empty subject", "a", false, "", WEIR__MISS},
        {"a subject that is not UTF-8", "a", false, "a\xFF", WEIR__MISS},
        {"a surrogate", "a|.", false, "\xED\xA0\x80", WEIR__MISS},
        {"a sequence that is cut", ".", false, "\xE2\x80", WEIR__MISS},
        {"a pattern may ask not to be JIT code", "(*NO_JIT)a", false, "a", WEIR__HIT},
        {"call-outs call nobody", "a(?C1)b", false, "ab", WEIR__HIT},
    };

    (void)state;
    for (int jit = 0; jit <= may_jit(); jit++)
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            if (try_once(rows[i].pattern, rows[i].extended, jit, span_of(rows[i].subject)) !=
                rows[i].want)
                fail_msg("%s (JIT: %d)", rows[i].why, jit);
    assert_int_equal(try_once("", false, false, SPAN_NONE), WEIR__HIT);
}

static void
refused(void **state)
{
    static const struct {
        const char *pattern;
        size_t offset;       /* 0: not asked, PCRE2's versions differ */
        const char *message; /* a part of it */
    } rows[] = {
        {"(a", 2, "missing closing parenthesis"},
        {"a\\C", 0, "\\C"},
        {"\\L<city>", 0, ""},
        {"*a", 0, "quantifier"},
        {"a\xFF", 1, "UTF-8"},
        {"(?<=a+)b", 0, "lookbehind"},
        {"((((a{1,9999}){1,9999}){1,9999}){1,9999})", 0, "too large"},
        {"[[:nosuch:]]", 0, "POSIX"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct weir__regex *re = NULL;
        struct weir__regex_error err = {0};
        weir_span pattern = span_of(rows[i].pattern);

        assert_int_equal(weir__regex_compile(pattern, false, true, &re, &err), WEIR_E_ARG);
        assert_int_equal(weir__regex_compile(pattern, false, true, &re, NULL), WEIR_E_ARG);
        assert_null(re);
        if (!strstr(err.message, rows[i].message))
            fail_msg("/%s/: %s", rows[i].pattern, err.message);
        assert_true(err.offset <= pattern.len);
        if (rows[i].offset > 0 && err.offset != rows[i].offset)
            fail_msg("/%s/: at %zu", rows[i].pattern, err.offset);
    }
}

static void
out_of_budget(void **state)
{
    static const struct {
        const char *why, *pattern;
    } rows[] = {
        {"a repeat of a repeat", "(a+)+$"},
        {"of a choice", "(a|aa)+$"},
        {"of what may be empty", "(a*)*$"},
        {"many repeats", "(?:a?){60}a{60}$"},
        {"back-references", "(a+)+\\1$"},
        {"recursion", "^(a(?1)*)*$"},
        {"a limit that the pattern sets itself cannot be higher",
         "(*LIMIT_MATCH=4000000000)(a+)+$"},
        {"nor that of depth", "(*LIMIT_DEPTH=4000000000)(a+)+$"},
    };
    static char subject[60];

    (void)state;
    memset(subject, 'a', sizeof subject - 1);
    subject[sizeof subject - 1] = 'b';
    for (int jit = 0; jit <= may_jit(); jit++)
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            enum weir__hit hit =
                try_once(rows[i].pattern, false, jit, (weir_span){subject, sizeof subject});
            if (hit != WEIR__RAN_OUT)
                fail_msg("%s (JIT: %d): %d", rows[i].why, jit, hit);
        }
}

/* Each of these costs a power of the subject's length that the match limit does not see. */
static void
long_subjects(void **state)
{
    static const char *const patterns[] = {
        ".*[xy]",        ".*.*[xy]",      ".*.*.*[xy]",
        "a{0,3000}[xy]", "(?:.*){3}[xy]", "(?=.*[xy])(?=.*[yz])",
    };
    static const size_t lens[] = {128, 129, 700, WEIR__SUBJECT_MAX};
    static char subject[1 << 20];

    (void)state;
    memset(subject, 'a', sizeof subject);
    for (int jit = 0; jit <= may_jit(); jit++)
        for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
            for (size_t n = 0; n < sizeof lens / sizeof *lens; n++)
                assert_int_not_equal(
                    try_once(patterns[i], false, jit, (weir_span){subject, lens[n]}), WEIR__HIT);
            assert_int_equal(
                try_once(patterns[i], false, jit, (weir_span){subject, sizeof subject}),
                WEIR__RAN_OUT);
        }
}

static void
a_scratch_serves_all_patterns(void **state)
{
    static char subject[100];
    struct weir__regex_scratch *s;

    (void)state;
    memset(subject, 'a', sizeof subject);
    assert_int_equal(weir__regex_scratch_new(WEIR__MATCH_LIMIT, &s), WEIR_OK);
    for (int jit = 0; jit <= may_jit(); jit++) {
        struct weir__regex *hit = compiled("^a", false, jit);
        struct weir__regex *runs_out = compiled("(a+)+b$|(?:a+)+[bc]", false, jit);

        for (int i = 0; i < 3; i++) {
            weir_span usual = {subject, sizeof subject};
            assert_int_equal(weir__regex_match(hit, s, usual), WEIR__HIT);
            assert_int_equal(weir__regex_match(runs_out, s, usual), WEIR__RAN_OUT);
            assert_int_equal(weir__regex_match(hit, s, SPAN_NONE), WEIR__MISS);
        }
        weir__regex_free(hit);
        weir__regex_free(runs_out);
    }
    weir__regex_scratch_free(s);
    weir__regex_scratch_free(NULL);
    weir__regex_free(NULL);
}

static void
no_jit_unless_asked_for(void **state)
{
    struct weir__regex *without = compiled("a", false, false);

    (void)state;
    assert_false(weir__regex_is_jitted(without));
    weir__regex_free(without);
}

static void
jit_when_asked_for(void **state)
{
    (void)state;
    if (!may_jit())
        skip_because(
            "no machine code for regexes: WEIR_TEST_NO_JIT is set, or PCRE2 has none here");
    struct weir__regex *with = compiled("a", false, true);
    struct weir__regex *refuses = compiled("(*NO_JIT)a", false, true);
    assert_true(weir__regex_is_jitted(with));
    assert_false(weir__regex_is_jitted(refuses));
    weir__regex_free(with);
    weir__regex_free(refuses);
}

/* What moderators really write compiles, and says the same with JIT code and without. */
static void
real_patterns(void **state)
{
    FILE *files[] = {open_data("rules/regex_watched_keywords.txt"),
                     open_data("rules/regex_bad_keywords.txt")};
    weir_span subject = SPAN_LIT("best_keto_diet_pills_2021_for_men_www_example_com");
    struct weir__regex_scratch *s;
    char *line = NULL;
    size_t cap = 0, nrefused = 0, n = 0;
    ssize_t len;
    bool jit = may_jit();

    (void)state;
    assert_int_equal(weir__regex_scratch_new(WEIR__MATCH_LIMIT, &s), WEIR_OK);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        while ((len = getline(&line, &cap, files[i])) > 0) {
            weir_span pattern = weir__span_trim((weir_span){line, (size_t)len});
            struct weir__regex *plain = NULL, *jitted = NULL;

            n++;
            if (weir__regex_compile(pattern, false, false, &plain, NULL) != WEIR_OK) {
                nrefused++;
                continue;
            }
            assert_int_equal(weir__regex_compile(pattern, false, jit, &jitted, NULL), WEIR_OK);
            enum weir__hit a = weir__regex_match(plain, s, subject);
            enum weir__hit b = weir__regex_match(jitted, s, subject);
            if (a != b && a != WEIR__RAN_OUT && b != WEIR__RAN_OUT)
                fail_msg("%.*s: %d, with JIT code %d", SPAN_FMT(pattern), a, b);
            weir__regex_free(plain);
            weir__regex_free(jitted);
        }
        (void)fclose(files[i]);
    }
    free(line);
    weir__regex_scratch_free(s);
    print_message("# %zu of %zu patterns are refused\n", nrefused, n);
    assert_true(n > 7000 && nrefused < 10);
}

/* A bar stands behind each piece. */
static void
pieces(void **state)
{
    static const struct {
        const char *pattern, *want;
        bool extended, may_be_empty;
    } rows[] = {
        {"^#a\xC3\xA9?$", "^|#|a|\xC3\xA9?|$|", false, false},
        {"a(b|[c-e]+){2}\\d\\x{41}", "a|(|b|||[c-e]+|){2}|\\d|\\x{41}|", false, false},
        {"(?:a)(?<n>b)(?=c)(?#d)e", "(?:|a|)|(?<n>|b|)|(?=|c|)(?#d)|e|", false, false},
        {"\\Qa.*\\Eb", "a|.|*\\E|b|", false, false},
        {" a # b", "a # b|", true, false},
        {" a # b", " |a| |#| |b|", false, false},
        {"(?x) a b*", "(?x) |a |b*|", false, false},
        {"(a|b*)", "(|a|||b*|)|", false, true},
        {"((a{3}){3}){3}", "(|(|a{3}|){3}|){3}|", false, false},
    };
    struct weir__regex_piece p[64];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_span pattern = span_of(rows[i].pattern);
        char got[128] = "";
        bool empty;
        size_t n;
        assert_int_equal(weir__regex_pieces(pattern, rows[i].extended, p, &n, &empty), WEIR_OK);
        for (size_t k = 0; k < n; k++) {
            assert_true(p[k].len && p[k].at + p[k].len <= pattern.len);
            strncat(got, pattern.p + p[k].at, p[k].len);
            strcat(got, "|");
        }
        assert_string_equal(got, rows[i].want);
        assert_int_equal(empty, rows[i].may_be_empty);
    }
    size_t n;
    bool empty;
    assert_int_equal(weir__regex_pieces(SPAN_LIT("a(b"), false, p, &n, &empty), WEIR_E_ARG);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options),
        cmocka_unit_test(refused),
        cmocka_unit_test(out_of_budget),
        cmocka_unit_test(long_subjects),
        cmocka_unit_test(a_scratch_serves_all_patterns),
        cmocka_unit_test(no_jit_unless_asked_for),
        cmocka_unit_test(jit_when_asked_for),
        cmocka_unit_test(real_patterns),
        cmocka_unit_test(pieces),
    };

    return cmocka_run_group_tests_name("regex/regex", tests, NULL, NULL);
}

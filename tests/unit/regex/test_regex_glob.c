/*
 * Globs: folding, matching, and matching held against a naive matcher.
 */
#include "unit/test.h"

#include "regex/glob.h"

#include <stdlib.h>
#include <time.h>

static void
is_glob(void **state)
{
    (void)state;
    assert_true(weir__is_glob(SPAN_LIT("a*")));
    assert_true(weir__is_glob(SPAN_LIT("?")));
    assert_true(weir__is_glob(SPAN_LIT("a\\*")));
    assert_false(weir__is_glob(SPAN_LIT("a/b")));
    assert_false(weir__is_glob(SPAN_NONE));
}

/* A fold that does what the real ones do: lower case, a wide sign made plain, some bytes dropped.
 */
static void
fold(weir_span run, weir_buf *out)
{
    static const char wide[] = "\xEF\xBC\x8A"; /* full-width asterisk */

    while (run.len > 0) {
        if (span_starts(run, wide)) {
            weir_buf_putc(out, '*');
            run = span_skip(run, strlen(wide));
            continue;
        }
        if (run.p[0] != '-')
            weir_buf_putc(out, ascii_lower(run.p[0]));
        run = span_skip(run, 1);
    }
}

static void
folding(void **state)
{
    static const struct {
        const char *why, *glob, *plain, *folded;
    } rows[] = {
        {"empty", "", "", ""},
        {"a literal", "aB", "aB", "ab"},
        {"wildcards are kept", "A*B?C", "A*B?C", "a*b?c"},
        {"stars become one", "A***B", "A*B", "a*b"},
        {"but not around a question mark", "*?*", "*?*", "*?*"},
        {"nor around a literal star", "*\\**", "*\\**", "*\\**"},
        {"stars meet where folding drops the run", "*-*", "*-*", "*"},
        {"escapes stay", "\\*\\?\\\\", "\\*\\?\\\\", "\\*\\?\\\\"},
        {"an escape and its neighbours are one run", "A\\*B", "A\\*B", "a\\*b"},
        {"a star that folding made is escaped", "A\xEF\xBC\x8A*", "A\xEF\xBC\x8A*", "a\\**"},
    };
    weir_buf b = {0};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        b.len = 0;
        assert_true(weir__glob_fold(span_of(rows[i].glob), NULL, &b, NULL));
        if (!span_is(span_of_buf(&b), rows[i].plain))
            fail_msg("%s: became \"%.*s\"", rows[i].why, SPAN_FMT(b));
        b.len = 0;
        assert_true(weir__glob_fold(span_of(rows[i].glob), fold, &b, NULL));
        if (!span_is(span_of_buf(&b), rows[i].folded))
            fail_msg("%s: folded to \"%.*s\"", rows[i].why, SPAN_FMT(b));
    }
    weir_buf_fini(&b);
}

static void
refused(void **state)
{
    static const struct {
        const char *glob;
        size_t bad;
    } rows[] = {
        {"\\", 0}, {"a\\", 1}, {"a*\\n", 2}, {"\\\\\\a", 2}, {"a\xFF*", 1}, {"*\xE2\x80", 1},
    };
    weir_buf b = {0};

    (void)state;
    weir_buf_puts(&b, "x");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t bad = SIZE_MAX;

        assert_false(weir__glob_fold(span_of(rows[i].glob), fold, &b, &bad));
        assert_int_equal(bad, rows[i].bad);
        assert_false(weir__glob_fold(span_of(rows[i].glob), NULL, &b, NULL));
        assert_true(span_is(span_of_buf(&b), "x"));
    }
    weir_buf_fini(&b);
}

static void
matching(void **state)
{
    static const struct {
        const char *why, *glob, *subject;
        bool matches;
    } rows[] = {
        {"nothing is nothing", "", "", true},
        {"nothing is not something", "", "a", false},
        {"a star takes nothing", "*", "", true},
        {"a star takes all", "*", "farmers", true},
        {"a question mark takes one", "?", "", false},
        {"no more than one", "?", "ab", false},
        {"anchored in front", "armers", "farmers", false},
        {"anchored behind", "farmer", "farmers", false},
        {"between two", "farmer*genocide*", "farmerxgenocide", true},
        {"the first place will not do", "*ab", "abxab", true},
        {"a star gives back", "*abc", "ababc", true},
        {"stars do not share what they take", "*ab*ab*", "xabx", false},
        {"a code point of three bytes is one", "a?b",
         "a\xE3\x81\x82"
         "b",
         true},
        {"and not three", "a???b",
         "a\xE3\x81\x82"
         "b",
         false},
        {"behind a star too", "*?\xE3\x81\x84", "\xE3\x81\x82\xE3\x81\x84", true},
        {"no match inside a code point", "*??", "\xE3\x81\x82", false},
        {"an escaped star is itself", "a\\*", "a*", true},
        {"and nothing else", "a\\*", "ab", false},
        {"an escaped question mark", "\\?", "?", true},
        {"an escaped backslash", "\\\\*", "\\x", true},
        {"behind a star", "*\\*", "a*b*", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (weir__glob_match(span_of(rows[i].glob), span_of(rows[i].subject)) != rows[i].matches)
            fail_msg("%s: \"%s\" on \"%s\"", rows[i].why, rows[i].glob, rows[i].subject);
}

/* Exponential matchers never come back from this. */
static void
hostile_subjects(void **state)
{
    enum { N = 100000 };
    static char subject[N];
    weir_span s = {subject, N};

    (void)state;
    memset(subject, 'a', N);
    assert_false(weir__glob_match(SPAN_LIT("*a*a*a*a*a*a*a*a*a*b"), s));
    assert_false(weir__glob_match(SPAN_LIT("*aaaaaaaaaaaaaaaaaaab"), s));
    assert_false(weir__glob_match(SPAN_LIT("*?*?*?*?*?*?*?*?b"), s));
    assert_true(weir__glob_match(SPAN_LIT("*a*a*a*a*a*a*a*a*a*"), s));
}

/* The definition, word for word. */
static bool
naive(const char *glob, const char *subject)
{
    if (*glob == '\0')
        return *subject == '\0';
    if (*glob == '*')
        return naive(glob + 1, subject) || (*subject && naive(glob, subject + 1));
    if (*subject == '\0')
        return false;
    if (*glob == '?') {
        do
            subject++;
        while ((*subject & 0xC0) == 0x80);
        return naive(glob + 1, subject);
    }
    if (*glob == '\\')
        glob++;
    return *glob == *subject && naive(glob + 1, subject + 1);
}

static void
make(char *to, const char *const *pieces, size_t npieces, int n)
{
    *to = '\0';
    while (n-- > 0)
        strcat(to, pieces[(size_t)rand() % npieces]);
}

static void
as_the_naive_matcher(void **state)
{
    static const char *const in_glob[] = {"*", "?", "a", "b", "\xC3\xA9", "\\*", "\\\\"};
    static const char *const in_subject[] = {"a", "b", "\xC3\xA9", "*", "\\", "a"};
    unsigned seed = (unsigned)time(NULL);
    int nmatches = 0;

    (void)state;
    print_message("# seed %u\n", seed);
    srand(seed);
    for (int round = 0; round < 100000; round++) {
        char glob[64], subject[64];

        make(glob, in_glob, 7, rand() % 8);
        make(subject, in_subject, 6, rand() % 10);
        bool want = naive(glob, subject);
        nmatches += want;
        if (weir__glob_match(span_of(glob), span_of(subject)) != want)
            fail_msg("seed %u: \"%s\" on \"%s\"", seed, glob, subject);
    }
    assert_true(nmatches > 1000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_glob),          cmocka_unit_test(folding),
        cmocka_unit_test(refused),          cmocka_unit_test(matching),
        cmocka_unit_test(hostile_subjects), cmocka_unit_test(as_the_naive_matcher),
    };

    return cmocka_run_group_tests_name("regex/glob", tests, NULL, NULL);
}

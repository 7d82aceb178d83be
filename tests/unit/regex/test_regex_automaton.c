/*
 * The automaton: what it must report and what it should not, and its candidates held against PCRE2
 * and the glob matcher with patterns and subjects drawn at random, in caches of any size.
 */
#include "unit/test.h"

#include "base/vectors.h"
#include "regex/automaton_parts.h"
#include "regex/glob.h"
#include "unit/regex/patterns.h"

static bool
is_candidate(const uint32_t *candidates, size_t n, uint32_t pattern)
{
    for (size_t i = 0; i < n; i++)
        if (candidates[i] == pattern)
            return true;
    return false;
}

static void
check_ascending(const uint32_t *candidates, size_t n, size_t npatterns)
{
    for (size_t i = 0; i < n; i++) {
        assert_true(candidates[i] < npatterns);
        assert_true(i == 0 || candidates[i - 1] < candidates[i]);
    }
}

struct one {
    struct weir__automaton *a;
    struct weir__automaton_cache *c, *none; /* none: without room for any state */
};

static struct one
automaton_of(const struct weir__automaton_pattern *patterns, size_t n, size_t bytes)
{
    struct one one;

    assert_int_equal(weir__automaton_build(patterns, n, &one.a), WEIR_OK);
    bool vectors = weir__has_vectors() && draw(2);
    assert_int_equal(weir__automaton_cache_new(one.a, bytes, vectors, &one.c), WEIR_OK);
    assert_int_equal(weir__automaton_cache_new(one.a, 0, false, &one.none), WEIR_OK);
    return one;
}

/* The candidates, which are the same with states and without. */
static size_t
run(struct one *one, weir_span subject, const uint32_t **candidates)
{
    const uint32_t *bare;
    size_t n = weir__automaton_run(one->a, one->c, subject, candidates);

    assert_int_equal(weir__automaton_run(one->a, one->none, subject, &bare), n);
    if (n)
        assert_memory_equal(bare, *candidates, n * sizeof *bare);
    return n;
}

static void
drop(struct one *one)
{
    weir__automaton_cache_free(one->c);
    weir__automaton_cache_free(one->none);
    weir__automaton_free(one->a);
}

/* What should be told apart; matches must be, see below. */
static void
precision(void **state)
{
    static const struct {
        const char *why, *pattern, *yes, *no;
    } rows[] = {
        {"counts", "^[a-z]{3}\\d{4}$", "abc1234", "abc123"},
        {"more than that", "^[a-z]{3}\\d{4}$", "abc1234", "abc12345"},
        {"unanchored", "\\d{6,}", "ab123456c", "12345a6"},
        {"negated classes", "^[^aeiou]{5,}$", "rhythms", "rhythma"},
        {"few characters", "^.{1,2}$", "ab", "abc"},
        {"characters, not bytes", "^.{1,2}$", "\xE0\xA4\x95\xE0\xA4\x95",
         "\xE0\xA4\x95\xE0\xA4\x95\xE0\xA4\x95"},
        {"alternation", "[a-z]\\d[a-z]\\d", "a1b2", "ab12"},
        {"a choice of ends", "[xyz](?:$|\\d)", "abx", "abxa"},
        {"groups that repeat", "^(?:[ab][12])+$", "a1b2", "a1b2a"},
        {"lazy ones", "^[ab]+?[12]$", "ab1", "ab"},
        {"letters of one script", "^[\xD0\xB0-\xD1\x8F]{3}$", "\xD0\xB0\xD0\xB1\xD0\xB2", "abc"},
        {"a property", "^\\p{Greek}+$", "\xCE\xB1\xCE\xB2", "ab"},
        {"white space", "[ab]\\s[ab]", "a b", "a_b"},
        {"begin or end", "^\\d|\\d$", "a1", "a1a"},
        {"many", "^[ab]{30}$", "ababababababababababababababab", "abababababababababababababab"},
        {"a character again", "(.)\\1\\1", "baaad", "baad"},
        {"in a range", "([a-f])\\1{2,}$", "xeee", "xeeg"},
        {"with something between", "^([xyz])[ab]\\1$", "xax", "xay"},
        {"two of them", "^([xyz])([ab])\\2\\1$", "xaax", "xaay"},
        {"in a group that repeats", "^(?:([xyz])\\1)+$", "xxyy", "xyyx"},
        {"white space under (?x)", "(?x) ^ [ab] [12] $", "a1", "a 1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct weir__automaton_pattern p = {.text = span_of(rows[i].pattern)};
        struct one one = automaton_of(&p, 1, WEIR__AUTOMATON_CACHE);
        const uint32_t *found;

        for (int again = 0; again < 2; again++) {
            if (run(&one, span_of(rows[i].yes), &found) != 1)
                fail_msg("%s: /%s/ is no candidate for %s", rows[i].why, rows[i].pattern,
                         rows[i].yes);
            if (run(&one, span_of(rows[i].no), &found) != 0)
                fail_msg("%s: /%s/ is a candidate for %s", rows[i].why, rows[i].pattern,
                         rows[i].no);
        }
        drop(&one);
    }
}

/* In handles, letters are the same as others beyond ASCII. */
static void
handles(void **state)
{
    static const char *const texts[] = {"([a-z])\\1$", "^(.)x?\\1$", "^[ks]{2}$"};
    static const char *const subjects[] = {"k\xE2\x84\xAA", "\xE2\x84\xAAk", "s\xC5\xBF",
                                           "\xC5\xBFs", "\xC5\xBF\xC5\xBF"};
    struct weir__automaton_pattern patterns[3];
    const uint32_t *found;

    (void)state;
    for (size_t i = 0; i < 3; i++)
        patterns[i] = (struct weir__automaton_pattern){.text = span_of(texts[i]),
                                                       .of = WEIR__SUBJECTS_HANDLE};
    struct one one = automaton_of(patterns, 3, WEIR__AUTOMATON_CACHE);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(run(&one, span_of(subjects[i]), &found), 3);
    drop(&one);
}

static void
always(void **state)
{
    static const char *const texts[] = {
        "a*", "[ab]c", "x?$", "(*ACCEPT)q", "(?:a{99}){99}b(?:[ab]{50}c){50}",
        "^",  "$",     "\\b", "a^b"};
    static const uint32_t wanted[] = {0, 2, 3, 5, 6, 7};
    struct weir__automaton_pattern patterns[9] = {0};
    const uint32_t *found;
    struct one one;

    (void)state;
    for (size_t i = 0; i < 9; i++)
        patterns[i].text = span_of(texts[i]);
    one = automaton_of(patterns, 9, WEIR__AUTOMATON_CACHE);
    size_t n = weir__automaton_always(one.a, &found);
    assert_true(n >= 6);
    for (size_t i = 0; i < 6; i++)
        assert_true(is_candidate(found, n, wanted[i]));
    assert_false(is_candidate(found, n, 1));
    assert_int_equal(run(&one, SPAN_NONE, &found), n);
    assert_int_equal(run(&one, SPAN_LIT("zz"), &found), n);
    assert_int_equal(run(&one, SPAN_LIT("zzac"), &found), n + 1);
    check_ascending(found, n + 1, 9);
    assert_true(is_candidate(found, n + 1, 1));
    drop(&one);
    one = automaton_of(NULL, 0, WEIR__AUTOMATON_CACHE);
    assert_int_equal(weir__automaton_always(one.a, &found), 0);
    assert_int_equal(run(&one, SPAN_LIT("zz"), &found), 0);
    drop(&one);
    weir__automaton_cache_free(NULL);
    weir__automaton_free(NULL);
}

/* As deep and as often repeated as patterns come. */
static void
hostile_patterns(void **state)
{
    static const char *const texts[] = {
        "((((((((((((((((((((a{40}){40}){40}){40}){40}){40}){40}){40}){40}){40}){40}){40}){40}){40}"
        "){"
        "40}){40}){40}){40}){40}){40})",
        "((((((((((((((((((((){40}){40}){40}){40}){40}){40}){40}){40}){40}){40}){40}){40}){40}){40}"
        "){"
        "40}){40}){40}){40}){40}){40})[ab]",
        "(?:[ab]?){0,999}c",
        "(?:(?:(?:(?:[ab]*)*)*)*)*[cd]",
        "(?:[ab]|[bc]|[cd]|[de]|[ef]|[fg]){1,39}[xy]",
        ".{39}[ab].{39}[ab].{39}",
        "[ab].{12}$",
    };
    enum { N = sizeof texts / sizeof *texts };
    struct weir__automaton_pattern patterns[N] = {0};
    static char subject[4096];
    const uint32_t *found;

    (void)state;
    for (size_t i = 0; i < N; i++)
        patterns[i].text = span_of(texts[i]);
    for (size_t bytes = 1; bytes <= 1u << 20; bytes *= 32) {
        struct one one = automaton_of(patterns, N, bytes);
        for (size_t round = 0; round < 1 + scaled(2000) / 100; round++) {
            for (size_t i = 0; i < sizeof subject; i++)
                subject[i] = (char)('a' + draw(3));
            size_t n = run(&one, (weir_span){subject, sizeof subject}, &found);
            check_ascending(found, n, N);
            assert_true(is_candidate(found, n, 2) && is_candidate(found, n, 5));
        }
        drop(&one);
    }
}

/* So many subjects that states run out, are done without, forgotten and made anew. */
static void
long_runs(void **state)
{
    static const char *const texts[] = {"[abc]{3}x", "^[^ab]{4}",          "[xyz]\\d[abc]$",
                                        "(.)\\1\\1", "^(?:[abx]|[cy]z)+$", "[a-m][n-z]{2}[a-m]"};
    enum { N = sizeof texts / sizeof *texts };
    static const size_t sizes[] = {3000, 30000, 1 << 20};
    struct weir__automaton_pattern patterns[N] = {0};
    const uint32_t *found;
    size_t total = 0;

    (void)state;
    for (size_t i = 0; i < N; i++)
        patterns[i].text = span_of(texts[i]);
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        struct one one = automaton_of(patterns, N, sizes[k]);
        for (size_t i = 0; i < scaled(150000); i++) {
            char subject[12];
            size_t len = 4 + draw(sizeof subject - 4);
            for (size_t c = 0; c < len; c++)
                subject[c] = "abcdefghijklmnopqrstuvwxyz1"[draw(27)];
            total += run(&one, (weir_span){subject, len}, &found);
        }
        drop(&one);
    }
    assert_true(total > scaled(150000) / 10);
}

/* Against PCRE2 ---------------------------------------------------------------------------- */

enum { BATCH = 24 };

struct batch {
    struct drawn_pattern drawn[BATCH];
    struct weir__regex *re[BATCH]; /* NULL: a glob */
    struct weir__automaton_pattern patterns[BATCH];
    size_t n;
};

static void
draw_glob(struct drawn_pattern *d)
{
    static const char *const pieces[] = {"*", "*", "?", "?", "a", "b", "\xC3\xA9", "\\*"};
    static const char *const matched[] = {"ab", "", "b", "\xC3\xA9", "a", "b", "\xC3\xA9", "*"};

    d->text.len = d->sample.len = 0;
    d->of = WEIR__SUBJECTS_HANDLE;
    for (unsigned n = 1 + draw(5); n > 0; n--) {
        size_t i = draw(8);
        weir_buf_puts(&d->text, pieces[i]);
        weir_buf_puts(&d->sample, matched[i]);
    }
}

static void
draw_batch(struct batch *b)
{
    for (b->n = 0; b->n < BATCH;) {
        struct drawn_pattern *d = &b->drawn[b->n];
        bool is_glob = draw(8) == 0;

        b->re[b->n] = NULL;
        if (is_glob) {
            draw_glob(d);
        } else {
            draw_pattern(d, draw(2) ? WEIR__SUBJECTS_FOLDED : WEIR__SUBJECTS_HANDLE);
            b->re[b->n] = pattern_compiled(span_of_buf(&d->text), d->extended);
            if (!b->re[b->n])
                continue;
        }
        b->patterns[b->n++] = (struct weir__automaton_pattern){.text = span_of_buf(&d->text),
                                                               .is_glob = is_glob,
                                                               .extended = d->extended,
                                                               .of = d->of};
    }
}

struct counts {
    size_t pairs, hits, candidates, always;
};

static void
try_subject(const struct batch *b, struct one *one, struct weir__regex_scratch *s,
            enum weir__subjects of, weir_span subject, struct counts *counts)
{
    const uint32_t *found;
    size_t n = run(one, subject, &found);

    check_ascending(found, n, b->n);
    for (uint32_t i = 0; i < b->n; i++) {
        /* what is for folded subjects promises nothing for others */
        if (of == WEIR__SUBJECTS_HANDLE && b->drawn[i].of != of)
            continue;
        bool hit = b->re[i] ? weir__regex_match(b->re[i], s, subject) == WEIR__HIT
                            : weir__glob_match(span_of_buf(&b->drawn[i].text), subject);
        bool candidate = is_candidate(found, n, i);
        if (hit && !candidate)
            fail_msg("WEIR_SEED=%llu: %.*s (%s%s) matches \"%.*s\" and is no candidate",
                     (unsigned long long)drawn_seed, SPAN_FMT(b->drawn[i].text),
                     b->re[i] ? "a regex" : "a glob", b->drawn[i].extended ? ", x" : "",
                     SPAN_FMT(subject));
        counts->pairs++;
        counts->hits += hit;
        counts->candidates += candidate;
    }
}

static void
try_batch(const struct batch *b, struct weir__regex_scratch *s, struct counts *counts)
{
    static const size_t sizes[] = {0, 2000, 10000, 1 << 18, 1 << 20};
    struct one one = automaton_of(b->patterns, b->n, DRAW_ONE(sizes));
    weir_buf subject = {0};
    const uint32_t *found;

    counts->always += weir__automaton_always(one.a, &found);
    for (int i = 0; i < 60; i++) {
        const struct drawn_pattern *d = &b->drawn[draw(b->n)];

        draw_subject(d, &subject);
        if (d->of == WEIR__SUBJECTS_HANDLE && draw(10) == 0)
            weir_buf_puts(&subject, draw(2) ? "\xE2\x80" : "\xA9\xA9");
        try_subject(b, &one, s, d->of, span_of_buf(&subject), counts);
    }
    weir_buf_fini(&subject);
    drop(&one);
}

static void
drawn_patterns(void **state)
{
    static struct batch b;
    struct counts counts = {0};
    struct weir__regex_scratch *s;
    size_t rounds = scaled(500) + 40; /* of fewer, chance may leave too few matches */

    (void)state;
    assert_int_equal(weir__regex_scratch_new(2000, &s), WEIR_OK);
    find_members(s);
    for (size_t i = 0; i < rounds; i++) {
        draw_batch(&b);
        try_batch(&b, s, &counts);
        for (size_t k = 0; k < b.n; k++)
            weir__regex_free(b.re[k]);
    }
    for (size_t k = 0; k < BATCH; k++)
        draw_fini(&b.drawn[k]);
    weir__regex_scratch_free(s);
    print_message("# %zu pairs, %zu matches, %zu candidates; of %zu patterns %zu always are\n",
                  counts.pairs, counts.hits, counts.candidates, rounds * BATCH, counts.always);
    assert_true(counts.hits > counts.pairs / 10);
    /* worthless if nearly everything is a candidate */
    assert_true(counts.candidates < counts.pairs * 2 / 3);
    assert_true(counts.always < rounds * BATCH / 2);
}

/* Of pieces that the patterns below know; true: it is malformed. */
static bool
draw_pieces(char text[64])
{
    static const char *const pieces[] = {"a", "b", "c",        "e",        "j",           "q",
                                         "x", "f", "1",        "23",       "4567",        "_",
                                         "z", "v", "\xC3\xA9", "\xC3\xBF", "\xE2\x82\xAC"};
    bool malformed = draw(8) == 0;

    text[0] = '\0';
    for (size_t n = 1 + draw(6); n > 0; n--)
        strcat(text, DRAW_ONE(pieces));
    if (malformed)
        strcat(text, draw(2) ? "\xE2\x80" : "\xA9\xA9");
    return malformed;
}

struct deaths {
    size_t dead, barren, fruitful; /* barren: without a candidate, as the dead are */
};

/* Digits and bytes beyond ASCII are told of their own bytes, with vectors or without. */
static void
check_holders(const weir_span *subjects, uint64_t which)
{
    for (int vectors = 0; vectors <= weir__has_vectors(); vectors++) {
        struct weir__holders told = weir__holders(subjects, which, vectors);

        for (size_t k = 0; k < WEIR__AUTOMATON_MANY; k++) {
            bool digits = false, beyond = false;

            for (size_t i = 0; i < subjects[k].len && which >> k & 1; i++) {
                unsigned char c = (unsigned char)subjects[k].p[i];
                digits |= c >= '0' && c <= '9';
                beyond |= c >= 128;
            }
            assert_int_equal(told.digits >> k & 1, digits);
            assert_int_equal(told.beyond >> k & 1, beyond);
        }
    }
}

/* Of each length: most bytes are letters, so that one other decides. */
static void
holders_of_any_length(void **state)
{
    static char text[WEIR__AUTOMATON_MANY][8 + 200];
    weir_span subjects[WEIR__AUTOMATON_MANY];

    (void)state;
    draw_from_seed();
    for (size_t len = 1; len <= 192; len++)
        for (size_t round = 0; round < 4; round++) {
            memset(text, '7', sizeof text); /* what stands around them must not matter */
            for (size_t k = 0; k < WEIR__AUTOMATON_MANY; k++) {
                subjects[k] = (weir_span){text[k] + 8, len};
                memset(text[k] + 8, 'a', len);
                text[k][8 + draw(len)] = "a/0589:\x80\xB5\xC3\xFF"[draw(11)];
            }
            check_holders(subjects, round ? ~UINT64_C(0) : (uint64_t)draw(UINT32_MAX) << 16);
        }
}

static void
try_many(struct one *one, uint64_t which, struct deaths *deaths)
{
    char text[WEIR__AUTOMATON_MANY][64], laid[WEIR__AUTOMATON_MANY][16 + 64];
    weir_span subjects[WEIR__AUTOMATON_MANY];
    const uint32_t *found;
    bool malformed[WEIR__AUTOMATON_MANY];

    for (size_t k = 0; k < WEIR__AUTOMATON_MANY; k++) {
        malformed[k] = draw_pieces(text[k]);
        subjects[k] = (weir_span){laid[k] + 8, strlen(text[k])};
        for (size_t i = 0; i < sizeof laid[k]; i++) /* what stands around them must not matter */
            laid[k][i] = "7j\xC3"[draw(3)];
        memcpy(laid[k] + 8, text[k], subjects[k].len);
    }
    check_holders(subjects, which);
    uint64_t left = weir__automaton_survivors(one->a, one->c, subjects, which);
    assert_int_equal(left & ~which, 0);
    for (size_t k = 0; k < WEIR__AUTOMATON_MANY; k++) {
        size_t n = run(one, subjects[k], &found);
        bool dead = (which & ~left) >> k & 1;

        /* of malformed ones, candidates are told that match nothing */
        if (dead && n > 0 && !malformed[k])
            fail_msg("WEIR_SEED=%llu: \"%s\" is said to be dead, and has a candidate",
                     (unsigned long long)drawn_seed, text[k]);
        deaths->dead += dead;
        deaths->barren += n == 0;
        deaths->fruitful += n > 0;
    }
}

/* Of many at once, those that are said to be dead have no candidate; and most that have none are.
 */
static void
dead_subjects(void **state)
{
    static const char *const regexes[] = {"^[bcd][aei][0-9]{5,9}$",
                                          "[jqv][jx][bfh][0-9][jqv]$",
                                          "^(?:[bc][ae]){2}[jq][0-9]{3}",
                                          "[a-c]\\d[a-c]",
                                          "^[ab]$",
                                          "^[ab].",
                                          "[^a-z0-9]{2}$",
                                          "^[\\x{e0}-\\x{ff}][ab]",
                                          "\\d{4}$",
                                          "^.?[jq]_",
                                          "[jq](?=\\d)",
                                          "[ab]?[jq]?\\d+$"};
    struct deaths deaths = {0};

    (void)state;
    for (size_t round = 0; round < scaled(400) + 4; round++) {
        struct weir__automaton_pattern patterns[4];

        for (size_t i = 0; i < 4; i++)
            patterns[i] = (struct weir__automaton_pattern){.text = span_of(DRAW_ONE(regexes))};
        if (draw(2))
            patterns[0] =
                (struct weir__automaton_pattern){.text = span_of("*b?c"), .is_glob = true};
        struct one one = automaton_of(patterns, 1 + draw(4), draw(3) ? 1 << 18 : 0);
        for (int i = 0; i < 8; i++) /* states are met, and known later */
            try_many(&one, i ? ~UINT64_C(0) : (uint64_t)draw(UINT32_MAX) << draw(32), &deaths);
        drop(&one);
    }
    print_message("# %zu have a candidate; of %zu that have none, %zu are dead\n", deaths.fruitful,
                  deaths.barren, deaths.dead);
    assert_true(deaths.fruitful > 100 && deaths.dead > deaths.barren / 3);
}

static int
seed(void **state)
{
    (void)state;
    draw_from_seed();
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(precision),
        cmocka_unit_test(handles),
        cmocka_unit_test(always),
        cmocka_unit_test(hostile_patterns),
        cmocka_unit_test(long_runs),
        cmocka_unit_test(drawn_patterns),
        cmocka_unit_test(holders_of_any_length),
        cmocka_unit_test(dead_subjects),
    };

    return cmocka_run_group_tests_name("regex/automaton", tests, seed, NULL);
}

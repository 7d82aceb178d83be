/*
 * Factors: a table of promises, then what is promised held against PCRE2 with patterns and subjects
 * drawn at random, and the real patterns.
 */
#include "unit/test.h"

#include "regex/factor.h"
#include "regex/glob.h"
#include "unit/regex/patterns.h"

static weir_buf shown;

/* "exact 3-4 ^abc$ ^abcd$", in bytewise order; "2- ab" without an upper bound; "0- nothing". */
static const char *
show(struct weir__factors *f)
{
    shown.len = 0;
    weir_buf_printf(&shown, "%s%u-", f->exact ? "exact " : "", f->min_len);
    if (f->max_len != UINT32_MAX)
        weir_buf_printf(&shown, "%u", f->max_len);
    for (size_t i = 0; i < f->n; i++)
        for (size_t k = i + 1; k < f->n; k++)
            if (weir__span_cmp(f->items[i].text, f->items[k].text) > 0) {
                struct weir__factor swap = f->items[i];
                f->items[i] = f->items[k];
                f->items[k] = swap;
            }
    for (size_t i = 0; i < f->n; i++)
        weir_buf_printf(&shown, " %s%.*s%s", f->items[i].at_start ? "^" : "",
                        SPAN_FMT(f->items[i].text), f->items[i].at_end ? "$" : "");
    if (f->n == 0)
        weir_buf_puts(&shown, " nothing");
    weir_buf_putc(&shown, '\0');
    return shown.p;
}

struct row {
    const char *why, *pattern, *want;
};

static void
check_rows(const struct row *rows, size_t n, bool extended, enum weir__subjects of)
{
    struct arena in;
    size_t wrong = 0;

    arena_init(&in, NULL);
    for (size_t i = 0; i < n; i++) {
        struct weir__factors f;
        struct weir__regex *re = pattern_compiled(span_of(rows[i].pattern), extended);

        if (!re)
            fail_msg("%s: /%s/ does not compile", rows[i].why, rows[i].pattern);
        weir__regex_free(re);
        weir__regex_factors(span_of(rows[i].pattern), extended, of, &in, &f);
        if (strcmp(show(&f), rows[i].want) != 0) {
            print_error("%s: /%s/ gives \"%s\", not \"%s\"\n", rows[i].why, rows[i].pattern,
                        shown.p, rows[i].want);
            wrong++;
        }
    }
    arena_fini(&in);
    assert_int_equal(wrong, 0);
}

#define AB8 "abababababababab"
#define AB64 AB8 AB8 AB8 AB8 AB8 AB8 AB8 AB8

static void
of_keys(void **state)
{
    static const struct row rows[] = {
        {"a word", "farmer", "6- farmer"},
        {"at the beginning", "^farmer", "6- ^farmer"},
        {"at the end", "farmer$", "6- farmer$"},
        {"the whole", "^farmer$", "exact 6-6 ^farmer$"},
        {"the whole, in other words", "\\Afarmer\\z", "exact 6-6 ^farmer$"},
        {"not so: \\Z lets a newline be", "^farmer\\Z", "6- ^farmer"},
        {"nor with (?m)", "(?m)^farmer$", "6- farmer"},
        {"an optional letter", "^farmers?protest$", "exact 13-14 ^farmerprotest$ ^farmersprotest$"},
        {"a choice", "^(?:mod|bo)i$", "exact 3-4 ^boi$ ^modi$"},
        {"a class", "m[ao0]di", "4- m0di madi modi"},
        {"a range", "^x[0-3]$", "exact 2-2 ^x0$ ^x1$ ^x2$ ^x3$"},
        {"repeats", "^(?:ab){2}c{1,2}$", "exact 5-6 ^ababc$ ^ababcc$"},
        {"lazy ones too", "^ab??$", "exact 1-2 ^a$ ^ab$"},
        {"possessive ones may match less", "^ab?+$", "1-2 ^a$ ^ab$"},
        {"so may atomic groups", "^(?>ab|a)$", "1-2 ^a$ ^ab$"},
        {"anchors inside", "(?:^|_)foo(?:$|_)", "3- _foo$ _foo_ ^foo$ ^foo_"},
        {"an anchor that contradicts", "a^b|cde", "3- cde"},
        {"another", "(?:a$b|cde)", "3- cde"},
        {"the longer of two", "ab.*farmer", "8- farmer"},
        {"the anchored of two", "^farmer.*sister", "12- ^farmer"},
        {"the rarer of two", "^fa.*sister", "8- sister"},
        {"what joins two parts", "x*ab[cd]ef.*", "5- abcef abdef"},
        {"a star between", "ab*c", "2- ab ac"},
        {"what is in every branch", "(?:a.|b.)farmer|(?:xx|yy)", "2- farmer xx yy"},
        {"a branch without", "farmer|.+", "1- nothing"},
        {"one letter is worth nothing", "a.b", "3- nothing"},
        {"but anchored", "^a.*", "1- ^a"},
        {"a dot", "^...$", "3-12 nothing"},
        {"capitals", "FARMER", "6- farmer"},
        {"that must be capitals", "(?-i)Farmer", "0- nothing"},
        {"in one branch", "(?-i)Farmer|sister", "6- sister"},
        {"only in a group", "(?-i:X)|yz", "2- yz"},
        {"letters that fold", "^\xE2\x84\xAA\xC5\xBF\xC3\x89$", "exact 4-4 ^ks\xC3\xA9$"},
        {"a final sigma", "\xCF\x82\xCE\xA3", "4- \xCF\x83\xCF\x83"},
        {"what no key holds",
         "stra\xC3\x9F"
         "e|farm",
         "4- farm"},
        {"letters without case", "\xE6\xAF\x95\xE4\xB8\x9A", "6- \xE6\xAF\x95\xE4\xB8\x9A"},
        {"escapes", "^\\x61\\x{e9}\\.\\-$", "exact 5-5 ^a\xC3\xA9.-$"},
        {"quoting", "^\\Qa.b\\E+$", "3- ^a.b$ ^a.bb"},
        {"a class with quoting", "^[\\Q^]\\E]a$", "exact 2-2 ^]a$ ^^a$"},
        {"look-ahead", "(?=.*farmer)sis", "3- farmer"},
        {"negative", "^(?!xyz)modi$", "4-4 ^modi$"},
        {"look-behind", "(?<=farmer)..", "2- farmer"},
        {"word boundaries", "\\bmodi\\b", "4- modi"},
        {"digits of any script", "^modi\\d$", "5-8 ^modi"},
        {"a back-reference", "^(ab|cd)\\1$", "2- ^ab ^cd"},
        {"recursion", "ab(?R)?cd", "4- ab"},
        {"a condition", "(x)?ab(?(1)cd|ef)", "2- ab"},
        {"a definition", "(?(DEFINE)(?<a>xyz))abc", "3- abc"},
        {"a verb", "ab(*SKIP)cd", "4- abcd"},
        {"that ends it all", "ab(*ACCEPT)cd", "0- nothing"},
        {"options of the pattern", "(*NO_JIT)abcd", "0- nothing"},
        {"a call-out", "ab(?C1)cd", "4- abcd"},
        {"a comment", "ab(?#x)c", "3- abc"},
        {"a brace that is one", "ab{c", "4- ab{c"},
        {"which versions differ on", "ab{,2}", "0- nothing"},
        {"the empty pattern", "", "0- nothing"},
        {"the empty subject", "^$", "exact 0-0 ^$"},
        {"more repeats than are written out", "^(?:ab){65}$", "130-130 ^" AB64},
        {"many ways", "^[a-d][a-d][a-d][a-d]x$",
         "5-5 ^aa ^ab ^ac ^ad ^ba ^bb ^bc ^bd ^ca ^cb ^cc ^cd ^da ^db ^dc ^dd"},
        {"too many of them for a set", "[a-z]bcd", "4- bcd"},
        {"real", "1?800\\W?984\\W?7414", "10- 7414"},
        {"real, with a choice", "(?:sum+er\\Wkolcak|adam\\Wbarak)", "10- barak kolcak"},
    };

    (void)state;
    check_rows(rows, sizeof rows / sizeof *rows, false, WEIR__SUBJECTS_FOLDED);
}

static void
of_handles(void **state)
{
    static const struct row rows[] = {
        {"letters of ASCII alone", "^bobby$", "exact 5-5 ^bobby$"},
        {"k is the sign of Kelvin too", "^ok$", "exact 2-4 ^ok$ ^o\xE2\x84\xAA$"},
        {"and s a long s", "^as$", "exact 2-3 ^as$ ^a\xC5\xBF$"},
        {"not when case counts", "(?-i)^ask$", "exact 3-3 ^ask$"},
        {"capitals beyond ASCII stay", "^a\xC3\xA9$", "exact 3-3 ^a\xC3\x89$ ^a\xC3\xA9$"},
        {"not what has no case", "^a\xE6\xAF\x95$", "exact 4-4 ^a\xE6\xAF\x95$"},
        {"versions differ on what folds to more than one", "^\xCE\x90$",
         "2-3 ^\xCE\x90$ ^\xE1\xBF\x93$"},
        {"a domain", "@example\\.com$", "12- @example.com$"},
    };

    (void)state;
    check_rows(rows, sizeof rows / sizeof *rows, false, WEIR__SUBJECTS_HANDLE);
}

/* Where there are too many ways to write down, what was to come is forgotten: it may be that
   nothing can. */
static void
forgotten_ends(void **state)
{
    struct weir__factors f;
    struct arena in;

    (void)state;
    arena_init(&in, NULL);
    weir__regex_factors(SPAN_LIT("^(?:k{1,3}$k+)$"), false, WEIR__SUBJECTS_HANDLE, &in, &f);
    assert_false(f.exact);
    arena_fini(&in);
}

static void
extended(void **state)
{
    static const struct row rows[] = {
        {"blanks", " ^ far mer $ ", "exact 6-6 ^farmer$"},
        {"comments", "^ab # and more\ncd$", "exact 4-4 ^abcd$"},
        {"a comment to the end", "abc # and more", "3- abc"},
        {"blanks that count", "^a\\ b[ ]c$", "exact 5-5 ^a b c$"},
        {"before a quantifier", "^a {2}$", "exact 2-2 ^aa$"},
        {"behind one", "^a? +$", "0-1 nothing"},
        {"switched off", "^(?-x)a b$", "exact 3-3 ^a b$"},
    };

    (void)state;
    check_rows(rows, sizeof rows / sizeof *rows, true, WEIR__SUBJECTS_FOLDED);
}

static void
of_globs(void **state)
{
    static const struct row rows[] = {
        {"no wildcard", "ab\\*", "exact 3-3 ^ab*$"},
        {"behind", "abc*", "3- ^abc"},
        {"in front", "*abc", "3- abc$"},
        {"around", "*abc*", "3- abc"},
        {"between", "farmer*sister*", "12- ^farmer"},
        {"the longer is inside", "ab*genocide*x", "11- genocide"},
        {"one code point", "abc?", "4-7 ^abc"},
        {"nothing else", "??", "2-8 nothing"},
        {"anything", "*", "0- nothing"},
        {"nothing at all", "", "exact 0-0 ^$"},
    };
    struct arena in;

    (void)state;
    arena_init(&in, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct weir__factors f;

        weir__glob_factors(span_of(rows[i].pattern), &in, &f);
        if (strcmp(show(&f), rows[i].want) != 0)
            fail_msg("%s: \"%s\" gives \"%s\", not \"%s\"", rows[i].why, rows[i].pattern, shown.p,
                     rows[i].want);
    }
    arena_fini(&in);
}

/* By which a matcher chooses how to look for a pattern. */
static void
weights(void **state)
{
    static const struct {
        const char *why, *pattern;
        uint32_t weight;
        bool needs_digit;
    } rows[] = {
        {"four a letter", "farmer", 24, false},
        {"three an anchor", "^farmer", 27, false},
        {"two for more bytes", "\xE6\xAF\x95\xE4\xB8\x9A", 16, true},
        {"the lightest, and one for two", "farmer|bob", 11, false},
        {"three for eight", "^(?:[ab][cd][ef])x.*", 16, false},
        {"none", "[a-z]+", 0, false},
        {"a digit", "ab[0-9]cd", 16, true},
        {"of any script", "ab\\dcd", 8, true},
        {"in each branch", "ab(?:1|x2)", 11, true},
        {"not in all", "ab(?:1|x)", 11, false},
        {"perhaps none", "ab1?", 8, false},
    };
    struct arena in;

    (void)state;
    arena_init(&in, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct weir__factors f;

        weir__regex_factors(span_of(rows[i].pattern), false, WEIR__SUBJECTS_FOLDED, &in, &f);
        if (f.weight != rows[i].weight || f.needs_digit != rows[i].needs_digit)
            fail_msg("%s: /%s/: %u, %d", rows[i].why, rows[i].pattern, f.weight, f.needs_digit);
    }
    arena_fini(&in);
}

/* What is read with care: as deep, as long and as broken as patterns come. */
static void
hostile_patterns(void **state)
{
    static const char *const pieces[] = {"(",       "(?:",   "(?=",  "[",          "[^",
                                         "a{9999}", "(?i",   "\\",   "\\Q",        "(a{99}",
                                         "a|",      "(?(1)", "\\x{", "(a?){0,99}", "[a-c]?"};
    static const char bytes[] = "()[]{}?*+|^$\\.,-:=!<>'#&PRQEbdxpk019aiC \xC3\xA9\xFF";
    struct weir__factors f;
    struct arena in;
    char text[64];

    (void)state;
    arena_init(&in, NULL);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        weir_buf b = {0};
        for (size_t n = 0; n < scaled(10000) + 300; n++)
            weir_buf_puts(&b, pieces[i]);
        weir__regex_factors(span_of_buf(&b), false, WEIR__SUBJECTS_FOLDED, &in, &f);
        weir__regex_factors(span_of_buf(&b), true, WEIR__SUBJECTS_HANDLE, &in, &f);
        weir__glob_factors(span_of_buf(&b), &in, &f);
        weir_buf_fini(&b);
    }
    for (size_t i = 0; i < scaled(50000); i++) {
        size_t len = draw(sizeof text);
        for (size_t k = 0; k < len; k++)
            text[k] = bytes[draw(sizeof bytes - 1)];
        weir__regex_factors((weir_span){text, len}, draw(2), draw(2), &in, &f);
        assert_true(f.n <= WEIR__FACTORS_EXACT_MOST && (f.exact || f.n <= WEIR__FACTORS_MOST));
        arena_reset(&in);
    }
    arena_fini(&in);
}

/* Against PCRE2 ---------------------------------------------------------------------------- */

static bool
has(weir_span subject, const struct weir__factor *f)
{
    weir_span t = f->text;

    if (t.len > subject.len)
        return false;
    if (t.len == 0)
        return !(f->at_start && f->at_end) || subject.len == 0;
    if (f->at_start && f->at_end && t.len != subject.len)
        return false;
    if (f->at_start && memcmp(subject.p, t.p, t.len) != 0)
        return false;
    if (f->at_end && memcmp(subject.p + subject.len - t.len, t.p, t.len) != 0)
        return false;
    return memmem(subject.p, subject.len, t.p, t.len) != NULL;
}

static bool
has_one(weir_span subject, const struct weir__factors *f)
{
    for (size_t i = 0; i < f->n; i++)
        if (has(subject, &f->items[i]))
            return true;
    return false;
}

/* Bytes that all matches begin or end with; '-' where they do not. */
static void
bytes_at_the_edges(void **state)
{
    static const struct {
        const char *pattern, *want;
        bool is_glob;
    } rows[] = {
        {"head*tail", "hl", true}, {"h?d", "hd", true},           {"*tail", "-l", true},
        {"head*", "h-", true},     {"?x?", "--", true},           {"^ab.*cd$", "ad", false},
        {"^ab.*cd", "a-", false},  {"^(?:ab|ac).*", "a-", false}, {"^(?:ab|cb)$", "-b", false},
        {"ab.*cd$", "-d", false},  {"^a?b", "--", false},         {"^(?i:a)b$", "ab", false},
        {"^ab|cd$", "--", false},  {"^[a-c]x", "--", false},      {"(?=a)..b$", "-b", false},
    };
    struct arena in;

    (void)state;
    arena_init(&in, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct weir__factors f;
        char told[3] = {0};

        if (rows[i].is_glob)
            weir__glob_factors(span_of(rows[i].pattern), &in, &f);
        else
            weir__regex_factors(span_of(rows[i].pattern), false, WEIR__SUBJECTS_FOLDED, &in, &f);
        told[0] = f.first ? (char)f.first : '-';
        told[1] = f.last ? (char)f.last : '-';
        if (strcmp(told, rows[i].want) != 0)
            fail_msg("%s gives \"%s\", not \"%s\"", rows[i].pattern, told, rows[i].want);
    }
    arena_fini(&in);
}

/* Or a byte beyond ASCII. */
static bool
has_digit(weir_span s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((uint8_t)s.p[i] >= 0x80 || ascii_is_digit(s.p[i]))
            return true;
    return false;
}

/* What is wrong with the factors, given what the pattern says of the subject; NULL: nothing. */
static const char *
broken_promise(const struct weir__factors *f, weir_span subject, enum weir__hit hit)
{
    if (hit == WEIR__RAN_OUT)
        return NULL;
    if (f->exact && has_one(subject, f) != (hit == WEIR__HIT))
        return "exact, but it disagrees";
    if (hit == WEIR__MISS)
        return NULL;
    if (f->n > 0 && !has_one(subject, f))
        return "a match without a factor";
    if (subject.len < f->min_len || subject.len > f->max_len)
        return "a match of another length";
    if (f->needs_digit && !has_digit(subject))
        return "a match without a digit";
    if (f->first && (subject.len == 0 || (uint8_t)subject.p[0] != f->first))
        return "a match that begins with another byte";
    if (f->last && (subject.len == 0 || (uint8_t)subject.p[subject.len - 1] != f->last))
        return "a match that ends with another byte";
    return NULL;
}

static void
check_form(const struct weir__factors *f)
{
    assert_true(f->n <= (f->exact ? WEIR__FACTORS_EXACT_MOST : WEIR__FACTORS_MOST));
    assert_true(f->n > 0 || !f->exact);
    assert_true(f->exact || (f->weight > 0) == (f->n > 0));
    for (size_t i = 0; i < f->n; i++) {
        const struct weir__factor *x = &f->items[i];
        assert_true(x->text.len <= 255);
        assert_true(f->exact || x->text.len >= (x->at_start || x->at_end ? 1 : 2));
        assert_true(!f->exact || (x->at_start && x->at_end));
    }
}

struct counts {
    size_t patterns, pairs, hits, with_factor, exact, hits_with_factor, hits_exact;
};

static void
try_drawn(const struct drawn_pattern *d, const struct weir__regex *re,
          struct weir__regex_scratch *s, struct arena *in, struct counts *counts)
{
    weir_span pattern = span_of_buf(&d->text);
    struct weir__factors f;
    weir_buf subject = {0};

    weir__regex_factors(pattern, d->extended, d->of, in, &f);
    check_form(&f);
    counts->patterns++;
    counts->with_factor += f.n > 0;
    counts->exact += f.exact;
    for (int i = 0; i < 16; i++) {
        draw_subject(d, &subject);
        enum weir__hit hit = weir__regex_match(re, s, span_of_buf(&subject));
        const char *wrong = broken_promise(&f, span_of_buf(&subject), hit);

        if (wrong)
            fail_msg("WEIR_SEED=%llu: /%.*s/%s on \"%.*s\" (%s): %s: %s",
                     (unsigned long long)drawn_seed, SPAN_FMT(pattern), d->extended ? "x" : "",
                     SPAN_FMT(subject), d->of ? "handle" : "key", wrong, show(&f));
        counts->pairs++;
        counts->hits += hit == WEIR__HIT;
        counts->hits_with_factor += hit == WEIR__HIT && f.n > 0;
        counts->hits_exact += hit == WEIR__HIT && f.exact;
    }
    weir_buf_fini(&subject);
}

static void
drawn_patterns(void **state)
{
    struct counts counts = {0};
    struct drawn_pattern d = {0};
    struct weir__regex_scratch *s;
    struct arena in;

    (void)state;
    assert_int_equal(weir__regex_scratch_new(2000, &s), WEIR_OK);
    find_members(s);
    arena_init(&in, NULL);
    for (size_t i = 0; i < scaled(45000); i++) {
        draw_pattern(&d, draw(2) ? WEIR__SUBJECTS_FOLDED : WEIR__SUBJECTS_HANDLE);
        struct weir__regex *re = pattern_compiled(span_of_buf(&d.text), d.extended);
        if (!re)
            continue;
        try_drawn(&d, re, s, &in, &counts);
        weir__regex_free(re);
        arena_reset(&in);
    }
    draw_fini(&d);
    arena_fini(&in);
    weir__regex_scratch_free(s);
    print_message("# %zu patterns, %zu with factors, %zu exact; %zu pairs, %zu matches: %zu with "
                  "factors, %zu exact\n",
                  counts.patterns, counts.with_factor, counts.exact, counts.pairs, counts.hits,
                  counts.hits_with_factor, counts.hits_exact);
    assert_true(counts.patterns > scaled(45000) / 2);
    assert_true(counts.with_factor > counts.patterns / 3);
    assert_true(counts.exact > counts.patterns / 40);
    assert_true(counts.hits > counts.pairs / 5);
    assert_true(counts.hits_with_factor > counts.pairs / 20);
    assert_true(counts.hits_exact > counts.pairs / 200);
}

static void
drawn_globs(void **state)
{
    static const char *const pieces[] = {"*", "*", "?", "a", "b", "ab", "\xC3\xA9", "\\*", "\\\\"};
    static const char *const ends[] = {"a", "b", "\xC3\xA9", "*", "\\", "ab", "\xFF", "\xE2\x80"};
    weir_buf glob = {0}, subject = {0};
    struct weir__factors f;
    struct arena in;
    size_t hits = 0;

    (void)state;
    arena_init(&in, NULL);
    for (size_t i = 0; i < scaled(200000); i++) {
        glob.len = subject.len = 0;
        for (unsigned n = draw(7); n > 0; n--)
            weir_buf_puts(&glob, DRAW_ONE(pieces));
        for (unsigned n = draw(9); n > 0; n--)
            weir_buf_puts(&subject, DRAW_ONE(ends));
        weir__glob_factors(span_of_buf(&glob), &in, &f);
        check_form(&f);
        bool hit = weir__glob_match(span_of_buf(&glob), span_of_buf(&subject));
        const char *wrong = broken_promise(&f, span_of_buf(&subject), hit ? WEIR__HIT : WEIR__MISS);
        if (wrong)
            fail_msg("WEIR_SEED=%llu: \"%.*s\" on \"%.*s\": %s: %s", (unsigned long long)drawn_seed,
                     SPAN_FMT(glob), SPAN_FMT(subject), wrong, show(&f));
        hits += hit;
        arena_reset(&in);
    }
    arena_fini(&in);
    weir_buf_fini(&glob);
    weir_buf_fini(&subject);
    assert_true(hits > scaled(200000) / 20);
}

static size_t
by_length(const struct weir__factors *f)
{
    size_t least = SIZE_MAX;

    for (size_t i = 0; i < f->n; i++)
        least = f->items[i].text.len < least ? f->items[i].text.len : least;
    return least < 16 ? least : 16;
}

/* What moderators really write: nearly all of it has factors. */
static void
real_patterns(void **state)
{
    static const char *const files[] = {"rules/regex_watched_keywords.txt",
                                        "rules/regex_bad_keywords.txt"};
    size_t n = 0, with = 0, exact = 0, lengths[17] = {0}, cap = 0;
    char *line = NULL;
    struct arena in;
    ssize_t len;

    (void)state;
    arena_init(&in, NULL);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        FILE *file = open_data(files[i]);
        for (; (len = getline(&line, &cap, file)) > 0; n++) {
            struct weir__factors f;

            weir__regex_factors(weir__span_trim((weir_span){line, (size_t)len}), false,
                                WEIR__SUBJECTS_FOLDED, &in, &f);
            check_form(&f);
            with += f.n > 0;
            exact += f.exact;
            if (f.n)
                lengths[by_length(&f)]++;
            else if (getenv("WEIR_SHOW"))
                print_message("# without: %s", line);
            arena_reset(&in);
        }
        (void)fclose(file);
    }
    free(line);
    arena_fini(&in);
    print_message("# of %zu patterns %zu have factors, %zu are exact; their shortest, in bytes:", n,
                  with, exact);
    for (size_t i = 1; i < 17; i++)
        print_message(" %s%zu: %zu", i == 16 ? ">=" : "", i, lengths[i]);
    print_message("\n");
    assert_true(n > 7000 && with * 100 > n * 97);
}

static int
seed(void **state)
{
    (void)state;
    draw_from_seed();
    return 0;
}

static int
forget(void **state)
{
    (void)state;
    weir_buf_fini(&shown);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_keys),
        cmocka_unit_test(of_handles),
        cmocka_unit_test(forgotten_ends),
        cmocka_unit_test(extended),
        cmocka_unit_test(of_globs),
        cmocka_unit_test(weights),
        cmocka_unit_test(bytes_at_the_edges),
        cmocka_unit_test(hostile_patterns),
        cmocka_unit_test(drawn_patterns),
        cmocka_unit_test(drawn_globs),
        cmocka_unit_test(real_patterns),
    };

    return cmocka_run_group_tests_name("regex/factor", tests, seed, forget);
}

/*
 * Patterns drawn at random over everything that PCRE2 has, each with a subject that it might match;
 * for tests that hold what is said of a pattern against PCRE2.
 *
 * Under Valgrind (WEIR_TEST_NO_JIT) there is less of everything.
 */
#ifndef WEIR_TESTS_PATTERNS_H
#define WEIR_TESTS_PATTERNS_H

#include "unit/draw.h"

#include "base/span.h"
#include "regex/charset.h"
#include "regex/regex.h"

#include <stdio.h>
#include <stdlib.h>

static inline size_t
scaled(size_t n)
{
    return getenv("WEIR_TEST_NO_JIT") ? n / 100 : n;
}

/* What matches one character --------------------------------------------------------------- */

/* Characters of subjects; those behind NULL are not in folded ones. */
static const char *const subject_characters[] = {"a",
                                                 "b",
                                                 "c",
                                                 "k",
                                                 "s",
                                                 "x",
                                                 "0",
                                                 "1",
                                                 "2",
                                                 "_",
                                                 "-",
                                                 ".",
                                                 " ",
                                                 "+",
                                                 "@",
                                                 "\n",
                                                 "\t",
                                                 "]",
                                                 "^",
                                                 "\xC3\xA9" /* é */,
                                                 "\xCF\x83" /* σ */,
                                                 "\xCE\xB1" /* α */,
                                                 "\xC4\xB1" /* ı */,
                                                 "\xCC\x87" /* dot above */,
                                                 "\xD0\xB2" /* в */,
                                                 "\xCE\x90" /* ΐ */,
                                                 "\xE0\xA4\x95" /* क */,
                                                 "\xE0\xA5\xA7" /* १ */,
                                                 "\xE6\xAF\x95" /* 毕 */,
                                                 "\xF0\x9F\x9A\x9C" /* a tractor */,
                                                 NULL,
                                                 "\xC5\xBF" /* ſ */,
                                                 "\xE2\x84\xAA" /* Kelvin */,
                                                 "\xC3\x89" /* É */,
                                                 "\xCE\xA3" /* Σ */,
                                                 "\xCF\x82" /* ς */,
                                                 "\xC3\x9F" /* ß */,
                                                 "\xE1\xBA\x9E" /* ẞ */,
                                                 "\xE1\xBF\x93" /* ΐ again */,
                                                 "\xC4\xB0" /* İ */,
                                                 "\xC7\x85" /* ǅ */,
                                                 "\xE1\xB2\x80" /* ᲀ */,
                                                 "\xE2\x80\x8D" /* joiner */,
                                                 "\xEF\xBD\x8B" /* wide k */};

/* How a pattern writes one character. */
static const char *const one_character[] = {
    "a",
    "a",
    "b",
    "b",
    "c",
    "k",
    "s",
    "x",
    "A",
    "K",
    "S",
    "0",
    "1",
    "2",
    "_",
    "-",
    "]",
    "}",
    "@",
    "\xC3\xA9",
    "\xC3\x89",
    "\xCF\x83",
    "\xCE\xA3",
    "\xCF\x82",
    "\xCE\xB1",
    "\xC4\xB1",
    "\xC4\xB0",
    "\xD0\xB2",
    "\xE1\xB2\x80",
    "\xCE\x90",
    "\xE1\xBF\x93",
    "\xE0\xA4\x95",
    "\xE6\xAF\x95",
    "\xC5\xBF",
    "\xE2\x84\xAA",
    "\xC3\x9F",
    "\xE1\xBA\x9E",
    "\xC7\x85",
    "\xF0\x9F\x9A\x9C",
    "\xE2\x80\x8D",
    "\xEF\xBD\x8B",
    /* escapes */
    "\\.",
    "\\-",
    "\\_",
    "\\+",
    "\\x61",
    "\\x{e9}",
    "\\x{6bd5}",
    "\\x{1F69C}",
    "\\x{212a}",
    "\\x5f",
    "\\061",
    "\\o{62}",
    "\\n",
    "\\t",
    "\\cj",
    "\\ ",
    "\\\xC3\xA9",
    "\\a",
    "\\e",
    "\\f",
    "\\x",
    /* kinds */
    ".",
    ".",
    "\\d",
    "\\D",
    "\\w",
    "\\w",
    "\\W",
    "\\s",
    "\\S",
    "\\h",
    "\\H",
    "\\v",
    "\\V",
    "\\N",
    "\\pL",
    "\\PN",
    "\\p{L}",
    "\\p{Lu}",
    "\\p{Ll}",
    "\\p{^L}",
    "\\P{Nd}",
    "\\p{N}",
    "\\p{Any}",
    "\\p{Greek}",
    "\\p{Devanagari}",
    "\\P{Han}",
    "\\p{Latin}",
    "\\p{So}",
    "\\p{L&}",
    "\\p{Xan}",
    /* classes */
    "[ab]",
    "[ao0]",
    "[^ab]",
    "[^^a]",
    "[^^]",
    "[a-c]",
    "[ks]",
    "[KS1]",
    "[0-2]",
    "[-a]",
    "[a-]",
    "[]a]",
    "[^]a]",
    "[\\]b]",
    "[a-c_-]",
    "[--0]",
    "[+--.]",
    "[^\\W\\d]",
    "[\\w-]",
    "[\\d_]",
    "[\\x30-\\x32b]",
    "[\\x{e0}-\\x{ff}]",
    "[\xCE\xB1-\xCF\x89]",
    "[\xC3\xA9\xC3\x89 a]",
    "[^\xC3\xA9]",
    "[^k]",
    "[^\xE2\x84\xAA]",
    "[\xE2\x84\xAA\xC5\xBF]",
    "[[:alpha:]]",
    "[[:^digit:]0]",
    "[^[:lower:]]",
    "[[:upper:]_]",
    "[[:punct:]]",
    "[^[:space:][:alnum:]]",
    "[[:xdigit:]]",
    "[[:word:]]",
    "[\\Q^]\\E-]",
    "[\\E^a]",
    "[a\\Q-\\Ec]",
    "[\\b\\n]",
    "[\\p{L}1]",
    "[^\\p{Lu}]",
    "[\\p{^N}b]",
    "[\\1a]",
    "[Z-a]",
    "[!-~]",
    "[^!-~]",
    "[\\x{80}-\\x{10ffff}]",
    "[^\\x{80}-\\x{10ffff}k]",
    "[ \\t]",
    "[a#b]",
    "[.]",
    "[$^]",
    "[\\h\\v]",
    "[\xF0\x9F\x9A\x9C\xE6\xAF\x95\xE0\xA4\x95]",
    "[\\cj-\\x20]",
    "[\xC7\x84-\xC7\x86]",
    "[\xCE\x90\xC3\x9F]",
    "[k-\\x{2200}]",
};

#define NCHARACTERS (sizeof one_character / sizeof *one_character)
#define NSUBJECTS (sizeof subject_characters / sizeof *subject_characters)

/* The characters of subjects that each of them matches, by kind of subject: found by PCRE2. */
static struct {
    const char *members[NSUBJECTS];
    size_t n;
} matched_by[2][NCHARACTERS];

static inline struct weir__regex *
pattern_compiled(weir_span pattern, bool extended)
{
    struct weir__regex *re = NULL;

    return weir__regex_compile(pattern, extended, false, &re, NULL) == WEIR_OK ? re : NULL;
}

static inline void
find_members(struct weir__regex_scratch *s)
{
    for (size_t i = 0; i < NCHARACTERS; i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "^%s$", one_character[i]);
        struct weir__regex *re = pattern_compiled(span_of(text), false);
        if (!re)
            fail_msg("/%s/ does not compile", text);
        bool folded = true;
        for (size_t k = 0; k < NSUBJECTS; k++) {
            if (!subject_characters[k]) {
                folded = false;
                continue;
            }
            if (weir__regex_match(re, s, span_of(subject_characters[k])) != WEIR__HIT)
                continue;
            matched_by[WEIR__SUBJECTS_HANDLE][i].members[matched_by[WEIR__SUBJECTS_HANDLE][i].n++] =
                subject_characters[k];
            if (folded)
                matched_by[WEIR__SUBJECTS_FOLDED][i]
                    .members[matched_by[WEIR__SUBJECTS_FOLDED][i].n++] = subject_characters[k];
        }
        weir__regex_free(re);
    }
}

static inline const char *
draw_subject_character(enum weir__subjects of)
{
    for (;;) {
        size_t i = draw(NSUBJECTS);
        bool folded = true;

        for (size_t k = 0; k <= i; k++)
            folded &= subject_characters[k] != NULL;
        if (subject_characters[i] && (folded || of == WEIR__SUBJECTS_HANDLE))
            return subject_characters[i];
    }
}

/* Patterns --------------------------------------------------------------------------------- */

struct drawn_pattern {
    weir_buf text;
    weir_buf sample; /* what it could match */
    enum weir__subjects of;
    bool extended;
    int depth, groups;
    size_t members; /* how much of it there is */
};

static inline void draw_branches(struct drawn_pattern *d);
static inline void draw_branch(struct drawn_pattern *d);

static inline void
draw_character(struct drawn_pattern *d)
{
    size_t i = draw(4) ? draw(15) : draw(NCHARACTERS); /* plain letters come first */

    weir_buf_puts(&d->text, one_character[i]);
    if (matched_by[d->of][i].n > 0)
        weir_buf_puts(&d->sample, matched_by[d->of][i].members[draw(matched_by[d->of][i].n)]);
}

static inline void
draw_letters(struct drawn_pattern *d, unsigned n)
{
    while (n-- > 0) {
        size_t i = draw(15);
        weir_buf_puts(&d->text, one_character[i]);
        weir_buf_puts(&d->sample, matched_by[d->of][i].members[0]);
    }
}

/* The pattern's text, and none of what it would match. */
static inline void
draw_aside(struct drawn_pattern *d, const char *open, const char *close)
{
    size_t before = d->sample.len;

    weir_buf_puts(&d->text, open);
    draw_branches(d);
    weir_buf_puts(&d->text, close);
    d->sample.len = before;
}

static inline void
draw_in(struct drawn_pattern *d, const char *open, const char *close)
{
    weir_buf_puts(&d->text, open);
    draw_branches(d);
    weir_buf_puts(&d->text, close);
}

static inline void
draw_group(struct drawn_pattern *d)
{
    static const char *const opens[] = {"(",       "(?:",     "(?:",      "(?>",     "(?|",
                                        "(?i:",    "(?-i:",   "(?s-m:",   "(?m:",    "(?^:",
                                        "(?x: ",   "(?n:",    "(?U:",     "(?:(?i)", "(?:(?-i)",
                                        "(?:(?m)", "(?:(?x)", "(?s:(?J)", "(?i-s:"};
    static const char *const names[] = {"(?<n%d>", "(?'n%d'", "(?P<n%d>"};
    char open[32];

    d->groups++;
    if (draw(6) == 0)
        (void)snprintf(open, sizeof open, DRAW_ONE(names), d->groups);
    else
        (void)snprintf(open, sizeof open, "%s", DRAW_ONE(opens));
    draw_in(d, open, ")");
}

static inline void
draw_look(struct drawn_pattern *d)
{
    switch (draw(7)) {
    case 0:
        draw_aside(d, "(?=", ")");
        break;
    case 1:
        draw_aside(d, "(?!", ")");
        break;
    case 2:
        draw_aside(d, "(?=.*", ")");
        break;
    case 3: /* of what has just been matched */
        weir_buf_puts(&d->text, draw(2) ? "(?<=" : "(?<!");
        draw_letters(d, draw(3));
        weir_buf_puts(&d->text, ")");
        break;
    case 4: /* of what comes now */
        weir_buf_puts(&d->text, "(?=a");
        draw_aside(d, "", ")a");
        weir_buf_puts(&d->sample, "a");
        break;
    case 5:
        draw_aside(d, "(?*", ")");
        break;
    default: {
        size_t before = d->sample.len;
        draw_letters(d, 1 + draw(2));
        weir_buf_puts(&d->text, "(?<=");
        weir_buf_put(&d->text, (weir_span){d->sample.p + before, d->sample.len - before});
        weir_buf_puts(&d->text, ")");
    }
    }
}

static inline void
draw_oddity(struct drawn_pattern *d)
{
    static const char *const verbs[] = {"(*SKIP)",   "(*PRUNE)", "(*COMMIT)", "(*THEN)",
                                        "(*F)",      "(*FAIL)",  "(*MARK:x)", "(*:m)",
                                        "(*ACCEPT)", "(*SKIP:m)"};
    static const char *const calls[] = {
        "(?R)?", "(?1)",    "\\g<1>",  "(?P>n1)", "(?&n2)",  "\\g'1'",  "(?-1)", "(?+1)?",  "\\1",
        "\\2",   "\\k<n1>", "\\k{n1}", "\\g{1}",  "\\g{-1}", "(?P=n1)", "\\g1",  "\\k'n2'", "\\11"};
    static const char *const others[] = {
        "(?C)",    "(?C1)",     "(?#a comment)", "\\Q\\E",      "\\E",     "\\K",  "[[:<:]]",
        "[[:>:]]", "(?C\"a\")", "(*pla:a)",      "(*atomic:a)", "{",       "{,2}", "{a}",
        "(?i)",    "(?-i)",     "(?m)",          "(?x)",        "(?^)",    "(?s)", "\\Qa.b\\E",
        "\\Q|)",   " # c\n",    "{1,2,3}",       "(?xx)",       "(*sr:a)", "\\R",  "\\X"};

    switch (draw(7)) {
    case 0:
        weir_buf_puts(&d->text, DRAW_ONE(verbs));
        break;
    case 1:
    case 2:
        weir_buf_puts(&d->text, DRAW_ONE(calls));
        break;
    case 3:
        draw_in(d, draw(2) ? "(?(1)" : "(?(?=a)", ")");
        break;
    case 4:
        draw_aside(d, "(?(DEFINE)(?<def>", "))");
        break;
    default:
        weir_buf_puts(&d->text, DRAW_ONE(others));
    }
}

static inline void
draw_anchor(struct drawn_pattern *d)
{
    static const char *const anchors[] = {"^",   "$",   "\\A", "\\z", "\\Z",
                                          "\\b", "\\b", "\\B", "\\G"};

    weir_buf_puts(&d->text, DRAW_ONE(anchors));
}

/* The last item again, some times. */
static inline void
draw_quantifier(struct drawn_pattern *d, size_t item)
{
    static const struct {
        const char *text;
        unsigned least, most;
    } kinds[] = {{"*", 0, 2},    {"+", 1, 3},      {"?", 0, 1},     {"?", 0, 1},     {"{2}", 2, 2},
                 {"{0}", 0, 0},  {"{1,}", 1, 3},   {"{0,2}", 0, 2}, {"{1,3}", 1, 3}, {"{3}", 3, 3},
                 {"{2,}", 2, 3}, {"{1,70}", 1, 4}, {"{0,0}", 0, 0}, {"{5,9}", 5, 6}};
    static const char *const ways[] = {"", "", "", "", "?", "+", " ?", "\\E+"};
    size_t k = draw(sizeof kinds / sizeof *kinds), len = d->sample.len - item;
    unsigned times = kinds[k].least + draw(kinds[k].most - kinds[k].least + 1);

    weir_buf_puts(&d->text, kinds[k].text);
    weir_buf_puts(&d->text, DRAW_ONE(ways));
    if (times == 0)
        d->sample.len = item;
    while (times-- > 1 && len > 0 && len < 100) {
        char copy[100];
        memcpy(copy, d->sample.p + item, len);
        weir_buf_put(&d->sample, (weir_span){copy, len});
    }
}

static inline void
draw_item(struct drawn_pattern *d)
{
    size_t item = d->sample.len;
    unsigned kind = draw(100);

    if (kind < 25) {
        draw_letters(d, 1 + draw(4));
    } else if (kind < 70 || d->depth > 4) {
        draw_character(d);
        if (draw(3) == 0)
            draw_quantifier(d, item);
    } else if (kind < 84) {
        draw_group(d);
        if (draw(3) == 0)
            draw_quantifier(d, item);
    } else if (kind < 88) {
        draw_look(d);
    } else if (kind < 92) {
        draw_anchor(d);
    } else if (kind < 97) {
        draw_oddity(d);
    } else {
        draw_in(d, "(?:", "){1,2}");
    }
}

static inline void
draw_branch(struct drawn_pattern *d)
{
    unsigned n = d->depth > 1 ? 1 + draw(2) : 1 + draw(4);

    if (draw(15) == 0)
        weir_buf_puts(&d->text, "^");
    for (unsigned i = 0; i < n && d->text.len < 200; i++)
        draw_item(d);
    if (draw(15) == 0)
        weir_buf_puts(&d->text, "$");
}

/* One branch, or several, one of which is what the sample is of. */
static inline void
draw_branches(struct drawn_pattern *d)
{
    unsigned n = draw(4) ? 1 : 2 + draw(3), chosen = draw(n);

    d->depth++;
    for (unsigned i = 0; i < n; i++) {
        size_t before = d->sample.len;

        if (i > 0)
            weir_buf_puts(&d->text, "|");
        draw_branch(d);
        if (i != chosen && i + 1 < n && chosen > i)
            d->sample.len = before;
        else if (i > chosen)
            d->sample.len = before;
    }
    d->depth--;
}

/* A group of one character, some more, and the same character again. */
static inline void
draw_echo(struct drawn_pattern *d)
{
    size_t at = d->sample.len;
    char copy[8];

    weir_buf_puts(&d->text, "(");
    draw_character(d);
    weir_buf_puts(&d->text, ")");
    size_t len = d->sample.len - at;
    if (len)
        memcpy(copy, d->sample.p + at, len);
    d->groups++;
    if (draw(2))
        draw_letters(d, draw(3));
    weir_buf_puts(&d->text, draw(3) ? "\\1" : "(?:\\g{1})");
    at = d->sample.len;
    weir_buf_put(&d->sample, (weir_span){copy, len});
    if (draw(2))
        draw_quantifier(d, at);
}

/* Anything in any order, which shows whether it is cut into the same pieces as PCRE2 cuts it. */
static inline void
draw_soup(struct drawn_pattern *d)
{
    static const char *const pieces[] = {
        "a",      "b",   "K",    "s",     "1",     "\xC3\xA9", "-",       "_",   "|",   "|",
        "(",      "(?:", "(?=",  "(?<!",  "(?i:",  "(?-i)",    "(?x)",    "(?#", "(?",  ")",
        ")",      "[",   "[^",   "[",     "]",     "]",        "[:",      ":]",  "^",   "$",
        "*",      "+",   "?",    "{",     "{1,2}", "{2}",      "{,1}",    "}",   ",",   "2",
        "\\",     "\\Q", "\\E",  "\\d",   "\\W",   "\\x",      "\\x{61}", "\\b", "\\1", "\\0",
        "\\p{L}", "\\]", "\\-",  "\\n",   "\\s",   " ",        "#",       "\n",  "\t",  "[:alpha:]",
        "(?|",    "(?>", "(?m)", "(?<n>", "(*",    "F)",       "=",       "<",   ">",   "'",
        "&",      "~",   "--",   "a-c",   "!",     ":",        ".",       "\\.", "\\K", "\\R"};
    unsigned open = 0;

    for (unsigned n = 1 + draw(9); n > 0; n--) {
        const char *piece = DRAW_ONE(pieces);
        weir_buf_puts(&d->text, piece);
        open += piece[0] == '(';
        open -= piece[0] == ')' && open > 0;
        if (piece[1] == '\0' && strchr("abKs1-_=:<>", piece[0]))
            weir_buf_putc(&d->sample, ascii_lower(piece[0]));
    }
    while (open-- > 0)
        weir_buf_puts(&d->text, ")");
}

/* Free with draw_fini. Not all of them compile. */
static inline void
draw_pattern(struct drawn_pattern *d, enum weir__subjects of)
{
    static const char *const starts[] = {
        "(*UTF)", "(*NO_JIT)", "(*LIMIT_MATCH=5000)", "(*CRLF)", "(?i)", "(?-i)", "(?x)", "(?m)"};
    bool anchored = draw(3) == 0;

    d->text.len = d->sample.len = 0;
    d->of = of;
    d->extended = draw(8) == 0;
    d->depth = d->groups = 0;
    if (draw(3) == 0) {
        draw_soup(d);
        return;
    }
    if (draw(40) == 0)
        weir_buf_puts(&d->text, DRAW_ONE(starts));
    if (anchored)
        weir_buf_puts(&d->text, "^");
    if (draw(12) == 0)
        draw_echo(d);
    if (anchored && draw(2)) {
        draw_in(d, "(?:", ")$");
    } else {
        draw_branches(d);
        if (draw(4) == 0)
            weir_buf_puts(&d->text, "$");
    }
}

static inline void
draw_fini(struct drawn_pattern *d)
{
    weir_buf_fini(&d->text);
    weir_buf_fini(&d->sample);
}

/* A subject: the sample, the sample with something added, taken away or changed, or anything. */
static inline void
draw_subject(const struct drawn_pattern *d, weir_buf *out)
{
    unsigned how = draw(8);

    out->len = 0;
    if (how == 0 || how == 1)
        for (unsigned n = draw(4); n > 0; n--)
            weir_buf_puts(out, draw_subject_character(d->of));
    if (how != 2) {
        weir_span sample = {d->sample.p, d->sample.len};
        size_t cut = how == 3 && sample.len ? draw(sample.len) : sample.len;
        while (cut < sample.len && ((uint8_t)sample.p[cut] & 0xC0) == 0x80)
            cut++;
        weir_buf_put(out, span_head(sample, cut));
        if (how == 3 && draw(2))
            weir_buf_put(out, span_skip(sample, cut));
    }
    if (how == 1 || how == 2 || how == 4)
        for (unsigned n = draw(6); n > 0; n--)
            weir_buf_puts(out, draw_subject_character(d->of));
}

#endif

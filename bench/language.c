/*
 * Made-up words of eight scripts, and tags made of them.
 */
#include "language.h"

#include "random.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_TAG 256

/* Code points that NFKC_Casefold leaves as they are, alone and beside each other. */
struct range {
    uint32_t first, last;
};

static const struct range cyrillic[] = {{0x430, 0x44f}, {0, 0}};
static const struct range greek[] = {{0x3b1, 0x3c1}, {0x3c3, 0x3c9}, {0, 0}};
static const struct range arabic[] = {{0x627, 0x628}, {0x62a, 0x63a}, {0x641, 0x64a}, {0, 0}};
static const struct range indic[] = {
    {0x915, 0x928}, {0x92a, 0x930}, {0x935, 0x939}, {0x93e, 0x940}, {0, 0}};
static const struct range kana[] = {{0x3042, 0x3093}, {0x30a2, 0x30f3}, {0, 0}};
static const struct range han[] = {{0x4e00, 0x62ff}, {0, 0}};
static const struct range hangul[] = {{0xac00, 0xbfff}, {0, 0}};
static const struct range latin[] = {{'a', 'z'},   {'a', 'z'},   {0xe0, 0xe5}, {0xe7, 0xef},
                                     {0xf1, 0xf6}, {0xf8, 0xfd}, {0, 0}};

/* Letters of a word: from, to. Dense scripts say more in less. */
static const struct script {
    const struct range *ranges;
    size_t from, to;
} scripts[] = {{latin, 3, 6}, {cyrillic, 3, 6}, {greek, 3, 6}, {arabic, 2, 5},
               {indic, 2, 4}, {kana, 2, 4},     {han, 1, 3},   {hangul, 1, 3}};

#define NSCRIPTS (sizeof scripts / sizeof *scripts)
#define NWORDS 6000        /* ASCII */
#define NSCRIPT_WORDS 1500 /* of each other script */

struct words {
    char *bytes;
    uint32_t *at;
    size_t n;
};

struct maker {
    struct random random;
    struct words ascii, other[NSCRIPTS];
    uint64_t *seen; /* hashes of the tags so far; 0: free */
    size_t mask;
};

static size_t
put_code_point(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    out[0] = (char)(0xe0 | c >> 12);
    out[1] = (char)(0x80 | (c >> 6 & 0x3f));
    out[2] = (char)(0x80 | (c & 0x3f));
    return 3;
}

/* Consonant, vowel, and at times a consonant again, once or twice. */
static size_t
ascii_word(struct random *r, char *out)
{
    static const char *const onsets[] = {"b",  "c",  "d",  "f",  "g",  "h",  "j",  "k",  "l", "m",
                                         "n",  "p",  "r",  "s",  "t",  "v",  "w",  "y",  "z", "st",
                                         "tr", "ch", "sh", "br", "cl", "gr", "pr", "th", "",  "fl"};
    static const char *const codas[] = {"", "", "", "n", "r", "s", "t", "l", "m", "nd", "ck", "x"};
    size_t len = 0, n = 1 + (random_below(r, 10) < 7);

    for (size_t i = 0; i < n; i++) {
        const char *onset = onsets[random_below(r, sizeof onsets / sizeof *onsets)];
        const char *coda = codas[random_below(r, sizeof codas / sizeof *codas)];

        len += (size_t)sprintf(out + len, "%s%c%s", onset, "aeiou"[random_below(r, 5)], coda);
    }
    return len;
}

static size_t
script_word(struct random *r, const struct script *s, char *out)
{
    size_t len = 0, n = s->from + random_below(r, s->to - s->from + 1), nranges = 0;

    while (s->ranges[nranges].first)
        nranges++;
    for (size_t i = 0; i < n; i++) {
        const struct range *range = &s->ranges[random_below(r, nranges)];
        uint32_t span = range->last - range->first + 1;

        len += put_code_point(out + len, range->first + (uint32_t)random_below(r, span));
    }
    return len;
}

static void
make_words(struct words *w, struct random *r, const struct script *s, size_t n)
{
    w->bytes = allocate(n, 32);
    w->at = allocate(n + 1, sizeof *w->at);
    w->n = n;
    for (size_t i = 0; i < n; i++) {
        char *out = w->bytes + w->at[i];
        size_t len = s ? script_word(r, s, out) : ascii_word(r, out);

        w->at[i + 1] = w->at[i] + (uint32_t)len;
    }
}

static size_t
put_word(struct maker *m, const struct words *w, char *out)
{
    size_t i = random_below(&m->random, w->n), len = w->at[i + 1] - w->at[i];

    memcpy(out, w->bytes + w->at[i], len);
    return len;
}

/* One to four digits, years most of all. */
static size_t
put_number(struct maker *m, char *out)
{
    struct random *r = &m->random;

    if (random_below(r, 2))
        return (size_t)sprintf(out, "%u", 2006u + (unsigned)random_below(r, 20));
    return (size_t)sprintf(out, "%u", (unsigned)random_below(r, random_below(r, 2) ? 100 : 10000));
}

static size_t
ascii_tag(struct maker *m, char *out)
{
    size_t shape = random_below(&m->random, 100), len = put_word(m, &m->ascii, out);

    if (shape < 5)
        return len;
    if (shape < 20)
        return len + put_number(m, out + len);
    if (shape < 25)
        out[len++] = '_';
    len += put_word(m, &m->ascii, out + len);
    if (shape < 75)
        return len;
    if (shape < 92)
        return len + put_number(m, out + len);
    return len + put_word(m, &m->ascii, out + len);
}

static size_t
other_tag(struct maker *m, char *out)
{
    const struct words *w = &m->other[random_below(&m->random, NSCRIPTS)];
    size_t shape = random_below(&m->random, 100), len = put_word(m, w, out);

    if (shape < 10)
        return len;
    if (shape < 20)
        return len + put_number(m, out + len);
    len += put_word(m, w, out + len);
    if (shape < 60)
        return len;
    if (shape < 80)
        return len + put_number(m, out + len);
    return len + put_word(m, w, out + len);
}

/* false: it is there already. Equal hashes count as equal tags, which only drops a few. */
static bool
is_new(struct maker *m, weir_span tag)
{
    uint64_t hash = XXH3_64bits(tag.p, tag.len) | 1;

    for (size_t i = hash >> 20 & m->mask;; i = (i + 1) & m->mask) {
        if (m->seen[i] == hash)
            return false;
        if (m->seen[i] == 0) {
            m->seen[i] = hash;
            return true;
        }
    }
}

static void
maker_init(struct maker *m, size_t n, uint64_t seed)
{
    size_t slots = 1024;

    while (slots < 2 * n)
        slots *= 2;
    m->seen = allocate(slots, sizeof *m->seen);
    m->mask = slots - 1;
    m->random = random_named(seed, "language");
    make_words(&m->ascii, &m->random, NULL, NWORDS);
    for (size_t i = 0; i < NSCRIPTS; i++)
        make_words(&m->other[i], &m->random, &scripts[i], NSCRIPT_WORDS);
}

static void
maker_fini(struct maker *m)
{
    free(m->seen);
    free(m->ascii.bytes);
    free(m->ascii.at);
    for (size_t i = 0; i < NSCRIPTS; i++) {
        free(m->other[i].bytes);
        free(m->other[i].at);
    }
}

static void
add(struct language *l, size_t *cap, weir_span tag)
{
    size_t at = l->at[l->n];

    if (at + tag.len > *cap) {
        *cap = 2 * *cap + tag.len;
        l->bytes = reallocate(l->bytes, *cap, 1);
    }
    memcpy(l->bytes + at, tag.p, tag.len);
    l->at[++l->n] = (uint32_t)(at + tag.len);
}

void
language_make(struct language *l, size_t n, uint64_t seed, const weir_span *real, size_t nreal)
{
    struct maker m;
    size_t cap = 16 * n;

    maker_init(&m, n, seed);
    *l = (struct language){allocate(cap, 1), allocate(n + 1, sizeof *l->at), 0, 0};
    for (size_t i = 0; i < nreal && l->n < n; i++)
        if (is_new(&m, real[i]))
            add(l, &cap, real[i]);
    l->nreal = l->n;
    while (l->n < n) {
        char tag[MAX_TAG];
        bool ascii = random_below(&m.random, 100) < 80;
        size_t len = ascii ? ascii_tag(&m, tag) : other_tag(&m, tag);

        if (is_new(&m, (weir_span){tag, len}))
            add(l, &cap, (weir_span){tag, len});
    }
    maker_fini(&m);
}

void
language_fini(struct language *l)
{
    free(l->bytes);
    free(l->at);
    memset(l, 0, sizeof *l);
}

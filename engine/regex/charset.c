/*
 * Sets of characters, never smaller than the truth.
 *
 * Which letters PCRE2 takes for the same: those whose simple case folding is the same. ICU is asked
 * for it; tests hold the two against each other, character by character.
 */
#include "regex/charset.h"

#include <stdlib.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/uset.h>

/* More than so many characters beyond ASCII, and the set is hazy. */
#define LISTED_MOST 512u

#define KELVIN 0x212Au /* folds to k */
#define LONG_S 0x17Fu  /* folds to s */

bool
weir__may_occur(uint32_t c, enum weir__subjects of)
{
    if (c < 128)
        return c < 'A' || c > 'Z';
    return of == WEIR__SUBJECTS_HANDLE ||
           !u_hasBinaryProperty((UChar32)c, UCHAR_CHANGES_WHEN_NFKC_CASEFOLDED);
}

uint32_t
weir__utf8_length(uint32_t c)
{
    return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

static void
put_ascii(struct weir__charset *s, uint32_t c)
{
    s->ascii[c / 64] |= UINT64_C(1) << (c % 64);
    s->unsure[c / 64] &= ~(UINT64_C(1) << (c % 64));
}

static void
put_unsure(struct weir__charset *s, uint32_t c)
{
    if (!weir__charset_has_ascii(s, c)) {
        put_ascii(s, c);
        s->unsure[c / 64] |= UINT64_C(1) << (c % 64);
    }
}

static void
put_one(struct weir__charset *s, struct arena *in, uint32_t c)
{
    if (c < 128) {
        put_ascii(s, c);
        return;
    }
    struct weir__range *r = ARENA_PUSH(in, s->beyond, s->nbeyond, s->cap);
    if (r)
        *r = (struct weir__range){c, c};
    else
        s->hazy = true; /* no memory for the list */
}

/* Every character whose case folding is that of c. ICU also gives those that only full folding
   makes the same, which PCRE2's versions differ on. */
static void
put_closure(struct weir__charset *s, struct arena *in, uint32_t c)
{
    UChar32 folded = u_foldCase((UChar32)c, U_FOLD_CASE_DEFAULT);
    USet *set = uset_open((UChar32)c, (UChar32)c);
    UErrorCode err = U_ZERO_ERROR;
    UChar string[8];
    UChar32 lo, hi;

    uset_closeOver(set, USET_CASE_INSENSITIVE);
    for (int32_t i = 0; i < uset_getItemCount(set); i++) {
        if (uset_getItem(set, i, &lo, &hi, string, 8, &err) != 0)
            continue; /* a string: not a character */
        for (UChar32 x = lo; x <= hi; x++) {
            s->vague |= u_foldCase(x, U_FOLD_CASE_DEFAULT) != folded;
            put_one(s, in, (uint32_t)x);
        }
    }
    uset_close(set);
}

/* In folded subjects a letter has one form left, the one that folds to itself. */
static void
put_folded(struct weir__charset *s, struct arena *in, uint32_t c)
{
    uint32_t folded = (uint32_t)u_foldCase((UChar32)c, U_FOLD_CASE_DEFAULT);

    if (weir__may_occur(folded, WEIR__SUBJECTS_FOLDED))
        put_one(s, in, folded);
}

static void
put_caseless(struct weir__charset *s, struct arena *in, uint32_t c, enum weir__subjects of)
{
    if (c < 128) {
        uint32_t lower = (uint8_t)ascii_lower((char)c);
        put_ascii(s, lower);
        if (of == WEIR__SUBJECTS_HANDLE && lower == 'k')
            put_one(s, in, KELVIN);
        if (of == WEIR__SUBJECTS_HANDLE && lower == 's')
            put_one(s, in, LONG_S);
    } else if (of == WEIR__SUBJECTS_FOLDED) {
        put_folded(s, in, c);
    } else if (u_hasBinaryProperty((UChar32)c, UCHAR_CASE_SENSITIVE)) {
        put_closure(s, in, c);
    } else {
        put_one(s, in, c);
    }
}

void
weir__charset_add(struct weir__charset *s, struct arena *in, struct weir__range r, bool caseless,
                  enum weir__subjects of)
{
    uint32_t beyond = r.lo > 128 ? r.lo : 128; /* where the part beyond ASCII begins */
    bool large = r.hi >= beyond && r.hi - beyond + s->nbeyond >= LISTED_MOST;

    for (uint32_t c = r.lo; c <= r.hi && !(large && c >= 128); c++)
        if (caseless)
            put_caseless(s, in, c, of);
        else if (weir__may_occur(c, of))
            put_one(s, in, c);
    if (large) {
        s->hazy = true;
        put_unsure(s, 'k');
        put_unsure(s, 's');
    }
}

/* Named sets: of ASCII it is known what is in them; beyond, anything may be. */

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char digits[] = "0123456789";

static bool
is_in(const char *chars, uint32_t c)
{
    return c != 0 && strchr(chars, (int)c) != NULL;
}

static bool
is_printing(uint32_t c)
{
    return c > ' ' && c < 127;
}

/* Is ASCII c in the class? -1: there is no such class. */
static int
in_posix(weir_span name, uint32_t c)
{
    bool letter = is_in(letters, c), digit = is_in(digits, c);

    if (span_is(name, "alpha") || span_is(name, "lower") || span_is(name, "upper"))
        return letter;
    if (span_is(name, "digit"))
        return digit;
    if (span_is(name, "alnum"))
        return letter || digit;
    if (span_is(name, "word"))
        return letter || digit || c == '_';
    if (span_is(name, "space"))
        return c == ' ' || (c >= '\t' && c <= '\r');
    if (span_is(name, "blank"))
        return c == ' ' || c == '\t';
    if (span_is(name, "cntrl"))
        return c < 32 || c == 127;
    if (span_is(name, "graph"))
        return is_printing(c);
    if (span_is(name, "print"))
        return is_printing(c) || c == ' ';
    if (span_is(name, "punct"))
        return is_printing(c) && !letter && !digit;
    if (span_is(name, "xdigit"))
        return digit || is_in("abcdefABCDEF", c);
    return span_is(name, "ascii") ? 1 : -1;
}

bool
weir__charset_add_posix(struct weir__charset *s, weir_span name, bool negated)
{
    /* caseless, these two are letters of either case */
    bool unsure = span_is(name, "lower") || span_is(name, "upper");

    if (in_posix(name, 'a') < 0)
        return false;
    for (uint32_t c = 0; c < 128; c++)
        if (unsure && is_in(letters, c))
            put_unsure(s, c);
        else if ((in_posix(name, c) > 0) != negated)
            put_ascii(s, c);
    s->hazy = true;
    return true;
}

void
weir__charset_add_escape(struct weir__charset *s, char letter)
{
    bool negated = letter >= 'A' && letter <= 'Z';

    switch (ascii_lower(letter)) {
    case 'd':
        (void)weir__charset_add_posix(s, SPAN_LIT("digit"), negated);
        break;
    case 'w':
        (void)weir__charset_add_posix(s, SPAN_LIT("word"), negated);
        break;
    case 's':
        (void)weir__charset_add_posix(s, SPAN_LIT("space"), negated);
        break;
    case 'h':
        (void)weir__charset_add_posix(s, SPAN_LIT("blank"), negated);
        break;
    default:
        for (uint32_t c = 0; c < 128; c++)
            if ((c >= '\n' && c <= '\r') != negated)
                put_ascii(s, c);
        s->hazy = true;
    }
}

/* Names of scripts that ASCII has no part in. */
static bool
is_script_beyond_ascii(const char *name)
{
    int32_t script = u_getPropertyValueEnum(UCHAR_SCRIPT, name);

    return script >= 0 && script != USCRIPT_LATIN && script != USCRIPT_COMMON &&
           script != USCRIPT_INHERITED && script != USCRIPT_UNKNOWN;
}

void
weir__charset_add_property(struct weir__charset *s, weir_span name, bool negated)
{
    char text[32] = "";

    s->hazy = true;
    if (name.len && name.len < sizeof text && !memchr(name.p, '\0', name.len))
        memcpy(text, name.p, name.len);
    bool is_letters = strcmp(text, "L") == 0 || strcmp(text, "L&") == 0;
    bool is_digits = strcmp(text, "N") == 0 || strcmp(text, "Nd") == 0;
    bool known = is_letters || is_digits || is_script_beyond_ascii(text);
    for (uint32_t c = 0; c < 128; c++) {
        if (!known)
            put_unsure(s, c);
        else if ((is_letters ? is_in(letters, c) : is_digits && is_in(digits, c)) != negated)
            put_ascii(s, c);
    }
}

void
weir__charset_add_all(struct weir__charset *s)
{
    s->ascii[0] = s->ascii[1] = UINT64_MAX;
    s->unsure[0] = s->unsure[1] = 0;
    s->hazy = true;
}

void
weir__charset_negate(struct weir__charset *s)
{
    for (int i = 0; i < 2; i++)
        s->ascii[i] = ~s->ascii[i] | s->unsure[i];
    s->hazy = true;
}

static int
by_value(const void *a, const void *b)
{
    const struct weir__range *x = a, *y = b;

    return x->lo < y->lo ? -1 : x->lo > y->lo;
}

void
weir__charset_finish(struct weir__charset *s)
{
    static const uint64_t capitals = UINT64_C(0x7FFFFFE); /* of the upper word */
    size_t n = 0;

    s->ascii[1] &= ~capitals;
    s->unsure[1] &= ~capitals;
    if (s->hazy)
        s->nbeyond = 0;
    if (s->nbeyond > 1)
        qsort(s->beyond, s->nbeyond, sizeof *s->beyond, by_value);
    for (size_t i = 0; i < s->nbeyond; i++) {
        if (n > 0 && s->beyond[i].lo <= s->beyond[n - 1].hi + 1)
            s->beyond[n - 1].hi =
                s->beyond[i].hi > s->beyond[n - 1].hi ? s->beyond[i].hi : s->beyond[n - 1].hi;
        else
            s->beyond[n++] = s->beyond[i];
    }
    s->nbeyond = n;
}

size_t
weir__charset_count(const struct weir__charset *s)
{
    size_t n =
        (size_t)__builtin_popcountll(s->ascii[0]) + (size_t)__builtin_popcountll(s->ascii[1]);

    if (s->hazy)
        return SIZE_MAX;
    for (size_t i = 0; i < s->nbeyond; i++)
        n += s->beyond[i].hi - s->beyond[i].lo + 1;
    return n;
}

bool
weir__charset_is_sure(const struct weir__charset *s)
{
    return !s->vague && s->unsure[0] == 0 && s->unsure[1] == 0;
}

void
weir__charset_lengths(const struct weir__charset *s, uint32_t *min, uint32_t *max)
{
    bool ascii = s->ascii[0] != 0 || s->ascii[1] != 0;

    if (s->hazy) {
        *min = ascii ? 1 : 2;
        *max = 4;
        return;
    }
    *min = ascii ? 1 : weir__utf8_length(s->beyond[0].lo);
    *max = s->nbeyond ? weir__utf8_length(s->beyond[s->nbeyond - 1].hi) : 1;
}

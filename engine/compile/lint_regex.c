/*
 * Lint of regexes: what a regex holds that the text it is tried on never does.
 *
 * PCRE2 itself says which pieces a regex has, so that classes, comments, \Q…\E and blanks under x
 * are what it takes them for. Only characters on their own are looked at; what a class, a group or
 * an escape such as \d may match is its author's business.
 */
#include "compile/compiling.h"

#include "base/buf.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

struct lint {
    struct compiling *c;
    const struct raw_entry *e;
    const struct weir__regex_piece *pieces;
    size_t n;
    bool may_be_empty; /* the empty text may match */
    enum weir__fold fold;
    weir__fold_fn to_key; /* of letters, under that fold */
};

/* A piece that is one character. */
struct letter {
    UChar32 c;     /* below 0: it is none */
    bool once;     /* nothing stands behind it that could repeat it or leave it out */
    bool optional; /* it may be left out */
};

static weir_span
text_of(const struct lint *l, size_t piece)
{
    return (weir_span){l->e->entry.text.p + l->pieces[piece].at, l->pieces[piece].len};
}

/* Reading letters --------------------------------------------------------------------------- */

/* `\x41`, `\x{41}`, `\N{U+41}`: their length, or 0 for any other escape. */
static size_t
read_code(weir_span s, UChar32 *out)
{
    bool named = span_starts(s, "\\N{U+"), braced = named || span_starts(s, "\\x{");
    size_t from = named ? 5 : braced ? 3 : 2, n = from;
    UChar32 c = 0;

    if (!named && !span_starts(s, "\\x"))
        return 0;
    for (; n < s.len && (braced || n < 4) && c <= 0x10FFFF; n++) {
        int digit = u_digit((unsigned char)s.p[n], 16);
        if (digit < 0)
            break;
        c = c * 16 + digit;
    }
    if (n == from || (braced && (n == s.len || s.p[n] != '}')))
        return 0;
    *out = c;
    return braced ? n + 1 : n;
}

static bool
is_alnum(char c)
{
    return ascii_is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
}

/* The length of what is one letter, or 0: a class, a group, an escape for many. */
static size_t
read_character(weir_span s, UChar32 *out)
{
    bool escaped = s.p[0] == '\\' && s.len > 1;
    size_t n = escaped ? 1 : 0;
    UChar32 c;

    if (escaped && is_alnum(s.p[1]))
        return read_code(s, out);
    if (!escaped && strchr("[(.^$|)", s.p[0]))
        return 0;
    U8_NEXT((const uint8_t *)s.p, n, s.len, c);
    *out = c;
    return n;
}

static struct letter
letter_of(const struct lint *l, size_t piece)
{
    weir_span s = text_of(l, piece);
    struct letter out = {.c = -1};
    size_t n = read_character(s, &out.c);
    weir_span rest = span_skip(s, n);

    while (span_starts(rest, "\\Q") || span_starts(rest, "\\E"))
        rest = span_skip(rest, 2);
    out.once = rest.len == 0;
    rest = weir__span_trim(rest);
    out.optional =
        rest.len && (strchr("?*", rest.p[0]) || span_starts(rest, "{0") || span_starts(rest, "{,"));
    return out;
}

/* The sign in front --------------------------------------------------------------------------- */

static bool
tell_sign(const struct lint *l, size_t piece, weir_selector kind)
{
    weir_span s = l->e->entry.text;
    const struct weir__regex_piece *p = &l->pieces[piece];
    struct weir__place at = weir__place_in_regex(l->e, p->at, p->len);
    bool tag = kind == WEIR_SEL_HASHTAGS;

    if (weir__tell_once(l->c, &at, "sign"))
        weir__diag_add(l->c->diags, WEIR_WARNING, &at,
                       "a regex is tried on the %s without its %s, so this cannot match: write "
                       "'/%.*s%.*s/%s'",
                       tag ? "hashtag" : "handle", tag ? "#" : "@", (int)p->at, s.p,
                       (int)(s.len - p->at - p->len), s.p + p->at + p->len,
                       l->e->entry.extended ? "x" : "");
    return true;
}

/*
 * A `#` that the regex, or one of its alternatives, begins with; an `@` only where it must stand
 * first in the handle, since there may be one inside. Groups are left alone.
 */
static bool
lint_sign(const struct lint *l, weir_selector kind)
{
    bool first = true, anchored = false;

    for (size_t i = 0; i < l->n; i++) {
        weir_span s = text_of(l, i);
        struct letter a = letter_of(l, i);
        if (s.p[0] == '(')
            return false;
        if (s.p[0] == '|' || s.p[0] == '^' || span_starts(s, "\\A")) {
            anchored = s.p[0] != '|';
            first = first || s.p[0] == '|';
            continue;
        }
        bool sign = kind == WEIR_SEL_HASHTAGS ? a.c == '#' || a.c == 0xFF03 /* ＃ */
                                              : a.c == '@' && anchored;
        if (first && sign && !a.optional)
            return tell_sign(l, i, kind);
        first = anchored = false;
    }
    return false;
}

/* Matching everything ------------------------------------------------------------------------- */

/* Does what matches here depend on where it stands, or what is around it? */
static bool
is_condition(weir_span s)
{
    static const char *const begin[] = {"^",   "$",   "\\A",  "\\z",  "\\Z", "\\b",  "\\B", "\\G",
                                        "(?=", "(?!", "(?<=", "(?<!", "(?*", "(?<*", "(*",  "(?("};

    for (size_t i = 0; i < sizeof begin / sizeof *begin; i++)
        if (span_starts(s, begin[i]))
            return true;
    return false;
}

static bool
matches_empty(const struct lint *l)
{
    struct weir__regex *re = NULL;
    struct weir__regex_scratch *s = NULL;
    const struct weir__entry *e = &l->e->entry;

    weir_status st = weir__regex_compile(e->text, e->extended, false, &re, NULL);
    if (st == WEIR_OK)
        st = weir__regex_scratch_new(WEIR__MATCH_LIMIT, &s);
    bool hit = st == WEIR_OK && weir__regex_match(re, s, SPAN_LIT("")) == WEIR__HIT;
    weir__regex_scratch_free(s);
    weir__regex_free(re);
    if (st == WEIR_E_NOMEM)
        longjmp(*l->c->work->on_oom, 1);
    return hit;
}

/* `.`, `^.*$`, `(.+)`: one dot, as often as one likes where both ends are fixed. */
static bool
is_one_dot(const struct lint *l)
{
    weir_span text = l->e->entry.text;
    size_t dots = 0, ends = 0;
    bool many = false;

    if (text.len && memmem(text.p, text.len, "\\Q", 2))
        return false; /* a dot there is a dot */
    for (size_t i = 0; i < l->n; i++) {
        weir_span s = text_of(l, i);
        if (s.p[0] == '.') {
            dots++;
            many = s.len > 1 && (s.p[1] == '*' || s.p[1] == '+');
            if (s.len > 1 && !many)
                return false;
        } else if (span_is(s, "^") || span_is(s, "$") || span_is(s, "\\A") || span_is(s, "\\z") ||
                   span_is(s, "\\Z")) {
            ends++;
        } else if (!span_is(s, "(") && !span_is(s, "(?:") && !span_is(s, ")")) {
            return false;
        }
    }
    return dots == 1 && (many || ends < 2);
}

/*
 * What matches the empty text, whatever is around it, matches at the end of every text. Beyond that
 * only the usual ways to write "anything" are known: others (`\w`, `[^x]`) may be meant.
 */
static bool
lint_everything(const struct lint *l)
{
    bool all = is_one_dot(l), conditions = false;

    for (size_t i = 0; i < l->n && l->may_be_empty && !all; i++)
        conditions = conditions || is_condition(text_of(l, i));
    if (!all && (!l->may_be_empty || conditions || !matches_empty(l)))
        return false;
    if (weir__tell_once(l->c, &l->e->at, "all"))
        weir__diag_add(l->c->diags, WEIR_WARNING, &l->e->at, "this regex matches everything%s",
                       l->may_be_empty && !all ? ": all of it may be left out" : "");
    return true;
}

/* Letters that no key holds ------------------------------------------------------------------- */

/* The same but for case, code point by code point, as PCRE2 compares. */
static bool
same_but_case(weir_span a, weir_span b)
{
    size_t i = 0, k = 0;

    while (i < a.len && k < b.len) {
        UChar32 x, y;
        U8_NEXT((const uint8_t *)a.p, i, a.len, x);
        U8_NEXT((const uint8_t *)b.p, k, b.len, y);
        if (x != y && u_foldCase(x, U_FOLD_CASE_DEFAULT) != u_foldCase(y, U_FOLD_CASE_DEFAULT))
            return false;
    }
    return i == a.len && k == b.len;
}

/* The letters [from, to), which stand side by side, into c->buf2. */
static weir_span
spell(const struct lint *l, size_t from, size_t to)
{
    l->c->buf2.len = 0;
    for (size_t i = from; i < to; i++)
        weir__buf_put_cp(&l->c->buf2, (uint32_t)letter_of(l, i).c);
    return span_of_buf(&l->c->buf2);
}

/* Are the letters what they become in a key, which then is in c->buf? */
static bool
is_own_key(const struct lint *l, size_t from, size_t to)
{
    weir_span text = spell(l, from, to);

    l->c->buf.len = 0;
    l->to_key(text, &l->c->buf);
    if (l->c->buf.failed || l->c->buf2.failed)
        longjmp(*l->c->work->on_oom, 1);
    return same_but_case(text, span_of_buf(&l->c->buf));
}

/* The text as a regex that matches it: what folding makes of a letter may be `*` or `.`. */
static const char *
as_regex(struct arena *work, weir_span text)
{
    char *p = arena_alloc(work, 2 * text.len + 1);
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.p[i] < 0x80 && !is_alnum(text.p[i]) && text.p[i] != '_')
            p[n++] = '\\';
        p[n++] = text.p[i];
    }
    return p;
}

static void
tell_letters(const struct lint *l, size_t from, size_t to)
{
    size_t at_byte = l->pieces[from].at, end = l->pieces[to - 1].at + l->pieces[to - 1].len;
    struct weir__place at = weir__place_in_regex(l->e, at_byte, end - at_byte);

    (void)is_own_key(l, from, to);
    weir_span key = span_of_buf(&l->c->buf), text = span_of_buf(&l->c->buf2);
    if (!weir__tell_once(l->c, &at, "letters"))
        return;
    if (key.len)
        weir__diag_add(l->c->diags, WEIR_WARNING, &at,
                       "no hashtag has \"%.*s\" in the form that it is compared in%s, so this "
                       "cannot match: write %s",
                       SPAN_FMT(text), weir__under_fold(l->fold), as_regex(l->c->work, key));
    else
        weir__diag_add(l->c->diags, WEIR_WARNING, &at,
                       "a character that cannot be seen stands here, and no hashtag has it in the "
                       "form that it is compared in, so this cannot match: leave it out");
}

/* The fewest letters of the run that cannot stand together. */
static void
narrow_down(const struct lint *l, size_t from, size_t to)
{
    size_t good = from, bad = to; /* [from, good) can, [from, bad) cannot */

    while (bad - good > 1) {
        size_t mid = good + (bad - good) / 2;
        if (is_own_key(l, from, mid))
            good = mid;
        else
            bad = mid;
    }
    to = bad;
    bad = from; /* [bad, to) cannot, [good, to) can */
    good = to;
    while (good - bad > 1) {
        size_t mid = bad + (good - bad) / 2;
        if (is_own_key(l, mid, to))
            good = mid;
        else
            bad = mid;
    }
    tell_letters(l, bad, to);
}

/* Letters side by side are looked at together: e and an accent behind it are one letter in a key.
 */
static bool
lint_letters(const struct lint *l)
{
    bool told = false;

    for (size_t from = 0, to; from < l->n; from = to) {
        struct letter a = letter_of(l, from);
        to = from + 1;
        if (a.c < 0)
            continue;
        while (a.once && to < l->n && (a = letter_of(l, to)).c >= 0 && a.once)
            to++;
        if (is_own_key(l, from, to))
            continue;
        narrow_down(l, from, to);
        told = true;
    }
    return told;
}

bool
weir__lint_regex(struct compiling *c, const struct raw_entry *e, weir_selector kind,
                 enum weir__fold fold)
{
    struct lint l = {.c = c, .e = e, .fold = fold};
    weir_span text = e->entry.text;

    if (c->pieces_cap < text.len) {
        c->pieces_cap = text.len < 256 ? 512 : text.len * 2;
        c->pieces = arena_array(c->work, c->pieces_cap, sizeof *c->pieces);
    }
    weir_status st = weir__regex_pieces(text, e->entry.extended, c->pieces, &l.n, &l.may_be_empty);
    if (st == WEIR_E_NOMEM)
        longjmp(*c->work->on_oom, 1);
    if (st != WEIR_OK) /* refused, which is said elsewhere */
        return false;
    l.pieces = c->pieces;
    l.to_key = weir__entry_fold(&e->entry, kind, fold);
    if (lint_sign(&l, kind) || lint_everything(&l))
        return true;
    return kind == WEIR_SEL_HASHTAGS && lint_letters(&l);
}

/*
 * Hashtags and mentions in text, by the rules of twitter-text.
 *
 * Those rules are regular expressions that are matched one after the other, each match beginning
 * where the last one ended, its character in front included. So a walk remembers one place:
 * what stands before `at` is used up, and is in front of nothing any more.
 */
#include "text/hashtag.h"

#include "text/scan.h"

#include <unicode/uchar.h>

#define FULL_WIDTH_HASH 0xFF03
#define FULL_WIDTH_AT 0xFF20

enum kind { NEITHER, FILLER, LETTER }; /* a tag is made of both, and has at least one letter */

static enum kind
kind_of(int32_t c)
{
    if (c < 0x80)
        return (c >= '0' && c <= '9') || c == '_' ? FILLER
               : weir__is_ascii_alnum(c)          ? LETTER
                                                  : NEITHER;
    switch (c) {
    case 0x00B7: /* middle dot, of Catalan */
    case 0x05BE: /* Hebrew maqaf, geresh, gershayim */
    case 0x05F3:
    case 0x05F4:
    case 0x0F0B: /* Tibetan tshegs */
    case 0x0F0C:
    case 0x200C: /* zero-width non-joiner, joiner */
    case 0x200D:
    case 0x3003: /* ditto mark */
    case 0x301C: /* wave dash */
    case 0x309B: /* voiced sound marks of Japanese */
    case 0x309C:
    case 0x30A0: /* double hyphen, middle dot of Katakana */
    case 0x30FB:
    case 0xA67E: /* Cyrillic kavyka */
    case 0xFF5E: /* full-width tilde */
        return FILLER;
    default:
        break;
    }
    uint32_t category = U_MASK(u_charType(c));
    if (category & (U_GC_L_MASK | U_GC_M_MASK))
        return LETTER;
    return category & U_GC_ND_MASK ? FILLER : NEITHER;
}

bool
weir__is_hashtag_char(int32_t c)
{
    return c >= 0 && kind_of(c) != NEITHER;
}

static bool
is_hash(int32_t c)
{
    return c == '#' || c == FULL_WIDTH_HASH;
}

/* May a tag's sign stand behind this character? Behind an emoji's variation selector it may, though
   that is a mark. */
static bool
is_boundary(int32_t c)
{
    return c == 0xFE0E || c == 0xFE0F || (c != '&' && kind_of(c) == NEITHER);
}

static bool
is_final_ellipsis(weir_span text, size_t at)
{
    return span_eq(span_skip(text, at), SPAN_LIT("\xE2\x80\xA6"));
}

/* Past the characters of a tag that begin at `at`; a tag without a letter is none, nor is the
   keycap `#` or its emoji form. */
static size_t
tag_end(weir_span text, size_t at, bool *is_tag)
{
    size_t end = at, next = at;
    int32_t c = weir__next_cp(text, &next);

    *is_tag = false;
    if (c == 0xFE0F || c == 0x20E3)
        return at;
    for (enum kind k; (k = kind_of(c)) != NEITHER; c = weir__next_cp(text, &next)) {
        *is_tag |= k == LETTER;
        end = next;
    }
    return end;
}

/* What may not follow a tag. */
static bool
spoils_tag(weir_span text, size_t at)
{
    size_t next = at;

    return is_hash(weir__next_cp(text, &next)) || span_starts(span_skip(text, at), "://") ||
           is_final_ellipsis(text, at);
}

/* In front of a walk's place stands what its last match ended with: to a URL it matters only
   whether that was ASCII. */
static int32_t
last_char(const struct weir__walk *w)
{
    if (w->at == 0)
        return WEIR__NO_CHAR;
    unsigned char last = (unsigned char)w->text.p[w->at - 1];
    return last < 0x80 ? last : WEIR__BAD_BYTE;
}

bool
weir__next_hashtag(struct weir__walk *w, weir_span *tag)
{
    weir_span text = w->text;
    size_t used = w->at, url = 0; /* ends of the last match, and of the last URL */
    size_t seen = 0;
    int32_t before = last_char(w);

    for (size_t at = w->at; at < text.len;) {
        size_t start = at;
        int32_t c = weir__next_cp(text, &at);

        if (is_hash(c) && (start == 0 || (start > used && is_boundary(before)))) {
            bool is_tag, in_url = start < url;
            size_t end = tag_end(text, at, &is_tag);

            if (is_tag && !in_url && !spoils_tag(text, end)) {
                *tag = (weir_span){text.p + at, end - at};
                w->at = end;
                return true;
            }
            if (is_tag)
                used = end;
        } else if (start >= url && (weir__is_ascii_alnum(c) || weir__is_accented_latin(c))) {
            url = weir__url_end(text, start, before, &seen);
        }
        before = c;
    }
    w->at = text.len;
    return false;
}

/* Mentions ---------------------------------------------------------------------------------- */

#define LONGEST_NAME 20
#define LONGEST_LIST 24 /* behind its first letter */

static bool
is_at(int32_t c)
{
    return c == '@' || c == FULL_WIDTH_AT;
}

static bool
is_name_char(int32_t c)
{
    return weir__is_ascii_alnum(c) || c == '_';
}

/* Behind `RT`, as a word of its own, a mention may follow at once. The text ends with it at `at`;
   nothing before `used` counts. */
static bool
is_retweet_sign(weir_span text, size_t at, size_t used)
{
    if (at < used + 2 || !weir__span_eq_nocase((weir_span){text.p + at - 2, 2}, SPAN_LIT("rt")))
        return false;
    if (at == 2)
        return true;
    char c = text.p[at - 3];
    return at > used + 2 && !is_name_char((unsigned char)c) && !memchr("+~.-", c, 4);
}

static bool
may_precede_mention(int32_t c)
{
    return !is_name_char(c) && !is_at(c) && (c <= 0 || c >= 0x80 || !strchr("!#$%&*", (char)c));
}

/* `@name/list` names a list. Past it, or `at` where none follows. */
static size_t
list_end(weir_span text, size_t at)
{
    size_t end = at + 1;

    if (end >= text.len || text.p[at] != '/' || !weir__is_ascii_alnum(text.p[end]) ||
        ascii_is_digit(text.p[end]))
        return at;
    for (size_t n = 0; n <= LONGEST_LIST && end < text.len; n++, end++)
        if (!is_name_char((unsigned char)text.p[end]) && text.p[end] != '-')
            break;
    return end;
}

/* What may not follow a mention. */
static bool
spoils_mention(weir_span text, size_t at)
{
    size_t next = at;
    int32_t c = weir__next_cp(text, &next);

    return is_at(c) || weir__is_accented_latin(c) || span_starts(span_skip(text, at), "://") ||
           is_final_ellipsis(text, at);
}

bool
weir__next_mention(struct weir__walk *w, weir_span *mention)
{
    weir_span text = w->text;
    size_t used = w->at;
    int32_t before = WEIR__NO_CHAR;

    for (size_t at = w->at; at < text.len;) {
        size_t start = at, end;
        int32_t c = weir__next_cp(text, &at);
        bool begins = is_at(c) && (start == 0 || (start > used && may_precede_mention(before)) ||
                                   is_retweet_sign(text, start, used));

        before = c;
        if (!begins)
            continue;
        for (end = at; end < text.len && end - at < LONGEST_NAME; end++)
            if (!is_name_char((unsigned char)text.p[end]))
                break;
        if (end == at)
            continue;
        size_t list = list_end(text, end);
        if (list == end && !spoils_mention(text, end)) {
            *mention = (weir_span){text.p + at, end - at};
            w->at = end;
            return true;
        }
        before = (unsigned char)text.p[list - 1];
        at = used = list;
    }
    w->at = text.len;
    return false;
}

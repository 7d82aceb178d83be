/*
 * Folding of tags with ICU directly, and reading of UTF-8.
 */
#include "oracle.h"

#include <unicode/unorm2.h>
#include <unicode/uspoof.h>
#include <unicode/ustring.h>

bool
is_utf8(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.p;

    for (size_t i = 0; i < s.n;) {
        size_t more = p[i] < 0x80                    ? 0
                      : p[i] >= 0xC2 && p[i] <= 0xDF ? 1
                      : (p[i] & 0xF0) == 0xE0        ? 2
                      : p[i] >= 0xF0 && p[i] <= 0xF4 ? 3
                                                     : 9;
        if (more == 9 || i + more >= s.n)
            return false;
        for (size_t k = 1; k <= more; k++)
            if ((p[i + k] & 0xC0) != 0x80)
                return false;
        if ((p[i] == 0xE0 && p[i + 1] < 0xA0) || (p[i] == 0xED && p[i + 1] > 0x9F) ||
            (p[i] == 0xF0 && p[i + 1] < 0x90) || (p[i] == 0xF4 && p[i + 1] > 0x8F))
            return false;
        i += more + 1;
    }
    return true;
}

uint32_t
next_cp(struct str s, size_t *at)
{
    unsigned char c = (unsigned char)s.p[(*at)++];
    uint32_t cp = c < 0x80 ? c : c < 0xE0 ? c & 0x1F : c < 0xF0 ? c & 0x0F : c & 0x07;

    while (*at < s.n && ((unsigned char)s.p[*at] & 0xC0) == 0x80)
        cp = cp << 6 | ((unsigned char)s.p[(*at)++] & 0x3F);
    return cp;
}

struct str
tag_body(struct str tag)
{
    if (str_starts(tag, "#"))
        return str_skip(tag, strlen("#"));
    if (str_starts(tag, "＃"))
        return str_skip(tag, strlen("＃"));
    return tag;
}

struct utf16 {
    UChar *p;
    int32_t n;
};

static struct utf16
to_utf16(struct str s)
{
    UErrorCode e = U_ZERO_ERROR;
    struct utf16 u = {give(LINE, (s.n + 1) * sizeof(UChar)), 0};

    u_strFromUTF8(u.p, (int32_t)s.n + 1, &u.n, s.p ? s.p : "", (int32_t)s.n, &e);
    if (U_FAILURE(e))
        u.n = 0; /* malformed: an empty key */
    return u;
}

static struct str
to_utf8(enum pool pool, struct utf16 u)
{
    UErrorCode e = U_ZERO_ERROR;
    int32_t n;
    char *p = give(pool, (size_t)u.n * 3 + 1);

    u_strToUTF8(p, u.n * 3 + 1, &n, u.p, u.n, &e);
    if (U_FAILURE(e))
        die("ICU: %s", u_errorName(e));
    return (struct str){p, (size_t)n};
}

struct str
fold_key(enum pool pool, struct str body)
{
    UErrorCode e = U_ZERO_ERROR;
    const UNormalizer2 *nfkc_cf = unorm2_getNFKCCasefoldInstance(&e);
    struct utf16 in = to_utf16(body), out;
    int32_t room_for = in.n * 18 + 1; /* one character gives at most 18 */

    out.p = give(LINE, (size_t)room_for * sizeof(UChar));
    out.n = unorm2_normalize(nfkc_cf, in.p, in.n, out.p, room_for, &e);
    if (U_FAILURE(e))
        die("ICU: %s", u_errorName(e));
    return to_utf8(pool, out);
}

struct str
fold_turkic(enum pool pool, struct str key)
{
    struct buf b = {0};

    for (size_t at = 0; at < key.n;) {
        uint32_t cp = next_cp(key, &at);
        if (cp == 0x131) /* ı */
            cp = 'i';
        else if (cp == 'i' && str_starts(str_skip(key, at), "\xCC\x87")) /* i̇ */
            at += 2;
        put_cp(&b, cp);
    }
    return str_copy(pool, str_of_buf(&b));
}

struct str
fold_skeleton(enum pool pool, struct str key)
{
    static USpoofChecker *checker;
    UErrorCode e = U_ZERO_ERROR;
    struct utf16 in = to_utf16(key), out;
    int32_t room_for = in.n * 40 + 40;

    if (!checker)
        checker = uspoof_open(&e);
    out.p = give(LINE, (size_t)room_for * sizeof(UChar));
    out.n = uspoof_getSkeleton(checker, 0, in.p, in.n, out.p, room_for, &e);
    if (U_FAILURE(e))
        die("ICU: %s", u_errorName(e));
    return to_utf8(pool, out);
}

/* Letters before digits; what is one of these already is kept. */
static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

static uint32_t
letter_of(uint32_t cp)
{
    static struct str skeletons[sizeof letters - 1];
    static uint32_t known[0x110000]; /* plus one; 0: not asked yet */
    struct buf b = {0};
    struct str skeleton;

    if (cp < 0x80 && cp && strchr(letters, (int)cp))
        return cp;
    if (known[cp])
        return known[cp] - 1;
    put_cp(&b, cp);
    skeleton = fold_skeleton(LINE, str_of_buf(&b));
    known[cp] = cp + 1;
    for (size_t i = sizeof letters - 1; i-- > 0;) {
        if (!skeletons[i].p)
            skeletons[i] = fold_skeleton(FOREVER, (struct str){letters + i, 1});
        if (str_eq(skeletons[i], skeleton))
            known[cp] = (uint32_t)letters[i] + 1;
    }
    return known[cp] - 1;
}

struct str
fold_letters(enum pool pool, struct str key)
{
    struct buf b = {0};

    for (size_t at = 0; at < key.n;)
        put_cp(&b, letter_of(next_cp(key, &at)));
    return str_copy(pool, str_of_buf(&b));
}

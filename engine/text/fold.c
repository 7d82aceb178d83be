/*
 * The canonical key: NFKC_Casefold, by which a tag is the same tag however it is typed; and the
 * letter i of Turkish and its neighbours.
 *
 * Promised to rule authors under "Hashtag identity": rules and posts pass through the same code,
 * and keys are fixed points of it. Malformed UTF-8 has no key, and so never matches.
 */
#include "text/fold.h"

#include "base/check.h"
#include "text/utf16.h"

#include <pthread.h>
#include <stdio.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>

static void
nfkc_casefold(const struct weir__rooms *r, int32_t *nresult, UErrorCode *err)
{
    UErrorCode missing = U_ZERO_ERROR;
    const UNormalizer2 *norm = unorm2_getNFKCCasefoldInstance(&missing);

    /* Its data is part of ICU's library. Without it every tag would silently be let through. */
    CHECK(U_SUCCESS(missing));
    *nresult = unorm2_normalize(norm, r->a, r->n, r->b, r->cap, err);
}

void
weir__fold_key(weir_span s, weir_buf *out)
{
    char *p = weir_buf_reserve(out, s.len);

    if (!p)
        return;
    /* Of ASCII, NFKC_Casefold changes nothing but A to Z, whatever stands beside it: a mark that
       would compose with a letter is not settled. */
    if (weir__lower_ascii(s, p) || weir__is_settled((weir_span){p, s.len}))
        out->len += s.len;
    else
        weir__fold_by(nfkc_casefold, s, out);
}

void
weir_canonical_key(weir_span tag, weir_buf *out)
{
    weir__fold_key(weir__tag_body(tag), out);
}

/* NFKC_Casefold has made i and U+0307 of the dotted capital, and i of I; the dotless i stays. */
void
weir__fold_turkic(weir_span key, weir_buf *out)
{
    static const char dot[] = "\xCC\x87", dotless[] = "\xC4\xB1";
    char *p = weir_buf_reserve(out, key.len);
    size_t n = 0;

    if (!p)
        return;
    while (key.len > 0) {
        if (span_starts(key, dotless)) {
            p[n++] = 'i';
            key = span_skip(key, sizeof dotless - 1);
            continue;
        }
        char c = p[n++] = key.p[0];
        key = span_skip(key, 1);
        if (c == 'i' && span_starts(key, dot))
            key = span_skip(key, sizeof dot - 1);
    }
    out->len += n;
}

static pthread_once_t version_once = PTHREAD_ONCE_INIT;
static char version_text[16], icu_text[16];

static void
read_version(void)
{
    UVersionInfo v;

    u_getUnicodeVersion(v);
    (void)snprintf(version_text, sizeof version_text, "%u.%u", v[0], v[1]);
    u_getVersion(v);
    (void)snprintf(icu_text, sizeof icu_text, "%u.%u.%u", v[0], v[1], v[2]);
}

const char *
weir__unicode_version(void)
{
    CHECK(pthread_once(&version_once, read_version) == 0);
    return version_text;
}

const char *
weir__icu_version(void)
{
    CHECK(pthread_once(&version_once, read_version) == 0);
    return icu_text;
}

void
weir__fold_lang(weir_span lang, weir_buf *out)
{
    static const char *const old[][2] = {{"in", "id"}, {"iw", "he"}, {"ji", "yi"}};
    size_t at = out->len;

    for (size_t i = 0; i < lang.len && lang.p[i] != '-' && lang.p[i] != '_'; i++)
        weir_buf_putc(out, ascii_lower(lang.p[i]));
    for (size_t i = 0; i < sizeof old / sizeof *old; i++)
        if (out->len - at == 2 && memcmp(out->p + at, old[i][0], 2) == 0)
            memcpy(out->p + at, old[i][1], 2);
}

/*
 * What tags and handles need of UTF-8 alone, without ICU: is it ASCII, is it well-formed, where a
 * tag's sign ends, handles in lower case.
 */
#include "text/fold.h"

bool
weir__is_ascii(weir_span s)
{
    const uint64_t high = UINT64_C(0x8080808080808080);
    size_t i = 0;

    for (; s.len - i >= sizeof high; i += sizeof high) {
        uint64_t word;

        memcpy(&word, s.p + i, sizeof word);
        if (word & high)
            return false;
    }
    for (; i < s.len; i++)
        if ((unsigned char)s.p[i] >= 0x80)
            return false;
    return true;
}

/* Bytes of the well-formed sequence at p, of which avail can be read; 0: there is none. The
   second byte's range is what keeps out overlong forms, surrogates and what is beyond U+10FFFF. */
static size_t
sequence_len(const unsigned char *p, size_t avail)
{
    unsigned char low = 0x80, high = 0xBF;
    size_t n;

    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xC2 || p[0] > 0xF4)
        return 0;
    n = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    switch (p[0]) {
    case 0xE0:
        low = 0xA0;
        break;
    case 0xED:
        high = 0x9F;
        break;
    case 0xF0:
        low = 0x90;
        break;
    case 0xF4:
        high = 0x8F;
        break;
    default:
        break;
    }
    if (avail < n || p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return n;
}

bool
weir__is_utf8(weir_span s, size_t *bad)
{
    const unsigned char *p = (const unsigned char *)s.p;

    for (size_t i = 0; i < s.len;) {
        size_t n = sequence_len(p + i, s.len - i);

        if (n == 0) {
            if (bad)
                *bad = i;
            return false;
        }
        i += n;
    }
    return true;
}

weir_span
weir__tag_body(weir_span tag)
{
    static const char wide[] = "\xEF\xBC\x83"; /* U+FF03 */

    if (span_starts(tag, "#"))
        return span_skip(tag, 1);
    return span_starts(tag, wide) ? span_skip(tag, sizeof wide - 1) : tag;
}

void
weir__fold_handle(weir_span handle, weir_buf *out)
{
    char *p = weir_buf_reserve(out, handle.len);

    if (!p)
        return;
    for (size_t i = 0; i < handle.len; i++)
        p[i] = ascii_lower(handle.p[i]);
    out->len += handle.len;
}

/*
 * What tags and handles need of UTF-8 alone, without ICU: is it ASCII, is it well-formed, where a
 * tag's sign ends, handles in lower case.
 */
#include "text/fold.h"

/* The highest bit of each byte of a word. */
#define HIGH UINT64_C(0x8080808080808080)

bool
weir__is_ascii(weir_span s)
{
    size_t i = 0;

    for (; s.len - i >= sizeof HIGH; i += sizeof HIGH) {
        uint64_t word;

        memcpy(&word, s.p + i, sizeof word);
        if (word & HIGH)
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

/* Eight bytes, or fewer, with those from A to Z in lower case. Added to the lower seven bits of a
   byte, the constants reach its highest from A on, and from behind Z on. */
static inline uint64_t
lower_word(uint64_t word)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t low = word & ~HIGH;
    uint64_t from_a = low + each * (0x80 - 'A'), behind_z = low + each * (0x7F - 'Z');

    return word | ((from_a ^ behind_z) & ~word & HIGH) >> 2;
}

/* One word at `at`, in lower case. @return as it was */
static inline uint64_t
lower_eight(const char *at, char *out)
{
    uint64_t word, lower;

    memcpy(&word, at, sizeof word);
    lower = lower_word(word);
    memcpy(out, &lower, sizeof lower);
    return word;
}

static inline uint64_t
lower_four(const char *at, char *out)
{
    uint32_t word, lower;

    memcpy(&word, at, sizeof word);
    lower = (uint32_t)lower_word(word);
    memcpy(out, &lower, sizeof lower);
    return word;
}

bool
weir__lower_ascii(weir_span s, char *out)
{
    uint64_t seen = 0;
    size_t i = 0;

    /* the last word may be some of the one in front of it again: most tags are two of them */
    if (s.len >= 8) {
        for (; i + 8 < s.len; i += 8)
            seen |= lower_eight(s.p + i, out + i);
        seen |= lower_eight(s.p + s.len - 8, out + s.len - 8);
    } else if (s.len >= 4) {
        seen = lower_four(s.p, out) | lower_four(s.p + s.len - 4, out + s.len - 4);
    } else {
        for (; i < s.len; i++) {
            seen |= (unsigned char)s.p[i];
            out[i] = ascii_lower(s.p[i]);
        }
    }
    return (seen & HIGH) == 0;
}

void
weir__fold_handle(weir_span handle, weir_buf *out)
{
    char *p = weir_buf_reserve(out, handle.len);

    if (!p)
        return;
    (void)weir__lower_ascii(handle, p);
    out->len += handle.len;
}

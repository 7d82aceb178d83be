/*
 * Telling what posts say: whoever writes a post must not be able to write lines of the explanation,
 * steer the terminal, or turn the reading direction of what stands beside.
 */
#include "cli/telling.h"

/* Code points that are told of one value. */
#define TOLD_MOST 200

/* The code point at *at, which moves behind it; the text is UTF-8, as the reader gives it. */
static uint32_t
next_code_point(weir_span s, size_t *at)
{
    const unsigned char *p = (const unsigned char *)s.p + *at;
    uint32_t len = p[0] < 0x80 ? 1 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    uint32_t c = len == 1 ? p[0] : p[0] & (0xFFu >> (len + 1));

    if (len > s.len - *at)
        len = (uint32_t)(s.len - *at);
    for (uint32_t i = 1; i < len; i++)
        c = c << 6 | (p[i] & 0x3F);
    *at += len;
    return c;
}

/* Controls, line and paragraph separators, marks and overrides of direction. */
static bool
is_dangerous(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x61C || c == 0x200E || c == 0x200F ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

void
tell_text(weir_span s, weir_buf *out)
{
    size_t at = 0;

    for (int n = 0; at < s.len; n++) {
        size_t begin = at;

        if (n == TOLD_MOST) {
            weir_buf_puts(out, "…");
            return;
        }
        uint32_t c = next_code_point(s, &at);
        if (is_dangerous(c))
            weir_buf_printf(out, "\\u{%x}", (unsigned)c);
        else
            weir_buf_put(out, (weir_span){s.p + begin, at - begin});
    }
}

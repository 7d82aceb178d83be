/*
 * The span operations that are longer than a line.
 */
#include "base/span.h"

weir_span
weir__span_trim(weir_span s)
{
    while (s.len > 0 && ascii_is_blank(s.p[0]))
        s = span_skip(s, 1);
    while (s.len > 0 && ascii_is_blank(s.p[s.len - 1]))
        s.len--;
    return s;
}

uint32_t
weir__span_width(weir_span s)
{
    uint32_t n = 0;

    for (size_t i = 0; i < s.len; i++)
        n += ((unsigned char)s.p[i] & 0xC0) != 0x80;
    return n;
}

bool
weir__span_eq_nocase(weir_span a, weir_span b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
            return false;
    return true;
}

int
weir__span_cmp(weir_span a, weir_span b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int c = n ? memcmp(a.p, b.p, n) : 0;

    return c ? c : (a.len > b.len) - (a.len < b.len);
}

static size_t
min3(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;

    return m < c ? m : c;
}

#define DISTANCE_MAX 64 /* longer names are no typing mistakes of one another worth finding */

size_t
weir__span_distance(weir_span a, weir_span b, size_t limit)
{
    size_t row[3][DISTANCE_MAX + 1]; /* two rows back, the last, this one */

    if (a.len > DISTANCE_MAX || b.len > DISTANCE_MAX)
        return limit + 1;
    for (size_t j = 0; j <= b.len; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t *cur = row[i % 3], *last = row[(i - 1) % 3];
        size_t best = cur[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            char x = ascii_lower(a.p[i - 1]), y = ascii_lower(b.p[j - 1]);
            cur[j] = min3(last[j] + 1, cur[j - 1] + 1, last[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == ascii_lower(b.p[j - 2]) && ascii_lower(a.p[i - 2]) == y) {
                size_t swapped = row[(i - 2) % 3][j - 2] + 1;
                if (swapped < cur[j])
                    cur[j] = swapped;
            }
            if (cur[j] < best)
                best = cur[j];
        }
        if (best > limit)
            return limit + 1;
    }
    size_t d = row[a.len % 3][b.len];
    return d > limit ? limit + 1 : d;
}

size_t
weir__span_mistyped(weir_span word, weir_span meant)
{
    size_t limit = word.len <= 4 || meant.len <= 4 ? 1 : 2;
    size_t d = weir__span_distance(word, meant, limit);

    return d <= limit && d < word.len ? d : 3;
}

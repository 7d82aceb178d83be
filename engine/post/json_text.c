/*
 * The grammar of JSON's scalars: numbers, escapes, and what stage 1 finds wrong with strings.
 */
#include "post/json.h"

/* Are the eight bytes digits? Their upper halves are those of '0', also when 6 is added. */
static inline bool
are_digits(uint64_t eight)
{
    const uint64_t each = UINT64_C(0x0101010101010101);

    return ((eight & each * 0xF0) | ((eight + each * 6) & each * 0xF0) >> 4) == each * 0x33;
}

static size_t
digits_at(weir_span s, size_t i)
{
    size_t from = i;

    while (s.len - i >= 8 && are_digits(eight_at(s.p + i)))
        i += 8;
    while (i < s.len && ascii_is_digit(s.p[i]))
        i++;
    return i - from;
}

/* Bytes of the whole part at the front (sign included); 0: there is none. */
static size_t
whole_part(weir_span s)
{
    size_t sign = s.len > 0 && s.p[0] == '-';
    size_t n = digits_at(s, sign);

    if (n == 0 || (n > 1 && s.p[sign] == '0'))
        return 0;
    return sign + n;
}

bool
weir__is_json_number(weir_span s)
{
    size_t i = whole_part(s);

    if (i == 0)
        return false;
    if (i < s.len && s.p[i] == '.') {
        size_t n = digits_at(s, i + 1);
        if (n == 0)
            return false;
        i += 1 + n;
    }
    if (i < s.len && (s.p[i] == 'e' || s.p[i] == 'E')) {
        i++;
        if (i < s.len && (s.p[i] == '+' || s.p[i] == '-'))
            i++;
        size_t n = digits_at(s, i);
        if (n == 0)
            return false;
        i += n;
    }
    return i == s.len;
}

/* Four hexadecimal digits at i, or -1. */
static int32_t
hex4_at(weir_span s, size_t i)
{
    int32_t v = 0;

    if (s.len < 4 || i > s.len - 4)
        return -1;
    for (size_t k = i; k < i + 4; k++) {
        char c = ascii_lower(s.p[k]);
        if (ascii_is_digit(c))
            v = v << 4 | (c - '0');
        else if (c >= 'a' && c <= 'f')
            v = v << 4 | (c - 'a' + 10);
        else
            return -1;
    }
    return v;
}

/* What a short escape stands for; 0: it is none. */
static char
short_escape(char c)
{
    switch (c) {
    case '"':
    case '\\':
    case '/':
        return c;
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return 0;
    }
}

bool
weir__are_escapes(weir_span raw, size_t *bad)
{
    size_t i = 0;

    while ((i += span_find(span_skip(raw, i), '\\')) < raw.len) {
        char c = i + 1 < raw.len ? raw.p[i + 1] : '\0';
        if (c == 'u' && hex4_at(raw, i + 2) >= 0)
            i += 6;
        else if (short_escape(c))
            i += 2;
        else {
            *bad = i;
            return false;
        }
    }
    return true;
}

static size_t
put_utf8(char *out, uint32_t cp)
{
    size_t n = 0;

    if (cp < 0x80) {
        out[n++] = (char)cp;
        return n;
    }
    if (cp < 0x800) {
        out[n++] = (char)(0xC0 | cp >> 6);
    } else {
        if (cp < 0x10000) {
            out[n++] = (char)(0xE0 | cp >> 12);
        } else {
            out[n++] = (char)(0xF0 | cp >> 18);
            out[n++] = (char)(0x80 | (cp >> 12 & 0x3F));
        }
        out[n++] = (char)(0x80 | (cp >> 6 & 0x3F));
    }
    out[n++] = (char)(0x80 | (cp & 0x3F));
    return n;
}

/* The code point of the \u escape at i; *used is 6, or 12 for a pair of surrogates. */
static uint32_t
unicode_escape(weir_span raw, size_t i, size_t *used)
{
    uint32_t high = (uint32_t)hex4_at(raw, i + 2);

    *used = 6;
    if (high < 0xD800 || high > 0xDFFF)
        return high;
    if (high < 0xDC00 && i + 12 <= raw.len && raw.p[i + 6] == '\\' && raw.p[i + 7] == 'u') {
        int32_t low = hex4_at(raw, i + 8);
        if (low >= 0xDC00 && low <= 0xDFFF) {
            *used = 12;
            return 0x10000 + ((high - 0xD800) << 10) + ((uint32_t)low - 0xDC00);
        }
    }
    return 0xFFFD; /* three bytes for six: it never grows */
}

size_t
weir__unescape(weir_span raw, char *out)
{
    size_t n = 0, i = 0;

    while (i < raw.len) {
        size_t plain = span_find(span_skip(raw, i), '\\');
        memcpy(out + n, raw.p + i, plain);
        n += plain;
        i += plain;
        if (i + 1 >= raw.len)
            break;
        size_t used = 2;
        if (raw.p[i + 1] == 'u')
            n += put_utf8(out + n, unicode_escape(raw, i, &used));
        else
            out[n++] = short_escape(raw.p[i + 1]);
        i += used;
    }
    return n;
}

const char *
weir__find_malformed(weir_span text, size_t *at)
{
    bool inside = false;
    size_t open = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (inside && (unsigned char)text.p[i] < 0x20) {
            *at = i;
            return "a control character stands in a string without an escape";
        }
        /* As stage 1 has it, a backslash takes the next byte's meaning outside strings too. */
        if (text.p[i] == '\\' && i + 1 < text.len && (unsigned char)text.p[i + 1] >= 0x20) {
            i++;
        } else if (text.p[i] == '"') {
            inside = !inside;
            open = i;
        }
    }
    *at = inside ? open : 0;
    return inside ? "a string is opened here and never closed" : "this is not JSON";
}

/*
 * Growing byte buffers, and the one JSON string writer.
 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_CAP 256u

void
weir_buf_fini(weir_buf *b)
{
    free(b->p);
    *b = (weir_buf){0};
}

char *
weir_buf_reserve(weir_buf *b, size_t more)
{
    if (b->failed)
        return NULL;
    if (b->cap - b->len >= more && b->p)
        return b->p + b->len;
    size_t cap = b->cap ? b->cap : FIRST_CAP;
    while (cap - b->len < more) {
        if (cap > SIZE_MAX / 4) {
            b->failed = true;
            return NULL;
        }
        cap *= 2;
    }
    char *p = realloc(b->p, cap);
    if (!p) {
        b->failed = true;
        return NULL;
    }
    b->p = p;
    b->cap = cap;
    return p + b->len;
}

void
weir_buf_put(weir_buf *b, weir_span s)
{
    char *p = weir__buf_has_room(b, s.len) ? b->p + b->len : weir_buf_reserve(b, s.len);

    if (p && s.len) {
        memcpy(p, s.p, s.len);
        b->len += s.len;
    }
}

void
weir_buf_puts(weir_buf *b, const char *cstr)
{
    weir_buf_put(b, span_of(cstr));
}

void
weir_buf_putc(weir_buf *b, char c)
{
    char *p = weir__buf_has_room(b, 1) ? b->p + b->len : weir_buf_reserve(b, 1);

    if (p) {
        *p = c;
        b->len++;
    }
}

/* Most texts fit into what is there, and are made once; for others it is asked how long they are.
 */
void
weir_buf_printf(weir_buf *b, const char *fmt, ...)
{
    va_list ap, again;
    char *p = weir_buf_reserve(b, 1);
    size_t room = p ? b->cap - b->len : 0;

    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(p, room, fmt, ap);
    va_end(ap);
    if (n >= 0 && p && (size_t)n >= room && (p = weir_buf_reserve(b, (size_t)n + 1)) != NULL)
        (void)vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    if (n >= 0 && p)
        b->len += (size_t)n;
}

void
weir_buf_put_u64(weir_buf *b, uint64_t v)
{
    char digits[20];
    size_t n = sizeof digits;

    do
        digits[--n] = (char)('0' + v % 10);
    while ((v /= 10) != 0);
    weir_buf_put(b, (weir_span){digits + n, sizeof digits - n});
}

void
weir__buf_put_cp(weir_buf *b, uint32_t cp)
{
    char u[4];
    size_t n = 0;

    if (cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
        cp = 0xFFFD;
    if (cp < 0x80) {
        u[n++] = (char)cp;
    } else if (cp < 0x800) {
        u[n++] = (char)(0xC0 | cp >> 6);
        u[n++] = (char)(0x80 | (cp & 0x3F));
    } else if (cp < 0x10000) {
        u[n++] = (char)(0xE0 | cp >> 12);
        u[n++] = (char)(0x80 | (cp >> 6 & 0x3F));
        u[n++] = (char)(0x80 | (cp & 0x3F));
    } else {
        u[n++] = (char)(0xF0 | cp >> 18);
        u[n++] = (char)(0x80 | (cp >> 12 & 0x3F));
        u[n++] = (char)(0x80 | (cp >> 6 & 0x3F));
        u[n++] = (char)(0x80 | (cp & 0x3F));
    }
    weir_buf_put(b, (weir_span){u, n});
}

/* The letter of the short escape of c, 'u' for other controls, 0 for what is written as it is. */
static char
escape_of(char c)
{
    switch (c) {
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    case '"':
    case '\\':
        return c;
    default:
        return (unsigned char)c < 0x20 ? 'u' : 0;
    }
}

#define EVERY_BYTE UINT64_C(0x0101010101010101)

/* Of eight bytes, the high bit of the first that is to be escaped; bits above it mean nothing. What
   is below 0x20, and the quote, are below 0x21 with bit 1 turned over; a byte that is below n, and
   ASCII, borrows from its high bit when n is taken from it. */
static inline uint64_t
escapes_in(uint64_t eight)
{
    uint64_t low = (eight ^ EVERY_BYTE * 2) - EVERY_BYTE * 0x21;
    uint64_t backslash = (eight ^ EVERY_BYTE * '\\') - EVERY_BYTE;

    return (low | backslash) & ~eight & EVERY_BYTE << 7;
}

/* Copies eight bytes. @return how many of them, from the first on, stand in a JSON string as they
   are */
static inline size_t
copy_eight(char *to, const char *from)
{
    uint64_t found = escapes_in(eight_at(from));

    memcpy(to, from, 8);
    return found ? (size_t)__builtin_ctzll(found) / 8 : 8;
}

size_t
weir__copy_plain(char *to, weir_span s)
{
    size_t i = 0, n;

    if (s.len < 8) {
        for (; i < s.len && !escape_of(s.p[i]); i++)
            to[i] = s.p[i];
        return i;
    }
    while ((n = copy_eight(to + i, s.p + i)) == 8 && i + 8 < s.len)
        i = s.len - i < 16 ? s.len - 8 : i + 8; /* the last eight may have been copied in part */
    return i + n;
}

static void
put_escape(weir_buf *b, char c)
{
    char e = escape_of(c);

    if (e == 'u') {
        weir_buf_printf(b, "\\u%04x", (unsigned)(unsigned char)c);
        return;
    }
    weir_buf_putc(b, '\\');
    weir_buf_putc(b, e);
}

void
weir__buf_put_escaped(weir_buf *b, weir_span s)
{
    while (s.len > 0) {
        char *to = weir__buf_has_room(b, s.len) ? b->p + b->len : weir_buf_reserve(b, s.len);
        if (!to)
            return;
        size_t n = weir__copy_plain(to, s);
        b->len += n;
        if (n == s.len)
            return;
        put_escape(b, s.p[n]);
        s = span_skip(s, n + 1);
    }
}

void
weir_buf_put_json(weir_buf *b, weir_span s)
{
    weir__buf_put_between(b, SPAN_LIT("\""), s, SPAN_LIT("\""));
}

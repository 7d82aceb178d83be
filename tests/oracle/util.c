/*
 * Strings, growing texts and the two pools that own all memory.
 */
#include "oracle.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <xxhash.h>

void
die(const char *fmt, ...)
{
    va_list ap;

    fputs("weir-oracle: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    exit(3);
}

static struct {
    void **blocks;
    size_t n, cap;
} pools[2];

void *
give(enum pool pool, size_t size)
{
    void *p = calloc(1, size ? size : 1);

    if (pools[pool].n == pools[pool].cap) {
        pools[pool].cap = pools[pool].cap ? 2 * pools[pool].cap : 64;
        pools[pool].blocks =
            realloc(pools[pool].blocks, pools[pool].cap * sizeof *pools[pool].blocks);
    }
    if (!p || !pools[pool].blocks)
        die("out of memory");
    pools[pool].blocks[pools[pool].n++] = p;
    return p;
}

void
pool_clear(enum pool pool)
{
    for (size_t i = 0; i < pools[pool].n; i++)
        free(pools[pool].blocks[i]);
    pools[pool].n = 0;
    if (pool == FOREVER) {
        free(pools[pool].blocks);
        pools[pool].blocks = NULL;
        pools[pool].cap = 0;
    }
}

void *
room(enum pool pool, void *items, size_t n, size_t size)
{
    void *grown;

    if (n & (n - 1)) /* neither 0 nor a power of two: there is room */
        return items;
    grown = give(pool, (n ? 2 * n : 1) * size);
    if (n)
        memcpy(grown, items, n * size);
    return grown;
}

struct str
str_of(const char *cstr)
{
    return cstr ? (struct str){cstr, strlen(cstr)} : NONE;
}

struct str
str_copy(enum pool pool, struct str s)
{
    char *p;

    if (!s.p)
        return NONE;
    p = give(pool, s.n + 1);
    memcpy(p, s.p, s.n);
    return (struct str){p, s.n};
}

struct str
str_skip(struct str s, size_t n)
{
    return (struct str){s.p + n, s.n - n};
}

struct str
str_trim(struct str s)
{
    while (s.n && strchr(" \t\r\n", s.p[0]) && s.p[0])
        s = str_skip(s, 1);
    while (s.n && strchr(" \t\r\n", s.p[s.n - 1]) && s.p[s.n - 1])
        s.n--;
    return s;
}

bool
str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool
str_is(struct str s, const char *cstr)
{
    return str_eq(s, str_of(cstr));
}

bool
str_starts(struct str s, const char *prefix)
{
    return s.n >= strlen(prefix) && memcmp(s.p ? s.p : "", prefix, strlen(prefix)) == 0;
}

bool
str_ends(struct str s, struct str tail)
{
    return s.n >= tail.n && str_eq(str_skip(s, s.n - tail.n), tail);
}

size_t
str_find(struct str s, char c)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == c)
            return i;
    return s.n;
}

struct str
str_lower(enum pool pool, struct str s)
{
    char *p;

    if (!s.p)
        return NONE;
    p = give(pool, s.n + 1);
    for (size_t i = 0; i < s.n; i++)
        p[i] = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] + 'a' - 'A') : s.p[i];
    return (struct str){p, s.n};
}

static struct {
    struct str text;
    size_t number;
} * interned;
static size_t ninterned, interned_cap; /* cap: a power of two, at most half in use */

static size_t
intern_slot(struct str s)
{
    size_t i = XXH3_64bits(s.p ? s.p : "", s.n) & (interned_cap - 1);

    while (interned[i].text.p && !str_eq(interned[i].text, s))
        i = (i + 1) & (interned_cap - 1);
    return i;
}

size_t
intern(struct str s)
{
    size_t i;

    if (2 * ninterned >= interned_cap) {
        void *old = interned;
        size_t old_cap = interned_cap;
        interned_cap = old_cap ? 2 * old_cap : 1024;
        interned = give(FOREVER, interned_cap * sizeof *interned);
        for (size_t k = 0; k < old_cap; k++) {
            char *slot = (char *)old + k * sizeof *interned;
            struct str text;
            memcpy(&text, slot, sizeof text);
            if (text.p)
                memcpy(&interned[intern_slot(text)], slot, sizeof *interned);
        }
    }
    i = intern_slot(s);
    if (!interned[i].text.p) {
        interned[i].text = str_copy(FOREVER, (struct str){s.p ? s.p : "", s.n});
        interned[i].number = ninterned++;
    }
    return interned[i].number;
}

struct str
read_file(enum pool pool, const char *path)
{
    FILE *f = fopen(path, "rb");
    char *p;
    long size;

    if (!f)
        die("%s: %s", path, strerror(errno));
    if (fseek(f, 0, SEEK_END) || (size = ftell(f)) < 0 || fseek(f, 0, SEEK_SET))
        die("%s: cannot tell its size", path);
    p = give(pool, (size_t)size + 1);
    if (fread(p, 1, (size_t)size, f) != (size_t)size)
        die("%s: cannot read it", path);
    fclose(f);
    return (struct str){p, (size_t)size};
}

void
put(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        PUSH(LINE, b->p, b->n, s.p[i]);
}

void
puts_buf(struct buf *b, const char *cstr)
{
    put(b, str_of(cstr));
}

void
put_int(struct buf *b, int64_t v)
{
    char text[32];

    snprintf(text, sizeof text, "%" PRId64, v);
    puts_buf(b, text);
}

void
put_json(struct buf *b, struct str s)
{
    static const char from[] = "\b\f\n\r\t\"\\", to[] = "bfnrt\"\\";

    puts_buf(b, "\"");
    for (size_t i = 0; i < s.n; i++) {
        char text[8];
        const char *shorter = s.p[i] ? strchr(from, s.p[i]) : NULL;
        if (shorter)
            snprintf(text, sizeof text, "\\%c", to[shorter - from]);
        else if ((unsigned char)s.p[i] < 0x20)
            snprintf(text, sizeof text, "\\u%04x", (unsigned)s.p[i]);
        else
            memcpy(text, (char[]){s.p[i], 0}, 2);
        put(b, (struct str){text, text[0] ? strlen(text) : 1});
    }
    puts_buf(b, "\"");
}

void
put_cp(struct buf *b, uint32_t cp)
{
    char c[4];
    size_t n = 0;

    if (cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
        cp = 0xFFFD;
    if (cp < 0x80) {
        c[n++] = (char)cp;
    } else if (cp < 0x800) {
        c[n++] = (char)(0xC0 | cp >> 6);
        c[n++] = (char)(0x80 | (cp & 0x3F));
    } else if (cp < 0x10000) {
        c[n++] = (char)(0xE0 | cp >> 12);
        c[n++] = (char)(0x80 | (cp >> 6 & 0x3F));
        c[n++] = (char)(0x80 | (cp & 0x3F));
    } else {
        c[n++] = (char)(0xF0 | cp >> 18);
        c[n++] = (char)(0x80 | (cp >> 12 & 0x3F));
        c[n++] = (char)(0x80 | (cp >> 6 & 0x3F));
        c[n++] = (char)(0x80 | (cp & 0x3F));
    }
    put(b, (struct str){c, n});
}

struct str
str_of_buf(const struct buf *b)
{
    return (struct str){b->p ? b->p : "", b->n};
}

/* What stands between `//` and the path; NONE: it is no http or https address. */
static struct str
uri_authority(struct str uri)
{
    struct str lower = str_lower(LINE, uri), rest;
    size_t n = 0;

    if (!str_starts(lower, "https://") && !str_starts(lower, "http://"))
        return NONE;
    rest = str_skip(uri, str_find(uri, ':') + 3);
    while (n < rest.n && rest.p[n] != '/' && rest.p[n] != '?' && rest.p[n] != '#')
        n++;
    rest.n = n;
    return rest;
}

struct str
uri_host(struct str uri)
{
    struct str rest = uri_authority(uri);
    size_t colon;

    for (size_t i = 0; i < rest.n; i++)
        if ((unsigned char)rest.p[i] <= 0x20 || strchr("\x7F\"<>\\^`{|}", rest.p[i]))
            return NONE;
    while (str_find(rest, '@') < rest.n)
        rest = str_skip(rest, str_find(rest, '@') + 1);
    for (colon = rest.n; colon > 0; colon--)
        if (rest.p[colon - 1] < '0' || rest.p[colon - 1] > '9')
            break;
    if (colon > 0 && rest.p[colon - 1] == ':')
        rest.n = colon - 1;
    while (str_ends(rest, LIT(".")))
        rest.n--;
    if (!rest.n || (rest.p[0] != '[' && str_find(rest, ':') < rest.n))
        return NONE;
    return rest;
}

bool
uri_is_bare(struct str uri)
{
    struct str authority = uri_authority(uri), host = uri_host(uri), behind;

    if (!host.n || host.p != authority.p)
        return false;
    behind = str_skip(authority, host.n);
    while (str_starts(behind, "."))
        behind = str_skip(behind, 1);
    return !behind.n || str_is(behind, ":") ||
           str_is(behind, (uri.p[4] | 0x20) == 's' ? ":443" : ":80");
}

static int
hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) % 16 : -1;
}

/* Percent-encoded bytes that could be in a host stand for themselves. */
static struct str
host_decoded(struct str host)
{
    struct buf b = {0};

    for (size_t i = 0; i < host.n; i++) {
        char c = host.p[i];
        if (c == '%' && host.n - i > 2 && hex_digit(host.p[i + 1]) >= 0 &&
            hex_digit(host.p[i + 2]) >= 0) {
            int byte = hex_digit(host.p[i + 1]) * 16 + hex_digit(host.p[i + 2]);
            if (byte >= 0x80 || (byte && strchr("-._~0123456789abcdefghijklmnopqrstuvwxyz"
                                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
                                                byte))) {
                c = (char)byte;
                i += 2;
            }
        }
        put(&b, (struct str){&c, 1});
    }
    return str_lower(LINE, str_of_buf(&b));
}

bool
host_is_plain(struct str host)
{
    for (size_t i = 0; i < host.n; i++)
        if ((unsigned char)host.p[i] >= 0x80 || host.p[i] == '%')
            return false;
    return true;
}

struct str
host_looked_up(struct str host)
{
    struct str plain = host_decoded(host), folded;
    struct buf b = {0};
    bool ascii = true;

    if (!is_utf8(plain)) /* which cannot be looked up */
        plain = str_lower(LINE, host);
    for (size_t i = 0; i < plain.n; i++)
        ascii &= (unsigned char)plain.p[i] < 0x80;
    folded = ascii ? plain : fold_key(LINE, plain);
    if (!folded.n)
        folded = plain;
    for (size_t at = 0; at < folded.n;) {
        if (str_starts(str_skip(folded, at), "\xE3\x80\x82")) {
            puts_buf(&b, ".");
            at += 3;
        } else {
            put(&b, (struct str){folded.p + at++, 1});
        }
    }
    folded = str_of_buf(&b);
    while (folded.n > 1 && str_ends(folded, LIT(".")))
        folded.n--;
    return folded;
}

/*
 * A JSON parser by recursive descent (RFC 8259).
 */
#include "json.h"

#define DEEPEST 1000 /* what is deeper is too deep anyway, and the stack has an end */

struct parser {
    struct str s;
    size_t at, depth;
    bool failed;
};

static bool value(struct parser *p, struct json *out, size_t depth);

static char
peek(struct parser *p)
{
    while (p->at < p->s.n && (p->s.p[p->at] == ' ' || p->s.p[p->at] == '\t' ||
                              p->s.p[p->at] == '\r' || p->s.p[p->at] == '\n'))
        p->at++;
    return p->at < p->s.n ? p->s.p[p->at] : 0;
}

static bool
take(struct parser *p, char c)
{
    if (peek(p) != c || p->at >= p->s.n)
        return false;
    p->at++;
    return true;
}

static bool
hex4(struct parser *p, size_t at, uint32_t *cp)
{
    *cp = 0;
    for (size_t i = at; i < at + 4; i++) {
        char c = i < p->s.n ? p->s.p[i] : 0;
        if (c >= '0' && c <= '9')
            *cp = *cp << 4 | (uint32_t)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            *cp = *cp << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
        else
            return false;
    }
    return true;
}

/* Behind the backslash. */
static bool
escape(struct parser *p, struct buf *b)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char c = p->at < p->s.n ? p->s.p[p->at++] : 0;
    const char *known = c ? strchr(from, c) : NULL;
    uint32_t cp, low;

    if (known) {
        put(b, (struct str){to + (known - from), 1});
        return true;
    }
    if (c != 'u' || !hex4(p, p->at, &cp))
        return false;
    p->at += 4;
    if (cp >= 0xD800 && cp < 0xDC00 && str_starts(str_skip(p->s, p->at), "\\u") &&
        hex4(p, p->at + 2, &low) && low >= 0xDC00 && low < 0xE000) {
        p->at += 6;
        cp = 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00);
    }
    put_cp(b, cp); /* a lone surrogate becomes U+FFFD there */
    return true;
}

static bool
string(struct parser *p, struct str *out)
{
    struct buf b = {0};

    if (!take(p, '"'))
        return false;
    while (p->at < p->s.n && p->s.p[p->at] != '"') {
        char c = p->s.p[p->at++];
        if ((unsigned char)c < 0x20)
            return false;
        if (c != '\\')
            put(&b, (struct str){&c, 1});
        else if (!escape(p, &b))
            return false;
    }
    *out = str_of_buf(&b);
    return take(p, '"');
}

static size_t
digits(struct parser *p)
{
    size_t n = 0;

    while (p->at < p->s.n && p->s.p[p->at] >= '0' && p->s.p[p->at] <= '9') {
        p->at++;
        n++;
    }
    return n;
}

static bool
number(struct parser *p, struct json *out)
{
    size_t from = p->at;
    bool zero;

    p->at += p->s.p[p->at] == '-';
    zero = p->at < p->s.n && p->s.p[p->at] == '0';
    size_t n = digits(p);
    if (n == 0 || (zero && n > 1))
        return false;
    if (p->at < p->s.n && p->s.p[p->at] == '.') {
        p->at++;
        if (!digits(p))
            return false;
    }
    if (p->at < p->s.n && (p->s.p[p->at] | 0x20) == 'e') {
        p->at++;
        if (p->at < p->s.n && (p->s.p[p->at] == '+' || p->s.p[p->at] == '-'))
            p->at++;
        if (!digits(p))
            return false;
    }
    out->kind = JSON_NUMBER;
    out->text = (struct str){p->s.p + from, p->at - from};
    return true;
}

static bool
word(struct parser *p, const char *w, enum json_kind kind, struct json *out)
{
    if (!str_starts(str_skip(p->s, p->at), w))
        return false;
    p->at += strlen(w);
    out->kind = kind;
    return true;
}

static bool
members(struct parser *p, struct json *out, size_t depth)
{
    char end = out->kind == JSON_OBJECT ? '}' : ']';
    size_t nkeys = 0;

    p->at++;
    if (take(p, end))
        return true;
    do {
        struct str key = NONE;
        struct json item = {0};
        if (out->kind == JSON_OBJECT && (!string(p, &key) || !take(p, ':')))
            return false;
        if (!value(p, &item, depth + 1))
            return false;
        if (out->kind == JSON_OBJECT)
            PUSH(LINE, out->keys, nkeys, key);
        PUSH(LINE, out->items, out->n, item);
    } while (take(p, ','));
    return take(p, end);
}

static bool
value(struct parser *p, struct json *out, size_t depth)
{
    char c = peek(p);

    if ((c == '{' || c == '[') && depth > p->depth)
        p->depth = depth;
    if (depth > DEEPEST)
        return false;
    switch (c) {
    case '{':
    case '[':
        out->kind = c == '{' ? JSON_OBJECT : JSON_ARRAY;
        return members(p, out, depth);
    case '"':
        out->kind = JSON_STRING;
        return string(p, &out->text);
    case 't':
        return word(p, "true", JSON_TRUE, out);
    case 'f':
        return word(p, "false", JSON_FALSE, out);
    case 'n':
        return word(p, "null", JSON_NULL, out);
    default:
        return (c == '-' || (c >= '0' && c <= '9')) && number(p, out);
    }
}

bool
json_parse(struct str text, struct json *out, size_t *depth)
{
    struct parser p = {.s = text};
    bool ok;

    *out = (struct json){0};
    ok = value(&p, out, 1) && peek(&p) == 0 && p.at >= p.s.n;
    *depth = p.depth;
    return ok || p.depth > DEEPEST;
}

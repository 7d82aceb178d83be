/*
 * Is a record one JSON object (RFC 8259)? Asked of every record when it is appended and when it is
 * read: what could close its own line's object early, or run into the next one, is none. Blanks
 * between tokens are refused, as records have none, and so is what nests deeper than they do.
 */
#include "audit/journal_line.h"

#define DEPTH 64 /* levels; records with traces and quoted posts need less than twenty */

struct text {
    const char *p, *end;
};

static bool
take(struct text *t, char c)
{
    if (t->p == t->end || *t->p != c)
        return false;
    t->p++;
    return true;
}

static bool
skip_digits(struct text *t)
{
    const char *from = t->p;

    while (t->p < t->end && ascii_is_digit(*t->p))
        t->p++;
    return t->p > from;
}

static bool
skip_number(struct text *t)
{
    (void)take(t, '-');
    if (!take(t, '0') && !skip_digits(t))
        return false;
    if (take(t, '.') && !skip_digits(t))
        return false;
    if (!take(t, 'e') && !take(t, 'E'))
        return true;
    if (!take(t, '+'))
        (void)take(t, '-');
    return skip_digits(t);
}

static bool
skip_word(struct text *t, weir_span word)
{
    if ((size_t)(t->end - t->p) < word.len || memcmp(t->p, word.p, word.len) != 0)
        return false;
    t->p += word.len;
    return true;
}

static bool
is_hex(char c)
{
    return ascii_is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f');
}

/* Behind the backslash. */
static bool
skip_escape(struct text *t)
{
    if (t->p == t->end)
        return false;
    char c = *t->p++;
    if (c != 'u')
        return memchr("\"\\/bfnrt", c, 8) != NULL;
    for (int i = 0; i < 4; i++, t->p++)
        if (t->p == t->end || !is_hex(*t->p))
            return false;
    return true;
}

/* A byte's highest bit is set where it is zero; also in bytes above such a one, never where none
   is. */
static uint64_t
zero_bytes(uint64_t v)
{
    return (v - UINT64_C(0x0101010101010101)) & ~v & UINT64_C(0x8080808080808080);
}

/* The lowest bit set belongs to the first of these eight bytes that is a quote, a backslash or a
   control; zero: none is. */
static uint64_t
special_bytes(uint64_t v)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);

    /* a control is one whose three highest bits are zero */
    return zero_bytes(v ^ ones * '"') | zero_bytes(v ^ ones * '\\') | zero_bytes(v & ones * 0xE0);
}

/* To the first quote, backslash or control. */
static void
skip_plain(struct text *t)
{
    uint64_t special = 0;

    while (t->end - t->p >= 8 && (special = special_bytes(eight_at(t->p))) == 0)
        t->p += 8;
    if (special) {
        t->p += __builtin_ctzll(special) / 8;
        return;
    }
    while (t->p < t->end && (unsigned char)*t->p >= ' ' && *t->p != '"' && *t->p != '\\')
        t->p++;
}

/* Behind the opening quote, up to and with the closing one. */
static bool
skip_string(struct text *t)
{
    for (;;) {
        skip_plain(t);
        if (take(t, '"'))
            return true;
        if (!take(t, '\\') || !skip_escape(t))
            return false;
    }
}

/* A value that holds no others. */
static bool
skip_scalar(struct text *t)
{
    if (t->p == t->end)
        return false;
    switch (*t->p) {
    case '"':
        t->p++;
        return skip_string(t);
    case 't':
        return skip_word(t, SPAN_LIT("true"));
    case 'f':
        return skip_word(t, SPAN_LIT("false"));
    case 'n':
        return skip_word(t, SPAN_LIT("null"));
    default:
        return skip_number(t);
    }
}

static bool
skip_key(struct text *t)
{
    return take(t, '"') && skip_string(t) && take(t, ':');
}

/* Behind a value: what closes with it, and what comes next. The levels, a bit each, the innermost
   lowest: 1 is an object. */
static bool
skip_closing(struct text *t, uint64_t *objects, int *depth)
{
    while (*depth > 0 && take(t, *objects & 1 ? '}' : ']')) {
        *objects >>= 1;
        --*depth;
    }
    if (*depth == 0)
        return true;
    return take(t, ',') && (!(*objects & 1) || skip_key(t));
}

bool
weir__is_object(weir_span body)
{
    struct text t = {body.p, body.p + body.len};
    uint64_t objects = 0;
    int depth = 0;

    if (body.len == 0 || *body.p != '{')
        return false;
    do {
        bool object = take(&t, '{'), array = !object && take(&t, '[');
        if ((object || array) && depth == DEPTH)
            return false;
        if (!object && !array) {
            if (!skip_scalar(&t))
                return false;
        } else if (!take(&t, object ? '}' : ']')) {
            objects = objects << 1 | object;
            depth++;
            if (object && !skip_key(&t))
                return false;
            continue;
        }
        if (!skip_closing(&t, &objects, &depth))
            return false;
    } while (depth > 0);
    return t.p == t.end;
}

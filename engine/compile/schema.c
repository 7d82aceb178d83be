/*
 * Nodes to values: each reader says what it expected and, where it can, what to write.
 */
#include "compile/compiling.h"

#include "base/buf.h"

#include <stdio.h>

const char *
weir__did_you_mean(struct compiling *c, weir_span near)
{
    return near.p ? arena_printf(c->work, ": did you mean %.*s?", SPAN_FMT(near)) : "";
}

static const char *
kind_of(const struct node *n)
{
    switch (n->kind) {
    case NODE_MAP:
        return "a map (key: value)";
    case NODE_SEQ:
        return "a list";
    case NODE_EMPTY:
        return "nothing";
    case NODE_SCALAR:
        break;
    }
    return "a single value";
}

/* Why YAML may have read something else than was meant here; NULL: nothing shows it. */
static const char *
misread(struct compiling *c, const struct node *n)
{
    const struct node *first = n->kind == NODE_MAP && n->n ? n->keys[0] : n;

    return first->kind == NODE_SCALAR ? weir__odd_blank(c->work, first->text) : NULL;
}

bool
weir__want_map(struct compiling *c, const struct node *n, const char *what)
{
    const char *odd = misread(c, n);

    if (n->kind == NODE_MAP)
        return true;
    if (odd)
        ERR(c, n, "%s", odd);
    else
        ERR(c, n, "%s must be a map (key: value), and is %s", what, kind_of(n));
    return false;
}

/* How a map becomes a list of one. */
static const char *
in_brackets(struct compiling *c, const struct node *map)
{
    const char *pairs = "";

    for (size_t i = 0; i < map->n; i++) {
        if (map->items[i]->kind != NODE_SCALAR || map->n > 2)
            return "write \"- \" in front of its first line, and indent the others by two more";
        pairs = arena_printf(c->work, "%s%s%.*s: %.*s", pairs, i ? ", " : "",
                             SPAN_FMT(map->keys[i]->text), SPAN_FMT(map->items[i]->text));
    }
    return arena_printf(c->work, "write [{%s}]", pairs);
}

bool
weir__want_seq(struct compiling *c, const struct node *n, const char *what)
{
    const char *odd = misread(c, n);

    if (n->kind == NODE_SEQ && n->n)
        return true;
    if (odd)
        ERR(c, n, "%s", odd);
    else if (n->kind == NODE_SEQ)
        ERR(c, n, "%s is an empty list: name at least one, or leave the key out", what);
    else if (n->kind == NODE_SCALAR)
        ERR(c, n, "%s must be a list: write [%.*s]", what, SPAN_FMT(n->text));
    else if (n->kind == NODE_EMPTY)
        ERR(c, n, "%s must be a list: %s", what, weir__empty_hint(c->work, n));
    else
        ERR(c, n, "%s must be a list, and is %s: %s", what, kind_of(n), in_brackets(c, n));
    return false;
}

static weir_span
nearest_word(weir_span word, const char *const *words, size_t n)
{
    size_t best = 3;
    weir_span near = SPAN_NONE;

    for (size_t i = 0; i < n; i++) {
        size_t d = weir__span_mistyped(word, span_of(words[i]));
        if (d < best) {
            best = d;
            near = span_of(words[i]);
        }
    }
    return near;
}

/* "a, b or c" */
static const char *
enumerate(struct compiling *c, const char *const *words, size_t n)
{
    const char *all = words[0];

    for (size_t i = 1; i < n; i++)
        all = arena_printf(c->work, "%s%s%s", all, i + 1 == n ? " or " : ", ", words[i]);
    return all;
}

static bool
is_digits(const struct node *n)
{
    for (size_t i = 0; i < n->text.len; i++)
        if (!ascii_is_digit(n->text.p[i]))
            return false;
    return n->kind == NODE_SCALAR && n->text.len;
}

/* `{factor: 0,5}`: to YAML, a factor of 0 and a key 5. */
static bool
is_cut_number(const struct node *value, const struct node *next_key)
{
    return is_digits(value) && is_digits(next_key);
}

void
weir__check_keys(struct compiling *c, const struct node *map, const char *what,
                 const char *const *allowed, size_t nallowed)
{
    for (size_t i = 0; i < map->n; i++) {
        const struct node *key = map->keys[i];
        bool known = false;
        for (size_t k = 0; k < nallowed && !known; k++)
            known = span_is(key->text, allowed[k]);
        if (known)
            continue;
        weir_span near = nearest_word(key->text, allowed, nallowed);
        const char *odd = weir__odd_edges(c->work, key->text, false);
        if (!odd)
            odd = weir__odd_blank(c->work, key->text);
        if (odd)
            ERR(c, key, "%s", odd);
        else if (i && is_cut_number(map->items[i - 1], key))
            ERR(c, key, "a number is written with a point: write %.*s.%.*s",
                SPAN_FMT(map->items[i - 1]->text), SPAN_FMT(key->text));
        else if (near.p)
            ERR(c, key, "unknown key `%.*s` in %s: did you mean `%.*s`?", SPAN_FMT(key->text), what,
                SPAN_FMT(near));
        else
            ERR(c, key, "unknown key `%.*s` in %s: it may have %s", SPAN_FMT(key->text), what,
                enumerate(c, allowed, nallowed));
    }
}

static bool
is_null(const struct node *n)
{
    return n->kind == NODE_SCALAR && !n->quoted &&
           (span_is(n->text, "~") || span_is(n->text, "null"));
}

/* Free text, whatever stands in it. */
static bool
want_value(struct compiling *c, const struct node *n, weir_span *out)
{
    if (n->kind == NODE_EMPTY) {
        ERR(c, n, "%s", weir__empty_hint(c->work, n));
        return false;
    }
    if (n->kind != NODE_SCALAR) {
        const char *hint = weir__regex_hint(c->work, n);
        if (hint)
            ERR(c, n->kind == NODE_MAP ? n->keys[0] : n, "%s", hint);
        else
            ERR(c, n, "a single value is expected here, and this is %s", kind_of(n));
        return false;
    }
    if (n->text.len == 0 || is_null(n)) {
        if (n->text.len)
            ERR(c, n, "without quotes YAML reads %.*s as nothing: write \"%.*s\" if it is meant",
                SPAN_FMT(n->text), SPAN_FMT(n->text));
        else
            ERR(c, n, "a value is missing here");
        return false;
    }
    *out = n->text;
    return true;
}

bool
weir__want_text(struct compiling *c, const struct node *n, weir_span *out)
{
    if (!want_value(c, n, out))
        return false;
    const char *odd = weir__odd_edges(c->work, *out, false);
    if (!odd)
        return true;
    ERR(c, n, "%s", odd);
    return false;
}

bool
weir__want_string(struct compiling *c, const struct node *n, weir_span *out)
{
    weir_span text;

    if (!want_value(c, n, &text))
        return false;
    *out = arena_copy(c->into, text);
    return true;
}

bool
weir__want_bool(struct compiling *c, const struct node *n, bool *out)
{
    if (n->kind == NODE_SCALAR && !n->quoted &&
        (span_is(n->text, "true") || span_is(n->text, "false"))) {
        *out = span_is(n->text, "true");
        return true;
    }
    ERR(c, n, "true or false is expected here");
    return false;
}

/* Numbers in quotes are text to YAML, and a person who wrote them so may have meant something. */
static bool
want_unquoted(struct compiling *c, const struct node *n, weir_span *out)
{
    if (!weir__want_text(c, n, out))
        return false;
    if (!n->quoted)
        return true;
    ERR(c, n, "a number is expected here: drop the quotes");
    return false;
}

/* Digits, and among them at most one such mark. */
static bool
is_number_with(weir_span s, char mark, size_t *at)
{
    *at = span_find(s, mark);
    for (size_t i = 0; i < s.len; i++)
        if (i != *at && !ascii_is_digit(s.p[i]))
            return false;
    return *at < s.len && s.len > 1;
}

static void
refuse_number(struct compiling *c, const struct node *n, unsigned decimals)
{
    weir_span s = n->text;
    bool percent = s.p[s.len - 1] == '%';
    size_t at;

    if (percent && decimals == 3) /* factors and shares */
        ERR(c, n, "a number is written without %%, as a part of 1: a half is 0.5, a tenth 0.1");
    else if (percent && decimals)
        ERR(c, n, "a number is written without %%: write %.*s", (int)s.len - 1, s.p);
    else if (decimals && is_number_with(s, ',', &at))
        ERR(c, n, "a number is written with a point: write %.*s.%s", (int)at, s.p, s.p + at + 1);
    else
        ERR(c, n, "this is no %snumber that can stand here", decimals ? "" : "whole ");
}

bool
weir__want_decimal(struct compiling *c, const struct node *n, unsigned decimals, int64_t *out)
{
    weir_span s;
    bool negative = false, point = false;
    unsigned digits = 0, behind = 0;
    int64_t v = 0;

    if (!want_unquoted(c, n, &s))
        return false;
    if (s.p[0] == '-') {
        negative = true;
        s = span_skip(s, 1);
    }
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] == '.' && !point && decimals) {
            point = true;
            continue;
        }
        if (!ascii_is_digit(s.p[i]) || v > INT64_MAX / 100) {
            refuse_number(c, n, decimals);
            return false;
        }
        v = v * 10 + (s.p[i] - '0');
        digits++;
        behind += point;
    }
    if (!digits || behind > decimals) {
        ERR(c, n, digits ? "at most %u digits may stand behind the point" : "this is no number",
            decimals);
        return false;
    }
    for (; behind < decimals; behind++)
        v *= 10;
    *out = negative ? -v : v;
    return true;
}

bool
weir__want_int(struct compiling *c, const struct node *n, int64_t min, int64_t max, int64_t *out)
{
    if (!weir__want_decimal(c, n, 0, out))
        return false;
    if (*out >= min && *out <= max)
        return true;
    ERR(c, n, "this must be from %lld to %lld", (long long)min, (long long)max);
    return false;
}

bool
weir__want_time(struct compiling *c, const struct node *n, int64_t *out)
{
    weir_span s;

    if (!weir__want_text(c, n, &s))
        return false;
    if (weir_time_parse(s, out))
        return true;
    ERR(c, n, "%s", weir__time_hint(c->work, s));
    return false;
}

bool
weir__want_word(struct compiling *c, const struct node *n, const char *what,
                const char *const *words, size_t nwords, unsigned *out)
{
    weir_span s;

    if (!weir__want_text(c, n, &s))
        return false;
    for (size_t i = 0; i < nwords; i++) {
        if (span_is(s, words[i])) {
            *out = (unsigned)i;
            return true;
        }
    }
    weir_span near = nearest_word(s, words, nwords);
    if (near.p)
        ERR(c, n, "unknown %s \"%.*s\": did you mean %.*s?", what, SPAN_FMT(s), SPAN_FMT(near));
    else
        ERR(c, n, "unknown %s \"%.*s\": it is one of %s", what, SPAN_FMT(s),
            enumerate(c, words, nwords));
    return false;
}

bool
weir__want_name(struct compiling *c, const struct node *n, const char *what, weir_span *out)
{
    weir_span s;

    if (!weir__want_text(c, n, &s))
        return false;
    for (size_t i = 0; i < s.len; i++) {
        bool letter = (s.p[i] >= 'a' && s.p[i] <= 'z') || ascii_is_digit(s.p[i]);
        if (!letter && (i == 0 || !strchr("._-", s.p[i]))) {
            struct weir__place at = weir__place_within(n, i, 1);
            ERR_AT(c, &at,
                   "the name of %s begins with a small letter or digit, and holds only those and "
                   "the characters . _ -",
                   what);
            return false;
        }
    }
    *out = s;
    return true;
}

bool
weir__want_interval(struct compiling *c, const struct node *map, struct weir__interval *out)
{
    const struct node *from = weir__node_get(map, "from"), *until = weir__node_get(map, "until");

    *out = (struct weir__interval){WEIR_TIME_NONE, WEIR_TIME_NONE};
    if (from && !weir__want_time(c, from, &out->from))
        return false;
    if (until && !weir__want_time(c, until, &out->until))
        return false;
    if (from && until && out->until <= out->from) {
        ERR(c, until, "`until` is not after `from` (line %u): the interval holds no moment",
            from->line);
        return false;
    }
    return true;
}

/* A JSON number, literally. */
static bool
is_json_number(weir_span s)
{
    size_t i = s.len && s.p[0] == '-', digits = 0;

    for (; i < s.len && ascii_is_digit(s.p[i]); i++)
        digits++;
    if (!digits || (digits > 1 && s.p[i - digits] == '0'))
        return false;
    if (i < s.len && s.p[i] == '.') {
        size_t dot = i++;
        while (i < s.len && ascii_is_digit(s.p[i]))
            i++;
        if (i == dot + 1)
            return false;
    }
    return i == s.len;
}

static void
put_json(const struct node *n, weir_buf *out)
{
    bool map = n->kind == NODE_MAP;

    if (n->kind == NODE_EMPTY || is_null(n)) {
        weir_buf_puts(out, "null");
        return;
    }
    if (n->kind == NODE_SCALAR) {
        bool literal = !n->quoted && (is_json_number(n->text) || span_is(n->text, "true") ||
                                      span_is(n->text, "false"));
        if (literal)
            weir_buf_put(out, n->text);
        else
            weir_buf_put_json(out, n->text);
        return;
    }
    weir_buf_putc(out, map ? '{' : '[');
    for (size_t i = 0; i < n->n; i++) {
        if (i)
            weir_buf_putc(out, ',');
        if (map) {
            weir_buf_put_json(out, n->keys[i]->text);
            weir_buf_putc(out, ':');
        }
        put_json(n->items[i], out);
    }
    weir_buf_putc(out, map ? '}' : ']');
}

weir_span
weir__node_json(struct compiling *c, const struct node *n)
{
    c->buf.len = 0;
    put_json(n, &c->buf);
    if (c->buf.failed)
        longjmp(*c->work->on_oom, 1);
    return arena_copy(c->into, span_of_buf(&c->buf));
}

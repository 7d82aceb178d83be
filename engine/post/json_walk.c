/*
 * The walk: once over the tokens of a text, forward, into a tree of what the plan watches.
 *
 * Objects and arrays that are watched are read with their whole grammar; what is not watched is
 * passed over by its brackets alone. Recursion follows the plan, whose shapes nest a few levels;
 * what an attacker nests deeper is passed over in a loop.
 */
#include "post/json.h"

#include "base/check.h"

struct walk {
    const struct weir__plan *plan;
    weir_span text;
    const uint32_t *at; /* tokens */
    uint32_t n, i;      /* their number, and the next one */
    struct arena *arena;
    size_t depth;  /* open brackets that are being read */
    size_t nested; /* posts around the one that is being read */
    struct weir__walked result;
};

/* ---- plans ---- */

static size_t
slot_of(weir_span key)
{
    /* Length and both ends tell nearly all keys of a post apart. */
    unsigned first = (unsigned char)key.p[0], last = (unsigned char)key.p[key.len - 1];

    return (key.len * 29 ^ first * 5 ^ last * 3) & (WEIR__LOOKUP_SLOTS - 1);
}

void
weir__plan_init(struct weir__plan *plan, const struct weir__shape *shapes, size_t nshapes,
                uint8_t root, uint8_t max_nested)
{
    *plan = (struct weir__plan){.shapes = shapes, .root = root, .max_nested = max_nested};
    for (size_t s = 0; s < nshapes; s++)
        for (uint8_t k = 0; k < shapes[s].n; k++) {
            weir_span name = span_of(shapes[s].keys[k].name);
            size_t slot = slot_of(name);
            plan->look[s].len[k] = (uint8_t)name.len;
            plan->look[s].next[k] = plan->look[s].slot[slot];
            plan->look[s].slot[slot] = (uint8_t)(k + 1);
        }
}

/* Index + 1 of a key in a shape, or 0. */
static uint8_t
find_key(const struct weir__plan *plan, uint8_t shape, weir_span key)
{
    if (key.len == 0)
        return 0;
    uint8_t k = plan->look[shape].slot[slot_of(key)];
    while (k && (plan->look[shape].len[k - 1] != key.len ||
                 memcmp(plan->shapes[shape].keys[k - 1].name, key.p, key.len) != 0))
        k = plan->look[shape].next[k - 1];
    return k;
}

/* ---- tokens ---- */

static bool
bad(struct walk *w, size_t at, const char *what)
{
    w->result.bad = what;
    w->result.bad_at = at;
    return false;
}

/* Offset of the next token, or the text's length. */
static size_t
here(const struct walk *w)
{
    return w->i < w->n ? w->at[w->i] : w->text.len;
}

/* First byte of the next token; 0 at the end (a NUL in the text is taken for its end: no token
   can begin with one, so the outcome is an error at the same place). */
static char
peek(const struct walk *w)
{
    return w->i < w->n ? w->text.p[w->at[w->i]] : '\0';
}

/* The next token as it stands, without the whitespace behind it. */
static weir_span
scalar_here(const struct walk *w)
{
    size_t from = here(w), to = w->i + 1 < w->n ? w->at[w->i + 1] : w->text.len;
    weir_span s = {w->text.p + from, to - from};

    while (s.len > 1 && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t' ||
                         s.p[s.len - 1] == '\r' || s.p[s.len - 1] == '\n'))
        s.len--;
    return s;
}

/* The plan bounds how deep this goes; only what is passed over can be deeper than that. */
static void
enter(struct walk *w)
{
    w->depth++;
    CHECK(w->depth <= WEIR__DEPTH_MAX);
    w->i++;
}

/* ---- what is not watched ---- */

/* One test for the four brackets, which differ in the masked bits alone; few others pass. */
static bool
may_be_bracket(char c)
{
    return (c & 0xD9) == 0x59;
}

static void
note_deep(struct walk *w, size_t at)
{
    if (!w->result.deep) {
        w->result.deep = true;
        w->result.deep_at = at;
    }
}

/*
 * Passes over an array or object: brackets must close in order, nothing else is looked at. Which
 * kind each is stands in the bits of a word; deeper than that (the line is too deep already) they
 * are only counted.
 */
static bool
skip_brackets(struct walk *w)
{
    uint64_t kinds = 0;
    size_t depth = 0, room = WEIR__DEPTH_MAX - w->depth;
    bool counted = false;

    for (uint32_t i = w->i; i < w->n; i++) {
        char c = w->text.p[w->at[i]];
        if (!may_be_bracket(c))
            continue;
        if (c == '{' || c == '[') {
            if (++depth > room) {
                counted = true;
                note_deep(w, w->at[i]);
            }
            kinds = kinds << 1 | (c == '{');
        } else if (c == '}' || c == ']') {
            if (!counted && (kinds & 1) != (c == '}'))
                return bad(w, w->at[i], "this bracket does not close the one that is open");
            kinds >>= 1;
            if (--depth == 0) {
                w->i = i + 1;
                return true;
            }
        }
    }
    return bad(w, w->text.len, "the text ends inside an array or object");
}

static bool
skip_value(struct walk *w)
{
    char c = peek(w);

    if (c == '{' || c == '[')
        return skip_brackets(w);
    if (c != '"' && c != '-' && c != 't' && c != 'f' && c != 'n' && !ascii_is_digit(c))
        return bad(w, here(w), w->i < w->n ? "a value was expected here" : "a value is missing");
    w->i++;
    return true;
}

/* ---- what is watched ---- */

/* The inside of the string that is the next token. */
static bool
read_string(struct walk *w, struct weir__json *out)
{
    weir_span s = scalar_here(w);
    size_t wrong;

    if (s.len < 2 || s.p[s.len - 1] != '"')
        return bad(w, here(w), "a string was expected here");
    out->type = WEIR__STRING;
    out->raw = (weir_span){s.p + 1, s.len - 2};
    out->escaped = span_find(out->raw, '\\') < out->raw.len;
    if (out->escaped && !weir__are_escapes(out->raw, &wrong))
        return bad(w, here(w) + 1 + wrong, "this escape is none of JSON's");
    w->i++;
    return true;
}

static bool
read_scalar(struct walk *w, struct weir__json *out)
{
    weir_span s = scalar_here(w);

    if (s.p[0] == '-' || ascii_is_digit(s.p[0])) {
        if (!weir__is_json_number(s))
            return bad(w, here(w), "this number is not written as JSON has it");
        out->type = WEIR__NUMBER;
        out->raw = s;
    } else if (span_is(s, "null")) {
        out->type = WEIR__NULL;
    } else if (span_is(s, "true")) {
        out->type = WEIR__TRUE;
    } else if (span_is(s, "false")) {
        out->type = WEIR__FALSE;
    } else {
        return bad(w, here(w), "a value was expected here");
    }
    w->i++;
    return true;
}

static bool read_object(struct walk *w, uint8_t shape, struct weir__json *out);
static bool read_array(struct walk *w, uint8_t shape, struct weir__json *out);

/* The next value, with what `shape` watches in it; `list`: an array's items too. */
static bool
read_value(struct walk *w, uint8_t shape, bool list, struct weir__json *out)
{
    *out = (struct weir__json){.at = (uint32_t)here(w)};
    switch (peek(w)) {
    case '\0':
        return bad(w, here(w), w->i < w->n ? "a value was expected here" : "a value is missing");
    case '{':
        out->type = WEIR__OBJECT;
        out->shape = shape;
        return shape ? read_object(w, shape, out) : skip_brackets(w);
    case '[':
        out->type = WEIR__ARRAY;
        return list ? read_array(w, shape, out) : skip_brackets(w);
    case '"':
        return read_string(w, out);
    default:
        return read_scalar(w, out);
    }
}

static bool
read_array(struct walk *w, uint8_t shape, struct weir__json *out)
{
    struct weir__json *items = NULL;
    size_t n = 0, cap = 0;

    enter(w);
    if (peek(w) == ']')
        goto closed;
    for (;;) {
        if (!read_value(w, shape, false, ARENA_PUSH_UNSET(w->arena, items, n, cap)))
            return false;
        if (peek(w) == ']')
            goto closed;
        if (peek(w) != ',')
            return bad(w, here(w), "a comma or a closing bracket was expected here");
        w->i++;
    }
closed:
    w->i++;
    w->depth--;
    out->items = items;
    out->n = (uint32_t)n;
    return true;
}

/* The next token as a key of the shape: *found is index + 1, or 0. */
static bool
read_key(struct walk *w, uint8_t shape, uint8_t *found)
{
    struct weir__json key = {0};
    weir_span s = scalar_here(w);

    if (s.len < 2 || s.p[0] != '"' || s.p[s.len - 1] != '"')
        return bad(w, here(w),
                   w->i < w->n ? "a key was expected here" : "the text ends inside an object");
    s = (weir_span){s.p + 1, s.len - 2};
    *found = find_key(w->plan, shape, s);
    if (*found) {
        w->i++;
    } else {
        if (!read_string(w, &key))
            return false;
        if (key.escaped) {
            char *plain = arena_take(w->arena, s.len);
            *found = find_key(w->plan, shape, (weir_span){plain, weir__unescape(s, plain)});
        }
    }
    if (peek(w) != ':')
        return bad(w, here(w), "a colon was expected here");
    w->i++;
    return true;
}

/* The value of a watched key into its place. A key that comes twice keeps its first value that is
   not null, so that it is seen however the two stand; whoever reads it refuses it. */
static bool
read_member(struct walk *w, const struct weir__watch *key, size_t key_at, bool first,
            struct weir__json *item)
{
    struct weir__json again, *into = first ? item : &again;
    w->nested += key->nested;
    bool ok = read_value(w, key->shape, key->list, into);
    w->nested -= key->nested;
    if (ok && into == &again) {
        uint32_t twice_at = item->twice_at ? item->twice_at : (uint32_t)key_at;
        if (item->type == WEIR__NULL)
            *item = again;
        item->twice_at = twice_at;
    }
    return ok;
}

/* One `"key": value` of an object; what is watched goes to its place in `found`. */
static bool
read_pair(struct walk *w, uint8_t shape, struct weir__json *found, uint64_t *has)
{
    size_t key_at = here(w);
    uint8_t k;

    if (!read_key(w, shape, &k))
        return false;
    if (k == 0)
        return skip_value(w);
    const struct weir__watch *key = &w->plan->shapes[shape].keys[--k];
    if (w->nested + key->nested > w->plan->max_nested)
        return skip_value(w);
    bool first = !(*has >> k & 1);
    *has |= UINT64_C(1) << k;
    return read_member(w, key, key_at, first, &found[k]);
}

static bool
read_object(struct walk *w, uint8_t shape, struct weir__json *out)
{
    struct weir__json found[WEIR__KEYS_MAX]; /* valid where `has` says so */
    uint64_t has = 0;

    enter(w);
    if (peek(w) == '}')
        goto closed;
    for (;;) {
        if (!read_pair(w, shape, found, &has))
            return false;
        if (peek(w) == '}')
            goto closed;
        if (peek(w) != ',')
            return bad(w, here(w), "a comma or a closing brace was expected here");
        w->i++;
    }
closed:
    w->i++;
    w->depth--;
    struct weir__json *items =
        has ? arena_take(w->arena, (size_t)__builtin_popcountll(has) * sizeof *items) : NULL;
    out->items = items;
    out->has = has;
    for (uint64_t left = has; left; left &= left - 1)
        *items++ = found[__builtin_ctzll(left)];
    return true;
}

struct weir__walked
weir__json_walk(const struct weir__plan *plan, weir_span text, struct weir__tokens tokens,
                struct arena *arena, struct weir__json *root)
{
    struct walk w = {.plan = plan, .text = text, .at = tokens.at, .n = tokens.n, .arena = arena};

    if (read_value(&w, plan->root, false, root) && w.i < w.n)
        bad(&w, here(&w), "something stands behind the value");
    return w.result;
}

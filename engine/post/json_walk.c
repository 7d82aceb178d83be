/*
 * The walk: once over the tokens of a text, forward, into a tree of what the plan watches.
 *
 * Objects and arrays that are watched are read with their whole grammar; what is not watched is
 * passed over by its brackets alone. Recursion follows the plan, whose shapes nest a few levels;
 * what an attacker nests deeper is passed over in a loop.
 */
#include "post/json.h"

#include "base/check.h"
#include "post/json_keys.h"

struct walk {
    struct weir__plan *plan;
    const char *p;      /* the block that the text stands in */
    const uint32_t *at; /* tokens from the text's first on, and the block's length behind them */
    uint32_t n; /* tokens, of texts behind it too: what reads into these is bad at the end */
    size_t len; /* where the text ends */
    struct arena *arena;
    size_t depth;     /* open brackets that are being read */
    size_t nested;    /* posts around the one that is being read */
    size_t escape_at; /* no backslash from what has been read up to here: see has_escape */
    struct weir__walked result;
};

/*
 * What reads, takes the number of the token it is to begin with, and returns that of the token
 * behind what it has read; or NOWHERE, after something bad: nothing ends in front of the first
 * token. Carried in `struct walk`, the number would go through memory with each step.
 */
#define NOWHERE 0u

/* ---- tokens ---- */

static uint32_t
bad(struct walk *w, size_t at, const char *what)
{
    w->result.bad = what;
    w->result.bad_at = at;
    return NOWHERE;
}

/* First byte of a token; 0 at the end (a NUL in the text is taken for its end: no token can begin
   with one, so the outcome is an error at the same place). */
static inline char
peek(const struct walk *w, uint32_t i)
{
    return i < w->n ? w->p[w->at[i]] : '\0';
}

/* Offset behind a token, which there must be. No token begins with whitespace. */
static size_t
token_end(const struct walk *w, uint32_t i)
{
    size_t to = w->at[i + 1];

    while (ascii_is_blank(w->p[to - 1]))
        to--;
    return to;
}

/* The inside of a token that begins with a quote; {NULL, 0} when it ends with none. */
static inline weir_span
inside_of(const struct walk *w, uint32_t i)
{
    size_t from = w->at[i] + (size_t)1, to = w->at[i + 1] - (size_t)1;

    if (w->p[to] != '"') /* mostly the next token follows at once */
        to = token_end(w, i) - 1;
    return to >= from && w->p[to] == '"' ? (weir_span){w->p + from, to - from} : SPAN_NONE;
}

/* The plan bounds how deep this goes; only what is passed over can be deeper than that. */
static inline void
enter(struct walk *w)
{
    w->depth++;
    CHECK(w->depth <= WEIR__DEPTH_MAX);
}

/* ---- what is not watched ---- */

/* Of bytes: what of a bracket they are; nothing of most. */
#define BRACE 1 /* not square */
#define OPENS 2
#define CLOSES 4

static const uint8_t brackets[256] = {
    ['['] = OPENS, ['{'] = OPENS | BRACE, [']'] = CLOSES, ['}'] = CLOSES | BRACE};

/* Of the tokens from `at` to `end`, the first that is a bracket, or `end`. */
static inline const uint32_t *
find_bracket(const char *p, const uint32_t *at, const uint32_t *end)
{
#define IS_BRACKET(k) brackets[(unsigned char)p[at[k]]]
    for (; end - at >= 4; at += 4) {
        if (IS_BRACKET(0))
            return at;
        if (IS_BRACKET(1))
            return at + 1;
        if (IS_BRACKET(2))
            return at + 2;
        if (IS_BRACKET(3))
            return at + 3;
    }
    while (at < end && !IS_BRACKET(0))
        at++;
    return at;
#undef IS_BRACKET
}

static void
note_deep(struct walk *w, size_t at)
{
    if (!w->result.deep) {
        w->result.deep = true;
        w->result.deep_at = at;
    }
}

/* skip_brackets, of any depth: deeper than a line may be, brackets are only counted. */
static __attribute__((noinline)) uint32_t
skip_deep(struct walk *w, uint32_t i)
{
    uint64_t kinds = 0;
    size_t depth = 0, room = WEIR__DEPTH_MAX - w->depth;
    bool counted = false;

    for (; i < w->n; i++) {
        char c = w->p[w->at[i]];
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
            if (--depth == 0)
                return i + 1;
        }
    }
    return bad(w, w->len, "the text ends inside an array or object");
}

/*
 * Passes over an array or object: brackets must close in order, nothing else is looked at. Which
 * kind each is stands in the bits of a word, behind one that is always set. What has more levels
 * than the word has room for is left to skip_deep.
 */
static __attribute__((noinline)) uint32_t
skip_brackets(struct walk *w, uint32_t first)
{
    const uint64_t most = w->depth < WEIR__DEPTH_MAX ? UINT64_C(1) << 63 >> w->depth : 0;
    const uint32_t *at = w->at + first, *end = w->at + w->n;
    const char *p = w->p;
    uint64_t kinds = 1;

    for (; (at = find_bracket(p, at, end)) < end; at++) {
        unsigned bracket = brackets[(unsigned char)p[*at]];
        if (bracket & OPENS) {
            if (kinds >= most)
                return skip_deep(w, first);
            kinds = kinds << 1 | (bracket & BRACE);
            continue;
        }
        if ((kinds ^ bracket) & BRACE)
            return bad(w, *at, "this bracket does not close the one that is open");
        kinds >>= 1;
        if (kinds == 1)
            return (uint32_t)(at - w->at) + 1;
    }
    return bad(w, w->len, "the text ends inside an array or object");
}

static uint32_t
no_value(struct walk *w, uint32_t i)
{
    return bad(w, w->at[i], i < w->n ? "a value was expected here" : "a value is missing");
}

/* Of bytes: whether a scalar may begin with them. */
static const bool begins_scalar[256] = {
    ['"'] = true, ['-'] = true, ['0'] = true, ['1'] = true, ['2'] = true,
    ['3'] = true, ['4'] = true, ['5'] = true, ['6'] = true, ['7'] = true,
    ['8'] = true, ['9'] = true, ['t'] = true, ['f'] = true, ['n'] = true,
};

static inline uint32_t
skip_value(struct walk *w, uint32_t i)
{
    char c = peek(w, i);

    if (begins_scalar[(unsigned char)c])
        return i + 1;
    return c == '{' || c == '[' ? skip_brackets(w, i) : no_value(w, i);
}

/* ---- what is watched ---- */

/* Is there a backslash in what is read, here or from here on? Each is looked for once: where the
   next one is, is kept, and mostly there is none. */
static bool
has_escape(struct walk *w, weir_span s)
{
    size_t from = (size_t)(s.p - w->p);
    size_t left = from < w->len ? w->len - from : 0; /* of other texts, nothing is known */

    if (w->escape_at < from)
        w->escape_at = from + span_find((weir_span){s.p, left}, '\\');
    return w->escape_at < from + s.len;
}

/* Any string, whatever is in it and behind it. */
static __attribute__((noinline)) uint32_t
read_odd_string(struct walk *w, uint32_t i, struct weir__json *out)
{
    weir_span s = inside_of(w, i);
    size_t wrong;

    if (!s.p)
        return bad(w, w->at[i], "a string was expected here");
    bool escaped = has_escape(w, s);
    if (escaped && !weir__are_escapes(s, &wrong))
        return bad(w, w->at[i] + 1 + wrong, "this escape is none of JSON's");
    *out = (struct weir__json){.type = WEIR__STRING, .escaped = escaped, .at = w->at[i], .raw = s};
    return i + 1;
}

/* Is the token at `at` a string like most, with the next token at once behind it, and without
   escapes, which is known when a backslash is known to come later? Into *out then. */
static inline bool
take_plain_string(const char *p, const uint32_t *at, size_t escape_at, struct weir__json *out)
{
    size_t from = at[0] + (size_t)1, to = at[1] - (size_t)1;

    if (p[at[0]] != '"' || p[to] != '"' || to < from || escape_at < to)
        return false;
    *out = (struct weir__json){.type = WEIR__STRING, .at = at[0], .raw = {p + from, to - from}};
    return true;
}

/* A string. Most are read without a call. */
static inline uint32_t
read_string(struct walk *w, uint32_t i, struct weir__json *out)
{
    return take_plain_string(w->p, w->at + i, w->escape_at, out) ? i + 1
                                                                 : read_odd_string(w, i, out);
}

static uint32_t
read_scalar(struct walk *w, uint32_t i, struct weir__json *out)
{
    weir_span s = {w->p + w->at[i], token_end(w, i) - w->at[i]};

    if (s.p[0] == '-' || ascii_is_digit(s.p[0])) {
        if (!weir__is_json_number(s))
            return bad(w, w->at[i], "this number is not written as JSON has it");
        out->type = WEIR__NUMBER;
        out->raw = s;
    } else if (span_is(s, "null")) {
        out->type = WEIR__NULL;
    } else if (span_is(s, "true")) {
        out->type = WEIR__TRUE;
    } else if (span_is(s, "false")) {
        out->type = WEIR__FALSE;
    } else {
        return no_value(w, i);
    }
    return i + 1;
}

static uint32_t read_object(struct walk *w, uint32_t i, uint8_t shape, struct weir__json *out);
static uint32_t read_array(struct walk *w, uint32_t i, uint8_t shape, struct weir__json *out);
static uint32_t read_map(struct walk *w, uint32_t i, struct weir__json *out);

/* Any value but a string. */
static uint32_t
read_other(struct walk *w, uint32_t i, uint8_t shape, bool list, struct weir__json *out)
{
    char c = peek(w, i);

    *out = (struct weir__json){.at = w->at[i]};
    switch (c) {
    case '\0':
        return no_value(w, i);
    case '{':
        out->type = WEIR__OBJECT;
        out->shape = shape;
        if (shape == WEIR__SHAPE_MAP)
            return read_map(w, i, out);
        return shape ? read_object(w, i, shape, out) : skip_brackets(w, i);
    case '[':
        out->type = WEIR__ARRAY;
        return list ? read_array(w, i, shape, out) : skip_brackets(w, i);
    default:
        return read_scalar(w, i, out);
    }
}

/* A value, with what `shape` watches in it; `list`: an array's items too. */
static inline uint32_t
read_value(struct walk *w, uint32_t i, uint8_t shape, bool list, struct weir__json *out)
{
    return peek(w, i) == '"' ? read_string(w, i, out) : read_other(w, i, shape, list, out);
}

/* Room for what most arrays of a post hold. */
#define FEW_ITEMS ((size_t)4)

static uint32_t
read_array(struct walk *w, uint32_t i, uint8_t shape, struct weir__json *out)
{
    struct weir__json *items = NULL;
    size_t n = 0, cap = 0;

    enter(w);
    if (peek(w, ++i) == ']')
        goto closed;
    ARENA_ROOM(w->arena, items, cap, FEW_ITEMS);
    for (;; i++) {
        i = read_value(w, i, shape, false, ARENA_PUSH_UNSET(w->arena, items, n, cap));
        if (i == NOWHERE)
            return NOWHERE;
        char c = peek(w, i);
        if (c == ']')
            goto closed;
        if (c != ',')
            return bad(w, w->at[i], "a comma or a closing bracket was expected here");
    }
closed:
    w->depth--;
    out->items = items;
    out->n = (uint32_t)n;
    return i + 1;
}

/* An object of any keys, as an array that holds them and their values by turns. */
static uint32_t
read_map(struct walk *w, uint32_t i, struct weir__json *out)
{
    struct weir__json *items = NULL;
    size_t n = 0, cap = 0;

    enter(w);
    if (peek(w, ++i) == '}')
        goto closed;
    for (;; i++) {
        if (peek(w, i) != '"')
            return bad(w, w->at[i],
                       i < w->n ? "a key was expected here" : "the text ends inside an object");
        i = read_string(w, i, ARENA_PUSH_UNSET(w->arena, items, n, cap));
        if (i == NOWHERE)
            return NOWHERE;
        if (peek(w, i) != ':')
            return bad(w, w->at[i], "a colon was expected here");
        i = read_value(w, i + 1, 0, false, ARENA_PUSH_UNSET(w->arena, items, n, cap));
        if (i == NOWHERE)
            return NOWHERE;
        char c = peek(w, i);
        if (c == '}')
            goto closed;
        if (c != ',')
            return bad(w, w->at[i], "a comma or a closing brace was expected here");
    }
closed:
    w->depth--;
    out->items = items;
    out->n = (uint32_t)n;
    return i + 1;
}

/* A key that is not watched as it is written: it may be with its escapes read. */
static uint32_t
read_other_key(struct walk *w, uint32_t i, const struct weir__looks *looks, weir_span s,
               const struct weir__look **found)
{
    struct weir__json key;

    if (!has_escape(w, s))
        return i + 1;
    if (read_string(w, i, &key) == NOWHERE)
        return NOWHERE;
    char *plain = arena_take(w->arena, s.len + sizeof(uint64_t));
    s = (weir_span){plain, weir__unescape(s, plain)};
    if (s.len)
        *found = weir__find_key(looks, s);
    return i + 1;
}

/* A key and its colon: *found is the shape's key, or NULL. */
static inline uint32_t
read_key(struct walk *w, uint32_t i, const struct weir__looks *looks,
         const struct weir__look **found)
{
    weir_span s = peek(w, i) == '"' ? inside_of(w, i) : SPAN_NONE;

    if (!s.p)
        return bad(w, w->at[i],
                   i < w->n ? "a key was expected here" : "the text ends inside an object");
    *found = s.len ? weir__find_key(looks, s) : NULL;
    if (*found)
        i++;
    else if ((i = read_other_key(w, i, looks, s, found)) == NOWHERE)
        return NOWHERE;
    if (peek(w, i) != ':')
        return bad(w, w->at[i], "a colon was expected here");
    return i + 1;
}

/* Behind the places, backwards, are the items that they are of. */
_Static_assert(offsetof(struct weir__members, items) ==
                   offsetof(struct weir__members, place) + WEIR__KEYS_MAX,
               "weir__json_get looks in front of the items");

static inline uint8_t *
place_of(struct weir__members *m, uint8_t k)
{
    return &m->place[WEIR__KEYS_MAX - 1 - k];
}

/* A watched key that comes again. It keeps its first value that is not null, so that it is seen
   however the two stand; whoever reads it refuses it. */
static uint32_t
read_again(struct walk *w, uint32_t i, const struct weir__look *key, size_t key_at,
           struct weir__json *item)
{
    struct weir__json again;

    i = read_value(w, i, key->shape, key->list, &again);
    if (i == NOWHERE)
        return NOWHERE;
    uint32_t twice_at = item->twice_at ? item->twice_at : (uint32_t)key_at;
    if (item->type == WEIR__NULL)
        *item = again;
    item->twice_at = twice_at;
    return i;
}

/* The value of a watched key into its place. */
static inline uint32_t
read_member(struct walk *w, uint32_t i, const struct weir__look *key, size_t key_at,
            struct weir__members *m)
{
    struct weir__taken *taken = &m->taken;

    if (taken->has & key->bit)
        return read_again(w, i, key, key_at, &m->items[*place_of(m, key->index)]);
    taken->has |= key->bit;
    *place_of(m, key->index) = (uint8_t)taken->n;
    return read_value(w, i, key->shape, key->list, &m->items[taken->n++]);
}

/* The same of a key whose value is a post deeper. */
static uint32_t
read_nested(struct walk *w, uint32_t i, const struct weir__look *key, size_t key_at,
            struct weir__members *m)
{
    if (w->nested >= w->plan->max_nested)
        return skip_value(w, i);
    w->nested++;
    i = read_member(w, i, key, key_at, m);
    w->nested--;
    return i;
}

/* One `"key": value` of an object, whatever is in it. */
static __attribute__((noinline)) uint32_t
read_odd_pair(struct walk *w, uint32_t i, const struct weir__looks *looks, struct weir__members *m)
{
    const struct weir__look *key;
    size_t key_at = w->at[i];

    i = read_key(w, i, looks, &key);
    if (i == NOWHERE)
        return NOWHERE;
    if (!key)
        return skip_value(w, i);
    return key->nested ? read_nested(w, i, key, key_at, m) : read_member(w, i, key, key_at, m);
}

/* A watched key's value into its place. */
static inline uint32_t
read_watched(struct walk *w, uint32_t i, const struct weir__look *key, size_t key_at,
             struct weir__members *m)
{
    return key->nested ? read_nested(w, i, key, key_at, m) : read_member(w, i, key, key_at, m);
}

/* Behind the last backslash that is known, the next one is looked for. Is one before the key's
   colon? Apart, as it is seldom asked. */
static __attribute__((noinline)) bool
has_escape_before(struct walk *w, const uint32_t *at)
{
    return has_escape(w, (weir_span){w->p + at[0], at[1] - at[0]});
}

/* A watched key's value that is a string like most, with a token behind it: into its place. `taken`
   is the members' own, or a copy of it that stays in registers. false: it is another, or the key
   has come before. */
static inline bool
take_string(const struct walk *w, const uint32_t *at, const struct weir__look *key,
            struct weir__members *m, struct weir__taken *taken)
{
    if (taken->has & key->bit || !take_plain_string(w->p, at, w->escape_at, &m->items[taken->n]))
        return false;
    taken->has |= key->bit;
    *place_of(m, key->index) = (uint8_t)taken->n++;
    return true;
}

/*
 * Members like those of the last object of this shape, as most are: their keys are what is
 * expected, and their values strings like most. Goes on from *at to the first that is another.
 * @param then   Where it stands which key is expected.
 * @param found  The key of that member, if it is what was expected; else NULL.
 * @return false: there is no more member; *at is the token behind the last.
 */
static inline bool
take_expected(const struct walk *w, const uint32_t **at, const uint32_t *last,
              struct weir__looks *looks, uint8_t **then, struct weir__members *m,
              const struct weir__look **found)
{
    struct weir__taken taken = m->taken;
    const uint32_t *t = *at;
    uint8_t *where = *then;
    bool more = true;

    for (*found = NULL; more && *where && t < last;) {
        const struct weir__look *look = &looks->keys[*where];
        if (!weir__is_quoted_key(look, w->p + t[0]))
            break;
        where = &looks->then[look->index + 1];
        if (!take_string(w, t + 2, look, m, &taken)) {
            *found = look;
            break;
        }
        t += 3;
        more = w->p[*t] == ',';
        t += more;
    }
    m->taken = taken;
    *then = where;
    *at = t;
    return more;
}

/* Is a member's key like most, three tokens being behind it? A colon is at once behind it, and no
   backslash in it. */
static inline bool
has_plain_key(struct walk *w, const char *p, const uint32_t *at)
{
    const char *key = p + at[0], *colon = p + at[1];

    return key[0] == '"' && colon[-1] == '"' && colon[0] == ':' &&
           (at[1] <= w->escape_at || !has_escape_before(w, at));
}

/* Such a key, if it is the shape's. */
static inline const struct weir__look *
find_plain_key(const char *p, const uint32_t *at, const struct weir__looks *looks)
{
    const char *key = p + at[0] + 1, *colon = p + at[1];
    uint32_t len = at[1] - at[0] - 2;

    if (!weir__may_be_key(looks, key[0], colon[-2], len))
        return NULL;
    return weir__find_key(looks, (weir_span){key, len});
}

/*
 * Members that are passed over: plain keys that are not watched, and scalars. Goes on from *at to
 * the first that is another.
 * @param found  That one's key, if it is plain and watched; else NULL.
 * @param plain  Is its key plain?
 * @return as of take_expected.
 */
static inline bool
pass_unwatched(struct walk *w, const uint32_t **at, const uint32_t *last,
               const struct weir__looks *looks, const struct weir__look **found, bool *plain)
{
    const uint32_t *t = *at;
    const char *p = w->p;
    bool more = true;

    *found = NULL;
    for (*plain = false; t < last && has_plain_key(w, p, t); t++) {
        *found = find_plain_key(p, t, looks);
        *plain = *found || !begins_scalar[(unsigned char)p[t[2]]];
        if (*plain)
            break;
        t += 3;
        more = p[*t] == ',';
        if (!more)
            break;
    }
    *at = t;
    return more;
}

/* What came where `then` says what to expect: a watched key, or NULL. @return where it stands what
   comes behind it; NULL: nothing is expected there, as behind a key that is not watched. */
static inline uint8_t *
expect_behind(const struct walk *w, struct weir__looks *looks, uint8_t *then,
              const struct weir__look *came)
{
    if (then)
        *then = came ? (uint8_t)(came->index + 1) : 0;
    return came && w->plan->expects ? &looks->then[came->index + 1] : NULL;
}

/*
 * The members of an object from one on, to the token behind the last, which is no comma. What is
 * not like most is left to others.
 */
static __attribute__((noinline)) uint32_t
read_members(struct walk *w, uint32_t i, struct weir__looks *looks, struct weir__members *m)
{
    const uint32_t *at = w->at + i;
    const uint32_t *last = w->n > i + 3 ? w->at + w->n - 3 : at; /* three come behind the rest */
    uint8_t *then = w->plan->expects ? looks->then : NULL;

    for (;; at++) {
        const struct weir__look *look = NULL;
        bool plain = true;
        if (then && *then && !take_expected(w, &at, last, looks, &then, m, &look))
            return (uint32_t)(at - w->at);
        if (!look) {
            const uint32_t *from = at;
            if (!pass_unwatched(w, &at, last, looks, &look, &plain))
                return (uint32_t)(at - w->at);
            if (at > from)
                then = expect_behind(w, looks, then, NULL);
            then = expect_behind(w, looks, then, look);
            if (look && !look->nested && take_string(w, at + 2, look, m, &m->taken)) {
                at += 3;
                if (w->p[*at] == ',')
                    continue;
                return (uint32_t)(at - w->at);
            }
        }
        i = (uint32_t)(at - w->at);
        if (look)
            i = read_watched(w, i + 2, look, at[0], m);
        else
            i = plain ? skip_value(w, i + 2) : read_odd_pair(w, i, looks, m);
        if (i == NOWHERE || peek(w, i) != ',')
            return i;
        at = w->at + i;
    }
}

/* The members as the tree has them: the places of the shape's keys, and the items behind them. */
static const struct weir__json *
keep_members(struct walk *w, const struct weir__looks *looks, const struct weir__members *m)
{
    const size_t align = alignof(max_align_t);
    size_t places = (looks->n + align - 1) & ~(align - 1), n = m->taken.n;
    char *block = arena_take(w->arena, places + n * sizeof *m->items);
    struct weir__json *items = (struct weir__json *)(void *)(block + places);

    for (size_t i = 0; i < places; i += align)
        memcpy(block + i, m->place + WEIR__KEYS_MAX - places + i, align);
    for (size_t i = 0; i < n; i++)
        items[i] = m->items[i];
    return items;
}

static uint32_t
read_object(struct walk *w, uint32_t i, uint8_t shape, struct weir__json *out)
{
    struct weir__looks *looks = &w->plan->look[shape];
    bool is_outermost = w->depth == 0;
    struct weir__members own; /* most of it stays unset */
    struct weir__members *m = is_outermost ? &w->plan->outermost : &own;

    m->taken = (struct weir__taken){0};
    enter(w);
    if (peek(w, ++i) == '}')
        goto closed;
    i = read_members(w, i, looks, m);
    if (i == NOWHERE)
        return NOWHERE;
    if (peek(w, i) != '}')
        return bad(w, w->at[i], "a comma or a closing brace was expected here");
closed:
    w->depth--;
    out->items = is_outermost ? m->items : m->taken.n ? keep_members(w, looks, m) : NULL;
    out->has = m->taken.has;
    return i + 1;
}

struct weir__walked
weir__json_walk(struct weir__plan *plan, weir_span text, struct weir__tokens tokens,
                struct arena *arena, struct weir__json *root)
{
    size_t from = (size_t)(text.p - tokens.block);
    struct walk w = {.plan = plan,
                     .p = tokens.block,
                     .len = from + text.len,
                     .at = tokens.at,
                     .n = tokens.n,
                     .escape_at = tokens.escape_at,
                     .arena = arena};
    uint32_t i = read_value(&w, 0, plan->root, false, root);

    if (i != NOWHERE && w.at[i - 1] >= w.len)
        bad(&w, w.len, "the text ends inside an array or object");
    else if (i != NOWHERE && w.at[i] < w.len)
        bad(&w, w.at[i], "something stands behind the value");
    w.result.ntokens = i;
    return w.result;
}

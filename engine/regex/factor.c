/*
 * Factors of a pattern, from its tree upwards.
 *
 * Of each part of the pattern three sets of literals are known: what it begins with, what it ends
 * with, and the best of those that lie inside it. Where two parts meet, ends and beginnings are
 * joined; as long as nothing is cut off, a part's beginnings are all that it matches.
 */
#include "regex/factor.h"

#include "regex/literals.h"
#include "regex/syntax.h"

#include <unicode/utf8.h>

/* A repeat is written out at most so often. */
#define REPEATS_MOST 64u
/* A repeat without end can be none or begin with one of these, if they are few: `ab*c` has {ab,
   ac}. Of more it is not worth it. */
#define STAR_MOST 4u
/* What can be more characters than this is any character. */
#define SET_MOST 32u

struct part {
    struct weir__literals heads, tails;
    struct weir__literals inside; /* n == 0: none that is worth anything */
    uint32_t weight;              /* of that */
    uint32_t min, max;            /* bytes; WEIR__NO_MAX */
    bool begins, ends;            /* passes ^, $ on every way through */
    bool digit;                   /* and a digit or a character beyond ASCII */
};

/* Weights: see factor.h -------------------------------------------------------------------- */

/* 0: it says too little. */
static uint32_t
weight_of_one(const struct weir__literal *l)
{
    uint32_t weight = 0;

    if (l->text.len < (l->begins || l->ends ? 1 : 2))
        return 0;
    for (size_t i = 0; i < l->text.len; i++)
        weight += ((uint8_t)l->text.p[i] & 0xC0) == 0x80 ? 2 : 4;
    return weight + (l->begins ? 3 : 0) + (l->ends ? 3 : 0);
}

static uint32_t
weight_of(const struct weir__literals *s)
{
    uint32_t least = UINT32_MAX, log2 = 0;

    for (size_t i = 0; i < s->n; i++) {
        uint32_t w = weight_of_one(&s->items[i]);
        least = w < least ? w : least;
    }
    while ((size_t)1 << log2 < s->n)
        log2++;
    if (s->n == 0 || least == 0)
        return 0;
    return least > log2 ? least - log2 : 1;
}

static void
consider(struct part *p, struct weir__literals s)
{
    uint32_t weight = weight_of(&s);

    if (weight > p->weight) {
        p->weight = weight;
        p->inside = s;
    }
}

/* The best that the part has. */
static struct weir__literals
required(const struct part *p)
{
    struct part best = {0};

    consider(&best, p->heads);
    consider(&best, p->tails);
    consider(&best, p->inside);
    return best.inside;
}

/* Parts of one node ------------------------------------------------------------------------ */

static bool
is_never(const struct part *p)
{
    return p->heads.n == 0 || p->tails.n == 0;
}

bool
weir__has_digit(weir_span subject)
{
    uint64_t found = 0;
    size_t at = 0;

    if (subject.len >= 8) {
        for (; at + 8 <= subject.len; at += 8)
            found |= weir__digits_in(eight_at(subject.p + at));
        return (found | weir__digits_in(eight_at(subject.p + subject.len - 8))) != 0;
    }
    for (; at < subject.len; at++)
        found |= weir__digits_in((unsigned char)subject.p[at]);
    return found != 0;
}

/* Are all members digits, or beyond ASCII? */
static bool
all_digits(const struct weir__charset *set)
{
    for (uint32_t c = 0; c < 128; c++)
        if (weir__charset_has_ascii(set, c) && !weir__digits_in(c))
            return false;
    return true;
}

static struct part
one(struct arena *in, struct weir__literal l)
{
    struct weir__literals s = weir__literals_of(in, l);
    uint32_t len = (uint32_t)l.text.len;

    return (struct part){.heads = s,
                         .tails = s,
                         .min = len,
                         .max = len,
                         .begins = l.begins,
                         .ends = l.ends,
                         .digit = weir__has_digit(l.text)};
}

static struct part
empty(struct arena *in)
{
    return one(in, (struct weir__literal){.text = {"", 0}});
}

static struct part
unknown(uint32_t min, uint32_t max)
{
    struct weir__literals s = weir__literals_unknown();

    return (struct part){.heads = s, .tails = s, .min = min, .max = max};
}

static weir_span
encoded(struct arena *in, uint32_t c)
{
    uint8_t *p = arena_alloc(in, 4);
    size_t n = 0;

    U8_APPEND_UNSAFE(p, n, c);
    return (weir_span){(const char *)p, n};
}

static struct part
of_set(struct arena *in, const struct weir__charset *set)
{
    struct weir__literal *items;
    size_t n = 0, count = weir__charset_count(set);
    struct part p = unknown(0, 0);

    weir__charset_lengths(set, &p.min, &p.max);
    p.digit = all_digits(set);
    if (count > SET_MOST)
        return p;
    items = arena_array(in, count, sizeof *items);
    for (uint32_t c = 0; c < 128; c++)
        if (weir__charset_has_ascii(set, c))
            items[n++].text = encoded(in, c);
    for (size_t i = 0; i < set->nbeyond; i++)
        for (uint32_t c = set->beyond[i].lo; c <= set->beyond[i].hi; c++)
            items[n++].text = encoded(in, c);
    p.heads = p.tails = (struct weir__literals){items, n};
    return p;
}

/* Parts that follow one another ------------------------------------------------------------ */

static uint32_t
plus(uint32_t a, uint32_t b)
{
    return a > WEIR__NO_MAX - b ? WEIR__NO_MAX : a + b;
}

static uint32_t
times(uint32_t a, uint32_t b)
{
    uint64_t product = (uint64_t)a * b;

    return product > WEIR__NO_MAX ? WEIR__NO_MAX : (uint32_t)product;
}

/* What lies where a and b meet, for what neither's heads nor tails keep of it. */
static void
consider_meeting(struct arena *in, struct part *p, const struct part *a, const struct part *b)
{
    struct weir__literals both;

    if (weir__literals_join(in, a->tails, b->heads, WEIR__MIDDLE, &both))
        consider(p, both);
    consider(p, a->tails);
    consider(p, b->heads);
}

static struct part
concatenated(struct arena *in, const struct part *a, const struct part *b)
{
    struct part p = {.min = plus(a->min, b->min),
                     .max = plus(a->max, b->max),
                     .begins = a->begins || b->begins,
                     .ends = a->ends || b->ends,
                     .digit = a->digit || b->digit};
    bool lossy = !weir__literals_whole(&a->heads) || !weir__literals_whole(&b->heads);

    if (!weir__literals_join(in, a->heads, b->heads, WEIR__HEADS, &p.heads)) {
        p.heads = weir__literals_cut(in, a->heads, WEIR__HEADS);
        lossy = true;
    }
    if (!weir__literals_join(in, a->tails, b->tails, WEIR__TAILS, &p.tails)) {
        p.tails = weir__literals_cut(in, b->tails, WEIR__TAILS);
        lossy = true;
    }
    consider(&p, a->inside);
    if (lossy || b->heads.n == 1) /* a plain literal may say more by itself than with neighbours */
        consider_meeting(in, &p, a, b);
    consider(&p, b->inside);
    return p;
}

/* Is there nothing left that could grow? */
static bool
is_closed(const struct part *p)
{
    for (size_t i = 0; i < p->heads.n; i++)
        if (!p->heads.items[i].cut)
            return false;
    for (size_t i = 0; i < p->tails.n; i++)
        if (!p->tails.items[i].cut)
            return false;
    return true;
}

/* x n times; when n is large, with what is beyond cut off. */
static struct part
power(struct arena *in, const struct part *x, uint32_t n)
{
    struct part p = empty(in);
    uint32_t done = 0;

    while (done < n && done < REPEATS_MOST && (done == 0 || !is_closed(&p))) {
        p = concatenated(in, &p, x);
        done++;
    }
    if (done < n) {
        p.heads = weir__literals_cut(in, p.heads, WEIR__HEADS);
        p.tails = weir__literals_cut(in, p.tails, WEIR__TAILS);
    }
    p.min = times(x->min, n);
    p.max = times(x->max, n);
    return p;
}

static struct weir__literals
none_or(struct arena *in, struct weir__literals s, enum weir__side side)
{
    const struct weir__literals both[] = {empty(in).heads, s};

    return weir__literals_union(in, both, 2, side, WEIR__LITERALS_MOST);
}

static struct part
optional(struct arena *in, const struct part *x)
{
    return (struct part){.heads = none_or(in, x->heads, WEIR__HEADS),
                         .tails = none_or(in, x->tails, WEIR__TAILS),
                         .max = x->max};
}

static struct part
star(struct arena *in, const struct part *x)
{
    struct part p = unknown(0, x->max ? WEIR__NO_MAX : 0);

    if (x->heads.n <= STAR_MOST)
        p.heads = none_or(in, weir__literals_cut(in, x->heads, WEIR__HEADS), WEIR__HEADS);
    if (x->tails.n <= STAR_MOST)
        p.tails = none_or(in, weir__literals_cut(in, x->tails, WEIR__TAILS), WEIR__TAILS);
    return p;
}

static struct part of_node(struct arena *in, const struct weir__node *n);

static struct part
of_repeat(struct arena *in, const struct weir__node *n)
{
    struct part x = of_node(in, n->first), more;

    if (is_never(&x) || n->max == 0)
        return n->min == 0 ? empty(in) : x;
    struct part p = power(in, &x, n->min);
    if (n->max == n->min)
        return p;
    if (n->max == WEIR__NO_MAX) {
        more = star(in, &x);
    } else {
        more = optional(in, &x);
        more = power(in, &more, n->max - n->min);
    }
    return concatenated(in, &p, &more);
}

static bool
is_literal(const struct weir__node *n)
{
    return n->kind == WEIR__NODE_CHAR;
}

/* Characters that follow one another are one literal, as far as one may be long; *n moves to what
   is behind them. */
static struct part
run(struct arena *in, const struct weir__node **n)
{
    uint8_t *p = arena_alloc(in, WEIR__LITERAL_MOST);
    size_t len = 0;

    for (; *n && is_literal(*n) && len + 4 <= WEIR__LITERAL_MOST; *n = (*n)->next)
        U8_APPEND_UNSAFE(p, len, (*n)->c);
    return one(in, (struct weir__literal){.text = {(const char *)p, len}});
}

static struct part
of_cat(struct arena *in, const struct weir__node *n)
{
    struct part p = empty(in);

    for (const struct weir__node *child = n->first; child;) {
        struct part next;

        if (is_literal(child)) {
            next = run(in, &child);
        } else {
            next = of_node(in, child);
            child = child->next;
        }
        p = concatenated(in, &p, &next);
    }
    return p;
}

static struct part
of_alt(struct arena *in, const struct weir__node *n)
{
    struct part p = {.min = WEIR__NO_MAX, .begins = true, .ends = true, .digit = true};
    struct weir__literals *sets;
    size_t nchildren = 0, k = 0;
    bool all = true; /* have something inside */

    for (const struct weir__node *child = n->first; child; child = child->next)
        nchildren++;
    sets = arena_array(in, nchildren * 3, sizeof *sets);
    for (const struct weir__node *child = n->first; child; child = child->next) {
        struct part x = of_node(in, child);

        if (is_never(&x))
            continue;
        sets[k] = x.heads;
        sets[nchildren + k] = x.tails;
        sets[2 * nchildren + k] = required(&x);
        all &= sets[2 * nchildren + k++].n > 0;
        p.min = x.min < p.min ? x.min : p.min;
        p.max = x.max > p.max ? x.max : p.max;
        p.begins &= x.begins;
        p.ends &= x.ends;
        p.digit &= x.digit;
    }
    p.heads = weir__literals_union(in, sets, k, WEIR__HEADS, WEIR__LITERALS_MOST);
    p.tails = weir__literals_union(in, sets + nchildren, k, WEIR__TAILS, WEIR__LITERALS_MOST);
    if (all)
        consider(&p, weir__literals_union(in, sets + 2 * nchildren, k, WEIR__MIDDLE,
                                          WEIR__LITERALS_MOST));
    return p;
}

static struct part
of_look(struct arena *in, const struct weir__node *n)
{
    struct part x = of_node(in, n->first), p = empty(in);

    if (is_never(&x))
        return x;
    consider(&p, required(&x));
    return p;
}

static struct part
of_node(struct arena *in, const struct weir__node *n)
{
    switch (n->kind) {
    case WEIR__NODE_EMPTY:
        return empty(in);
    case WEIR__NODE_NEVER:
        return (struct part){0};
    case WEIR__NODE_ANYTHING:
    case WEIR__NODE_BACKREF:
        return unknown(0, WEIR__NO_MAX);
    case WEIR__NODE_CAPTURE:
        return of_node(in, n->first);
    case WEIR__NODE_BEGIN:
        return one(in, (struct weir__literal){.text = {"", 0}, .begins = true});
    case WEIR__NODE_END:
        return one(in, (struct weir__literal){.text = {"", 0}, .ends = true});
    case WEIR__NODE_CHAR:
        return one(in, (struct weir__literal){.text = encoded(in, n->c)});
    case WEIR__NODE_SET:
        return of_set(in, n->set);
    case WEIR__NODE_CAT:
        return of_cat(in, n);
    case WEIR__NODE_ALT:
        return of_alt(in, n);
    case WEIR__NODE_REPEAT:
        return of_repeat(in, n);
    case WEIR__NODE_LOOK:
        return of_look(in, n);
    }
    return unknown(0, WEIR__NO_MAX);
}

/* The whole pattern ------------------------------------------------------------------------ */

static bool
is_exact(const struct part *p)
{
    for (size_t i = 0; i < p->heads.n; i++) {
        const struct weir__literal *l = &p->heads.items[i];

        if (l->cut || l->loose || !l->begins || !l->ends)
            return false;
    }
    return p->heads.n > 0;
}

/* The byte at the subject's edge that all have there. */
static uint8_t
byte_at_edge(const struct weir__literals *s, enum weir__side side)
{
    uint8_t byte = 0;

    for (size_t i = 0; i < s->n; i++) {
        const struct weir__literal *l = &s->items[i];
        bool at_edge = side == WEIR__HEADS ? l->begins : l->ends;

        if (!at_edge || l->text.len == 0)
            return 0;
        uint8_t own = (uint8_t)l->text.p[side == WEIR__HEADS ? 0 : l->text.len - 1];
        if (i > 0 && own != byte)
            return 0;
        byte = own;
    }
    return byte;
}

static void
copy_out(struct arena *in, struct weir__literals s, struct weir__factors *out)
{
    struct weir__factor *items = arena_array(in, s.n, sizeof *items);

    for (size_t i = 0; i < s.n; i++)
        items[i] = (struct weir__factor){.text = arena_copy(in, s.items[i].text),
                                         .at_start = s.items[i].begins,
                                         .at_end = s.items[i].ends};
    out->items = items;
    out->n = s.n;
}

static void
extract(const struct weir__syntax *syntax, struct arena *work, struct arena *in,
        struct weir__factors *out)
{
    struct part p = of_node(work, syntax->root);

    if (is_never(&p))
        return;
    out->min_len = p.min;
    out->needs_digit = p.digit;
    out->first = byte_at_edge(&p.heads, WEIR__HEADS);
    out->last = byte_at_edge(&p.tails, WEIR__TAILS);
    out->max_len = p.begins && p.ends ? p.max : UINT32_MAX;
    out->exact = syntax->exact && is_exact(&p);
    if (out->exact) {
        out->weight = weight_of(&p.heads);
        copy_out(in, p.heads, out);
        return;
    }
    struct weir__literals best = weir__literals_least(work, required(&p));
    if (best.n > WEIR__FACTORS_MOST) {
        best = weir__literals_union(work, &best, 1, WEIR__MIDDLE, WEIR__FACTORS_MOST);
        best = weir__literals_least(work, best);
    }
    out->weight = weight_of(&best);
    if (out->weight > 0)
        copy_out(in, best, out);
}

struct asked {
    weir_span pattern;
    bool is_glob, extended;
    enum weir__subjects of;
};

/* Working memory dies here, even when memory runs out on the way. */
static void
factors_of(const struct asked *asked, struct arena *in, struct weir__factors *out)
{
    static const struct weir__factors nothing = {.max_len = UINT32_MAX};
    jmp_buf *const callers = in->on_oom;
    struct weir__syntax syntax;
    struct arena work;
    jmp_buf oom;
    volatile bool failed = false;

    *out = nothing;
    arena_init(&work, &oom);
    in->on_oom = &oom;
    if (setjmp(oom) == 0) {
        if (asked->is_glob)
            weir__glob_parse(asked->pattern, &work, &syntax);
        else
            weir__regex_parse(asked->pattern, asked->extended, asked->of, &work, &syntax);
        extract(&syntax, &work, in, out);
    } else {
        *out = nothing;
        failed = true;
    }
    in->on_oom = callers;
    arena_fini(&work);
    if (failed && callers)
        longjmp(*callers, 1);
}

void
weir__regex_factors(weir_span pattern, bool extended, enum weir__subjects of, struct arena *in,
                    struct weir__factors *out)
{
    factors_of(&(struct asked){.pattern = pattern, .extended = extended, .of = of}, in, out);
}

void
weir__glob_factors(weir_span glob, struct arena *in, struct weir__factors *out)
{
    factors_of(&(struct asked){.pattern = glob, .is_glob = true}, in, out);
}

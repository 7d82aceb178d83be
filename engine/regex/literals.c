/*
 * Sets of literals: joining, uniting, shortening.
 *
 * Anchors hold for the subject, wherever in the pattern they stand: in front of a `^` nothing can
 * have been matched, behind a `$` nothing can be. So joining drops what would contradict one.
 */
#include "regex/literals.h"

#include <stdlib.h>

struct weir__literals
weir__literals_of(struct arena *in, struct weir__literal one)
{
    struct weir__literal *l = arena_alloc(in, sizeof *l);

    *l = one;
    return (struct weir__literals){l, 1};
}

struct weir__literals
weir__literals_unknown(void)
{
    static const struct weir__literal any = {.text = {"", 0}, .cut = true};

    return (struct weir__literals){&any, 1};
}

bool
weir__literals_is_unknown(const struct weir__literals *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->items[i].cut && s->items[i].text.len == 0 && !s->items[i].begins &&
            !s->items[i].ends)
            return true;
    return false;
}

bool
weir__literals_whole(const struct weir__literals *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->items[i].cut)
            return false;
    return true;
}

/* Can more follow (or precede, in tails)? Not past the subject's end. */
static bool
is_open(const struct weir__literal *l, enum weir__side side)
{
    return side == WEIR__HEADS ? !l->ends : !l->begins;
}

struct weir__literals
weir__literals_cut(struct arena *in, struct weir__literals s, enum weir__side side)
{
    struct weir__literal *items = arena_array(in, s.n, sizeof *items);

    for (size_t i = 0; i < s.n; i++) {
        items[i] = s.items[i];
        if (is_open(&items[i], side))
            items[i].cut = true;
        else
            items[i].loose = true;
    }
    return (struct weir__literals){items, s.n};
}

static bool
starts_character(weir_span s, size_t at)
{
    return at == 0 || at >= s.len || ((uint8_t)s.p[at] & 0xC0) != 0x80;
}

/* Keep `most` bytes of it, or somewhat less: the last of a tail, else the first. */
static void
shorten(struct weir__literal *l, size_t most, enum weir__side side)
{
    if (l->text.len <= most)
        return;
    size_t at = side == WEIR__TAILS ? l->text.len - most : most;
    if (side != WEIR__TAILS) {
        while (!starts_character(l->text, at))
            at--;
        l->text.len = at;
        l->ends = false;
    } else {
        while (!starts_character(l->text, at))
            at++;
        l->text = span_skip(l->text, at);
        l->begins = false;
    }
    l->cut = true;
}

/* Order for finding equal ones. */
static int
compare(const void *a, const void *b)
{
    const struct weir__literal *x = a, *y = b;
    int order = weir__span_cmp(x->text, y->text);

    if (order != 0)
        return order;
    return (x->begins * 8 + x->ends * 4 + x->cut * 2 + x->loose) -
           (y->begins * 8 + y->ends * 4 + y->cut * 2 + y->loose);
}

static size_t
without_doubles(struct weir__literal *items, size_t n)
{
    size_t kept = 0;

    if (n < 2)
        return n;
    qsort(items, n, sizeof *items, compare);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || compare(&items[kept - 1], &items[i]) != 0)
            items[kept++] = items[i];
    return kept;
}

static weir_span
concatenated(struct arena *in, weir_span a, weir_span b)
{
    if (a.len == 0 || b.len == 0)
        return a.len == 0 ? b : a;
    char *p = arena_alloc(in, a.len + b.len);
    memcpy(p, a.p, a.len);
    memcpy(p + a.len, b.p, b.len);
    return (weir_span){p, a.len + b.len};
}

/* False: the two cannot follow one another. */
static bool
join_two(struct arena *in, const struct weir__literal *a, const struct weir__literal *b,
         enum weir__side side, struct weir__literal *out)
{
    if ((a->ends && b->text.len > 0) || (b->begins && a->text.len > 0))
        return false;
    *out = (struct weir__literal){.text = concatenated(in, a->text, b->text),
                                  .begins = a->begins || b->begins,
                                  .ends = a->ends || b->ends};
    bool cut = side == WEIR__HEADS ? b->cut : a->cut;
    out->cut = cut && is_open(out, side);
    /* past the subject's end, what was cut off must have been nothing; it may not be able to */
    out->loose = a->loose || b->loose || (cut && !out->cut);
    shorten(out, WEIR__LITERAL_MOST, side);
    return true;
}

bool
weir__literals_join(struct arena *in, struct weir__literals a, struct weir__literals b,
                    enum weir__side side, struct weir__literals *out)
{
    struct weir__literal items[WEIR__LITERALS_MOST];
    size_t n = 0;

    if (a.n * b.n > WEIR__LITERALS_MOST)
        return false;
    for (size_t i = 0; i < a.n; i++)
        for (size_t k = 0; k < b.n; k++) {
            if (side == WEIR__HEADS && a.items[i].cut) {
                items[n++] = a.items[i];
                break;
            }
            if (side == WEIR__TAILS && b.items[k].cut)
                items[n++] = b.items[k];
            else
                n += join_two(in, &a.items[i], &b.items[k], side, &items[n]);
        }
    n = without_doubles(items, n);
    struct weir__literal *kept = arena_array(in, n, sizeof *kept);
    if (n)
        memcpy(kept, items, n * sizeof *kept);
    *out = (struct weir__literals){kept, n};
    return true;
}

struct weir__literals
weir__literals_union(struct arena *in, const struct weir__literals *sets, size_t nsets,
                     enum weir__side side, size_t most)
{
    static const size_t lengths[] = {WEIR__LITERAL_MOST, 24, 12, 8, 6, 5, 4, 3, 2};
    size_t total = 0, n = 0;

    for (size_t i = 0; i < nsets; i++)
        total += sets[i].n;
    struct weir__literal *items = arena_array(in, total, sizeof *items);
    for (size_t i = 0; i < nsets; i++)
        for (size_t k = 0; k < sets[i].n; k++)
            items[n++] = sets[i].items[k];
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        for (size_t k = 0; k < n; k++)
            shorten(&items[k], lengths[i], side);
        n = without_doubles(items, n);
        if (n <= most)
            return (struct weir__literals){items, n};
    }
    return weir__literals_unknown();
}

/* Does every subject that has b as promised have a as promised? */
static bool
covers(const struct weir__literal *a, const struct weir__literal *b)
{
    if (a->text.len > b->text.len || (a->begins && !b->begins) || (a->ends && !b->ends))
        return false;
    if (a->begins && a->ends && a->text.len != b->text.len)
        return false;
    if (a->text.len == 0)
        return true;
    if (a->begins)
        return memcmp(a->text.p, b->text.p, a->text.len) == 0;
    if (a->ends)
        return memcmp(a->text.p, b->text.p + b->text.len - a->text.len, a->text.len) == 0;
    return memmem(b->text.p, b->text.len, a->text.p, a->text.len) != NULL;
}

struct weir__literals
weir__literals_least(struct arena *in, struct weir__literals s)
{
    struct weir__literal *items = arena_array(in, s.n, sizeof *items);
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        bool covered = false;

        for (size_t k = 0; k < s.n && !covered; k++)
            covered = k != i && covers(&s.items[k], &s.items[i]) &&
                      /* of two that cover each other, the first stays */
                      (k < i || !covers(&s.items[i], &s.items[k]));
        if (!covered) {
            items[n] = s.items[i];
            items[n++].cut = false;
        }
    }
    return (struct weir__literals){items, n};
}

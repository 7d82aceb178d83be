/*
 * match/sift and model/sieve: the literals that are found are those that stand in the key, whether
 * keys are taken one by one or many at a time, with vectors or without.
 *
 * Literals and keys are drawn at random from few letters, so that many stand; WEIR_SEED repeats a
 * run.
 */
#include "unit/test.h"

#include "base/span.h"
#include "unit/regex/patterns.h"

#include "base/vectors.h"
#include "match/sift.h"

#define MOST_ITEMS 3000
#define NKEYS WEIR__SIFT_KEYS

struct drawn_set {
    struct weir__sieve_item items[MOST_ITEMS];
    char texts[MOST_ITEMS][40];
    size_t n;
    char letters; /* how many of the alphabet; 0: the bytes 0 and 1 */
    int shared;   /* most of each literal: < 0: its beginning, > 0: its end */
    weir_span keys[NKEYS];
    char bytes[NKEYS][400];
};

/* Patterns that were reported for one key. */
struct reported {
    uint8_t pattern[MOST_ITEMS];
};

static char
draw_letter(const struct drawn_set *d)
{
    return d->letters == 0 ? (char)draw(2) : (char)('a' + draw((size_t)d->letters));
}

/* All begin, or end, in the same way: many have one gram. */
static void
share(struct drawn_set *d, size_t i)
{
    weir_span first = d->items[0].text, *text = &d->items[i].text;
    size_t n = text->len - text->len / 4;

    n = n < first.len ? n : first.len;
    if (d->shared < 0)
        memcpy(d->texts[i], d->texts[0], n);
    if (d->shared > 0)
        memcpy(d->texts[i] + text->len - n, d->texts[0] + first.len - n, n);
}

/* An item a pattern; of any length and place, or all long ones. */
static void
draw_items(struct drawn_set *d, size_t n, size_t shortest, size_t longest)
{
    d->n = n;
    for (size_t i = 0; i < n; i++) {
        size_t len = shortest + draw(longest - shortest + 1);

        for (size_t k = 0; k < len; k++)
            d->texts[i][k] = draw_letter(d);
        d->items[i] = (struct weir__sieve_item){.text = {d->texts[i], len},
                                                .pattern = (uint32_t)i,
                                                .max_len = UINT32_MAX,
                                                .at_start = draw(3) == 0,
                                                .at_end = draw(3) == 0};
        if (draw(4) == 0)
            d->items[i].max_len = (uint32_t)(len + draw(20));
        if (draw(4) == 0)
            d->items[i].min_len = (uint32_t)draw(20);
        if (draw(4) == 0)
            d->items[i].first = d->items[i].last = (uint8_t)draw_letter(d);
        share(d, i);
    }
}

/* Letters, and literals between them. */
static void
draw_key(struct drawn_set *d, size_t at, size_t most)
{
    size_t len = 0, want = 1 + draw(most);

    while (len < want) {
        const struct weir__sieve_item *item = &d->items[draw(d->n)];

        if (draw(2) && len + item->text.len <= want) {
            memcpy(d->bytes[at] + len, item->text.p, item->text.len);
            len += item->text.len;
        } else {
            d->bytes[at][len++] = draw_letter(d);
        }
    }
    d->keys[at] = (weir_span){d->bytes[at], len};
}

static bool
stands(const struct weir__sieve_item *item, weir_span key)
{
    weir_span text = item->text;
    uint8_t wanted = item->at_start ? item->last : item->first;

    if (text.len > key.len || key.len < item->min_len || key.len > item->max_len)
        return false;
    if (wanted && (uint8_t)key.p[item->at_start ? key.len - 1 : 0] != wanted)
        return false;
    weir_span end = span_skip(key, key.len - text.len);
    if (item->at_start && item->at_end)
        return span_eq(key, text);
    if (item->at_start)
        return span_eq(span_head(key, text.len), text);
    if (item->at_end)
        return span_eq(end, text);
    return memmem(key.p, key.len, text.p, text.len) != NULL;
}

static void
report(void *arg, const struct weir__sieve_literal *l)
{
    struct reported *r = arg;

    r->pattern[l->pattern] = 1;
}

static void
expect(const struct drawn_set *d, weir_span key, const struct reported *r, size_t *nstanding)
{
    for (size_t i = 0; i < d->n; i++) {
        bool want = stands(&d->items[i], key);

        *nstanding += want;
        if (r->pattern[i] == want)
            continue;
        print_message("\"%.*s\" %s \"%.*s\"%s%s (seed %llu)\n", SPAN_FMT(d->items[i].text),
                      want ? "was not found in" : "is not in", SPAN_FMT(key),
                      d->items[i].at_start ? ", at the start" : "",
                      d->items[i].at_end ? ", at the end" : "", (unsigned long long)drawn_seed);
        assert_int_equal(r->pattern[i], want);
    }
}

static void
sift(struct weir__sift *t, const struct weir__sift_plan *plan, const weir_span *keys,
     uint64_t which)
{
    weir__sift_look(t, plan, keys, which);
    weir__sift_look_up(t);
    weir__sift_compare(t);
}

static void
check_sifted(const struct drawn_set *d, const struct weir__sift *t, uint64_t which,
             size_t *nstanding)
{
    const struct weir__sieve_literal *literals[WEIR__SIFT_FOUND];

    assert_int_equal((t->has_literals | t->aside) & ~which, 0);
    assert_int_equal(t->has_literals & t->aside, 0);
    for (size_t k = 0; k < NKEYS; k++) {
        struct reported r = {{0}};
        size_t n = 0;

        if (!(which >> k & 1) || t->aside >> k & 1)
            continue;
        if (t->has_literals >> k & 1)
            n = weir__sift_literals(t, k, literals);
        for (size_t i = 0; i < n; i++) {
            assert_true(i == 0 || literals[i]->pattern > literals[i - 1]->pattern);
            report(&r, literals[i]);
        }
        expect(d, d->keys[k], &r, nstanding);
    }
}

static void
check_plain(const struct drawn_set *d, const struct weir__sieve *s, size_t *nstanding)
{
    for (size_t k = 0; k < NKEYS; k++) {
        struct reported r = {{0}};

        weir__sieve_run(s, d->keys[k], report, &r);
        expect(d, d->keys[k], &r, nstanding);
    }
}

struct totals {
    size_t standing, aside, sifted, many;
};

/* All ways, of the same keys, must leave the same ones aside. */
static void
check_set(struct drawn_set *d, struct weir__sift *t, size_t longest_key, struct totals *totals)
{
    struct weir__sift_plan plan;
    struct arena work, into;

    arena_init(&work, NULL);
    arena_init(&into, NULL);
    const struct weir__sieve *s = weir__sieve_build(&work, &into, d->items, d->n);
    weir__sift_plan(&plan, s);
    for (size_t i = 0; i < s->nliterals; i++)
        totals->many += s->literals[i].many;
    for (size_t k = 0; k < NKEYS; k++)
        draw_key(d, k, k % 16 ? longest_key : sizeof d->bytes[0] - 1);
    check_plain(d, s, &totals->standing);
    uint64_t which = draw(2) ? ~UINT64_C(0) : (uint64_t)draw(UINT32_MAX) * draw(UINT32_MAX);
    uint64_t aside = 0;
    for (int vectors = 0; vectors <= weir__has_vectors(); vectors++) {
        t->by_vectors = vectors;
        sift(t, &plan, d->keys, which);
        assert_true(vectors == 0 || t->aside == aside);
        aside = t->aside;
        check_sifted(d, t, which, &totals->standing);
    }
    totals->aside += (size_t)__builtin_popcountll(aside);
    totals->sifted += (size_t)__builtin_popcountll(which & ~aside);
    arena_fini(&work);
    arena_fini(&into);
}

static void
literals_that_stand_are_found(void **state)
{
    static struct drawn_set d;
    static const size_t sizes[] = {1, 2, 5, 40, 300, MOST_ITEMS};
    struct weir__sift *t = calloc(1, sizeof *t);
    struct totals totals = {0};

    (void)state;
    assert_non_null(t);
    draw_from_seed();
    for (size_t n = scaled(600) + 12; n > 0; n--) {
        size_t shortest = 1 + draw(10), longest = shortest + draw(25);

        d.shared = (int)draw(4) - 2;
        d.letters = (char)(draw(3) ? 2 + draw(3) : draw(2) ? 26 : 0);
        draw_items(&d, sizes[n % 6], shortest, longest);
        check_set(&d, t, 1 + draw(40), &totals);
    }
    free(t);
    if (!weir__has_vectors())
        print_message("# this processor has no AVX-512: vectors are not tried\n");
    print_message("# %zu literals stand; %zu keys sifted, %zu left aside; %zu grams of many\n",
                  totals.standing, totals.sifted, totals.aside, totals.many);
    assert_true(totals.many > 10);
    assert_true(totals.standing > 100); /* more by far; under Valgrind there are few rounds */
    assert_true(totals.sifted > totals.aside && totals.aside > 2);
}

/* Bytes of a literal that is there must not be asked for by one that is too short to have them. */
static void
short_literals_share_slots_with_long_ones(void **state)
{
    static struct drawn_set d = {.n = 2};
    struct weir__sift *t = calloc(1, sizeof *t);
    size_t nstanding = 0;

    (void)state;
    assert_non_null(t);
    for (int first = 0; first < 2; first++) {
        struct weir__sift_plan plan;
        struct arena a;

        arena_init(&a, NULL);
        for (int i = 0; i < 2; i++)
            d.items[i] = (struct weir__sieve_item){.text = {d.texts[i], i == first ? 4 : 3},
                                                   .pattern = (uint32_t)i,
                                                   .max_len = UINT32_MAX,
                                                   .at_start = true};
        for (size_t k = 0; k < NKEYS; k++)
            d.keys[k] = (weir_span){k % 2 ? "\0\0\0ab" : "\0\0\0\0b", 5};
        weir__sift_plan(&plan, weir__sieve_build(&a, &a, d.items, d.n));
        sift(t, &plan, d.keys, ~UINT64_C(0));
        check_sifted(&d, t, ~UINT64_C(0), &nstanding);
        arena_fini(&a);
    }
    free(t);
    assert_int_equal(nstanding, 2 * 3 * NKEYS / 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_that_stand_are_found),
        cmocka_unit_test(short_literals_share_slots_with_long_ones),
    };

    return cmocka_run_group_tests_name("match/sift", tests, NULL, NULL);
}

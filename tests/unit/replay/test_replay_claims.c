/*
 * replay/claims: records go to posts that give them, as many as can be; what is left over on both
 * sides goes together, as differences.
 */
#include "unit/test.h"

#include "unit/draw.h"

#include "replay/claims.h"

#define MOST 6

struct given {
    size_t n; /* records */
    size_t nclaims;
    uint32_t posts[MOST]; /* of each claim */
    uint64_t equal[MOST]; /* records that it gives */
};

static void
lay(struct claims *c, struct entry *first, const struct given *g, size_t i)
{
    uint64_t inside, *bits = claim_bits(g->n, &inside);

    for (uint32_t k = 1; k <= g->posts[i]; k++) {
        uint32_t posts;
        bool others;
        uint32_t number = claims_lay(c, first, 100 + i, &posts, &others);

        assert_int_not_equal(number, CLAIMS_NONE);
        assert_int_equal(posts, k);
        if (k > 1)
            continue;
        *bits = g->equal[i];
        claims_set_equal(c, number, g->n, bits);
    }
}

/* @return records that are taken by a post that gives them; *rest: by others. */
static size_t
share(const struct given *g, size_t *rest)
{
    struct entry v[MOST] = {{.claims = 0}};
    struct claim_share s;
    struct claims c;
    size_t equal = 0, taken[MOST] = {0};

    claims_init(&c);
    for (size_t i = g->nclaims; i-- > 0;) /* numbers are not what counts */
        lay(&c, v, g, i);
    assert_true(claims_share(&c, v, g->n, &s));
    assert_int_equal(s.nclaims, g->nclaims);
    *rest = 0;
    for (size_t i = 0; i < g->n; i++) {
        if (s.taker[i] == CLAIMS_NONE)
            continue;
        assert_true(s.taker[i] < g->nclaims);
        assert_int_equal(s.is_equal[i], g->equal[s.taker[i]] >> i & 1);
        taken[s.taker[i]]++;
        equal += s.is_equal[i];
        *rest += !s.is_equal[i];
    }
    for (size_t i = 0; i < g->nclaims; i++)
        assert_int_equal(taken[i] + s.left[i], g->posts[i]);
    claims_unshare(&s);
    claims_fini(&c);
    return equal;
}

static void
records_go_to_who_gives_them(void **state)
{
    static const struct {
        const char *what;
        struct given g;
        size_t equal, rest;
    } rows[] = {
        {"nothing is in the feed", {3, 0, {0}, {0}}, 0, 0},
        {"one each", {2, 2, {1, 1}, {1, 2}}, 2, 0},
        {"less posts than records", {4, 1, {2}, {15}}, 2, 0},
        {"more posts than records", {2, 1, {5}, {3}}, 2, 0},
        {"a post that gives another", {1, 1, {1}, {0}}, 0, 1},
        {"what is left goes together", {3, 1, {3}, {2}}, 1, 2},
        {"the first takes what only the other can have not", {2, 2, {1, 1}, {3, 1}}, 2, 0},
        {"three have to move", {3, 3, {1, 1, 1}, {3, 6, 1}}, 3, 0},
        {"of two posts one moves", {3, 2, {2, 1}, {7, 1}}, 3, 0},
        {"who gives it, not who came first", {1, 2, {1, 1}, {0, 1}}, 1, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t rest, equal = share(&rows[i].g, &rest);

        if (equal != rows[i].equal || rest != rows[i].rest)
            fail_msg("%s: %zu and %zu", rows[i].what, equal, rest);
    }
}

/* By trying all ways. */
static size_t
best(const struct given *g, size_t record, uint32_t *posts)
{
    size_t most = record == g->n ? 0 : best(g, record + 1, posts);

    for (size_t i = 0; record < g->n && i < g->nclaims; i++)
        if (posts[i] && g->equal[i] >> record & 1) {
            posts[i]--;
            size_t n = 1 + best(g, record + 1, posts);
            posts[i]++;
            most = n > most ? n : most;
        }
    return most;
}

static void
no_way_gives_more(void **state)
{
    (void)state;
    for (int round = 0; round < 3000; round++) {
        struct given g = {.n = 1 + draw(MOST), .nclaims = 1 + draw(MOST)};
        size_t posts = 0, rest;

        for (size_t i = 0; i < g.nclaims; i++) {
            g.posts[i] = 1 + (uint32_t)draw(2);
            g.equal[i] = draw(1u << g.n);
            posts += g.posts[i];
        }
        size_t equal = share(&g, &rest), left = posts - equal;
        assert_int_equal(equal, best(&g, 0, g.posts));
        assert_int_equal(rest, left < g.n - equal ? left : g.n - equal);
    }
}

static void
many_records_have_room_for_their_bits(void **state)
{
    enum { N = 1000 };
    struct entry *v = calloc(N, sizeof *v);
    uint64_t inside, *bits = claim_bits(N, &inside);
    struct claim_share s;
    struct claims c;
    uint32_t posts;
    bool others;

    (void)state;
    claims_init(&c);
    uint32_t number = claims_lay(&c, v, 1, &posts, &others);
    assert_false(others);
    for (size_t i = 0; i < N; i += 3)
        bits[i / 64] |= UINT64_C(1) << i % 64;
    claims_set_equal(&c, number, N, bits);
    while (posts < N)
        (void)claims_lay(&c, v, 1, &posts, &others);
    (void)claims_lay(&c, v, 2, &posts, &others);
    assert_true(others);
    claims_set_equal(&c, 1, N, claim_bits(N, &inside));
    (void)claims_lay(&c, v, 1, &posts, &others);
    assert_true(others);
    assert_true(claims_share(&c, v, N, &s));
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(s.is_equal[i], i % 3 == 0);
        assert_int_not_equal(s.taker[i], CLAIMS_NONE);
    }
    claims_unshare(&s);
    claims_fini(&c);
    free(v);
}

/* As when a post was edited again and again. Records are asked for in their order, so that each
   claim finds all of those before it taken. */
static void
thousands_are_shared_out_at_once(void **state)
{
    enum { N = 4000 };
    struct entry *v = calloc(N, sizeof *v);
    struct claim_share s;
    struct claims c;

    (void)state;
    claims_init(&c);
    for (uint32_t k = 0; k < N; k++) {
        uint64_t inside, *bits = claim_bits(N, &inside);
        uint32_t posts;
        bool others;

        memset(bits, 0xff, (N + 63) / 64 * sizeof *bits);
        claims_set_equal(&c, claims_lay(&c, v, k, &posts, &others), N, bits);
    }
    assert_true(claims_share(&c, v, N, &s));
    for (size_t i = 0; i < N; i++) {
        assert_true(s.is_equal[i]);
        assert_int_equal(s.left[i], 0);
    }
    claims_unshare(&s);
    claims_fini(&c);
    free(v);
}

/* It is not known whether the first one should have a record: it is not left without. */
static void
who_cannot_be_left_is_first(void **state)
{
    for (uint32_t first = 0; first < 2; first++) {
        struct entry v = {.claims = 0};
        struct claim_share s;
        struct claims c;

        (void)state;
        claims_init(&c);
        for (uint32_t k = 0; k < 2; k++) {
            uint64_t inside, *bits = claim_bits(1, &inside);
            uint32_t posts, number;
            bool others;

            *bits = 1;
            number = claims_lay(&c, &v, 100 + (first + k) % 2, &posts, &others);
            claims_set_equal(&c, number, 1, bits);
            if (others)
                claims_set_without(&c, number, WITHOUT_ALL);
        }
        assert_true(claims_share(&c, &v, 1, &s));
        assert_int_equal(s.claims[s.taker[0]]->content, 100 + first);
        assert_true(s.claims[1]->has_without);
        assert_int_equal(s.left[1], 1);
        claims_unshare(&s);
        claims_fini(&c);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_go_to_who_gives_them),
        cmocka_unit_test(no_way_gives_more),
        cmocka_unit_test(many_records_have_room_for_their_bits),
        cmocka_unit_test(thousands_are_shared_out_at_once),
        cmocka_unit_test(who_cannot_be_left_is_first),
    };

    draw_from_seed();
    return cmocka_run_group_tests_name("replay/claims", tests, NULL, NULL);
}

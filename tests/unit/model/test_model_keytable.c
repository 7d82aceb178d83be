/*
 * model/keytable: what is put in is found, nothing else.
 */
#include "unit/test.h"

#include "model/keytable.h"

#include <stdio.h>

/* A frozen table with the sets that it names. */
struct table {
    const struct weir__keytable *keys;
    struct weir__postings_table sets;
};

static struct table
frozen(struct weir__keytable_builder *b, struct arena *work, struct arena *into)
{
    struct weir__postings_builder *sets = weir__postings_builder_new(work);
    struct table t = {.keys = weir__keytable_freeze(b, sets, into)};

    weir__postings_freeze(sets, into, &t.sets);
    weir__postings_builder_free(sets);
    weir__keytable_builder_free(b);
    return t;
}

/* What both ways of looking say of the key. */
static struct weir__postings
find(const struct table *t, enum weir__space space, weir_span key)
{
    uint32_t set =
        weir__keytable_find(t->keys, space, key, weir__keytable_hash(t->keys, space, key));

    assert_int_equal(set, weir__keytable_scan(t->keys, space, key));
    return set == WEIR_NONE ? (struct weir__postings){0} : weir__postings_of(&t->sets, set);
}

static void
keys_are_found_in_their_space(void **state)
{
    struct arena work, into; /* without on_oom: a test may crash on NULL */

    (void)state;
    arena_init(&work, NULL);
    arena_init(&into, NULL);
    struct weir__keytable_builder *b = weir__keytable_builder_new(&work);
    weir__keytable_add(b, WEIR__SPACE_TAG, SPAN_LIT("farmers"), 7);
    weir__keytable_add(b, WEIR__SPACE_TAG, SPAN_LIT("farmers"), 7);
    weir__keytable_add(b, WEIR__SPACE_TAG, SPAN_LIT("farmers"), 3);
    weir__keytable_add(b, WEIR__SPACE_AUTHOR_HANDLE, SPAN_LIT("farmers"), 9);
    for (uint32_t i = 0; i < 3000; i++) {
        char key[16];
        int n = snprintf(key, sizeof key, "k%u", i);
        weir__keytable_add(b, WEIR__SPACE_TAG_SKELETON, (weir_span){key, (size_t)n}, i);
    }
    struct table t = frozen(b, &work, &into);
    arena_fini(&work);

    struct weir__postings p = find(&t, WEIR__SPACE_TAG, SPAN_LIT("farmers"));
    assert_int_equal(p.n, 2);
    assert_int_equal(weir__postings_at(&p, 0), 3);
    assert_int_equal(weir__postings_at(&p, 1), 7);
    p = find(&t, WEIR__SPACE_AUTHOR_HANDLE, SPAN_LIT("farmers"));
    assert_int_equal(p.n, 1);
    assert_int_equal(weir__postings_at(&p, 0), 9);
    assert_int_equal(find(&t, WEIR__SPACE_MENTION_HANDLE, SPAN_LIT("farmers")).n, 0);
    assert_int_equal(find(&t, WEIR__SPACE_TAG, SPAN_LIT("farmer")).n, 0);
    assert_true(weir__keytable_has_space(t.keys, WEIR__SPACE_TAG));
    assert_false(weir__keytable_has_space(t.keys, WEIR__SPACE_POST));
    assert_int_equal(t.keys->nkeys, 3002);
    for (uint32_t i = 0; i < 3000; i++) {
        char key[16];
        int n = snprintf(key, sizeof key, "k%u", i);
        p = find(&t, WEIR__SPACE_TAG_SKELETON, (weir_span){key, (size_t)n});
        assert_int_equal(p.n, 1);
        assert_int_equal(weir__postings_at(&p, 0), i);
    }
    arena_fini(&into);
}

static void
an_empty_table_finds_nothing(void **state)
{
    struct arena a;

    (void)state;
    arena_init(&a, NULL);
    struct weir__keytable_builder *b = weir__keytable_builder_new(&a);
    struct table t = frozen(b, &a, &a);
    assert_int_equal(find(&t, WEIR__SPACE_TAG, SPAN_LIT("x")).n, 0);
    arena_fini(&a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_found_in_their_space),
        cmocka_unit_test(an_empty_table_finds_nothing),
    };

    return cmocka_run_group_tests_name("model/keytable", tests, NULL, NULL);
}

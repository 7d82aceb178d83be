/*
 * model/keytable: what is put in is found, nothing else.
 */
#include "unit/test.h"

#include "model/keytable.h"

#include <stdio.h>

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
    for (uint32_t i = 0; i < 20000; i++) {
        char key[16];
        int n = snprintf(key, sizeof key, "k%u", i);
        weir__keytable_add(b, WEIR__SPACE_TAG_SKELETON, (weir_span){key, (size_t)n}, i);
    }
    const struct weir__keytable *t = weir__keytable_freeze(b, &into);
    weir__keytable_builder_free(b);
    arena_fini(&work);

    struct weir__postings p = weir__keytable_find(t, WEIR__SPACE_TAG, SPAN_LIT("farmers"));
    assert_int_equal(p.n, 2);
    assert_int_equal(p.selectors[0], 3);
    assert_int_equal(p.selectors[1], 7);
    assert_int_equal(
        weir__keytable_find(t, WEIR__SPACE_AUTHOR_HANDLE, SPAN_LIT("farmers")).selectors[0], 9);
    assert_int_equal(weir__keytable_find(t, WEIR__SPACE_MENTION_HANDLE, SPAN_LIT("farmers")).n, 0);
    assert_int_equal(weir__keytable_find(t, WEIR__SPACE_TAG, SPAN_LIT("farmer")).n, 0);
    assert_true(weir__keytable_has_space(t, WEIR__SPACE_TAG));
    assert_false(weir__keytable_has_space(t, WEIR__SPACE_POST));
    for (uint32_t i = 0; i < 20000; i++) {
        char key[16];
        int n = snprintf(key, sizeof key, "k%u", i);
        p = weir__keytable_find(t, WEIR__SPACE_TAG_SKELETON, (weir_span){key, (size_t)n});
        assert_int_equal(p.n, 1);
        assert_int_equal(p.selectors[0], i);
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
    const struct weir__keytable *t = weir__keytable_freeze(b, &a);
    weir__keytable_builder_free(b);
    assert_int_equal(weir__keytable_find(t, WEIR__SPACE_TAG, SPAN_LIT("x")).n, 0);
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

/*
 * model/region: codes, groups, and what a wrong code may have been meant as.
 */
#include "unit/test.h"

#include "model/region.h"

static size_t
members(const struct weir__region_set *s)
{
    size_t n = 0;

    for (uint16_t r = weir__region_next(s, 0); r != WEIR_REGION_NONE;
         r = weir__region_next(s, (uint16_t)(r + 1)))
        n++;
    return n;
}

static void
codes_are_sorted_and_found(void **state)
{
    (void)state;
    assert_string_equal(weir_region_code(WEIR_REGION_XX), "XX");
    assert_true(weir_region_count() > 240);
    for (uint16_t r = 0; r < weir_region_count(); r++) {
        assert_int_equal(weir_region_find(span_of(weir_region_code(r))), r);
        if (r > 1)
            assert_true(strcmp(weir_region_code((uint16_t)(r - 1)), weir_region_code(r)) < 0);
    }
    assert_int_equal(weir_region_find(SPAN_LIT("UK")), weir_region_find(SPAN_LIT("GB")));
    assert_int_not_equal(weir_region_find(SPAN_LIT("XK")), WEIR_REGION_NONE);
}

static void
wrong_codes_name_the_nearest(void **state)
{
    static const struct {
        const char *word, *nearest;
    } rows[] = {{"IND", "IN"},  {"356", "IN"},   {"SU", "RU"},     {"ZZ", NULL},
                {"in", "IN"},   {"India", "IN"}, {"france", "FR"}, {"eu", "EU"},
                {"eea", "EEA"}, {"TP", "TL"},    {"Q", NULL},      {"", NULL},
                {"EZ", NULL},   {"QO", NULL},    {"999", NULL},    {"998", NULL}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct weir__region_set s;
        const char *near = "?";

        if (weir__region_expand(span_of(rows[i].word), &s, &near))
            fail_msg("%s was taken for a region", rows[i].word);
        if (!near != !rows[i].nearest || (near && strcmp(near, rows[i].nearest) != 0))
            fail_msg("%s: nearest is %s", rows[i].word, near ? near : "none");
        assert_ptr_equal(weir_region_nearest(span_of(rows[i].word)), near);
    }
}

static void
groups_expand(void **state)
{
    static const char *const apart[] = {"AX", "GF", "GP", "MF", "MQ", "PM", "RE", "YT"};
    struct weir__region_set s, europe;
    const char *near;

    (void)state;
    assert_true(weir__region_expand(SPAN_LIT("EU"), &s, &near));
    assert_int_equal(members(&s), 27);
    assert_false(weir__region_has(&s, weir_region_find(SPAN_LIT("NO"))));
    assert_true(weir__region_expand(SPAN_LIT("EEA"), &s, &near));
    assert_int_equal(members(&s), 30);
    for (size_t i = 0; i < sizeof apart / sizeof *apart; i++)
        assert_false(weir__region_has(&s, weir_region_find(span_of(apart[i]))));
    assert_true(weir__region_expand(SPAN_LIT("150"), &europe, &near));
    assert_true(weir__region_has(&europe, weir_region_find(SPAN_LIT("CH"))));
    assert_false(weir__region_has(&europe, WEIR_REGION_XX));
    assert_true(weir__region_expand(SPAN_LIT("419"), &s, &near));
    assert_true(weir__region_has(&s, weir_region_find(SPAN_LIT("BR"))));
    assert_true(weir__region_expand(SPAN_LIT("001"), &s, &near));
    assert_true(weir__region_has(&s, weir_region_find(SPAN_LIT("IN"))));
    assert_false(weir__region_has(&s, WEIR_REGION_XX));
    assert_true(weir__region_expand(SPAN_LIT("XX"), &s, &near));
    assert_int_equal(members(&s), weir_region_count());
    weir__region_remove(&s, WEIR_REGION_XX);
    assert_int_equal(weir__region_next(&s, 0), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_sorted_and_found),
        cmocka_unit_test(wrong_codes_name_the_nearest),
        cmocka_unit_test(groups_expand),
    };

    return cmocka_run_group_tests_name("model/region", tests, NULL, NULL);
}

/*
 * model/dsa: what statements of reasons may hold, and how a rule set keeps it.
 */
#include "unit/test.h"

#include "base/buf.h"
#include "model/dsa.h"

static void
values_are_found_where_they_stand(void **state)
{
    static const weir_span dsa =
        SPAN_LIT("{\"decision_ground\":\"DECISION_GROUND_ILLEGAL_CONTENT\","
                 "\"content_type\":[\"CONTENT_TYPE_TEXT\",\"CONTENT_TYPE_OTHER\"],"
                 "\"content_type_other\":\"a \\\"card\\\", ] or } so\",\"category\":\"x\"}");
    static const struct {
        enum weir__dsa_key key;
        const char *value;
    } rows[] = {
        {WEIR__DSA_GROUND, "\"DECISION_GROUND_ILLEGAL_CONTENT\""},
        {WEIR__DSA_CONTENT_TYPE, "[\"CONTENT_TYPE_TEXT\",\"CONTENT_TYPE_OTHER\"]"},
        {WEIR__DSA_CONTENT_TYPE_OTHER, "\"a \\\"card\\\", ] or } so\""},
        {WEIR__DSA_CATEGORY, "\"x\""},
        {WEIR__DSA_FACTS, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_span v = weir__dsa_get(dsa, rows[i].key);
        if (!span_eq(v, span_of(rows[i].value)) || !v.p != !rows[i].value)
            fail_msg("%s is %.*s", weir__dsa_about(rows[i].key)->key, SPAN_FMT(v));
    }
    assert_null(weir__dsa_get(SPAN_NONE, WEIR__DSA_FACTS).p);
    assert_null(weir__dsa_get(SPAN_LIT("{}"), WEIR__DSA_FACTS).p);
}

/* What was cut anywhere gives no more than it has. */
static void
damaged_ones_are_not_read_beyond(void **state)
{
    static const char whole[] = "{\"content_type\":[\"a\\\"\",\"b\"],\"category\":\"x\\\\\"}";

    (void)state;
    for (size_t n = 0; n < sizeof whole; n++) {
        char *cut = malloc(n + 1); /* so that AddressSanitizer sees the end */
        assert_non_null(cut);
        memcpy(cut, whole, n);
        for (int k = 0; k < WEIR__NDSA_KEYS; k++) {
            weir_span v = weir__dsa_get((weir_span){cut, n}, (enum weir__dsa_key)k);
            assert_true(!v.p || v.p + v.len <= cut + n);
            (void)weir__dsa_is_good((enum weir__dsa_key)k, v);
        }
        free(cut);
    }
}

static void
values_are_good_or_not(void **state)
{
    static const struct {
        enum weir__dsa_key key;
        const char *value;
        bool good;
    } rows[] = {
        {WEIR__DSA_CATEGORY, "\"STATEMENT_CATEGORY_SELF_HARM\"", true},
        {WEIR__DSA_CATEGORY, "\"SELF_HARM\"", false},
        {WEIR__DSA_CATEGORY, "\"SOURCE_VOLUNTARY\"", false},
        {WEIR__DSA_CATEGORY, "7", false},
        {WEIR__DSA_CATEGORY, "", false},
        {WEIR__DSA_DETECTION, "\"Yes\"", true},
        {WEIR__DSA_DETECTION, "true", false},
        {WEIR__DSA_CONTENT_TYPE, "[\"CONTENT_TYPE_TEXT\"]", true},
        {WEIR__DSA_CONTENT_TYPE, "[\"CONTENT_TYPE_TEXT\",\"CONTENT_TYPE_APP\"]", true},
        {WEIR__DSA_CONTENT_TYPE, "[\"CONTENT_TYPE_TEXT\",\"TEXT\"]", false},
        {WEIR__DSA_CONTENT_TYPE, "[]", false},
        {WEIR__DSA_CONTENT_TYPE, "\"CONTENT_TYPE_TEXT\"", false},
        {WEIR__DSA_FACTS, "\"A \\\"fact\\\"\\n and \\u0007\"", true},
        {WEIR__DSA_FACTS, "\"\"", false},
        {WEIR__DSA_FACTS, "[\"a\"]", false},
        {WEIR__DSA_FACTS, "\"Said\\n#farmers\"", false},
        {WEIR__DSA_FACTS, "\"a\",\"b\"", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (weir__dsa_is_good(rows[i].key, span_of(rows[i].value)) != rows[i].good)
            fail_msg("%s: %s", weir__dsa_about(rows[i].key)->key, rows[i].value);
}

/* Characters, not bytes, and an escape is one. */
static void
texts_are_as_long_as_people_count(void **state)
{
    static const char *const units[] = {"a", "é", "\\n", "\\u0007", "日"};

    (void)state;
    for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
        weir_buf b = {0};
        weir_buf_putc(&b, '"');
        for (int i = 0; i < 500; i++)
            weir_buf_puts(&b, units[u]);
        weir_buf_putc(&b, '"');
        assert_true(weir__dsa_is_good(WEIR__DSA_LEGAL_GROUND, span_of_buf(&b)));
        b.len--;
        weir_buf_puts(&b, "x\"");
        assert_false(weir__dsa_is_good(WEIR__DSA_LEGAL_GROUND, span_of_buf(&b)));
        weir_buf_fini(&b);
    }
}

static void
who_is_named_is_found(void **state)
{
    static const struct {
        const char *text, *named; /* NULL: nobody */
    } rows[] = {
        {"posts of @kisan_ekta, and others", "@kisan_ekta"},
        {"write to a@example.org", "@example"},
        {"the tag #farmers", "#farmers"},
        {"(＃농민)", "＃농민"},
        {"account id:1356247.", "id:1356247"},
        {"did:plc:one", "did:plc"},
        {"\xEF\xBC\xA0kisan_ekta wrote", "\xEF\xBC\xA0kisan_ekta"}, /* full width */
        {"the tag “#farmers”", "#farmers”"}, /* rather too much than too little */
        {"@Ａ", "@Ａ"},
        {"le mot-dièse «\xC2\xA0#fermiers\xC2\xA0»", "#fermiers\xC2\xA0»"},
        {"「＃농민」", "＃농민」"},
        {"caf\xC3\xA9#1, 東京#1", NULL},
        {"a # b, C# and id: 5, valid:x, @ all, no.#", NULL},
        {"", NULL},
    };
    size_t at;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_span text = span_of(rows[i].text);
        size_t n = weir__names_somebody(text, &at);
        weir_span named = {text.p + (n ? at : 0), n};
        if (!span_is(named, rows[i].named ? rows[i].named : ""))
            fail_msg("%s: %.*s", rows[i].text, SPAN_FMT(named));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_found_where_they_stand),
        cmocka_unit_test(damaged_ones_are_not_read_beyond),
        cmocka_unit_test(values_are_good_or_not),
        cmocka_unit_test(texts_are_as_long_as_people_count),
        cmocka_unit_test(who_is_named_is_found),
    };

    return cmocka_run_group_tests_name("model/dsa", tests, NULL, NULL);
}

/*
 * replay/recorded: records are taken apart by their bytes, whatever texts are in them; compared,
 * and told by which rules they differ.
 */
#include "unit/test.h"

#include "replay/recorded.h"

#define TAIL ",\"at\":\"2021-02-01T07:00:00.250Z\",\"ruleset\":\"0123456789abcdef\"}"

static weir_span
span(const char *s)
{
    return (weir_span){s, strlen(s)};
}

static void
assert_span(weir_span s, const char *want)
{
    assert_int_equal(s.len, strlen(want));
    assert_memory_equal(s.p, want, s.len);
}

static void
records_are_taken_apart(void **state)
{
    static const struct {
        const char *record, *key;
        enum recorded_kind kind;
        bool plain, traced, limited;
    } rows[] = {
        {"{\"v\":1,\"post\":\"7\",\"action\":\"allow\"" TAIL, "\"7\"", RECORDED_POST, true, false,
         false},
        {"{\"v\":1,\"post\":\"7\",\"author\":\"@x\",\"action\":\"allow\"" TAIL "\n", "\"7\"",
         RECORDED_POST, true, false, false},
        {"{\"v\":1,\"post\":\"7\",\"action\":\"allow\",\"observed\":[\"a\"]" TAIL, "\"7\"",
         RECORDED_POST, false, false, false},
        {"{\"v\":1,\"post\":\"7\",\"action\":\"allow\",\"trace\":[{\"rule\":\"a\",\"state\":"
         "\"off\"}]" TAIL,
         "\"7\"", RECORDED_POST, true, true, false},
        {"{\"v\":1,\"post\":\"7\",\"action\":\"allow\",\"trace\":[{\"rule\":\"a\",\"state\":"
         "\"off\"}],"
         "\"quoted\":{\"v\":1,\"post\":\"8\",\"action\":\"allow\"" TAIL TAIL,
         "\"7\"", RECORDED_POST, false, true, false},
        {"{\"v\":1,\"post\":\"7\",\"action\":\"allow\",\"limit\":[\"tags\"]" TAIL, "\"7\"",
         RECORDED_POST, false, false, false},
        {"{\"v\":1,\"post\":\"7\",\"action\":\"allow\",\"limit\":[\"tags\",\"a\"]" TAIL, "\"7\"",
         RECORDED_POST, false, false, true},
        /* texts that look like what stands around them */
        {"{\"v\":1,\"post\":\"\\\",\\\"at\\\":\\\"\\\\\",\"author\":\"@\\\",\\\"action\\\":\","
         "\"action\":"
         "\"withhold\",\"regions\":{\"IN\":{\"action\":\"withhold\",\"rule\":\"a\",\"by\":"
         "\"hashtags\","
         "\"value\":\"#,\\\"limit\\\":[\"}}" TAIL,
         "\"\\\",\\\"at\\\":\\\"\\\\\"", RECORDED_POST, false, false, false},
        {"{\"v\":1,\"query\":{\"hashtag\":\"}\\\"\",\"region\":\"IN\"},\"action\":"
         "\"withhold\"" TAIL,
         "{\"hashtag\":\"}\\\"\",\"region\":\"IN\"}", RECORDED_QUERY, false, false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct recorded r;

        assert_true(recorded_read(span(rows[i].record), &r));
        assert_int_equal(r.kind, rows[i].kind);
        assert_span(r.key, rows[i].key);
        assert_span(r.ruleset, "0123456789abcdef");
        assert_int_equal(r.at_ms, 1612162800250);
        assert_int_equal(r.plain, rows[i].plain);
        assert_int_equal(r.traced, rows[i].traced);
        assert_int_equal(r.limited, rows[i].limited);
    }
}

static void
what_is_no_record_is_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "{}",
        "{\"v\":1}",
        "{\"v\":1,\"post\":\"7",
        "{\"v\":1,\"post\":7,\"action\":\"allow\"" TAIL,
        "{\"v\":1,\"post\":\"7\"" TAIL,
        "{\"v\":1,\"post\":\"7\",\"action\":\"allow\"}",
        "{\"v\":1,\"post\":\"7\",\"action\":\"allow\",\"at\":\"then\",\"ruleset\":"
        "\"0123456789abcdef\"}",
        "{\"v\":1,\"post\":\"7\",\"action\":\"allow\",\"at\":\"2021-02-01T07:00:00Z\"}",
        "{\"v\":1,\"query\":{\"hashtag\":\"a\",\"action\":\"allow\"" TAIL,
        "{\"v\":1,\"skip\":\"delete\"}",
        "{\"v\":1,\"error\":\"bad_json\"}",
        "\"}",
        ",\"at\":\"2021-02-01T07:00:00Z\",\"ruleset\":\"0123456789abcdef\"}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct recorded r;

        assert_false(recorded_read(span(rows[i]), &r));
    }
}

static void
errors_are_the_same_wherever_their_lines_were(void **state)
{
    static const char *const same[] = {
        "{\"v\":1,\"error\":\"bad_type\",\"line\":1,\"offset\":3,\"detail\":\"x\",\"post\":\"7\"}"
        "\n",
        "{\"v\":1,\"error\":\"bad_type\",\"line\":23456,\"offset\":3,\"detail\":\"x\",\"post\":"
        "\"7\"}",
        "{\"v\":1,\"error\":\"bad_type\",\"line\":9,\"offset\":3,\"detail\":\"x\",\"post\":\"7\","
        "\"action\":\"withhold\"}",
    };
    weir_buf first = {0}, other = {0};
    struct recorded r;

    (void)state;
    recorded_error_key(span(same[0]), &first);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        assert_true(recorded_read(span(same[i]), &r));
        assert_int_equal(r.kind, RECORDED_ERROR);
        other.len = 0;
        recorded_error_key(span(same[i]), &other);
        assert_int_equal(other.len, first.len);
        assert_memory_equal(other.p, first.p, first.len);
    }
    other.len = 0;
    recorded_error_key(
        span("{\"v\":1,\"error\":\"bad_type\",\"line\":1,\"offset\":4,\"detail\":\"x\"}"), &other);
    assert_true(other.len != first.len || memcmp(other.p, first.p, first.len) != 0);
    weir_buf_fini(&first);
    weir_buf_fini(&other);
}

static void
breakers_are_found_in_lists(void **state)
{
    weir_span record =
        span("{\"v\":1,\"post\":\"7\",\"action\":\"allow\",\"observed\":[\"c\"],\"breaker\":"
             "[\"*\",\"a\"],\"quoted\":{\"v\":1,\"post\":\",\\\"breaker\\\":[\\\"d\\\"]\","
             "\"action\":\"allow\",\"breaker\":[\"b\"]" TAIL TAIL);

    (void)state;
    assert_true(recorded_names_breaker(record, "*"));
    assert_true(recorded_names_breaker(record, "a"));
    assert_true(recorded_names_breaker(record, "b"));
    assert_false(recorded_names_breaker(record, "c"));
    assert_false(recorded_names_breaker(record, "d"));
    assert_false(recorded_names_breaker(record, ""));
}

static void
digests_can_be_left_out(void **state)
{
    static const char one[] = "{\"v\":1,\"post\":\"7\",\"quoted\":{\"post\":\"8\"" TAIL TAIL;
    char other[sizeof one + 1];

    (void)state;
    memcpy(other, one, sizeof one);
    assert_true(recorded_is(span(one), span(other), false));
    for (char *p = other; (p = strstr(p, "0123456789abcdef"));)
        memcpy(p, "fedcba9876543210", 16);
    assert_false(recorded_is(span(one), span(other), false));
    assert_true(recorded_is(span(one), span(other), true));
    (void)strcat(other, "\n");
    assert_true(recorded_is(span(one), span(other), true));
    other[14] = '8';
    assert_false(recorded_is(span(one), span(other), true));
}

static void
add(void *arg, weir_span id)
{
    weir_buf *out = arg;

    weir_buf_put(out, id);
    weir_buf_putc(out, ' ');
}

#define ACT(rule)                                                                                  \
    "{\"action\":\"withhold\",\"rule\":\"" rule "\",\"by\":\"hashtags\",\"value\":\"#x\"}"
#define DOWN(factor, rule)                                                                         \
    "{\"action\":\"downrank\",\"surfaces\":{\"trends\":{\"factor\":" factor ",\"rule\":\"" rule    \
    "\",\"by\":\"hashtags\",\"value\":\"#x\"}}}"

static void
differences_name_their_rules(void **state)
{
    static const struct {
        const char *was, *is, *rules;
    } rows[] = {
        {"{\"regions\":{\"IN\":" ACT("a") "}" TAIL, "{\"v\":1" TAIL, "a "},
        {"{\"regions\":{\"IN\":" ACT("a") ",\"TR\":" ACT("b") "}" TAIL,
         "{\"regions\":{\"IN\":" ACT("a") "},\"observed\":[\"b\"]" TAIL, "b b "},
        {"{\"regions\":{\"IN\":" ACT("a") "}" TAIL,
         "{\"exempted\":{\"IN\":[{\"rule\":\"a\",\"by\":\"press\"}]}" TAIL, "a a press "},
        {"{\"regions\":{\"IN\":" ACT("a") ",\"TR\":" DOWN("0.5", "b") "}" TAIL,
         "{\"regions\":{\"IN\":" ACT("a") ",\"TR\":" DOWN("0.25", "b") "}" TAIL, "b b "},
        /* a trace names all */
        {"{\"v\":1,\"observed\":[\"a\"],\"trace\":[{\"rule\":\"a\",\"state\":\"observed\"},{"
         "\"rule\":\"b\","
         "\"state\":\"off\"}]" TAIL,
         "{\"v\":1,\"trace\":[{\"rule\":\"a\",\"state\":\"no_match\"},{\"rule\":\"c\",\"state\":"
         "\"off\"}]" TAIL,
         "a "},
        {"{\"v\":1" TAIL, "{\"v\":2" TAIL, ""},
        {"{\"v\":1" TAIL, "", ""},
        {"{\"v\":1,\"trace\":[{\"rule\":\"a\",\"state\":\"off\"}]" TAIL,
         "{\"v\":1,\"trace\":[{\"rule\":\"b\",\"state\":\"off\"}]" TAIL, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_buf out = {0};

        assert_true(recorded_differ(span(rows[i].was), span(rows[i].is), add, &out));
        weir_buf_putc(&out, '\0');
        assert_string_equal(out.p, rows[i].rules);
        weir_buf_fini(&out);
    }
}

static void
errors_of_no_post_are_told_by_all_their_bytes(void **state)
{
    static const struct {
        const char *record;
        bool is;
    } rows[] = {
        {"{\"v\":1,\"error\":\"bad_json\",\"line\":1,\"offset\":0,\"detail\":\"x\"}", true},
        {"{\"v\":1,\"error\":\"bad_query\",\"line\":12,\"offset\":34,\"detail\":\"\"}\n", true},
        {"{\"v\":1,\"error\":\"bad_query\",\"line\":1,\"offset\":0,\"detail\":\"x\","
         "\"action\":\"withhold\"}",
         true},
        {"{\"v\":1,\"error\":\"bad_json\",\"line\":1,\"offset\":0,\"detail\":\"\\\","
         "\\\"post\\\"\"}",
         true},
        {"{\"v\":1,\"error\":\"bad_type\",\"line\":1,\"offset\":0,\"detail\":\"x\",\"post\":\"1\"}",
         false},
        {"{\"v\":1,\"error\":\"no_id\",\"line\":1,\"offset\":0,\"detail\":\"x\",\"author\":\"@a\"}",
         false},
        {"{\"v\":1,\"error\":\"bad_json\",\"line\":1,\"offset\":0,\"detail\":\"x\","
         "\"action\":\"withhold\",\"x\":1}",
         false},
        {"{\"v\":1,\"error\":\"bad_jso\",\"line\":1,\"offset\":0,\"detail\":\"x\"}", false},
        {"{\"v\":1,\"error\":\"bad_json2\",\"line\":1,\"offset\":0,\"detail\":\"x\"}", false},
        {"{\"v\":1,\"error\":\"bad_json\",\"line\":,\"offset\":0,\"detail\":\"x\"}", false},
        {"{\"v\":1,\"error\":\"bad_json\",\"line\":1,\"detail\":\"x\"}", false},
        {"{\"v\":1,\"error\":\"bad_json\",\"line\":1,\"offset\":0}", false},
        {"{\"v\":1,\"error\":\"bad_json\",\"line\":1,\"offset\":0,\"detail\":\"x", false},
        {"{\"v\":1,\"error\":\"bad_json\"", false},
        {"{\"v\":1,\"post\":\"7\",\"action\":\"allow\"" TAIL, false},
        {"", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (recorded_is_stray(span(rows[i].record)) != rows[i].is)
            fail_msg("%s", rows[i].record);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_taken_apart),
        cmocka_unit_test(what_is_no_record_is_refused),
        cmocka_unit_test(errors_are_the_same_wherever_their_lines_were),
        cmocka_unit_test(breakers_are_found_in_lists),
        cmocka_unit_test(digests_can_be_left_out),
        cmocka_unit_test(differences_name_their_rules),
        cmocka_unit_test(errors_of_no_post_are_told_by_all_their_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

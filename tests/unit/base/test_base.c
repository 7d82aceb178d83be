/*
 * base/: time, spans, buffers, the arena and diagnostics.
 */
#include "unit/test.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

#include <pthread.h>

static void
times_read(void **state)
{
    static const struct {
        const char *text;
        int64_t ms; /* INT64_MIN: refused */
        const char *back;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z"},
        {"2021-02-01T06:00:00Z", 1612159200000, "2021-02-01T06:00:00Z"},
        {"2021-02-01T11:30:00+05:30", 1612159200000, "2021-02-01T06:00:00Z"},
        {"2021-02-01t06:00:00.25z", 1612159200250, "2021-02-01T06:00:00.250Z"},
        {"2021-02-01 06:00:00.0009Z", 1612159200000, "2021-02-01T06:00:00Z"},
        {"2020-02-29T23:59:60Z", 1583020800000, "2020-03-01T00:00:00Z"},
        {"1969-12-31T23:59:59.999Z", -1, "1969-12-31T23:59:59.999Z"},
        {"0000-01-01T00:00:00Z", INT64_C(-62167219200000), "0000-01-01T00:00:00Z"},
        {"9999-12-31T23:59:59Z", INT64_C(253402300799000), "9999-12-31T23:59:59Z"},
        {"2021-02-01", INT64_MIN, NULL},
        {"2021-02-01T06:00:00", INT64_MIN, NULL},
        {"2021-02-29T06:00:00Z", INT64_MIN, NULL},
        {"2021-13-01T06:00:00Z", INT64_MIN, NULL},
        {"2021-02-00T06:00:00Z", INT64_MIN, NULL},
        {"0000-00-00T00:00:00Z", INT64_MIN, NULL},
        {"2021-02-01T24:00:00Z", INT64_MIN, NULL},
        {"2021-02-01T06:00:00.Z", INT64_MIN, NULL},
        {"2021-02-01T06:00:00+0530", INT64_MIN, NULL},
        {"2021-02-01T06:00:00Z ", INT64_MIN, NULL},
        {"", INT64_MIN, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t ms = INT64_MIN;
        char back[WEIR_TIME_MAX];

        if (weir_time_parse(span_of(rows[i].text), &ms) != (rows[i].back != NULL))
            fail_msg("%s: read or refused against expectation", rows[i].text);
        if (!rows[i].back)
            continue;
        if (ms != rows[i].ms)
            fail_msg("%s: read as %lld", rows[i].text, (long long)ms);
        assert_int_equal(weir_time_format(ms, back), strlen(rows[i].back));
        assert_string_equal(back, rows[i].back);
    }
}

static void
distances(void **state)
{
    (void)state;
    assert_int_equal(weir__span_distance(span_of("withold"), span_of("withhold"), 2), 1);
    assert_int_equal(weir__span_distance(span_of("hastags"), span_of("hashtags"), 2), 1);
    assert_int_equal(weir__span_distance(span_of("hahstags"), span_of("hashtags"), 2), 1);
    assert_int_equal(weir__span_distance(span_of("Allow"), span_of("allow"), 2), 0);
    assert_int_equal(weir__span_distance(span_of("allow"), span_of("withhold"), 2), 3);
    assert_int_equal(weir__span_distance(span_of(""), span_of("ab"), 2), 2);
    assert_int_equal(weir__span_mistyped(span_of("form"), span_of("from")), 1);
    assert_int_equal(weir__span_mistyped(span_of("IND"), span_of("IN")), 1);
    assert_int_equal(weir__span_mistyped(span_of("actoin"), span_of("actions")), 2);
    assert_int_equal(weir__span_mistyped(span_of("desc"), span_of("dsa")), 3);
    assert_int_equal(weir__span_mistyped(span_of("region"), span_of("rule")), 3);
    assert_int_equal(weir__span_mistyped(span_of("x"), span_of("y")), 3);
}

static void
json_strings(void **state)
{
    weir_buf b = {0};

    (void)state;
    weir_buf_put_json(&b, SPAN_LIT("a\"b\\c\b\f\n\r\t\x01\x1f\x7f/é"));
    weir_buf_putc(&b, '\0');
    assert_string_equal(b.p, "\"a\\\"b\\\\c\\b\\f\\n\\r\\t\\u0001\\u001f\x7f/é\"");
    b.len = 0;
    weir__buf_put_cp(&b, 0xD800);
    weir__buf_put_cp(&b, 0x1F600);
    weir_buf_put_u64(&b, UINT64_MAX);
    weir_buf_putc(&b, '\0');
    assert_string_equal(b.p, "\xEF\xBF\xBD\xF0\x9F\x98\x80"
                             "18446744073709551615");
    weir_buf_fini(&b);
}

/* Eight bytes are looked at at once: whichever it is, and wherever it stands. */
static void
every_byte_at_every_place_of_a_json_string(void **state)
{
    weir_buf whole = {0}, apart = {0};

    (void)state;
    for (size_t len = 1; len <= 25; len++)
        for (size_t at = 0; at < len; at++)
            for (int c = 0; c < 256; c++) {
                char text[25], one = (char)c;
                memset(text, c & 1 ? 'a' : '\xff', len);
                text[at] = one;
                weir_span s = {text, len};
                whole.len = apart.len = 0;
                weir_buf_put_json(&whole, s);
                weir_buf_putc(&apart, '"');
                weir_buf_put(&apart, span_head(s, at));
                weir__buf_put_escaped(&apart, (weir_span){&one, 1});
                weir_buf_put(&apart, span_skip(s, at + 1));
                weir_buf_putc(&apart, '"');
                assert_true(span_eq(span_of_buf(&whole), span_of_buf(&apart)));
            }
    weir_buf_fini(&whole);
    weir_buf_fini(&apart);
}

/* There and back, one in each day that can be written, two in three with milliseconds. */
static void
every_day_is_written_as_it_is_read(void **state)
{
    (void)state;
    for (int64_t day = -719528; day < 2932897; day += step_by(37)) {
        char text[WEIR_TIME_MAX];
        int64_t ms = day * 86400000 + (day + 719528) * 7919 % 86400000, back;
        ms -= day % 3 ? 0 : ms % 1000;
        weir_span written = {text, weir_time_format(ms, text)};
        assert_true(weir_time_parse(written, &back));
        assert_int_equal(back, ms);
    }
}

/* What a time is does not depend on the days that its thread has read before; there are none in a
   new one. */
static void *
read_first(void *text)
{
    int64_t ms;

    return weir_time_parse(span_of(text), &ms) ? text : NULL;
}

static void
the_first_time_of_a_thread(void **state)
{
    static char *const rows[] = {"0000-00-00T00:00:00Z", "1970-00-00T00:00:00Z",
                                 "1970-01-01T00:00:00Z", "0000-01-01T00:00:00Z"};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        pthread_t thread;
        void *read;

        assert_int_equal(pthread_create(&thread, NULL, read_first, rows[i]), 0);
        assert_int_equal(pthread_join(thread, &read), 0);
        assert_int_equal(read != NULL, i >= 2);
    }
}

/* Times as most are written are read another way than others, with a space for the T, are: any byte
   in any place of them is read or refused alike. */
static void
usual_times_are_read_as_others_are(void **state)
{
    static const char *const usual[] = {"2021-02-01T06:00:00Z", "1999-12-31T23:59:59.999Z",
                                        "2020-02-29T00:00:60.120Z"};

    (void)state;
    for (size_t k = 0; k < sizeof usual / sizeof *usual; k++)
        for (size_t at = 0; at < strlen(usual[k]); at++)
            for (int byte = 0; at != 10 && byte < 256; byte++) {
                char text[32], other[32];
                int64_t ms = -1, other_ms = -1;
                size_t len = strlen(usual[k]);

                memcpy(text, usual[k], len);
                text[at] = (char)byte;
                memcpy(other, text, len);
                other[10] = ' ';
                bool read = weir_time_parse((weir_span){text, len}, &ms);
                if (read != weir_time_parse((weir_span){other, len}, &other_ms) || ms != other_ms)
                    fail_msg("%.*s with byte %d at %zu", (int)len, usual[k], byte, at);
            }
}

static void
arena_grows_and_resets(void **state)
{
    struct arena a;
    int *items = NULL;
    size_t n = 0, cap = 0;

    (void)state;
    arena_init(&a, NULL);
    for (int round = 0; round < 2; round++) {
        items = NULL;
        n = cap = 0;
        for (int i = 0; i < 100000; i++)
            *ARENA_PUSH(&a, items, n, cap) = i;
        for (int i = 0; i < 100000; i++)
            assert_int_equal(items[i], i);
        arena_reset(&a);
    }
    assert_string_equal(arena_printf(&a, "%s-%d", "x", 7), "x-7");
    arena_fini(&a);
}

static void
arena_jumps_when_memory_is_out(void **state)
{
    jmp_buf out;
    struct arena a;

    (void)state;
    arena_init(&a, &out);
    if (setjmp(out) == 0) {
        (void)arena_array(&a, SIZE_MAX, 2);
        fail_msg("an impossible allocation came back");
    }
    arena_fini(&a);
    arena_init(&a, NULL);
    assert_null(arena_array(&a, SIZE_MAX, 2));
    arena_fini(&a);
}

static void
diagnostics_point_at_their_cause(void **state)
{
    weir_diags *d = weir_diags_new();
    weir_buf b = {0};
    struct weir__place at = {"r.yaml", 3, 4, 2, SPAN_LIT("\té: x")};

    (void)state;
    weir__diag_add(d, WEIR_WARNING, NULL, "about %s", "nothing");
    weir__diag_add(d, WEIR_ERROR, &at, "unknown key `%s`", "x");
    assert_int_equal(weir_diags_count(d), 2);
    assert_int_equal(weir_diags_errors(d), 1);
    for (size_t i = 0; i < 2; i++)
        weir_diag_format(weir_diags_at(d, i), false, &b);
    weir_buf_putc(&b, '\0');
    assert_string_equal(b.p, "warning: about nothing\n"
                             "r.yaml:3:4: error: unknown key `x`\n"
                             "    \té: x\n"
                             "    \t  ^~\n");
    weir_buf_fini(&b);
    weir_diags_free(d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_read),
        cmocka_unit_test(distances),
        cmocka_unit_test(json_strings),
        cmocka_unit_test(every_byte_at_every_place_of_a_json_string),
        cmocka_unit_test(every_day_is_written_as_it_is_read),
        cmocka_unit_test(the_first_time_of_a_thread),
        cmocka_unit_test(usual_times_are_read_as_others_are),
        cmocka_unit_test(arena_grows_and_resets),
        cmocka_unit_test(arena_jumps_when_memory_is_out),
        cmocka_unit_test(diagnostics_point_at_their_cause),
    };

    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}

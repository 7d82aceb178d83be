/*
 * The reader: of lines that were announced, it expects the keys in the order of those before. What
 * a line is read as must not depend on that: each is read by a reader that expects much, and by one
 * that expects nothing.
 */
#include "show.h"

static const char *const lines[] = {
    "{\"id\":\"1\",\"author\":{\"id\":\"5\",\"handle\":\"x\"},\"created_at\":\"2021-02-01T06:00:00Z"
    "\",\"lang\":\"en\",\"mentions\":[\"@m\"],\"hashtags\":[\"a\",\"b\"],\"text\":\"#a #b\"}",
    "{\"created_at\":\"Mon Feb 01 06:00:00 +0000 "
    "2021\",\"id\":1,\"id_str\":\"1\",\"full_text\":\"#a"
    "\",\"other\":null,\"user\":{\"id\":5,\"id_str\":\"5\",\"name\":\"X\",\"screen_name\":\"x\"},"
    "\"retweeted_status\":{\"id_str\":\"2\",\"user\":{\"id_str\":\"6\"},\"text\":\"#c\"},"
    "\"quoted_status_id\":\"9\",\"lang\":\"en\"}",
    "{\"id\":\"1\",\"id\":\"2\",\"author\":\"x\",\"text\":\"#a\",\"text\":null,\"lang\":\"en\"}",
    "{\"author\":\"x\",\"repost_of\":\"7\",\"id\":\"1\" , \"lang\" :\"en\",\"l\\u0061ng\":\"de\"}",
    "{\"@context\":\"https://www.w3.org/ns/activitystreams\",\"type\":\"Note\",\"id\":\"https://"
    "e.x/1"
    "\",\"attributedTo\":\"https://e.x/"
    "u\",\"published\":\"2021-02-01T06:00:00Z\",\"tag\":[{\"type\":"
    "\"Hashtag\",\"name\":\"#a\"},{\"type\":\"Mention\",\"href\":\"https://e.x/v\"}]}",
};
#define NLINES (sizeof lines / sizeof *lines)

/* One that expects. Where the lines lie that it is told of is not where they are read from. */
static weir_reader *
expecting_reader(void)
{
    weir_reader *r = new_reader((weir_reader_options){0});

    weir_reader_ahead(r, span_of(lines[0]));
    return r;
}

/* Behind what it is a changed form of. */
static void
assert_same(weir_reader *used, const char *before, weir_span line)
{
    weir_reader *fresh = new_reader((weir_reader_options){0});
    weir_buf got = {0}, expected = {0};

    show_line(used, span_of(before), true, &got);
    show_line(used, line, true, &got);
    show_line(fresh, line, true, &expected);
    if (strcmp(got.p, expected.p) != 0)
        fail_msg("%.*s\n    is read behind  %s\n    as  %s\n    and by itself as  %s",
                 SPAN_FMT(line), before, got.p, expected.p);
    weir_buf_fini(&got);
    weir_buf_fini(&expected);
    weir_reader_free(fresh);
}

static void
each_behind_each(void **state)
{
    weir_reader *used = expecting_reader();

    (void)state;
    for (size_t a = 0; a < NLINES; a++)
        for (size_t b = 0; b < NLINES; b++)
            assert_same(used, lines[a], span_of(lines[b]));
    weir_reader_free(used);
}

/* A line in which other bytes stand in place of `gone` of its own, behind the line itself. */
static void
assert_same_with(weir_reader *used, const char *line, size_t at, size_t gone, weir_span instead)
{
    weir_buf changed = {0};

    weir_buf_put(&changed, (weir_span){line, at});
    weir_buf_put(&changed, instead);
    weir_buf_puts(&changed, line + at + gone);
    assert_false(changed.failed);
    assert_same(used, line, (weir_span){changed.p, changed.len});
    weir_buf_fini(&changed);
}

/* Bytes that are something else in JSON than most. */
static const char odd[] = "{}[],:\"\\ 0a\n";

static void
each_byte_another(void **state)
{
    weir_reader *used = expecting_reader();

    (void)state;
    for (size_t l = 0; l < NLINES; l++)
        for (size_t i = 0; i < strlen(lines[l]); i += step_by(37))
            for (size_t k = 0; k < sizeof odd - 1; k++)
                assert_same_with(used, lines[l], i, 1, (weir_span){&odd[k], 1});
    weir_reader_free(used);
}

/* Runs of bytes that are not there: members without values, ends in the midst of a member. */
static void
some_bytes_missing(void **state)
{
    weir_reader *used = expecting_reader();

    (void)state;
    for (size_t l = 0; l < NLINES; l++) {
        size_t len = strlen(lines[l]);

        for (size_t i = 0; i < len; i += step_by(37)) {
            for (size_t n = 1; n <= 12 && i + n <= len; n++)
                assert_same_with(used, lines[l], i, n, SPAN_NONE);
            assert_same_with(used, lines[l], i, len - i, SPAN_NONE);
        }
    }
    weir_reader_free(used);
}

/* Zeroes are a token to stage 1. As many as a key is compared with, in place of some bytes: of a
   key, or a key and its colon, too. */
static void
zeroes_instead(void **state)
{
    static const char zeroes[16];
    weir_reader *used = expecting_reader();

    (void)state;
    for (size_t l = 0; l < NLINES; l++) {
        size_t len = strlen(lines[l]);

        for (size_t i = 0; i < len; i += step_by(37))
            for (size_t n = 0; n <= 20 && i + n <= len; n++)
                assert_same_with(used, lines[l], i, n, (weir_span){zeroes, sizeof zeroes});
    }
    weir_reader_free(used);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_behind_each),
        cmocka_unit_test(each_byte_another),
        cmocka_unit_test(some_bytes_missing),
        cmocka_unit_test(zeroes_instead),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * The reader: lines that are read together stay good together, each read as it is by itself; and
 * with the first line that is read anew their memory is used again.
 */
#include "show.h"

#include "unit/count_allocations.h"

static const char *const lines[] = {
    "{\"id\":1,\"author\":{\"id\":\"5\",\"handle\":\"x\"},\"hashtags\":[\"a\",\"b\\u0063\"],"
    "\"mentions\":[\"@m\"],\"lang\":\"en\",\"created_at\":\"2021-02-01T06:00:00Z\"}",
    "{\"id\":\"two\",\"author\":\"y\",\"text\":\"#from #the text\",\"quotes\":{\"id\":3,"
    "\"hashtags\":[\"inner\"]}}",
    "{\"data\":[{\"id\":\"1\",\"text\":\"#a\"},{\"no\":5},{\"id\":\"2\",\"author_id\":\"u\","
    "\"referenced_tweets\":[{\"type\":\"quoted\",\"id\":\"9\"}]}],\"includes\":{\"users\":"
    "[{\"id\":\"u\",\"username\":\"who\"}],\"tweets\":[{\"id\":\"9\",\"text\":\"#shared\"}]}}",
    "{\"id\":1,\"user\":{\"id\":5,\"id_str\":\"5\",\"screen_name\":\"x\"},\"retweeted_status\":"
    "{\"id\":2,\"user\":{\"id\":6},\"text\":\"#again\"}}",
    "{\"query\":{\"hashtag\":\"asked\",\"region\":\"IN\"}}",
    "{\"id\":10,\"author\":\"z\",\"hashtags\":5}",
    "{\"id\":tru}",
    "{\"delete\":{}}",
    " ",
    "{\"id\":4,\"author\":\"x\",\"hashtags\":[\"last\"]}\r",
};
#define NLINES (sizeof lines / sizeof *lines)
#define NTOGETHER 64

/* A line on its way: where it lies, and what it was read as. */
struct given {
    char *block;
    const weir_item *items;
    size_t nitems;
};

/* Every third has room behind it, and is to stay; of the others nothing is left once they are read,
   not even where they were. */
static void
read_one(weir_reader *r, struct given *g, size_t i, bool also)
{
    size_t len = strlen(lines[i % NLINES]), room = i % 3 ? 0 : WEIR_LINE_PADDING;

    g->block = malloc(len + room);
    assert_non_null(g->block);
    memset(g->block, '"', len + room);
    memcpy(g->block, lines[i % NLINES], len);
    assert_int_equal((also ? weir_reader_read_also : weir_reader_read)(
                         r, (weir_span){g->block, len}, len + room, &g->items, &g->nitems),
                     WEIR_OK);
    if (room)
        return;
    memset(g->block, 'z', len);
    free(g->block);
    g->block = NULL;
}

static void
show_items(const struct given *g, weir_buf *out)
{
    out->len = 0;
    for (size_t i = 0; i < g->nitems; i++) {
        if (i)
            weir_buf_puts(out, "; ");
        show_item(out, &g->items[i], true);
    }
    weir_buf_putc(out, '\0');
}

/* What line i is by itself, from a reader of its own. */
static void
assert_read_as_by_itself(const struct given *g, size_t i)
{
    weir_reader *r = new_reader((weir_reader_options){0});
    weir_buf got = {0}, expected = {0};

    show_line(r, span_of(lines[i % NLINES]), true, &expected);
    show_items(g, &got);
    if (strcmp(got.p, expected.p) != 0)
        fail_msg("line %zu is read as  %s\n   and not as  %s", i, got.p, expected.p);
    weir_buf_fini(&got);
    weir_buf_fini(&expected);
    weir_reader_free(r);
}

/* From line `from` on, so that each comes as the first one, too. */
static void
check_together(weir_reader *r, size_t from, size_t n)
{
    struct given g[NTOGETHER] = {{0}};

    for (size_t i = 0; i < n; i++)
        read_one(r, &g[i], from + i, i > 0);
    for (size_t i = 0; i < n; i++) {
        assert_read_as_by_itself(&g[i], from + i);
        free(g[i].block);
    }
}

static void
lines_stay_good_together(void **state)
{
    weir_reader *r = new_reader((weir_reader_options){0});
    bool slow = getenv("WEIR_TEST_NO_JIT") != NULL; /* under Valgrind */

    (void)state;
    for (size_t from = 0; from < (slow ? NLINES : 3 * NLINES); from++)
        check_together(r, from, from % 8 ? from % NLINES : NTOGETHER);
    weir_reader_free(r);
}

static void
what_is_read_anew_is_read_as_ever(void **state)
{
    weir_reader *r = new_reader((weir_reader_options){0});
    weir_buf out = {0}, alone = {0};

    (void)state;
    for (size_t i = 0; i < NLINES; i++) {
        weir_reader *fresh = new_reader((weir_reader_options){0});

        check_together(r, i, 5);
        show_line(r, span_of(lines[i]), true, &out);
        show_line(fresh, span_of(lines[i]), true, &alone);
        assert_string_equal(out.p, alone.p);
        weir_reader_free(fresh);
    }
    weir_buf_fini(&out);
    weir_buf_fini(&alone);
    weir_reader_free(r);
}

/* @return how many allocations the reader made for so many lines, each of which is copied. */
static size_t
count_reading(weir_reader *r, size_t n, bool also)
{
    size_t before = nallocations;
    const weir_item *items;
    size_t nitems;

    for (size_t i = 0; i < n; i++) {
        weir_span line = span_of(lines[i % 4]);

        assert_int_equal(
            (also ? weir_reader_read_also : weir_reader_read)(r, line, line.len, &items, &nitems),
            WEIR_OK);
    }
    return nallocations - before;
}

static void
memory_is_used_again_from_there_on(void **state)
{
    weir_reader *r = new_reader((weir_reader_options){0});

    (void)state;
    if (!allocations_are_counted()) {
        weir_reader_free(r);
        skip_because(WHY_NOT_COUNTED);
    }
    (void)count_reading(r, 1000, true);
    (void)count_reading(r, 1, false); /* of the memory that it had, enough is kept for the next */
    assert_int_equal(count_reading(r, 1000, false), 0);
    assert_int_equal(count_reading(r, 32, true), 0);
    assert_true(count_reading(r, 20000, true) > 0);
    (void)count_reading(r, 1, false);
    assert_int_equal(count_reading(r, 1000, false), 0);
    weir_reader_free(r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_stay_good_together),
        cmocka_unit_test(what_is_read_anew_is_read_as_ever),
        cmocka_unit_test(memory_is_used_again_from_there_on),
    };

    return cmocka_run_group_tests_name("post: lines read together", tests, NULL, NULL);
}

/*
 * The reader: lines that are read together stay good together, each read as it is by itself; and
 * with the first line that is read anew their memory is used again.
 */
#include "show.h"

#include "unit/count_allocations.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Set where the program runs itself again. */
#define AGAIN "WEIR_TEST_POST_TOGETHER_AGAIN"

static const char *this_program;

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

/* Lines that lie one behind the other ------------------------------------------------------------
 */

/* A number below n. */
static size_t
draw(unsigned *seed, size_t n)
{
    return (size_t)rand_r(seed) % n;
}

/* One of the lines, now and then with a byte that is another, or with its end cut off. */
static void
put_line(weir_buf *to, unsigned *seed)
{
    static const char odd[] = "{}[]\",:\\ \r\t0n\xC3\xEF\x01";
    weir_span line = span_of(lines[draw(seed, NLINES)]);
    size_t at = to->len;

    for (size_t n = draw(seed, 8); n > 5; n--)
        weir_buf_puts(to, "\xEF\xBB\xBF");
    if (draw(seed, 16) == 0)
        weir_buf_puts(to, "garbage");
    weir_buf_put(to, line);
    if (draw(seed, 4) == 0)
        to->p[at + draw(seed, line.len)] = odd[draw(seed, sizeof odd - 1)];
    if (draw(seed, 8) == 0)
        to->len -= draw(seed, line.len);
    if (draw(seed, 16) == 0) /* in a string or not */
        weir_buf_puts(to, "\\");
}

/* The lines of a block as a reader has them that was told of all of it, beside one that was not. */
static void
check_block(weir_reader *r, weir_reader *alone, weir_span block)
{
    weir_buf got = {0}, expected = {0};
    bool first = true;

    weir_reader_ahead(r, block);
    for (weir_span left = block; left.len;) {
        weir_span line = span_head(left, span_find(left, '\n'));
        struct given g = {0}, h = {0};

        assert_int_equal((first ? weir_reader_read : weir_reader_read_also)(
                             r, line, left.len + WEIR_LINE_PADDING, &g.items, &g.nitems),
                         WEIR_OK);
        assert_int_equal(weir_reader_read(alone, line, line.len, &h.items, &h.nitems), WEIR_OK);
        show_items(&g, &got);
        show_items(&h, &expected);
        if (strcmp(got.p, expected.p) != 0)
            fail_msg("%.*s\nis read as   %s\nand by itself %s", (int)line.len, line.p, got.p,
                     expected.p);
        first = false;
        left = span_skip(left, line.len < left.len ? line.len + 1 : line.len);
    }
    weir_reader_ahead(r, SPAN_NONE);
    weir_buf_fini(&got);
    weir_buf_fini(&expected);
}

static void
check_blocks(size_t max_line)
{
    weir_reader *r = new_reader((weir_reader_options){.max_line = max_line});
    weir_reader *alone = new_reader((weir_reader_options){.max_line = max_line});
    bool slow = getenv("WEIR_TEST_NO_JIT") != NULL; /* under Valgrind */
    unsigned seed = 1;

    for (int round = 0; round < (slow ? 30 : 1500); round++) {
        weir_buf text = {0};
        size_t n = round % 50 == 0 ? 400 : draw(&seed, 20) + 1;

        for (size_t i = 0; i < n; i++) {
            if (round % 3 == 0) /* nothing is odd in these blocks, but for the line that is */
                weir_buf_puts(&text, lines[draw(&seed, 6)]);
            else
                put_line(&text, &seed);
            weir_buf_puts(&text, i + 1 < n || round % 2 ? "\n" : "");
        }
        /* of its size: what is read behind it is seen */
        char *block = malloc(text.len + WEIR_LINE_PADDING);
        assert_non_null(block);
        memcpy(block, text.p, text.len);
        memset(block + text.len, '"', WEIR_LINE_PADDING);
        check_block(r, alone, (weir_span){block, text.len});
        free(block);
        weir_buf_fini(&text);
    }
    weir_reader_free(r);
    weir_reader_free(alone);
}

static void
lines_are_read_ahead_as_by_themselves(void **state)
{
    (void)state;
    check_blocks(0);
    check_blocks(60);
}

/* What is inside of strings, a scanner without vectors looks at less. */
static void
so_they_are_without_vectors(void **state)
{
    pid_t child = fork();
    int status = -1;

    (void)state;
    if (child == 0) {
        (void)setenv("SIMDJSON_FORCE_IMPLEMENTATION", "fallback", 1);
        (void)setenv(AGAIN, "1", 1);
        (void)execl(this_program, this_program, (char *)NULL);
        _exit(127);
    }
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    assert_int_equal(status, 0);
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
main(int argc, char **argv)
{
    (void)argc;
    this_program = argv[0];

    const struct CMUnitTest again[] = {
        cmocka_unit_test(lines_are_read_ahead_as_by_themselves),
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_stay_good_together),
        cmocka_unit_test(what_is_read_anew_is_read_as_ever),
        cmocka_unit_test(lines_are_read_ahead_as_by_themselves),
        cmocka_unit_test(so_they_are_without_vectors),
        cmocka_unit_test(memory_is_used_again_from_there_on),
    };

    if (getenv(AGAIN)) { /* of what it says, only whether all is well is told */
        (void)dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
        (void)dup2(STDOUT_FILENO, STDERR_FILENO);
        return cmocka_run_group_tests(again, NULL, NULL);
    }
    return cmocka_run_group_tests_name("post: lines read together", tests, NULL, NULL);
}

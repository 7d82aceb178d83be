/*
 * flow/frame: the same lines wherever the input is cut, whole lines where they lie, many of them
 * together if wanted, and bounded memory.
 */
#include "unit/test.h"

#include "unit/draw.h"

#include "base/span.h"
#include "flow/frame.h"

/* Framing what comes in chunks, each in a block of its own that ends where it may be read to, so
   that sanitizers see a look behind it. Each line is written down with a `|` behind it. */
struct framing {
    struct frame frame;
    char *chunk;
    size_t chunk_len;
    weir_buf got;
    uint64_t copied; /* lines that do not lie in the chunk */
};

static void
begin(struct framing *f, size_t max_line)
{
    *f = (struct framing){.chunk = NULL};
    frame_init(&f->frame, max_line);
}

static void
take(struct framing *f, weir_span line, size_t avail)
{
    assert_true(avail >= line.len + WEIR_LINE_PADDING);
    (void)*(volatile const char *)(line.p + avail - 1);
    f->copied += line.p < f->chunk || line.p > f->chunk + f->chunk_len;
    weir_buf_put(&f->got, line);
    weir_buf_putc(&f->got, '|');
}

static void
put_chunk(struct framing *f, const char *p, size_t len)
{
    free(f->chunk);
    f->chunk = malloc(len + WEIR_LINE_PADDING);
    f->chunk_len = len;
    assert_non_null(f->chunk);
    memcpy(f->chunk, p, len);
    memset(f->chunk + len, 0, WEIR_LINE_PADDING);
    frame_feed(&f->frame, f->chunk, len);
}

static void
feed(struct framing *f, const char *p, size_t len)
{
    weir_span line;
    size_t avail;

    put_chunk(f, p, len);
    while (frame_has_more(&f->frame)) {
        enum frame_result r = frame_next(&f->frame, &line, &avail);
        assert_int_not_equal(r, FRAME_NOMEM);
        if (r == FRAME_LINE)
            take(f, line, avail);
    }
    assert_int_equal(frame_next(&f->frame, &line, &avail), FRAME_MORE);
}

/* The end of the input; what was given out stays in `got`. @return the number of lines. */
static uint64_t
end(struct framing *f)
{
    weir_span line;
    size_t avail;

    if (frame_end(&f->frame, &line, &avail) == FRAME_LINE)
        take(f, line, avail);
    assert_int_equal(frame_end(&f->frame, &line, &avail), FRAME_MORE);
    uint64_t lines = f->frame.lines;
    frame_fini(&f->frame);
    free(f->chunk);
    return lines;
}

static uint64_t
count(weir_span s, char c)
{
    uint64_t n = 0;

    for (size_t i = 0; i < s.len; i++)
        n += s.p[i] == c;
    return n;
}

/* Bit i of `cuts`: a chunk ends behind byte i. */
static void
check_cuts(const char *promise, weir_span input, size_t max_line, unsigned cuts,
           const char *expected)
{
    struct framing f;
    size_t from = 0;

    begin(&f, max_line);
    for (size_t i = 0; i < input.len; i++)
        if (i + 1 == input.len || (cuts >> i & 1)) {
            feed(&f, input.p + from, i + 1 - from);
            from = i + 1;
        }
    uint64_t lines = end(&f);
    if (!span_is((weir_span){f.got.p, f.got.len}, expected))
        fail_msg("%s: cut by %x, the lines are %.*s", promise, cuts, SPAN_FMT(f.got));
    assert_int_equal(lines, count(span_of(expected), '|'));
    weir_buf_fini(&f.got);
}

#define MAX_LINE 4 /* of which 9 bytes are kept: a BOM and a CR more, and one that is too many */
#define BOM "\xEF\xBB\xBF"

static void
every_cut(void **state)
{
    static const struct {
        const char *promise, *input, *lines;
    } rows[] = {
        {"nothing is no line", "", ""},
        {"one line", "abc\n", "abc|"},
        {"two lines", "ab\ncde\n", "ab|cde|"},
        {"the last line needs no newline", "ab\ncd", "ab|cd|"},
        {"one byte is a line", "a", "a|"},
        {"blank lines are lines", "\n\na\n\n", "||a||"},
        {"a newline at the end begins no line", "\n", "|"},
        {"CRLF: the CR stays for the reader", "ab\r\n\r\ncd\r", "ab\r|\r|cd\r|"},
        {"a CR alone ends nothing", "a\rb\r\n", "a\rb\r|"},
        {"a BOM stays for the reader", BOM "ab\n" BOM "\n" BOM, BOM "ab|" BOM "|" BOM "|"},
        {"of a long line the beginning is kept", "123456789\na\n", "123456789|a|"},
        {"and what is beyond is dropped", "1234567890\na\n", "123456789|a|"},
        {"at the end of the input, too", "a\n123456789012", "a|123456789|"},
        {"two long ones in a row", "12345678901\n0987654321", "123456789|098765432|"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_span input = span_of(rows[i].input);
        unsigned edges = input.len ? (unsigned)input.len - 1 : 0;

        if (input.len <= 14) { /* every set of cuts */
            for (unsigned cuts = 0; cuts < 1u << edges; cuts++)
                check_cuts(rows[i].promise, input, MAX_LINE, cuts, rows[i].lines);
            continue;
        }
        for (unsigned a = 0; a < edges; a++) /* each one and each two, and after every byte */
            for (unsigned b = a; b < edges; b++)
                check_cuts(rows[i].promise, input, MAX_LINE, 1u << a | 1u << b, rows[i].lines);
        check_cuts(rows[i].promise, input, MAX_LINE, 0, rows[i].lines);
        check_cuts(rows[i].promise, input, MAX_LINE, ~0u, rows[i].lines);
    }
}

/* Whatever was given out of a chunk, the rest of it is known. */
static void
what_is_left(void **state)
{
    static const struct {
        const char *input;
        uint64_t lines;
        bool part;
    } rows[] = {{"", 0, false},          {"a", 0, true},
                {"a\n", 1, false},       {"\n\n", 2, false},
                {"ab\r\nc", 1, true},    {"a\nbc\n\nd\n", 4, false},
                {"1234567890", 0, true}, {"\n1234567890\nx", 2, true}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int cut = 0; cut <= 1; cut++) {
            struct framing f;
            weir_span line;
            size_t avail, len = strlen(rows[i].input);
            bool part;

            begin(&f, MAX_LINE);
            if (cut) /* the beginning of the first line came in another chunk */
                feed(&f, "x", 1);
            frame_feed(&f.frame, rows[i].input, len);
            for (uint64_t left = rows[i].lines;; left--) {
                assert_int_equal(frame_lines_left(&f.frame, &part), left);
                assert_int_equal(part, rows[i].part || (cut && rows[i].lines == 0));
                if (frame_next(&f.frame, &line, &avail) == FRAME_MORE)
                    break;
            }
            assert_int_equal(frame_lines_left(&f.frame, &part), 0);
            assert_int_equal(part, rows[i].part || (cut && rows[i].lines == 0));
            (void)end(&f);
            weir_buf_fini(&f.got);
        }
}

static void
a_nul_is_a_byte(void **state)
{
    struct framing f;

    (void)state;
    begin(&f, 0);
    feed(&f, "a\0b\n\0\n\0", 7);
    assert_int_equal(end(&f), 3);
    assert_int_equal(f.got.len, 8);
    assert_memory_equal(f.got.p, "a\0b|\0|\0|", 8);
    weir_buf_fini(&f.got);
}

/* Lines of 0 to 299 bytes, more than three real chunks of them. */
static void
make_lines(weir_buf *input, weir_buf *expected)
{
    for (size_t n = 0; input->len < 3 * FRAME_CHUNK + 1000; n++) {
        for (size_t i = 0; i < n * 7 % 300; i++) {
            char c = (char)('a' + (n + i) % 26);
            weir_buf_putc(input, c);
            weir_buf_putc(expected, c);
        }
        weir_buf_putc(input, '\n');
        weir_buf_putc(expected, '|');
    }
    weir_buf_puts(input, "last");
    weir_buf_puts(expected, "last|");
}

static void
real_chunks(void **state)
{
    static const size_t sizes[] = {63, 299, 300, 301, 4096, FRAME_CHUNK - 1, FRAME_CHUNK};
    weir_buf input = {0}, expected = {0};

    (void)state;
    make_lines(&input, &expected);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t at = 0, edges = 0;
        struct framing f;

        begin(&f, 0);
        for (size_t len; at < input.len; at += len, edges++) {
            len = input.len - at < sizes[i] ? input.len - at : sizes[i];
            feed(&f, input.p + at, len);
        }
        assert_int_equal(end(&f), count((weir_span){expected.p, expected.len}, '|'));
        assert_int_equal(f.got.len, expected.len);
        assert_memory_equal(f.got.p, expected.p, expected.len);
        assert_true(f.copied <= edges); /* only what an edge cut */
        weir_buf_fini(&f.got);
    }
    weir_buf_fini(&input);
    weir_buf_fini(&expected);
}

/* Together ------------------------------------------------------------------------------------ */

#define MOST_TOGETHER 40

/* One line, and those behind it that lie in the chunk; some may be taken back. What is left of them
   is looked at when all were given out. */
static enum frame_result
take_together(struct framing *f, bool take_back)
{
    weir_span lines[MOST_TOGETHER];
    size_t avail[MOST_TOGETHER], n = 1, most = 1 + draw(MOST_TOGETHER);
    uint64_t before = f->frame.lines;
    enum frame_result r = frame_next(&f->frame, &lines[0], &avail[0]);

    if (r != FRAME_LINE)
        return r;
    while (n < most && frame_next_here(&f->frame, &lines[n], &avail[n]))
        n++;
    assert_int_equal(f->frame.lines, before + n);
    size_t kept = take_back ? 1 + draw(n) : n;
    if (kept < n)
        frame_take_back(&f->frame, lines[kept].p, n - kept);
    assert_int_equal(f->frame.lines, before + kept);
    for (size_t i = 0; i < kept; i++)
        take(f, lines[i], avail[i]);
    return r;
}

/* Lines of all lengths from 0 on, some longer than is kept. */
static void
draw_lines(weir_buf *input, weir_buf *expected)
{
    input->len = expected->len = 0;
    for (unsigned n = draw(60); n; n--) {
        unsigned len = draw(3) ? draw(4) : draw(15);

        for (unsigned i = 0; i < len; i++) {
            char c = (char)('a' + draw(26));
            weir_buf_putc(input, c);
            if (i < MAX_LINE + 5)
                weir_buf_putc(expected, c);
        }
        if (n > 1 || len == 0 || draw(2))
            weir_buf_putc(input, '\n');
        weir_buf_putc(expected, '|');
    }
}

static void
check_together(const weir_buf *input, const weir_buf *expected, bool take_back)
{
    size_t at = 0, most = draw(2) ? 10 : 300;
    struct framing f;

    begin(&f, MAX_LINE);
    for (size_t len; at < input->len; at += len) {
        len = 1 + draw(most);
        len = len < input->len - at ? len : input->len - at;
        put_chunk(&f, input->p + at, len);
        while (take_together(&f, take_back) == FRAME_LINE)
            ;
        assert_false(frame_has_more(&f.frame));
    }
    uint64_t lines = end(&f);
    if (f.got.len != expected->len || (f.got.len && memcmp(f.got.p, expected->p, f.got.len) != 0))
        fail_msg("the lines are %.*s, not %.*s", SPAN_FMT(f.got), SPAN_FMT(*expected));
    assert_int_equal(lines, count((weir_span){expected->p, expected->len}, '|'));
    weir_buf_fini(&f.got);
}

static void
many_checks_together(bool take_back)
{
    weir_buf input = {0}, expected = {0};

    assert_non_null(weir_buf_reserve(&input, 1));
    assert_non_null(weir_buf_reserve(&expected, 1));
    for (int i = getenv("WEIR_TEST_NO_JIT") ? 50 : 2000; i; i--) {
        draw_lines(&input, &expected);
        check_together(&input, &expected, take_back);
    }
    weir_buf_fini(&input);
    weir_buf_fini(&expected);
}

static void
lines_that_lie_in_the_chunk_stay_good_together(void **state)
{
    (void)state;
    many_checks_together(false);
}

static void
lines_taken_back_come_again(void **state)
{
    (void)state;
    many_checks_together(true);
}

static void
assert_not_here(struct framing *f)
{
    uint64_t lines = f->frame.lines;
    size_t left = frame_bytes_left(&f->frame), avail;
    weir_span line;

    assert_false(frame_next_here(&f->frame, &line, &avail));
    assert_int_equal(f->frame.lines, lines);
    assert_int_equal(frame_bytes_left(&f->frame), left);
}

static void
only_lines_whole_in_the_chunk_come_together(void **state)
{
    struct framing f;
    weir_span line;
    size_t avail;

    (void)state;
    begin(&f, 0);
    assert_not_here(&f); /* nothing is there yet */
    put_chunk(&f, "a\nbc", 4);
    assert_int_equal(frame_next(&f.frame, &line, &avail), FRAME_LINE);
    take(&f, line, avail);
    assert_not_here(&f); /* no newline ends it */
    assert_int_equal(frame_next(&f.frame, &line, &avail), FRAME_MORE);
    assert_not_here(&f);
    put_chunk(&f, "d\ne\nf\n", 6);
    assert_not_here(&f); /* the edge has cut it */
    assert_int_equal(frame_next(&f.frame, &line, &avail), FRAME_LINE);
    take(&f, line, avail);
    assert_not_here(&f); /* the one before does not lie in the chunk */
    assert_int_equal(frame_next(&f.frame, &line, &avail), FRAME_LINE);
    take(&f, line, avail);
    assert_true(frame_next_here(&f.frame, &line, &avail));
    take(&f, line, avail);
    assert_not_here(&f); /* the chunk is used up */
    assert_int_equal(end(&f), 4);
    assert_int_equal(f.got.len, 10);
    assert_memory_equal(f.got.p, "a|bcd|e|f|", 10);
    weir_buf_fini(&f.got);
}

/* A line of 64 MiB costs what is kept of it, and nothing once it is gone. */
static void
memory_is_bounded(void **state)
{
    static const char *const then[] = {"\nx\n", "\n"};
    const size_t kept = ((size_t)1 << 20) + 5;
    char *in = malloc(FRAME_MEMORY);
    weir_span line;
    size_t avail;

    (void)state;
    assert_non_null(in);
    for (size_t t = 0; t < sizeof then / sizeof *then; t++) {
        struct frame f;

        frame_init(&f, 0);
        memset(in, 'y', FRAME_MEMORY);
        for (int i = 0; i < 256; i++) {
            frame_feed(&f, in, FRAME_CHUNK);
            assert_int_equal(frame_next(&f, &line, &avail), FRAME_MORE);
            assert_true(f.cut.cap <= 2 * kept);
        }
        memcpy(in, then[t], strlen(then[t]));
        frame_feed(&f, in, strlen(then[t]));
        assert_int_equal(frame_next(&f, &line, &avail), FRAME_LINE);
        assert_int_equal(line.len, kept);
        assert_int_equal(f.lines, 1);
        (void)frame_next(&f, &line, &avail);
        assert_true(f.cut.cap <= 16 * 1024);
        frame_fini(&f);
    }
    free(in);
}

/* What the reader makes of a line. */
static void
read_line(weir_reader *r, weir_span line, size_t avail, char said[64])
{
    const weir_item *items;
    size_t n;

    assert_int_equal(weir_reader_read(r, line, avail, &items, &n), WEIR_OK);
    assert_int_equal(n, 1);
    if (items[0].kind == WEIR_ITEM_ERROR)
        (void)snprintf(said, 64, "%s at %zu", weir_read_error_name(items[0].error),
                       items[0].offset);
    else
        (void)snprintf(said, 64, "a post");
}

/* The same of a line that a chunk's edge cuts. */
static void
read_cut_line(weir_reader *r, weir_span line, size_t cut, size_t max_line, char said[64])
{
    char first[64 + WEIR_LINE_PADDING] = {0}, second[64 + WEIR_LINE_PADDING] = {0};
    struct frame f;
    weir_span given;
    size_t avail;

    memcpy(first, line.p, cut);
    memcpy(second, line.p + cut, line.len - cut);
    second[line.len - cut] = '\n';
    frame_init(&f, max_line);
    frame_feed(&f, first, cut);
    assert_int_equal(frame_next(&f, &given, &avail), FRAME_MORE);
    frame_feed(&f, second, line.len - cut + 1);
    assert_int_equal(frame_next(&f, &given, &avail), FRAME_LINE);
    read_line(r, given, avail, said);
    frame_fini(&f);
}

/* Of a line around the reader's limit enough is kept for the reader to say the same. */
static void
the_reader_sees_no_difference(void **state)
{
#define POST "{\"id\":10,\"author\":\"abc\"}"
    static const char *const before[] = {"", BOM, BOM BOM};
    static const char *const behind[] = {"", " ", "  ", "   ", "    ", "     ", "      "};
    static const char *const ends[] = {"", "\r", "\r\r"};
    weir_reader_options o = {.max_line = sizeof POST - 1};
    char text[64], whole[64], framed[64];
    weir_reader *r;

    (void)state;
    assert_int_equal(weir_reader_new(&o, &r), WEIR_OK);
    for (size_t i = 0; i < 3 * 7 * 3; i++) {
        int len = snprintf(text, sizeof text, "%s" POST "%s%s", before[i % 3], behind[i / 3 % 7],
                           ends[i / 21]);
        weir_span line = {text, (size_t)len};

        read_line(r, line, line.len, whole);
        for (size_t cut = 0; cut <= line.len; cut++) {
            read_cut_line(r, line, cut, o.max_line, framed);
            if (strcmp(framed, whole) != 0)
                fail_msg("%s, cut at %zu: %s, not %s", text, cut, framed, whole);
        }
    }
    weir_reader_free(r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cut),
        cmocka_unit_test(what_is_left),
        cmocka_unit_test(a_nul_is_a_byte),
        cmocka_unit_test(real_chunks),
        cmocka_unit_test(lines_that_lie_in_the_chunk_stay_good_together),
        cmocka_unit_test(lines_taken_back_come_again),
        cmocka_unit_test(only_lines_whole_in_the_chunk_come_together),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(the_reader_sees_no_difference),
    };

    draw_from_seed();
    return cmocka_run_group_tests_name("flow/frame", tests, NULL, NULL);
}

/*
 * replay/portions: every line once, in order, wherever feeds are cut, by ranges and as a stream;
 * and going on behind any portion gives the rest.
 */
#include "unit/test.h"

#include "unit/draw.h"
#include "unit/folder.h"

#include "flow/frame.h"
#include "replay/portions.h"

#include <pthread.h>
#include <sys/stat.h>

/* What lines are written down as: their lengths, and a byte of each end, so that megabytes of them
   can be compared. */
struct lines {
    weir_buf text;
    uint64_t n;
};

static void
write_down(struct lines *l, weir_span line)
{
    char first = line.len ? line.p[0] : '-', last = line.len ? line.p[line.len - 1] : '-';

    weir_buf_printf(&l->text, "%zu%c%c ", line.len, first, last);
    l->n++;
}

/* All lines of some bytes, by what frames them for sockets. */
static void
frame_all(struct lines *l, const char *p, size_t len, size_t max_line)
{
    struct frame f;
    weir_span line;
    size_t avail;
    char *padded = calloc(1, len + WEIR_LINE_PADDING);

    assert_non_null(padded);
    if (len)
        memcpy(padded, p, len);
    frame_init(&f, max_line);
    frame_feed(&f, padded, len);
    while (frame_next(&f, &line, &avail) == FRAME_LINE)
        write_down(l, line);
    if (frame_end(&f, &line, &avail) == FRAME_LINE)
        write_down(l, line);
    frame_fini(&f);
    free(padded);
}

static size_t
draw_length(void)
{
    static const size_t mosts[] = {1, 2, 80, 5000, 5000, 5000, PORTION_SIZE, 2 * PORTION_SIZE + 3};

    return draw(DRAW_ONE(mosts));
}

/* A feed; now and then with lines that begin or end where a range does. */
static void
make_feed(weir_buf *out)
{
    size_t wanted = draw(5 * PORTION_SIZE);

    out->len = 0;
    while (out->len < wanted) {
        size_t len = draw_length(), behind = PORTION_SIZE - out->len % PORTION_SIZE;
        if (draw(4) == 0 && behind > 2)
            len = behind - draw(3);
        for (size_t i = 0; i < len; i++)
            weir_buf_putc(out, (char)('a' + draw(26)));
        if (draw(9) == 0)
            weir_buf_putc(out, '\r');
        weir_buf_putc(out, '\n');
    }
    if (out->len && draw(2))
        out->len -= 1 + draw(out->len < 10 ? out->len : 10);
}

struct path {
    char name[64];
};

static struct path
write_feed(const char *name, const weir_buf *feed)
{
    struct path path;
    FILE *f;

    (void)snprintf(path.name, sizeof path.name, "%s/%s", folder, name);
    f = fopen(path.name, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(feed->p ? feed->p : "", 1, feed->len, f), feed->len);
    assert_int_equal(fclose(f), 0);
    return path;
}

struct where {
    size_t feed;
    uint64_t upto;
    size_t text; /* length of what was written down by then */
};

/* The lines of all portions, and where each of them ended. */
static size_t
read_portions(const struct portions_options *o, struct lines *l, struct where *ends, size_t most)
{
    struct portions *p = portions_new(o);
    struct portion portion = {.number = 0};
    enum portions_result r;
    size_t n = 0;

    assert_non_null(p);
    while ((r = portions_next(p, &portion)) == PORTIONS_GOT) {
        assert_int_equal(portion.number, n);
        assert_false(portion.fault);
        for (size_t i = 0; portion.bytes.p && i < WEIR_LINE_PADDING; i++)
            assert_int_equal(portion.bytes.p[portion.bytes.len + i], 0);
        frame_all(l, portion.bytes.p, portion.bytes.len, o->max_line);
        assert_true(n < most);
        ends[n++] = (struct where){portion.feed, portion.upto, l->text.len};
        portions_done(p, &portion);
    }
    assert_int_equal(r, PORTIONS_END);
    assert_int_equal(portions_next(p, &portion), PORTIONS_END);
    portion_fini(&portion);
    portions_free(p);
    return n;
}

#define ENDS ((size_t)200)

static void
expect(const weir_buf *text, size_t from, const struct lines *got)
{
    assert_int_equal(got->text.len, text->len - from);
    if (got->text.len)
        assert_memory_equal(got->text.p, text->p + from, got->text.len);
}

/* A pipe that is written to in pieces. */
struct writing {
    struct path path;
    const weir_buf *feed;
};

static void *
write_pieces(void *arg)
{
    const struct writing *w = arg;
    FILE *f = fopen(w->path.name, "wb");
    size_t done = 0;

    setvbuf(f, NULL, _IONBF, 0);
    while (f && done < w->feed->len) {
        size_t piece = 1 + (w->feed->len - done) / 3;

        if (fwrite(w->feed->p + done, 1, piece, f) != piece)
            break;
        done += piece;
    }
    if (f)
        (void)fclose(f);
    return NULL;
}

static void
read_pipe(const weir_buf *feed, size_t max_line, bool fill, struct lines *got)
{
    struct writing w = {.feed = feed};
    const char *paths[1] = {w.path.name};
    struct where ends[ENDS * 10];
    pthread_t thread;

    (void)snprintf(w.path.name, sizeof w.path.name, "%s/pipe", folder);
    assert_int_equal(mkfifo(w.path.name, 0600), 0);
    assert_int_equal(pthread_create(&thread, NULL, write_pieces, &w), 0);
    struct portions_options o = {.paths = paths, .npaths = 1, .max_line = max_line, .fill = fill};
    (void)read_portions(&o, got, ends, ENDS * 10);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(unlink(w.path.name), 0);
}

static void
feeds_are_cut_into_lines(void **state)
{
    static const size_t limits[] = {1, 100, 4000, PORTION_SIZE - 5, PORTION_SIZE + 7, 0};
    weir_buf feeds[2] = {{0}, {0}};

    (void)state;
    for (int round = 0; round < 60; round++) {
        struct lines want = {.n = 0}, got = {.n = 0}, rest = {.n = 0}, piped = {.n = 0};
        struct where ends[ENDS], more[ENDS];
        size_t max_line = DRAW_ONE(limits), first_len;

        make_feed(&feeds[0]);
        make_feed(&feeds[1]);
        struct path a = write_feed("a", &feeds[0]), b = write_feed("b", &feeds[1]);
        const char *paths[] = {a.name, b.name};
        struct portions_options o = {.paths = paths, .npaths = 2, .max_line = max_line};
        frame_all(&want, feeds[0].p, feeds[0].len, max_line);
        first_len = want.text.len;
        frame_all(&want, feeds[1].p, feeds[1].len, max_line);
        size_t n = read_portions(&o, &got, ends, ENDS);
        expect(&want.text, 0, &got);
        assert_int_equal(got.n, want.n);
        const struct where *end = &ends[draw(n)];
        o.first = end->feed;
        o.from = end->upto;
        (void)read_portions(&o, &rest, more, ENDS);
        expect(&want.text, end->text, &rest);
        read_pipe(&feeds[0], max_line, draw(2), &piped);
        want.text.len = first_len;
        expect(&want.text, 0, &piped);
        weir_buf_fini(&want.text);
        weir_buf_fini(&got.text);
        weir_buf_fini(&rest.text);
        weir_buf_fini(&piped.text);
    }
    weir_buf_fini(&feeds[0]);
    weir_buf_fini(&feeds[1]);
}

static void
a_feed_that_is_missing_is_a_fault_in_its_place(void **state)
{
    weir_buf feed = {0};
    struct portion p = {.number = 0};

    (void)state;
    weir_buf_puts(&feed, "a\nb\n");
    struct path a = write_feed("a", &feed);
    const char *paths[] = {a.name, "/nowhere/at/all", a.name};
    struct portions_options o = {.paths = paths, .npaths = 3};
    struct portions *all = portions_new(&o);
    assert_int_equal(portions_next(all, &p), PORTIONS_GOT);
    assert_int_equal(p.bytes.len, 4);
    assert_true(p.begins && p.ends && !p.fault);
    portions_done(all, &p);
    assert_int_equal(portions_next(all, &p), PORTIONS_GOT);
    assert_true(p.fault && p.feed == 1 && p.bytes.len == 0);
    weir_buf_putc(&p.note, '\0');
    assert_non_null(strstr(p.note.p, "/nowhere/at/all: No such file"));
    portions_done(all, &p);
    assert_int_equal(portions_next(all, &p), PORTIONS_END);
    portion_fini(&p);
    portions_free(all);
    weir_buf_fini(&feed);
}

static void
nothing_is_given_out_after_a_stop(void **state)
{
    weir_buf feed = {0};
    struct portion p = {.number = 0};

    (void)state;
    for (int i = 0; i < 100000; i++)
        weir_buf_puts(&feed, "0123456789\n");
    struct path a = write_feed("a", &feed);
    const char *paths[] = {a.name};
    struct portions_options o = {.paths = paths, .npaths = 1};
    struct portions *all = portions_new(&o);
    assert_int_equal(portions_next(all, &p), PORTIONS_GOT);
    portions_stop(all);
    portions_done(all, &p);
    assert_int_equal(portions_next(all, &p), PORTIONS_STOPPED);
    portion_fini(&p);
    portions_free(all);
    weir_buf_fini(&feed);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(feeds_are_cut_into_lines),
        cmocka_unit_test(a_feed_that_is_missing_is_a_fault_in_its_place),
        cmocka_unit_test(nothing_is_given_out_after_a_stop),
    };

    draw_from_seed();
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

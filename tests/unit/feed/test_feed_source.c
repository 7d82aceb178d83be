/*
 * feed/source on packed feeds: the same bytes whatever they are packed in and however they are
 * read; of what is damaged or cut off all that was whole, and then the place.
 */
#include "unit/feed/packed.h"

#include "feed/codec.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>

static const struct source_options defaults;
static const enum sink_packing packings[] = {SINK_PLAIN, SINK_GZIP, SINK_ZSTD};
#define NPACKINGS (sizeof packings / sizeof *packings)

/* Lines that pack, but not to nothing. */
static void
make_feed(size_t nlines, weir_buf *out)
{
    for (size_t i = 0; i < nlines; i++)
        weir_buf_printf(out, "{\"id\":\"%u\",\"author\":\"@a%u\",\"hashtags\":[\"t%u\"]}\n",
                        draw(1u << 30), draw(100), draw(10));
}

/* In members or frames of up to so many bytes. */
static void
pack_in_parts(enum sink_packing packing, const weir_buf *feed, size_t most, weir_buf *out)
{
    for (size_t at = 0; at < feed->len;) {
        size_t n = 1 + draw(most);

        n = n < feed->len - at ? n : feed->len - at;
        pack_more(packing, feed->p + at, n, out);
        at += n;
    }
}

static void
packed_feeds_read_as_they_were(void **state)
{
    static const size_t parts[] = {100, 5000, 1000000}, reads[] = {1, 777, 300000};
    weir_buf feed = {0};

    (void)state;
    make_feed(8000, &feed);
    for (size_t k = 0; k < NPACKINGS; k++)
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
            weir_buf packed = {0};
            struct got g;

            pack_in_parts(packings[k], &feed, parts[i], &packed);
            read_source(write_file("feed", packed.p, packed.len), &defaults, reads[draw(3)], &g);
            assert_true(g.good);
            assert_text(&g.out, feed.p, feed.len);
            got_fini(&g);
            weir_buf_fini(&packed);
        }
    weir_buf_fini(&feed);
}

static void
what_it_is_is_told_by_its_bytes(void **state)
{
    static const char *const names[] = {"plain", "gzip", "zstd"};
    weir_buf why = {0};

    (void)state;
    for (size_t k = 0; k < NPACKINGS; k++) {
        weir_buf packed = {0};
        uint64_t done, known, from, to;
        char bytes[8];
        int fd;

        pack_more(packings[k], "{}\n", 3, &packed);
        struct source *s =
            source_open(write_file("misnamed.gz", packed.p, packed.len), &defaults, &why);
        assert_string_equal(source_packing(s), names[k]);
        assert_int_equal(source_kind(s), SOURCE_LINES);
        assert_false(source_waits(s));
        assert_null(source_note(s));
        assert_int_equal(source_ranges(s, &fd, &from, &to), packings[k] == SINK_PLAIN);
        if (packings[k] == SINK_PLAIN) {
            assert_true(from == 0 && to == 3);
            assert_int_equal(pread(fd, bytes, 3, 0), 3);
            assert_memory_equal(bytes, "{}\n", 3);
        }
        assert_int_equal(source_read(s, bytes, sizeof bytes), 3);
        assert_int_equal(source_read(s, bytes, sizeof bytes), SOURCE_END);
        source_progress(s, &done, &known);
        assert_true(done == packed.len && known == packed.len);
        source_close(s);
        weir_buf_fini(&packed);
    }
    assert_int_equal(why.len, 0);
}

/* Few bytes are not taken for what they only begin as. */
static void
tiny_feeds_are_plain(void **state)
{
    static const char *const feeds[] = {"",
                                        "\n",
                                        "\x1F",
                                        "(",
                                        "\x28\xB5\x2F",
                                        "\x50\x2A",
                                        "B",
                                        "P",
                                        "PK",
                                        "\xFD"
                                        "7zX",
                                        "\xEF\xBB",
                                        "\xEF\xBB\xBF",
                                        "\xEF\xBB\xBF{}\n",
                                        " \n\n",
                                        "w",
                                        "window.Y"};

    (void)state;
    for (size_t i = 0; i < sizeof feeds / sizeof *feeds; i++) {
        struct got g;

        read_source(write_text("tiny", feeds[i]), &defaults, 10, &g);
        assert_true(g.good);
        assert_text(&g.out, feeds[i], strlen(feeds[i]));
        got_fini(&g);
    }
}

static void
other_packings_are_refused_by_name(void **state)
{
    static const struct {
        const char *begin, *said;
    } rows[] = {{"\xFD"
                 "7zXZ",
                 "is compressed; unpack it first: xzcat "},
                {"BZh91AY", "is compressed; unpack it first: bzcat "},
                {"PK\x03\x04", "is a zip archive; unpack it first"}};
    struct source_options o = {.command = "posts"};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_buf why = {0};
        struct got g;

        read_source(write_text("packed", rows[i].begin), &o, 10, &g);
        assert_false(g.opened);
        assert_non_null(strstr(g.why.p, rows[i].said));
        assert_non_null(strstr(g.why.p, folder));
        assert_true(i == 2 || strstr(g.why.p, "| tagweir posts … -"));
        assert_false(source_check(path_of("packed"), &o, &why));
        assert_int_equal(why.len + 1, g.why.len);
        weir_buf_fini(&why);
        got_fini(&g);
    }
}

static void
what_cannot_be_opened_is_said(void **state)
{
    weir_buf why = {0};

    (void)state;
    assert_null(source_open(path_of("none"), &defaults, &why));
    assert_null(source_open(folder, &defaults, &why));
    weir_buf_putc(&why, '\0');
    assert_non_null(strstr(why.p, "none: No such file or directory"));
    assert_non_null(strstr(why.p, ": Is a directory"));
    weir_buf_fini(&why);
}

/* ---- damage ---- */

/* Where the packed feed is cut, so that what is left is a feed of its own. */
struct edges {
    size_t at[8], n;
    size_t unpacked[8];
};

static void
pack_three(enum sink_packing packing, const weir_buf *feed, weir_buf *out, struct edges *edges)
{
    size_t third = feed->len / 3;

    *edges = (struct edges){.n = 1};
    for (size_t i = 0; i < 3; i++) {
        size_t n = i == 2 ? feed->len - 2 * third : third;

        pack_more(packing, feed->p + i * third, n, out);
        edges->at[edges->n] = out->len;
        edges->unpacked[edges->n] = edges->unpacked[edges->n - 1] + n;
        edges->n++;
    }
}

static void
check_cut(const weir_buf *feed, const weir_buf *packed, const struct edges *edges, size_t n)
{
    size_t whole = 0;
    struct got g;

    read_source(write_file("cut", packed->p, n), &defaults, 4000, &g);
    assert_true(g.opened);
    for (size_t i = 0; i < edges->n; i++)
        if (edges->at[i] <= n)
            whole = i;
    assert_true(g.out.len >= edges->unpacked[whole]);
    assert_text(&g.out, feed->p, g.out.len);
    if (edges->at[whole] == n) {
        assert_true(g.good && g.out.len == edges->unpacked[whole]);
    } else {
        char said[100];

        assert_false(g.good);
        (void)snprintf(
            said, sizeof said,
            "/cut: cut off at byte %zu of the compressed file; %zu bytes were unpacked before", n,
            g.out.len);
        if (!strstr(g.why.p, said))
            fail_msg("expected \"%s\", got \"%s\"", said, g.why.p);
    }
    got_fini(&g);
}

static void
cut_anywhere_gives_what_was_whole_and_then_a_fault(void **state)
{
    weir_buf feed = {0};

    (void)state;
    make_feed(60, &feed);
    for (size_t k = 1; k < NPACKINGS; k++) {
        weir_buf packed = {0};
        struct edges edges;

        pack_three(packings[k], &feed, &packed, &edges);
        for (size_t n = 4; n <= packed.len; n++)
            check_cut(&feed, &packed, &edges, n);
        weir_buf_fini(&packed);
    }
    weir_buf_fini(&feed);
}

static void
a_flipped_bit_is_found_or_changes_nothing(void **state)
{
    weir_buf feed = {0};

    (void)state;
    make_feed(40, &feed);
    for (size_t k = 1; k < NPACKINGS; k++) {
        weir_buf packed = {0};
        struct edges edges;
        size_t found = 0;

        pack_three(packings[k], &feed, &packed, &edges);
        for (size_t i = 4; i < packed.len; i++) { /* the first four tell what it is */
            char bit = (char)(1 << draw(8));
            struct got g;

            packed.p[i] ^= bit;
            read_source(write_file("flipped", packed.p, packed.len), &defaults, 4000, &g);
            packed.p[i] ^= bit;
            assert_true(g.opened);
            if (g.good)
                assert_text(&g.out, feed.p, feed.len);
            found += !g.good;
            got_fini(&g);
        }
        assert_true(found > packed.len * 9 / 10);
        weir_buf_fini(&packed);
    }
    weir_buf_fini(&feed);
}

static void
garbage_anywhere_is_no_crash(void **state)
{
    (void)state;
    for (int i = 0; i < 2000; i++) {
        static const char *const begins[] = {"\x1F\x8B\x08\0", "\x28\xB5\x2F\xFD",
                                             "\x50\x2A\x4D\x18", "[",
                                             "window.YTD.tweets.part0 = ["};
        const char *begin = DRAW_ONE(begins);
        char text[200];
        size_t n = (*begin == '\x1F' ? 4 : strlen(begin)), len = n + draw(sizeof text - n);
        struct source_options o = {.owner_handle = "o", .max_line = 1 + draw(50)};
        struct got g;

        memcpy(text, begin, n);
        for (size_t k = n; k < len; k++)
            text[k] = draw(2) ? (char)draw(256) : "{}[],\"\\:\n tweetuser"[draw(19)];
        read_source(write_file("garbage", text, len), &o, 1 + draw(300), &g);
        assert_true(g.opened);
        got_fini(&g);
    }
}

static void
what_is_behind_a_member_is_no_secret(void **state)
{
    static const struct {
        enum sink_packing packing;
        const char *tail;
        size_t n;
        const char *said; /* NULL: it is dropped */
    } rows[] = {
        {SINK_GZIP, "\0\0\0\0\0\0\0\0\0", 9, NULL},
        {SINK_GZIP, "garbage", 7, "what follows the last member is no gzip"},
        {SINK_GZIP, "\0\0\0x", 4, "what follows the last member is no gzip"},
        {SINK_GZIP, "\x1Fx", 2, "incorrect header check"},
        {SINK_GZIP, "\x1F", 1, "cut off at byte"},
        {SINK_ZSTD, "\x52\x2A\x4D\x18\3\0\0\0abc", 11, NULL},
        {SINK_ZSTD, "\0\0\0\0", 4, "Unknown frame descriptor"},
        {SINK_ZSTD, "garbage", 7, "Unknown frame descriptor"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_buf packed = {0};
        struct got g;

        pack_more(rows[i].packing, "{}\n", 3, &packed);
        weir_buf_put(&packed, (weir_span){rows[i].tail, rows[i].n});
        read_source(write_file("tail", packed.p, packed.len), &defaults, 100, &g);
        assert_text(&g.out, "{}\n", 3);
        if (g.good != !rows[i].said || (rows[i].said && !strstr(g.why.p, rows[i].said)))
            fail_msg("expected \"%s\", got \"%s\"", rows[i].said ? rows[i].said : "", g.why.p);
        got_fini(&g);
        weir_buf_fini(&packed);
    }
}

/* A frame of one raw block, `{}\n`, that says how far it looks back. */
static void
absurd_windows_are_refused(void **state)
{
    char frame[] = "\x28\xB5\x2F\xFD\0\0\x19\0\0{}\n";
    struct got g;

    (void)state;
    frame[5] = (char)((CODEC_WINDOW_LOG - 10) << 3);
    read_source(write_file("wide", frame, sizeof frame - 1), &defaults, 100, &g);
    assert_true(g.good);
    assert_text(&g.out, "{}\n", 3);
    got_fini(&g);
    frame[5] = (char)((CODEC_WINDOW_LOG - 9) << 3);
    read_source(write_file("wide", frame, sizeof frame - 1), &defaults, 100, &g);
    assert_false(g.good);
    assert_non_null(strstr(g.why.p, "needs more than 128 MiB of memory to unpack"));
    got_fini(&g);
}

/* ---- pipes ---- */

struct writer {
    int fd;
    const weir_buf *bytes;
};

static void *
write_slowly(void *arg)
{
    const struct writer *w = arg;

    for (size_t at = 0; at < w->bytes->len;) {
        size_t n = 1 + (at * 7919) % 4000;

        n = n < w->bytes->len - at ? n : w->bytes->len - at;
        ssize_t got = write(w->fd, w->bytes->p + at, n);
        if (got < 0)
            break;
        at += (size_t)got;
    }
    (void)close(w->fd);
    return NULL;
}

/* With standard input in the place of a pipe's end. */
static int
stand_in(int fd)
{
    int kept = dup(STDIN_FILENO);

    assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    (void)close(fd);
    return kept;
}

static void
put_back(int kept)
{
    (void)dup2(kept, STDIN_FILENO);
    (void)close(kept);
}

static void
pipes_read_as_files_do(void **state)
{
    weir_buf feed = {0};

    (void)state;
    make_feed(5000, &feed);
    for (size_t k = 0; k < NPACKINGS; k++) {
        weir_buf packed = {0};
        int ends[2];
        pthread_t thread;
        struct got g;

        pack_in_parts(packings[k], &feed, 50000, &packed);
        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        struct writer w = {ends[1], &packed};
        assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0); /* as some shells leave it */
        int kept = stand_in(ends[0]);
        assert_int_equal(pthread_create(&thread, NULL, write_slowly, &w), 0);
        read_source("-", &defaults, 20000, &g);
        (void)pthread_join(thread, NULL);
        put_back(kept);
        assert_true(g.good);
        assert_text(&g.out, feed.p, feed.len);
        got_fini(&g);
        weir_buf_fini(&packed);
    }
    weir_buf_fini(&feed);
}

/* What is there of a pipe is handed on before there is more. */
static void
nothing_waits_for_more_than_it_needs(void **state)
{
    weir_buf why = {0};
    char bytes[100];
    int ends[2];

    (void)state;
    for (size_t k = 0; k < NPACKINGS; k++) {
        weir_buf packed = {0};
        uint64_t done, known;

        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        int kept = stand_in(ends[0]);
        pack_more(packings[k], "{}\n", 3, &packed);
        assert_int_equal(write(ends[1], packed.p, packed.len), (ssize_t)packed.len);
        struct source *s = source_open("-", &defaults, &why);
        assert_true(source_waits(s));
        assert_int_equal(source_read(s, bytes, sizeof bytes), 3);
        source_progress(s, &done, &known);
        assert_true(done == packed.len && known == 0);
        assert_int_equal(write(ends[1], packed.p, packed.len), (ssize_t)packed.len);
        assert_int_equal(source_read(s, bytes, sizeof bytes), 3);
        (void)close(ends[1]);
        assert_int_equal(source_read(s, bytes, sizeof bytes), SOURCE_END);
        source_close(s);
        put_back(kept);
        weir_buf_fini(&packed);
    }
}

static void
a_descriptor_ends_the_waiting(void **state)
{
    weir_buf why = {0};
    char bytes[100];
    int ends[2], stop[2];

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(pipe2(stop, O_CLOEXEC), 0);
    int kept = stand_in(ends[0]);
    struct source_options o = {.stop_fd = stop[0]};
    assert_int_equal(write(ends[1], "{}\n", 3), 3);
    struct source *s = source_open("-", &o, &why);
    assert_int_equal(source_read(s, bytes, sizeof bytes), 3);
    assert_int_equal(write(stop[1], "x", 1), 1);
    assert_int_equal(source_read(s, bytes, sizeof bytes), SOURCE_STOPPED);
    assert_null(source_fault(s));
    assert_null(source_open("-", &o, &why));
    assert_int_equal(why.len, 0);
    assert_int_equal(read(stop[0], bytes, 1), 1);
    assert_int_equal(write(ends[1], "[]\n", 3), 3);
    assert_int_equal(source_read(s, bytes, sizeof bytes), 3);
    source_close(s);
    put_back(kept);
    (void)close(ends[1]);
    (void)close(stop[0]);
    (void)close(stop[1]);
}

static void
nothing(int signal)
{
    (void)signal;
}

static void *
interrupt_then_write(void *arg)
{
    const struct writer *w = arg;
    pthread_t reader;

    memcpy(&reader, w->bytes->p, sizeof reader);
    for (int i = 0; i < 20; i++) {
        (void)poll(NULL, 0, 2);
        (void)pthread_kill(reader, SIGUSR1);
    }
    assert_int_equal(write(w->fd, "{}\n", 3), 3);
    (void)close(w->fd);
    return NULL;
}

static void
signals_do_not_end_reading(void **state)
{
    struct sigaction action = {.sa_handler = nothing}, before; /* without SA_RESTART */
    pthread_t self = pthread_self(), thread;
    weir_buf own = {.p = (char *)&self, .len = sizeof self};
    int ends[2];
    struct got g;

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
    struct writer w = {ends[1], &own};
    int kept = stand_in(ends[0]);
    assert_int_equal(pthread_create(&thread, NULL, interrupt_then_write, &w), 0);
    read_source("-", &defaults, 100, &g);
    (void)pthread_join(thread, NULL);
    put_back(kept);
    (void)sigaction(SIGUSR1, &before, NULL);
    assert_true(g.good);
    assert_text(&g.out, "{}\n", 3);
    got_fini(&g);
}

/* A shell may have read of a file before. */
static void
standard_input_is_read_from_where_it_stands(void **state)
{
    uint64_t from, to, done, known;
    weir_buf why = {0};
    int fd;

    (void)state;
    fd = open(write_text("stdin", "first\n{}\n"), O_RDONLY | O_CLOEXEC);
    assert_int_equal(lseek(fd, 6, SEEK_SET), 6);
    int kept = stand_in(fd);
    struct source *s = source_open("-", &defaults, &why);
    assert_true(source_ranges(s, &fd, &from, &to));
    assert_true(from == 6 && to == 9);
    struct got g = {.opened = true};
    read_whole(s, 10, &g);
    source_progress(s, &done, &known);
    assert_true(done == 3 && known == 3);
    source_close(s);
    put_back(kept);
    assert_text(&g.out, "{}\n", 3);
    got_fini(&g);
}

static void
a_failing_disk_is_said(void **state)
{
    weir_buf why = {0};
    char byte;

    (void)state;
    /* One's own memory is a file that has nothing at its beginning. */
    struct source *s = source_open("/proc/self/mem", &defaults, &why);
    assert_non_null(s);
    assert_int_equal(source_read(s, &byte, 1), SOURCE_FAULT);
    assert_string_equal(source_fault(s),
                        "/proc/self/mem: Input/output error, at byte 0 of the file");
    source_close(s);
}

static int
begin(void **state)
{
    draw_from_seed();
    return make_folder(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_feeds_read_as_they_were),
        cmocka_unit_test(what_it_is_is_told_by_its_bytes),
        cmocka_unit_test(tiny_feeds_are_plain),
        cmocka_unit_test(other_packings_are_refused_by_name),
        cmocka_unit_test(what_cannot_be_opened_is_said),
        cmocka_unit_test(cut_anywhere_gives_what_was_whole_and_then_a_fault),
        cmocka_unit_test(a_flipped_bit_is_found_or_changes_nothing),
        cmocka_unit_test(garbage_anywhere_is_no_crash),
        cmocka_unit_test(what_is_behind_a_member_is_no_secret),
        cmocka_unit_test(absurd_windows_are_refused),
        cmocka_unit_test(pipes_read_as_files_do),
        cmocka_unit_test(nothing_waits_for_more_than_it_needs),
        cmocka_unit_test(a_descriptor_ends_the_waiting),
        cmocka_unit_test(signals_do_not_end_reading),
        cmocka_unit_test(standard_input_is_read_from_where_it_stands),
        cmocka_unit_test(a_failing_disk_is_said),
    };

    return cmocka_run_group_tests(tests, begin, remove_folder);
}

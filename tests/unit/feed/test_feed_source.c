/*
 * feed/source on packed feeds: the same bytes whatever they are packed in and however they are
 * read; of what is damaged or cut off all that was whole, and then the place.
 */
#include "unit/feed/packed.h"

#include "feed/codec.h"

static const struct source_options defaults;
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
    static const char *const feeds[] = {
        "",  "\n",      "\x1F",       "(",        "\x28\xB5\x2F", "\x50\x2A",         "B",
        "P", "PK",      "\xFD\x37zX", "\xEF\xBB", "\xEF\xBB\xBF", "\xEF\xBB\xBF{}\n", " \n\n",
        "w", "window.Y"};

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
        struct source_told told;

        assert_false(source_check(path_of("packed"), &o, &told, &why));
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

static size_t
lines_in(const char *p, size_t n)
{
    size_t lines = 0;

    for (size_t i = 0; i < n; i++)
        lines += p[i] == '\n';
    return lines;
}

/* Bytes that hold so many lines. */
static size_t
upto_line(const weir_buf *b, size_t lines)
{
    size_t n = 0;

    while (lines && n < b->len)
        lines -= b->p[n++] == '\n';
    assert_int_equal(lines, 0);
    return n;
}

/* What is said to be proved is what was packed, and is no less than the members before the damage
   hold. */
static void
check_proved(const weir_buf *feed, const struct edges *edges, size_t damaged_at,
             const struct got *g)
{
    const char *some = strstr(g->why.p, ". By its checksums, the first ");
    size_t whole = 0, lines = 0;

    if (strstr(g->why.p, ", unpacked: at byte ") || strstr(g->why.p, " elements"))
        return; /* its first byte has become that of an array */
    for (size_t i = 0; i < edges->n; i++)
        if (edges->at[i] <= damaged_at)
            whole = edges->unpacked[i];
    if (strstr(g->why.p, ", and are as they were packed, by their checksums"))
        lines = lines_in(g->out.p, g->out.len);
    else if (some)
        assert_int_equal(sscanf(some, ". By its checksums, the first %zu lines are", &lines), 1);
    else if (g->out.len)
        assert_true(strstr(g->why.p, "No checksum proves any of its lines") ||
                    strstr(g->why.p, ": cut off at byte ") || strstr(g->why.p, " begins what "));
    if (lines)
        assert_memory_equal(g->out.p, feed->p, upto_line(feed, lines));
    if (!strstr(g->why.p, ": cut off at byte ") && !strstr(g->why.p, " begins what "))
        assert_true(lines >= lines_in(feed->p, whole));
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
            else
                check_proved(&feed, &edges, i, &g);
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

static void
elements_are_proved_by_checksums_too(void **state)
{
    static const char first[] = "[{\"id\":\"1\"},\n{\"id\":\"2\"},{\"id", last[] = "\":\"3\"}]\n";

    /* zstd looks at the checksum of so short a frame before it gives out any of it */
    static const char *const said[] = {
        NULL, "By its checksums, the first 2 elements are as they were packed",
        "28 bytes were unpacked before, and are as they were packed, by their checksums"};

    (void)state;
    for (size_t k = 1; k < NPACKINGS; k++) {
        weir_buf packed = {0};
        struct got g;

        pack_more(packings[k], first, sizeof first - 1, &packed);
        pack_more(packings[k], last, sizeof last - 1, &packed);
        packed.p[packed.len - (k == 1 ? 5 : 1)] ^= 1; /* in the checksum */
        read_source(write_file("array", packed.p, packed.len), &defaults, 9, &g);
        assert_false(g.good);
        if (!strstr(g.why.p, said[k]))
            fail_msg("got \"%s\"", g.why.p);
        got_fini(&g);
        weir_buf_fini(&packed);
    }
}

/* A frame without a checksum (the first) proves nothing, nor does any behind it. */
static void
frames_without_a_checksum_prove_nothing(void **state)
{
    char frame[] = "\x28\xB5\x2F\xFD\0\0\x19\0\0{}\n";
    weir_buf packed = {0};
    struct got g;

    (void)state;
    weir_buf_put(&packed, (weir_span){frame, sizeof frame - 1});
    pack_more(SINK_ZSTD, "{}\n", 3, &packed);
    weir_buf_puts(&packed, "garbage");
    read_source(write_file("frames", packed.p, packed.len), &defaults, 100, &g);
    assert_text(&g.out, "{}\n{}\n", 6);
    assert_non_null(strstr(g.why.p, "No checksum proves any of its lines"));
    got_fini(&g);
    weir_buf_fini(&packed);
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
        cmocka_unit_test(elements_are_proved_by_checksums_too),
        cmocka_unit_test(frames_without_a_checksum_prove_nothing),
        cmocka_unit_test(absurd_windows_are_refused),
    };

    return cmocka_run_group_tests(tests, begin, remove_folder);
}

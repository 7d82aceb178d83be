/*
 * feed/sink: the same blocks give the same bytes whoever packs them and when; what is written can
 * be gone on with; nothing is written onto what is read; what fails is said.
 */
#include "unit/feed/packed.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static const struct source_options defaults;

/* ---- packing ---- */

static void
names_and_words_tell_the_packing(void **state)
{
    enum sink_packing packing;

    (void)state;
    assert_int_equal(sink_packing_of("out.ndjson"), SINK_PLAIN);
    assert_int_equal(sink_packing_of("-"), SINK_PLAIN);
    assert_int_equal(sink_packing_of(".gz"), SINK_PLAIN);
    assert_int_equal(sink_packing_of("a.gz.txt"), SINK_PLAIN);
    assert_int_equal(sink_packing_of("a.gz"), SINK_GZIP);
    assert_int_equal(sink_packing_of("a.ndjson.GZ"), SINK_GZIP);
    assert_int_equal(sink_packing_of("dir.gz/a.zst"), SINK_ZSTD);
    assert_true(sink_packing_named("zstd", &packing) && packing == SINK_ZSTD);
    assert_true(sink_packing_named("plain", &packing) && packing == SINK_PLAIN);
    assert_false(sink_packing_named("xz", &packing));
}

#define NBLOCKS 24

struct job {
    enum sink_packing packing;
    const weir_buf *blocks;
    weir_buf *packed;
    size_t first, step;
};

static void *
pack_some(void *arg)
{
    const struct job *j = arg;
    struct packer *p = packer_new(j->packing);

    for (size_t i = j->first; p && i < NBLOCKS; i += j->step)
        if (!packer_pack(p, (weir_span){j->blocks[i].p, j->blocks[i].len}, &j->packed[i]))
            break;
    packer_free(p);
    return NULL;
}

/* By so many threads; what they made, in its order. */
static void
pack_by(size_t nthreads, enum sink_packing packing, const weir_buf *blocks, weir_buf *all)
{
    weir_buf packed[NBLOCKS] = {{0}};
    pthread_t threads[4];
    struct job jobs[4];

    for (size_t i = 0; i < nthreads; i++) {
        jobs[i] = (struct job){packing, blocks, packed, i, nthreads};
        assert_int_equal(pthread_create(&threads[i], NULL, pack_some, &jobs[i]), 0);
    }
    for (size_t i = 0; i < nthreads; i++)
        (void)pthread_join(threads[i], NULL);
    for (size_t i = 0; i < NBLOCKS; i++) {
        weir_buf_put(all, (weir_span){packed[i].p, packed[i].len});
        weir_buf_fini(&packed[i]);
    }
}

static void
any_number_of_threads_packs_to_the_same_bytes(void **state)
{
    weir_buf blocks[NBLOCKS] = {{0}}, feed = {0};

    (void)state;
    for (size_t i = 0; i < NBLOCKS; i++) {
        size_t nlines = i % 8 == 3 ? 0 : draw(3000);

        for (size_t k = 0; k < nlines; k++)
            weir_buf_printf(&blocks[i], "{\"v\":1,\"post\":\"%u\",\"action\":\"allow\"}\n",
                            draw(1u << 30));
        weir_buf_put(&feed, (weir_span){blocks[i].p, blocks[i].len});
    }
    for (size_t k = 0; k < NPACKINGS; k++) {
        weir_buf one = {0}, four = {0};
        struct got g;

        pack_by(1, packings[k], blocks, &one);
        pack_by(4, packings[k], blocks, &four);
        assert_text(&four, one.p, one.len);
        read_source(write_file("packed", one.p, one.len), &defaults, 50000, &g);
        assert_true(g.good);
        assert_text(&g.out, feed.p, feed.len);
        assert_true(packings[k] == SINK_PLAIN || one.len < feed.len / 2);
        got_fini(&g);
        weir_buf_fini(&one);
        weir_buf_fini(&four);
    }
    for (size_t i = 0; i < NBLOCKS; i++)
        weir_buf_fini(&blocks[i]);
    weir_buf_fini(&feed);
}

static void
nothing_is_packed_as_a_whole_file(void **state)
{
    (void)state;
    for (size_t k = 0; k < NPACKINGS; k++) {
        struct packer *p = packer_new(packings[k]);
        weir_buf out = {0};
        struct got g;

        assert_true(packer_pack(p, (weir_span){"", 0}, &out));
        assert_int_equal(out.len, 0);
        assert_true(packer_pack_nothing(p, &out));
        assert_true((out.len > 0) == (packings[k] != SINK_PLAIN));
        read_source(write_file("packed", out.p, out.len), &defaults, 50000, &g);
        assert_true(g.good);
        assert_int_equal(g.out.len, 0);
        got_fini(&g);
        weir_buf_fini(&out);
        packer_free(p);
    }
}

static void
what_does_not_pack_is_packed_all_the_same(void **state)
{
    weir_buf noise = {0};

    (void)state;
    for (size_t i = 0; i < 300000; i++)
        weir_buf_putc(&noise, (char)draw(256));
    for (size_t k = 0; k < NPACKINGS; k++) {
        weir_buf packed = {0};
        struct got g;

        pack_more(packings[k], noise.p + 1, noise.len - 1, &packed);
        noise.p[0] = noise.p[1] = '{'; /* so that it is no packing of its own */
        pack_more(packings[k], noise.p, 1, &packed);
        read_source(write_file("noise", packed.p, packed.len), &defaults, 50000, &g);
        assert_true(g.good && g.out.len == noise.len);
        got_fini(&g);
        weir_buf_fini(&packed);
    }
    weir_buf_fini(&noise);
}

/* ---- writing ---- */

static void
check_file(const char *name, const char *text)
{
    char bytes[100];
    int fd = open(path_of(name), O_RDONLY | O_CLOEXEC);

    assert_int_equal(read(fd, bytes, sizeof bytes), (ssize_t)strlen(text));
    assert_memory_equal(bytes, text, strlen(text));
    (void)close(fd);
}

static void
writing_can_be_gone_on_with(void **state)
{
    weir_buf why = {0};
    struct sink *s;

    (void)state;
    (void)write_text("out", "what was here before");
    s = sink_open(path_of("out"), SINK_ANEW, NULL, 0, &why);
    assert_true(sink_write(s, "one\ntwo\nthr", 11));
    assert_int_equal(sink_written(s), 11);
    assert_true(sink_sync(s));
    assert_true(sink_close(s, &why));
    check_file("out", "one\ntwo\nthr");
    s = sink_open(path_of("out"), 8, NULL, 0, &why);
    assert_int_equal(sink_written(s), 8);
    assert_true(sink_write(s, "three\n", 6));
    assert_int_equal(sink_written(s), 14);
    assert_true(sink_close(s, &why));
    check_file("out", "one\ntwo\nthree\n");
    s = sink_open(path_of("out"), SINK_ANEW, NULL, 0, &why);
    assert_true(sink_close(s, &why));
    check_file("out", "");
    assert_int_equal(why.len, 0);
}

static void
what_cannot_be_gone_on_with_is_said(void **state)
{
    weir_buf why = {0};

    (void)state;
    (void)write_text("short", "12345");
    assert_null(sink_open(path_of("short"), 6, NULL, 0, &why));
    assert_null(sink_open(path_of("missing"), 0, NULL, 0, &why));
    assert_null(sink_open("/dev/null", 0, NULL, 0, &why));
    assert_null(sink_open(path_of("none/out"), SINK_ANEW, NULL, 0, &why));
    assert_null(sink_open(folder, SINK_ANEW, NULL, 0, &why));
    weir_buf_putc(&why, '\0');
    assert_non_null(
        strstr(why.p, "short: has 5 bytes, fewer than the 6 behind which writing was to go on"));
    assert_non_null(strstr(why.p, "missing: No such file or directory"));
    assert_non_null(strstr(why.p, "/dev/null: is no regular file"));
    assert_non_null(strstr(why.p, "none/out: No such file or directory"));
    assert_non_null(strstr(why.p, ": Is a directory"));
    check_file("short", "12345");
    assert_int_not_equal(access(path_of("missing"), F_OK), 0);
    weir_buf_fini(&why);
}

static void
nothing_is_written_onto_what_is_read(void **state)
{
    char feed[256], other[256], link[256];
    const char *feeds[] = {other, feed, "-"};
    weir_buf why = {0};

    (void)state;
    (void)snprintf(other, sizeof other, "%s", write_text("other", "{}\n"));
    (void)snprintf(feed, sizeof feed, "%s", write_text("feed", "{}\n"));
    (void)snprintf(link, sizeof link, "%s/link", folder);
    assert_int_equal(symlink("feed", link), 0);
    assert_string_equal(sink_is_feed(link, feeds, 3), feed);
    assert_null(sink_is_feed(link, feeds, 1));
    assert_null(sink_is_feed("/dev/null", (const char *[]){"/dev/null"}, 1));
    assert_null(sink_is_feed(path_of("none"), feeds, 3));
    assert_null(sink_open(link, SINK_ANEW, feeds, 3, &why));
    assert_null(sink_open(feed, 1, feeds, 3, &why));
    weir_buf_putc(&why, '\0');
    assert_non_null(strstr(why.p, "/link is "));
    assert_non_null(strstr(why.p, "/feed, which is being read; write to another file"));
    check_file("feed", "{}\n");
    struct sink *s = sink_open(link, SINK_ANEW, feeds, 1, &why);
    assert_non_null(s);
    (void)sink_close(s, NULL);
    /* also where the shell opened both */
    int fd = open(feed, O_RDWR | O_CLOEXEC), in = dup(STDIN_FILENO);
    (void)dup2(fd, STDIN_FILENO);
    assert_string_equal(sink_is_feed(feed, &feeds[2], 1), "-");
    (void)dup2(in, STDIN_FILENO);
    (void)close(in);
    (void)close(fd);
    weir_buf_fini(&why);
}

static void
a_full_disk_is_said(void **state)
{
    weir_buf why = {0};
    struct sink *s = sink_open("/dev/full", SINK_ANEW, NULL, 0, &why);

    (void)state;
    assert_non_null(s);
    assert_null(sink_fault(s));
    assert_false(sink_write(s, "x", 1));
    assert_string_equal(sink_fault(s), "/dev/full: No space left on device");
    assert_int_equal(sink_errno(s), ENOSPC);
    assert_int_equal(sink_written(s), 0);
    assert_true(sink_close(s, &why));
    assert_int_equal(why.len, 0);
}

/* A limit of size ends a write in its middle, as a disk that fills up does. */
static void
what_was_written_before_is_counted(void **state)
{
    struct rlimit before, limit;
    weir_buf why = {0};
    char block[1000];

    (void)state;
    memset(block, 'x', sizeof block);
    struct sink *s = sink_open(path_of("limited"), SINK_ANEW, NULL, 0, &why);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 2500;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    bool good[3];
    for (int i = 0; i < 3; i++)
        good[i] = sink_write(s, block, sizeof block);
    (void)setrlimit(RLIMIT_FSIZE, &before);
    (void)signal(SIGXFSZ, handler);
    assert_true(good[0] && good[1] && !good[2]);
    assert_int_equal(sink_written(s), 2500);
    assert_int_equal(sink_errno(s), EFBIG);
    assert_true(sink_close(s, &why));
}

struct reading {
    int fd;
    weir_buf got;
};

static void *
read_slowly(void *arg)
{
    struct reading *r = arg;
    char bytes[3000];
    ssize_t n;

    while ((n = read(r->fd, bytes, sizeof bytes)) > 0)
        weir_buf_put(&r->got, (weir_span){bytes, (size_t)n});
    return NULL;
}

/* Standard output in the place of a pipe that takes little at a time, and does not wait. */
static void
slow_readers_get_all(void **state)
{
    weir_buf all = {0}, why = {0};
    struct reading r = {.fd = -1};
    pthread_t thread;
    int ends[2];

    (void)state;
    for (size_t i = 0; i < 500000; i++)
        weir_buf_putc(&all, (char)draw(256));
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    r.fd = ends[0];
    (void)fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    (void)dup2(ends[1], STDOUT_FILENO);
    struct sink *s = sink_open("-", SINK_ANEW, NULL, 0, &why);
    (void)pthread_create(&thread, NULL, read_slowly, &r);
    bool good = s && sink_write(s, all.p, all.len) && sink_sync(s);
    bool closed = s && sink_close(s, &why);
    (void)dup2(kept, STDOUT_FILENO);
    (void)close(kept);
    (void)close(ends[1]);
    (void)pthread_join(thread, NULL);
    (void)close(ends[0]);
    assert_true(good && closed);
    assert_text(&r.got, all.p, all.len);
    weir_buf_fini(&r.got);
    weir_buf_fini(&all);
}

static void
a_reader_that_went_away_is_told_from_others(void **state)
{
    weir_buf why = {0};
    char name[64];
    int ends[2];

    (void)state;
    void (*handler)(int) = signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    (void)snprintf(name, sizeof name, "/dev/fd/%d", ends[1]);
    struct sink *s = sink_open(name, SINK_ANEW, NULL, 0, &why);
    (void)close(ends[0]);
    assert_false(sink_write(s, "x", 1));
    assert_int_equal(sink_errno(s), EPIPE);
    assert_true(sink_close(s, &why));
    (void)close(ends[1]);
    (void)signal(SIGPIPE, handler);
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
        cmocka_unit_test(names_and_words_tell_the_packing),
        cmocka_unit_test(any_number_of_threads_packs_to_the_same_bytes),
        cmocka_unit_test(nothing_is_packed_as_a_whole_file),
        cmocka_unit_test(what_does_not_pack_is_packed_all_the_same),
        cmocka_unit_test(writing_can_be_gone_on_with),
        cmocka_unit_test(what_cannot_be_gone_on_with_is_said),
        cmocka_unit_test(nothing_is_written_onto_what_is_read),
        cmocka_unit_test(a_full_disk_is_said),
        cmocka_unit_test(what_was_written_before_is_counted),
        cmocka_unit_test(slow_readers_get_all),
        cmocka_unit_test(a_reader_that_went_away_is_told_from_others),
    };

    return cmocka_run_group_tests(tests, begin, remove_folder);
}

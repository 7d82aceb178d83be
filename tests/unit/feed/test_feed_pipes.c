/*
 * feed/source on what is no regular file, or is one by chance: pipes that come as they happen,
 * signals, a descriptor that ends the waiting, standard input, and a disk that fails.
 */
#include "unit/feed/packed.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>

static const struct source_options defaults;

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
    weir_buf_fini(&why);
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
        cmocka_unit_test(pipes_read_as_files_do),
        cmocka_unit_test(nothing_waits_for_more_than_it_needs),
        cmocka_unit_test(a_descriptor_ends_the_waiting),
        cmocka_unit_test(signals_do_not_end_reading),
        cmocka_unit_test(standard_input_is_read_from_where_it_stands),
        cmocka_unit_test(a_failing_disk_is_said),
    };

    return cmocka_run_group_tests(tests, begin, remove_folder);
}

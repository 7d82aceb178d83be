/*
 * audit/journal: a process that writes a journal is ended before each of its calls to the system in
 * turn, or each of them fails. Afterwards what was acknowledged is there, the chain holds after the
 * next start, and nothing is lost but what was never written.
 *
 * The test stands in front of these calls (tests/CMakeLists.txt).
 */
#include "unit/audit/journals.h"

#include <stdarg.h>
#include <sys/mman.h>
#include <sys/wait.h>

ssize_t __real_write(int fd, const void *p, size_t n);
int __real_openat(int dirfd, const char *path, int flags, ...);
int __real_fsync(int fd);
int __real_fdatasync(int fd);
int __real_ftruncate(int fd, off_t size);
int __real_renameat(int olddir, const char *from, int newdir, const char *to);
int __real_renameat2(int olddir, const char *from, int newdir, const char *to, unsigned flags);
int __real_unlinkat(int dirfd, const char *path, int flags);
int __real_mkdir(const char *path, mode_t mode);
ssize_t __wrap_write(int fd, const void *p, size_t n);
int __wrap_openat(int dirfd, const char *path, int flags, ...);
int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_ftruncate(int fd, off_t size);
int __wrap_renameat(int olddir, const char *from, int newdir, const char *to);
int __wrap_renameat2(int olddir, const char *from, int newdir, const char *to, unsigned flags);
int __wrap_unlinkat(int dirfd, const char *path, int flags);
int __wrap_mkdir(const char *path, mode_t mode);

#define KILLED 77

static unsigned countdown; /* to the call at which something happens; 0: nothing does */
static bool kills;         /* else the call fails */
static bool halves;        /* a write takes half before it */
static bool reached;

/* Is it this one? */
static bool
now(void)
{
    if (!countdown || --countdown)
        return false;
    reached = true;
    return true;
}

/* The process ends, as by SIGKILL, or the call fails. */
static int
strike(int why)
{
    if (kills)
        _exit(KILLED);
    errno = why;
    return -1;
}

ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
    if (!now())
        return __real_write(fd, p, n);
    ssize_t half = halves && n > 1 ? __real_write(fd, p, n / 2) : 0;
    if (half > 0 && !kills) {
        countdown = 1; /* and the rest does not go */
        return half;
    }
    return strike(ENOSPC);
}

int
__wrap_openat(int dirfd, const char *path, int flags, ...)
{
    va_list ap;

    va_start(ap, flags);
    mode_t mode = flags & O_CREAT ? (mode_t)va_arg(ap, int) : 0;
    va_end(ap);
    return now() ? strike(EMFILE) : __real_openat(dirfd, path, flags, mode);
}

int
__wrap_fsync(int fd)
{
    return now() ? strike(EIO) : __real_fsync(fd);
}

int
__wrap_fdatasync(int fd)
{
    return now() ? strike(EIO) : __real_fdatasync(fd);
}

int
__wrap_ftruncate(int fd, off_t size)
{
    return now() ? strike(EIO) : __real_ftruncate(fd, size);
}

int
__wrap_renameat(int olddir, const char *from, int newdir, const char *to)
{
    return now() ? strike(EIO) : __real_renameat(olddir, from, newdir, to);
}

int
__wrap_renameat2(int olddir, const char *from, int newdir, const char *to, unsigned flags)
{
    return now() ? strike(EIO) : __real_renameat2(olddir, from, newdir, to, flags);
}

int
__wrap_unlinkat(int dirfd, const char *path, int flags)
{
    return now() ? strike(EACCES) : __real_unlinkat(dirfd, path, flags);
}

int
__wrap_mkdir(const char *path, mode_t mode)
{
    return now() ? strike(EACCES) : __real_mkdir(path, mode);
}

/* What the parent learns of a child: the last number that it could have answered for. */
static struct {
    uint64_t acknowledged, written;
    weir_status st;
    char error[256];
} * shared;

static void
note(const weir_journal *j)
{
    weir_journal_head h;

    weir_journal_get_head(j, &h);
    shared->acknowledged = h.synced_seq;
    shared->written = h.written_seq;
}

/* A day of a journal's life: rotation, retirement, a close. false: it failed. */
static bool
live(int64_t now_ms)
{
    weir_journal_options o = plain;
    weir_journal *j = NULL;
    weir_diags *d = weir_diags_new();

    o.segment_bytes = 1;
    o.retain_days = 2;
    shared->st = weir_journal_open(dir, &o, now_ms, d, &j);
    if (shared->st != WEIR_OK)
        (void)snprintf(shared->error, sizeof shared->error, "%s", all_said(d));
    weir_diags_free(d);
    for (int i = 0; shared->st == WEIR_OK && i < 3; i++) {
        shared->st = weir_journal_append(j, SPAN_LIT("{\"v\":1,\"post\":\"1\"}\n{\"v\":1}\n"));
        if (shared->st == WEIR_OK)
            shared->st = weir_journal_write(j, now_ms);
        if (shared->st == WEIR_OK)
            shared->st = weir_journal_sync(j);
        note(j);
        if (shared->st != WEIR_OK)
            (void)snprintf(shared->error, sizeof shared->error, "%s", weir_journal_error(j));
    }
    if (shared->st == WEIR_OK) {
        shared->st = weir_journal_close(j, now_ms, NULL);
        if (shared->st != WEIR_OK)
            (void)snprintf(shared->error, sizeof shared->error, "closing");
    } else {
        weir_journal_abandon(j);
    }
    return shared->st == WEIR_OK;
}

/* What a journal may be found as: made before; torn in its tail; torn in its header. */
static void
prepare(int state)
{
    empty(dir);
    if (state == 0)
        return;
    make_small(&plain); /* of a day, so that later days have something to retire */
    weir_journal *j = opened(&plain, T0 + DAY_MS);
    append(j, "{\"v\":1,\"post\":\"1\"}\n{\"v\":1,\"post\":\"2\"}\n");
    commit(j, T0 + DAY_MS);
    weir_journal_abandon(j);
    weir_buf text = read_file("00000003.ndjson");
    size_t len = state == 1 ? text.len : state == 2 ? text.len - 7 : 5;
    write_file("00000003.ndjson", (weir_span){text.p, len});
    weir_buf_fini(&text);
}

/* Chain, and all that was acknowledged; then a start that nothing disturbs, and again. */
static void
assert_survived(const char *what, unsigned call, int64_t now_ms)
{
    uint64_t acknowledged = shared->acknowledged;
    weir_journal_proof p;

    if (!live(now_ms))
        fail_msg("%s at call %u: the next start failed: %s", what, call, shared->error);
    p = walked();
    if (p.finding != WEIR_JOURNAL_FOUND_NONE)
        fail_msg("%s at call %u: %s:%d: entry %d %s", what, call, p.bad_file, (int)p.bad_line,
                 (int)p.bad_seq, p.why);
    if (p.last_seq < acknowledged)
        fail_msg("%s at call %u: entry %d was acknowledged, and %d is the last", what, call,
                 (int)acknowledged, (int)p.last_seq);
    assert_true(p.closed);
    weir_journal_proof_fini(&p);
}

/* Entries that call a torn tail by its name. */
static bool
count_torn(const weir_journal_entry *e, void *n)
{
    *(size_t *)n += e->kind == WEIR_JOURNAL_EVENT && e->event.kind == WEIR_JOURNAL_TORN;
    return true;
}

/* In a child, as it may end; false: there are not that many calls. */
static bool
strike_at(unsigned call, int64_t now_ms)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        countdown = call;
        (void)live(now_ms);
        _exit(reached);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status) != 0;
}

static void
strike_everywhere(const char *what)
{
    const unsigned step = getenv("WEIR_TEST_NO_JIT") ? 7 : 1; /* Valgrind is slow */

    for (int state = 0; state < 4; state++)
        for (unsigned call = 1;; call += step) {
            prepare(state);
            memset(shared, 0, sizeof *shared);
            if (!strike_at(call, T0 + 5 * DAY_MS)) {
                print_message("# state %d: %u calls\n", state, call - 1);
                assert_true(call > 30);
                break;
            }
            if (!kills && shared->st != WEIR_OK)
                assert_true(shared->error[0] != '\0');
            assert_survived(what, call, T0 + 5 * DAY_MS);
            size_t said = 0;
            weir_journal_proof p = walked_with(NULL, count_torn, &said);
            if (said != p.ntorn)
                fail_msg("%s at call %u of state %d: %zu torn tails, and %zu events", what, call,
                         state, p.ntorn, said);
            weir_journal_proof_fini(&p);
        }
}

static void
a_crash_at_any_moment_loses_nothing(void **state)
{
    (void)state;
    kills = true;
    halves = false;
    strike_everywhere("killed");
    halves = true;
    strike_everywhere("killed after half a write");
}

static void
a_call_that_fails_is_told_and_loses_nothing(void **state)
{
    (void)state;
    kills = halves = false;
    strike_everywhere("a failure");
    halves = true;
    strike_everywhere("a failure after half a write");
}

static int
make_shared(void **state)
{
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return shared == MAP_FAILED ? -1 : make_base(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_crash_at_any_moment_loses_nothing, clear),
        cmocka_unit_test_setup(a_call_that_fails_is_told_and_loses_nothing, clear),
    };

    return cmocka_run_group_tests_name("audit: journals and crashes", tests, make_shared,
                                       remove_base);
}

/*
 * Timing replays.
 */
#include "programs/replay.h"

#include "programs/answers.h"
#include "programs/clock.h"
#include "programs/process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#define READ_SIZE ((size_t)256 * 1024)

/* Records to the end of the pipe. */
static void
check_records(const struct replay *r, int fd, size_t n)
{
    struct answers a;
    char *buffer = allocate(READ_SIZE, 1);
    uint64_t owed = (uint64_t)(r->feed->nanswers - r->feed->nskips) * r->times * n;
    ssize_t got;

    answers_init(&a, r->feed, 0);
    a.without_skips = true;
    a.asked = UINT64_MAX;
    while ((got = read(fd, buffer, READ_SIZE)) > 0 || (got < 0 && errno == EINTR))
        if (got > 0)
            answers_take(&a, buffer, (size_t)got);
    if (a.fault[0] || a.n != owed)
        die(EXIT_FAILED, "tagweir replay: %s (%" PRIu64 " records of %" PRIu64 ")",
            a.fault[0] ? a.fault : "records are missing", a.n, owed);
    answers_fini(&a);
    free(buffer);
}

/* fcntl takes as much as an unprivileged user gets: fewer waits for both sides. */
static void
make_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) != 0)
        die(EXIT_FAILED, "no pipe could be made: %m");
    (void)fcntl(ends[0], F_SETPIPE_SZ, 1 << 20);
}

static const char **
arguments(const struct replay *r, size_t n)
{
    const char *const head[] = {r->tagweir, "replay",  "-q",    "--rules",
                                r->rules,   "--clock", r->clock};
    const size_t nhead = sizeof head / sizeof *head;
    const char **argv = allocate(nhead + n + 1, sizeof *argv);

    for (size_t i = 0; i < nhead + n; i++)
        argv[i] = i < nhead ? head[i] : r->file;
    return argv;
}

struct replay_time
replay_run(const struct replay *r, enum sink sink, size_t n)
{
    const char **argv = arguments(r, n);
    struct replay_time time;
    int ends[2] = {-1, -1}, status;
    char told[64];

    if (sink == SINK_PIPE)
        make_pipe(ends);
    else
        ends[1] = open("/dev/null", O_WRONLY | O_CLOEXEC);
    uint64_t start = now_ns();
    pid_t pid = process_start(argv, r->core, ends[1], -1);
    (void)close(ends[1]);
    if (sink == SINK_PIPE) {
        check_records(r, ends[0], n);
        (void)close(ends[0]);
    }
    status = process_wait(pid, &time.cpu);
    time.seconds = (double)(now_ns() - start) * 1e-9;
    process_tell(status, told);
    if (status != 0)
        die(EXIT_FAILED, "%s replay: %s", r->tagweir, told);
    free(argv);
    return time;
}

struct replay_time
replay_time(const struct replay *r, enum sink sink, size_t n)
{
    struct replay_time one = replay_run(r, sink, 1), more = replay_run(r, sink, 1 + n);

    return (struct replay_time){more.seconds - one.seconds, more.cpu - one.cpu};
}

double
replay_posts(const struct replay *r, size_t n)
{
    return (double)(r->feed->nanswers * r->times * n);
}

/*
 * Timing replays.
 */
#include "programs/replay.h"

#include "programs/answers.h"
#include "programs/clock.h"
#include "programs/process.h"
#include "programs/workplace.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_SIZE ((size_t)256 * 1024)

struct run {
    const struct replay *r;
    enum sink sink;
    uint64_t nlines;
    int out[2]; /* its records: where they are read, where it writes them */
    int said;   /* what it says, for whoever reads of a failure */
    char *fault;
};

/* Records to the end of the pipe or file. */
static bool
check_records(struct run *run)
{
    struct answers a;
    char *buffer = allocate(READ_SIZE, 1);
    uint64_t owed = feed_records(run->r->feed, run->nlines);
    ssize_t got;

    answers_init(&a, run->r->feed, 0);
    a.without_skips = true;
    a.asked = UINT64_MAX;
    while ((got = read(run->out[0], buffer, READ_SIZE)) > 0 || (got < 0 && errno == EINTR))
        if (got > 0)
            answers_take(&a, buffer, (size_t)got);
    bool sound = !a.fault[0] && a.n == owed;
    if (!sound)
        snprintf(run->fault, FAULT_MAX, "tagweir replay: %s (%" PRIu64 " records of %" PRIu64 ")",
                 a.fault[0]   ? a.fault
                 : a.n < owed ? "records are missing"
                              : "too many records",
                 a.n, owed);
    answers_fini(&a);
    free(buffer);
    return sound;
}

static int
open_new(const char *name)
{
    char path[WORKPLACE_PATH_MAX];

    workplace_path(path, name);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        die(EXIT_FAILED, "%s: %m", path);
    return fd;
}

/* fcntl takes as much as an unprivileged user gets: fewer waits for both sides. */
static void
open_sink(struct run *run)
{
    switch (run->sink) {
    case SINK_PIPE:
        if (pipe2(run->out, O_CLOEXEC) != 0)
            die(EXIT_FAILED, "no pipe could be made: %m");
        (void)fcntl(run->out[0], F_SETPIPE_SZ, 1 << 20);
        break;
    case SINK_FILE:
        run->out[0] = open_new("records.ndjson");
        run->out[1] = dup(run->out[0]);
        break;
    case SINK_NULL:
        run->out[0] = -1;
        run->out[1] = open("/dev/null", O_WRONLY | O_CLOEXEC);
    }
}

static const char **
arguments(const struct replay *r, const char *const *files, size_t nfiles)
{
    const char *const head[] = {r->tagweir, "replay", "-q",        "--rules", r->rules,
                                "--clock",  r->clock, "--threads", r->threads};
    size_t nhead = sizeof head / sizeof *head - (r->threads ? 0 : 2);
    const char **argv = allocate(nhead + nfiles + 1, sizeof *argv);

    memcpy(argv, head, nhead * sizeof *head);
    memcpy(argv + nhead, files, nfiles * sizeof *files);
    return argv;
}

static bool
is_well(struct run *run, int status)
{
    char told[64], said[256] = "";

    if (status == 0)
        return true;
    process_tell(status, told);
    if (pread(run->said, said, sizeof said - 1, 0) > 0)
        said[strcspn(said, "\n")] = '\0';
    snprintf(run->fault, FAULT_MAX, "tagweir replay: %s%s%s", told, said[0] ? ": " : "", said);
    return false;
}

bool
replay_run(const struct replay *r, enum sink sink, const char *const *files, size_t nfiles,
           uint64_t nlines, struct run_time *time, char fault[FAULT_MAX])
{
    struct run run = {
        .r = r, .sink = sink, .nlines = nlines, .said = open_new("said"), .fault = fault};
    const char **argv = arguments(r, files, nfiles);
    bool sound = true;

    open_sink(&run);
    uint64_t start = now_ns();
    pid_t pid = process_start(argv, r->core, run.out[1], run.said);
    (void)close(run.out[1]);
    if (sink == SINK_PIPE)
        sound = check_records(&run);
    int status = process_wait(pid, &time->cpu);
    time->seconds = (double)(now_ns() - start) * 1e-9;
    sound = is_well(&run, status) && sound;
    if (sink == SINK_FILE && sound)
        sound = lseek(run.out[0], 0, SEEK_SET) == 0 && check_records(&run);
    if (sink == SINK_FILE)
        (void)ftruncate(run.out[0], 0); /* before the system writes it to the disk */
    if (run.out[0] >= 0)
        (void)close(run.out[0]);
    (void)close(run.said);
    free(argv);
    return sound;
}

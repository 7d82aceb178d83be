/*
 * Running peers.
 */
#include "replay/peer.h"

#include "programs/clock.h"
#include "programs/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* To its end; what there is no room for is thrown away. */
static void
read_output(int fd, char said[PEER_SAID])
{
    char more[4096];
    size_t len = 0;
    ssize_t got;

    while ((got = read(fd, more, sizeof more)) > 0 || (got < 0 && errno == EINTR)) {
        size_t room = PEER_SAID - 1 - len, n = got < 0 ? 0 : (size_t)got;

        n = n < room ? n : room;
        memcpy(said + len, more, n);
        len += n;
    }
    said[len] = '\0';
}

bool
peer_run(const char *const argv[PEER_ARGUMENTS], int core, char said[PEER_SAID],
         struct run_time *time, char fault[FAULT_MAX])
{
    char told[64];
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        die(EXIT_FAILED, "no pipe could be made: %m");
    uint64_t start = now_ns();
    pid_t pid = process_start(argv, core, ends[1], -1);
    (void)close(ends[1]);
    read_output(ends[0], said);
    (void)close(ends[0]);
    int status = process_wait(pid, &time->cpu);
    time->seconds = (double)(now_ns() - start) * 1e-9;
    if (status == 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 1))
        return true;
    process_tell(status, told);
    snprintf(fault, FAULT_MAX, "%s: %s", strcmp(argv[0], "env") == 0 ? argv[2] : argv[0], told);
    return false;
}

static void
put_all(const char *argv[PEER_ARGUMENTS], const char *const *v, size_t n)
{
    memcpy(argv, v, n * sizeof *v);
    argv[n] = NULL;
}

#define PUT_ALL(argv, ...)                                                                         \
    put_all(argv, (const char *const[]){__VA_ARGS__},                                              \
            sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

void
peer_grep(const char *grep, const char *patterns, const char *file,
          const char *argv[PEER_ARGUMENTS])
{
    /* the same matches as in UTF-8, found faster */
    PUT_ALL(argv, "env", "LC_ALL=C", grep, "-c", "-F", "-f", patterns, file);
}

void
peer_rg(const char *rg, const char *patterns, const char *file, const char *argv[PEER_ARGUMENTS])
{
    /* what it needs for so many regexes; more makes it no faster */
    PUT_ALL(argv, rg, "--no-config", "-c", "-a", "-j1", "--regex-size-limit", "4G",
            "--dfa-size-limit", "4G", "-f", patterns, file);
}

void
peer_ondemand(const char *program, const char *dialect, const char *file,
              const char *argv[PEER_ARGUMENTS])
{
    PUT_ALL(argv, program, "--dialect", dialect, file);
}

/*
 * Starting programs.
 */
#include "programs/process.h"

#include "programs/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static cpu_set_t every_core;

struct cores
cores_find(void)
{
    struct cores found = {-1, -1};

    CPU_ZERO(&every_core);
    if (sched_getaffinity(0, sizeof every_core, &every_core) != 0 || CPU_COUNT(&every_core) < 2)
        return found;
    for (int i = 0; i < CPU_SETSIZE && found.client < 0; i++) {
        if (!CPU_ISSET((size_t)i, &every_core))
            continue;
        if (found.server < 0)
            found.server = i;
        else
            found.client = i;
    }
    return found;
}

void
cores_pin(int core)
{
    cpu_set_t set;

    if (core < 0)
        return;
    CPU_ZERO(&set);
    CPU_SET((size_t)core, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0)
        die(EXIT_FAILED, "core %d cannot be had: %m", core);
}

/* In the child: nothing here may allocate, as other threads may have been doing so. */
static void
become(const char *const *argv, int core, int out, int err)
{
    int nothing = open("/dev/null", O_RDONLY);
    cpu_set_t set;

    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (core >= 0) {
        CPU_ZERO(&set);
        CPU_SET((size_t)core, &set);
        (void)sched_setaffinity(0, sizeof set, &set);
    } else if (core == CORE_ANY) {
        (void)sched_setaffinity(0, sizeof every_core, &every_core);
    }
    (void)dup2(nothing, STDIN_FILENO);
    if (out >= 0)
        (void)dup2(out, STDOUT_FILENO);
    if (err >= 0)
        (void)dup2(err, STDERR_FILENO);
    execvp(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

pid_t
process_start(const char *const *argv, int core, int out, int err)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        become(argv, core, out, err);
    if (pid < 0)
        die(EXIT_FAILED, "%s could not be started: %m", argv[0]);
    return pid;
}

static double
seconds_of(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

int
process_wait(pid_t pid, double *seconds)
{
    struct rusage used = {.ru_utime = {0, 0}};
    int status = 0;

    while (wait4(pid, &status, 0, &used) < 0 && errno == EINTR)
        ;
    if (seconds)
        *seconds = seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
    return status;
}

void
process_tell(int status, char out[64])
{
    if (WIFSIGNALED(status))
        (void)snprintf(out, 64, "signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        (void)snprintf(out, 64, "exit code %d", WEXITSTATUS(status));
}

void
process_beside(char path[4096], const char *name)
{
    char self[4000] = "";

    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
        die(EXIT_FAILED, "/proc/self/exe: %m");
    snprintf(path, 4096, "%s/%.80s", dirname(self), name);
}

bool
process_exists(const char *program)
{
    char command[4200];

    snprintf(command, sizeof command, "command -v '%s' >/dev/null 2>&1", program);
    return system(command) == 0;
}

bool
process_knows(const char *program, const char *command, const char *option)
{
    char line[4200];
    bool knows = false;

    snprintf(line, sizeof line, "'%s' %s --help 2>&1", program, command);
    FILE *f = popen(line, "r");
    while (f && fgets(line, sizeof line, f))
        knows |= strstr(line, option) != NULL;
    if (f)
        (void)pclose(f);
    return knows;
}

double
process_seconds(pid_t pid)
{
    clockid_t clock;

    return clock_getcpuclockid(pid, &clock) == 0 ? (double)clock_ns(clock) * 1e-9 : 0;
}

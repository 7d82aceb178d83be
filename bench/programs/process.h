/*
 * Programs that are started, and the cores that they and the client have to themselves.
 */
#ifndef BENCH_PROGRAMS_PROCESS_H
#define BENCH_PROGRAMS_PROCESS_H

#include "util.h"

#include <sys/types.h>

/* Every core that this program had when cores_find was called. */
#define CORE_ANY (-2)

/* Two cores: on which serving and replaying is done, and on which the client runs. -1: one core is
   all there is, and everybody runs wherever the system likes. */
struct cores {
    int server, client;
};

struct cores cores_find(void);
/* The calling thread, and those that it starts. -1: nothing changes. */
void cores_pin(int core);

/*
 * Start a program, which ends with this one.
 * @param argv  Ended by NULL; looked for as a shell does.
 * @param core  -1: wherever this thread may run; CORE_ANY.
 * @param out, err  Descriptors for its output; -1: this process's own.
 */
pid_t process_start(const char *const *argv, int core, int out, int err);
/* Its wait status. `seconds` gets what it used of CPU; may be NULL. */
int process_wait(pid_t pid, double *seconds);
/* "exit code 3", "signal 1 (Hangup)": of a wait status. */
void process_tell(int status, char out[64]);
/* A program in the folder of this one. */
void process_beside(char path[4096], const char *name);
/* Is there such a program? Looked for as a shell does, and not started. */
bool process_exists(const char *program);
/* Does `PROGRAM COMMAND --help` speak of the option? */
bool process_knows(const char *program, const char *command, const char *option);
/* Seconds of CPU that it has used; 0: it is gone. */
double process_seconds(pid_t pid);

#endif

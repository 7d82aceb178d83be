/*
 * Programs that replay is measured against: what they print is held against what they should have
 * found.
 */
#ifndef BENCH_REPLAY_PEER_H
#define BENCH_REPLAY_PEER_H

#include "programs/replay.h"

#define PEER_ARGUMENTS 16
#define PEER_SAID 4096

/*
 * Runs it, and keeps the beginning of what it prints. Exit code 1 is what grep ends with where it
 * finds nothing.
 * @return false: it failed, which `fault` says.
 */
bool peer_run(const char *const argv[PEER_ARGUMENTS], int core, char said[PEER_SAID],
              struct run_time *time, char fault[FAULT_MAX]);

/* grep and ripgrep, counting the lines of a file that hold a pattern. Their output is read: GNU
   grep stops at the first match where it is /dev/null. */
void peer_grep(const char *grep, const char *patterns, const char *file,
               const char *argv[PEER_ARGUMENTS]);
void peer_rg(const char *rg, const char *patterns, const char *file,
             const char *argv[PEER_ARGUMENTS]);
/* weir-ondemand. */
void peer_ondemand(const char *program, const char *dialect, const char *file,
                   const char *argv[PEER_ARGUMENTS]);

#endif

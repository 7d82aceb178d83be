/*
 * `tagweir-bench replay`.
 */
#ifndef BENCH_REPLAY_COMMAND_H
#define BENCH_REPLAY_COMMAND_H

/* @return the exit code. */
int replay_main(int argc, char **argv);

#endif

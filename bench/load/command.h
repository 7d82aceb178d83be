/*
 * tagweir-bench load: from its command line to an exit code.
 */
#ifndef BENCH_LOAD_COMMAND_H
#define BENCH_LOAD_COMMAND_H

int load_main(int argc, char **argv);

#endif

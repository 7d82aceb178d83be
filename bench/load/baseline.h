/*
 * What a server is measured against: the one that is written first with libevent. A bufferevent a
 * connection, a line at a time by evbuffer_readln, its record appended to the output; one thread.
 * It decides with the same library, and its answers are the bytes that `tagweir serve` answers.
 */
#ifndef BENCH_LOAD_BASELINE_H
#define BENCH_LOAD_BASELINE_H

/* `tagweir-bench baseline --rules PATH --clock TIME --listen unix:PATH`: until SIGTERM.
   @return the exit code. */
int baseline_main(int argc, char **argv);

#endif

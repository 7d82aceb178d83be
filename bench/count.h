/*
 * Instructions instead of time: what Valgrind's callgrind counts of one pass over some tokens.
 */
#ifndef BENCH_COUNT_H
#define BENCH_COUNT_H

#include "plan.h"
#include "world.h"

/*
 * Each planned contender looks up `n` tokens of each stream uncounted, as a warm-up, then the next
 * `n` counted, which are dumped under a label that names the contender: "cold 100 zipf tagweir
 * 5000". Outside of callgrind nothing is counted, and it is an error to ask.
 */
void count_plan(const struct plan *plan, struct world *world, size_t n);

#endif

/*
 * A thread of the load: an epoll and the connections it owns.
 */
#ifndef BENCH_LOAD_LOOP_H
#define BENCH_LOAD_LOOP_H

#include "load/conn.h"

struct loop {
    const struct load *load;
    struct pace pace;
    struct conn *conns; /* those that send, then those that are idle */
    size_t nconns, nidle;
    int epoll;
    char *buffer;
    struct counts counts;
    uint64_t released;         /* open loop: lines that became due so far */
    uint64_t heard;            /* when the last answer came */
    uint64_t cpu_from, cpu_to; /* of the thread, when it began and ended to count */
    double busy;
};

/* Connects. false: the server cannot be reached; errno tells. */
bool loop_open(struct loop *l, const struct load *load, size_t nconns, size_t nidle, size_t first);
/* Runs until all is answered or will not be; a thread's start. */
void *loop_run(void *loop);
void loop_fini(struct loop *l);

#endif

/*
 * Rests: a thread that decides leaves some of its processor to one that loads rules, which has only
 * what others leave.
 *
 * It rests behind each pass of its loop: posts that come one by one are answered some together, as
 * each wait for the next one costs more than a post does. What comes meanwhile waits in the socket.
 * Where a pass was long, as more had come than should wait, it rests only so often that a load
 * comes on, and never within a pass.
 */
#ifndef WEIR_SERVE_REST_H
#define WEIR_SERVE_REST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* One thread's. Zeroed but for: */
struct rest {
    const _Atomic bool *wanted; /* NULL: never */
    bool begun;
    int64_t began_us, worked_us; /* of the thread's own time: the pass; since the last rest */
};

/* In front of a pass, and behind it: there it rests. */
void rest_begin(struct rest *r);
void rest_end(struct rest *r);

#endif

/*
 * The beat: a thread that wakes often, for as long as another one works at idle priority.
 *
 * Where more threads can run than there are processors, Linux's scheduler looks who should when one
 * of them wakes, and else at the ticks of its clock, which are 1 to 10 ms apart. An idle thread
 * that was chosen at a tick - as it was owed a little, or for the moment that a kernel's thread ran
 * - keeps one that decides waiting until the next. With the beat it is looked at again within half
 * a millisecond: 2,000 wake-ups a second for as long as the other one works.
 */
#ifndef WEIR_SERVE_BEAT_H
#define WEIR_SERVE_BEAT_H

#include <pthread.h>
#include <stdbool.h>

struct beat {
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    bool on, ends;
    bool started;
};

void beat_init(struct beat *b);
/* false: there is no thread for it; all else goes on without. */
bool beat_start(struct beat *b);
/* Any thread; the loader's, before it works and behind it. */
void beat_set(struct beat *b, bool on);
/* Waits for the thread, which takes no time. */
void beat_fini(struct beat *b);

#endif

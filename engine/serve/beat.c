/*
 * Waking often. It is all that the thread does: others are looked at when it sleeps again.
 */
#include "serve/beat.h"

#include <time.h>

#define BEAT_NS 500000

static void *
run(void *arg)
{
    static const struct timespec pause = {.tv_nsec = BEAT_NS};
    struct beat *b = arg;

    (void)pthread_mutex_lock(&b->lock);
    while (!b->ends)
        if (b->on) {
            (void)pthread_mutex_unlock(&b->lock);
            (void)nanosleep(&pause, NULL);
            (void)pthread_mutex_lock(&b->lock);
        } else {
            (void)pthread_cond_wait(&b->changed, &b->lock);
        }
    (void)pthread_mutex_unlock(&b->lock);
    return NULL;
}

void
beat_init(struct beat *b)
{
    *b = (struct beat){0};
    (void)pthread_mutex_init(&b->lock, NULL);
    (void)pthread_cond_init(&b->changed, NULL);
}

bool
beat_start(struct beat *b)
{
    b->started = pthread_create(&b->thread, NULL, run, b) == 0;
    return b->started;
}

void
beat_set(struct beat *b, bool on)
{
    (void)pthread_mutex_lock(&b->lock);
    b->on = on;
    (void)pthread_cond_signal(&b->changed);
    (void)pthread_mutex_unlock(&b->lock);
}

void
beat_fini(struct beat *b)
{
    (void)pthread_mutex_lock(&b->lock);
    b->ends = true;
    (void)pthread_cond_signal(&b->changed);
    (void)pthread_mutex_unlock(&b->lock);
    if (b->started)
        (void)pthread_join(b->thread, NULL);
    (void)pthread_cond_destroy(&b->changed);
    (void)pthread_mutex_destroy(&b->lock);
}

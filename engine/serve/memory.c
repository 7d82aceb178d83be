/*
 * The memory of connections: weighed by each worker, kept within the one limit by all of them.
 */
#include "serve/worker.h"

static size_t
most_of(const struct worker *w)
{
    return atomic_load_explicit(&w->most, memory_order_relaxed);
}

void
worker_weigh(struct worker *w, size_t before, size_t now)
{
    struct worker_memory *m = w->limits.memory;

    if (now == before) /* what others have to look at is left alone */
        return;
    w->held += now - before;
    if (now > most_of(w))
        atomic_store_explicit(&w->most, now, memory_order_relaxed);
    if (m)
        atomic_fetch_add(&m->held, now - before);
}

static size_t
excess(const struct worker_memory *m)
{
    size_t held = m ? atomic_load_explicit(&m->held, memory_order_relaxed) : 0;

    return m && held > m->limit ? held - m->limit : 0;
}

/* NULL: none holds anything. `most` is exact from here on; else it is what once was the most. */
static struct conn *
find_most(struct worker *w)
{
    struct conn *most = NULL;
    size_t held = 0;

    for (struct conn *c = w->conns; c; c = c->next) {
        if (c->held > held) {
            most = c;
            held = c->held;
        }
    }
    atomic_store_explicit(&w->most, held, memory_order_relaxed);
    return most;
}

/* The worker of the connection that holds most, as far as is known. */
static struct worker *
find_heaviest(const struct worker_memory *m)
{
    struct worker *heaviest = m->workers;

    for (struct worker *w = heaviest->sharing; w; w = w->sharing)
        heaviest = most_of(w) > most_of(heaviest) ? w : heaviest;
    return heaviest;
}

void
worker_keep_within(struct worker *w)
{
    struct worker_memory *m = w->limits.memory;
    size_t over;

    while ((over = excess(m)) > 0) {
        struct worker *who = find_heaviest(m);
        size_t believed = most_of(w);

        if (who != w && over <= WORKER_MEMORY_SLACK(m->limit)) {
            worker_wake(who);
            return;
        }
        struct conn *most = find_most(w);
        if (!most)
            return; /* who has none has not grown, and those who have will look themselves */
        if (who != w || most->held == believed)
            conn_end(most, WORKER_END_MEMORY, worker_end_detail(WORKER_END_MEMORY));
    }
}

/*
 * Watching: rule files that change are loaded again when they have come to rest.
 */
#ifndef WEIR_SERVE_WATCH_H
#define WEIR_SERVE_WATCH_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>

struct watch;

struct watch_times {
    unsigned settle_ms; /* for how long nothing must have changed before `changed` is called */
    unsigned most_ms;   /* when it is called though changes do not end, from the first one on */
    unsigned again_ms;  /* how often to look at what the system does not let us watch */
};

struct watch_hooks {
    void (*changed)(void *arg);
    /* What cannot be watched, and that it can be again. */
    void (*say)(void *arg, bool is_problem, const char *line);
    void *arg;
};

/*
 * Watch files, folders with all that is read in them, and the list files that rules name. Also
 * where another file or folder takes the name of one of them, of one that leads there, or of what
 * a symbolic link on the way points at; and where they go, and come back. More may be heard than
 * rules are made of.
 *
 * Rules were loaded before: what has changed shortly before the watch began is taken for a change.
 *
 * What the system does not let us watch is told of once, and looked at by a timer instead.
 *
 * @param paths  Must outlive it.
 * @return NULL: the system refused altogether; errno says why.
 */
struct watch *watch_new(struct event_base *base, const char *const *paths, size_t n,
                        const struct watch_times *times, const struct watch_hooks *hooks);
/* NULL is allowed. */
void watch_free(struct watch *w);

#endif

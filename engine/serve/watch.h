/*
 * Watching: rule files that change are loaded again when they have come to rest.
 */
#ifndef WEIR_SERVE_WATCH_H
#define WEIR_SERVE_WATCH_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>

struct watch;

/*
 * Watch files, and folders with all below them, also where another file takes their name. What
 * they name elsewhere, such as a list outside of a folder of rules, is not watched.
 * @param paths      Must outlive it.
 * @param settle_ms  For how long nothing must have changed before `changed` is called.
 * @return NULL: the system refused; errno says why.
 */
struct watch *watch_new(struct event_base *base, const char *const *paths, size_t n,
                        unsigned settle_ms, void (*changed)(void *arg), void *arg);
/* NULL is allowed. */
void watch_free(struct watch *w);

#endif

/*
 * Gates: the sockets that clients come in by, and what happens where the system has no more
 * descriptors to give.
 */
#ifndef WEIR_SERVE_GATES_H
#define WEIR_SERVE_GATES_H

#include "serve/listener.h"

#include <event2/event.h>

struct gates_hooks {
    /* A client has come, by a Unix socket or TCP; the socket is the callee's. */
    void (*come)(void *arg, evutil_socket_t fd, bool is_unix);
    /* Accepting failed, and will be tried again: errno. */
    void (*full)(void *arg, int error);
    void *arg;
    unsigned spares; /* so many of the last descriptors are left to others (spare.h) */
};

struct gates;

/* As listen_open; `why` says what a person needs. The options are not needed afterwards. */
enum listen_result gates_open(struct event_base *base, const char *const *addresses, size_t n,
                              const struct listen_options *o, const struct gates_hooks *hooks,
                              weir_buf *why, struct gates **out);
size_t gates_n(const struct gates *g);
const char *gates_name(const struct gates *g, size_t i);
/* No more clients; Unix sockets that are still ours are unlinked. NULL is allowed. */
void gates_close(struct gates *g);

#endif

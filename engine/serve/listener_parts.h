/*
 * What the two halves of the listener share: listener.c has TCP and what was passed,
 * listener_unix.c has Unix sockets.
 */
#ifndef WEIR_SERVE_LISTENER_PARTS_H
#define WEIR_SERVE_LISTENER_PARTS_H

#include "serve/listener.h"

#define LISTEN_BACKLOG 1024

/* That gave the address. */
static inline const char *
listen_option(const struct listen_options *o)
{
    return o->option ? o->option : "--listen";
}

/* Says so, with the system's words for `error` unless it is 0. @return LISTEN_FAILED. */
enum listen_result listen_fail(weir_buf *why, const char *spec, const char *what, int error);

enum listen_result listen_open_unix(const char *spec, const char *path,
                                    const struct listen_options *o, struct listen_socket *out,
                                    weir_buf *why);

#endif

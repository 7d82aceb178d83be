/*
 * Where clients connect: one socket bound to one address.
 */
#ifndef WEIR_SERVE_LISTENER_H
#define WEIR_SERVE_LISTENER_H

#include <tagweir/tagweir.h>

#include <sys/stat.h>

enum listen_result {
    LISTEN_OK,
    LISTEN_BAD,   /* the address is none, or not allowed: bad usage */
    LISTEN_FAILED /* the system refused */
};

struct listen_socket {
    int fd;
    char name[160]; /* "unix:/run/weir.sock" or "127.0.0.1:7000": for people, and exact */
    char path[108]; /* of a Unix socket; else empty */
    dev_t device;   /* of `path` as it was made: only our own is unlinked */
    ino_t inode;
};

struct listen_options {
    mode_t socket_mode; /* of Unix sockets */
    bool insecure;      /* TCP beyond loopback, though nothing is encrypted */
};

/* Sockets that one `--listen` may stand for: a name can have several addresses. */
#define LISTEN_MAX 8

/*
 * Bind and listen on `unix:PATH`, `HOST:PORT` or `[V6]:PORT`. A socket file that nobody listens on
 * is replaced. On failure `why` says what a person needs, and nothing is left open.
 */
enum listen_result listen_open(const char *spec, const struct listen_options *o,
                               struct listen_socket out[LISTEN_MAX], size_t *n, weir_buf *why);

/* Unlink the socket file, if it is still the one that was made. Does not close the socket. */
void listen_unlink(const struct listen_socket *s);

#endif

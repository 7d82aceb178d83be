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
    bool is_unix;
    char name[160]; /* "unix:/run/weir.sock" or "127.0.0.1:7000": for people, and exact */
    char path[108]; /* of a Unix socket that was made here; else empty */
    dev_t device;   /* of `path` as it was made: only our own is unlinked */
    ino_t inode;
};

struct listen_options {
    /* Of Unix sockets that are made here. */
    mode_t socket_mode;
    const char *socket_owner; /* USER, USER:GROUP or :GROUP; NULL: whose this process is */
    /* TCP beyond loopback needs one of these. */
    bool encrypted;     /* TLS is spoken there */
    bool insecure;      /* it is meant so, though nothing is encrypted */
    const char *option; /* that gave the address, for messages; NULL: --listen */
    bool unix_only;     /* whoever may connect is told by permissions alone: nothing is TCP */
};

/* Sockets that one `--listen` may stand for: a name can have several addresses. */
#define LISTEN_MAX 8

/*
 * Bind and listen on `unix:PATH`, `HOST:PORT` or `[V6]:PORT`; or take the sockets that the service
 * manager passed: `systemd`, all of them, `systemd:NAME`, those of that name. A socket file that
 * nobody listens on is replaced, also where several servers start at once: they take turns. On
 * failure `why` says what a person needs, and nothing is left open.
 */
enum listen_result listen_open(const char *spec, const struct listen_options *o,
                               struct listen_socket out[LISTEN_MAX], size_t *n, weir_buf *why);

/*
 * Unlink the socket file, if it is still the one that was made. To be called before the socket is
 * closed: as long as it is open, no other file can have come to its number.
 */
void listen_unlink(const struct listen_socket *s);

#endif

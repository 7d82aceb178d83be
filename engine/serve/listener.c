/*
 * Binding. Promised to operators: a Unix socket is open to its owner alone unless told, and never
 * taken from a server that lives; nothing listens beyond loopback unless told.
 */
#include "serve/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024

static enum listen_result
fail(weir_buf *why, const char *spec, const char *what, int error)
{
    weir_buf_printf(why, "cannot listen on %s: %s%s%s", spec, what, error ? ": " : "",
                    error ? strerror(error) : "");
    return LISTEN_FAILED;
}

/* Does somebody answer at this address? Unknown counts as yes: a live socket is never taken. */
static bool
is_listened_on(const struct sockaddr_un *at)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool dead;

    if (fd < 0)
        return true;
    dead = connect(fd, (const struct sockaddr *)at, sizeof *at) < 0 && errno == ECONNREFUSED;
    (void)close(fd);
    return !dead;
}

/* The file is born with its mode: a mode set afterwards would leave it open for a moment. */
static int
bind_with_mode(int fd, const struct sockaddr_un *at, mode_t mode)
{
    mode_t before = umask(0777 & ~mode);
    int rc = bind(fd, (const struct sockaddr *)at, sizeof *at);
    int error = rc < 0 ? errno : 0;

    (void)umask(before);
    return error;
}

static enum listen_result
bind_unix(int fd, const char *spec, const struct sockaddr_un *at, mode_t mode, weir_buf *why)
{
    struct stat st;
    int error = bind_with_mode(fd, at, mode);

    if (error == EADDRINUSE) {
        if (lstat(at->sun_path, &st) == 0 && !S_ISSOCK(st.st_mode))
            return fail(why, spec, "a file that is no socket is in its place", 0);
        if (is_listened_on(at))
            return fail(why, spec, "another process is listening there", 0);
        if (unlink(at->sun_path) < 0 && errno != ENOENT)
            return fail(why, spec, "the socket file left there cannot be removed", errno);
        error = bind_with_mode(fd, at, mode);
    }
    return error ? fail(why, spec, "bind", error) : LISTEN_OK;
}

static enum listen_result
open_unix(const char *spec, const char *path, mode_t mode, struct listen_socket *out, weir_buf *why)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    struct stat st;

    if (!len || len >= sizeof at.sun_path) {
        weir_buf_printf(why, "--listen %s: the path of a socket has 1 to %zu bytes", spec,
                        sizeof at.sun_path - 1);
        return LISTEN_BAD;
    }
    memcpy(at.sun_path, path, len + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return fail(why, spec, "socket", errno);
    enum listen_result r = bind_unix(fd, spec, &at, mode, why);
    if (r == LISTEN_OK && listen(fd, BACKLOG) < 0)
        r = fail(why, spec, "listen", errno);
    if (r == LISTEN_OK && lstat(path, &st) < 0)
        r = fail(why, spec, "the socket file is gone", errno);
    if (r != LISTEN_OK) {
        (void)close(fd);
        return r;
    }
    *out = (struct listen_socket){.fd = fd, .device = st.st_dev, .inode = st.st_ino};
    memcpy(out->path, path, len + 1);
    (void)snprintf(out->name, sizeof out->name, "unix:%s", path);
    return LISTEN_OK;
}

void
listen_unlink(const struct listen_socket *s)
{
    struct stat st;

    if (s->path[0] && lstat(s->path, &st) == 0 && st.st_dev == s->device && st.st_ino == s->inode)
        (void)unlink(s->path);
}

static bool
is_loopback(const struct sockaddr *sa)
{
    if (sa->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)sa;

        return ntohl(in->sin_addr.s_addr) >> 24 == 127;
    }
    const struct in6_addr *a = &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr;
    return IN6_IS_ADDR_LOOPBACK(a) || (IN6_IS_ADDR_V4MAPPED(a) && a->s6_addr[12] == 127);
}

/* As it was bound: port 0 has become a real one by now. */
static void
name_tcp(struct listen_socket *s)
{
    struct sockaddr_storage at;
    socklen_t len = sizeof at;
    char host[NI_MAXHOST], port[NI_MAXSERV];

    if (getsockname(s->fd, (struct sockaddr *)&at, &len) < 0 ||
        getnameinfo((struct sockaddr *)&at, len, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV))
        return;
    (void)snprintf(s->name, sizeof s->name, at.ss_family == AF_INET6 ? "[%.100s]:%s" : "%.100s:%s",
                   host, port);
}

static enum listen_result
open_address(const char *spec, const struct addrinfo *ai, struct listen_socket *out, weir_buf *why)
{
    int one = 1;
    int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return fail(why, spec, "socket", errno);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    /* Accepted sockets inherit it: answers are written in batches, and must not wait for acks. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (ai->ai_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    if (bind(fd, ai->ai_addr, ai->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0) {
        int error = errno;

        (void)close(fd);
        return fail(why, spec, "bind", error);
    }
    *out = (struct listen_socket){.fd = fd};
    (void)snprintf(out->name, sizeof out->name, "%.150s", spec);
    name_tcp(out);
    return LISTEN_OK;
}

/* HOST:PORT or [V6]:PORT into its two halves. */
static bool
split(const char *spec, char host[256], const char **port)
{
    const char *colon = strrchr(spec, ':');
    size_t len = colon ? (size_t)(colon - spec) : 0;

    if (!colon || !len || !colon[1] || len >= 256)
        return false;
    if (spec[0] == '[' && spec[len - 1] == ']') {
        spec++;
        len -= 2;
    } else if (memchr(spec, ':', len)) {
        return false; /* a bare IPv6 address: which colon begins the port, nobody knows */
    }
    memcpy(host, spec, len);
    host[len] = '\0';
    *port = colon + 1;
    return len > 0 && strspn(*port, "0123456789") == strlen(*port) && strlen(*port) <= 5 &&
           atoi(*port) <= 65535;
}

static enum listen_result
check_loopback(const char *spec, const struct addrinfo *ai, weir_buf *why)
{
    for (; ai; ai = ai->ai_next) {
        if (is_loopback(ai->ai_addr))
            continue;
        weir_buf_printf(why,
                        "--listen %s is not a loopback address, and posts and answers are not "
                        "encrypted: say --insecure if that is meant",
                        spec);
        return LISTEN_BAD;
    }
    return LISTEN_OK;
}

static enum listen_result
open_tcp(const char *spec, bool insecure, struct listen_socket out[LISTEN_MAX], size_t *n,
         weir_buf *why)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found;
    char host[256];
    const char *port;

    if (!split(spec, host, &port)) {
        weir_buf_printf(why, "--listen %s: expected unix:PATH, HOST:PORT or [IPv6]:PORT", spec);
        return LISTEN_BAD;
    }
    int rc = getaddrinfo(host, port, &hints, &found);
    if (rc) {
        weir_buf_printf(why, "cannot listen on %s: %s", spec, gai_strerror(rc));
        return LISTEN_FAILED;
    }
    enum listen_result r = insecure ? LISTEN_OK : check_loopback(spec, found, why);
    for (struct addrinfo *ai = found; ai && r == LISTEN_OK && *n < LISTEN_MAX; ai = ai->ai_next) {
        if (ai->ai_family != AF_INET && ai->ai_family != AF_INET6)
            continue;
        r = open_address(spec, ai, &out[*n], why);
        *n += r == LISTEN_OK;
    }
    freeaddrinfo(found);
    while (r != LISTEN_OK && *n > 0)
        (void)close(out[--*n].fd);
    return r;
}

enum listen_result
listen_open(const char *spec, const struct listen_options *o, struct listen_socket out[LISTEN_MAX],
            size_t *n, weir_buf *why)
{
    *n = 0;
    if (strncmp(spec, "unix:", 5) != 0)
        return open_tcp(spec, o->insecure, out, n, why);
    enum listen_result r = open_unix(spec, spec + 5, o->socket_mode, &out[0], why);
    *n = r == LISTEN_OK;
    return r;
}

/*
 * Binding, of TCP, and taking what a service manager passed; Unix sockets are listener_unix.c's.
 * Promised to operators: nothing listens beyond loopback unencrypted unless told.
 */
#include "serve/activation.h"
#include "serve/listener_parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum listen_result
listen_fail(weir_buf *why, const char *spec, const char *what, int error)
{
    weir_buf_printf(why, "cannot listen on %s: %s%s%s", spec, what, error ? ": " : "",
                    error ? strerror(error) : "");
    return LISTEN_FAILED;
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

/* Accepted sockets inherit it: answers are written in batches, and must not wait for acks. */
static void
set_nodelay(int fd)
{
    int one = 1;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static enum listen_result
open_address(const char *spec, const struct addrinfo *ai, struct listen_socket *out, weir_buf *why)
{
    int one = 1;
    int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return listen_fail(why, spec, "socket", errno);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    set_nodelay(fd);
    if (ai->ai_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    if (bind(fd, ai->ai_addr, ai->ai_addrlen) < 0 || listen(fd, LISTEN_BACKLOG) < 0) {
        int error = errno;

        (void)close(fd);
        return listen_fail(why, spec, "bind", error);
    }
    *out = (struct listen_socket){.fd = fd};
    (void)snprintf(out->name, sizeof out->name, "%.150s", spec);
    name_tcp(out);
    return LISTEN_OK;
}

static bool
is_port(const char *port)
{
    return strlen(port) <= 5 && atoi(port) <= 65535;
}

/* HOST:PORT or [V6]:PORT into its two halves; the port is a number of any size. */
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
    return len > 0 && strspn(*port, "0123456789") == strlen(*port);
}

/* May somebody else's network see it? */
static enum listen_result
check_exposed(const char *spec, const char *name, const struct sockaddr *sa,
              const struct listen_options *o, weir_buf *why)
{
    if (o->encrypted || o->insecure || is_loopback(sa))
        return LISTEN_OK;
    weir_buf_printf(why,
                    "%s %s%s%s is not a loopback address, and %s not encrypted: %ssay --insecure "
                    "if that is meant",
                    listen_option(o), spec, *name ? ": " : "", name,
                    o->option ? "what is said there is" : "posts and answers are",
                    o->option ? "" : "give a certificate (--tls-cert), or ");
    return LISTEN_BAD;
}

static enum listen_result
open_tcp(const char *spec, const struct listen_options *o, struct listen_socket out[LISTEN_MAX],
         size_t *n, weir_buf *why)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found;
    char host[256];
    const char *port;

    if (!split(spec, host, &port)) {
        weir_buf_printf(why, "%s %s: expected unix:PATH, HOST:PORT, [IPv6]:PORT or systemd",
                        listen_option(o), spec);
        return LISTEN_BAD;
    }
    if (!is_port(port)) {
        weir_buf_printf(why, "%s %s: a port is a number from 0 to 65535", listen_option(o), spec);
        return LISTEN_BAD;
    }
    int rc = getaddrinfo(host, port, &hints, &found);
    if (rc) {
        weir_buf_printf(why, "cannot listen on %s: %s", spec, gai_strerror(rc));
        return LISTEN_FAILED;
    }
    enum listen_result r = LISTEN_OK;
    for (struct addrinfo *ai = found; ai && r == LISTEN_OK; ai = ai->ai_next)
        r = check_exposed(spec, "", ai->ai_addr, o, why);
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

static void
name_unix(struct listen_socket *s, const struct sockaddr_un *at, socklen_t len)
{
    size_t path_len = len - offsetof(struct sockaddr_un, sun_path);

    s->is_unix = true;
    if (at->sun_path[0]) /* not to be unlinked: it is the service manager's */
        (void)snprintf(s->name, sizeof s->name, "unix:%.*s", (int)path_len, at->sun_path);
    else
        (void)snprintf(s->name, sizeof s->name, "unix:@%.*s", (int)path_len - 1, at->sun_path + 1);
}

static bool
is_listening_stream(int fd)
{
    int type = 0, listens = 0;
    socklen_t len = sizeof type;

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM &&
           getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) == 0 && listens;
}

static enum listen_result
refuse_tcp(const char *spec, const struct listen_options *o, weir_buf *why)
{
    weir_buf_printf(why,
                    "%s %s: only a Unix socket will do, whose permissions say who may connect: "
                    "expected unix:PATH or systemd:NAME",
                    listen_option(o), spec);
    return LISTEN_BAD;
}

/* A socket as it was passed: it can be anything. */
static enum listen_result
adopt(const char *spec, const struct listen_options *o, struct listen_socket *s, weir_buf *why)
{
    struct sockaddr_storage at = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof at;
    int flags = fcntl(s->fd, F_GETFL);

    if (flags < 0 || fcntl(s->fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return listen_fail(why, spec, "what was passed", errno);
    if (getsockname(s->fd, (struct sockaddr *)&at, &len) < 0)
        return listen_fail(why, spec, "what was passed is no socket", errno);
    if (!is_listening_stream(s->fd))
        return listen_fail(why, spec,
                           "what was passed is no stream socket that listens (ListenStream=, and "
                           "Accept=no)",
                           0);
    if (at.ss_family == AF_UNIX) {
        name_unix(s, (const void *)&at, len);
        return LISTEN_OK;
    }
    if (at.ss_family != AF_INET && at.ss_family != AF_INET6)
        return listen_fail(why, spec, "what was passed is neither a Unix nor a TCP socket", 0);
    if (o->unix_only)
        return refuse_tcp(spec, o, why);
    name_tcp(s);
    set_nodelay(s->fd);
    return check_exposed(spec, s->name, (const struct sockaddr *)&at, o, why);
}

/* All that were passed, or those of a name. */
static enum listen_result
take_passed(const char *spec, const char *name, const struct listen_options *o,
            struct listen_socket out[LISTEN_MAX], size_t *n, weir_buf *why)
{
    for (size_t i = 0; i < activation_count(); i++) {
        weir_span its = activation_name(i);

        if (name && (strlen(name) != its.len || memcmp(name, its.p, its.len) != 0))
            continue;
        if (*n == LISTEN_MAX)
            return listen_fail(why, spec, "more sockets were passed than one --listen can have", 0);
        out[*n] = (struct listen_socket){.fd = activation_take(i)};
        if (out[*n].fd < 0 && errno == EBUSY)
            return listen_fail(why, spec, "another --listen has this socket already", 0);
        if (out[*n].fd < 0)
            return listen_fail(why, spec, "what was said to be passed cannot be had", errno);
        enum listen_result r = adopt(spec, o, &out[(*n)++], why);
        if (r != LISTEN_OK)
            return r;
    }
    if (*n)
        return LISTEN_OK;
    return listen_fail(why, spec,
                       activation_count()
                           ? "no socket of this name was passed"
                           : "no socket was passed; is it started by its .socket unit?",
                       0);
}

static enum listen_result
open_passed(const char *spec, const struct listen_options *o, struct listen_socket out[LISTEN_MAX],
            size_t *n, weir_buf *why)
{
    const char *name = spec[7] ? spec + 8 : NULL;
    enum listen_result r = take_passed(spec, name, o, out, n, why);

    while (r != LISTEN_OK && *n > 0)
        (void)close(out[--*n].fd);
    return r;
}

enum listen_result
listen_open(const char *spec, const struct listen_options *o, struct listen_socket out[LISTEN_MAX],
            size_t *n, weir_buf *why)
{
    *n = 0;
    if (strcmp(spec, "systemd") == 0 || strncmp(spec, "systemd:", 8) == 0)
        return open_passed(spec, o, out, n, why);
    if (strncmp(spec, "unix:", 5) != 0)
        return o->unix_only ? refuse_tcp(spec, o, why) : open_tcp(spec, o, out, n, why);
    enum listen_result r = listen_open_unix(spec, spec + 5, o, &out[0], why);
    *n = r == LISTEN_OK;
    return r;
}

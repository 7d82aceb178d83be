/*
 * Reading addresses, and connecting.
 */
#include "load/address.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

static void
read_unix(struct address *a, const char *path)
{
    struct sockaddr_un *un = (struct sockaddr_un *)&a->at;

    if (!*path || strlen(path) >= sizeof un->sun_path)
        die(EXIT_USAGE, "\"unix:%s\": a path has 1 to %zu bytes", path, sizeof un->sun_path - 1);
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, path, strlen(path) + 1);
    a->len = sizeof *un;
}

/* The first address of a name that has several. */
static void
read_tcp(struct address *a, const char *text)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    const char *colon = strrchr(text, ':');
    struct addrinfo *found = NULL;
    char host[128];
    size_t len = colon ? (size_t)(colon - text) : 0, bracket = len > 1 && text[0] == '[';

    if (len == 0 || len >= sizeof host || !colon[1])
        die(EXIT_USAGE, "\"%s\" is no address: unix:PATH or HOST:PORT", text);
    snprintf(host, sizeof host, "%.*s", (int)(len - 2 * bracket), text + bracket);
    int error = getaddrinfo(host, colon + 1, &hints, &found);
    if (error)
        die(EXIT_USAGE, "%s: %s", text, gai_strerror(error));
    memcpy(&a->at, found->ai_addr, found->ai_addrlen);
    a->len = found->ai_addrlen;
    freeaddrinfo(found);
}

void
address_read(struct address *a, const char *text)
{
    memset(a, 0, sizeof *a);
    snprintf(a->name, sizeof a->name, "%s", text);
    if (strncmp(text, "unix:", 5) == 0)
        read_unix(a, text + 5);
    else
        read_tcp(a, text);
}

int
address_connect(const struct address *a)
{
    const int on = 1;
    int fd = socket(a->at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), error;

    if (fd < 0)
        return -1;
    /* a blocking connect waits where a server's queue is full; another one would fail */
    if (connect(fd, (const struct sockaddr *)&a->at, a->len) == 0 &&
        fcntl(fd, F_SETFL, O_NONBLOCK) == 0) {
        if (a->at.ss_family != AF_UNIX)
            (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        return fd;
    }
    error = errno;
    (void)close(fd);
    errno = error;
    return -1;
}

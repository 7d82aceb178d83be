/*
 * Calling.
 */
#include "serve/call.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static bool
fail(const char *address, const char *what, int error, weir_buf *why)
{
    weir_buf_printf(why, "%s: %s%s%s", address, what, error ? ": " : "",
                    error ? strerror(error) : "");
    return false;
}

static bool
set_time_limit(int fd, int which, unsigned ms)
{
    const struct timeval limit = {.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};

    return setsockopt(fd, SOL_SOCKET, which, &limit, sizeof limit) == 0; /* none where it is 0 */
}

static bool
reach(int fd, const struct sockaddr_un *at)
{
    int rc;

    do
        rc = connect(fd, (const struct sockaddr *)at, sizeof *at);
    while (rc < 0 && errno == EINTR);
    return rc == 0;
}

/* 0, or errno. */
static int
put(int fd, weir_span request)
{
    size_t at = 0;

    while (at < request.len) {
        ssize_t n = send(fd, request.p + at, request.len - at, MSG_NOSIGNAL);

        if (n < 0 && errno != EINTR)
            return errno;
        at += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/* It begins as an answer to control does, as far as it goes. */
static bool
is_control(const weir_buf *said)
{
    static const char *const words[] = {"done\n", "refused\n"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t len = strlen(words[i]);

        if (!said->len || memcmp(said->p, words[i], said->len < len ? said->len : len) == 0)
            return true;
    }
    return false;
}

/* All until the server ends, or shows that it is none to control: one for posts would wait for more
   of them. 0, or errno. */
static int
take(int fd, weir_buf *said)
{
    for (;;) {
        char *room = weir_buf_reserve(said, 4096);
        ssize_t n = room ? recv(fd, room, 4096, 0) : 0;

        if (!room)
            return ENOMEM;
        if (n == 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return errno;
        said->len += n > 0 ? (size_t)n : 0;
        if (!is_control(said))
            return 0;
    }
}

static bool
fail_as_no_control(const char *address, weir_buf *said, weir_buf *why)
{
    bool has_posts = said->p[0] == '{',
         has_http = said->len > 5 && memcmp(said->p, "HTTP/", 5) == 0;

    said->len = 0; /* it would explain nothing */
    return fail(address,
                has_posts  ? "posts are answered there: name the socket that `serve --control` has"
                : has_http ? "HTTP is spoken there: name the socket that `serve --control` has"
                           : "what listens there is no control socket of `tagweir serve`",
                0, why);
}

/* A server that does not want all of the request may have said why: what came is taken. */
static bool
converse(int fd, weir_span request, const char *address, weir_buf *said, weir_buf *why)
{
    int unsent = put(fd, request), untaken = unsent == EAGAIN ? 0 : take(fd, said);

    if (!is_control(said))
        return fail_as_no_control(address, said, why);
    if (unsent == EAGAIN)
        return fail(address, "the server does not take the request", 0, why);
    if (untaken == EAGAIN)
        return fail(address, "the server takes too long to answer", 0, why);
    if (unsent || untaken)
        return fail(address, "the connection broke", untaken ? untaken : unsent, why);
    return true;
}

bool
call_control(const char *address, weir_span request, const struct call_patience *patience,
             weir_buf *said, weir_buf *why)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    const char *path = address + 5;

    if (strncmp(address, "unix:", 5) != 0 || !*path || strlen(path) >= sizeof at.sun_path)
        return fail(address, "expected unix: and the path of the server's control socket", 0, why);
    memcpy(at.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return fail(address, "socket", errno, why);
    bool good;
    if (!set_time_limit(fd, SO_SNDTIMEO, patience->take_ms) ||
        !set_time_limit(fd, SO_RCVTIMEO, patience->answer_ms))
        good = fail(address, "socket", errno, why);
    else if (!reach(fd, &at))
        good = fail(address, "no server answers there", errno == EAGAIN ? 0 : errno, why);
    else
        good = converse(fd, request, address, said, why);
    (void)close(fd);
    return good;
}

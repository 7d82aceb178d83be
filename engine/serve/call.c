/*
 * Calling.
 */
#include "serve/call.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
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
converse(int fd, weir_span request, weir_buf *said)
{
    ssize_t n = 1;

    for (size_t at = 0; at < request.len && n > 0; at += (size_t)n)
        n = send(fd, request.p + at, request.len - at, MSG_NOSIGNAL);
    while (n > 0) {
        char *room = weir_buf_reserve(said, 4096);

        n = room ? recv(fd, room, 4096, 0) : -1;
        said->len += n > 0 ? (size_t)n : 0;
        if (n < 0 && errno == EINTR)
            n = 1;
    }
    return n == 0;
}

bool
call_control(const char *address, weir_span request, weir_buf *said, weir_buf *why)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    const char *path = address + 5;

    if (strncmp(address, "unix:", 5) != 0 || !*path || strlen(path) >= sizeof at.sun_path)
        return fail(address, "expected unix: and the path of the server's control socket", 0, why);
    memcpy(at.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return fail(address, "socket", errno, why);
    bool good = connect(fd, (const struct sockaddr *)&at, sizeof at) == 0;
    if (!good)
        (void)fail(address, "no server answers there", errno, why);
    else if (!converse(fd, request, said))
        good = fail(address, "the connection broke", errno, why);
    (void)close(fd);
    return good;
}

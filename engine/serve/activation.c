/*
 * What was passed. libsystemd would read the same three variables, and bring libgcrypt and three
 * compressors into a process that faces a network.
 */
#include "serve/activation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_FD 3
#define COUNT_MAX 1024

/* A variable that holds a number and nothing else; 0: it does not. */
static unsigned long
number_of(const char *variable)
{
    const char *text = getenv(variable);
    char *end;

    if (!text || text[0] < '0' || text[0] > '9')
        return 0;
    errno = 0;
    unsigned long n = strtoul(text, &end, 10);
    return *end || errno ? 0 : n;
}

size_t
activation_count(void)
{
    size_t n = number_of("LISTEN_FDS");

    return number_of("LISTEN_PID") != (unsigned long)getpid() || n > COUNT_MAX ? 0 : n;
}

weir_span
activation_name(size_t i)
{
    const char *at = getenv("LISTEN_FDNAMES");

    while (at && i-- > 0)
        at = (at = strchr(at, ':')) ? at + 1 : NULL;
    return at ? (weir_span){at, strcspn(at, ":")} : (weir_span){"", 0};
}

/* What came through an exec is open for the next one; what was taken is not. */
int
activation_take(size_t i)
{
    int fd = FIRST_FD + (int)i;
    int flags = fcntl(fd, F_GETFD);

    if (flags < 0)
        return -1;
    if (flags & FD_CLOEXEC) {
        errno = EBUSY;
        return -1;
    }
    return fcntl(fd, F_SETFD, flags | FD_CLOEXEC) < 0 ? -1 : fd;
}

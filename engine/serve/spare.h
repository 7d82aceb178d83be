/*
 * The last descriptors that a process may have. However many clients there are, rules can be
 * loaded, the control socket answers, and whoever watches the server by HTTP is answered.
 */
#ifndef WEIR_SERVE_SPARE_H
#define WEIR_SERVE_SPARE_H

#include <fcntl.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <unistd.h>

/* So many are left to others, where there are so few an eighth and a sixteenth. */
#define SPARE_OF_STREAMS 32
#define SPARE_OF_HTTP 16

/* The system gives the lowest number that is free: is this one of those that are to be left? */
static inline bool
spare_is(int fd, rlim_t most)
{
    struct rlimit may;

    if (getrlimit(RLIMIT_NOFILE, &may) < 0 || may.rlim_cur == RLIM_INFINITY)
        return false;
    rlim_t few = may.rlim_cur * most / 256;
    return (rlim_t)fd + (few < most ? few : most) >= may.rlim_cur;
}

/* Would the next one be? @param fd  Any that is open. */
static inline bool
spare_is_next(int fd, rlim_t most)
{
    int next = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    bool few = next < 0 || spare_is(next, most);

    if (next >= 0)
        (void)close(next);
    return few;
}

#endif

/*
 * What a handler of signals may do is little: it sets two atomics, and writes to a descriptor.
 */
#include "cli/stopping.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

static struct portions *_Atomic to_stop;
static atomic_int asked;
static atomic_int wake_fd = -1;

static void
on_signal(int number)
{
    int error = errno, fd = atomic_load(&wake_fd);
    struct portions *p = atomic_load(&to_stop);
    const uint64_t one = 1;

    atomic_store(&asked, number);
    if (p)
        portions_stop(p);
    if (fd >= 0 && write(fd, &one, sizeof one) < 0) {
        /* it is readable already */
    }
    errno = error;
}

int
stopping_begin(void)
{
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESTART | (int)SA_RESETHAND};
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (fd < 0)
        return -1;
    atomic_store(&wake_fd, fd);
    (void)sigemptyset(&sa.sa_mask);
    (void)sigaction(SIGINT, &sa, NULL);
    (void)sigaction(SIGTERM, &sa, NULL);
    return fd;
}

void
stopping_stops(struct portions *p)
{
    atomic_store(&to_stop, p);
    if (p && atomic_load(&asked))
        portions_stop(p);
}

int
stopping_signal(void)
{
    return atomic_load(&asked);
}

void
stopping_end(void)
{
    int number = atomic_load(&asked);

    if (!number)
        return;
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

/*
 * Wires: what a plain one does, and which kind one is.
 */
#include "serve/wire.h"

#include <errno.h>

bool
wire_init(struct wire *w, int fd, struct tls *tls)
{
    *w = (struct wire){.fd = fd, .recv_waits = WIRE_READABLE, .send_waits = WIRE_WRITABLE};
    return !tls || wire_tls_init(w, tls);
}

void
wire_fini(struct wire *w)
{
    if (w->tls)
        wire_tls_fini(w);
}

ssize_t
wire_plain_recv(int fd, void *buf, size_t cap)
{
    ssize_t n;

    do {
        n = recv(fd, buf, cap, 0);
    } while (n < 0 && errno == EINTR);
    return n;
}

ssize_t
wire_plain_send(int fd, const void *buf, size_t len)
{
    ssize_t n;

    do {
        n = send(fd, buf, len, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    return n;
}

int
wire_shutdown(struct wire *w)
{
    return w->tls ? wire_tls_shutdown(w) : shutdown(w->fd, SHUT_WR);
}

bool
wire_tell(const struct wire *w, weir_buf *out)
{
    return w->tls && wire_tls_tell(w, out);
}

/*
 * How the bytes of one connection come and go on its non-blocking socket, plain or by TLS: recv and
 * send as the system has them, and what to wait for where they would block.
 *
 * Whoever owns the connection polls the socket, tells wire_wants what it would do next, and does it
 * when wire_may_recv or wire_may_send says that this is what the socket woke it for. Before it
 * waits to read, it asks wire_has_pending: what is held here, no poll will tell of.
 *
 * One thread at a time; a wire may be moved in memory.
 */
#ifndef WEIR_SERVE_WIRE_H
#define WEIR_SERVE_WIRE_H

#include "serve/tls.h"

#include <sys/socket.h>
#include <sys/types.h>

/* What a socket can be polled for. */
#define WIRE_READABLE 1u
#define WIRE_WRITABLE 2u

struct wire_tls; /* wire_tls.c's own */

struct wire {
    struct wire_tls *tls; /* NULL: plain */
    int fd;               /* the owner's, who closes it after wire_fini */
    /* What reading and sending wait for. By TLS it may be the other one: a handshake is both. */
    unsigned recv_waits, send_waits;
    bool has_pending;
};

/* For this header and wire.c: wire_tls.c's, and the plain calls. */
bool wire_tls_init(struct wire *w, struct tls *tls);
void wire_tls_fini(struct wire *w);
ssize_t wire_tls_recv(struct wire *w, void *buf, size_t cap);
ssize_t wire_tls_send(struct wire *w, const void *buf, size_t len);
int wire_tls_shutdown(struct wire *w);
bool wire_tls_is_established(const struct wire *w);
size_t wire_tls_memory(const struct wire *w);
bool wire_tls_tell(const struct wire *w, weir_buf *out);
ssize_t wire_plain_recv(int fd, void *buf, size_t cap);
ssize_t wire_plain_send(int fd, const void *buf, size_t len);

/* @param tls  NULL: plain; must outlive the wire. false: no memory; nothing is to be released. */
bool wire_init(struct wire *w, int fd, struct tls *tls);
/* Tells the peer nothing: see wire_shutdown. */
void wire_fini(struct wire *w);

/*
 * As recv and send: so many bytes; 0, of wire_recv: the peer has ended its input; -1: errno says
 * why, EAGAIN that there is something to wait for. Neither is interrupted by signals, nor raises
 * SIGPIPE. `len` and `cap` are not zero.
 *
 * By TLS, the handshake runs inside of these. An input that ends without a close_notify is an
 * error, since anybody on the way can cut it: what came before is received, then EPROTO. (A peer
 * that leaves before it has sent a byte has begun nothing: that is an end.) After an error there
 * are only errors. What was not sent (EAGAIN) has to be the beginning of what is sent next; it may
 * have moved.
 */
static inline ssize_t wire_recv(struct wire *w, void *buf, size_t cap);
static inline ssize_t wire_send(struct wire *w, const void *buf, size_t len);

/* Is it plain, or is its handshake over? A client that lets it wait holds memory: there has to be a
   deadline. */
static inline bool
wire_is_established(const struct wire *w)
{
    return !w->tls || wire_tls_is_established(w);
}

/* Bytes of memory that it has for itself, as measured: by TLS a handshake takes much, and a
   connection some. */
static inline size_t
wire_memory(const struct wire *w)
{
    return w->tls ? wire_tls_memory(w) : 0;
}

/* No wire_memory is greater. */
#define WIRE_MOST_MEMORY ((size_t)64 * 1024)

/* Will wire_recv give bytes, the end or an error that are here already? */
static inline bool
wire_has_pending(const struct wire *w)
{
    return w->has_pending;
}

/* What to poll for, WIRE_*, where one would read, or send, or both. */
static inline unsigned
wire_wants(const struct wire *w, bool reads, bool sends)
{
    return (reads ? w->recv_waits : 0) | (sends ? w->send_waits : 0);
}

/* The socket woke its owner for `woken`: is it what reading, or sending, waits for? */
static inline bool
wire_may_recv(const struct wire *w, unsigned woken)
{
    return (w->recv_waits & woken) != 0;
}

static inline bool
wire_may_send(const struct wire *w, unsigned woken)
{
    return (w->send_waits & woken) != 0;
}

/*
 * Tell the peer that nothing more will be sent; all has been. Its input may still be read.
 * 0: told; -1: errno says why; EAGAIN: call again when it may be sent (wire_wants, wire_may_send).
 */
int wire_shutdown(struct wire *w);

/*
 * Append one line for a person on why TLS failed, and with which address of TCP; false: it has not.
 * Whether it is worth a line in a log, the caller knows: anybody can make this fail as often as he
 * likes.
 */
bool wire_tell(const struct wire *w, weir_buf *out);

static inline ssize_t
wire_recv(struct wire *w, void *buf, size_t cap)
{
    return w->tls ? wire_tls_recv(w, buf, cap) : wire_plain_recv(w->fd, buf, cap);
}

static inline ssize_t
wire_send(struct wire *w, const void *buf, size_t len)
{
    return w->tls ? wire_tls_send(w, buf, len) : wire_plain_send(w->fd, buf, len);
}

#endif

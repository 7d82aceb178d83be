/*
 * A wire by TLS: OpenSSL's state machine over the owner's socket.
 *
 * OpenSSL reads and writes through a BIO of ours, not through its own for sockets: that one raises
 * SIGPIPE, loses errno, and asks a socket once more that has just given all it had.
 */
#include "serve/wire.h"

#include "flow/check.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/*
 * OPEN     bytes may come
 * ENDED    the peer has ended its input
 * FAILED   nothing can be received or sent any more
 */
enum fate { OPEN, ENDED, FAILED };

struct wire_tls {
    uint32_t magic;
    int fd;
    SSL *ssl;
    enum fate fate;
    bool is_established; /* the handshake is over */
    bool heard;          /* a byte has come, encrypted or not */
    bool eof;            /* none will, any more */
    bool is_drained;     /* the socket had no more, in this call */
    bool has_told_end;   /* by a close_notify, or where none could be */
    int io_error;        /* errno of the last call that failed for good; 0: none */
    int error;           /* FAILED: the errno to give */
    unsigned long code;  /* FAILED: OpenSSL's word; 0: it has none */
    union {              /* asked for when it came: a socket that was reset no longer knows */
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } peer;
};

static int
bio_read(BIO *b, char *buf, int cap)
{
    struct wire_tls *t = BIO_get_data(b);
    ssize_t n = -1;

    BIO_clear_retry_flags(b);
    if (!t->is_drained) {
        n = wire_plain_recv(t->fd, buf, (size_t)cap);
        if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
            t->io_error = errno;
            return -1;
        }
        t->is_drained = n < cap; /* of what comes later, a poll will tell */
    }
    t->heard |= n > 0;
    t->eof = n == 0;
    if (n < 0)
        BIO_set_retry_read(b);
    return (int)n;
}

static int
bio_write(BIO *b, const char *buf, int len)
{
    struct wire_tls *t = BIO_get_data(b);
    ssize_t n = wire_plain_send(t->fd, buf, (size_t)len);

    BIO_clear_retry_flags(b);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        BIO_set_retry_write(b);
    else if (n < 0)
        t->io_error = errno;
    return (int)n;
}

static long
bio_ctrl(BIO *b, int command, long number, void *p)
{
    struct wire_tls *t = BIO_get_data(b);

    (void)number;
    (void)p;
    if (command == BIO_CTRL_EOF)
        return t->eof;
    return command == BIO_CTRL_FLUSH; /* nothing is held back */
}

static BIO_METHOD *method; /* made once; NULL: there was no memory */

static void
make_method(void)
{
    method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wire");
    if (method &&
        (BIO_meth_set_read(method, bio_read) != 1 || BIO_meth_set_write(method, bio_write) != 1 ||
         BIO_meth_set_ctrl(method, bio_ctrl) != 1)) {
        BIO_meth_free(method);
        method = NULL;
    }
}

bool
wire_tls_init(struct wire *w, struct tls *tls)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct wire_tls *t = calloc(1, sizeof *t);

    (void)pthread_once(&once, make_method);
    SSL *ssl = t ? tls_begin(tls) : NULL;
    BIO *bio = ssl && method ? BIO_new(method) : NULL;
    if (!bio) {
        ERR_clear_error();
        SSL_free(ssl);
        free(t);
        return false;
    }
    *t = (struct wire_tls){.magic = WIRE_TLS_MAGIC, .fd = w->fd, .ssl = ssl};
    socklen_t len = sizeof t->peer;
    if (getpeername(w->fd, &t->peer.any, &len) < 0)
        t->peer.any.sa_family = AF_UNSPEC;
    BIO_set_data(bio, t);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio); /* which goes with it */
    SSL_set_accept_state(ssl);
    w->tls = t;
    w->send_waits = WIRE_READABLE; /* the client says the first word */
    return true;
}

void
wire_tls_fini(struct wire *w)
{
    struct wire_tls *t = w->tls;

    CHECK_OBJ(t, WIRE_TLS_MAGIC);
    SSL_free(t->ssl);
    t->magic = 0;
    free(t);
    w->tls = NULL;
}

bool
wire_tls_is_established(const struct wire *w)
{
    CHECK_OBJ(w->tls, WIRE_TLS_MAGIC);
    return w->tls->is_established;
}

/*
 * As measured with OpenSSL 3.0 (tests/unit/serve/test_serve_wire_memory.c compares): up to 44 KiB
 * while there is a handshake, then 14, and 22 where there is a client's certificate. A buffer is 17
 * KiB, and comes and goes. That for reading is counted always: the first byte of a record is enough
 * to have it held, and OpenSSL tells nobody.
 */
#define HANDSHAKE ((size_t)44 * 1024)
#define ESTABLISHED ((size_t)32 * 1024)
#define CERTIFICATE ((size_t)8 * 1024)
#define BUFFER ((size_t)17 * 1024)

size_t
wire_tls_memory(const struct wire *w)
{
    const struct wire_tls *t = w->tls;

    CHECK_OBJ(t, WIRE_TLS_MAGIC);
    if (!t->is_established)
        return HANDSHAKE;
    return ESTABLISHED + (SSL_get_verify_mode(t->ssl) == SSL_VERIFY_NONE ? 0 : CERTIFICATE) +
           (SSL_want_write(t->ssl) ? BUFFER : 0);
}

/* For each call anew: what others left in this thread's queue of errors is not ours. */
static struct wire_tls *
begin(struct wire *w)
{
    CHECK_OBJ(w->tls, WIRE_TLS_MAGIC);
    ERR_clear_error();
    w->tls->is_drained = false;
    return w->tls;
}

static ssize_t
fail(struct wire_tls *t, bool is_system_error)
{
    t->fate = FAILED;
    t->code = ERR_peek_error(); /* the first is the cause */
    t->error = is_system_error && t->io_error ? t->io_error : EPROTO;
    ERR_clear_error();
    errno = t->error;
    return -1;
}

/* What a call that gave nothing came to: as wire_recv has it. */
static ssize_t
outcome(struct wire_tls *t, int rc, unsigned *waits)
{
    int what = SSL_get_error(t->ssl, rc);

    if (what == SSL_ERROR_WANT_READ || what == SSL_ERROR_WANT_WRITE) {
        *waits = what == SSL_ERROR_WANT_READ ? WIRE_READABLE : WIRE_WRITABLE;
        errno = EAGAIN;
        return -1;
    }
    if (what != SSL_ERROR_ZERO_RETURN && (t->heard || !t->eof))
        return fail(t, what == SSL_ERROR_SYSCALL);
    ERR_clear_error();
    t->fate = ENDED;
    return 0;
}

/* The handshake, until it is over: while it is not, reading and sending wait for the same.
   1: it is; else as outcome(). */
static ssize_t
establish(struct wire *w, struct wire_tls *t)
{
    if (t->is_established)
        return 1;
    int rc = SSL_do_handshake(t->ssl);
    t->is_established = rc == 1;
    w->recv_waits = WIRE_READABLE;
    w->send_waits = WIRE_WRITABLE;
    if (rc == 1) {
        /* What the client has sent behind its part may have been read along, by a send, too. */
        w->has_pending = SSL_has_pending(t->ssl) == 1;
        return 1;
    }
    ssize_t r = outcome(t, rc, &w->recv_waits);
    w->send_waits = w->recv_waits;
    return r;
}

static ssize_t
receive(struct wire *w, struct wire_tls *t, char *buf, size_t cap, size_t *got)
{
    ssize_t r = establish(w, t);
    size_t n;

    while (r == 1 && *got < cap) {
        int rc = SSL_read_ex(t->ssl, buf + *got, cap - *got, &n);

        if (rc == 1)
            *got += n;
        else
            r = outcome(t, rc, &w->recv_waits);
    }
    return r;
}

ssize_t
wire_tls_recv(struct wire *w, void *buf, size_t cap)
{
    struct wire_tls *t = begin(w);
    size_t got = 0;
    ssize_t r = 0;

    w->has_pending = false;
    w->recv_waits = WIRE_READABLE;
    if (t->fate == OPEN)
        r = receive(w, t, buf, cap, &got);
    if (got) {
        /* Full, with more decrypted, or to be decrypted of what was read ahead; or the end, or an
           error, that came behind: for the next call, which nothing else would bring about. */
        w->has_pending = r == 1 ? SSL_has_pending(t->ssl) == 1 : t->fate != OPEN;
        return (ssize_t)got;
    }
    if (t->fate == FAILED) {
        errno = t->error;
        return -1;
    }
    return r;
}

ssize_t
wire_tls_send(struct wire *w, const void *buf, size_t len)
{
    struct wire_tls *t = begin(w);
    size_t n;

    CHECK(!t->has_told_end);
    w->send_waits = WIRE_WRITABLE;
    if (t->fate == FAILED) {
        errno = t->error;
        return -1;
    }
    ssize_t r = establish(w, t);
    if (r == 1) {
        int rc = SSL_write_ex(t->ssl, buf, len, &n);

        if (rc == 1)
            return (ssize_t)n;
        r = outcome(t, rc, &w->send_waits);
    }
    if (r == 0) { /* an input that ended before the handshake: nobody is there to be sent to */
        errno = EPIPE;
        r = -1;
    }
    return r;
}

/*
 * The stream ends by a close_notify; the socket stays open, since reading on may need to answer (a
 * change of keys). Where there has been no handshake, there is nothing that TLS could say.
 */
int
wire_tls_shutdown(struct wire *w)
{
    struct wire_tls *t = begin(w);

    w->send_waits = WIRE_WRITABLE;
    if (t->fate == FAILED) {
        errno = t->error;
        return -1;
    }
    if (t->has_told_end)
        return 0; /* OpenSSL would read on to the peer's close_notify, and fail over its data */
    if (!t->is_established) {
        t->has_told_end = true;
        return shutdown(t->fd, SHUT_WR);
    }
    int rc = SSL_shutdown(t->ssl);
    t->has_told_end = rc >= 0;
    return rc >= 0 ? 0 : (int)outcome(t, rc, &w->send_waits);
}

/* What is often the matter, in other words than OpenSSL's: its are about its code. NULL: take its.
 */
static const char *
told_as(const struct wire_tls *t)
{
    switch (ERR_GET_REASON(t->code)) {
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
        return "the client speaks HTTP without TLS";
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_UNEXPECTED_MESSAGE:
    case SSL_R_BAD_PROTOCOL_VERSION_NUMBER:
        return t->is_established ? NULL : "the client does not speak TLS";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
        return "the client knows no TLS 1.2 or 1.3";
    case SSL_R_NO_SHARED_CIPHER:
        return "the client knows none of the ciphers";
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        return "the client gave no certificate";
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
        return t->is_established ? "the client's input was cut off (no close_notify came)"
                                 : "the client left";
    default:
        return NULL;
    }
}

static void
tell_peer(const struct wire_tls *t, weir_buf *out)
{
    bool is_v6 = t->peer.any.sa_family == AF_INET6;
    char host[NI_MAXHOST], port[NI_MAXSERV];

    if (!is_v6 && t->peer.any.sa_family != AF_INET)
        return;
    if (getnameinfo(&t->peer.any, sizeof t->peer, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) == 0)
        weir_buf_printf(out, is_v6 ? " with [%s]:%s" : " with %s:%s", host, port);
}

bool
wire_tls_tell(const struct wire *w, weir_buf *out)
{
    const struct wire_tls *t = w->tls;
    bool is_ssl = ERR_GET_LIB(t->code) == ERR_LIB_SSL;
    const char *reason = is_ssl ? told_as(t) : NULL;

    CHECK_OBJ(t, WIRE_TLS_MAGIC);
    if (t->fate != FAILED)
        return false;
    weir_buf_puts(out, t->is_established ? "TLS" : "TLS handshake");
    tell_peer(t, out);
    weir_buf_puts(out, ": ");
    if (is_ssl && ERR_GET_REASON(t->code) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
        weir_buf_printf(out, "the client's certificate is not accepted: %s",
                        X509_verify_cert_error_string(SSL_get_verify_result(t->ssl)));
        return true;
    }
    if (!reason && t->code)
        reason = ERR_reason_error_string(t->code);
    weir_buf_puts(out, reason ? reason : strerror(t->error));
    return true;
}

/*
 * What tests of wires share: a wire on one end of a socket pair, and a client on the other, who
 * speaks by OpenSSL alone where it speaks TLS.
 */
#ifndef WEIR_TESTS_SERVE_CLIENT_H
#define WEIR_TESTS_SERVE_CLIENT_H

#include "unit/test.h"

#include "unit/serve/certs.h"

#include "serve/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <poll.h>
#include <signal.h>

/* What all tests have: a root, ours, certificates for clients; and one that nobody signed. */
static struct identity root, ours, theirs, late, stranger;

/* The server's, without and with the wish for certificates. */
static struct tls *open_tls, *closed_tls;

static inline struct tls *
make_tls(const char *client_ca)
{
    struct tls_files files = {path_of("ours.pem"), NULL, client_ca};
    weir_buf said = {0};
    struct tls *t = tls_new(&files, now_ms(), &said);

    if (!t)
        fail_msg("%.*s", (int)said.len, said.p);
    weir_buf_fini(&said);
    return t;
}

static inline int
make_server(void **state)
{
    if (make_folder(state) < 0)
        return -1;
    root = make_identity((struct making){.name = "root", .is_ca = true});
    ours = make_identity((struct making){.name = "ours", .signer = &root});
    theirs = make_identity((struct making){.name = "theirs", .signer = &root});
    late = make_identity(
        (struct making){.name = "late", .signer = &root, .from_days = -20, .until_days = -10});
    stranger = make_identity((struct making){.name = "stranger"});
    (void)write_pem("ours.pem", ours.cert, ours.key);
    open_tls = make_tls(NULL);
    closed_tls = make_tls(write_pem("root.pem", root.cert, NULL));
    return 0;
}

static inline int
remove_server(void **state)
{
    struct identity *all[] = {&root, &ours, &theirs, &late, &stranger};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free_identity(all[i]);
    tls_free(open_tls);
    tls_free(closed_tls);
    return remove_folder(state);
}

/* A connection: the server's wire, and the client, whose ssl is NULL where it is plain. */
struct both {
    struct wire wire;
    int fd; /* the client's */
    SSL *ssl;
    SSL_CTX *ctx;
};

static inline void
make_both(struct both *b, struct tls *tls)
{
    int fds[2];

    *b = (struct both){.fd = -1};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    assert_true(wire_init(&b->wire, fds[0], tls));
    b->fd = fds[1];
}

/* The client speaks TLS, of this version (0: any), and shows this certificate, if any. */
static inline void
begin_client(struct both *b, int version, const struct identity *shown)
{
    b->ctx = SSL_CTX_new(TLS_client_method());
    assert_non_null(b->ctx);
    if (version) {
        assert_int_equal(SSL_CTX_set_min_proto_version(b->ctx, version), 1);
        assert_int_equal(SSL_CTX_set_max_proto_version(b->ctx, version), 1);
    }
    if (version && version < TLS1_2_VERSION)
        assert_int_equal(SSL_CTX_set_cipher_list(b->ctx, "ALL:@SECLEVEL=0"), 1);
    (void)SSL_CTX_set_mode(b->ctx,
                           SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (shown) {
        assert_int_equal(SSL_CTX_use_certificate(b->ctx, shown->cert), 1);
        assert_int_equal(SSL_CTX_use_PrivateKey(b->ctx, shown->key), 1);
    }
    assert_int_equal(X509_STORE_add_cert(SSL_CTX_get_cert_store(b->ctx), root.cert), 1);
    SSL_CTX_set_verify(b->ctx, SSL_VERIFY_PEER, NULL);
    b->ssl = SSL_new(b->ctx);
    assert_non_null(b->ssl);
    assert_int_equal(SSL_set_fd(b->ssl, b->fd), 1);
    SSL_set_connect_state(b->ssl);
}

static inline void
close_client(struct both *b)
{
    SSL_free(b->ssl);
    SSL_CTX_free(b->ctx);
    b->ssl = NULL;
    b->ctx = NULL;
    if (b->fd >= 0)
        (void)close(b->fd);
    b->fd = -1;
}

static inline void
end_both(struct both *b)
{
    int fd = b->wire.fd;

    wire_fini(&b->wire);
    (void)close(fd);
    close_client(b);
    ERR_clear_error();
}

/* The client's recv and send: as the wire's. A close_notify or the end of a plain input is 0. */
static inline ssize_t
client_result(struct both *b, int rc, size_t n)
{
    int what = SSL_get_error(b->ssl, rc);

    if (rc == 1)
        return (ssize_t)n;
    if (what == SSL_ERROR_ZERO_RETURN)
        return 0;
    errno = what == SSL_ERROR_WANT_READ || what == SSL_ERROR_WANT_WRITE ? EAGAIN : EPROTO;
    return -1;
}

static inline ssize_t
client_recv(struct both *b, void *buf, size_t cap)
{
    size_t n = 0;

    if (!b->ssl)
        return recv(b->fd, buf, cap, 0);
    ERR_clear_error();
    int rc = SSL_read_ex(b->ssl, buf, cap, &n);
    return client_result(b, rc, n);
}

static inline ssize_t
client_send(struct both *b, const void *buf, size_t len)
{
    size_t n = 0;

    if (!b->ssl)
        return send(b->fd, buf, len, MSG_NOSIGNAL);
    ERR_clear_error();
    int rc = SSL_write_ex(b->ssl, buf, len, &n);
    return client_result(b, rc, n);
}

/* The client says that no more comes; its input stays open. */
static inline int
client_shutdown(struct both *b)
{
    ERR_clear_error();
    if (!b->ssl)
        return shutdown(b->fd, SHUT_WR);
    int rc = SSL_shutdown(b->ssl);
    return rc >= 0 ? 0 : (int)client_result(b, rc, 0);
}

/* Until both ends have done all of it, or one cannot. */
static inline void
shake_hands(struct both *b)
{
    char c;

    for (int i = 0; i < 10; i++) {
        ERR_clear_error();
        (void)SSL_do_handshake(b->ssl);
        if (wire_recv(&b->wire, &c, 1) >= 0 || errno != EAGAIN)
            return;
    }
    assert_int_equal(SSL_is_init_finished(b->ssl), 1);
}

/* Why the wire failed. */
static inline void
expect_told(const struct wire *w, const char *expected)
{
    weir_buf said = {0};
    bool failed = wire_tell(w, &said);

    weir_buf_putc(&said, '\0');
    if (failed != (expected[0] != '\0') || strcmp(said.p, expected) != 0)
        fail_msg("it says \"%s\", not \"%s\"", said.p, expected);
    weir_buf_fini(&said);
}

#endif

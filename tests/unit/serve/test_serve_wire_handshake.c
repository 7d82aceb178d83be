/*
 * serve/wire: handshakes, in whatever pieces they come; who is not let in, and what is told of that.
 */
#include "unit/test.h"

#include "unit/serve/client.h"

/* Nobody can be answered before: a wire that has something to send waits for the client's hello. */
static void
sending_first(void **state)
{
    struct both b;
    char got[10];

    (void)state;
    make_both(&b, open_tls);
    begin_client(&b, 0, NULL);
    assert_true(wire_send(&b.wire, "hello", 5) == -1 && errno == EAGAIN);
    assert_int_equal(wire_wants(&b.wire, false, true), WIRE_READABLE);
    assert_int_equal(SSL_do_handshake(b.ssl), -1);
    assert_true(wire_send(&b.wire, "hello", 5) == -1 && errno == EAGAIN);
    assert_int_equal(SSL_do_handshake(b.ssl), 1);
    assert_false(wire_is_established(&b.wire));
    assert_int_equal(wire_send(&b.wire, "hello", 5), 5);
    assert_true(wire_is_established(&b.wire));
    assert_int_equal(wire_wants(&b.wire, false, true), WIRE_WRITABLE);
    assert_int_equal(client_recv(&b, got, sizeof got), 5);
    end_both(&b);
}

/* What comes in one packet with the end of the handshake is there already when a send finds it. */
static void
sending_reads_along(void **state)
{
    struct both b;
    char got[10];

    (void)state;
    make_both(&b, open_tls);
    begin_client(&b, 0, NULL);
    assert_int_equal(SSL_do_handshake(b.ssl), -1);
    assert_true(wire_send(&b.wire, "hello", 5) == -1 && errno == EAGAIN);
    assert_false(wire_has_pending(&b.wire));
    assert_int_equal(client_send(&b, "post", 4), 4);
    assert_int_equal(wire_send(&b.wire, "hello", 5), 5);
    assert_true(wire_has_pending(&b.wire));
    assert_int_equal(wire_recv(&b.wire, got, sizeof got), 4);
    assert_false(wire_has_pending(&b.wire));
    end_both(&b);
}

/* A handshake that comes byte by byte. */
static void
a_slow_client(void **state)
{
    BIO *out = BIO_new(BIO_s_mem());
    struct both b;
    char c;

    (void)state;
    make_both(&b, open_tls);
    begin_client(&b, 0, NULL);
    SSL_set0_wbio(b.ssl, out);
    for (int i = 0; i < 3; i++) {
        (void)SSL_do_handshake(b.ssl);
        while (BIO_read(out, &c, 1) == 1) {
            assert_int_equal(send(b.fd, &c, 1, 0), 1);
            assert_true(wire_recv(&b.wire, &c, 1) == -1 && errno == EAGAIN);
        }
    }
    assert_int_equal(SSL_is_init_finished(b.ssl), 1);
    assert_int_equal(wire_send(&b.wire, "a", 1), 1);
    end_both(&b);
}

#define NO_TLS "TLS handshake: the client does not speak TLS"

static void
clients_without_tls(void **state)
{
#define BYTES(s) (s), sizeof(s) - 1
    static const struct {
        const char *bytes;
        size_t len;
        const char *told;
    } rows[] = {
        {BYTES("{\"id\":\"1\",\"author\":\"@x\"}\n"), NO_TLS},
        {BYTES("\n\n\n\n\n\n\n\n\n\n\n\n\n"), NO_TLS},
        {BYTES("\x15\x03\x03\x00\x02\x02\x28xxxx"), NO_TLS},
        {BYTES("\x17\x03\x03\x00\x05hello"), NO_TLS},
        {BYTES("GET / HTTP/1.1\r\n\r\n"), "TLS handshake: the client speaks HTTP without TLS"},
        {BYTES("CONNECT a:1 HTTP/1.1\r\n"), "TLS handshake: the client speaks HTTP without TLS"},
        {BYTES("{}"), "TLS handshake: the client left"},
    };
    char got[100];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct both b;

        make_both(&b, open_tls);
        assert_int_equal(send(b.fd, rows[i].bytes, rows[i].len, 0), rows[i].len);
        assert_int_equal(shutdown(b.fd, SHUT_WR), 0);
        while (wire_recv(&b.wire, got, sizeof got) < 0 && errno == EAGAIN)
            continue; /* as a poll would have it */
        assert_int_equal(errno, EPROTO);
        expect_told(&b.wire, rows[i].told);
        end_both(&b);
    }
#undef BYTES
}

static void
versions(void **state)
{
    static const struct {
        int version;
        const char *told;
    } rows[] = {
        {TLS1_VERSION, "TLS handshake: the client knows no TLS 1.2 or 1.3"},
        {TLS1_1_VERSION, "TLS handshake: the client knows no TLS 1.2 or 1.3"},
        {TLS1_2_VERSION, ""},
        {TLS1_3_VERSION, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct both b;

        make_both(&b, open_tls);
        begin_client(&b, rows[i].version, NULL);
        shake_hands(&b);
        expect_told(&b.wire, rows[i].told);
        end_both(&b);
    }
}

/* A client of 1.2 without a cipher that keeps what was said a secret when the key is out. */
static void
ciphers_without_forward_secrecy(void **state)
{
    struct both b;

    (void)state;
    make_both(&b, open_tls);
    begin_client(&b, TLS1_2_VERSION, NULL);
    assert_int_equal(SSL_set_cipher_list(b.ssl, "AES128-GCM-SHA256:ECDHE+AES128+SHA1"), 1);
    shake_hands(&b);
    expect_told(&b.wire, "TLS handshake: the client knows none of the ciphers");
    end_both(&b);
}

#define NOT_ACCEPTED "TLS handshake: the client's certificate is not accepted: "

static void
client_certificates(void **state)
{
    static const struct {
        const struct identity *shown;
        const char *told;
    } rows[] = {
        {&theirs, ""},
        {NULL, "TLS handshake: the client gave no certificate"},
        {&stranger, NOT_ACCEPTED "self-signed certificate"},
        {&late, NOT_ACCEPTED "certificate has expired"},
    };
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

    (void)state;
    for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
        struct both b;
        char c;

        make_both(&b, closed_tls);
        begin_client(&b, versions[i % 2], rows[i / 2].shown);
        shake_hands(&b);
        expect_told(&b.wire, rows[i / 2].told);
        if (rows[i / 2].told[0]) {
            assert_true(wire_send(&b.wire, "secret", 6) == -1 && errno == EPROTO);
            assert_int_equal(client_recv(&b, &c, 1), -1); /* it is told, too */
            assert_int_equal(ERR_GET_LIB(ERR_peek_error()), ERR_LIB_SSL);
            assert_true(ERR_GET_REASON(ERR_peek_error()) > SSL_AD_REASON_OFFSET);
        } else {
            assert_int_equal(client_send(&b, "post", 4), 4);
            assert_int_equal(wire_recv(&b.wire, &c, 1), 1);
        }
        end_both(&b);
    }
}

/* A client that does not believe us says so. */
static void
clients_that_refuse(void **state)
{
    struct both b;

    (void)state;
    make_both(&b, open_tls);
    begin_client(&b, 0, NULL);
    assert_int_equal(SSL_set1_host(b.ssl, "somebody.else.example"), 1);
    shake_hands(&b);
    shake_hands(&b);
    expect_told(&b.wire, "TLS handshake: sslv3 alert bad certificate");
    end_both(&b);
}

/* Of TLS 1.2: whoever could make the server begin anew, could make it work without end. */
static void
no_renegotiation(void **state)
{
    struct both b;
    char c;

    (void)state;
    make_both(&b, open_tls);
    begin_client(&b, TLS1_2_VERSION, NULL);
    shake_hands(&b);
    assert_int_equal(SSL_renegotiate(b.ssl), 1);
    assert_int_equal(SSL_do_handshake(b.ssl), -1); /* sends its hello */
    assert_true(wire_recv(&b.wire, &c, 1) == -1);
    assert_int_equal(SSL_do_handshake(b.ssl), -1); /* which nobody answered */
    assert_int_not_equal(SSL_get_error(b.ssl, -1), SSL_ERROR_WANT_READ);
    end_both(&b);
}

/* No session can be taken up again: each connection is checked anew. */
static void
no_resumption(void **state)
{
    SSL_SESSION *session = NULL;
    char c;

    (void)state;
    for (int i = 0; i < 4; i++) {
        struct both b;

        make_both(&b, closed_tls);
        begin_client(&b, i < 2 ? TLS1_2_VERSION : TLS1_3_VERSION, &theirs);
        if (i % 2)
            assert_int_equal(SSL_set_session(b.ssl, session), 1);
        shake_hands(&b);
        assert_int_equal(wire_send(&b.wire, "a", 1), 1);
        assert_int_equal(client_recv(&b, &c, 1), 1);
        assert_int_equal(SSL_session_reused(b.ssl), 0);
        SSL_SESSION_free(session);
        session = SSL_get1_session(b.ssl);
        end_both(&b);
    }
    SSL_SESSION_free(session);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sending_first),
        cmocka_unit_test(sending_reads_along),
        cmocka_unit_test(a_slow_client),
        cmocka_unit_test(clients_without_tls),
        cmocka_unit_test(versions),
        cmocka_unit_test(ciphers_without_forward_secrecy),
        cmocka_unit_test(client_certificates),
        cmocka_unit_test(clients_that_refuse),
        cmocka_unit_test(no_renegotiation),
        cmocka_unit_test(no_resumption),
    };

    (void)signal(SIGPIPE, SIG_IGN); /* the clients' OpenSSL writes as it does */
    return cmocka_run_group_tests_name("serve/wire_handshake", tests, make_server, remove_server);
}

/*
 * serve/wire: bytes and ends come through as they were sent, by plain sockets and TLS alike, by
 * waiting for nothing but what the wire says; what goes wrong is an error and is told.
 *
 * Pieces are drawn at random; WEIR_SEED repeats a run.
 */
#include "unit/test.h"

#include "unit/draw.h"
#include "unit/serve/client.h"

/* Streams ---------------------------------------------------------------------------------- */

#define PIECE ((size_t)100 * 1000)

/* One direction: bytes that tell where in which stream they are. */
struct stream {
    unsigned seed;
    size_t total, sent, received;
    size_t tried; /* of the last attempt to send, which had to wait */
    bool has_told_end, has_ended;
};

static char
byte_at(const struct stream *s, size_t i)
{
    return (char)((i * 2654435761u >> 11) + s->seed);
}

/* What is sent next: at least what was tried before, in other memory, which goes with the call. */
static char *
next_piece(struct stream *s, size_t *len)
{
    size_t left = s->total - s->sent;

    *len = draw(2) ? 1 + draw(50) : 1 + draw(PIECE);
    *len = *len < s->tried ? s->tried : *len;
    *len = *len < left ? *len : left;
    char *p = malloc(*len);
    assert_non_null(p);
    for (size_t i = 0; i < *len; i++)
        p[i] = byte_at(s, s->sent + i);
    return p;
}

static void
check_received(struct stream *s, const char *p, ssize_t n)
{
    if (n < 0 && errno != EAGAIN)
        fail_msg("behind %zu of %zu bytes: %s", s->received, s->total, strerror(errno));
    s->has_ended = n == 0;
    for (ssize_t i = 0; i < n; i++)
        if (p[i] != byte_at(s, s->received + (size_t)i))
            fail_msg("byte %zu is another one", s->received + (size_t)i);
    s->received += n > 0 ? (size_t)n : 0;
}

static void
check_sent(struct stream *s, size_t len, ssize_t n)
{
    assert_true(n > 0 || (n < 0 && errno == EAGAIN));
    s->tried = n < 0 ? len : 0;
    s->sent += n > 0 ? (size_t)n : 0;
}

/* The server does what its socket woke it for. It does not end what has not begun. */
static void
serve_a_little(struct wire *w, struct stream *in, struct stream *out)
{
    static char buf[PIECE];
    bool is_over =
        out->has_told_end || (out->sent == out->total && !in->has_ended && !in->received);
    bool reads = !in->has_ended && draw(4), sends = !is_over && draw(4);
    unsigned wants = wire_wants(w, reads, sends);
    struct pollfd p = {.fd = w->fd,
                       .events = (short)((wants & WIRE_READABLE ? POLLIN : 0) |
                                         (wants & WIRE_WRITABLE ? POLLOUT : 0))};

    (void)poll(&p, 1, 0);
    unsigned woken =
        (p.revents & POLLIN ? WIRE_READABLE : 0) | (p.revents & POLLOUT ? WIRE_WRITABLE : 0);
    if (reads && (wire_has_pending(w) || wire_may_recv(w, woken)))
        check_received(in, buf, wire_recv(w, buf, 1 + draw(draw(2) ? 50 : PIECE)));
    if (!sends || !wire_may_send(w, woken))
        return;
    if (out->sent < out->total) {
        size_t len;
        char *piece = next_piece(out, &len);

        check_sent(out, len, wire_send(w, piece, len));
        free(piece);
    } else {
        int rc = wire_shutdown(w);

        assert_true(rc == 0 || errno == EAGAIN);
        out->has_told_end = rc == 0;
    }
}

/* The client polls nothing, and asks now and then for other keys (a change of which makes the
   server write where it reads), as long as it reads itself: an end that does not can lock both. */
static void
take_a_little(struct both *b, struct stream *in, struct stream *out)
{
    static char buf[PIECE];

    if (!in->has_ended && draw(4))
        check_received(in, buf, client_recv(b, buf, 1 + draw(draw(2) ? 50 : PIECE)));
    if (out->has_told_end || !draw(4))
        return;
    if (out->sent == out->total) {
        if (!b->ssl || SSL_do_handshake(b->ssl) == 1)
            out->has_told_end = client_shutdown(b) == 0;
        return;
    }
    if (b->ssl && !out->tried && SSL_is_init_finished(b->ssl) &&
        SSL_version(b->ssl) == TLS1_3_VERSION && !draw(200))
        assert_int_equal(SSL_key_update(b->ssl, SSL_KEY_UPDATE_REQUESTED), 1);
    size_t len;
    char *piece = next_piece(out, &len);
    check_sent(out, len, client_send(b, piece, len));
    free(piece);
}

static void
make_buffers_small(int fd)
{
    int size = 4096;

    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size), 0);
}

/* So many bytes in and out, each direction at its own pace, and then both ends. */
static void
stream(struct both *b, size_t up_bytes, size_t down_bytes)
{
    struct stream up = {.seed = 1, .total = up_bytes}, down = {.seed = 2, .total = down_bytes};
    size_t before = 0, idle = 0;

    while (!up.has_ended || !down.has_ended || !down.has_told_end) {
        serve_a_little(&b->wire, &up, &down);
        take_a_little(b, &down, &up);
        size_t done = up.sent + up.received + down.sent + down.received;
        idle = done == before ? idle + 1 : 0;
        before = done;
        if (idle > 1000)
            fail_msg("stuck: up %zu of %zu, down %zu of %zu", up.received, up.total, down.received,
                     down.total);
    }
    assert_int_equal(up.received, up.total);
    assert_int_equal(down.received, down.total);
    expect_told(&b->wire, "");
}

static void
bytes_come_through(void **state)
{
    static const struct {
        int version; /* 0: plain */
        bool small;
        size_t up, down;
    } rows[] = {
        {0, false, 3000000, 3000000},
        {0, true, 300000, 300000},
        {TLS1_2_VERSION, false, 3000000, 3000000},
        {TLS1_2_VERSION, true, 300000, 300000},
        {TLS1_3_VERSION, false, 3000000, 3000000},
        {TLS1_3_VERSION, true, 300000, 300000},
        {TLS1_3_VERSION, false, 3000000, 0},
        {TLS1_3_VERSION, false, 0, 3000000},
        {TLS1_3_VERSION, false, 0, 0},
        {TLS1_2_VERSION, false, 0, 0},
    };

    (void)state;
    draw_from_seed();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct both b;

        make_both(&b, rows[i].version ? open_tls : NULL);
        if (rows[i].version)
            begin_client(&b, rows[i].version, NULL);
        if (rows[i].small) {
            make_buffers_small(b.fd);
            make_buffers_small(b.wire.fd);
        }
        stream(&b, rows[i].up, rows[i].down);
        end_both(&b);
    }
}

/* A plain wire is the socket. ------------------------------------------------------------- */

static void
plain(void **state)
{
    struct both b;
    char c;

    (void)state;
    make_both(&b, NULL);
    assert_true(wire_is_established(&b.wire));
    assert_true(wire_recv(&b.wire, &c, 1) == -1 && errno == EAGAIN);
    assert_int_equal(wire_wants(&b.wire, true, false), WIRE_READABLE);
    assert_int_equal(wire_wants(&b.wire, false, true), WIRE_WRITABLE);
    assert_int_equal(wire_wants(&b.wire, true, true), WIRE_READABLE | WIRE_WRITABLE);
    assert_int_equal(wire_wants(&b.wire, false, false), 0);
    assert_int_equal(client_send(&b, "ab", 2), 2);
    assert_int_equal(wire_recv(&b.wire, &c, 1), 1);
    assert_false(wire_has_pending(&b.wire)); /* what is left, a poll tells of */
    close_client(&b);
    assert_true(wire_send(&b.wire, "c", 1) == -1 && errno == EPIPE);
    expect_told(&b.wire, "");
    end_both(&b);
}

/* Nobody hears of a client who has left by a signal. */
static void
no_sigpipe(void **state)
{
    static const char much[PIECE];
    struct both b;

    (void)state;
    make_both(&b, open_tls);
    begin_client(&b, 0, NULL);
    shake_hands(&b);
    close_client(&b);
    (void)signal(SIGPIPE, SIG_DFL);
    assert_true(wire_send(&b.wire, much, sizeof much) == -1 && errno == EPIPE);
    assert_true(wire_shutdown(&b.wire) == -1 && errno == EPIPE);
    (void)signal(SIGPIPE, SIG_IGN);
    expect_told(&b.wire, "TLS: Broken pipe");
    end_both(&b);
}

/* What is held ------------------------------------------------------------------------------ */

/* Decrypted bytes, more records that were read along, and the end behind them. */
static void
what_is_held_is_told(void **state)
{
    static char much[20000], got[7000];
    struct both b;
    size_t n = 0, calls = 0;

    (void)state;
    make_both(&b, open_tls);
    begin_client(&b, 0, NULL);
    shake_hands(&b);
    assert_false(wire_has_pending(&b.wire));
    for (int i = 0; i < 4; i++)
        assert_int_equal(client_send(&b, much + 5000 * i, 5000), 5000);
    assert_int_equal(client_shutdown(&b), 0);
    while (n < sizeof much) {
        ssize_t r = wire_recv(&b.wire, got, sizeof got);

        assert_true(r > 0);
        assert_true(r == (ssize_t)sizeof got || n + (size_t)r == sizeof much);
        assert_true(wire_has_pending(&b.wire));
        n += (size_t)r;
        calls++;
    }
    assert_int_equal(calls, 3);
    assert_int_equal(wire_recv(&b.wire, got, sizeof got), 0);
    assert_false(wire_has_pending(&b.wire));
    assert_int_equal(wire_recv(&b.wire, got, sizeof got), 0);
    end_both(&b);
}

/* Part of a record that was read along is no bytes yet: nobody is called for it time and again. */
static void
part_of_a_record_is_not_held(void **state)
{
    static char record[17000], got[1000];
    struct both b;
    BIO *out = BIO_new(BIO_s_mem());
    char *bytes;

    (void)state;
    make_both(&b, open_tls);
    begin_client(&b, 0, NULL);
    shake_hands(&b);
    assert_non_null(out);
    SSL_set0_wbio(b.ssl, out); /* from here on, bytes go as this test lets them */
    assert_int_equal(client_send(&b, record, sizeof got), sizeof got);
    assert_int_equal(client_send(&b, record, 10), 10);
    size_t len = (size_t)BIO_get_mem_data(out, &bytes);
    assert_int_equal(send(b.fd, bytes, len - 3, 0), len - 3);

    assert_int_equal(wire_recv(&b.wire, got, sizeof got), sizeof got);
    if (wire_has_pending(&b.wire)) /* once, it may not know better */
        assert_true(wire_recv(&b.wire, got, sizeof got) == -1 && errno == EAGAIN);
    assert_false(wire_has_pending(&b.wire));
    assert_int_equal(wire_wants(&b.wire, true, false), WIRE_READABLE);
    assert_int_equal(send(b.fd, bytes + len - 3, 3, 0), 3);
    assert_int_equal(wire_recv(&b.wire, got, sizeof got), 10);
    end_both(&b);
}

/* Ends -------------------------------------------------------------------------------------- */

static void
a_stream_that_is_cut_off(void **state)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    char got[100];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct both b;

        make_both(&b, open_tls);
        begin_client(&b, versions[i], NULL);
        shake_hands(&b);
        assert_int_equal(client_send(&b, "all of it", 9), 9);
        assert_int_equal(shutdown(b.fd, SHUT_WR), 0);
        assert_int_equal(wire_recv(&b.wire, got, sizeof got), 9);
        for (int j = 0; j < 2; j++) {
            assert_true(wire_recv(&b.wire, got, sizeof got) == -1 && errno == EPROTO);
            assert_false(wire_has_pending(&b.wire));
        }
        expect_told(&b.wire, "TLS: the client's input was cut off (no close_notify came)");
        assert_true(wire_send(&b.wire, "answer", 6) == -1 && errno == EPROTO);
        assert_true(wire_shutdown(&b.wire) == -1 && errno == EPROTO);
        end_both(&b);
    }
}

/* The server has ended its output: the client sees that, and what it sends is still received. */
static void
reading_goes_on_after_the_end_of_writing(void **state)
{
    char got[100];
    struct both b;

    (void)state;
    make_both(&b, open_tls);
    begin_client(&b, 0, NULL);
    shake_hands(&b);
    assert_int_equal(wire_send(&b.wire, "answer", 6), 6);
    assert_int_equal(client_send(&b, "one", 3), 3);
    assert_int_equal(wire_shutdown(&b.wire), 0);
    assert_int_equal(wire_shutdown(&b.wire), 0); /* more than once is once */
    assert_int_equal(client_recv(&b, got, sizeof got), 6);
    assert_int_equal(client_recv(&b, got, sizeof got), 0);
    assert_int_equal(client_send(&b, "two", 3), 3);
    assert_int_equal(wire_recv(&b.wire, got, sizeof got), 6);
    assert_int_equal(client_shutdown(&b), 0);
    assert_int_equal(wire_recv(&b.wire, got, sizeof got), 0);
    end_both(&b);
}

/* No room for the close_notify: it goes when there is, and only once. */
static void
the_end_has_to_wait(void **state)
{
    static char much[PIECE];
    struct both b;
    size_t sent = 0;
    ssize_t n;

    (void)state;
    make_both(&b, open_tls);
    begin_client(&b, 0, NULL);
    shake_hands(&b);
    make_buffers_small(b.wire.fd);
    while ((n = send(b.wire.fd, much, 1, MSG_NOSIGNAL)) > 0)
        sent++; /* past TLS, to the last byte of room */
    assert_true(wire_shutdown(&b.wire) == -1 && errno == EAGAIN);
    assert_int_equal(wire_wants(&b.wire, false, true), WIRE_WRITABLE);
    assert_true(wire_shutdown(&b.wire) == -1 && errno == EAGAIN);
    for (size_t got = 0; got < sent; got += (size_t)n) {
        n = recv(b.fd, much, sizeof much < sent - got ? sizeof much : sent - got, 0);
        assert_true(n > 0);
    }
    assert_int_equal(wire_shutdown(&b.wire), 0);
    assert_int_equal(client_recv(&b, much, sizeof much), 0);
    end_both(&b);
}

/* Before there is TLS, its end cannot be told; the socket's can. */
static void
the_end_before_the_handshake(void **state)
{
    struct both b;
    char c;

    (void)state;
    make_both(&b, open_tls);
    begin_client(&b, 0, NULL);
    assert_int_equal(wire_shutdown(&b.wire), 0);
    assert_int_equal(recv(b.fd, &c, 1, 0), 0);
    assert_int_equal(SSL_do_handshake(b.ssl), -1); /* says hello all the same */
    assert_true(wire_recv(&b.wire, &c, 1) == -1 && errno != EAGAIN);
    end_both(&b);
}

/* Who only looks whether somebody lives has not failed at TLS. */
static void
a_client_that_leaves_at_once(void **state)
{
    struct both b;
    char c;

    (void)state;
    make_both(&b, closed_tls);
    assert_true(wire_recv(&b.wire, &c, 1) == -1 && errno == EAGAIN);
    assert_int_equal(wire_wants(&b.wire, true, true), WIRE_READABLE);
    close_client(&b);
    assert_int_equal(wire_recv(&b.wire, &c, 1), 0);
    assert_true(wire_send(&b.wire, "a", 1) == -1 && errno == EPIPE);
    expect_told(&b.wire, "");
    end_both(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_through),
        cmocka_unit_test(plain),
        cmocka_unit_test(no_sigpipe),
        cmocka_unit_test(what_is_held_is_told),
        cmocka_unit_test(part_of_a_record_is_not_held),
        cmocka_unit_test(a_stream_that_is_cut_off),
        cmocka_unit_test(reading_goes_on_after_the_end_of_writing),
        cmocka_unit_test(the_end_has_to_wait),
        cmocka_unit_test(the_end_before_the_handshake),
        cmocka_unit_test(a_client_that_leaves_at_once),
    };

    (void)signal(SIGPIPE, SIG_IGN); /* the clients' OpenSSL writes as it does */
    return cmocka_run_group_tests_name("serve/wire", tests, make_server, remove_server);
}

/*
 * serve/wire: what a wire says that it holds by TLS is what OpenSSL has allocated for it, or
 * somewhat more.
 */
#include "unit/test.h"

#include "unit/serve/client.h"

#include <malloc.h>

/* Bytes that OpenSSL holds, as the system counts them. */
static size_t allocated;

static void *
count(void *p)
{
    allocated += p ? malloc_usable_size(p) + sizeof(size_t) : 0;
    return p;
}

static void
forget(void *p)
{
    allocated -= p ? malloc_usable_size(p) + sizeof(size_t) : 0;
}

static void *
counted_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return count(malloc(size));
}

static void *
counted_realloc(void *p, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    forget(p);
    return count(realloc(p, size));
}

static void
counted_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    forget(p);
    free(p);
}

/* A connection, and what was allocated while the server's end was at work. */
struct weighed {
    struct both b;
    size_t held;
};

static void
read_all(struct weighed *x)
{
    char buf[1000];
    size_t before = allocated;

    while (wire_recv(&x->b.wire, buf, sizeof buf) > 0)
        ;
    x->held += allocated - before;
}

static void
expect_weight(const struct weighed *x, const char *when)
{
    size_t told = wire_memory(&x->b.wire);

    if (x->held > told || told > 3 * x->held || told > WIRE_MOST_MEMORY)
        fail_msg("%s: it holds %zu bytes, and says %zu", when, x->held, told);
}

static void
weigh(struct weighed *x, struct tls *tls, int version)
{
    static const char big[1 << 16];
    size_t before = allocated;

    *x = (struct weighed){.held = 0};
    make_both(&x->b, tls);
    x->held = allocated - before;
    begin_client(&x->b, version, &theirs);
    (void)SSL_do_handshake(x->b.ssl);
    read_all(x);
    assert_false(wire_is_established(&x->b.wire));
    expect_weight(x, "amid the handshake");
    for (int i = 0; i < 5; i++) {
        (void)SSL_do_handshake(x->b.ssl);
        read_all(x);
    }
    assert_true(wire_is_established(&x->b.wire));
    expect_weight(x, "idle");
    assert_int_equal(client_send(&x->b, "hello\n", 6), 6);
    read_all(x);
    expect_weight(x, "after a line");
    assert_int_equal(send(x->b.fd, "\x17\x03\x03\x20", 4, 0), 4);
    read_all(x);
    expect_weight(x, "amid a record");
    before = allocated;
    for (int i = 0; i < 100 && wire_send(&x->b.wire, big, sizeof big) > 0; i++)
        ;
    x->held += allocated - before;
    expect_weight(x, "that cannot send");
}

static void
what_is_told_is_what_is_held(void **state)
{
    struct tls *const kinds[] = {open_tls, closed_tls};

    (void)state;
    for (size_t i = 0; i < 2; i++)
        for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
            struct weighed x;

            for (int round = 0; round < 2; round++) { /* the first one warms OpenSSL up */
                if (round == 0) {
                    make_both(&x.b, kinds[i]);
                    begin_client(&x.b, version, &theirs);
                    shake_hands(&x.b);
                } else {
                    weigh(&x, kinds[i], version);
                }
                end_both(&x.b);
            }
        }
}

static void
a_plain_one_holds_nothing(void **state)
{
    struct both b;

    (void)state;
    make_both(&b, NULL);
    assert_int_equal(wire_memory(&b.wire), 0);
    end_both(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_told_is_what_is_held),
        cmocka_unit_test(a_plain_one_holds_nothing),
    };

    if (CRYPTO_set_mem_functions(counted_malloc, counted_realloc, counted_free) != 1)
        return 1;
    return cmocka_run_group_tests_name("serve/wire_memory", tests, make_server, remove_server);
}

/*
 * serve/wire and serve/tls: without memory there is no wire and no context, and nothing is left of
 * either.
 */
#include "unit/fail_allocations.h"
#include "unit/test.h"

#include "unit/serve/client.h"

static void
no_wire(void **state)
{
    struct wire w;
    int fds[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    fail_allocation(1);
    assert_false(wire_init(&w, fds[0], open_tls));
    assert_true(allocation_failed());
    assert_true(wire_init(&w, fds[0], open_tls));
    wire_fini(&w);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

static void
no_context(void **state)
{
    struct tls_files files = {path_of("ours.pem"), NULL, NULL};
    weir_buf said = {0};

    (void)state;
    fail_allocation(1);
    assert_null(tls_new(&files, now_ms(), &said));
    assert_true(allocation_failed());
    assert_true(said.len > 0);
    weir_buf_fini(&said);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_wire),
        cmocka_unit_test(no_context),
    };

    return cmocka_run_group_tests_name("serve/wire_out_of_memory", tests, make_server,
                                       remove_server);
}

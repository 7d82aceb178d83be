/*
 * serve/conn: without memory a connection is not opened, or ends; it is lost count of neither by
 * its worker nor by those who spread connections over workers.
 */
#include "unit/fail_allocations.h"

#include "unit/serve/client.h"
#include "unit/serve/stepped.h"

/* Each allocation that a connection is opened with fails in turn, libevent's as well as ours. */
static size_t
fail_openings(struct stepped *s, struct tls *tls)
{
    size_t k = 1;

    for (;; k++) {
        int client = give_client(s, tls);

        fail_allocation(k);
        step(s);
        bool did_fail = allocation_failed();
        step(s);
        /* worker.closed is what those who spread connections go by */
        assert_int_equal(atomic_load(&s->w.closed), s->given - s->w.nconns);
        assert_int_equal(s->w.counts.opened, s->given);
        assert_int_equal(s->w.counts.closed, s->given - s->w.nconns);
        assert_int_equal(s->w.nconns, did_fail ? 0 : 1);
        assert_int_equal(s->w.counts.unopened, did_fail ? k : k - 1);
        (void)close(client);
        if (!did_fail)
            return k - 1;
    }
}

static void
what_was_not_opened_is_counted_as_closed(void **state)
{
    struct tls *const kinds[] = {NULL, open_tls};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct stepped s;

        begin_stepped(&s, &(struct worker_limits){0});
        size_t n = fail_openings(&s, kinds[i]);
        assert_true(n >= 4); /* a connection and its events */
        step(&s);
        end_stepped(&s);
        assert_non_null(strstr(s.said, ": there was no memory for more\n"));
    }
}

static int
make(void **state)
{
    event_set_mem_functions(malloc, realloc, free);
    return make_server(state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_not_opened_is_counted_as_closed),
    };

    return cmocka_run_group_tests_name("serve/conn_out_of_memory", tests, make, remove_server);
}

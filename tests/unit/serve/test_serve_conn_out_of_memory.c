/*
 * serve/conn: without memory a connection is not opened, or ends; it is lost count of neither by
 * its worker nor by those who spread connections over workers.
 */
#include "unit/fail_allocations.h"

#include "unit/serve/client.h"
#include "unit/serve/kept_journal.h"
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

/* Two lines at once, of which the second is a page: its answers outgrow any buffer at hand. */
static void
send_page(int client)
{
    static char line[200000];
    size_t len = (size_t)snprintf(line, sizeof line, "%s{\"data\":[", STEPPED_POST);

    for (int i = 0; i < 1000; i++)
        len += (size_t)snprintf(line + len, sizeof line - len,
                                "%s{\"id\":\"%d\",\"author_id\":\"1\",\"text\":\"#x\"}",
                                i ? "," : "", i);
    len += (size_t)snprintf(line + len, sizeof line - len, "]}\n%s", STEPPED_POST);
    assert_int_equal(send(client, line, len, 0), len);
}

/* Until the connection is closed, or has answered all. @return lines that the client got. */
static size_t
answers_of(struct stepped *s, int client)
{
    size_t lines = 0;
    bool ended = false;

    for (int i = 0; i < 200 && s->w.nconns && lines < 1002; i++) {
        step(s);
        lines += lines_got(client, &ended);
        if (ended)
            (void)shutdown(client, SHUT_WR);
    }
    return lines;
}

/* The same, while another thread writes the journal. */
static size_t
answers_in_time(struct stepped *s, int client)
{
    size_t lines = 0;
    bool ended = false;

    for (int i = 0; i < 10000 && s->w.nconns && lines < 1002; i++) {
        step(s);
        lines += lines_got(client, &ended);
        if (ended)
            (void)shutdown(client, SHUT_WR);
        (void)poll(NULL, 0, 1);
    }
    return lines;
}

/* Each allocation of ours fails in turn that answering takes. */
static void
what_was_answered_before_memory_ran_out_is_sent(void **state)
{
    bool did_fail = true, was_cut = false;

    (void)state;
    for (size_t k = 1; did_fail; k++) {
        struct stepped s;

        begin_stepped(&s, &(struct worker_limits){0});
        int client = give_client(&s, NULL);
        step(&s);
        step(&s);
        send_page(client);
        fail_allocation(k);
        size_t got = answers_of(&s, client);
        did_fail = allocation_failed();
        assert_int_equal(got, s.w.answerer.tally.made);
        assert_int_equal(s.w.counts.discarded, 0);
        assert_true(did_fail || got == 1002);
        was_cut |= got > 0 && got < 1002;
        (void)close(client);
        step(&s);
        end_stepped(&s);
    }
    assert_true(was_cut); /* or it has tried nothing */
}

/* The same, where all of it waits for the journal. */
static void
what_was_recorded_before_memory_ran_out_is_sent(void **state)
{
    bool did_fail = true, was_cut = false;

    (void)state;
    for (size_t k = 1; did_fail; k++) {
        struct kept_journal j;
        struct scribe_report r;
        struct stepped s;

        begin_stepped(&s, &(struct worker_limits){0});
        open_kept_journal(&j);
        worker_keep_journal(&s.w, j.scribe, true);
        int client = give_client(&s, NULL);
        step(&s);
        step(&s);
        send_page(client);
        fail_allocation(k);
        for (int i = 0; i < 20; i++)
            step(&s);
        did_fail = allocation_failed();
        assert_int_equal(lines_got(client, NULL), 0);
        assert_true(scribe_start(j.scribe));
        size_t got = answers_in_time(&s, client);
        scribe_tell(j.scribe, &r);
        assert_int_equal(got, r.records);
        assert_int_equal(got, s.w.answerer.tally.made);
        assert_int_equal(s.w.counts.discarded, 0);
        assert_true(did_fail || got == 1002);
        was_cut |= got > 0 && got < 1002;
        (void)close(client);
        step(&s);
        worker_stop(&s.w);
        assert_true(scribe_stop(j.scribe));
        end_stepped(&s);
        scribe_free(j.scribe);
        remove_kept_journal(&j);
    }
    assert_true(was_cut);
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
        cmocka_unit_test(what_was_answered_before_memory_ran_out_is_sent),
        cmocka_unit_test(what_was_recorded_before_memory_ran_out_is_sent),
    };

    return cmocka_run_group_tests_name("serve/conn_out_of_memory", tests, make, remove_server);
}

/*
 * serve/worker: the limit of memory is one for all workers, and who holds most has to go, whichever
 * worker's he is. Two workers, whose loops the test runs in turn.
 */
#include "unit/test.h"

#include "unit/serve/stepped.h"

#define MIB ((size_t)1 << 20)

/* A line that does not end: buffers are powers of two, and this fills one of `held` bytes by three
   quarters. The worker has read it when this returns. */
static void
send_part(struct stepped *s, int client, size_t held)
{
    const size_t len = held / 4 * 3;
    static char part[2 * MIB];
    size_t sent = 0;

    memset(part, 'x', sizeof part);
    while (sent < len) {
        ssize_t n = send(client, part, len - sent, 0);

        if (n < 0 && errno != EAGAIN)
            return; /* the server has closed it */
        sent += n > 0 ? (size_t)n : 0;
        step(s);
    }
    step(s);
}

static bool
is_closed(int client)
{
    bool ended;

    (void)lines_got(client, &ended);
    return ended;
}

struct pair {
    struct worker_memory memory;
    struct stepped a, b;
};

static void
begin_pair(struct pair *p, size_t limit)
{
    struct worker_limits limits = {.memory = &p->memory};

    p->memory = (struct worker_memory){.limit = limit};
    begin_stepped(&p->a, &limits);
    begin_stepped(&p->b, &limits);
}

static void
end_pair(struct pair *p)
{
    end_stepped(&p->a);
    end_stepped(&p->b);
    assert_int_equal(p->memory.held, 0);
}

static void
one_alone_may_hold_what_all_may(void **state)
{
    struct pair p;

    (void)state;
    begin_pair(&p, 3 * MIB);
    int big = give_client(&p.a, NULL);
    send_part(&p.a, big, 2 * MIB);
    assert_int_equal(p.a.w.held, 2 * MIB);
    assert_int_equal(p.memory.held, p.a.w.held);
    assert_false(is_closed(big));
    (void)close(big);
    end_pair(&p);
}

static void
who_holds_most_goes_also_where_others_have_grown(void **state)
{
    struct pair p;

    (void)state;
    begin_pair(&p, 4 * MIB);
    int big = give_client(&p.a, NULL), small = give_client(&p.b, NULL);
    int middle = give_client(&p.b, NULL), little = give_client(&p.b, NULL);
    send_part(&p.b, little, MIB / 4);
    send_part(&p.a, big, 2 * MIB);
    send_part(&p.b, middle, MIB);
    assert_true(p.memory.held <= p.memory.limit);
    send_part(&p.b, small, MIB);
    assert_true(p.memory.held > p.memory.limit);
    assert_true(p.memory.held <= p.memory.limit + WORKER_MEMORY_SLACK(p.memory.limit));
    assert_false(is_closed(small) || is_closed(middle));
    step(&p.a);
    assert_true(is_closed(big));
    assert_false(is_closed(small) || is_closed(middle));
    assert_true(p.memory.held <= p.memory.limit);
    assert_int_equal(p.a.w.counts.ended[WORKER_END_MEMORY], 1);
    assert_int_equal(p.b.w.counts.ended[WORKER_END_MEMORY], 0);
    (void)close(big);
    (void)close(little);
    (void)close(middle);
    (void)close(small);
    end_pair(&p);
}

/* The worker of the one that holds most has something else to do. */
static void
beyond_the_slack_nobody_waits_for_another(void **state)
{
    struct pair p;
    int clients[8];

    (void)state;
    begin_pair(&p, 4 * MIB);
    int big = give_client(&p.a, NULL);
    send_part(&p.a, big, 2 * MIB);
    for (size_t i = 0; i < 8; i++) {
        clients[i] = give_client(&p.b, NULL);
        send_part(&p.b, clients[i], MIB / 2);
        assert_true(p.memory.held <= p.memory.limit + WORKER_MEMORY_SLACK(p.memory.limit));
    }
    assert_true(p.b.w.counts.ended[WORKER_END_MEMORY] > 0);
    assert_int_equal(p.a.w.counts.ended[WORKER_END_MEMORY], 0);
    for (size_t i = 0; i < 8; i++)
        (void)close(clients[i]);
    (void)close(big);
    end_pair(&p);
}

/* One that held most, and does no longer, is not taken for it. */
static void
what_was_held_once_is_not_held_against_anybody(void **state)
{
    struct pair p;

    (void)state;
    begin_pair(&p, 9 * MIB / 4);
    int once = give_client(&p.a, NULL), now = give_client(&p.b, NULL);
    int others[] = {give_client(&p.a, NULL), give_client(&p.a, NULL), give_client(&p.b, NULL)};
    send_part(&p.a, once, 2 * MIB);
    assert_int_equal(send(once, "\n{", 2, 0), 2);
    step(&p.a);
    send_part(&p.b, now, MIB);
    send_part(&p.b, others[2], MIB / 4);
    send_part(&p.a, others[0], MIB / 2);
    send_part(&p.a, others[1], MIB / 2);
    assert_true(p.memory.held > p.memory.limit);
    step(&p.b);
    assert_true(p.memory.held <= p.memory.limit);
    assert_true(is_closed(now));
    assert_false(is_closed(once));
    for (size_t i = 0; i < 3; i++) {
        assert_false(is_closed(others[i]));
        (void)close(others[i]);
    }
    (void)close(once);
    (void)close(now);
    end_pair(&p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_alone_may_hold_what_all_may),
        cmocka_unit_test(who_holds_most_goes_also_where_others_have_grown),
        cmocka_unit_test(beyond_the_slack_nobody_waits_for_another),
        cmocka_unit_test(what_was_held_once_is_not_held_against_anybody),
    };

    return cmocka_run_group_tests_name("serve/memory", tests, NULL, NULL);
}

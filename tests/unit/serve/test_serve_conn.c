/*
 * serve/conn: how a connection ends whose socket takes nothing at the moment that its client is to
 * be told so, as by TLS, where that is bytes of its own.
 *
 * The build puts __wrap_wire_shutdown in front of the engine's calls (tests/CMakeLists.txt).
 */
#include "unit/test.h"

#include "unit/match/given.h"

#include "serve/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>

#define FOREVER INT_MAX

/* So many calls more say no, and why; how many there were. */
static atomic_int refusals, reason, calls;

int __real_wire_shutdown(struct wire *w);
int __wrap_wire_shutdown(struct wire *w);

int
__wrap_wire_shutdown(struct wire *w)
{
    int left = atomic_load(&refusals);

    atomic_fetch_add(&calls, 1);
    if (!left)
        return __real_wire_shutdown(w);
    if (left != FOREVER)
        atomic_fetch_sub(&refusals, 1);
    errno = atomic_load(&reason);
    return -1;
}

/* A worker with one client. */
struct served {
    struct worker w;
    struct edition *e;
    weir_ruleset *rs;
    int client;
};

static void
on_news(void *arg)
{
    (void)arg;
}

static void
on_left(void *arg, struct edition *e)
{
    (void)arg;
    (void)e;
}

static void
on_say(void *arg, bool is_problem, const char *line)
{
    (void)arg;
    (void)is_problem;
    (void)line;
}

static void
begin(struct served *s, unsigned send_ms, int refuse, int why)
{
    struct answer_options o = {.answer_skips = true};
    struct worker_limits limits = {.send_ms = send_ms};
    struct worker_hooks hooks = {.news = on_news, .left = on_left, .say = on_say};
    int ends[2];

    atomic_store(&refusals, refuse);
    atomic_store(&reason, why);
    atomic_store(&calls, 0);
    s->rs = given_rules("rules:\n"
                        "- {id: a, regions: [XX], action: withhold, match: {hashtags: [x]}}\n");
    s->e = edition_new(s->rs, 1, 1, &o);
    assert_non_null(s->e);
    assert_int_equal(worker_init(&s->w, 0, s->e, &o, &limits, &hooks), WEIR_OK);
    assert_int_equal(worker_start(&s->w), WEIR_OK);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    assert_true(worker_give(&s->w, ends[0], NULL));
    s->client = ends[1];
}

static void
ask(const struct served *s, int posts)
{
    static const char post[] = "{\"id\":\"1\",\"author\":\"@a\",\"hashtags\":[\"x\"]}\n";

    for (int i = 0; i < posts; i++)
        assert_int_equal(send(s->client, post, sizeof post - 1, 0), sizeof post - 1);
}

/* Lines up to the end, or up to so many. @return how many there were. */
static int
read_answers(const struct served *s, int most)
{
    char c;
    int n = 0;
    ssize_t got = 1;

    while (n < most && (got = recv(s->client, &c, 1, 0)) == 1)
        n += c == '\n';
    assert_true(got >= 0);
    return n;
}

static void
end(struct served *s)
{
    worker_stop(&s->w);
    assert_int_equal(s->w.counts.opened, 1);
    (void)close(s->client);
}

static void
release(struct served *s)
{
    worker_fini(&s->w);
    edition_free(s->e);
    weir_ruleset_unref(s->rs);
}

/* The input has ended, and the last answers are on their way. */
static void
the_end_is_told_when_the_socket_takes_it(void **state)
{
    static const int rows[] = {0, 1, 5};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct served s;

        begin(&s, 0, rows[i], EAGAIN);
        ask(&s, 3);
        assert_int_equal(shutdown(s.client, SHUT_WR), 0);
        assert_int_equal(read_answers(&s, FOREVER), 3);
        end(&s);
        assert_int_equal(atomic_load(&calls), rows[i] + 1);
        assert_int_equal(s.w.counts.delivered, 3);
        assert_int_equal(s.w.counts.broken, 0);
        release(&s);
    }
}

static void
who_cannot_be_told_is_closed(void **state)
{
    struct served s;

    (void)state;
    begin(&s, 0, FOREVER, EPIPE);
    ask(&s, 3);
    assert_int_equal(shutdown(s.client, SHUT_WR), 0);
    assert_int_equal(read_answers(&s, FOREVER), 3);
    end(&s);
    assert_int_equal(atomic_load(&calls), 1);
    assert_int_equal(s.w.counts.ended[WORKER_END_SEND], 0);
    release(&s);
}

/* What is due is not taken: the limit is that of answers. */
static void
nobody_waits_for_longer_than_for_answers(void **state)
{
    struct served s;

    (void)state;
    begin(&s, 80, FOREVER, EAGAIN);
    ask(&s, 3);
    assert_int_equal(shutdown(s.client, SHUT_WR), 0);
    assert_int_equal(read_answers(&s, FOREVER), 3);
    end(&s);
    assert_int_equal(s.w.counts.ended[WORKER_END_SEND], 1);
    assert_int_equal(s.w.counts.delivered, 3);
    release(&s);
}

/* Who is to be told of the server's end, and ends by himself before he could be. */
static void
who_ends_before_he_was_told_is_told(void **state)
{
    struct pollfd p;
    struct served s;

    (void)state;
    begin(&s, 0, FOREVER, EAGAIN);
    ask(&s, 2);
    assert_int_equal(read_answers(&s, 2), 2);
    worker_tell(&s.w, WORKER_DRAIN);
    while (atomic_load(&calls) == 0)
        (void)usleep(1000);
    assert_int_equal(shutdown(s.client, SHUT_WR), 0);
    p = (struct pollfd){.fd = s.client, .events = POLLIN};
    assert_int_equal(poll(&p, 1, 100), 0); /* it is not closed */
    atomic_store(&refusals, 0);
    assert_int_equal(read_answers(&s, FOREVER), 0);
    end(&s);
    assert_int_equal(s.w.counts.delivered, 2);
    assert_int_equal(s.w.counts.broken, 0);
    release(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_is_told_when_the_socket_takes_it),
        cmocka_unit_test(who_cannot_be_told_is_closed),
        cmocka_unit_test(nobody_waits_for_longer_than_for_answers),
        cmocka_unit_test(who_ends_before_he_was_told_is_told),
    };

    return cmocka_run_group_tests_name("serve/conn", tests, NULL, NULL);
}

/*
 * serve/conn: how a connection ends whose socket takes nothing at the moment that its client is to
 * be told so, as by TLS, where that is bytes of its own.
 *
 * And what they hold: after every event, what is counted.
 *
 * The build puts the functions here named __wrap_* in front of the engine's calls
 * (tests/CMakeLists.txt).
 */
#include "unit/test.h"

#include "unit/serve/stepped.h"

#include <limits.h>
#include <poll.h>
#include <time.h>

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

/* By so much does each look at a clock put it on: a turn lasts for one batch where that is much. */
static atomic_int hurry_ms;

int __real_clock_gettime(clockid_t id, struct timespec *ts);
int __wrap_clock_gettime(clockid_t id, struct timespec *ts);

int
__wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
    static atomic_long ahead_ms;
    int rc = __real_clock_gettime(id, ts);
    long ms = atomic_fetch_add(&ahead_ms, atomic_load(&hurry_ms));

    ts->tv_sec += ms / 1000;
    ts->tv_nsec += ms % 1000 * 1000000;
    if (ts->tv_nsec >= 1000000000) {
        ts->tv_sec++;
        ts->tv_nsec -= 1000000000;
    }
    return rc;
}

/* Events after which what is counted was compared with what is held. */
static atomic_int compared;

/* A client that takes all answers as soon as some wait for it, and how many it took. -1: none. */
static atomic_int taker = -1, taken;

void __real_worker_keep_within(struct worker *w);
void __wrap_worker_keep_within(struct worker *w);

void
__wrap_worker_keep_within(struct worker *w)
{
    size_t held = 0;

    for (const struct conn *c = w->conns; c; c = c->next)
        held += (c->in ? FRAME_MEMORY : 0) + c->frame.cut.cap + c->out.cap + wire_memory(&c->wire);
    assert_int_equal(w->held, held);
    atomic_fetch_add(&compared, 1);
    if (atomic_load(&taker) >= 0 && w->conns && w->conns->out.len > 0)
        atomic_fetch_add(&taken, (int)lines_got(atomic_load(&taker), NULL));
    __real_worker_keep_within(w);
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
    s->e = edition_new(s->rs, 1, &o);
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

/* Also where answers can be sent while a turn is due. */
static void
what_is_held_is_counted_after_every_event(void **state)
{
    enum { LEN = sizeof STEPPED_POST - 1, DUE = 10000 };
    static char posts[DUE * LEN];
    size_t sent = 0, got = 0;
    struct stepped s;

    (void)state;
    for (size_t i = 0; i < DUE; i++)
        memcpy(posts + i * LEN, STEPPED_POST, LEN);
    begin_stepped(&s, &(struct worker_limits){0});
    atomic_store(&compared, 0);
    atomic_store(&hurry_ms, 10);
    int client = give_client(&s, NULL);
    atomic_store(&taker, client);
    while (got < DUE) {
        ssize_t n = send(client, posts + sent, sizeof posts - sent, 0);

        sent += n > 0 ? (size_t)n : 0;
        step(&s);
        got += lines_got(client, NULL) + (size_t)atomic_exchange(&taken, 0);
    }
    atomic_store(&taker, -1);
    atomic_store(&hurry_ms, 0);
    assert_true(atomic_load(&compared) > 20);
    (void)close(client);
    end_stepped(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_is_told_when_the_socket_takes_it),
        cmocka_unit_test(who_cannot_be_told_is_closed),
        cmocka_unit_test(nobody_waits_for_longer_than_for_answers),
        cmocka_unit_test(who_ends_before_he_was_told_is_told),
        cmocka_unit_test(what_is_held_is_counted_after_every_event),
    };

    return cmocka_run_group_tests_name("serve/conn", tests, NULL, NULL);
}

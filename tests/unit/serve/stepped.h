/*
 * What tests of connections share: a worker without a thread, whose loop the test runs, step by
 * step, so that what happens between two steps is the test's to say.
 */
#ifndef WEIR_TESTS_SERVE_STEPPED_H
#define WEIR_TESTS_SERVE_STEPPED_H

#include "unit/test.h"

#include "unit/match/given.h"

#include "serve/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

struct stepped {
    struct worker w;
    struct edition *e;
    weir_ruleset *rs;
    uint64_t given;
    char said[4096]; /* what the log would have */
};

static inline void
stepped_on_news(void *arg)
{
    (void)arg;
}

static inline void
stepped_on_left(void *arg, struct edition *e)
{
    (void)arg;
    (void)e;
}

static inline void
stepped_on_say(void *arg, bool is_problem, const char *line)
{
    struct stepped *s = arg;
    size_t len = strlen(s->said);

    (void)is_problem;
    (void)snprintf(s->said + len, sizeof s->said - len, "%s\n", line);
}

static inline void
begin_stepped(struct stepped *s, const struct worker_limits *limits)
{
    struct answer_options o = {.answer_skips = true};
    struct worker_hooks hooks = {
        .news = stepped_on_news, .left = stepped_on_left, .say = stepped_on_say, .arg = s};

    *s = (struct stepped){.given = 0};
    s->rs = given_rules("rules:\n"
                        "- {id: a, regions: [XX], action: withhold, match: {hashtags: [x]}}\n");
    s->e = edition_new(s->rs, 1, &o);
    assert_non_null(s->e);
    assert_int_equal(worker_init(&s->w, 0, s->e, &o, limits, &hooks), WEIR_OK);
}

static inline void
end_stepped(struct stepped *s)
{
    worker_stop(&s->w);
    worker_fini(&s->w);
    edition_free(s->e);
    weir_ruleset_unref(s->rs);
}

/* What is due now. */
static inline void
step(struct stepped *s)
{
    (void)event_base_loop(s->w.base, EVLOOP_NONBLOCK);
}

/* The client's end of a connection that the worker is given; neither end blocks. */
static inline int
give_client(struct stepped *s, struct tls *tls)
{
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    assert_true(worker_give(&s->w, ends[0], tls));
    s->given++;
    return ends[1];
}

#define STEPPED_POST "{\"id\":\"1\",\"author\":\"@a\",\"hashtags\":[\"x\"]}\n"

/* Lines that the client gets now. @param ended  May be NULL: has the server ended? */
static inline size_t
lines_got(int client, bool *ended)
{
    static char buf[1 << 16];
    size_t lines = 0;
    ssize_t n;

    while ((n = recv(client, buf, sizeof buf, 0)) > 0)
        for (ssize_t i = 0; i < n; i++)
            lines += buf[i] == '\n';
    if (ended)
        *ended = n == 0 || errno != EAGAIN;
    return lines;
}

#endif

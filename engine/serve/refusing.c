/*
 * Refusing. A socket that is closed over input answers what comes with a reset, and a client that
 * writes before it reads would hear of that, not of why: so its input is thrown away for a moment.
 * However many are refused, few are waited for: the next one takes the place of the oldest.
 */
#include "serve/refusing.h"

#include "flow/clock.h"
#include "serve/loop.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

/* For so long, and whoever goes on sending for no longer either. */
#define MOMENT_S 1
static const struct timeval moment = {.tv_sec = MOMENT_S, .tv_usec = 0};

#define QUIET_US INT64_C(2000000)

static void
let_go(struct refused *x)
{
    if (!x->input)
        return;
    event_free(x->input);
    (void)close(x->fd);
    x->input = NULL;
}

static void
on_input(evutil_socket_t fd, short what, void *arg)
{
    static char away[16384]; /* one thread's, and nobody reads it */
    struct refused *x = arg;
    bool is_over = what & EV_TIMEOUT || clock_running_us() >= x->until_us;
    ssize_t n = recv(fd, away, sizeof away, MSG_DONTWAIT);

    if (is_over || n == 0 || (n < 0 && errno != EAGAIN))
        let_go(x);
}

/* false without memory. */
static bool
wait_for(struct refusing *r, struct event_base *base, evutil_socket_t fd)
{
    struct refused *x = &r->last[r->next];
    struct event *input = event_new(base, fd, EV_READ | EV_PERSIST, on_input, x);

    if (!input)
        return false;
    if (event_priority_set(input, LOOP_CLIENTS) < 0 || event_add(input, &moment) < 0) {
        event_free(input);
        return false;
    }
    let_go(x);
    *x = (struct refused){
        .input = input, .fd = fd, .until_us = clock_running_us() + (int64_t)MOMENT_S * 1000000};
    r->next = (r->next + 1) % REFUSING_MOST;
    return true;
}

bool
refusing_take(struct refusing *r, struct event_base *base, evutil_socket_t fd, bool is_tls)
{
    static const char line[] =
        "{\"v\":1,\"closed\":\"full\",\"detail\":\"as many connections are open as "
        "--max-connections allows\"}\n";
    int64_t now_us = clock_running_us();
    bool is_quiet = now_us - r->refused_us >= QUIET_US;
    bool is_news = !r->refused_us || (r->had_room && is_quiet);

    r->refused_us = now_us;
    r->had_room &= !is_news;
    if (!is_tls)
        (void)send(fd, line, sizeof line - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (is_tls || shutdown(fd, SHUT_WR) < 0 || !wait_for(r, base, fd))
        (void)close(fd);
    return is_news;
}

void
refusing_look(struct refusing *r, size_t nopen, size_t most)
{
    r->had_room |= nopen * 10 < most * 9;
}

void
refusing_fini(struct refusing *r)
{
    for (size_t i = 0; i < REFUSING_MOST; i++)
        let_go(&r->last[i]);
}

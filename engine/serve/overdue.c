/*
 * Connections that let the server wait: by what has changed between two looks, since nothing that
 * happens on a connection tells of what does not happen.
 */
#include "serve/worker.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

/* Since when something is so: from the first look that found it, for as long as it stays. */
static bool
lasts(int64_t *since, bool is_so, int64_t now_us, unsigned limit_ms)
{
    if (!is_so)
        *since = 0;
    else if (*since == 0)
        *since = now_us;
    return is_so && limit_ms && now_us - *since >= (int64_t)limit_ms * 1000;
}

/* Does the client take nothing of what it is owed? The socket asks for more only when it has much
   room again, so who reads slowly is told by what the system still has for him. */
static bool
takes_nothing(struct conn *c)
{
    struct conn_watch *w = &c->watch;
    int queued = 0;

    if (conn_sendable(c) == 0 && !(c->tells_end && c->eof)) /* the journal lets us wait, perhaps */
        return false;
    if (ioctl(c->fd, SIOCOUTQ, &queued) < 0)
        queued = 0;
    bool nothing = w->bytes_out == c->bytes_out && w->queued == queued;
    w->queued = queued;
    return nothing;
}

int
conn_overdue(struct conn *c, const struct worker_limits *l, int64_t now_us)
{
    struct conn_watch *w = &c->watch;
    bool waits = c->state == CONN_READING && conn_pending(c) == 0;
    /* a handshake has to end as a line has */
    bool begun = c->frame.has_cut || !wire_is_established(&c->wire);
    bool quiet = waits && !begun && w->bytes_in == c->bytes_in;
    bool line = waits && begun && w->lines == c->frame.lines;
    bool stuck = takes_nothing(c);
    bool is_quiet = lasts(&w->quiet_us, quiet, now_us, l->idle_ms);
    bool is_line = lasts(&w->line_us, line, now_us, l->line_ms);
    bool is_stuck = lasts(&w->stuck_us, stuck, now_us, l->send_ms);

    w->bytes_in = c->bytes_in;
    w->bytes_out = c->bytes_out;
    w->lines = c->frame.lines;
    return is_quiet ? WORKER_END_IDLE : is_line ? WORKER_END_LINE : is_stuck ? WORKER_END_SEND : -1;
}

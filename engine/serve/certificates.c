/*
 * The server's certificates: read at the start and on SIGHUP (neither `ctl reload` nor files that
 * change concern them), and told of when they are about to expire, which nobody else may notice
 * before clients do.
 */
#include "serve/serving.h"

#include "flow/clock.h"
#include "flow/said.h"

/* So long before, at the start, where they are renewed, and once a day. */
#define SOON_MS (INT64_C(14) * 24 * 3600 * 1000)
static const struct timeval daily = {.tv_sec = 24 * 3600, .tv_usec = 0};

/* @param was_read  Just now, which has told of what has expired already. */
static void
tell_expiry(const struct server *s, bool was_read)
{
    int64_t until_ms = tls_expires_ms(s->tls), left_ms = until_ms - clock_now_ms();
    char when[WEIR_TIME_MAX];

    if (left_ms > SOON_MS || (was_read && left_ms < 0))
        return;
    (void)weir_time_format(until_ms, when);
    server_say(s, true, "--tls-cert %s: %s %s", s->o.tls.cert,
               left_ms < 0 ? "a certificate has expired; it was valid until"
                           : "a certificate expires soon; it is valid until",
               when);
}

static void
on_day(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    tell_expiry(arg, false);
}

/* Certificates are read before anything is listened on. */
enum server_result
server_open_tls(struct server *s)
{
    weir_buf said = {0};

    if (!s->o.tls.cert)
        return SERVER_OK;
    s->tls = tls_new(&s->o.tls, clock_now_ms(), &said);
    if (said.failed || said.len)
        server_say(s, true, "%s", said_text(&said));
    weir_buf_fini(&said);
    if (!s->tls)
        return SERVER_FAILED;
    tell_expiry(s, true);
    s->day = event_new(s->base, -1, EV_PERSIST, on_day, s);
    if (s->day && event_add(s->day, &daily) == 0)
        return SERVER_OK;
    server_say(s, true, "%s", weir_status_text(WEIR_E_NOMEM));
    return SERVER_FAILED;
}

void
server_renew_tls(struct server *s)
{
    weir_buf said = {0};

    if (!s->tls)
        return;
    bool renewed = tls_renew(s->tls, clock_now_ms(), &said);
    if (said.failed || said.len)
        server_say(s, true, "%s%s", said_text(&said),
                   renewed ? "" : " (TLS goes on with the certificate that it has)");
    weir_buf_fini(&said);
    tell_expiry(s, renewed);
}

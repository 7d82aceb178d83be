/*
 * tagweir serve: decide line by line over sockets.
 */
#include "cli/commands.h"

#include "cli/inputs.h"
#include "cli/summary.h"
#include "cli/ui.h"
#include "flow/clock.h"
#include "flow/said.h"
#include "serve/daemon.h"
#include "serve/server.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Each line says whose it is, as journals keep lines; those of one message stay together. */
static void
say(void *arg, bool is_problem, const char *text)
{
    const struct args *a = arg;

    char time[WEIR_TIME_MAX] = "";

    if (!is_problem && a->quiet)
        return;
    if (a->log_times)
        (void)weir_time_format(clock_now_ms(), time);
    flockfile(stderr);
    for (size_t len; *text; text += len + (text[len] == '\n')) {
        len = strcspn(text, "\n");
        ui_say("%s%s%.*s", time, *time ? " " : "", (int)len, text);
    }
    funlockfile(stderr);
}

/* Scripts wait for these lines: who reads one may connect. */
static void
announce(const struct args *a, const weir_ruleset *rs, const struct server *s)
{
    weir_buf clock = {0};

    summary_clock(&a->answer, &clock);
    weir_buf_putc(&clock, '\0');
    if (clock.failed)
        ui_no_memory();
    for (size_t i = 0; i < server_nlisteners(s); i++)
        ui_say("listening on %s (ruleset %.16s, %" PRIu32 " %s, clock %s)",
               server_listener_name(s, i), weir_ruleset_digest(rs), weir_ruleset_nrules(rs),
               weir_ruleset_nrules(rs) == 1 ? "rule" : "rules", clock.p);
    for (size_t i = 0; i < server_nhttp(s); i++)
        ui_say("listening on %s for HTTP", server_http_name(s, i));
    weir_buf_fini(&clock);
}

static void
print_summary(const struct args *a, const struct server *s)
{
    const struct server_sums *sums = server_sums(s);
    struct summary sum = {.command = "serve",
                          .args = a,
                          .rs = server_ruleset(s),
                          .tally = &sums->tally,
                          .ledger = &sums->ledger,
                          .served = sums};

    summary_print(&sum);
}

static bool
become_user(const struct args *a)
{
    weir_buf why = {0};
    bool good = !a->user || daemon_drop_to(a->user, &why);

    if (!good || why.failed || why.len)
        ui_say("%s", said_text(&why));
    weir_buf_fini(&why);
    return good;
}

/* While the first rules are compiled nobody is there to obey SIGHUP, whose default is death: it
   waits, and then loads them again. */
static void
hold_hangups(bool hold)
{
    sigset_t hangup;

    (void)sigemptyset(&hangup);
    (void)sigaddset(&hangup, SIGHUP);
    (void)sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &hangup, NULL);
}

/* While a thread compiles rules that nobody will decide by: what it uses goes with the process. */
static _Noreturn void
leave(int rc)
{
    (void)fflush(NULL);
    _exit(rc);
}

/* @param paths  Of the rules. */
static int
serve_rules(const struct args *a, const struct strings *paths, weir_ruleset *rs,
            weir_handles *handles)
{
    struct args shown = *a; /* only lent to say() */
    struct server_options o = {
        .listen = a->listen.v,
        .nlisten = a->listen.n,
        .listener = {.socket_mode = a->socket_mode,
                     .socket_owner = a->socket_owner,
                     .encrypted = a->tls_cert != NULL,
                     .insecure = a->insecure},
        .tls = {.cert = a->tls_cert, .key = a->tls_key, .client_ca = a->tls_client_ca},
        .answer = a->answer,
        .rules = paths->v,
        .nrules = paths->n,
        .workers = a->workers ? a->workers : inputs_cores(),
        .max_conns = a->max_connections,
        .limits = {.idle_ms = a->idle_ms, .line_ms = a->line_ms, .send_ms = a->send_ms},
        .max_memory = a->max_memory,
        .watch = a->watch,
        .store = a->store,
        .control = a->control,
        .control_mode = a->control_mode,
        .http = a->http,
        .http_conns = a->http_connections,
        .http_ms = a->http_ms,
        .blocked_by = a->blocked_by,
        .max_shrink = (unsigned)a->max_shrink,
        .drain_ms = a->drain_ms,
        .journal = {.dir = a->journal,
                    .sync = a->fsync < 0 ? SCRIBE_INTERVAL : (enum scribe_sync)a->fsync,
                    .all = a->journal_all,
                    .sign_key = a->sign_key,
                    .retain_days = (uint32_t)a->retain_days,
                    .head_every = a->head_every},
        .say = say,
        .say_arg = &shown,
    };
    struct server *s;
    enum server_result r;
    bool ran = false;

    o.answer.handles = handles;
    o.answer.answer_skips = true;
    (void)daemon_raise_files();
    r = server_open(&o, rs, &s);
    if (r != SERVER_OK)
        return r == SERVER_BAD ? EXIT_USAGE : EXIT_IO;
    if (become_user(a) && server_keep_rules(s) && server_open_journal(s) == SERVER_OK) {
        announce(a, rs, s);
        hold_hangups(false);
        r = server_run(s);
        ran = true;
    } else {
        r = SERVER_FAILED;
    }
    if (ran && !a->quiet)
        print_summary(a, s);
    int rc = r == SERVER_OK ? EXIT_DONE : EXIT_IO;
    if (!server_close(s))
        leave(rc);
    return rc;
}

/* Whoever asks for encryption must not be served without it. */
static const char *
misses_in_tls(const struct args *a)
{
    bool tcp = false;

    if (!a->tls_cert)
        return a->tls_key || a->tls_client_ca ? "--tls-key and --tls-client-ca do nothing without "
                                                "a certificate: say --tls-cert FILE as well"
                                              : NULL;
    for (size_t i = 0; i < a->listen.n; i++)
        tcp |= strncmp(a->listen.v[i], "unix:", 5) != 0;
    return tcp ? NULL
               : "--tls-cert is for TCP, and each --listen is a Unix socket: say --listen "
                 "HOST:PORT as well, or leave it out";
}

/* The i-th address that was given, and by which option; NULL: that one was not. */
static const char *
address_of(const struct args *a, size_t i, const char **option)
{
    bool of_posts = i < a->listen.n;

    *option = of_posts ? "--listen" : i == a->listen.n ? "--http" : "--control";
    return of_posts ? a->listen.v[i] : i == a->listen.n ? a->http : a->control;
}

/* Port 0 is another one each time, and `systemd` is looked into where sockets are taken. */
static bool
stands_for_several(const char *at)
{
    size_t len = strlen(at);

    return strncmp(at, "systemd", 7) == 0 || (len > 2 && strcmp(at + len - 2, ":0") == 0);
}

/* The system would say of the second one that somebody listens there, and not who.
   @return EXIT_DONE, or EXIT_USAGE, and it was said. */
static int
refuse_same_address(const struct args *a)
{
    for (size_t i = 0; i < a->listen.n + 2; i++) {
        const char *option, *other, *at = address_of(a, i, &option);

        for (size_t k = 0; k < i && at && !stands_for_several(at); k++) {
            const char *before = address_of(a, k, &other);

            if (before && strcmp(before, at) == 0)
                return args_bad("serve", "%s and %s have the same address, %s: give each its own",
                                other, option, at);
        }
    }
    return EXIT_DONE;
}

static const char *
misses_in_journal(const struct args *a)
{
    bool asks = a->journal_all || a->sign_key || a->retain_days || a->fsync >= 0;

    return a->journal || !asks
               ? NULL
               : "--journal-all, --fsync, --sign-key and --retain are of a journal, "
                 "and there is none: say --journal DIR as well, or leave them out";
}

static int
serve(const struct args *a)
{
    struct strings paths = {0};
    weir_ruleset *rs = NULL;
    weir_handles *handles = NULL;

    if (!a->listen.n)
        return args_bad("serve", "no address: say --listen unix:PATH or --listen HOST:PORT");
    const char *missing = misses_in_tls(a);
    if (!missing)
        missing = misses_in_journal(a);
    if (missing)
        return args_bad("serve", "%s", missing);
    if (refuse_same_address(a) != EXIT_DONE)
        return EXIT_USAGE;
    hold_hangups(true);
    int rc = inputs_handles(a, &handles);
    if (rc == EXIT_DONE)
        rc = inputs_rules(a, "serve", &rs);
    if (rc == EXIT_DONE)
        rc = inputs_rule_paths(a, "serve", &paths);
    if (rc == EXIT_DONE)
        rc = serve_rules(a, &paths, rs, handles);
    inputs_files_free(&paths);
    weir_ruleset_unref(rs);
    weir_handles_free(handles);
    return rc;
}

const struct command command_serve = {
    .name = "serve",
    .usage = "--rules PATH… --listen ADDRESS… [OPTION]…",
    .does = "Decide line by line over sockets, answers in order.",
    .more = "One line of JSON in, one record out for every post, query, bad line and line that is\n"
            "no post (a page of posts has several). A client that does not read its answers is\n"
            "not read from. SIGTERM and SIGINT end it: what was read is answered first, and\n"
            "lines whose end had not arrived are counted in the summary.",
    .options = OPTIONS_OF(
        OPT_RULES, OPT_LISTEN, OPT_CLOCK, OPT_UNDECIDED, OPT_TAGS, OPT_HANDLES, OPT_MAX_LINE,
        OPT_EXPLAIN, OPT_SOCKET_MODE, OPT_INSECURE, OPT_DRAIN, OPT_WORKERS, OPT_MAX_CONNECTIONS,
        OPT_MAX_MEMORY, OPT_MAX_SHRINK, OPT_CONTROL, OPT_WATCH, OPT_LOG_TIMES, OPT_TLS_CERT,
        OPT_TLS_KEY, OPT_TLS_CLIENT_CA, OPT_SOCKET_OWNER, OPT_USER, OPT_CONTROL_MODE, OPT_HTTP,
        OPT_HTTP_CONNECTIONS, OPT_HTTP_TIMEOUT, OPT_BLOCKED_BY, OPT_IDLE_TIMEOUT, OPT_LINE_TIMEOUT,
        OPT_SEND_TIMEOUT, OPT_JOURNAL, OPT_JOURNAL_ALL, OPT_FSYNC, OPT_SIGN_KEY, OPT_RETAIN,
        OPT_HEAD_EVERY, OPT_STORE, OPT_NO_JIT, OPT_MATCH_OFF, OPT_JSON, OPT_QUIET),
    .run = serve,
};

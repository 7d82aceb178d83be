/*
 * Starting and stopping servers.
 */
#include "load/server.h"

#include "programs/clock.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Compiling a million rules takes seconds, and a sanitizer makes minutes of them. */
#define START_S 300
/* A server answers what it has read before it ends. */
#define STOP_S 60

#define MAX_ARGUMENTS 32

static struct server *running;

static void
stop_all(void)
{
    for (struct server *s = running; s; s = s->next)
        if (server_lives(s)) {
            (void)kill(s->pid, SIGKILL);
            (void)process_wait(s->pid, NULL);
        }
}

static void
remember(struct server *s)
{
    static bool will_stop;

    if (!will_stop)
        (void)atexit(stop_all);
    will_stop = true;
    s->next = running;
    running = s;
}

static void
forget(struct server *s)
{
    struct server **at = &running;

    while (*at && *at != s)
        at = &(*at)->next;
    if (*at)
        *at = s->next;
}

bool
server_lives(struct server *s)
{
    if (s->pid && waitpid(s->pid, &s->status, WNOHANG) == s->pid)
        s->pid = 0;
    return s->pid != 0;
}

static void
read_log(const struct server *s, weir_buf *out)
{
    FILE *f = fopen(s->log, "r");
    char piece[4096];
    size_t n;

    while (f && (n = fread(piece, 1, sizeof piece, f)) > 0)
        weir_buf_put(out, (weir_span){piece, n});
    if (f)
        fclose(f);
    weir_buf_putc(out, '\0');
    if (out->failed)
        die(EXIT_FAILED, "out of memory");
}

static void
wait_for_it(struct server *s)
{
    uint64_t until = now_ns() + START_S * UINT64_C(1000000000);
    weir_buf said = {0};

    while (!said.p || !strstr(said.p, "listening on")) {
        bool lives = server_lives(s);

        weir_buf_fini(&said);
        read_log(s, &said);
        if ((!lives || now_ns() > until) && !strstr(said.p, "listening on")) {
            char end[64] = "it does not listen";

            if (!lives)
                process_tell(s->status, end);
            die(EXIT_FAILED, "%s: %s\n%s", s->name, end, said.p);
        }
        sleep_until_ns(now_ns() + 2000000);
    }
    weir_buf_fini(&said);
}

void
server_start(struct server *s, const char *name, const char *const *argv, int core)
{
    const char *all[MAX_ARGUMENTS + 3];
    char file[64], socket[WORKPLACE_PATH_MAX + 5] = "unix:";
    size_t n = 0;

    *s = (struct server){.name = name};
    snprintf(file, sizeof file, "%s.socket", name);
    workplace_path(socket + 5, file);
    snprintf(file, sizeof file, "%s.log", name);
    workplace_path(s->log, file);
    (void)unlink(socket + 5); /* of a server before it */
    address_read(&s->at, socket);
    for (; argv[n] && n < MAX_ARGUMENTS; n++)
        all[n] = argv[n];
    all[n++] = "--listen";
    all[n++] = socket;
    all[n] = NULL;
    int log = open(s->log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (log < 0)
        die(EXIT_FAILED, "%s: %m", s->log);
    s->pid = process_start(all, core, log, log);
    (void)close(log);
    remember(s);
    wait_for_it(s);
}

/* The number in front of `behind`, or behind `before`. */
static bool
find_number(const char *said, const char *before, const char *behind, uint64_t *n)
{
    const char *at = strstr(said, before), *from = at;

    if (!at)
        return false;
    if (behind) {
        at = strstr(at, behind);
        for (from = at; from && from > said && from[-1] >= '0' && from[-1] <= '9';)
            from--;
    } else {
        from += strlen(before);
    }
    return from && sscanf(from, "%" SCNu64, n) == 1;
}

void
server_stop(struct server *s, struct server_summary *out)
{
    uint64_t until = now_ns() + STOP_S * UINT64_C(1000000000);

    *out = (struct server_summary){.end = ""};
    if (server_lives(s))
        (void)kill(s->pid, SIGTERM);
    while (server_lives(s) && now_ns() < until)
        sleep_until_ns(now_ns() + 1000000);
    if (server_lives(s)) {
        (void)kill(s->pid, SIGKILL);
        s->status = process_wait(s->pid, NULL);
        s->pid = 0;
    }
    forget(s);
    process_tell(s->status, out->end);
    out->is_clean = s->status == 0;
    read_log(s, &out->said);
    out->has_delivered = find_number(out->said.p, "\"delivered\":", NULL, &out->delivered) ||
                         find_number(out->said.p, "answers ", " delivered", &out->delivered);
}

void
server_summary_fini(struct server_summary *s)
{
    weir_buf_fini(&s->said);
}

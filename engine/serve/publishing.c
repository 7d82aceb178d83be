/*
 * Rule sets that come and go while the server runs.
 */
#include "serve/serving.h"

#include "flow/clock.h"
#include "flow/said.h"
#include "serve/daemon.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A load lives on idle time, and is looked at this often. Where it had less than half of the time,
   workers cede it some from then on. */
static const struct timeval look = {.tv_sec = 0, .tv_usec = 10000};
/* Where even that is not a part of the time, as others take it all, it is told to hurry after so
   long. */
#define PATIENCE_US 2000000
#define PART_LEAST 20

/* Who asked for a load. */
struct asker {
    bool rollback;
    bool quiet; /* that nothing is new is no news */
    char who[64];
    server_load_fn *fn; /* may be NULL */
    void *arg;
};

void
server_left(void *server, struct edition *e)
{
    struct server *s = server;

    (void)pthread_mutex_lock(&s->lock);
    e->next = s->left;
    s->left = e;
    (void)pthread_mutex_unlock(&s->lock);
    server_wake(s);
}

void
server_retire(struct server *s)
{
    struct edition *e, *next;

    (void)pthread_mutex_lock(&s->lock);
    e = s->left;
    s->left = NULL;
    (void)pthread_mutex_unlock(&s->lock);
    for (; e; e = next) {
        next = e->next;
        server_take_breakers(s, e);
        edition_take_rows(e, &s->sums.ledger);
        edition_take_costs(e, &s->sums.ledger);
        if (e == s->edition)
            s->edition = NULL;
        loader_discard(s->loader, e);
    }
}

void
server_publish(struct server *s, struct edition *e, const char *by)
{
    server_look_for_trips(s);
    server_record_reload(s, e->rs, by);
    server_hear_breakers(s, e);
    server_carry_trips(s, e);
    weir_ruleset_unref(s->previous);
    s->previous = s->rs;
    s->rs = weir_ruleset_ref(e->rs);
    s->edition = e;
    s->edition_ms = clock_now_ms();
    s->told_overdue = false;
    for (size_t i = 0; i < s->nworkers; i++) {
        struct edition *forgone;

        if (worker_publish(&s->workers[i], e, &forgone))
            server_left(s, forgone);
    }
    if (s->desk)
        desk_move(s->desk, e);
    server_watch_time(s);
}

static void
put_edition(const struct server *s, const struct load_job *j, bool rollback, weir_buf *out)
{
    const weir_ruleset *rs = j->edition->rs;
    uint32_t n = weir_ruleset_nrules(rs);

    weir_buf_printf(out,
                    "%s: ruleset %.16s (%" PRIu32 " %s) decides from now on, in place of %.16s",
                    rollback ? "rolled back" : "reloaded", weir_ruleset_digest(rs), n,
                    n == 1 ? "rule" : "rules", weir_ruleset_digest(s->rs));
    if (!rollback)
        weir_buf_printf(out, "; compiled in %.3f s", (double)j->took_us / 1e6);
}

static void
put_end(const struct server *s, const struct load_job *j, weir_buf *out)
{
    const struct asker *asker = j->token;
    bool rollback = asker->rollback;
    const char *what = rollback ? "rollback" : j->dry ? "dry run" : "reload";

    weir_buf_put(out, (weir_span){j->report.p, j->report.len});
    if (j->given_up)
        weir_buf_puts(out, "dry run refused: rules are to be loaded, which goes first; ask again");
    else if (j->dry && j->status == WEIR_OK)
        weir_buf_puts(out, "dry run: these rules could be loaded; nothing has changed");
    else if (j->edition)
        put_edition(s, j, rollback, out);
    else if (j->unchanged && !j->dry)
        weir_buf_printf(out, "%s: the rules are what they were (ruleset %.16s)", what,
                        weir_ruleset_digest(s->rs));
    else
        weir_buf_printf(out, "%s refused, nothing has changed: %s; ruleset %.16s goes on", what,
                        j->shrunk ? "a list has shrunk" : weir_status_text(j->status),
                        weir_ruleset_digest(s->rs));
    weir_buf_printf(out, "; asked for by %s", asker->who);
}

static void
refuse(struct server *s, const struct server_asker *by, const char *why)
{
    server_say(s, true, "%s; asked for by %s", why, by->who);
    if (by->fn)
        by->fn(by->arg, false, why);
}

static void
refuse_job(struct server *s, struct load_job *j, const char *why)
{
    const struct asker *asker = j->token;
    const struct server_asker by = {asker->who, asker->fn, asker->arg};

    refuse(s, &by, why);
    load_job_free(j);
}

/* What a job is about is what is served when it is begun: another load may have ended since it was
   asked for. false: there is nothing to go back to. */
static bool
aim(const struct server *s, struct load_job *j)
{
    const struct asker *asker = j->token;

    if (asker->rollback && !s->previous)
        return false;
    j->current = weir_ruleset_ref(s->rs);
    if (asker->rollback)
        j->rs = weir_ruleset_ref(s->previous);
    return true;
}

static void
start(struct server *s, struct load_job *j)
{
    if (!j->dry)
        (void)daemon_reloading("loading rules");
    s->loading = j;
    s->looked_us = clock_running_us();
    s->loader_used_us = loader_used_us(s->loader);
    (void)event_add(s->look, &look);
    loader_ask(s->loader, j);
}

void
server_look_at_load(struct server *s)
{
    int64_t used_us = loader_used_us(s->loader) - s->loader_used_us;
    int64_t passed_us = clock_running_us() - s->looked_us;

    if (used_us < passed_us / 2 && !s->loading->dry)
        atomic_store_explicit(&s->cede, true, memory_order_relaxed);
    if (passed_us >= PATIENCE_US) {
        if (used_us < passed_us / PART_LEAST) {
            loader_hurry(s->loader);
            return;
        }
        s->loader_used_us += used_us;
        s->looked_us += passed_us;
    }
    (void)event_add(s->look, &look);
}

static void
start_next(struct server *s)
{
    while (s->waiting && !s->loading) {
        struct load_job *j = s->waiting;

        s->waiting = j->next;
        if (aim(s, j))
            start(s, j);
        else
            refuse_job(s, j, "rollback refused, nothing has changed: no other rules were served");
    }
}

static void
publish(struct server *s, struct load_job *j)
{
    const struct asker *asker = j->token;
    char by[sizeof asker->who + 16];

    (void)snprintf(by, sizeof by, "%s by %s", asker->rollback ? "rollback" : "reload", asker->who);
    server_publish(s, j->edition, by);
}

static void
end_load(struct server *s, struct load_job *j)
{
    struct asker *asker = j->token;
    bool ok = j->dry ? j->status == WEIR_OK && !j->given_up : j->edition || j->unchanged;
    weir_buf said = {0};

    put_end(s, j, &said);
    const char *text = said_text(&said);
    if (!j->dry) {
        s->last_load = (struct server_load){true, ok, clock_now_ms()};
        if (ok)
            s->good_ms = s->last_load.at_ms;
        s->sums.reloads += j->edition != NULL;
        s->sums.reloads_refused += !ok;
    }
    if (j->edition)
        publish(s, j);
    if (!j->dry && (!asker->quiet || !j->unchanged))
        server_say(s, !ok || j->ngone, "%s", text);
    if (asker->fn)
        asker->fn(asker->arg, ok, text);
    weir_buf_fini(&said);
    load_job_free(j);
    s->loading = NULL;
    atomic_store_explicit(&s->cede, false, memory_order_relaxed);
    (void)event_del(s->look);
    if (s->draining)
        return; /* the end would have to wait for what comes next */
    start_next(s);
    if (!s->loading || s->loading->dry)
        server_tell_manager(s); /* that rules were loaded: dry runs may take long */
}

void
server_end_loads(struct server *s)
{
    struct load_job *j;

    while ((j = loader_answered(s->loader)))
        end_load(s, j);
}

/* The loader is gone, and what it had with it. */
void
server_drop_loads(struct server *s)
{
    struct load_job *next;

    for (struct load_job *j = s->waiting; j; j = next) {
        next = j->next;
        load_job_free(j);
    }
    s->waiting = NULL;
}

/* A job for the loader, that knows who asked. NULL: it was said. */
static struct load_job *
new_job(struct server *s, bool rollback, const struct server_asker *by)
{
    if (s->draining) {
        refuse(s, by, "refused, nothing has changed: the server is ending");
        return NULL;
    }
    struct load_job *j = load_job_new();
    struct asker *asker = calloc(1, sizeof *asker);

    if (!j || !asker) {
        load_job_free(j);
        free(asker);
        refuse(s, by, "refused, nothing has changed: out of memory");
        return NULL;
    }
    *asker = (struct asker){.rollback = rollback, .fn = by->fn, .arg = by->arg};
    (void)snprintf(asker->who, sizeof asker->who, "%s", by->who);
    j->token = asker;
    j->nseats = server_nseats(s);
    j->answer = &s->o.answer;
    j->store = s->o.store;
    return j;
}

/* Dry runs wait for all loads, and no load for a dry run: it may take as long as a day's posts. */
static void
enqueue(struct server *s, struct load_job *j)
{
    struct load_job **at = &s->waiting;

    while (*at && (j->dry || !(*at)->dry))
        at = &(*at)->next;
    j->next = *at;
    *at = j;
    if (!s->loading)
        start_next(s);
    else if (!j->dry && s->loading->dry)
        load_job_give_up(s->loading);
}

/* Signals and changes that come while a load for such waits already are done with it, and who has
   sent a signal wants to hear how it went. */
static bool
is_asked_for(const struct server *s, bool quiet)
{
    for (const struct load_job *j = s->waiting; j; j = j->next) {
        struct asker *asker = j->token;

        if (!asker->fn && !asker->rollback) {
            asker->quiet = asker->quiet && quiet;
            return true;
        }
    }
    return false;
}

static void
reload(struct server *s, bool accept_shrink, bool quiet, const struct server_asker *by)
{
    struct load_job *j = !by->fn && is_asked_for(s, quiet) ? NULL : new_job(s, false, by);

    if (!j)
        return;
    ((struct asker *)j->token)->quiet = quiet;
    j->paths = s->o.rules;
    j->npaths = s->o.nrules;
    j->max_shrink = accept_shrink ? 100 : s->o.max_shrink;
    enqueue(s, j);
}

void
server_reload(struct server *s, bool accept_shrink, struct server_asker by)
{
    reload(s, accept_shrink, false, &by);
}

void
server_on_changed_files(void *server)
{
    struct server_asker by = {.who = "a change of files (--watch)"};

    reload(server, false, true, &by);
}

void
server_dry_run(struct server *s, const char *feed, int conn, struct server_asker by)
{
    char *path = strdup(feed ? feed : "");

    if (!path) {
        refuse(s, &by, "dry run refused: out of memory");
        return;
    }
    struct load_job *j = new_job(s, false, &by);
    if (!j) {
        free(path);
        return;
    }
    j->dry = true;
    j->feed = path;
    j->asker = fcntl(conn, F_DUPFD_CLOEXEC, 0); /* without: it goes on to its end */
    j->paths = s->o.rules;
    j->npaths = s->o.nrules;
    j->max_shrink = s->o.max_shrink;
    enqueue(s, j);
}

void
server_rollback(struct server *s, struct server_asker by)
{
    struct load_job *j = new_job(s, true, &by);

    if (j)
        enqueue(s, j);
}

const struct server_load *
server_last_load(const struct server *s)
{
    return &s->last_load;
}

int64_t
server_last_good_load_ms(const struct server *s)
{
    return s->good_ms;
}

int64_t
server_edition_ms(const struct server *s)
{
    return s->edition_ms;
}

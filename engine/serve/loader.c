/*
 * Loading aside.
 */
#include "serve/loader.h"

#include "flow/check.h"
#include "flow/clock.h"
#include "serve/beat.h"
#include "serve/gone.h"
#include "serve/store.h"
#include "serve/trial.h"

#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* What the thread is worth beside others when it has to hurry: a tenth of one that decides. */
#define NICE_IN_A_HURRY 10

static const struct sched_param no_param = {0};

/* Fewer entries than these may go from any list. */
#define SHRINK_LEAST 100u

/* For what is about to end; where it is not, nobody waits for what would come of it. */
#define PATIENCE_MS 200

/* Diagnostics told of one load; the rest are counted. */
#define TOLD_MOST 20u

struct loader {
    void (*done)(void *arg);
    void *arg;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t asked;
    struct load_job *jobs, *answers; /* oldest first */
    struct load_job *doing;          /* NULL: none */
    struct edition *discarded;
    bool stop;
    bool hurries;
    bool has_tried, may_hurry; /* whether it may, was tried */
    pid_t tid;                 /* 0: it has not begun, or ended */
    bool started;
    struct beat beat; /* while it works */
};

/* Jobs --------------------------------------------------------------------------------------- */

struct load_job *
load_job_new(void)
{
    struct load_job *j = calloc(1, sizeof *j);

    if (j) {
        j->max_shrink = 100;
        j->asker = -1;
    }
    return j;
}

void
load_job_free(struct load_job *j)
{
    if (!j)
        return;
    weir_ruleset_unref(j->rs);
    weir_ruleset_unref(j->current);
    weir_buf_fini(&j->report);
    if (j->asker >= 0)
        (void)close(j->asker);
    free(j->feed);
    free(j->token);
    free(j);
}

void
load_job_give_up(struct load_job *j)
{
    atomic_store(&j->stop, true);
}

/* POLLHUP is a Unix socket's that was closed: who has only said all sends no such thing. */
static bool
is_over(const void *job)
{
    const struct load_job *j = job;
    struct pollfd asker = {.fd = j->asker};

    return atomic_load(&j->stop) || (poll(&asker, 1, 0) > 0 && asker.revents & POLLHUP);
}

static void
put_diags(const weir_diags *d, weir_buf *out)
{
    size_t n = weir_diags_count(d), told = 0;

    for (size_t i = 0; i < n && told < TOLD_MOST; i++)
        if (weir_diags_at(d, i)->severity >= WEIR_WARNING) {
            weir_diag_format(weir_diags_at(d, i), false, out);
            told++;
        }
    if (told == TOLD_MOST)
        weir_buf_puts(out, "more may be wrong; `tagweir check` tells all of it\n");
}

static weir_status
compile(struct load_job *j, weir_ruleset **out)
{
    weir_load_options o = {.match_off = j->answer->match_off, .keep_sources = j->store && !j->dry};
    weir_diags *d = weir_diags_new();
    weir_ruleset *rs = NULL;

    if (!d)
        return WEIR_E_NOMEM;
    weir_status st = weir_ruleset_load(j->paths, j->npaths, &o, d, &rs);
    if (st == WEIR_OK)
        st = weir_ruleset_test(rs, d, NULL);
    put_diags(d, &j->report);
    weir_diags_free(d);
    if (st == WEIR_OK)
        *out = rs;
    else
        weir_ruleset_unref(rs);
    return st;
}

static bool
is_same(const weir_ruleset *a, const weir_ruleset *b)
{
    return a && strcmp(weir_ruleset_digest(a), weir_ruleset_digest(b)) == 0;
}

/* Entries that a list has in a rule set; one that is gone has none. */
static size_t
entries_of(const weir_ruleset *rs, const char *name)
{
    uint32_t list = weir_ruleset_find_list(rs, (weir_span){name, strlen(name)});
    weir_list_info info = {.nentries = 0};

    if (list != WEIR_NONE)
        weir_ruleset_list(rs, list, &info);
    return info.nentries;
}

/* Lists that lost more than they may: a file that was cut off on its way looks like that. */
static bool
has_shrunk(struct load_job *j, const weir_ruleset *rs)
{
    bool shrunk = false;

    for (uint32_t i = 0; j->current && i < weir_ruleset_nlists(j->current); i++) {
        weir_list_info before;

        weir_ruleset_list(j->current, i, &before);
        size_t now = entries_of(rs, before.name),
               most = before.nentries / 100 * j->max_shrink +
                      before.nentries % 100 * j->max_shrink / 100;
        size_t lost = now < before.nentries ? before.nentries - now : 0;
        if (lost < SHRINK_LEAST || lost <= most)
            continue;
        shrunk = true;
        weir_buf_printf(&j->report,
                        "%s: list %s has %zu entries, and had %zu: more than %u %% are gone. If "
                        "that is meant: tagweir ctl reload --accept-shrink\n",
                        before.file, before.name, now, before.nentries, j->max_shrink);
    }
    return shrunk;
}

/* What time it is for those that decide; posts that have times of their own aside. */
static int64_t
time_of(const struct load_job *j)
{
    return j->answer->clock == ANSWER_FIXED ? j->answer->at_ms : clock_now_ms();
}

/* What is decided by it can be decided again only where it was kept. */
static void
make_ready(struct load_job *j, weir_ruleset *rs)
{
    if (j->store && !j->rs && !store_keep(j->store, rs, &j->report)) {
        weir_buf_putc(&j->report, '\n');
        j->status = WEIR_E_IO;
        return;
    }
    j->edition = edition_new(rs, j->nseats, j->answer);
    j->status = j->edition ? WEIR_OK : WEIR_E_NOMEM;
}

/* What would come of it. */
static void
try_out(struct load_job *j, weir_ruleset *rs)
{
    weir_buf_printf(&j->report, "ruleset %.16s, %" PRIu32 " rules, %" PRIu32 " orders\n",
                    weir_ruleset_digest(rs), weir_ruleset_nrules(rs), weir_ruleset_norders(rs));
    if (*j->feed)
        j->status = trial_run(j->feed, j->current, rs, j->answer, is_over, j, &j->report);
}

static void
load(struct load_job *j)
{
    weir_ruleset *rs = j->rs ? weir_ruleset_ref(j->rs) : NULL;

    j->status = rs ? WEIR_OK : compile(j, &rs);
    if (j->status == WEIR_OK) {
        j->unchanged = is_same(j->current, rs);
        j->shrunk = !j->rs && has_shrunk(j, rs);
        if (j->current && !j->rs)
            j->ngone = gone_tell(j->current, rs, time_of(j), &j->report);
        if (j->shrunk)
            j->status = WEIR_E_RULES;
        else if (j->dry)
            try_out(j, rs);
        else if (!j->unchanged)
            make_ready(j, rs);
    }
    if (j->status == WEIR_E_NOMEM)
        weir_buf_puts(&j->report, "out of memory\n");
    weir_ruleset_unref(rs);
}

static void
do_job(struct load_job *j)
{
    int64_t began = clock_running_us();

    if (!j->dry || !is_over(j))
        load(j);
    j->given_up = j->dry && is_over(j);
    j->took_us = clock_running_us() - began;
}

/* The thread --------------------------------------------------------------------------------- */

/* Ends with the thread: of those without privileges none that was idle can be anything else again,
   unless RLIMIT_NICE allows what it is worth then. */
static void *
try_to_hurry(void *arg)
{
    bool *may = arg;

    *may = sched_setscheduler(0, SCHED_IDLE, &no_param) == 0 &&
           sched_setscheduler(0, SCHED_OTHER, &no_param) == 0;
    return NULL;
}

static bool
may_hurry(void)
{
    bool may = false;
    pthread_t thread;

    if (pthread_create(&thread, NULL, try_to_hurry, &may) == 0)
        (void)pthread_join(thread, NULL);
    return may;
}

/* Before work. A thread that could not hurry afterwards would wait for as long as others decide:
   it only leaves them most of the time. */
static void
be_idle(struct loader *l)
{
    if (!l->has_tried)
        l->may_hurry = may_hurry();
    l->has_tried = true;
    if (l->may_hurry && !l->hurries)
        (void)sched_setscheduler(0, SCHED_IDLE, &no_param);
}

int64_t
loader_used_us(const struct loader *l)
{
    clockid_t clock;

    return l->started && pthread_getcpuclockid(l->thread, &clock) == 0 ? clock_us(clock) : 0;
}

void
loader_hurry(struct loader *l)
{
    (void)pthread_mutex_lock(&l->lock);
    l->hurries = true;
    if (l->tid && l->may_hurry)
        (void)sched_setscheduler(l->tid, SCHED_OTHER, &no_param);
    (void)pthread_mutex_unlock(&l->lock);
}

static void
append(struct load_job **list, struct load_job *j)
{
    while (*list)
        list = &(*list)->next;
    j->next = NULL;
    *list = j;
}

/* Without the lock, which is held again afterwards. */
static void
free_discarded(struct loader *l)
{
    struct edition *e = l->discarded, *next;

    l->discarded = NULL;
    (void)pthread_mutex_unlock(&l->lock);
    for (; e; e = next) {
        next = e->next;
        edition_free(e);
    }
    (void)pthread_mutex_lock(&l->lock);
}

static void
answer_next(struct loader *l)
{
    struct load_job *j = l->jobs;

    l->jobs = j->next;
    l->doing = j;
    (void)pthread_mutex_unlock(&l->lock);
    do_job(j);
    (void)pthread_mutex_lock(&l->lock);
    l->doing = NULL;
    append(&l->answers, j);
    (void)pthread_mutex_unlock(&l->lock);
    l->done(l->arg);
    (void)pthread_mutex_lock(&l->lock);
}

/*
 * Linux's scheduler (EEVDF, since 6.6) owes a thread that slept for long a little time, and at
 * once, idle as it may be. One that decides and can run as well then waits for the next tick of the
 * clock, milliseconds away. A nap is enough for what is owed to be none: behind it others come
 * first.
 */
static void
wait_for_work(struct loader *l)
{
    static const struct timespec nap = {.tv_nsec = 50000};

    beat_set(&l->beat, false);
    (void)pthread_cond_wait(&l->asked, &l->lock);
    (void)pthread_mutex_unlock(&l->lock);
    (void)nanosleep(&nap, NULL);
    beat_set(&l->beat, true);
    (void)pthread_mutex_lock(&l->lock);
}

static void *
run(void *arg)
{
    struct loader *l = arg;

    (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE_IN_A_HURRY);
    (void)pthread_mutex_lock(&l->lock);
    l->tid = (pid_t)syscall(SYS_gettid);
    while (!l->stop) {
        if (l->discarded || l->jobs)
            be_idle(l);
        if (l->discarded)
            free_discarded(l);
        else if (l->jobs)
            answer_next(l);
        else
            wait_for_work(l);
    }
    l->tid = 0;
    (void)pthread_mutex_unlock(&l->lock);
    return NULL;
}

struct loader *
loader_new(void (*done)(void *arg), void *arg)
{
    struct loader *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    *l = (struct loader){.done = done, .arg = arg};
    beat_init(&l->beat);
    (void)pthread_mutex_init(&l->lock, NULL);
    (void)pthread_cond_init(&l->asked, NULL);
    return l;
}

bool
loader_start(struct loader *l)
{
    sigset_t all, before;

    CHECK(!l->started);
    (void)sigfillset(&all); /* signals are the main thread's */
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    l->started = pthread_create(&l->thread, NULL, run, l) == 0;
    if (l->started)
        (void)beat_start(&l->beat);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return l->started;
}

static void
drop(struct load_job *j)
{
    struct load_job *next;

    for (; j; j = next) {
        next = j->next;
        if (j->edition) {
            atomic_store(&j->edition->taken, 0);
            edition_free(j->edition);
        }
        load_job_free(j);
    }
}

static bool
ends_in_time(struct loader *l)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += PATIENCE_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    return pthread_timedjoin_np(l->thread, NULL, &until) == 0;
}

bool
loader_free(struct loader *l)
{
    if (!l)
        return true;
    (void)pthread_mutex_lock(&l->lock);
    l->stop = true;
    if (l->doing)
        load_job_give_up(l->doing);
    (void)pthread_cond_signal(&l->asked);
    (void)pthread_mutex_unlock(&l->lock);
    loader_hurry(l);
    if (l->started && !ends_in_time(l)) {
        (void)pthread_detach(l->thread); /* nobody will join it */
        return false;
    }
    (void)pthread_mutex_lock(&l->lock);
    free_discarded(l);
    (void)pthread_mutex_unlock(&l->lock);
    drop(l->jobs);
    drop(l->answers);
    beat_fini(&l->beat);
    (void)pthread_cond_destroy(&l->asked);
    (void)pthread_mutex_destroy(&l->lock);
    free(l);
    return true;
}

void
loader_ask(struct loader *l, struct load_job *j)
{
    (void)pthread_mutex_lock(&l->lock);
    append(&l->jobs, j);
    l->hurries = false;
    (void)pthread_cond_signal(&l->asked);
    (void)pthread_mutex_unlock(&l->lock);
}

struct load_job *
loader_answered(struct loader *l)
{
    (void)pthread_mutex_lock(&l->lock);
    struct load_job *j = l->answers;
    if (j)
        l->answers = j->next;
    (void)pthread_mutex_unlock(&l->lock);
    return j;
}

void
loader_discard(struct loader *l, struct edition *e)
{
    (void)pthread_mutex_lock(&l->lock);
    e->next = l->discarded;
    l->discarded = e;
    (void)pthread_cond_signal(&l->asked);
    (void)pthread_mutex_unlock(&l->lock);
}

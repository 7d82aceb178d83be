/*
 * Threads, and what they counted together.
 */
#include "load/client.h"

#include "load/loop.h"
#include "programs/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

struct client {
    const struct load *load;
    struct loop loops[LOAD_MAX_THREADS];
    unsigned nloops;
    pthread_t threads[LOAD_MAX_THREADS];
};

void
load_raise_limit(size_t nconns)
{
    const rlim_t wanted = nconns + 64;
    struct rlimit limit, raised;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    raised = (struct rlimit){wanted, limit.rlim_max < wanted ? wanted : limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &raised) != 0)
        die(EXIT_FAILED, "%zu connections: no more than %zu descriptors may be open (ulimit -Hn)",
            nconns, (size_t)limit.rlim_max);
}

/* Connecting --------------------------------------------------------------------------------- */

/* A thread has every nthreads-th connection; the first one has the idle ones, too. */
static bool
connect_all(struct client *c, struct load_result *r)
{
    const struct load *l = c->load;
    size_t first = 0, nthreads = l->nthreads < l->nconns ? l->nthreads : l->nconns;
    bool connected = true;

    for (size_t i = 0; i < nthreads && connected; i++) {
        size_t n = l->nconns / nthreads + (i < l->nconns % nthreads);

        connected = loop_open(&c->loops[c->nloops++], l, n, i == 0 ? l->nidle : 0, first);
        if (!connected)
            snprintf(r->fault, sizeof r->fault, "connecting to %s: %s", l->to.name,
                     strerror(errno));
        first += n;
    }
    return connected;
}

static void
set_pace(struct client *c, uint64_t begin)
{
    const struct load *l = c->load;
    struct pace p = {.begin = begin, .from = begin + (uint64_t)(l->warm_s * 1e9)};

    p.to = p.from + (uint64_t)(l->seconds * 1e9);
    if (l->lines) /* all of it */
        p.to = UINT64_MAX;
    for (unsigned i = 0; i < c->nloops; i++) {
        size_t n = c->loops[i].nconns;

        c->loops[i].pace = p;
        c->loops[i].pace.nconns = n;
        if (l->rate > 0) {
            c->loops[i].pace.interval = 1e9 * (double)l->nconns / (l->rate * (double)n);
            c->loops[i].pace.offset = (uint64_t)(1e9 * i / l->rate);
        }
    }
}

/* Adding up ---------------------------------------------------------------------------------- */

static void
add_conn(struct load_result *r, const struct conn *c, size_t number)
{
    uint64_t owed = c->is_idle ? 0 : conn_owed(c);
    uint64_t answered = c->answers.n - c->answers.nsurplus;

    r->sent += owed;
    r->answered += answered;
    r->unanswered += owed > answered ? owed - answered : 0;
    r->surplus += c->answers.nsurplus;
    r->nlost += c->is_broken;
    r->bytes_out += c->bytes_out;
    r->bytes_in += c->bytes_in;
    if (!r->fault[0] && c->answers.fault[0])
        snprintf(r->fault, sizeof r->fault, "connection %zu: %s", number, c->answers.fault);
}

static void
add_up(const struct client *c, struct load_result *r)
{
    size_t number = 0;
    uint64_t answers = 0;

    for (unsigned i = 0; i < c->nloops; i++) {
        const struct loop *l = &c->loops[i];

        histogram_add(&r->latency, &l->counts.latency);
        histogram_add(&r->lateness, &l->counts.lateness);
        answers += l->counts.answers;
        r->unsent += l->counts.unsent;
        r->busy += l->busy / c->nloops;
        for (size_t k = 0; k < l->nconns + l->nidle; k++)
            add_conn(r, &l->conns[k], number++);
    }
    r->posts_per_s = c->load->lines ? 0 : (double)answers / c->load->seconds;
}

static void
name_loss(struct load_result *r)
{
    if (r->fault[0])
        return;
    if (r->unanswered)
        snprintf(r->fault, sizeof r->fault, "%" PRIu64 " answers did not come", r->unanswered);
    else if (r->surplus)
        snprintf(r->fault, sizeof r->fault, "%" PRIu64 " answers came that nobody asked for",
                 r->surplus);
    else if (r->nlost)
        snprintf(r->fault, sizeof r->fault, "%" PRIu64 " connections were closed by the server",
                 r->nlost);
}

/* Running ------------------------------------------------------------------------------------ */

static void
run_threads(struct client *c, meanwhile_fn *meanwhile, void *arg)
{
    set_pace(c, now_ns());
    for (unsigned i = 0; i < c->nloops; i++)
        if (pthread_create(&c->threads[i], NULL, loop_run, &c->loops[i]) != 0)
            die(EXIT_FAILED, "no thread could be started");
    if (meanwhile)
        meanwhile(arg, c->loops[0].pace.from, c->loops[0].pace.to);
    for (unsigned i = 0; i < c->nloops; i++)
        (void)pthread_join(c->threads[i], NULL);
}

void
load_run(const struct load *l, struct load_result *r, meanwhile_fn *meanwhile, void *arg)
{
    struct client *c = allocate(1, sizeof *c);

    c->load = l;
    *r = (struct load_result){.fault = ""};
    histogram_init(&r->latency);
    histogram_init(&r->lateness);
    (void)prctl(PR_SET_TIMERSLACK, 1); /* threads inherit it: be woken when it was asked for */
    if (connect_all(c, r)) {
        if (l->capture)
            c->loops[0].conns[0].answers.capture = l->capture;
        run_threads(c, meanwhile, arg);
        add_up(c, r);
        name_loss(r);
    }
    for (unsigned i = 0; i < c->nloops; i++)
        loop_fini(&c->loops[i]);
    free(c);
}

void
load_result_fini(struct load_result *r)
{
    histogram_fini(&r->latency);
    histogram_fini(&r->lateness);
}

bool
load_is_sound(const struct load_result *r)
{
    return !r->fault[0] && !r->unanswered && !r->surplus && !r->nlost;
}

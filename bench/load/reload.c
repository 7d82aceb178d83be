/*
 * Two rule sets of the same length take each other's place under one name, and SIGHUP tells the
 * server. That it has taken over is known from its answers, which name their rule set; what it says
 * of it is not looked at.
 */
#include "load/reload.h"

#include "load/server.h"
#include "programs/clock.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How long a reload may take, after which there is none. */
#define RELOAD_S 120
/* The highest rate is found with the sends of the open loop, where each post leaves by itself: what
   a server does for one that comes alone is most of its work. */
#define BATCH 1

/* How often answers are looked at while a load runs, on the client's core; it bounds how exactly a
   reload is timed. */
#define LOOK_NS 10000000
/* A run has room for so many reloads as they are when nothing else goes on, where that takes longer
   than was asked for: under load they take several times as long. */
#define RELOADS_A_RUN 10
#define LONGEST_RUN_S 60

struct reloading {
    const struct setting *setting;
    struct reload *out;
    struct feed feed;
    struct set sets[2];
    size_t in_place; /* of them: the one that the server was told of last */
    struct place place;
    struct server server;
    uint64_t delivered;
    _Atomic uint64_t *rulesets; /* of each connection */
    double run_s;
    bool reloads; /* in the run that is under way */
    size_t done;  /* that were finished in it */
};

const char *
reload_kind_name(enum reload_kind k)
{
    return k == RELOAD_COMPILED ? "compiled" : "sources";
}

const char *
reload_kind_about(enum reload_kind k)
{
    return k == RELOAD_COMPILED ? "a compiled set, mapped" : "a list file, compiled meanwhile";
}

/* Setting up --------------------------------------------------------------------------------- */

/* The same list but for its last entry: what a reload costs does not hang on how much is new. */
static void
make_sets(struct reloading *r, struct world *w)
{
    const struct setting *s = r->setting;
    struct rules rules;

    material_rules(&s->material, w, WORKLOAD_LITERALS, r->out->nrules + 1, &rules);
    rules.n--;
    sets_make(&r->sets[0], s->tagweir, "rules-0", &rules);
    rules.v[rules.n - 1] = rules.v[rules.n];
    sets_make(&r->sets[1], s->tagweir, "rules-1", &rules);
    rules_fini(&rules);
}

static void
set_up(struct reloading *r)
{
    const struct setting *s = r->setting;
    const char *argv[SETTING_ARGUMENTS];
    struct world world;

    setting_progress(s, "drawing and compiling lists");
    material_world(&s->material, &world, s->material.workload, r->out->nrules + 1);
    material_feed(&s->material, &world, &posts_served, &r->feed);
    make_sets(r, &world);
    world_fini(&world);
    r->place.is_compiled = r->out->kind == RELOAD_COMPILED;
    workplace_path(r->place.path, r->place.is_compiled ? "current.tws" : "current");
    place_put(&r->place, &r->sets[0]);
    setting_serve(s, r->place.path, "1", argv);
    server_start(&r->server, "serve", argv, s->cores.server);
}

/* Runs --------------------------------------------------------------------------------------- */

static bool
take_over(struct reloading *r, const struct load_result *result)
{
    r->delivered += result->answered + result->surplus;
    if (load_is_sound(result))
        return true;
    if (!r->out->fault[0])
        snprintf(r->out->fault, sizeof r->out->fault, "serve: %s", result->fault);
    return false;
}

static struct load
plain_load(struct reloading *r)
{
    struct load load = r->setting->load;

    load.to = r->server.at;
    load.feed = &r->feed;
    load.rulesets = r->rulesets;
    load.rate = 0;
    load.lines = 0;
    if (load.batch == 0)
        load.batch = BATCH;
    return load;
}

/* Ask for one post, to see by which rules it is decided. */
static bool
ask_once(struct reloading *r)
{
    struct load load = plain_load(r);
    struct load_result result;

    load.nconns = load.window = load.lines = 1;
    load.nthreads = 1;
    load.nidle = 0;
    load_run(&load, &result, NULL, NULL);
    bool sound = take_over(r, &result);
    load_result_fini(&result);
    return sound;
}

/* Reloading ---------------------------------------------------------------------------------- */

static bool
tell_server(struct reloading *r, size_t set)
{
    place_put(&r->place, &r->sets[set]);
    r->in_place = set;
    return server_lives(&r->server) && kill(r->server.pid, SIGHUP) == 0;
}

/* Have the first n connections all been answered by what is in place? An answer by the old rules
   may still be on its way to one when another has its first by the new ones. */
static bool
has_reloaded(const struct reloading *r, size_t n)
{
    size_t i = 0;

    while (i < n && atomic_load(&r->rulesets[i]) == r->sets[r->in_place].digest)
        i++;
    return i == n;
}

/* Nothing runs: wait until answers are made by what is in place. false: `missing` says why not. */
static bool
settle(struct reloading *r)
{
    uint64_t until = now_ns() + RELOAD_S * UINT64_C(1000000000);
    char *why = r->out->missing, end[64];

    while (now_ns() < until) {
        sleep_until_ns(now_ns() + 10000000);
        if (!server_lives(&r->server)) {
            process_tell(r->server.status, end);
            snprintf(why, sizeof r->out->missing,
                     "SIGHUP ended the server (%s): it does not reload", end);
            return false;
        }
        if (ask_once(r) && has_reloaded(r, 1))
            return true;
    }
    snprintf(why, sizeof r->out->missing, "%d s after SIGHUP answers are made by the old rules",
             RELOAD_S);
    return false;
}

/* One reload while nothing else goes on: are there any, and how long do runs have to be? */
static bool
try_one(struct reloading *r)
{
    uint64_t start = now_ns();

    setting_progress(r->setting, "trying a reload");
    if (!ask_once(r))
        return false;
    (void)tell_server(r, 1);
    if (!settle(r)) {
        r->out->fault[0] = '\0'; /* what was lost with it is no news */
        return false;
    }
    double took = (double)(now_ns() - start) * 1e-9 * RELOADS_A_RUN;
    r->run_s = r->setting->load.seconds > took ? r->setting->load.seconds : took;
    if (r->run_s > LONGEST_RUN_S)
        r->run_s = LONGEST_RUN_S;
    return true;
}

/* One after the other, until the time is up. Where there are none it looks as often, as that takes
   a little of the client's time. */
static void
reload_meanwhile(void *arg, uint64_t from, uint64_t to)
{
    struct reloading *r = arg;
    uint64_t now = now_ns(), start = 0; /* 0: none is under way */

    (void)from; /* they are under way when it begins to count */
    for (; now < to; now = now_ns()) {
        if (has_reloaded(r, r->setting->load.nconns) && start) {
            samples_add(&r->out->seconds, (double)(now - start) * 1e-9);
            r->done++;
            start = 0;
        }
        if (r->reloads && !start) {
            start = now;
            if (!tell_server(r, !r->in_place))
                return;
        }
        sleep_until_ns(now + LOOK_NS < to ? now + LOOK_NS : to);
    }
}

/* Measuring ---------------------------------------------------------------------------------- */

static bool
find_highest(struct reloading *r)
{
    struct load load = plain_load(r);
    struct load_result result;

    setting_progress(r->setting, "the highest rate");
    load_run(&load, &result, NULL, NULL);
    r->out->highest = result.posts_per_s;
    r->out->rate = r->setting->load.rate > 0 ? r->setting->load.rate : result.posts_per_s / 2;
    bool sound = take_over(r, &result);
    load_result_fini(&result);
    return sound;
}

static bool
time_run(struct reloading *r, bool reloads)
{
    struct load load = plain_load(r);
    struct load_result result;
    struct samples *samples = reloads ? &r->out->under : &r->out->calm;

    setting_progress(r->setting, reloads ? "open loop, with reloads" : "open loop");
    load.rate = r->out->rate;
    load.seconds = r->run_s;
    r->reloads = reloads;
    r->done = 0;
    for (size_t i = 0; i < load.nconns; i++)
        atomic_store(&r->rulesets[i], 0);
    load_run(&load, &result, reload_meanwhile, r);
    samples_add(samples, (double)histogram_percentile(&result.latency, RELOAD_PERCENTILE));
    r->out->nreloads += r->done;
    r->out->unsent += result.unsent;
    bool sound = take_over(r, &result);
    if (sound && reloads && r->done == 0)
        snprintf(r->out->missing, sizeof r->out->missing, "no reload was finished within %.0f s",
                 r->run_s);
    if (sound && !reloads && result.unsent > 0)
        snprintf(r->out->missing, sizeof r->out->missing,
                 "%.0f posts a second were not reached without reloads: something else runs here",
                 r->out->rate);
    load_result_fini(&result);
    return sound && !r->out->missing[0];
}

static void
stop(struct reloading *r)
{
    struct server_summary summary;
    struct reload *o = r->out;

    server_stop(&r->server, &summary);
    if (!o->fault[0] && !o->missing[0] && !summary.is_clean)
        snprintf(o->fault, sizeof o->fault, "serve ended with %s", summary.end);
    else if (!o->fault[0] && summary.has_delivered && summary.delivered != r->delivered)
        snprintf(o->fault, sizeof o->fault,
                 "serve says that it delivered %" PRIu64 " answers, %" PRIu64 " came",
                 summary.delivered, r->delivered);
    server_summary_fini(&summary);
}

bool
reload_measure(const struct setting *s, enum reload_kind kind, size_t nrules, struct reload *out)
{
    struct reloading r = {
        .setting = s, .out = out, .rulesets = allocate(s->load.nconns, sizeof *r.rulesets)};

    *out = (struct reload){.kind = kind, .nrules = nrules};
    set_up(&r);
    bool good = try_one(&r) && find_highest(&r);
    for (unsigned round = 0; round < s->rounds && good; round++) {
        bool reloads_first = round % 2;

        good =
            time_run(&r, reloads_first) && settle(&r) && time_run(&r, !reloads_first) && settle(&r);
    }
    stop(&r);
    feed_fini(&r.feed);
    free(r.rulesets);
    setting_progress(s, NULL);
    return good && !out->fault[0];
}

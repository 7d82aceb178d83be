/*
 * The goals, and how each is computed from what was measured.
 *
 * Where a goal speaks of several workloads, sizes or streams, the one that is worst for us decides.
 * A peer that may be written in two ways counts with the faster one, where it is scanned joined.
 */
#include "goals.h"

#include <stdio.h>
#include <string.h>

#define COLD_AND_DENSE                                                                             \
    {                                                                                              \
        WORKLOAD_COLD, WORKLOAD_DENSE, NWORKLOADS                                                  \
    }
#define ONLY(w)                                                                                    \
    {                                                                                              \
        w, NWORKLOADS, NWORKLOADS                                                                  \
    }
#define ZIPF_AND_UNIQUE                                                                            \
    {                                                                                              \
        STREAM_ZIPF, STREAM_UNIQUE                                                                 \
    }
#define HASH_JOINED "hash-hs-joined", "hash-hs-framed"
#define EVERYTHING_JOINED "hs-joined", "hs-framed"

const struct goal goals[] = {
    {.target.id = "M1",
     .target.what = "speed, 10k rules, no memo: over hash + Vectorscan a call a token",
     .kind = GOAL_SPEED,
     .target.least = 2.5,
     .target.aim = 5,
     .us = "tagweir",
     .peers = {"hash-hs-call"},
     .workloads = COLD_AND_DENSE,
     .sizes = {10000},
     .streams = ZIPF_AND_UNIQUE},
    {.target.id = "M2",
     .target.what = "the same over the best joined Vectorscan",
     .kind = GOAL_SPEED,
     .target.least = 1.1,
     .target.aim = 2.5,
     .us = "tagweir",
     .peers = {HASH_JOINED, EVERYTHING_JOINED},
     .workloads = COLD_AND_DENSE,
     .sizes = {10000},
     .streams = ZIPF_AND_UNIQUE},
    {.target.id = "M3a",
     .target.what = "speed, 100k rules, no memo: over hash + Vectorscan a call a token",
     .kind = GOAL_SPEED,
     .target.least = 5,
     .target.aim = 10,
     .us = "tagweir",
     .peers = {"hash-hs-call"},
     .workloads = COLD_AND_DENSE,
     .sizes = {100000},
     .streams = ZIPF_AND_UNIQUE},
    {.target.id = "M3b.zipf",
     .target.what = "speed, 100k rules, memo, Zipf: over hash + Vectorscan joined",
     .kind = GOAL_SPEED,
     .target.least = 2,
     .target.aim = 4,
     .us = "tagweir-memo",
     .peers = {HASH_JOINED},
     .workloads = COLD_AND_DENSE,
     .sizes = {100000},
     .streams = {STREAM_ZIPF, STREAM_NONE}},
    {.target.id = "M3b.unique",
     .target.what = "speed, 100k rules, no memo, unique: over hash + Vectorscan joined",
     .kind = GOAL_SPEED,
     .target.least = 1.3,
     .target.aim = 2,
     .us = "tagweir",
     .peers = {HASH_JOINED},
     .workloads = COLD_AND_DENSE,
     .sizes = {100000},
     .streams = {STREAM_UNIQUE, STREAM_NONE}},
    {.target.id = "M4.warm",
     .target.what = "speed, 10k rules: over RE2::Set that has seen the tags",
     .kind = GOAL_SPEED,
     .target.least = 4,
     .target.aim = 6,
     .us = "tagweir",
     .peers = {"re2-set"},
     .workloads = COLD_AND_DENSE,
     .sizes = {10000},
     .streams = ZIPF_AND_UNIQUE},
    {.target.id = "M4.first",
     .target.what = "speed, 100k rules: over RE2::Set on tags never seen",
     .kind = GOAL_SPEED,
     .target.least = 10,
     .target.aim = 20,
     .us = "tagweir",
     .peers = {"re2-set"},
     .workloads = COLD_AND_DENSE,
     .sizes = {100000},
     .streams = {STREAM_UNIQUE, STREAM_NONE},
     .first_sight = true},
    {.target.id = "M5.zipf",
     .target.what = "a token's cost at 100k cold rules over that at 100, Zipf",
     .kind = GOAL_VARIANT,
     .target.at_most = true,
     .target.least = 4,
     .target.aim = 2,
     .us = "tagweir",
     .workloads = ONLY(WORKLOAD_GROWTH),
     .sizes = {100000},
     .streams = {STREAM_ZIPF, STREAM_NONE}},
    {.target.id = "M5.unique",
     .target.what = "the same, unique",
     .kind = GOAL_VARIANT,
     .target.at_most = true,
     .target.least = 6,
     .target.aim = 3,
     .us = "tagweir",
     .workloads = ONLY(WORKLOAD_GROWTH),
     .sizes = {100000},
     .streams = {STREAM_UNIQUE, STREAM_NONE}},
    {.target.id = "M6",
     .target.what = "speed, 100 and 1k rules: over Vectorscan for everything, joined",
     .kind = GOAL_SPEED,
     .target.least = 0.2,
     .target.aim = 1,
     .us = "tagweir",
     .peers = {EVERYTHING_JOINED},
     .workloads = COLD_AND_DENSE,
     .sizes = {100, 1000},
     .streams = ZIPF_AND_UNIQUE},
    {.target.id = "M7",
     .target.what = "cost of 200 regions over 1 region, tags that no rule knows",
     .kind = GOAL_VARIANT,
     .target.at_most = true,
     .target.least = 1.1,
     .target.aim = 1.02,
     .us = "tagweir",
     .workloads = ONLY(WORKLOAD_REGIONS),
     .sizes = {100000},
     .streams = {STREAM_UNKNOWN, STREAM_NONE}},
    {.target.id = "M8a",
     .target.what = "1M literals: speed of look-up over uthash",
     .kind = GOAL_SPEED,
     .target.least = 4,
     .target.aim = 6,
     .us = "tagweir",
     .peers = {"uthash-pcre2"},
     .workloads = ONLY(WORKLOAD_LITERALS),
     .sizes = {1000000},
     .streams = ZIPF_AND_UNIQUE},
    {.target.id = "M8b",
     .target.what = "1M literals: resident bytes over the literals' own bytes",
     .kind = GOAL_MEMORY,
     .target.at_most = true,
     .target.least = 3.2,
     .target.aim = 2,
     .us = "tagweir",
     .workloads = ONLY(WORKLOAD_LITERALS),
     .sizes = {1000000},
     .streams = {STREAM_NONE, STREAM_NONE}},
    {.target.id = "M9.hs",
     .target.what =
         "load of 100k compiled mixed rules, JIT included, over hash + Vectorscan's compile",
     .kind = GOAL_LOAD,
     .target.at_most = true,
     .target.least = 0.01,
     .target.aim = 0.005,
     .us = "tagweir",
     .peers = {"hash-hs-joined"},
     .workloads = ONLY(WORKLOAD_MIXED),
     .sizes = {100000},
     .streams = {STREAM_NONE, STREAM_NONE}},
    {.target.id = "M9.re2",
     .target.what = "the same over RE2::Set's",
     .kind = GOAL_LOAD,
     .target.at_most = true,
     .target.least = 0.25,
     .target.aim = 0.1,
     .us = "tagweir",
     .peers = {"re2-set"},
     .workloads = ONLY(WORKLOAD_MIXED),
     .sizes = {100000},
     .streams = {STREAM_NONE, STREAM_NONE}},
    {.target.id = "M10",
     .target.what =
         "a token's cost with 500 patterns without a literal among 100k, over without them",
     .kind = GOAL_VARIANT,
     .target.at_most = true,
     .target.least = 1.4,
     .target.aim = 1.15,
     .us = "tagweir",
     .workloads = ONLY(WORKLOAD_FACTORLESS),
     .sizes = {100000},
     .streams = ZIPF_AND_UNIQUE},
};
const size_t ngoals = sizeof goals / sizeof *goals;

const struct target *
goal_target(size_t i)
{
    return i < ngoals ? &goals[i].target : NULL;
}

const struct goal *
goal_of(const struct target *t)
{
    return (const struct goal *)t;
}

/* What it needs ------------------------------------------------------------------------------ */

/* The goals with a memo are measured without one while the matcher has none. */
static const struct engine *
engine_of_goal(const char *name)
{
    const struct engine *e = engine_find(span_of_text(name));

    if (e && e->absent && strcmp(name, "tagweir-memo") == 0)
        return engine_find(span_of_text("tagweir"));
    return e;
}

static size_t
nworkloads_of(const struct goal *g)
{
    size_t n = 0;

    while (n < 3 && g->workloads[n] != NWORKLOADS)
        n++;
    return n;
}

static size_t
nsizes_of(const struct goal *g)
{
    return g->sizes[1] ? 2 : 1;
}

/* At least one: STREAM_NONE counts where it stands alone. */
static size_t
nstreams_of(const struct goal *g)
{
    return g->streams[1] == STREAM_NONE ? 1 : 2;
}

static void
plan_engines(const struct goal *g, struct plan *p, enum workload w, size_t nrules, enum stream s)
{
    plan_add(p, w, nrules, s, engine_of_goal(g->us));
    for (size_t i = 0; i < 4 && g->peers[i]; i++)
        plan_add(p, w, nrules, s, engine_of_goal(g->peers[i]));
    /* there must be somebody to agree with */
    if (g->kind != GOAL_SPEED && g->kind != GOAL_LOAD)
        plan_add(p, w, nrules, s, engine_find(span_of_text("uthash-pcre2")));
}

void
goal_plan(const struct goal *g, struct plan *p)
{
    for (size_t w = 0; w < nworkloads_of(g); w++)
        for (size_t n = 0; n < nsizes_of(g); n++)
            for (size_t s = 0; s < nstreams_of(g); s++)
                plan_engines(g, p, g->workloads[w], g->sizes[n], g->streams[s]);
}

/* What came of it ---------------------------------------------------------------------------- */

/* One case of a goal. */
struct at {
    enum workload workload;
    size_t nrules;
    enum stream stream;
};

static const struct result *
row(const struct results *r, struct at at, size_t variant, const char *engine)
{
    const struct result *found =
        results_find(r, at.workload, variant, at.nrules, at.stream, engine_of_goal(engine));

    return found && !found->missing[0] ? found : NULL;
}

static const struct samples not_measured;

/* Nanoseconds a token by round. */
static const struct samples *
cost(const struct results *r, struct at at, size_t variant, const char *engine, bool first)
{
    const struct result *found = row(r, at, variant, engine);

    if (!found)
        return &not_measured;
    return first ? &found->timing.first : &found->timing.ns;
}

static const struct samples *
best_peer(const struct goal *g, const struct results *r, struct at at, const char **name)
{
    const struct samples *best = &not_measured;

    for (size_t i = 0; i < 4 && g->peers[i]; i++) {
        const struct samples *c = cost(r, at, 0, g->peers[i], g->first_sight);

        if (c->n && (!best->n || samples_spread(c).median < samples_spread(best).median)) {
            best = c;
            *name = g->peers[i];
        }
    }
    return best;
}

static double
over(double a, double b)
{
    return a > 0 && b > 0 ? a / b : 0;
}

/* 0 or less: not measured. `name` gets the peer that counted. */
static double
ratio(const struct goal *g, const struct results *r, struct at at, const char **name)
{
    const struct result *us = row(r, at, 0, g->us), *peer;

    if (!us)
        return 0;
    switch (g->kind) {
    case GOAL_SPEED:
        return samples_ratio(best_peer(g, r, at, name), cost(r, at, 0, g->us, false));
    case GOAL_VARIANT:
        return samples_ratio(cost(r, at, 1, g->us, false), cost(r, at, 0, g->us, false));
    case GOAL_MEMORY:
        return over((double)us->resident, (double)us->rule_bytes);
    default:
        peer = row(r, at, 0, g->peers[0]);
        *name = g->peers[0];
        return peer ? over(us->load_s.median, peer->compile_s.median) : 0;
    }
}

/* Why there are no figures of an engine. */
static const char *
reason(const struct results *r, struct at at, size_t variant, const struct engine *e)
{
    const struct result *any = results_find(r, at.workload, variant, at.nrules, STREAM_NONE, e);

    if (e->absent)
        return e->absent;
    return any && any->missing[0] ? any->missing : "not asked for";
}

/* No peer has figures: "a, b: built without them; c: not asked for". */
static void
say_why_no_peer(const struct goal *g, const struct results *r, struct at at, struct target_value *v)
{
    size_t len = 0;

    for (size_t i = 0; i < 4 && g->peers[i] && len < sizeof v->why; i++) {
        const char *next = i < 3 ? g->peers[i + 1] : NULL;
        const char *why = reason(r, at, 0, engine_of_goal(g->peers[i]));
        bool same = next && strcmp(why, reason(r, at, 0, engine_of_goal(next))) == 0;

        len += (size_t)snprintf(v->why + len, sizeof v->why - len, "%s", g->peers[i]);
        if (len < sizeof v->why && same)
            len += (size_t)snprintf(v->why + len, sizeof v->why - len, ", ");
        else if (len < sizeof v->why)
            len += (size_t)snprintf(v->why + len, sizeof v->why - len, ": %s%s", why,
                                    next ? "; " : "");
    }
}

static void
put_where(struct target_value *v, struct at at, const char *peer)
{
    snprintf(v->where, sizeof v->where, "%s, %zu rules%s%s%s%s", workload_name(at.workload),
             at.nrules, at.stream == STREAM_NONE ? "" : ", ",
             at.stream == STREAM_NONE ? "" : stream_name(at.stream), *peer ? ", " : "", peer);
}

/* Who lacks figures in a case that has no value, and why. */
static void
say_why(const struct goal *g, const struct results *r, struct at at, struct target_value *v)
{
    const struct engine *us = engine_of_goal(g->us);
    size_t variant = g->kind == GOAL_VARIANT && row(r, at, 0, g->us) ? 1 : 0;

    put_where(v, at, "");
    if (!row(r, at, variant, g->us))
        snprintf(v->why, sizeof v->why, "%s: %s", us->name, reason(r, at, variant, us));
    else if (g->peers[0])
        say_why_no_peer(g, r, at, v);
    else
        snprintf(v->why, sizeof v->why, "%s: nothing came of it", us->name);
}

static void
consider(const struct goal *g, const struct results *r, struct at at, struct target_value *v)
{
    const char *peer = "";
    double value = ratio(g, r, at, &peer);
    bool worse = g->target.at_most ? value > v->value : value < v->value;

    if (value <= 0) {
        v->measured = false;
        say_why(g, r, at, v);
    } else if (v->measured && (v->value <= 0 || worse)) {
        v->value = value;
        put_where(v, at, peer);
    }
}

struct target_value
goal_measure(const struct goal *g, const struct results *r)
{
    struct target_value v = {.measured = true};

    for (size_t w = 0; w < nworkloads_of(g) && v.measured; w++)
        for (size_t n = 0; n < nsizes_of(g) && v.measured; n++)
            for (size_t s = 0; s < nstreams_of(g) && v.measured; s++)
                consider(g, r, (struct at){g->workloads[w], g->sizes[n], g->streams[s]}, &v);
    return v;
}

void
goals_measure(const struct requirements *q, const struct results *r,
              struct target_value v[MAX_REQUIREMENTS])
{
    for (size_t i = 0; i < q->n; i++)
        v[i] = goal_measure(goal_of(q->v[i].target), r);
}

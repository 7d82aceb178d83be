/*
 * A rule set is made and compiled by all engines, then each stream is one contest.
 */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CONTENDERS (MAX_VARIANTS * MAX_ENGINES)

/* The rule sets of one planned row, and who was made from them. */
struct field {
    const struct planned *planned;
    struct rules rules[MAX_VARIANTS];
    size_t nvariants;
    struct contender v[MAX_CONTENDERS];
    size_t variant[MAX_CONTENDERS];
    size_t n;
};

static void
say(const struct run *run, const char *what, const struct contender *c)
{
    if (run->progress)
        fprintf(stderr, "%s %zu rules: %s\n", what, c->rules->n, c->engine->name);
}

static struct result *
add_row(struct run *run, const struct field *f, size_t i, enum stream s)
{
    struct result *r = results_add(&run->results);
    const struct contender *c = &f->v[i];

    r->workload = f->planned->workload;
    r->variant = f->variant[i];
    r->nrules = f->planned->nrules;
    r->stream = s;
    r->engine = c->engine;
    r->check_only = c->check_only;
    r->compile_s = samples_spread(&c->compile_s);
    r->load_s = samples_spread(&c->load_s);
    r->heap = c->heap;
    r->resident = c->resident;
    r->table = c->compiled.nbytes;
    r->rule_bytes = c->rules->nbytes;
    r->has_classes = c->has_classes;
    r->classes = c->classes;
    snprintf(r->missing, sizeof r->missing, "%s", c->compiled.why);
    return r;
}

/* Who does not compile stays out, and is named. */
static void
enter(struct run *run, struct field *f, size_t variant, const struct engine *e,
      const struct tokens *tokens)
{
    struct contender *c = &f->v[f->n];
    const struct rules *rules = &f->rules[variant];
    size_t most = e->most_rules / (run->quick ? 10 : 1);

    *c = (struct contender){.engine = e, .rules = rules};
    c->group = variants_agree(f->planned->workload) ? 0 : (int)variant;
    c->check_only = plan_only_checks(f->planned->workload, e);
    f->variant[f->n] = variant;
    if (e->absent) {
        snprintf(c->compiled.why, sizeof c->compiled.why, "%s", e->absent);
    } else if (most && rules->n > most) {
        snprintf(c->compiled.why, sizeof c->compiled.why,
                 "left out above %zu rules%s: compiling takes too long", most,
                 run->quick ? " with --quick" : "");
    } else {
        say(run, "compiling", c);
        if (contender_compile(c, tokens)) {
            f->n++;
            return;
        }
    }
    (void)add_row(run, f, f->n, STREAM_NONE);
}

static void
field_init(struct run *run, struct field *f, const struct planned *planned, enum stream s)
{
    const struct language *l = world_language(run->world, s);
    const struct tokens *tokens = world_stream(run->world, s);

    *f = (struct field){.planned = planned, .nvariants = workload_variants(planned->workload)};
    for (size_t v = 0; v < f->nvariants; v++)
        rules_make(&f->rules[v], l, planned->workload, v, planned->nrules, run->world->seed);
    for (size_t v = 0; v < f->nvariants; v++)
        for (size_t i = 0; i < nengines; i++)
            if (planned->engines[i])
                enter(run, f, v, engines[i], tokens);
}

static void
field_fini(struct field *f)
{
    for (size_t i = 0; i < f->n; i++)
        contender_free(&f->v[i]);
    for (size_t v = 0; v < f->nvariants; v++)
        rules_fini(&f->rules[v]);
}

static void
add_rows(struct run *run, const struct field *f, const struct contest *c, enum stream s)
{
    for (size_t i = 0; i < f->n; i++) {
        struct result *r = add_row(run, f, i, s);
        const struct timing *t = &c->timings[i];

        r->timing = *t;
        r->npairs = c->npairs;
        r->stream_tokens = c->tokens->n;
        r->hits = t->ntokens ? (double)t->tally.n / (double)t->ntokens : 0;
    }
}

/* STREAM_NONE: they are compared all the same, on the first stream, before compile times are told.
 */
static bool
hold(struct run *run, struct field *f, enum stream s)
{
    struct contest c = {.v = f->v,
                        .n = f->n,
                        .tokens = world_stream(run->world, s == STREAM_NONE ? STREAM_ZIPF : s),
                        .nrounds = s == STREAM_NONE ? 0 : run->nrounds,
                        .round_s = run->round_s,
                        .check_s = run->check_s,
                        .seed = run->world->seed};
    size_t first = run->results.n;

    if (!c.tokens || f->n == 0)
        return true;
    if (run->progress)
        fprintf(stderr, "timing %zu rules: %s\n", f->planned->nrules, stream_name(s));
    bool agree = contest_run(&c);
    if (agree) {
        add_rows(run, f, &c, s);
        run->tell(run, &f->rules[0], first);
    }
    free(c.timings);
    return agree;
}

static bool
is_timed(const struct planned *p)
{
    for (size_t s = 0; s < NSTREAMS; s++)
        if (p->streams[s])
            return true;
    return false;
}

/* The made-up streams have their rules in common; those of real tags are rules of their own. */
static bool
run_planned(struct run *run, const struct planned *p, bool real)
{
    struct field *f = allocate(1, sizeof *f);
    bool agree = true;

    field_init(run, f, p, real ? STREAM_REAL : STREAM_ZIPF);
    for (size_t s = 0; s < NSTREAMS && agree; s++)
        if (p->streams[s] && (s == STREAM_REAL) == real)
            agree = hold(run, f, (enum stream)s);
    if (!is_timed(p))
        agree = hold(run, f, STREAM_NONE);
    field_fini(f);
    free(f);
    return agree;
}

static bool
has_made_up(const struct planned *p)
{
    for (size_t s = 0; s < NSTREAMS; s++)
        if (p->streams[s] && s != STREAM_REAL)
            return true;
    return false;
}

bool
run_plan(struct run *run, const struct plan *plan)
{
    for (size_t i = 0; i < plan->n; i++) {
        const struct planned *p = &plan->v[i];
        bool real = p->streams[STREAM_REAL] && world_stream(run->world, STREAM_REAL);

        if ((has_made_up(p) || !is_timed(p)) && !run_planned(run, p, false))
            return false;
        if (real && !run_planned(run, p, true))
            return false;
    }
    return true;
}

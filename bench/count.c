/*
 * Only the pass itself is instrumented: making workloads and compiling rules, which takes a
 * thousand times as many instructions, runs at a speed that can be waited for.
 */
#include "count.h"

#include "contest.h"

#include <stdio.h>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#define UNDER_VALGRIND RUNNING_ON_VALGRIND
#else
#define CALLGRIND_START_INSTRUMENTATION ((void)0)
#define CALLGRIND_STOP_INSTRUMENTATION ((void)0)
#define CALLGRIND_ZERO_STATS ((void)0)
#define CALLGRIND_DUMP_STATS_AT(label) ((void)(label))
#define UNDER_VALGRIND 0
#endif

/* What is counted: the engine's own work, and adding its hits to a sum. */
static void
count_pass(const struct contender *c, const weir_span *tokens, size_t n, const char *label)
{
    struct tally tally = {0};

    CALLGRIND_START_INSTRUMENTATION;
    CALLGRIND_ZERO_STATS;
    c->engine->match(c->compiled.context, tokens, n, tally_add, &tally);
    CALLGRIND_DUMP_STATS_AT(label);
    CALLGRIND_STOP_INSTRUMENTATION;
}

static void
count_stream(const struct contender *c, const struct planned *p, enum stream s, struct world *world,
             size_t n)
{
    const struct tokens *t = world_stream(world, s);
    struct tally tally = {0};
    char label[256];

    if (!t)
        return;
    if (2 * n > t->n)
        die(EXIT_USAGE, "--count %zu: the stream has %zu tags, and twice as many are looked up", n,
            t->n);
    snprintf(label, sizeof label, "%s %zu %s %s %zu", workload_name(p->workload), p->nrules,
             stream_name(s), c->engine->name, n);
    fprintf(stderr, "counting %s\n", label);
    c->engine->match(c->compiled.context, t->v, n, tally_add, &tally);
    count_pass(c, t->v + n, n, label);
}

static void
count_engine(const struct planned *p, const struct rules *rules, const struct engine *e,
             struct world *world, size_t n)
{
    struct contender c = {.engine = e, .rules = rules};

    if (e->absent) {
        fprintf(stderr, "%s: %s\n", e->name, e->absent);
        return;
    }
    if (!contender_make(&c))
        die(EXIT_FAILED, "%s: %s", e->name, c.compiled.why);
    for (size_t s = 0; s < NSTREAMS; s++)
        if (p->streams[s])
            count_stream(&c, p, (enum stream)s, world, n);
    contender_free(&c);
}

void
count_plan(const struct plan *plan, struct world *world, size_t n)
{
    if (!UNDER_VALGRIND)
        die(EXIT_USAGE, "--count is for bench/instructions.py, which runs it under Valgrind");
    for (size_t i = 0; i < plan->n; i++) {
        const struct planned *p = &plan->v[i];
        struct rules rules;

        /* of pairs of rule sets, the first */
        rules_make(&rules, world_language(world, STREAM_ZIPF), p->workload, 0, p->nrules,
                   world->seed);
        for (size_t e = 0; e < nengines; e++)
            if (p->engines[e])
                count_engine(p, &rules, engines[e], world, n);
        rules_fini(&rules);
    }
}

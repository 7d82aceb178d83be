/*
 * Lists of names, and the matrix that they stand for.
 */
#include "options.h"

#include "arguments.h"

static const char help[] =
    "usage: tagweir-bench match [options]\n"
    "\n"
    "Measures what it costs to find the rules that match a hashtag, beside what else could be "
    "used.\n"
    "Engines must agree on which rules match which tags before any time is told.\n"
    "\n"
    "  --quick             an answer within a minute: fewer sizes, fewer tags\n"
    "  --workload W,...    cold, mixed, dense, literals, regions, factorless, growth\n"
    "  --rules N,...       numbers of rules; k and M are thousands and millions\n"
    "  --tokens S,...      streams: zipf, unique, unknown, real\n"
    "  --engines E,...     the engines that take part; --list names them\n"
    "  --stream N          tags in a stream (1M); vocabularies scale with it\n"
    "  --seed N            of all that is drawn (1)\n"
    "  --rounds N          interleaved rounds (5), of which medians are told\n"
    "  --count N           no times: the instructions of N tags, for bench/instructions.py\n"
    "  --json FILE         every sample, for machines\n"
    "  --svg DIR           plots of cost against number of rules\n"
    "  --require GOAL      M1, 'M1>=3' or all: exit 1 unless it is met; may be repeated\n"
    "  --list              engines, workloads, streams, goals\n"
    "  --help\n"
    "\n"
    "Without a choice of workloads, --require measures what its goals need, and no more.\n"
    "Exit: 0 done, 1 a goal is missed or could not be measured, or engines disagree, 2 bad usage,\n"
    "4 anything else.\n";

enum {
    OPT_QUICK = 256,
    OPT_WORKLOAD,
    OPT_RULES,
    OPT_TOKENS,
    OPT_ENGINES,
    OPT_STREAM,
    OPT_SEED,
    OPT_ROUNDS,
    OPT_COUNT,
    OPT_SVG,
    OPT_REQUIRE
};

static const struct option known[] = {
    {"quick", no_argument, NULL, OPT_QUICK},
    {"workload", required_argument, NULL, OPT_WORKLOAD},
    {"rules", required_argument, NULL, OPT_RULES},
    {"tokens", required_argument, NULL, OPT_TOKENS},
    {"engines", required_argument, NULL, OPT_ENGINES},
    {"stream", required_argument, NULL, OPT_STREAM},
    {"seed", required_argument, NULL, OPT_SEED},
    {"rounds", required_argument, NULL, OPT_ROUNDS},
    {"count", required_argument, NULL, OPT_COUNT},
    {"svg", required_argument, NULL, OPT_SVG},
    {"require", required_argument, NULL, OPT_REQUIRE},
    ARGUMENTS_OF_ALL,
};

/* Names -------------------------------------------------------------------------------------- */

static const char *
nth_engine(size_t i)
{
    return engines[i]->name;
}

/* Options ------------------------------------------------------------------------------------ */

static void
take(void *into, int option)
{
    struct options *o = into;

    switch (option) {
    case OPT_QUICK:
        o->quick = true;
        break;
    case OPT_WORKLOAD:
        o->chose_workloads = true;
        argument_mark(optarg, "workload", argument_workload, NWORKLOADS, o->workloads);
        break;
    case OPT_RULES:
        argument_sizes(optarg, "--rules", o->sizes, &o->nsizes, MAX_SIZES);
        break;
    case OPT_TOKENS:
        o->chose_streams = true;
        argument_mark(optarg, "stream", argument_stream, NSTREAMS, o->streams);
        break;
    case OPT_ENGINES:
        o->chose_engines = true;
        argument_mark(optarg, "engine", nth_engine, nengines, o->engines);
        break;
    case OPT_STREAM:
        o->ntokens = argument_count("--stream", 1000, 4000000);
        break;
    case OPT_SEED:
        o->seed = argument_count("--seed", 0, SIZE_MAX);
        break;
    case OPT_ROUNDS:
        o->rounds = (unsigned)argument_count("--rounds", 1, MAX_ROUNDS);
        break;
    case OPT_COUNT:
        o->count = argument_count("--count", 1, 2000000);
        break;
    case ARGUMENT_JSON:
        o->json = optarg;
        break;
    case OPT_SVG:
        o->svg = optarg;
        break;
    case OPT_REQUIRE:
        requirements_take(&o->requirements, goal_target, optarg);
        break;
    default:
        o->list = true;
    }
}

int
options_read(struct options *o, int argc, char **argv)
{
    *o = (struct options){.seed = 1, .ntokens = 1000000};
    return arguments_read(argc, argv, "match", help, known, take, o);
}

/* The matrix --------------------------------------------------------------------------------- */

static const size_t usual_sizes[] = {100, 1000, 10000, 100000};
static const size_t quick_sizes[] = {100, 10000};

static bool
wants_workload(const struct options *o, enum workload w)
{
    return o->chose_workloads ? o->workloads[w] : w == WORKLOAD_COLD || !o->quick;
}

static bool
wants_stream(const struct options *o, enum workload w, enum stream s)
{
    if (o->chose_streams)
        return o->streams[s];
    if (w == WORKLOAD_REGIONS)
        return s == STREAM_UNKNOWN;
    return s == STREAM_ZIPF || s == STREAM_UNIQUE ||
           (s == STREAM_REAL && w <= WORKLOAD_DENSE && !o->quick);
}

static void
plan_streams(const struct options *o, struct plan *p, enum workload w, size_t nrules)
{
    for (size_t s = 0; s < NSTREAMS; s++)
        for (size_t e = 0; e < nengines; e++)
            if (wants_stream(o, w, (enum stream)s) &&
                (o->chose_engines ? o->engines[e] : plan_suits(w, engines[e])))
                plan_add(p, w, nrules, (enum stream)s, engines[e]);
}

static void
plan_sizes(const struct options *o, struct plan *p, enum workload w)
{
    const size_t *sizes = o->nsizes ? o->sizes : o->quick ? quick_sizes : usual_sizes;
    size_t n = o->nsizes ? o->nsizes : o->quick ? 2 : 4;
    size_t only = w == WORKLOAD_LITERALS ? 1000000 : w > WORKLOAD_LITERALS ? 100000 : 0;

    if (only && !o->nsizes) {
        sizes = &only;
        n = 1;
    }
    for (size_t i = 0; i < n; i++)
        plan_streams(o, p, w, sizes[i]);
}

void
options_plan(const struct options *o, struct plan *p)
{
    bool chose = o->chose_workloads || o->nsizes || o->chose_streams || o->chose_engines;

    if (o->requirements.n && !chose)
        for (size_t i = 0; i < o->requirements.n; i++)
            goal_plan(goal_of(o->requirements.v[i].target), p);
    else
        for (size_t w = 0; w < NWORKLOADS; w++)
            if (wants_workload(o, (enum workload)w))
                plan_sizes(o, p, (enum workload)w);
    plan_sort(p);
}

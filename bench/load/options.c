/*
 * Options, their defaults, and which of them go together.
 */
#include "load/options.h"

#include "arguments.h"
#include "load/stream_goals.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "usage: tagweir-bench load [options]\n"
    "\n"
    "Sends posts to a server, checks that each is answered, in order, and measures how many a\n"
    "second are, and how long answers take.\n"
    "\n"
    "Which server:\n"
    "  --connect ADDRESS   one that runs: unix:PATH or HOST:PORT\n"
    "  --serve COMMAND     started with --listen unix:PATH behind it, ended with SIGTERM\n"
    "                      (neither: tagweir serve, with rules that are made up)\n"
    "  --baseline          instead of it, the bufferevent server that it is measured against\n"
    "  --workers N         of the tagweir serve that is started (1)\n"
    "  --tagweir PATH      the program (tagweir, beside this one)\n"
    "  --rules N,...       made-up rules (100k; with --require 1k,100k); k and M are thousands "
    "and\n"
    "                      millions\n"
    "  --workload W        what they are like: cold, mixed, dense, literals\n"
    "\n"
    "What is sent:\n"
    "  --feed FILE         one JSON value a line, again and again (made-up posts)\n"
    "  --posts N           so many made-up posts (200k), again and again\n"
    "  --tokens S          their hashtags: zipf or unique\n"
    "  --seed N            of all that is drawn (1)\n"
    "\n"
    "How:\n"
    "  --connections C     that send (8)\n"
    "  --window W          closed loop: posts that each of them keeps unanswered (256)\n"
    "  --batch N           posts that leave by one call, at most (1024; S3: 1)\n"
    "  --rate R            open loop: posts a second, over all of them\n"
    "  --idle N            more connections that never send (0)\n"
    "  --threads T         of the client (1)\n"
    "  --seconds S         that are measured (5; a round of S1 and S2 0.5, of S3 10)\n"
    "  --warm-up S         before them (0.5)\n"
    "  --patience S        without an answer, after which there will be none (10)\n"
    "  --pin               the server on one core, the client on another\n"
    "\n"
    "Goals:\n"
    "  --require GOAL      S1, 'S2>=2' or all: exit 1 unless it is met; may be repeated. Servers,\n"
    "                      rules and loops are those of the goals, and pinned where two cores are\n"
    "  --rounds N          interleaved rounds (15 for S1 and S2, 5 for S3), of which medians are "
    "told\n"
    "  --literals N        of the lists that S3 reloads (1M)\n"
    "\n"
    "  --json FILE         every sample, for machines\n"
    "  --list              workloads, streams, goals\n"
    "  --help\n"
    "\n"
    "Exit: 0 done, 1 answers were lost or out of order, or a goal is missed or could not be\n"
    "measured, 2 bad usage, 4 anything else.\n";

enum {
    OPT_CONNECT = 256,
    OPT_SERVE,
    OPT_BASELINE,
    OPT_WORKERS,
    OPT_TAGWEIR,
    OPT_RULES,
    OPT_WORKLOAD,
    OPT_FEED,
    OPT_POSTS,
    OPT_TOKENS,
    OPT_SEED,
    OPT_CONNECTIONS,
    OPT_WINDOW,
    OPT_BATCH,
    OPT_RATE,
    OPT_IDLE,
    OPT_THREADS,
    OPT_SECONDS,
    OPT_WARM_UP,
    OPT_PATIENCE,
    OPT_PIN,
    OPT_REQUIRE,
    OPT_ROUNDS,
    OPT_LITERALS
};

static const struct option known[] = {
    {"connect", required_argument, NULL, OPT_CONNECT},
    {"serve", required_argument, NULL, OPT_SERVE},
    {"baseline", no_argument, NULL, OPT_BASELINE},
    {"workers", required_argument, NULL, OPT_WORKERS},
    {"tagweir", required_argument, NULL, OPT_TAGWEIR},
    {"rules", required_argument, NULL, OPT_RULES},
    {"workload", required_argument, NULL, OPT_WORKLOAD},
    {"feed", required_argument, NULL, OPT_FEED},
    {"posts", required_argument, NULL, OPT_POSTS},
    {"tokens", required_argument, NULL, OPT_TOKENS},
    {"seed", required_argument, NULL, OPT_SEED},
    {"connections", required_argument, NULL, OPT_CONNECTIONS},
    {"window", required_argument, NULL, OPT_WINDOW},
    {"batch", required_argument, NULL, OPT_BATCH},
    {"rate", required_argument, NULL, OPT_RATE},
    {"idle", required_argument, NULL, OPT_IDLE},
    {"threads", required_argument, NULL, OPT_THREADS},
    {"seconds", required_argument, NULL, OPT_SECONDS},
    {"warm-up", required_argument, NULL, OPT_WARM_UP},
    {"patience", required_argument, NULL, OPT_PATIENCE},
    {"pin", no_argument, NULL, OPT_PIN},
    {"require", required_argument, NULL, OPT_REQUIRE},
    {"rounds", required_argument, NULL, OPT_ROUNDS},
    {"literals", required_argument, NULL, OPT_LITERALS},
    ARGUMENTS_OF_ALL,
};

/* Options of the load itself. false: it is none of them. */
static bool
take_load(struct load *l, int option)
{
    switch (option) {
    case OPT_CONNECTIONS:
        l->nconns = argument_count("--connections", 1, 1000000);
        return true;
    case OPT_WINDOW:
        l->window = argument_count("--window", 1, 65536);
        return true;
    case OPT_BATCH:
        l->batch = argument_count("--batch", 1, 65536);
        return true;
    case OPT_RATE:
        l->rate = (double)argument_count("--rate", 1, 100000000);
        return true;
    case OPT_IDLE:
        l->nidle = argument_count("--idle", 0, 1000000);
        return true;
    case OPT_THREADS:
        l->nthreads = (unsigned)argument_count("--threads", 1, LOAD_MAX_THREADS);
        return true;
    case OPT_SECONDS:
        l->seconds = argument_real(optarg, "--seconds", 0.001, 86400);
        return true;
    case OPT_WARM_UP:
        l->warm_s = argument_real(optarg, "--warm-up", 0, 3600);
        return true;
    case OPT_PATIENCE:
        l->patience_s = argument_real(optarg, "--patience", 0.001, 3600);
        return true;
    default:
        return false;
    }
}

/* What is sent, and decided by. */
static bool
take_material(struct load_options *o, int option)
{
    struct setting *s = &o->setting;

    switch (option) {
    case OPT_RULES:
        argument_sizes(optarg, "--rules", o->sizes, &o->nsizes, MAX_SET_SIZES);
        return true;
    case OPT_WORKLOAD:
        s->material.workload =
            (enum workload)argument_choose(optarg, "workload", argument_workload, WORKLOAD_REGIONS);
        return true;
    case OPT_FEED:
        s->material.feed_file = optarg;
        return true;
    case OPT_POSTS:
        s->material.nposts = argument_count("--posts", 1, 10000000);
        return true;
    case OPT_TOKENS:
        s->material.stream =
            (enum stream)argument_choose(optarg, "stream", argument_stream, STREAM_UNKNOWN);
        return true;
    case OPT_SEED:
        s->material.seed = argument_count("--seed", 0, SIZE_MAX);
        return true;
    default:
        return false;
    }
}

static void
take(void *into, int option)
{
    struct load_options *o = into;

    if (take_load(&o->setting.load, option) || take_material(o, option))
        return;
    switch (option) {
    case OPT_CONNECT:
        o->connect = optarg;
        break;
    case OPT_SERVE:
        o->serve = optarg;
        break;
    case OPT_BASELINE:
        o->baseline = true;
        break;
    case OPT_WORKERS:
        (void)argument_count("--workers", 1, 1024);
        o->workers = optarg;
        break;
    case OPT_TAGWEIR:
        snprintf(o->setting.tagweir, sizeof o->setting.tagweir, "%s", optarg);
        break;
    case OPT_PIN:
        o->pin = true;
        break;
    case OPT_REQUIRE:
        requirements_take(&o->requirements, stream_goal, optarg);
        break;
    case OPT_ROUNDS:
        o->setting.rounds = (unsigned)argument_count("--rounds", 1, MAX_ROUNDS);
        break;
    case OPT_LITERALS:
        o->nliterals = argument_count("--literals", 1, 3000000);
        break;
    case ARGUMENT_JSON:
        o->json = optarg;
        break;
    default:
        o->list = true;
    }
}

/* What is not said. */
static void
fill_in(struct load_options *o)
{
    static const size_t of_goals[] = {1000, 100000};

    if (o->nsizes)
        return;
    if (o->requirements.n) {
        memcpy(o->sizes, of_goals, sizeof of_goals);
        o->nsizes = 2;
    } else {
        o->sizes[o->nsizes++] = 100000;
    }
}

/* Options that say two things at once, or what nobody will look at. */
static void
check(const struct load_options *o)
{
    bool named = o->connect || o->serve;

    if (o->connect && o->serve)
        die(EXIT_USAGE, "--connect and --serve: there is one server at a time");
    if (named && (o->baseline || o->nsizes || strcmp(o->workers, "1") != 0))
        die(EXIT_USAGE,
            "%s: its rules and workers are its own; --rules, --workers and --baseline "
            "are of a server with rules that are made up",
            o->connect ? "--connect" : "--serve");
    if (o->requirements.n && (named || o->baseline))
        die(EXIT_USAGE, "--require starts the servers that its goals compare");
    if (!o->requirements.n && o->nsizes > 1)
        die(EXIT_USAGE, "--rules: several numbers are for --require");
    if (o->connect && o->pin)
        die(EXIT_USAGE, "--pin is of a server that is started");
}

int
load_options_read(struct load_options *o, int argc, char **argv)
{
    memset(o, 0, sizeof *o);
    o->setting.material.nposts = 200000;
    o->setting.material.seed = 1;
    o->setting.progress = isatty(STDERR_FILENO);
    o->setting.cores = (struct cores){-1, -1};
    o->setting.load = (struct load){
        .nconns = 8, .nthreads = 1, .window = 256, .seconds = 0, .warm_s = 0.5, .patience_s = 10};
    o->workers = "1";
    o->nliterals = 1000000;
    int end = arguments_read(argc, argv, "load", help, known, take, o);
    if (end < 0) {
        check(o);
        fill_in(o);
    }
    return end;
}

/*
 * Options and their defaults.
 */
#include "race/options.h"

#include "arguments.h"
#include "race/race_goals.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "usage: tagweir-bench replay [options]\n"
    "\n"
    "How many archived posts a second tagweir replay decides, beside reading them alone and "
    "beside\n"
    "programs that search them. Without --require, all of it is measured and told.\n"
    "\n"
    "  --require GOAL,...  R1, R3.small, 'R5.grep>=4' or all: exit 1 unless they are met; may be\n"
    "                      repeated\n"
    "  --rounds N          interleaved rounds (9), of which medians are told\n"
    "\n"
    "  --rules N,M         few and many made-up rules (1k,100k); k and M are thousands and "
    "millions\n"
    "  --workload W        what they are like: cold, mixed, dense (cold)\n"
    "  --literals N        against grep (100k)\n"
    "  --regexes N         against rg (10k)\n"
    "  --tweets FILE       the real tweets (feeds/tweets_v1.ndjson in TAGWEIR_DATA)\n"
    "  --posts N           so many small made-up posts (200k)\n"
    "  --megabytes N       of each feed, which is repeated so often (300), in $TMPDIR\n"
    "  --seed N            of all that is drawn (1)\n"
    "\n"
    "  --tagweir PATH      the program (tagweir, beside this one)\n"
    "  --ondemand PATH     weir-ondemand, beside this one\n"
    "  --grep PROGRAM      grep\n"
    "  --rg PROGRAM        ripgrep (rg)\n"
    "\n"
    "  --json FILE         every sample, for machines\n"
    "  --list              what is measured, and the goals\n"
    "  --help\n"
    "\n"
    "Exit: 0 done, 1 something did not find or read what it should have, or a goal is missed or\n"
    "could not be measured, 2 bad usage, 4 anything else.\n";

enum {
    OPT_REQUIRE = 256,
    OPT_ROUNDS,
    OPT_RULES,
    OPT_WORKLOAD,
    OPT_LITERALS,
    OPT_REGEXES,
    OPT_TWEETS,
    OPT_POSTS,
    OPT_MEGABYTES,
    OPT_SEED,
    OPT_TAGWEIR,
    OPT_ONDEMAND,
    OPT_GREP,
    OPT_RG
};

static const struct option known[] = {
    {"require", required_argument, NULL, OPT_REQUIRE},
    {"rounds", required_argument, NULL, OPT_ROUNDS},
    {"rules", required_argument, NULL, OPT_RULES},
    {"workload", required_argument, NULL, OPT_WORKLOAD},
    {"literals", required_argument, NULL, OPT_LITERALS},
    {"regexes", required_argument, NULL, OPT_REGEXES},
    {"tweets", required_argument, NULL, OPT_TWEETS},
    {"posts", required_argument, NULL, OPT_POSTS},
    {"megabytes", required_argument, NULL, OPT_MEGABYTES},
    {"seed", required_argument, NULL, OPT_SEED},
    {"tagweir", required_argument, NULL, OPT_TAGWEIR},
    {"ondemand", required_argument, NULL, OPT_ONDEMAND},
    {"grep", required_argument, NULL, OPT_GREP},
    {"rg", required_argument, NULL, OPT_RG},
    ARGUMENTS_OF_ALL,
};

static void
take_requirements(struct replay_options *o, char *text)
{
    for (char *rest = NULL, *one = strtok_r(text, ",", &rest); one;
         one = strtok_r(NULL, ",", &rest))
        requirements_take(&o->requirements, race_goal, one);
}

static void
take_rules(struct track *t)
{
    size_t sizes[2], n = 0;

    argument_sizes(optarg, "--rules", sizes, &n, 2);
    if (n != 2 || sizes[0] > sizes[1])
        die(EXIT_USAGE, "--rules %s: few and many, as in 1k,100k", optarg);
    t->nfew = sizes[0];
    t->nmany = sizes[1];
}

/* What is gone over, and by what. false: it is none of these. */
static bool
take_material(struct track *t, int option)
{
    switch (option) {
    case OPT_RULES:
        take_rules(t);
        return true;
    case OPT_WORKLOAD:
        t->material.workload = (enum workload)argument_choose(optarg, "workload", argument_workload,
                                                              WORKLOAD_LITERALS);
        return true;
    case OPT_LITERALS:
        t->nliterals = argument_count("--literals", 1, 1000000);
        return true;
    case OPT_REGEXES:
        t->nregexes = argument_count("--regexes", 1, 50000);
        return true;
    case OPT_TWEETS:
        t->material.feed_file = optarg;
        return true;
    case OPT_POSTS:
        t->material.nposts = argument_count("--posts", 1, 10000000);
        return true;
    case OPT_MEGABYTES:
        t->nbytes = argument_count("--megabytes", 1, 100000) * 1000000;
        return true;
    case OPT_SEED:
        t->material.seed = argument_count("--seed", 0, SIZE_MAX);
        return true;
    default:
        return false;
    }
}

static void
take(void *into, int option)
{
    struct replay_options *o = into;
    struct track *t = &o->track;

    if (take_material(t, option))
        return;
    switch (option) {
    case OPT_REQUIRE:
        take_requirements(o, optarg);
        break;
    case OPT_ROUNDS:
        t->rounds = (unsigned)argument_count("--rounds", 1, MAX_ROUNDS);
        break;
    case OPT_TAGWEIR:
        snprintf(t->tagweir, sizeof t->tagweir, "%s", optarg);
        break;
    case OPT_ONDEMAND:
        snprintf(t->ondemand, sizeof t->ondemand, "%s", optarg);
        break;
    case OPT_GREP:
        t->grep = optarg;
        break;
    case OPT_RG:
        t->rg = optarg;
        break;
    case ARGUMENT_JSON:
        o->json = optarg;
        break;
    default:
        o->list = true;
    }
}

int
replay_options_read(struct replay_options *o, int argc, char **argv)
{
    memset(o, 0, sizeof *o);
    snprintf(o->tweets, sizeof o->tweets, "%s/tweets_v1.ndjson", world_feeds());
    o->track = (struct track){.grep = "grep",
                              .rg = "rg",
                              .material = {.feed_file = o->tweets,
                                           .nposts = 200000,
                                           .workload = WORKLOAD_COLD,
                                           .stream = STREAM_ZIPF,
                                           .seed = 1},
                              .nmany = 100000,
                              .nfew = 1000,
                              .nliterals = 100000,
                              .nregexes = 10000,
                              .nbytes = 300000000,
                              .cores = {-1, -1},
                              .rounds = 9,
                              .progress = isatty(STDERR_FILENO)};
    return arguments_read(argc, argv, "replay", help, known, take, o);
}

/*
 * tagweir-bench: what there is to measure.
 */
#include "count.h"
#include "json_put.h"
#include "load/baseline.h"
#include "load/command.h"
#include "machine.h"
#include "options.h"
#include "replay/command.h"
#include "report.h"

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char help[] =
    "usage: tagweir-bench COMMAND [options]\n"
    "\n"
    "  match     what it costs to find the rules that match a hashtag\n"
    "  load      how many posts a second a server decides, and how long answers take\n"
    "  replay    how many archived posts a second are decided, beside what else goes over them\n"
    "  baseline  a plain server that decides as tagweir serve does, to measure it against\n"
    "\n"
    "tagweir-bench COMMAND --help tells its options.\n";

/* Libraries set themselves up when they are used first, which is no engine's cost. */
static void
warm_up(const struct plan *plan, struct world *world)
{
    struct rules rules;

    rules_make(&rules, world_language(world, STREAM_ZIPF), WORKLOAD_COLD, 0, 20, 0);
    for (size_t e = 0; e < nengines; e++) {
        struct contender c = {.engine = engines[e], .rules = &rules};
        bool used = false;

        for (size_t i = 0; i < plan->n; i++)
            used |= plan->v[i].engines[e];
        if (used && !engines[e]->absent && contender_compile(&c, NULL))
            contender_free(&c);
    }
    rules_fini(&rules);
}

static void
plot(const char *json, const char *folder)
{
    char *const args[] = {(char *)"python3", (char *)BENCH_ROOT "/bench/plot.py", (char *)json,
                          (char *)folder, NULL};
    pid_t child;
    int status = 0;

    fflush(stdout);
    if (posix_spawnp(&child, "python3", NULL, NULL, args, environ) != 0 ||
        waitpid(child, &status, 0) != child || status != 0)
        die(EXIT_FAILED, "--svg: python3 %s could not plot into %s", args[1], folder);
}

/* Plots are made of the JSON, which then need not be kept. */
static void
write_files(const struct options *o, const struct report *report)
{
    char temporary[TEMPORARY_MAX];
    const char *json = o->json;

    if (!json && !o->svg)
        return;
    if (!json) {
        temporary_name(temporary);
        int fd = mkstemp(temporary);
        if (fd < 0)
            die(EXIT_FAILED, "no file %s could be made for the plots", temporary);
        (void)close(fd);
        json = temporary;
    }
    if (!report_json(report, json))
        die(EXIT_FAILED, "%s could not be written", json);
    if (o->svg)
        plot(json, o->svg);
    if (!o->json)
        (void)unlink(temporary);
}

static void
say_what_it_is(const struct options *o, struct world *world, const struct plan *plan)
{
    bool real = false;

#ifndef __OPTIMIZE__
    printf("This build is not optimised: its times say nothing.\n");
#endif
    printf("Nanoseconds of CPU time of the thread, medians of %u interleaved rounds; seed %llu.\n"
           "Keys are canonical already, for all alike; memory is what loading added; who is too "
           "slow\n"
           "for all tags of a round gets fewer.\n%s.\n",
           o->rounds, (unsigned long long)o->seed, machine_name());
    for (size_t i = 0; i < plan->n; i++)
        real |= plan->v[i].streams[STREAM_REAL];
    if (real && !world_stream(world, STREAM_REAL))
        printf("Real feeds are skipped: there are none in %s.\n", world_feeds());
    else if (real)
        printf("Real feeds: %zu hashtags, %zu of them distinct and fit for rules.\n", world->nreal,
               world->nreal_distinct);
}

/* By default they are left out where they are not there; by name they are wanted. */
static void
check_real(const struct options *o, struct world *world)
{
    if (o->chose_streams && o->streams[STREAM_REAL] && !world_stream(world, STREAM_REAL))
        die(EXIT_USAGE,
            "--tokens real: there are no real feeds in %s (*.ndjson with hashtags in them; "
            "TAGWEIR_DATA names the folder that holds `feeds`)",
            world_feeds());
}

static void
check_sizes(const struct plan *plan, const struct world *world)
{
    for (size_t i = 0; i < plan->n; i++) {
        const struct planned *p = &plan->v[i];
        size_t most = rules_most(p->workload, world_language_size(world));

        if (p->nrules > most)
            die(EXIT_USAGE,
                "%s: %zu rules are more than the %zu that can be drawn; with a larger "
                "--stream there are more tags to draw from",
                workload_name(p->workload), p->nrules, most);
    }
}

/* @return the exit code. */
static int
hold_contests(const struct options *o, struct world *world, const struct plan *plan)
{
    struct folding folding[NFOLDINGS];
    struct target_value values[MAX_REQUIREMENTS];

    say_what_it_is(o, world, plan);
    warm_up(plan, world);
    struct run run = {.world = world,
                      .nrounds = o->rounds,
                      .round_s = o->quick ? 0.1 : 0.3,
                      .check_s = o->quick ? 0.3 : 2,
                      .quick = o->quick,
                      .tell = report_contest,
                      .progress = isatty(STDERR_FILENO)};
    int code = run_plan(&run, plan) ? EXIT_DONE : EXIT_MISSED;
    if (code == EXIT_DONE) {
        folding_measure(world_stream(world, STREAM_ZIPF), o->rounds, folding);
        report_folding(folding);
        report_summary(&run.results);
        goals_measure(&o->requirements, &run.results, values);
        if (o->requirements.n && requirements_print(&o->requirements, values) > 0)
            code = EXIT_MISSED;
        write_files(o, &(struct report){&run, &o->requirements, values, folding});
    }
    results_fini(&run.results);
    return code;
}

static int
match(int argc, char **argv)
{
    struct options o;
    struct plan plan = {0};
    struct world world;
    int code = options_read(&o, argc, argv);

    if (code >= 0)
        return code;
    if (o.list) {
        report_list();
        return EXIT_DONE;
    }
    if (!o.rounds)
        o.rounds = o.quick ? 3 : 5;
    options_plan(&o, &plan);
    world_init(&world, o.seed, o.ntokens, o.rounds);
    check_real(&o, &world);
    json_check_writable(o.json);
    check_sizes(&plan, &world);
    code = EXIT_DONE;
    if (o.count)
        count_plan(&plan, &world, o.count);
    else
        code = hold_contests(&o, &world, &plan);
    world_fini(&world);
    plan_fini(&plan);
    return code;
}

int
main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "match") == 0)
        return match(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "load") == 0)
        return load_main(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "replay") == 0)
        return replay_main(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "baseline") == 0)
        return baseline_main(argc - 1, argv + 1);
    bool asked = argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
    fputs(help, asked ? stdout : stderr);
    return asked ? EXIT_DONE : EXIT_USAGE;
}

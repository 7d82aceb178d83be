/*
 * One load against one server, or the goals.
 */
#include "load/command.h"

#include "json_put.h"
#include "load/server.h"
#include "load/stream_report.h"
#include "programs/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
write_json(const struct load_options *o, const weir_buf *out)
{
    if (o->json && !json_write(out, o->json))
        die(EXIT_FAILED, "%s could not be written", o->json);
}

/* One load ----------------------------------------------------------------------------------- */

struct one_load {
    struct load_options *o;
    struct load load;
    struct feed feed;
    struct set set;
    struct server server; /* pid 0: it is not ours */
    double busy;          /* of the server */
    struct load_report report;
    struct load_result result;
};

/* Rules are needed only where a server is started with them, tags only where posts are made up. */
static void
make_material(struct one_load *x)
{
    struct setting *s = &x->o->setting;
    struct rules rules;
    struct world world;

    setting_progress(s, "drawing");
    material_world(&s->material, &world, s->material.workload, x->o->sizes[0]);
    material_feed(&s->material, &world, &posts_served, &x->feed);
    if (!x->o->connect && !x->o->serve) {
        sets_find_tagweir(s->tagweir);
        material_rules(&s->material, &world, s->material.workload, x->o->sizes[0], &rules);
        sets_make(&x->set, s->tagweir, "rules", &rules);
        rules_fini(&rules);
    }
    world_fini(&world);
}

/* The shell takes the command apart, and makes room for the server. */
static void
start_command(struct one_load *x)
{
    char script[4096];
    const char *const argv[] = {"sh", "-c", script, "sh", NULL};

    if (snprintf(script, sizeof script, "exec %s \"$@\"", x->o->serve) >= (int)sizeof script)
        die(EXIT_USAGE, "--serve: the command is too long");
    server_start(&x->server, "server", argv, x->o->setting.cores.server);
    snprintf(x->report.server, sizeof x->report.server, "%.190s", x->o->serve);
}

static void
start_own(struct one_load *x)
{
    const struct load_options *o = x->o;
    const char *argv[SETTING_ARGUMENTS];

    if (o->baseline)
        setting_baseline(x->set.compiled, argv);
    else
        setting_serve(&o->setting, x->set.compiled, o->workers, argv);
    server_start(&x->server, "server", argv, o->setting.cores.server);
    snprintf(x->report.server, sizeof x->report.server, "%s, %zu %s rules",
             o->baseline ? "The baseline server" : "tagweir serve", o->sizes[0],
             workload_name(o->setting.material.workload));
}

static void
start(struct one_load *x)
{
    if (x->o->connect) {
        address_read(&x->load.to, x->o->connect);
        snprintf(x->report.server, sizeof x->report.server, "%.190s", x->o->connect);
        return;
    }
    if (x->o->serve)
        start_command(x);
    else
        start_own(x);
    x->load.to = x->server.at;
}

static void
watch_server(void *arg, uint64_t from, uint64_t to)
{
    struct one_load *x = arg;

    if (!x->server.pid)
        return;
    sleep_until_ns(from);
    double before = process_seconds(x->server.pid);
    sleep_until_ns(to);
    x->busy = (process_seconds(x->server.pid) - before) / ((double)(to - from) * 1e-9);
}

/* What the server says at its end must agree with what came. false: it does not. */
static bool
stop(struct one_load *x, struct server_summary *summary)
{
    uint64_t came = x->result.answered + x->result.surplus;
    bool sound = load_is_sound(&x->result);

    if (!x->server.name)
        return true;
    server_stop(&x->server, summary);
    if (!summary->is_clean)
        fprintf(stderr, "tagweir-bench: the server ended with %s\n%s", summary->end,
                summary->said.p);
    else if (sound && summary->has_delivered && summary->delivered != came)
        fprintf(stderr, "tagweir-bench: the server says that it delivered %zu answers, %zu came\n",
                (size_t)summary->delivered, (size_t)came);
    return summary->is_clean && (!summary->has_delivered || summary->delivered == came);
}

static void
tell(struct one_load *x, const struct server_summary *summary)
{
    weir_buf out = {0};

    x->report.options = x->o;
    x->report.load = &x->load;
    x->report.result = &x->result;
    x->report.server_busy = x->busy;
    x->report.said = summary->said.p ? summary->said.p : "";
    setting_progress(&x->o->setting, NULL);
    load_report_print(&x->report);
    load_report_json(&x->report, &out);
    write_json(x->o, &out);
    weir_buf_fini(&out);
    if (x->result.fault[0])
        fprintf(stderr, "tagweir-bench: %s\n", x->result.fault);
}

static int
run_one(struct load_options *o)
{
    struct one_load *x = allocate(1, sizeof *x);
    struct server_summary summary = {.end = ""};

    x->o = o;
    make_material(x);
    x->load = o->setting.load;
    x->load.feed = &x->feed;
    x->load.may_spin = o->setting.cores.client >= 0;
    start(x);
    cores_pin(o->setting.cores.client);
    setting_progress(&o->setting, "measuring");
    load_run(&x->load, &x->result, watch_server, x);
    bool agrees = stop(x, &summary);
    tell(x, &summary);
    int code = load_is_sound(&x->result) && agrees ? EXIT_DONE : EXIT_MISSED;
    server_summary_fini(&summary);
    load_result_fini(&x->result);
    feed_fini(&x->feed);
    free(x);
    return code;
}

/* Goals -------------------------------------------------------------------------------------- */

/* false: nothing that follows would be worth anything. */
static void
measure(struct load_options *o, struct figures *f)
{
    struct setting *s = &o->setting;
    double said = s->load.seconds;
    unsigned rounds = s->rounds;
    unsigned sides = stream_goals_sides(&o->requirements);

    /* many and short: a machine's speed may change within seconds, and both sides must see it */
    s->load.seconds = said > 0 ? said : 0.5;
    s->rounds = rounds ? rounds : 15;
    for (size_t i = 0; sides && i < o->nsizes; i++) {
        (void)speed_measure(s, o->sizes[i], sides, &f->speeds[f->nspeeds]);
        speed_report_print(&f->speeds[f->nspeeds++]);
    }
    s->load.seconds = said > 0 ? said : 10;
    s->rounds = rounds ? rounds : 5;
    for (size_t k = 0; k < RELOAD_NKINDS; k++) {
        if (!stream_goals_reload(&o->requirements, (enum reload_kind)k))
            continue;
        (void)reload_measure(s, (enum reload_kind)k, o->nliterals, &f->reloads[k]);
        f->has_reload[k] = true;
        reload_report_print(&f->reloads[k]);
    }
}

static int
run_goals(struct load_options *o)
{
    struct figures *f = allocate(1, sizeof *f);
    struct target_value *v = allocate(MAX_REQUIREMENTS, sizeof *v);
    weir_buf out = {0};

    sets_find_tagweir(o->setting.tagweir);
    goals_report_head(o);
    cores_pin(o->setting.cores.client);
    if (o->setting.cores.client >= 0)
        measure(o, f);
    else
        f->missing = "servers and the client want a core each, and there is one for all of it";
    stream_goals_measure(&o->requirements, f, v);
    int code = requirements_print(&o->requirements, v) > 0 ? EXIT_MISSED : EXIT_DONE;
    goals_report_json(o, f, v, &out);
    write_json(o, &out);
    weir_buf_fini(&out);
    free(v);
    free(f);
    return code;
}

static void
print_list(void)
{
    printf("Workloads (--workload):\n");
    for (size_t w = 0; w < WORKLOAD_REGIONS; w++)
        printf("  %-20s %s\n", workload_name((enum workload)w), workload_about((enum workload)w));
    printf("\nStreams (--tokens):\n");
    for (size_t s = 0; s < STREAM_UNKNOWN; s++)
        printf("  %-20s %s\n", stream_name((enum stream)s), stream_about((enum stream)s));
    printf("\nGoals (--require):\n");
    targets_print(stream_goal);
}

int
load_main(int argc, char **argv)
{
    struct load_options *o = allocate(1, sizeof *o);
    int code = load_options_read(o, argc, argv);

    if (code < 0 && o->list) {
        print_list();
        code = EXIT_DONE;
    }
    if (code < 0) {
        bool goals = o->requirements.n > 0;

        json_check_writable(o->json);
        load_raise_limit(o->setting.load.nconns + o->setting.load.nidle);
        if (goals || o->pin)
            o->setting.cores = cores_find();
        o->setting.load.may_spin = o->setting.cores.client >= 0;
        if (!goals && o->setting.load.seconds <= 0)
            o->setting.load.seconds = 5;
        code = goals ? run_goals(o) : run_one(o);
    }
    free(o);
    return code;
}

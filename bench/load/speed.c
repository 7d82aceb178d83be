/*
 * Interleaved rounds: what the machine does meanwhile hits all sides alike.
 */
#include "load/speed.h"

#include "load/server.h"
#include "programs/clock.h"
#include "programs/replay.h"

#include <tagweir/names.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file of at least so many lines: opening it must not weigh. */
#define FILE_LINES 20000
/* And arguments are limited. */
#define MOST_FILES 1000

/* A replay to nobody takes little: on a machine that is busy it is timed again. */
#define MOST_TRIES 5

struct race {
    const struct setting *setting;
    unsigned sides;
    struct speed *out;
    struct feed feed;
    struct set set;
    struct server servers[2]; /* SPEED_SERVE, SPEED_BASELINE */
    uint64_t delivered[2];    /* answers that came from them */
    char file[WORKPLACE_PATH_MAX];
    size_t file_lines; /* the feed's, again and again */
    struct replay replay;
    size_t nfiles; /* that a round replays beyond the first */
};

WEIR_NAMES(speed_side_name, enum speed_side, SPEED_SIDES, WEIR_TEXT)
WEIR_NAMES(speed_side_about, enum speed_side, SPEED_SIDES, WEIR_SENTENCE)

static bool
takes_part(const struct race *r, enum speed_side s)
{
    return (r->sides & 1u << s) != 0;
}

/* Setting up --------------------------------------------------------------------------------- */

static void
start_servers(struct race *r)
{
    const struct setting *s = r->setting;
    const char *argv[SETTING_ARGUMENTS];

    setting_serve(s, r->set.compiled, "1", argv);
    server_start(&r->servers[SPEED_SERVE], "serve", argv, s->cores.server);
    if (!takes_part(r, SPEED_BASELINE))
        return;
    setting_baseline(r->set.compiled, argv);
    server_start(&r->servers[SPEED_BASELINE], "baseline", argv, s->cores.server);
}

/* With the file named n times. The end if it fails, or if its records are not what is owed. */
static struct run_time
replay_files(struct race *r, enum sink sink, size_t n)
{
    const char **files = allocate(n, sizeof *files);
    char fault[FAULT_MAX];
    struct run_time time;

    for (size_t i = 0; i < n; i++)
        files[i] = r->file;
    if (!replay_run(&r->replay, sink, files, n, n * r->file_lines, &time, fault))
        die(EXIT_FAILED, "%s", fault);
    free(files);
    return time;
}

/* Of n files, without start, loading and end: a run of 1 + n files less a run of one. */
static struct run_time
time_files(struct race *r, enum sink sink, size_t n)
{
    struct run_time one = replay_files(r, sink, 1), more = replay_files(r, sink, 1 + n);

    return (struct run_time){more.seconds - one.seconds, more.cpu - one.cpu};
}

static void
set_up_replay(struct race *r)
{
    const struct setting *s = r->setting;

    if (!takes_part(r, SPEED_REPLAY) && !takes_part(r, SPEED_REPLAY_NULL))
        return;
    workplace_path(r->file, "feed.ndjson");
    r->file_lines = (1 + FILE_LINES / r->feed.nlines) * r->feed.nlines;
    (void)feed_write(&r->feed, r->file_lines, r->file);
    r->replay = (struct replay){.tagweir = s->tagweir,
                                .rules = r->set.compiled,
                                .clock = MATERIAL_CLOCK,
                                .threads = replay_one_thread(s->tagweir),
                                .feed = &r->feed,
                                .core = s->cores.server};
    /* as many as take the time of a round; the first runs also bring all files into memory */
    double files = s->load.seconds * 2 / time_files(r, SINK_PIPE, 2).seconds;
    r->nfiles = files < 1 ? 1 : files > MOST_FILES ? MOST_FILES : (size_t)(files + 0.5);
}

static void
set_up(struct race *r, size_t nrules)
{
    const struct setting *s = r->setting;
    struct rules rules;
    struct world world;

    setting_progress(s, "drawing and compiling rules");
    material_world(&s->material, &world, s->material.workload, nrules);
    material_feed(&s->material, &world, &posts_served, &r->feed);
    material_rules(&s->material, &world, s->material.workload, nrules, &rules);
    sets_make(&r->set, s->tagweir, "rules", &rules);
    rules_fini(&rules);
    world_fini(&world);
    start_servers(r);
    set_up_replay(r);
    r->out->nrules = nrules;
    r->out->nlines = r->feed.nlines;
    r->out->nbytes = r->feed.bytes.len;
}

/* The same answers? -------------------------------------------------------------------------- */

static bool
take_over(struct race *r, enum speed_side side, const struct load_result *result)
{
    r->delivered[side] += result->answered + result->surplus;
    if (load_is_sound(result))
        return true;
    snprintf(r->out->fault, sizeof r->out->fault, "%s: %s", speed_side_name(side), result->fault);
    return false;
}

/* All answers to the feed, sent once through one connection. */
static bool
capture(struct race *r, enum speed_side side, weir_buf *out)
{
    struct load load = r->setting->load;
    struct load_result result;

    load.to = r->servers[side].at;
    load.feed = &r->feed;
    load.nconns = load.nthreads = 1;
    load.nidle = 0;
    load.lines = r->feed.nlines;
    load.capture = out;
    load_run(&load, &result, NULL, NULL);
    bool sound = take_over(r, side, &result);
    load_result_fini(&result);
    if (out->failed)
        die(EXIT_FAILED, "out of memory");
    return sound;
}

/* For printf's %.*s: the line at p, not all of it if it is long. */
static int
line_length(const char *p)
{
    size_t len = strcspn(p, "\n");

    return len < 250 ? (int)len : 250;
}

/* The first line that differs; both end in NUL. */
static void
tell_difference(struct race *r, const char *ours, const char *theirs)
{
    size_t line = 0;

    for (size_t i = 0; ours[i] && ours[i] == theirs[i]; i++)
        if (ours[i] == '\n')
            line = i + 1;
    snprintf(r->out->fault, sizeof r->out->fault,
             "the baseline answers %.*s where serve answers %.*s", line_length(theirs + line),
             theirs + line, line_length(ours + line), ours + line);
}

static bool
servers_agree(struct race *r)
{
    weir_buf a = {0}, b = {0};
    bool agree = capture(r, SPEED_SERVE, &a) &&
                 (!takes_part(r, SPEED_BASELINE) || capture(r, SPEED_BASELINE, &b));

    if (agree && takes_part(r, SPEED_BASELINE)) {
        agree = a.len == b.len && memcmp(a.p, b.p, a.len) == 0;
        r->out->ncompared = a.len;
        weir_buf_putc(&a, '\0');
        weir_buf_putc(&b, '\0');
        if (!agree)
            tell_difference(r, a.p, b.p);
    }
    weir_buf_fini(&a);
    weir_buf_fini(&b);
    return agree;
}

/* Rounds ------------------------------------------------------------------------------------- */

struct watched {
    pid_t pid;
    double used; /* share of the time */
};

static void
watch_server(void *arg, uint64_t from, uint64_t to)
{
    struct watched *w = arg;

    sleep_until_ns(from);
    double before = process_seconds(w->pid);
    sleep_until_ns(to);
    w->used = (process_seconds(w->pid) - before) / ((double)(to - from) * 1e-9);
}

static bool
time_server(struct race *r, enum speed_side side)
{
    struct load load = r->setting->load;
    struct watched watched = {.pid = r->servers[side].pid};
    struct load_result result;

    load.to = r->servers[side].at;
    load.feed = &r->feed;
    load.rate = 0;
    load_run(&load, &result, watch_server, &watched);
    samples_add(&r->out->rate[side], result.posts_per_s);
    samples_add(&r->out->cpu_ns[side],
                result.posts_per_s > 0 ? 1e9 * watched.used / result.posts_per_s : NAN);
    samples_add(&r->out->server[side], watched.used);
    samples_add(&r->out->client[side], result.busy);
    bool sound = take_over(r, side, &result);
    load_result_fini(&result);
    return sound;
}

static void
time_replay(struct race *r, enum speed_side side)
{
    enum sink sink = side == SPEED_REPLAY ? SINK_PIPE : SINK_NULL;
    struct run_time time;
    double posts = (double)(r->file_lines / r->feed.nlines * r->feed.nanswers * r->nfiles);
    bool held_up; /* the run that should be short was not */
    int tries = 0;

    do {
        time = time_files(r, sink, r->nfiles);
        held_up = time.seconds <= 0 || time.cpu <= 0;
    } while (held_up && ++tries < MOST_TRIES);
    samples_add(&r->out->rate[side], held_up ? NAN : posts / time.seconds);
    samples_add(&r->out->cpu_ns[side], held_up ? NAN : 1e9 * time.cpu / posts);
}

static bool
time_side(struct race *r, enum speed_side side)
{
    char what[80];

    snprintf(what, sizeof what, "%zu rules: %s", r->out->nrules, speed_side_name(side));
    setting_progress(r->setting, what);
    if (side == SPEED_SERVE || side == SPEED_BASELINE)
        return time_server(r, side);
    time_replay(r, side);
    return true;
}

/* A B C, B C A, … */
static bool
run_rounds(struct race *r)
{
    bool sound = true;

    for (unsigned round = 0; round < r->setting->rounds && sound; round++)
        for (unsigned i = 0; i < SPEED_NSIDES && sound; i++) {
            enum speed_side side = (enum speed_side)((round + i) % SPEED_NSIDES);

            if (takes_part(r, side))
                sound = time_side(r, side);
        }
    return sound;
}

/* What servers say that they delivered must be what came. */
static void
stop_server(struct race *r, enum speed_side side)
{
    struct server_summary summary;
    char *fault = r->out->fault;

    server_stop(&r->servers[side], &summary);
    if (!fault[0] && !summary.is_clean)
        snprintf(fault, sizeof r->out->fault, "%s ended with %s", speed_side_name(side),
                 summary.end);
    else if (!fault[0] && summary.has_delivered && summary.delivered != r->delivered[side])
        snprintf(fault, sizeof r->out->fault, "%s says that it delivered %zu answers, %zu came",
                 speed_side_name(side), (size_t)summary.delivered, (size_t)r->delivered[side]);
    server_summary_fini(&summary);
}

bool
speed_measure(const struct setting *s, size_t nrules, unsigned sides, struct speed *out)
{
    struct race r = {.setting = s, .sides = sides | 1u << SPEED_SERVE, .out = out};

    memset(out, 0, sizeof *out);
    set_up(&r, nrules);
    if (servers_agree(&r))
        (void)run_rounds(&r);
    stop_server(&r, SPEED_SERVE);
    if (takes_part(&r, SPEED_BASELINE))
        stop_server(&r, SPEED_BASELINE);
    feed_fini(&r.feed);
    setting_progress(s, NULL);
    return out->fault[0] == '\0';
}

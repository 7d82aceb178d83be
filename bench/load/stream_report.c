/*
 * Tables.
 */
#include "load/stream_report.h"

#include "figures.h"
#include "machine.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* One load ----------------------------------------------------------------------------------- */

static void
print_times(const char *what, const struct histogram *h)
{
    static const double percents[] = {50, 90, 99, 99.9, 99.99};
    char number[FIGURE_MAX];

    printf("  %-22s", what);
    for (size_t i = 0; i < sizeof percents / sizeof *percents; i++)
        printf("p%g %s  ", percents[i],
               figure((double)histogram_percentile(h, percents[i]) / 1e3, number));
    printf("max %s", figure((double)h->max / 1e3, number));
    printf("  mean %s us\n", figure(histogram_mean(h) / 1e3, number));
}

static void
print_load(const struct load_report *r)
{
    const struct load *l = r->load;
    char a[FIGURE_MAX], b[FIGURE_MAX];

    printf("%s; %s, %s.\n", r->server, l->feed->name, megabytes(l->feed->bytes.len, a));
    if (l->rate > 0)
        printf("Open loop: %s posts a second over %s connections", grouped((size_t)l->rate, a),
               grouped(l->nconns, b));
    else
        printf("Closed loop: %s connections, each with %zu posts unanswered", grouped(l->nconns, a),
               l->window);
    if (l->nidle)
        printf(", %s idle ones", grouped(l->nidle, a));
    printf("; %u %s, %g s after %g s.\n%s.\n\n", l->nthreads,
           l->nthreads == 1 ? "thread" : "threads", l->seconds, l->warm_s, machine_name());
}

static void
print_posts(const struct load_result *r)
{
    char a[FIGURE_MAX], b[FIGURE_MAX], c[FIGURE_MAX];

    printf("  %-22s%s answers owed, %s came, %s did not", "posts", grouped(r->sent, a),
           grouped(r->answered, b), grouped(r->unanswered, c));
    if (r->surplus)
        printf(", %s came that nobody asked for", grouped(r->surplus, a));
    printf("; %s\n", load_is_sound(r) ? "all in order" : "NOT ALL AS THEY SHOULD BE");
    if (r->unsent)
        printf("  %-22s%s posts were due and not sent when time was up: the rate was not reached,\n"
               "  %-22sand answer times are at least as long as told\n",
               "behind", grouped(r->unsent, a), "");
}

void
load_report_print(const struct load_report *r)
{
    const struct load_result *result = r->result;
    char a[FIGURE_MAX];

    print_load(r);
    printf("  %-22s%s", "posts a second", grouped((size_t)(result->posts_per_s + 0.5), a));
    if (r->server_busy > 0)
        printf("  (server busy %.0f %% of a core", 100 * r->server_busy);
    if (r->load->rate <= 0)
        printf("%sclient %.0f %%", r->server_busy > 0 ? ", " : "  (", 100 * result->busy);
    printf("%s\n", r->server_busy > 0 || r->load->rate <= 0 ? ")" : "");
    print_times("answer times", &result->latency);
    if (r->load->rate > 0)
        print_times("  of it: sent late by", &result->lateness);
    print_posts(result);
}

/* Goals -------------------------------------------------------------------------------------- */

void
goals_report_head(const struct load_options *o)
{
    const struct setting *s = &o->setting;

#ifndef __OPTIMIZE__
    printf("This build is not optimised: its times say nothing.\n");
#endif
    printf("Medians of interleaved rounds; %zu connections, each with %zu posts unanswered; "
           "seed %" PRIu64 ".\n",
           s->load.nconns, s->load.window, s->material.seed);
    if (s->cores.server >= 0)
        printf("Servers and replay run on core %d, the client on core %d.\n", s->cores.server,
               s->cores.client);
    else
        printf("There is one core for all of it: no goal is measured.\n");
    printf("%s.\n", machine_name());
}

static void
print_side(const struct speed *s, enum speed_side side)
{
    struct spread rate = samples_spread(&s->rate[side]);
    double ratio = samples_ratio(&s->rate[SPEED_SERVE], &s->rate[side]);
    char a[FIGURE_MAX], b[FIGURE_MAX], c[FIGURE_MAX];

    if (s->rate[side].n == 0)
        return;
    printf("  %-40s %11s (%10s .. %10s)", speed_side_about(side), figure(rate.median, a),
           figure(rate.min, b), figure(rate.max, c));
    printf("  %8s ns", figure(samples_spread(&s->cpu_ns[side]).median, a));
    if (s->server[side].n > 0)
        printf("  %3.0f %% | %3.0f %%", 100 * samples_spread(&s->server[side]).median,
               100 * samples_spread(&s->client[side]).median);
    else
        printf("  %13s", "");
    if (side != SPEED_SERVE && ratio >= 0)
        printf("  %.3f", ratio);
    putchar('\n');
}

void
speed_report_print(const struct speed *s)
{
    char a[FIGURE_MAX], b[FIGURE_MAX], c[FIGURE_MAX];

    printf("\n%s rules; %zu rounds; %s lines, %s", grouped(s->nrules, a), s->rate[SPEED_SERVE].n,
           grouped(s->nlines, b), megabytes(s->nbytes, c));
    if (s->ncompared)
        printf("; both servers answered the same %s bytes", grouped(s->ncompared, a));
    printf("\n  %-40s %11s %26s  %11s  %13s  serve over it\n", "", "posts/s",
           "(slowest .. fastest round)", "CPU a post", "busy: it | us");
    for (unsigned i = 0; i < SPEED_NSIDES; i++)
        print_side(s, (enum speed_side)i);
    if (s->fault[0])
        printf("  %s\n", s->fault);
    fflush(stdout);
}

static void
print_answer_times(const char *what, const struct samples *samples)
{
    struct spread spread = samples_spread(samples);

    printf("  %-46s %8.3f ms (%.3f .. %.3f)\n", what, spread.median / 1e6, spread.min / 1e6,
           spread.max / 1e6);
}

void
reload_report_print(const struct reload *r)
{
    struct spread seconds = samples_spread(&r->seconds);
    char a[FIGURE_MAX], b[FIGURE_MAX], c[FIGURE_MAX];

    printf("\n%s literals, reloaded: %s; %zu rounds\n", grouped(r->nrules, a),
           reload_kind_about(r->kind), r->under.n);
    if (r->calm.n > 0) {
        printf("  %s posts a second in the open loop, of %s at most; %s reloads of %.2f s "
               "(%.2f .. %.2f)\n",
               grouped((size_t)r->rate, a), grouped((size_t)r->highest, b), grouped(r->nreloads, c),
               seconds.median, seconds.min, seconds.max);
        print_answer_times("p99.9 answer time, without reloads", &r->calm);
        print_answer_times("with them", &r->under);
    }
    if (r->unsent)
        printf("  %s posts were due and not sent in time: the rate was not reached\n",
               grouped(r->unsent, a));
    if (r->fault[0] || r->missing[0])
        printf("  %s\n", r->missing[0] ? r->missing : r->fault);
    fflush(stdout);
}

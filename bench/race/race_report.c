/*
 * Tables, and the same as JSON.
 */
#include "race/race_report.h"

#include "figures.h"
#include "json_put.h"
#include "machine.h"

#include <inttypes.h>
#include <stdio.h>

/* Tables ------------------------------------------------------------------------------------- */

void
race_report_head(const struct replay_options *o)
{
    const struct track *t = &o->track;

#ifndef __OPTIMIZE__
    printf("This build is not optimised: its times say nothing.\n");
#endif
    printf("Medians of %u interleaved rounds; seed %" PRIu64 "; %s rules.\n", t->rounds,
           t->material.seed, workload_name(t->material.workload));
    if (t->cores.server >= 0)
        printf("All run on core %d, or on both where two cores are told; records go through a pipe "
               "to core %d,\nwhere they are checked, or to a file where one is told.\n",
               t->cores.server, t->cores.client);
    printf("%s.\n", machine_name());
}

/* What a side is told over: the first of its kind. */
static enum side
base_of(enum side s)
{
    switch (s) {
    case SIDE_TWO:
        return SIDE_ONE;
    case SIDE_GZIP_TWO:
        return SIDE_GZIP_ONE;
    case SIDE_ZSTD_TWO:
        return SIDE_ZSTD_ONE;
    default:
        return SIDE_REPLAY;
    }
}

/* Over a peer, how much faster replay is; of two cores, how much faster they are than one. By CPU
   time, too, which a machine that is busy with other things leaves more alone. */
static void
print_ratio(const struct race *r, enum side s)
{
    enum side base = base_of(s);
    bool two_cores = base != SIDE_REPLAY;

    if (two_cores && r->rate[base].n == 0)
        base = SIDE_REPLAY; /* which has one as well */
    if (two_cores)
        printf("  %.3f of one core\n", samples_ratio(&r->rate[s], &r->rate[base]));
    else if (s < SIDE_ONE && s != SIDE_REPLAY)
        printf("  %.3f (CPU: %.3f)\n", samples_ratio(&r->rate[SIDE_REPLAY], &r->rate[s]),
               samples_ratio(&r->cpu_ns[s], &r->cpu_ns[SIDE_REPLAY]));
    else
        putchar('\n');
}

static void
print_side(const struct race *r, enum side s)
{
    struct spread rate = samples_spread(&r->rate[s]);
    char a[FIGURE_MAX], b[FIGURE_MAX], c[FIGURE_MAX];

    if (r->absent[s][0] || r->fault[s][0])
        printf("  %-56s %s\n", side_about(s), r->absent[s][0] ? r->absent[s] : r->fault[s]);
    if (r->rate[s].n == 0 || r->fault[s][0])
        return;
    printf("  %-56s %11s (%10s .. %10s)", side_about(s), figure(rate.median, a),
           figure(rate.min, b), figure(rate.max, c));
    printf("  %8s ns", figure(samples_spread(&r->cpu_ns[s]).median, a));
    print_ratio(r, s);
}

void
race_report_print(const struct race *r)
{
    char a[FIGURE_MAX], b[FIGURE_MAX], c[FIGURE_MAX];

    if (r->missing[0]) {
        printf("\n%s: %s\n", race_about(r->kind), r->missing);
        return;
    }
    printf("\n%s, %s rules", race_about(r->kind), grouped(r->nmany, a));
    if (r->rate[SIDE_FEW].n)
        printf(" (few: %s)", grouped(r->nfew, a));
    printf("; %s posts, %s", grouped((size_t)r->nlines, b), megabytes(r->nbytes, c));
    printf("\n  %-56s %11s %26s  %11s  replay over it\n", "", "posts/s",
           "(slowest .. fastest round)", "CPU a post");
    for (unsigned s = 0; s < NSIDES; s++)
        print_side(r, (enum side)s);
    fflush(stdout);
}

/* JSON --------------------------------------------------------------------------------------- */

static void
put_why(weir_buf *out, const char *key, const char *why)
{
    if (!why[0])
        return;
    weir_buf_putc(out, ',');
    json_put_string(out, key, why);
}

static void
put_race(weir_buf *out, const struct race *r)
{
    size_t n = 0;

    weir_buf_putc(out, '{');
    json_put_string(out, "race", race_name(r->kind));
    weir_buf_printf(out, ",\"rules\":%zu,\"few_rules\":%zu,\"posts\":%" PRIu64 ",\"bytes\":%zu",
                    r->nmany, r->nfew, r->nlines, r->nbytes);
    put_why(out, "not_measured", r->missing);
    weir_buf_puts(out, ",\"sides\":[");
    for (unsigned s = 0; s < NSIDES; s++) {
        if (r->rate[s].n == 0 && !r->absent[s][0] && !r->fault[s][0])
            continue;
        weir_buf_puts(out, n++ ? ",\n   {" : "\n   {");
        json_put_string(out, "side", side_name((enum side)s));
        put_why(out, "not_measured", r->absent[s]);
        put_why(out, "fault", r->fault[s]);
        if (r->rate[s].n) {
            json_put_samples(out, "posts_per_s", &r->rate[s]);
            json_put_samples(out, "cpu_ns_a_post", &r->cpu_ns[s]);
        }
        weir_buf_putc(out, '}');
    }
    weir_buf_puts(out, "]}");
}

void
race_report_json(const struct replay_options *o, const struct outcome *outcome,
                 const struct target_value *v, weir_buf *out)
{
    size_t n = 0;

    weir_buf_printf(out, "{\"v\":1,\"seed\":%" PRIu64 ",", o->track.material.seed);
    json_put_string(out, "machine", machine_name());
    weir_buf_putc(out, ',');
    json_put_string(out, "workload", workload_name(o->track.material.workload));
    weir_buf_printf(out, ",\"pinned\":%s,\n\"races\":[",
                    o->track.cores.server >= 0 ? "true" : "false");
    for (size_t k = 0; k < NRACES; k++) {
        if (!outcome->has_race[k])
            continue;
        weir_buf_puts(out, n++ ? ",\n  " : "\n  ");
        put_race(out, &outcome->races[k]);
    }
    weir_buf_putc(out, ']');
    requirements_put_json(&o->requirements, v, out);
    weir_buf_puts(out, "}\n");
}

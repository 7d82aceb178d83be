/*
 * The same as JSON.
 */
#include "load/stream_report.h"

#include "json_put.h"
#include "machine.h"

#include <inttypes.h>
#include <stdio.h>

static void
put_head(const struct load_options *o, weir_buf *out)
{
    weir_buf_printf(out, "{\"v\":1,\"seed\":%" PRIu64 ",", o->setting.material.seed);
    json_put_string(out, "machine", machine_name());
}

/* One load ----------------------------------------------------------------------------------- */

static void
put_times(weir_buf *out, const char *key, const struct histogram *h)
{
    static const char *const names[] = {"50", "90", "99", "99.9", "99.99"};
    static const double percents[] = {50, 90, 99, 99.9, 99.99};

    weir_buf_printf(out, ",\n\"%s\":{\"n\":%" PRIu64 ",\"mean\":%.6g", key, h->n,
                    histogram_mean(h));
    for (size_t i = 0; i < sizeof percents / sizeof *percents; i++)
        weir_buf_printf(out, ",\"p%s\":%" PRIu64, names[i], histogram_percentile(h, percents[i]));
    weir_buf_printf(out, ",\"max\":%" PRIu64 "}", h->max);
}

static void
put_load(weir_buf *out, const struct load *l)
{
    bool open = l->rate > 0;

    weir_buf_printf(out, ",\n\"loop\":\"%s\",\"connections\":%zu,\"idle\":%zu,\"threads\":%u",
                    open ? "open" : "closed", l->nconns, l->nidle, l->nthreads);
    if (open)
        weir_buf_printf(out, ",\"rate\":%.6g", l->rate);
    else
        weir_buf_printf(out, ",\"window\":%zu", l->window);
    weir_buf_printf(out, ",\"seconds\":%g,\"warm_up\":%g,\"feed\":{", l->seconds, l->warm_s);
    json_put_string(out, "name", l->feed->name);
    weir_buf_printf(out, ",\"lines\":%zu,\"bytes\":%zu,\"answers\":%zu}", l->feed->nlines,
                    l->feed->bytes.len, l->feed->nanswers);
}

static void
put_result(weir_buf *out, const struct load_result *r, bool open)
{
    weir_buf_printf(out, ",\n\"posts_per_s\":%.6g", r->posts_per_s);
    put_times(out, "answer_ns", &r->latency);
    if (open)
        put_times(out, "late_ns", &r->lateness);
    weir_buf_printf(out,
                    ",\n\"sent\":%" PRIu64 ",\"answered\":%" PRIu64 ",\"unanswered\":%" PRIu64
                    ",\"surplus\":%" PRIu64 ",\"unsent\":%" PRIu64 ",\"lost_connections\":%" PRIu64
                    ",\"bytes_out\":%" PRIu64 ",\"bytes_in\":%" PRIu64 ",\"sound\":%s",
                    r->sent, r->answered, r->unanswered, r->surplus, r->unsent, r->nlost,
                    r->bytes_out, r->bytes_in, load_is_sound(r) ? "true" : "false");
    if (r->fault[0]) {
        weir_buf_putc(out, ',');
        json_put_string(out, "fault", r->fault);
    }
    if (!open)
        weir_buf_printf(out, ",\"client_busy\":%.3g", r->busy);
}

void
load_report_json(const struct load_report *r, weir_buf *out)
{
    put_head(r->options, out);
    weir_buf_putc(out, ',');
    json_put_string(out, "server", r->server);
    put_load(out, r->load);
    put_result(out, r->result, r->load->rate > 0);
    if (r->server_busy > 0)
        weir_buf_printf(out, ",\"server_busy\":%.3g", r->server_busy);
    if (r->said[0]) {
        weir_buf_puts(out, ",\n");
        json_put_string(out, "server_said", r->said);
    }
    weir_buf_puts(out, "}\n");
}

/* Goals -------------------------------------------------------------------------------------- */

static void
put_fault(weir_buf *out, const char *key, const char *fault)
{
    if (!fault[0])
        return;
    weir_buf_putc(out, ',');
    json_put_string(out, key, fault);
}

static void
put_speed(weir_buf *out, const struct speed *s)
{
    weir_buf_printf(out,
                    "{\"rules\":%zu,\"lines\":%zu,\"bytes\":%zu,\"bytes_compared\":%" PRIu64
                    ",\"sides\":[",
                    s->nrules, s->nlines, s->nbytes, s->ncompared);
    for (unsigned i = 0, n = 0; i < SPEED_NSIDES; i++) {
        if (s->rate[i].n == 0)
            continue;
        weir_buf_puts(out, n++ ? ",\n   {" : "\n   {");
        json_put_string(out, "side", speed_side_name((enum speed_side)i));
        json_put_samples(out, "posts_per_s", &s->rate[i]);
        json_put_samples(out, "cpu_ns_a_post", &s->cpu_ns[i]);
        if (s->server[i].n > 0) {
            json_put_samples(out, "server_busy", &s->server[i]);
            json_put_samples(out, "client_busy", &s->client[i]);
        }
        weir_buf_putc(out, '}');
    }
    weir_buf_putc(out, ']');
    put_fault(out, "fault", s->fault);
    weir_buf_putc(out, '}');
}

static void
put_reload(weir_buf *out, const struct reload *r)
{
    weir_buf_putc(out, '{');
    json_put_string(out, "kind", reload_kind_name(r->kind));
    weir_buf_printf(out,
                    ",\"literals\":%zu,\"highest_per_s\":%.6g,\"rate\":%.6g,\"reloads\":%zu,"
                    "\"unsent\":%" PRIu64,
                    r->nrules, r->highest, r->rate, r->nreloads, r->unsent);
    json_put_samples(out, "p99.9_ns", &r->calm);
    json_put_samples(out, "p99.9_ns_with_reloads", &r->under);
    json_put_samples(out, "reload_s", &r->seconds);
    put_fault(out, "fault", r->fault);
    put_fault(out, "not_measured", r->missing);
    weir_buf_putc(out, '}');
}

void
goals_report_json(const struct load_options *o, const struct figures *f,
                  const struct target_value *v, weir_buf *out)
{
    const struct setting *s = &o->setting;
    size_t n = 0;

    put_head(o, out);
    weir_buf_printf(out, ",\"connections\":%zu,\"window\":%zu,\"pinned\":%s,\n", s->load.nconns,
                    s->load.window, s->cores.server >= 0 ? "true" : "false");
    weir_buf_puts(out, "\"speeds\":[");
    for (size_t i = 0; i < f->nspeeds; i++) {
        weir_buf_puts(out, i ? ",\n  " : "\n  ");
        put_speed(out, &f->speeds[i]);
    }
    weir_buf_puts(out, "],\n\"reloads\":[");
    for (size_t i = 0; i < RELOAD_NKINDS; i++) {
        if (!f->has_reload[i])
            continue;
        weir_buf_puts(out, n++ ? ",\n  " : "\n  ");
        put_reload(out, &f->reloads[i]);
    }
    weir_buf_putc(out, ']');
    requirements_put_json(&o->requirements, v, out);
    weir_buf_puts(out, "}\n");
}

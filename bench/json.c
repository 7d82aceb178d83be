/*
 * The report as JSON: every sample, so that whoever reads it can make other figures of them.
 */
#include "json_put.h"
#include "machine.h"
#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void
put_engines(weir_buf *out)
{
    weir_buf_puts(out, "\"engines\":[");
    for (size_t i = 0; i < nengines; i++) {
        const struct engine *e = engines[i];

        weir_buf_puts(out, i ? ",\n  {" : "\n  {");
        json_put_string(out, "name", e->name);
        weir_buf_putc(out, ',');
        json_put_string(out, "title", e->title);
        weir_buf_putc(out, ',');
        json_put_string(out, e->absent ? "absent" : "version",
                        e->absent ? e->absent : e->version());
        weir_buf_putc(out, '}');
    }
    weir_buf_puts(out, "],\n");
}

static void
put_measured(weir_buf *out, const struct result *r)
{
    weir_buf_printf(out,
                    ",\"compile_s\":%.6g,\"load_s\":%.6g,\"heap_bytes\":%zu,\"resident_bytes\":%zu,"
                    "\"table_bytes\":%zu,\"rule_bytes\":%zu",
                    r->compile_s.median, r->load_s.median, r->heap, r->resident, r->table,
                    r->rule_bytes);
    if (r->has_classes)
        weir_buf_printf(
            out, ",\"classes\":{\"literal\":%zu,\"prefix\":%zu,\"factor\":%zu,\"factorless\":%zu}",
            r->classes.literal, r->classes.prefix, r->classes.factor, r->classes.factorless);
    if (r->stream == STREAM_NONE)
        return;
    weir_buf_printf(out,
                    ",\"tags_a_round\":%zu,\"tags_compared\":%zu,\"pairs_compared\":%" PRIu64
                    ",\"rules_a_tag\":%.6g",
                    r->timing.ntokens, r->timing.nchecked, (uint64_t)r->npairs, r->hits);
    if (r->timing.ns.n)
        json_put_samples(out, "ns", &r->timing.ns);
    if (r->timing.first.n)
        json_put_samples(out, "first_sight_ns", &r->timing.first);
}

static void
put_result(weir_buf *out, const struct result *r)
{
    weir_buf_putc(out, '{');
    json_put_string(out, "workload", workload_name(r->workload));
    weir_buf_putc(out, ',');
    json_put_string(out, "variant", variant_name(r->workload, r->variant));
    weir_buf_printf(out, ",\"rules\":%zu,", r->nrules);
    json_put_string(out, "tokens", stream_name(r->stream));
    weir_buf_putc(out, ',');
    json_put_string(out, "engine", r->engine->name);
    if (r->missing[0]) {
        weir_buf_putc(out, ',');
        json_put_string(out, "missing", r->missing);
    } else {
        put_measured(out, r);
    }
    weir_buf_putc(out, '}');
}

static void
put_results(weir_buf *out, const struct results *r)
{
    weir_buf_puts(out, "\"results\":[");
    for (size_t i = 0; i < r->n; i++) {
        weir_buf_puts(out, i ? ",\n  " : "\n  ");
        put_result(out, &r->v[i]);
    }
    weir_buf_puts(out, "]");
}

static void
put_folding(weir_buf *out, const struct folding *f)
{
    weir_buf_puts(out, ",\n\"folding\":[");
    for (size_t i = 0; i < NFOLDINGS; i++) {
        weir_buf_puts(out, i ? ",{" : "{");
        json_put_string(out, "of", f[i].of);
        weir_buf_printf(out, ",\"tags\":%zu,\"ns\":%.6g}", f[i].ntags, f[i].ns.median);
    }
    weir_buf_putc(out, ']');
}

bool
report_json(const struct report *report, const char *path)
{
    const struct run *run = report->run;
    weir_buf out = {0};

    weir_buf_printf(&out, "{\"v\":1,\"seed\":%" PRIu64 ",\"rounds\":%u,\"tags\":%zu,\n",
                    run->world->seed, run->nrounds, run->world->ntokens);
    json_put_string(&out, "machine", machine_name());
    weir_buf_puts(&out, ",\n");
    put_engines(&out);
    put_results(&out, &run->results);
    if (report->folding)
        put_folding(&out, report->folding);
    if (report->requirements->n)
        requirements_put_json(report->requirements, report->values, &out);
    weir_buf_puts(&out, "}\n");
    bool written = json_write(&out, path);
    weir_buf_fini(&out);
    return written;
}

/*
 * The run decides by the old rules and its own scratches; each thread has one more, for the new
 * ones. A post is decided by them when it is noted, and what becomes of it is written then.
 */
#include "cli/diffing.h"

#include "cli/exporting.h"
#include "cli/naming.h"
#include "cli/ui.h"

#include <stdlib.h>

struct differ {
    struct diffing *of;
    weir_scratch *scratch;
    struct contrast *contrast;
    weir_export_worker *worker; /* NULL: there is no export */
    weir_decision after;        /* of the post that is noted */
    bool changed;
    bool nomem;
};

static void
free_differ(struct differ *h)
{
    contrast_free(h->contrast);
    weir_scratch_free(h->scratch);
    weir_export_worker_free(h->worker);
    free(h);
}

static void *
open_differ(void *arg)
{
    struct diffing *d = arg;
    struct differ *h = calloc(1, sizeof *h);

    if (!h)
        return NULL;
    *h = (struct differ){.of = d, .contrast = contrast_new(&d->contrast)};
    if (h->contrast && answerer_scratch(d->after, &d->new_o, &h->scratch) == WEIR_OK &&
        (!d->export || weir_export_worker_new(d->export, &h->worker) == WEIR_OK))
        return h;
    free_differ(h);
    return NULL;
}

static void
close_differ(void *arg, void *hand)
{
    struct diffing *d = arg;
    struct differ *h = hand;

    contrast_add(d->sum, h->contrast);
    free_differ(h);
}

static bool
leave_out(void *hand, const weir_decision *before)
{
    const struct differ *h = hand;

    return pick_leaves_out(&h->of->pick, before);
}

static void
note(void *hand, const weir_decision *before, weir_buf *facts)
{
    struct differ *h = hand;
    const struct diffing *d = h->of;
    int64_t at_ms = answer_time(&d->new_o, before->post, d->now_ms);
    weir_status st = weir_decide(d->after, h->scratch, before->post, at_ms, &h->after);

    h->changed = false;
    h->nomem = st != WEIR_OK && st != WEIR_E_LIMIT;
    if (!h->nomem)
        h->changed = contrast_take(h->contrast, before, &h->after, facts);
}

/* Exports tell more things apart, such as whether it is a post that is withheld, or its author:
   where all that changes is asked for, they judge by themselves. */
static bool
is_exported(const struct differ *h)
{
    const struct contrast_options *o = &h->of->contrast;

    return h->changed || (!o->rules[REACH_BEFORE] && o->region == WEIR_REGION_NONE);
}

/* The line of a post that changes, or what lines of an export are made of. */
static bool
write_change(void *hand, const weir_decision *before, weir_buf *out)
{
    struct differ *h = hand;

    if (h->nomem)
        out->failed = true; /* the run ends as it does where it has no memory itself */
    else if (h->worker && is_exported(h))
        out->failed |= weir_export_change(h->worker, before, &h->after, out) != WEIR_OK;
    else if (h->changed && h->of->args->changes)
        (void)weir_diff_write(before, &h->after, h->of->contrast.region, out);
    return false;
}

static bool
collect(void *arg, const weir_buf *parts, weir_buf *lines, uint64_t *n)
{
    struct diffing *d = arg;

    return exporting_collect(d->export, parts, lines, n);
}

static bool
take_facts(void *arg, const weir_buf *facts)
{
    struct diffing *d = arg;

    if (samples_take(d->samples, facts))
        return true;
    ui_say("out of memory for samples");
    return false;
}

int
diffing_begin(struct diffing *d, struct run *r)
{
    const struct args *a = d->args;
    int rc;

    d->pick = (struct pick){.region = WEIR_REGION_NONE,
                            .since_ms = a->since_ms,
                            .until_ms = a->until_ms,
                            .has_times = a->since_ms != INT64_MIN || a->until_ms != INT64_MAX};
    if (a->since_ms >= a->until_ms)
        return args_bad(r->command, "--since must be before --until");
    rc = naming_rules(a, r->command, (weir_ruleset *const[]){d->before, d->after}, REACH_NSIDES,
                      d->rules);
    d->contrast = (struct contrast_options){
        .region = a->region, .rules = {d->rules[0], d->rules[1]}, .samples = a->samples};
    d->now_ms = r->now_ms;
    d->run = r;
    d->sum = contrast_new(&d->contrast);
    d->samples = samples_new(a->samples);
    if (!d->sum || !d->samples)
        ui_no_memory();
    r->notes = (struct crew_notes){.arg = d,
                                   .open = open_differ,
                                   .close = close_differ,
                                   .leave_out = d->pick.has_times ? leave_out : NULL,
                                   .write = write_change,
                                   .note = note};
    r->on_facts = take_facts;
    r->arg = d;
    if (rc == EXIT_DONE)
        rc = exporting_begin(r, d->after, d->before, &d->export);
    if (d->export)
        r->collect = collect;
    return rc;
}

void
diffing_end(struct diffing *d)
{
    for (int s = 0; s < REACH_NSIDES; s++)
        free(d->rules[s]);
    contrast_free(d->sum);
    samples_free(d->samples);
    weir_export_free(d->export);
}

bool
diffing_changed(const struct diffing *d)
{
    const struct contrast_sums *s = contrast_sums(d->sum);

    return s->changed || s->queries_changed || s->quoted_changed;
}

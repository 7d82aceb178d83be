/*
 * Each thread has a census of its own; what it notes of tags is counted in the input's order.
 */
#include "cli/picking.h"

#include "cli/exporting.h"
#include "cli/naming.h"
#include "cli/ui.h"

#include "flow/due.h"

#include <stdlib.h>

struct picker {
    const struct pick *pick;
    bool all;
    bool journals, journals_all; /* records go into a journal; all of them do */
    struct headcount *census;
    weir_export_worker *worker; /* NULL: records are written */
    uint64_t for_quotes;
};

static void *
open_picker(void *arg)
{
    const struct picking *p = arg;
    struct picker *h = calloc(1, sizeof *h);

    if (!h)
        return NULL;
    *h = (struct picker){.pick = &p->pick,
                         .all = p->all,
                         .journals = p->journals,
                         .journals_all = p->journals_all,
                         .census = headcount_new()};
    if (h->census && (!p->export || weir_export_worker_new(p->export, &h->worker) == WEIR_OK))
        return h;
    headcount_free(h->census);
    free(h);
    return NULL;
}

static void
close_picker(void *arg, void *hand)
{
    struct picking *p = arg;
    struct picker *h = hand;

    headcount_add(p->census, h->census);
    p->for_quotes += h->for_quotes;
    headcount_free(h->census);
    weir_export_worker_free(h->worker);
    free(h);
}

static bool
leave_out(void *hand, const weir_decision *d)
{
    const struct picker *h = hand;

    return pick_leaves_out(h->pick, d);
}

static bool
write_record(void *hand, const weir_decision *d, weir_buf *out)
{
    struct picker *h = hand;

    if (!h->all && !pick_wants(h->pick, d))
        return false;
    if (!h->worker) {
        h->for_quotes += !h->all && d->quoted && !pick_wants_itself(h->pick, d);
        weir_record_write(d, out);
        return h->journals && (h->journals_all || due_for_journal(d));
    }
    if (weir_export_decision(h->worker, d, out) != WEIR_OK)
        out->failed = true;
    return false;
}

static void
note(void *hand, const weir_decision *d, weir_buf *facts)
{
    struct picker *h = hand;

    if (d->post->query.kind != WEIR_QUERY_NONE)
        return;
    census_take(h->census, d);
    tops_note_tags(d, facts);
}

static bool
take_facts(void *arg, const weir_buf *facts)
{
    struct picking *p = arg;

    tops_take(p->tags, facts);
    return true;
}

static bool
collect(void *arg, const weir_buf *parts, weir_buf *lines, uint64_t *n)
{
    struct picking *p = arg;

    return exporting_collect(p->export, parts, lines, n);
}

static bool
finish(void *arg, weir_buf *out, uint64_t *n)
{
    struct picking *p = arg;

    return exporting_finish(p->export, out, n);
}

int
picking_begin(struct picking *p, struct run *r)
{
    const struct args *a = r->args;

    *p = (struct picking){
        .pick = {.actions = a->only,
                 .region = a->region,
                 .since_ms = a->since_ms,
                 .until_ms = a->until_ms,
                 .has_times = a->since_ms != INT64_MIN || a->until_ms != INT64_MAX},
        .census = headcount_new(),
        .tags = tops_new()};
    if (!p->census || !p->tags)
        ui_no_memory();
    p->journals = a->journal != NULL;
    p->journals_all = a->journal_all;
    p->all = !a->only && a->region == WEIR_REGION_NONE && !a->by_rule.n && !a->by_order.n;
    if (a->since_ms >= a->until_ms)
        return args_bad(r->command, "--since must be before --until");
    r->notes = (struct crew_notes){.arg = p,
                                   .open = open_picker,
                                   .close = close_picker,
                                   .leave_out = p->pick.has_times ? leave_out : NULL,
                                   .write = write_record,
                                   .note = note};
    r->on_facts = take_facts;
    r->arg = p;
    r->census = p->census;
    r->tags = p->tags;
    r->for_quotes = &p->for_quotes;
    int rc = naming_rules(a, r->command, (weir_ruleset *const[]){r->rs}, 1, &p->rules);
    p->pick.rules = p->rules;
    if (rc == EXIT_DONE)
        rc = exporting_begin(r, r->rs, NULL, &p->export);
    if (p->export) {
        r->collect = collect;
        r->finish = finish;
    }
    return rc;
}

void
picking_end(struct picking *p)
{
    weir_export_free(p->export);
    free(p->rules);
    headcount_free(p->census);
    tops_free(p->tags);
}

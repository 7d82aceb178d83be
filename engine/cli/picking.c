/*
 * Each thread has a census of its own; what it notes of tags is counted in the input's order.
 */
#include "cli/picking.h"

#include "cli/ui.h"

#include "flow/due.h"

#include <stdlib.h>
#include <string.h>

struct picker {
    const struct pick *pick;
    bool all;
    bool journals, journals_all; /* records go into a journal; all of them do */
    struct census *census;
    weir_export_worker *worker; /* NULL: records are written */
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
                         .census = census_new()};
    if (h->census && (!p->export || weir_export_worker_new(p->export, &h->worker) == WEIR_OK))
        return h;
    census_free(h->census);
    free(h);
    return NULL;
}

static void
close_picker(void *arg, void *hand)
{
    struct picking *p = arg;
    struct picker *h = hand;

    census_add(p->census, h->census);
    census_free(h->census);
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
    const struct picker *h = hand;

    if (!h->all && !pick_wants(h->pick, d))
        return false;
    if (!h->worker) {
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

static uint64_t
items_of(const weir_export *e)
{
    weir_export_counts counts;

    weir_export_count(e, &counts);
    return counts.items;
}

static bool
collect(void *arg, const weir_buf *parts, weir_buf *lines, uint64_t *n)
{
    struct picking *p = arg;
    uint64_t before = items_of(p->export);

    if (weir_export_collect(p->export, (weir_span){parts->p, parts->len}, lines) != WEIR_OK) {
        ui_say("%s", weir_status_text(WEIR_E_NOMEM));
        return false;
    }
    *n = items_of(p->export) - before;
    return true;
}

static bool
finish(void *arg, weir_buf *out, uint64_t *n)
{
    struct picking *p = arg;
    uint64_t before = items_of(p->export);

    if (weir_export_finish(p->export, out) != WEIR_OK)
        return false;
    *n = items_of(p->export) - before;
    return true;
}

/* Options that would have no effect are refused. */
static int
begin_export(struct picking *p, struct run *r)
{
    const struct args *a = r->args;
    weir_export_options o = {.kind = a->emit, .label_src = a->label_src};
    weir_buf why = {0};

    if (a->label_src && (!a->emits || a->emit != WEIR_EXPORT_ATPROTO))
        return args_bad(r->command, "--label-src goes with --emit atproto");
    if (!a->emits)
        return EXIT_DONE;
    if (a->resume)
        return args_bad(r->command, "--resume does not go with --emit: what was said before the "
                                    "run was stopped is known no more");
    if (a->answer.trace || a->answer.undecided != WEIR_UNDECIDED_REPORT)
        return args_bad(r->command, "--explain and --undecided are about records: they do not go "
                                    "with --emit");
    weir_status st = weir_export_new(&o, r->rs, NULL, &why, &p->export);
    if (st == WEIR_E_NOMEM)
        ui_no_memory();
    if (st != WEIR_OK) {
        int rc = args_bad(r->command, "--label-src: %.*s", (int)why.len, why.p);
        weir_buf_fini(&why);
        return rc;
    }
    r->collect = collect;
    r->finish = finish;
    r->exported = p->export;
    return EXIT_DONE;
}

/* What was meant, by all names of its kind. */
static int
tell_unknown(const char *option, const char *name, const char *const *names, size_t n)
{
    const char *near = help_nearest(name, names, n);

    if (near)
        return args_bad("replay", "--%s %s: the rules have none; did you mean %s?", option, name,
                        near);
    return args_bad("replay", "--%s %s: the rules have none", option, name);
}

static int
unknown_rule(const weir_ruleset *rs, const char *name)
{
    uint32_t n = weir_ruleset_nrules(rs);
    const char **names = ui_alloc(n, sizeof *names);
    weir_rule_info info;

    for (uint32_t i = 0; i < n; i++) {
        weir_ruleset_rule(rs, i, &info);
        names[i] = info.id;
    }
    int rc = tell_unknown("rule", name, names, n);
    free(names);
    return rc;
}

static int
unknown_order(const weir_ruleset *rs, const char *name)
{
    uint32_t n = weir_ruleset_norders(rs);
    const char **names = ui_alloc(n, sizeof *names);
    weir_order_info info;

    for (uint32_t i = 0; i < n; i++) {
        weir_ruleset_order(rs, i, &info);
        names[i] = info.id;
    }
    int rc = tell_unknown("order", name, names, n);
    free(names);
    return rc;
}

static int
name_rules(struct picking *p, const weir_ruleset *rs, const struct args *a)
{
    uint32_t nrules = weir_ruleset_nrules(rs);

    p->rules = ui_alloc(nrules, sizeof *p->rules);
    p->pick.rules = p->rules;
    for (size_t i = 0; i < a->by_rule.n; i++) {
        const char *name = a->by_rule.v[i];
        uint32_t rule = weir_ruleset_find_rule(rs, (weir_span){name, strlen(name)});

        if (rule == WEIR_NONE)
            return unknown_rule(rs, name);
        p->rules[rule] = true;
    }
    for (size_t i = 0; i < a->by_order.n; i++) {
        const char *name = a->by_order.v[i];
        uint32_t order = weir_ruleset_find_order(rs, (weir_span){name, strlen(name)});
        weir_rule_info info;

        if (order == WEIR_NONE)
            return unknown_order(rs, name);
        for (uint32_t k = 0; k < nrules; k++) {
            weir_ruleset_rule(rs, k, &info);
            p->rules[k] = p->rules[k] || info.order == order;
        }
    }
    return EXIT_DONE;
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
        .census = census_new(),
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
    int rc = a->by_rule.n || a->by_order.n ? name_rules(p, r->rs, a) : EXIT_DONE;
    return rc == EXIT_DONE ? begin_export(p, r) : rc;
}

void
picking_end(struct picking *p)
{
    weir_export_free(p->export);
    free(p->rules);
    census_free(p->census);
    tops_free(p->tags);
}

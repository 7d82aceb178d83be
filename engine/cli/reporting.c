/*
 * Each thread has findings of its own; what it notes of tags and accounts is counted in the input's
 * order.
 */
#include "cli/reporting.h"

#include "cli/naming.h"
#include "cli/ui.h"

#include <stdlib.h>

struct reporter {
    const struct pick *pick;
    struct findings *findings;
};

static void *
open_reporter(void *arg)
{
    const struct reporting *p = arg;
    struct reporter *h = calloc(1, sizeof *h);

    if (!h)
        return NULL;
    *h = (struct reporter){.pick = &p->pick, .findings = findings_new(&p->plan)};
    if (h->findings)
        return h;
    free(h);
    return NULL;
}

static void
close_reporter(void *arg, void *hand)
{
    struct reporting *p = arg;
    struct reporter *h = hand;

    findings_add(p->sum, h->findings);
    findings_free(h->findings);
    free(h);
}

static bool
leave_out(void *hand, const weir_decision *d)
{
    const struct reporter *h = hand;

    return pick_leaves_out(h->pick, d);
}

/* The report is all that is written. */
static bool
write_nothing(void *hand, const weir_decision *d, weir_buf *out)
{
    (void)hand;
    (void)d;
    (void)out;
    return false;
}

static void
note(void *hand, const weir_decision *d, weir_buf *facts)
{
    struct reporter *h = hand;

    if (d->post->query.kind == WEIR_QUERY_NONE)
        findings_take(h->findings, d, facts);
    else
        findings_take_query(h->findings, d);
}

static bool
take_facts(void *arg, const weir_buf *facts)
{
    struct reporting *p = arg;

    if (facts->failed) {
        ui_say("out of memory for hashtags and accounts");
        return false;
    }
    findings_count(p->tags, p->accounts, facts);
    return true;
}

int
reporting_begin(struct reporting *p, struct run *r)
{
    const struct args *a = r->args;

    *p = (struct reporting){
        .run = r,
        .pick = {.region = WEIR_REGION_NONE,
                 .since_ms = a->since_ms,
                 .until_ms = a->until_ms,
                 .has_times = a->since_ms != INT64_MIN || a->until_ms != INT64_MAX},
        .plan = {.rs = r->rs, .region = a->region, .actions = a->only},
        .tags = tops_new(),
        .accounts = tops_new()};
    if (a->since_ms >= a->until_ms)
        return args_bad(r->command, "--since must be before --until");
    if (a->only >> WEIR_ALLOW & 1)
        return args_bad(r->command, "--only: a report counts what is withheld or downranked");
    int rc = naming_rules(a, r->command, (weir_ruleset *const[]){r->rs}, 1, &p->rules);
    if (rc != EXIT_DONE)
        return rc;
    p->plan.rules = p->rules;
    p->sum = findings_new(&p->plan);
    if (!p->sum || !p->tags || !p->accounts)
        ui_no_memory();
    r->notes = (struct crew_notes){.arg = p,
                                   .open = open_reporter,
                                   .close = close_reporter,
                                   .leave_out = p->pick.has_times ? leave_out : NULL,
                                   .write = write_nothing,
                                   .note = note};
    r->on_facts = take_facts;
    r->arg = p;
    return EXIT_DONE;
}

void
reporting_end(struct reporting *p)
{
    free(p->rules);
    findings_free(p->sum);
    tops_free(p->tags);
    tops_free(p->accounts);
}

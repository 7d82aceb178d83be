/*
 * What is decided of quoted posts and of queries is in no figure of a report. But a rule that has a
 * part in it is not one that never matched: so that much is counted.
 */
#include "replay/findings_parts.h"

#include "flow/check.h"

static void
count_rule(struct findings *f, uint32_t rule)
{
    (void)headcount_count(f->counts,
                          findings_key(OF_BESIDE, (uint64_t)FINDINGS_ASIDE << 32 | rule, 0), false);
}

static void
take_outcome(struct findings *f, const weir_outcome *o)
{
    if (o->action == WEIR_WITHHOLD)
        count_rule(f, o->act.rule);
    for (int s = 0; o->action == WEIR_DOWNRANK && s < WEIR_NSURFACES; s++)
        if (o->surfaces >> s & 1)
            count_rule(f, o->surface[s].act.rule);
}

static void
take_exemptions(struct findings *f, const weir_region_exemptions *x)
{
    const weir_ruleset *rs = f->plan->rs;

    for (size_t i = 0; i < x->n; i++) {
        if (findings_is_hidden(rs, x->list[i].rule) || findings_is_hidden(rs, x->list[i].by))
            continue;
        count_rule(f, x->list[i].rule);
        count_rule(f, x->list[i].by);
    }
}

static void
take_list(struct findings *f, const uint32_t *rules, size_t n)
{
    for (size_t i = 0; i < n; i++)
        count_rule(f, rules[i]);
}

bool
findings_trace_is_open(const weir_decision *d)
{
    for (size_t i = 0; i < d->ntrace; i++)
        if (d->trace[i].state >= WEIR_STATE_OBSERVED && findings_is_hidden(d->rs, d->trace[i].rule))
            return false;
    return true;
}

static void
take_trace(struct findings *f, const weir_decision *d)
{
    bool open = findings_trace_is_open(d);

    for (size_t i = 0; i < d->ntrace; i++) {
        weir_state state = d->trace[i].state;

        if (state == WEIR_STATE_MATCHED || state == WEIR_STATE_EXCEPTED ||
            (open && state >= WEIR_STATE_OBSERVED))
            count_rule(f, d->trace[i].rule);
    }
}

static void
take(struct findings *f, const weir_decision *d)
{
    for (size_t i = 0; i < d->nregions; i++)
        take_outcome(f, &d->regions[i].outcome);
    for (size_t i = 0; i < d->nexempted; i++)
        take_exemptions(f, &d->exempted[i]);
    take_list(f, d->observed, d->nobserved);
    take_list(f, d->held_back, d->nheld_back);
    take_list(f, d->limit, d->nlimit);
    take_trace(f, d);
}

void
findings_take_quoted(struct findings *f, const weir_decision *d)
{
    for (d = d->quoted; d; d = d->quoted)
        take(f, d);
}

void
findings_take_query(struct findings *f, const weir_decision *d)
{
    CHECK_OBJ(f, FINDINGS_MAGIC);
    headcount_begin(f->counts, &d->post->author);
    take(f, d);
}

/*
 * Points: the times at which a post without a record may have been decided, and by which rules.
 */
#include "replay/again.h"

#include <stdlib.h>

static bool
has_point(const struct again_job *job, const struct again_point *p)
{
    for (size_t i = 0; i < job->npoints; i++) {
        const struct again_point *o = &job->points[i];

        if (o->set == p->set && o->clock == p->clock && o->all == p->all &&
            o->until_ms == p->until_ms && (o->clock != ANSWER_FIXED || o->at_ms == p->at_ms))
            return true;
    }
    return false;
}

static bool
add_point(struct again_job *job, const struct again_point *p)
{
    if (has_point(job, p))
        return true;
    struct again_point *points = reallocarray(job->points, job->npoints + 1, sizeof *points);
    if (!points)
        return false;
    job->points = points;
    points[job->npoints++] = *p;
    return true;
}

/* Under the wall clock, one for each time from which something is otherwise. */
static bool
add_span(struct again_job *job, const struct past_span *s)
{
    struct again_point p = {.set = again_set_of(job, s->set),
                            .clock = s->clock,
                            .at_ms = s->at_ms,
                            .until_ms = INT64_MAX,
                            .all = s->all};
    const weir_ruleset *rs = again_rules(job, p.set);
    bool good = true;

    if (!rs || s->clock != ANSWER_NOW)
        return !rs || add_point(job, &p);
    for (p.at_ms = s->from_ms; good && p.at_ms <= s->until_ms; p.at_ms = p.until_ms) {
        p.until_ms = weir_ruleset_next_change(rs, p.at_ms);
        good = add_point(job, &p);
    }
    return good;
}

bool
again_job_init(struct again_job *job)
{
    bool good = true;

    job->points = NULL;
    job->npoints = 0;
    for (size_t i = 0; good && i < job->past->nspans; i++)
        good = add_span(job, &job->past->spans[i]);
    return good;
}

void
again_job_fini(struct again_job *job)
{
    free(job->points);
    job->points = NULL;
}

/*
 * Stances: what marks say of a record that stands behind them, and what they leave open.
 */
#include "replay/past_parts.h"

#include "flow/check.h"

#include <stdlib.h>
#include <string.h>

bool
past_stance_init(const struct past *p, struct past_stance *s)
{
    *s = (struct past_stance){.run = NULL};
    s->now = calloc(p->nrules + 1, sizeof *s->now);
    s->may = calloc(p->nrules + 1, sizeof *s->may);
    s->set_may = calloc(p->nsets + 1, sizeof *s->set_may);
    if (s->now && s->may && s->set_may)
        return true;
    past_stance_fini(s);
    return false;
}

void
past_stance_fini(struct past_stance *s)
{
    free(s->now);
    free(s->may);
    free(s->set_may);
    *s = (struct past_stance){.run = NULL};
}

const struct past_run *
past_run_at(const struct past *p, uint32_t epoch)
{
    size_t from = 1, upto = p->nruns;

    CHECK(p->nruns > 0);
    while (from < upto) { /* the first one that begins behind it */
        size_t middle = from + (upto - from) / 2;

        if (p->runs[middle].first > epoch)
            upto = middle;
        else
            from = middle + 1;
    }
    return &p->runs[from - 1];
}

static void
take_mark(struct past_stance *s, const struct past_mark *m, bool soon, size_t nsets)
{
    if (m->kind == MARK_RELOAD) {
        for (size_t i = 0; i < nsets && !soon; i++)
            s->set_may[i] = false;
        s->set_may[m->what] = true;
    } else if (m->kind == MARK_TRIP || m->kind == MARK_RESET) {
        unsigned how = 1u << m->how;

        s->now[m->what] = (uint8_t)m->how;
        s->may[m->what] = (uint8_t)(soon ? s->may[m->what] | how : how);
    }
}

/* Is a time soon after another one? As long as that stays so, the stance is the same. */
static bool
is_soon(struct past_stance *s, int64_t at_ms, int64_t after_ms)
{
    int64_t ends_ms = after_ms + PAST_SOON_MS;

    if (at_ms < ends_ms && s->until_ms > ends_ms)
        s->until_ms = ends_ms;
    if (at_ms >= ends_ms && s->from_ms < ends_ms)
        s->from_ms = ends_ms;
    return at_ms < ends_ms;
}

/* Begin with the latest rest of which nothing is soon. @return the mark to go on with */
static uint32_t
take_rest(const struct past *p, struct past_stance *s, const struct past_run *r, int64_t at_ms)
{
    size_t n = s->epoch / PAST_REST_EVERY;

    for (n = n < p->nrests ? n : p->nrests; n > 0; n--) {
        uint32_t k = (uint32_t)n * PAST_REST_EVERY;

        if (k <= r->first)
            break;
        if (is_soon(s, at_ms, p->marks[k - 1].latest_ms))
            continue;
        memcpy(s->now, p->rests[n - 1].now, p->nrules);
        memcpy(s->may, p->rests[n - 1].now + p->nrules, p->nrules);
        for (size_t i = 0; i < p->nsets; i++)
            s->set_may[i] = i == p->rests[n - 1].set;
        return k;
    }
    return r->first;
}

static void
take_marks(const struct past *p, struct past_stance *s, uint32_t from, uint32_t upto, int64_t at_ms)
{
    for (uint32_t k = from; k < upto; k++)
        take_mark(s, &p->marks[k], is_soon(s, at_ms, p->marks[k].at_ms), p->nsets);
}

static void
make(const struct past *p, struct past_stance *s, const struct past_run *r, int64_t at_ms)
{
    s->from_ms = INT64_MIN;
    s->until_ms = INT64_MAX;
    bool is_begun = r->is_cut && is_soon(s, at_ms, r->from_ms);
    memset(s->now, WEIR_TRIP_NONE, p->nrules);
    memset(s->may, past_may_begin(r), p->nrules);
    for (size_t i = 0; i < p->nsets; i++)
        s->set_may[i] = is_begun || i == r->set;
    take_marks(p, s, take_rest(p, s, r, at_ms), s->epoch, at_ms);
}

void
past_stance_at(const struct past *p, struct past_stance *s, uint32_t epoch, int64_t at_ms)
{
    const struct past_run *r = past_run_at(p, epoch);
    int64_t known_ms = epoch > r->first ? p->marks[epoch - 1].latest_ms : r->from_ms;
    uint32_t before = s->epoch;

    if (r->clock != ANSWER_NOW || at_ms < known_ms)
        at_ms = known_ms;
    bool goes_on = s->run == r && before <= epoch && at_ms >= s->from_ms && at_ms < s->until_ms;
    s->run = r;
    s->epoch = epoch;
    s->clock = r->clock;
    s->fixed_ms = r->at_ms;
    if (goes_on)
        take_marks(p, s, before, epoch, at_ms);
    else
        make(p, s, r, at_ms);
}

bool
past_may_be_at(const struct past *p, uint32_t epoch, int64_t at_ms)
{
    const struct past_run *r = past_run_at(p, epoch);

    /* without its start, nobody knows how long a client has waited for the end of its page */
    if (!r->is_cut && at_ms < r->from_ms - PAST_SOON_MS)
        return false;
    return epoch >= p->nmarks || at_ms <= p->marks[epoch].at_ms + PAST_SOON_MS;
}

/*
 * The goals of serving: medians of the ratios of each round. Where a goal speaks of several rule
 * sets, the one that is worst for us decides.
 */
#include "load/stream_goals.h"

#include <math.h>
#include <stdio.h>

enum { S1, S2, S3_COMPILED, S3_SOURCES, NGOALS };

/* Milliseconds that S3 may add, where it does not stay within its ratio. */
#define S3_MORE_MS 2.0

static const struct target goals[NGOALS] = {
    [S1] = {"S1", "posts a second through the socket, over replay of the same feed", false, 0.9,
            0.97},
    [S2] = {"S2", "posts a second, over a bufferevent and evbuffer_readln server", false, 1.5, 3},
    [S3_COMPILED] = {"S3.compiled",
                     "p99.9 answer time while a compiled list is reloaded, over that without", true,
                     2, 1.2},
    [S3_SOURCES] = {"S3.sources", "the same, while the list is compiled by the server", true, 2,
                    1.2},
};

const struct target *
stream_goal(size_t i)
{
    return i < NGOALS ? &goals[i] : NULL;
}

static bool
is_required(const struct requirements *q, size_t goal)
{
    for (size_t i = 0; i < q->n; i++)
        if (q->v[i].target == &goals[goal])
            return true;
    return false;
}

unsigned
stream_goals_sides(const struct requirements *q)
{
    unsigned sides = 0;

    if (is_required(q, S1))
        sides |= 1u << SPEED_SERVE | 1u << SPEED_REPLAY | 1u << SPEED_REPLAY_NULL;
    if (is_required(q, S2))
        sides |= 1u << SPEED_SERVE | 1u << SPEED_BASELINE;
    return sides;
}

bool
stream_goals_reload(const struct requirements *q, enum reload_kind kind)
{
    return is_required(q, kind == RELOAD_COMPILED ? S3_COMPILED : S3_SOURCES);
}

/* What came of it ---------------------------------------------------------------------------- */

static const char *
why_no_ratio(const struct speed *s, enum speed_side over, double ratio)
{
    if (s->fault[0])
        return s->fault;
    if (ratio < 0)
        return s->rate[over].n ? "replay was held up in every round" : "nothing came of it";
    return isinf(ratio) ? "nothing came of what it is measured over" : NULL;
}

/* `value` is what the worst rule set so far has come to; NAN: there was none. */
static void
consider_speed(const struct speed *s, enum speed_side over, struct target_value *v)
{
    double ratio = samples_ratio(&s->rate[SPEED_SERVE], &s->rate[over]);
    const char *why = why_no_ratio(s, over, ratio);

    if (why) {
        v->measured = false;
        snprintf(v->why, sizeof v->why, "%.500s", why);
    } else if (isnan(v->value) || ratio < v->value) {
        v->value = ratio;
    } else {
        return;
    }
    snprintf(v->where, sizeof v->where, "%zu rules, over %s", s->nrules, speed_side_name(over));
}

static void
measure_speed(const struct figures *f, enum speed_side over, struct target_value *v)
{
    *v = (struct target_value){.measured = f->nspeeds > 0, .value = NAN, .why = "not asked for"};
    for (size_t i = 0; i < f->nspeeds && v->measured; i++)
        consider_speed(&f->speeds[i], over, v);
}

static void
measure_reload(const struct figures *f, enum reload_kind kind, struct target_value *v)
{
    const struct reload *r = &f->reloads[kind];
    double calm = samples_spread(&r->calm).median, under = samples_spread(&r->under).median;
    double ratio = samples_ratio(&r->under, &r->calm);

    *v = (struct target_value){.measured = false, .why = "not asked for"};
    if (!f->has_reload[kind])
        return;
    snprintf(v->where, sizeof v->where, "%zu literals", r->nrules);
    if (r->fault[0] || r->missing[0] || calm <= 0 || under <= 0 || isinf(ratio)) {
        snprintf(v->why, sizeof v->why, "%.500s",
                 r->missing[0] ? r->missing
                 : r->fault[0] ? r->fault
                               : "nothing came of it");
        return;
    }
    v->measured = true;
    v->value = ratio;
    v->excused = under - calm <= S3_MORE_MS * 1e6;
    snprintf(v->where, sizeof v->where, "%zu literals, %.0f posts a second: %.3f ms over %.3f ms",
             r->nrules, r->rate, under / 1e6, calm / 1e6);
}

void
stream_goals_measure(const struct requirements *q, const struct figures *f,
                     struct target_value v[MAX_REQUIREMENTS])
{
    for (size_t i = 0; i < q->n; i++) {
        if (f->missing) {
            v[i] = (struct target_value){.measured = false};
            snprintf(v[i].why, sizeof v[i].why, "%s", f->missing);
            continue;
        }
        switch (q->v[i].target - goals) {
        case S1:
            measure_speed(f, SPEED_REPLAY, &v[i]);
            break;
        case S2:
            measure_speed(f, SPEED_BASELINE, &v[i]);
            break;
        case S3_COMPILED:
            measure_reload(f, RELOAD_COMPILED, &v[i]);
            break;
        default:
            measure_reload(f, RELOAD_SOURCES, &v[i]);
        }
    }
}

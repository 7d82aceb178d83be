/*
 * The past, as marks: each header and each event that changes by what is decided. A record is
 * placed by the number of marks before it.
 */
#include "replay/past.h"

#include "flow/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum mark_kind { MARK_HEADER, MARK_RELOAD, MARK_TRIP, MARK_RESET, MARK_STOP };

struct past_mark {
    enum mark_kind kind;
    uint32_t run;
    int64_t at_ms;
    int64_t latest_ms; /* of all marks up to it, in its run */
    uint32_t what;     /* RELOAD: the set; TRIP, RESET: the rule */
    weir_trip how;     /* TRIP */
};

/* From a start to the next. */
struct past_run {
    size_t set; /* at its beginning */
    uint32_t first;
    bool is_cut; /* what had tripped before its first mark is not known */
    bool all;
    enum answer_clock clock;
    int64_t at_ms;
    int64_t from_ms, latest_ms; /* by all that is known of it */
};

void
past_fini(struct past *p)
{
    for (size_t i = 0; i < p->nsets; i++)
        weir_ruleset_unref(p->sets[i].rs);
    for (size_t i = 0; i < p->nrules; i++)
        free(p->rules[i]);
    free(p->sets);
    free(p->writers);
    free(p->spans);
    free(p->rules);
    free(p->marks);
    free(p->runs);
    *p = (struct past){.nsets = 0};
}

/* Another place at the end of an array, that doubles. NULL: no memory. */
static void *
add(struct past *p, void *array, size_t *n, size_t size)
{
    char **at = array;

    if ((*n & (*n - 1)) == 0) {
        char *grown = reallocarray(*at, *n ? *n * 2 : 1, size);

        p->nomem |= !grown;
        if (!grown)
            return NULL;
        *at = grown;
    }
    memset(*at + *n * size, 0, size);
    return *at + (*n)++ * size;
}

/* Names -------------------------------------------------------------------------------------- */

size_t
past_find_set(const struct past *p, weir_span ruleset)
{
    size_t i = 0;

    CHECK(ruleset.len >= RECORDED_DIGEST);
    if (p->last_set < p->nsets &&
        memcmp(p->sets[p->last_set].digest, ruleset.p, RECORDED_DIGEST) == 0)
        return p->last_set;
    while (i < p->nsets && memcmp(p->sets[i].digest, ruleset.p, RECORDED_DIGEST) != 0)
        i++;
    return i;
}

/* By its whole digest, or by what records show of it. */
static size_t
name_set(struct past *p, weir_span digest)
{
    size_t i = past_find_set(p, digest);
    struct past_set *s = i < p->nsets ? &p->sets[i] : add(p, &p->sets, &p->nsets, sizeof *s);

    if (s && !s->announced) {
        memcpy(s->digest, digest.p, digest.len);
        s->announced = digest.len == WEIR_JOURNAL_HASH;
    }
    p->last_set = i;
    return i;
}

static uint32_t
name_rule(struct past *p, weir_span rule)
{
    char *name = rule.p ? strndup(rule.p, rule.len) : strdup("*");
    size_t i = 0;

    while (name && i < p->nrules && strcmp(p->rules[i], name) != 0)
        i++;
    char **at = name && i == p->nrules ? add(p, &p->rules, &p->nrules, sizeof *at) : NULL;
    p->nomem |= !name;
    if (at)
        *at = name;
    else
        free(name);
    return (uint32_t)i;
}

/* Walking ------------------------------------------------------------------------------------ */

uint32_t
past_epoch(const struct past *p)
{
    return (uint32_t)p->nmarks;
}

static struct past_run *
begin_run(struct past *p, int64_t at_ms, bool is_cut)
{
    struct past_run *r = add(p, &p->runs, &p->nruns, sizeof *r);

    if (r)
        *r = (struct past_run){.set = p->header_set,
                               .first = (uint32_t)p->nmarks,
                               .is_cut = is_cut,
                               .clock = p->clock,
                               .at_ms = p->at_ms,
                               .from_ms = at_ms,
                               .latest_ms = at_ms};
    return r;
}

/* That of what is walked over. A journal whose oldest segments are retired begins within one. */
static struct past_run *
this_run(struct past *p)
{
    return p->nruns ? &p->runs[p->nruns - 1] : begin_run(p, p->first_ms, true);
}

static void
add_mark(struct past *p, enum mark_kind kind, int64_t at_ms, uint32_t what, weir_trip how)
{
    struct past_run *r = this_run(p);
    struct past_mark *m = r ? add(p, &p->marks, &p->nmarks, sizeof *m) : NULL;

    if (!m)
        return;
    if (r->latest_ms < at_ms)
        r->latest_ms = at_ms;
    *m = (struct past_mark){.kind = kind,
                            .run = (uint32_t)p->nruns - 1,
                            .at_ms = at_ms,
                            .latest_ms = r->latest_ms,
                            .what = what,
                            .how = how};
}

static bool
is(weir_span s, const char *text)
{
    return s.len == strlen(text) && memcmp(s.p, text, s.len) == 0;
}

static void
put_version(char out[32], weir_span version)
{
    (void)snprintf(out, 32, "%.*s", (int)(version.len < 32 ? version.len : 31), version.p);
}

static void
note_writer(struct past *p, const weir_journal_header *h)
{
    struct past_writer *last = p->nwriters ? &p->writers[p->nwriters - 1] : NULL;

    if (!last || !is(h->version, last->engine) || !is(h->unicode, last->unicode) ||
        !is(h->icu, last->icu)) {
        last = add(p, &p->writers, &p->nwriters, sizeof *last);
        if (!last)
            return;
        put_version(last->engine, h->version);
        put_version(last->unicode, h->unicode);
        put_version(last->icu, h->icu);
        last->first = h->segment;
    }
    last->last = h->segment;
}

void
past_header(struct past *p, const weir_journal_header *h)
{
    note_writer(p, h);
    p->header_set = name_set(p, h->ruleset);
    if (!p->segment) {
        p->first_ms = h->opened_ms;
        p->cut = strspn(h->previous.p, "0") < h->previous.len;
    }
    p->segment = h->segment;
    p->clock = is(h->clock, "now")       ? ANSWER_NOW
               : is(h->clock, "created") ? ANSWER_CREATED
                                         : ANSWER_FIXED;
    if (p->clock == ANSWER_FIXED)
        (void)weir_time_parse(h->clock, &p->at_ms);
    p->has_created |= p->clock == ANSWER_CREATED;
    p->has_other |= p->clock != ANSWER_CREATED;
    if (p->nruns) {
        p->before_header_ms = p->runs[p->nruns - 1].latest_ms;
        add_mark(p, MARK_HEADER, h->opened_ms, 0, WEIR_TRIP_NONE);
    }
}

void
past_event(struct past *p, const weir_journal_event *e)
{
    switch (e->kind) {
    case WEIR_JOURNAL_START: /* after a crash, nobody knows how long the run before went on */
        if (p->nruns && e->why != WEIR_JOURNAL_WHY_CRASH)
            p->runs[p->nruns - 1].latest_ms = p->before_header_ms;
        (void)begin_run(p, e->at_ms, false);
        return;
    case WEIR_JOURNAL_RELOAD:
        add_mark(p, MARK_RELOAD, e->at_ms, (uint32_t)name_set(p, e->to), WEIR_TRIP_NONE);
        return;
    case WEIR_JOURNAL_TRIP:
        add_mark(p, MARK_TRIP, e->at_ms, name_rule(p, e->rule), e->how);
        return;
    case WEIR_JOURNAL_RESET:
        add_mark(p, MARK_RESET, e->at_ms, name_rule(p, e->rule), WEIR_TRIP_NONE);
        return;
    case WEIR_JOURNAL_STOP:
        add_mark(p, MARK_STOP, e->at_ms, 0, WEIR_TRIP_NONE);
        return;
    default:
        return;
    }
}

void
past_record(struct past *p, const struct recorded *d)
{
    struct past_run *r = this_run(p);

    if (!r || !d)
        return;
    (void)name_set(p, d->ruleset); /* of a cut journal, it may be one that no event names */
    r->all |= d->plain;
    if (r->clock == ANSWER_NOW && d->kind == RECORDED_POST && r->latest_ms < d->at_ms)
        r->latest_ms = d->at_ms;
}

/* Spans -------------------------------------------------------------------------------------- */

static void
add_span(struct past *p, const struct past_run *r, size_t set, int64_t from_ms, int64_t until_ms)
{
    struct past_span *s = add(p, &p->spans, &p->nspans, sizeof *s);

    if (s)
        *s = (struct past_span){.set = set,
                                .from_ms = from_ms - PAST_SOON_MS,
                                .until_ms = until_ms + PAST_SOON_MS,
                                .clock = r->clock,
                                .at_ms = r->at_ms,
                                .all = r->all || p->all};
}

void
past_finish(struct past *p)
{
    for (size_t i = 0; i < p->nruns; i++) {
        const struct past_run *r = &p->runs[i];
        size_t next = i + 1 < p->nruns ? p->runs[i + 1].first : p->nmarks, set = r->set;
        int64_t from_ms = r->from_ms;

        for (size_t k = r->first; k < next; k++) {
            const struct past_mark *m = &p->marks[k];

            if (m->kind != MARK_RELOAD)
                continue;
            add_span(p, r, set, from_ms, m->at_ms);
            set = m->what;
            from_ms = m->at_ms;
        }
        add_span(p, r, set, from_ms, r->latest_ms);
    }
}

/* Stances ------------------------------------------------------------------------------------ */

bool
past_stance_init(const struct past *p, struct past_stance *s)
{
    *s = (struct past_stance){.made = false};
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
    *s = (struct past_stance){.made = false};
}

#define MAY_BE_ANY (1u << WEIR_TRIP_NONE | 1u << WEIR_TRIP_ALERT | 1u << WEIR_TRIP_OBSERVE)

/* Whose marks end before `epoch`. */
static const struct past_run *
run_at(const struct past *p, uint32_t epoch)
{
    size_t i = p->nruns;

    CHECK(p->nruns > 0);
    while (--i > 0 && p->runs[i].first > epoch)
        ;
    return &p->runs[i];
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

static void
make(const struct past *p, struct past_stance *s, const struct past_run *r, int64_t at_ms)
{
    s->from_ms = INT64_MIN;
    s->until_ms = INT64_MAX;
    bool is_begun = r->is_cut && is_soon(s, at_ms, r->from_ms);
    for (size_t i = 0; i < p->nrules; i++) {
        s->now[i] = WEIR_TRIP_NONE;
        s->may[i] = (uint8_t)(r->is_cut ? MAY_BE_ANY : 1u << WEIR_TRIP_NONE);
    }
    for (size_t i = 0; i < p->nsets; i++)
        s->set_may[i] = is_begun || i == r->set;
    for (uint32_t k = r->first; k < s->epoch; k++)
        take_mark(s, &p->marks[k], is_soon(s, at_ms, p->marks[k].at_ms), p->nsets);
}

void
past_stance_at(const struct past *p, struct past_stance *s, uint32_t epoch, int64_t at_ms)
{
    const struct past_run *r = run_at(p, epoch);
    int64_t known_ms = epoch > r->first ? p->marks[epoch - 1].latest_ms : r->from_ms;

    if (r->clock != ANSWER_NOW || at_ms < known_ms)
        at_ms = known_ms;
    if (s->made && s->epoch == epoch && at_ms >= s->from_ms && at_ms < s->until_ms)
        return;
    s->made = true;
    s->epoch = epoch;
    s->clock = r->clock;
    s->fixed_ms = r->at_ms;
    make(p, s, r, at_ms);
}

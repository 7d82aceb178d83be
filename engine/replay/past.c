/*
 * The past, as marks: each header and each event that changes by what is decided. A record is
 * placed by the number of marks before it.
 */
#include "replay/past_parts.h"

#include "flow/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    for (size_t i = 0; i < p->nrests; i++)
        free(p->rests[i].now);
    free(p->rests);
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
    return p->nruns ? &p->runs[p->nruns - 1] : begin_run(p, p->first_ms, p->cut);
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

bool
past_is_other(const struct past_writer *w)
{
    weir_journal_versions v;

    weir_journal_get_versions(&v);
    return strcmp(w->engine, v.engine) != 0 || strcmp(w->unicode, v.unicode) != 0 ||
           strcmp(w->icu, v.icu) != 0;
}

bool
past_is_of_other(const struct past *p, uint32_t segment)
{
    size_t i = 0;

    while (i + 1 < p->nwriters && p->writers[i].last < segment)
        i++;
    return i < p->nwriters && past_is_other(&p->writers[i]);
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

static void
note_breaker(void *past, weir_span rule)
{
    (void)name_rule(past, rule);
}

/* What is retired may have named them first: rule sets that were reloaded, breakers that tripped.
 */
static void
note_names(struct past *p, const struct past_run *run, const struct recorded *r, weir_span record)
{
    (void)name_set(p, r->ruleset);
    if (run->is_cut)
        recorded_breakers(record, note_breaker, p);
}

void
past_record(struct past *p, const struct recorded *r, weir_span record)
{
    struct past_run *run = this_run(p);

    if (!run)
        return;
    if (r->kind == RECORDED_ERROR) {
        run->withheld += r->withheld;
        run->reported += !r->withheld;
        return;
    }
    if (p->cut)
        note_names(p, run, r, record);
    run->all |= r->plain;
    if (run->clock == ANSWER_NOW && r->kind == RECORDED_POST && run->latest_ms < r->at_ms)
        run->latest_ms = r->at_ms;
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

/* Rests ------------------------------------------------------------------------------------- */

static void
add_rest(struct past *p, size_t set, const uint8_t *now)
{
    struct past_rest *r = add(p, &p->rests, &p->nrests, sizeof *r);

    if (!r)
        return;
    r->set = set;
    r->now = calloc(2 * p->nrules + 1, 1);
    p->nomem |= !r->now;
    if (r->now)
        memcpy(r->now, now, 2 * p->nrules);
}

/* As if none of them had been soon. */
static void
make_rests(struct past *p)
{
    uint8_t *now = calloc(2 * p->nrules + 1, 1), *may = now + p->nrules;
    uint32_t run = UINT32_MAX;
    size_t set = 0;

    p->nomem |= !now;
    for (size_t k = 0; k < p->nmarks && !p->nomem; k++) {
        const struct past_mark *m = &p->marks[k];

        if (m->run != run) {
            run = m->run;
            set = p->runs[run].set;
            memset(now, WEIR_TRIP_NONE, p->nrules);
            memset(may, past_may_begin(&p->runs[run]), p->nrules);
        }
        if (m->kind == MARK_RELOAD) {
            set = m->what;
        } else if (m->kind == MARK_TRIP || m->kind == MARK_RESET) {
            now[m->what] = (uint8_t)m->how;
            may[m->what] = (uint8_t)(1u << m->how);
        }
        if ((k + 1) % PAST_REST_EVERY == 0)
            add_rest(p, set, now);
    }
    free(now);
}

static void
make_spans(struct past *p)
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

void
past_finish(struct past *p)
{
    for (size_t i = 0; i < p->nruns; i++) {
        const struct past_run *r = &p->runs[i];

        p->mixed += r->withheld < r->reported ? r->withheld : r->reported;
    }
    make_spans(p);
    make_rests(p);
}

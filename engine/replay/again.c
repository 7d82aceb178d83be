/*
 * Deciding again. Working memory for a rule set is made when it is first asked for; what it was
 * told of breakers is kept track of, as trips change seldom from one record to the next.
 */
#include "replay/again.h"

#include "flow/check.h"
#include "flow/due.h"

#include <stdlib.h>
#include <string.h>

/* Of one rule set, with traces or without. */
struct again_set {
    weir_scratch *scratch; /* NULL: not yet */
    uint32_t *rules;       /* numbers of the past's rules; NO_RULE: it has none of that name */
    uint8_t *trips;        /* weir_trip, of the same: what it does where it has tripped */
    uint8_t *told;         /* weir_trip */
};

#define NO_RULE (WEIR_NONE - 1)

/* Rule sets ---------------------------------------------------------------------------------- */

bool
again_init(struct again *a, const struct again_job *job)
{
    *a = (struct again){.job = job, .reader = {.dir = job->dir}};
    a->sets = calloc(2 * job->past->nsets + 1, sizeof *a->sets);
    return past_stance_init(job->past, &a->stance) && a->sets;
}

void
again_fini(struct again *a)
{
    for (size_t i = 0; a->sets && i < 2 * a->job->past->nsets; i++) {
        weir_scratch_free(a->sets[i].scratch);
        free(a->sets[i].rules);
        free(a->sets[i].trips);
        free(a->sets[i].told);
    }
    free(a->sets);
    past_stance_fini(&a->stance);
    entry_reader_fini(&a->reader);
    weir_reader_free(a->lines);
    weir_buf_fini(&a->made);
    weir_buf_fini(&a->first);
    weir_buf_fini(&a->line);
    weir_buf_fini(&a->why);
}

static uint32_t
number_of(const weir_ruleset *rs, const char *rule)
{
    if (strcmp(rule, "*") == 0)
        return WEIR_NONE;
    uint32_t number = weir_ruleset_find_rule(rs, (weir_span){rule, strlen(rule)});
    return number == WEIR_NONE ? NO_RULE : number;
}

/* By its own caps, whatever an event says: a rule without any does not trip, and one that goes on
   as before when it has is never observed for it. */
static weir_trip
trip_by(const weir_ruleset *rs, uint32_t rule)
{
    weir_rule_info info;

    if (rule == NO_RULE)
        return WEIR_TRIP_NONE;
    if (rule == WEIR_NONE)
        weir_ruleset_breaker(rs, &info.breaker);
    else
        weir_ruleset_rule(rs, rule, &info);
    if (!info.breaker.per_minute && !info.breaker.share_milli)
        return WEIR_TRIP_NONE;
    return info.breaker.observe ? WEIR_TRIP_OBSERVE : WEIR_TRIP_ALERT;
}

static bool
make_set(const struct again *a, struct again_set *s, weir_ruleset *rs, bool traced)
{
    const struct past *p = a->job->past;
    const weir_decide_options o = {.trace = traced, .match_off = a->job->match_off};

    s->rules = calloc(p->nrules + 1, sizeof *s->rules);
    s->trips = calloc(p->nrules + 1, sizeof *s->trips);
    s->told = calloc(p->nrules + 1, sizeof *s->told);
    for (size_t i = 0; s->rules && s->trips && i < p->nrules; i++) {
        s->rules[i] = number_of(rs, p->rules[i]);
        s->trips[i] = (uint8_t)trip_by(rs, s->rules[i]);
    }
    if (s->rules && s->trips && s->told && weir_scratch_new(rs, &o, &s->scratch) == WEIR_OK)
        return true;
    free(s->rules);
    free(s->trips);
    free(s->told);
    *s = (struct again_set){.scratch = NULL};
    return false;
}

/* NULL: no memory. */
static struct again_set *
set_of(struct again *a, size_t set, bool traced)
{
    struct again_set *s = &a->sets[2 * set + traced];

    return s->scratch || make_set(a, s, a->job->past->sets[set].rs, traced) ? s : NULL;
}

/* Breakers ----------------------------------------------------------------------------------- */

static void
tell(struct again_set *s, size_t rule, weir_trip how)
{
    if (how != WEIR_TRIP_NONE)
        how = (weir_trip)s->trips[rule];
    if (s->told[rule] == how)
        return;
    s->told[rule] = (uint8_t)how;
    (void)weir_scratch_trip(s->scratch, s->rules[rule], how); /* its own rules allow it */
}

/* Where it can have been either way: what the record says. */
static weir_trip
trip_of(const struct again *a, const struct again_set *s, size_t rule, weir_span record)
{
    uint8_t may = a->stance.may[rule], now = a->stance.now[rule];

    if (may == 1u << now)
        return (weir_trip)now;
    if (recorded_names_breaker(record, a->job->past->rules[rule]))
        return (weir_trip)s->trips[rule];
    return may & 1u << WEIR_TRIP_NONE ? WEIR_TRIP_NONE : (weir_trip)now;
}

/* Deciding ----------------------------------------------------------------------------------- */

static int64_t
time_of(const struct past_stance *s, const weir_post *post, int64_t recorded_ms)
{
    if (s->clock == ANSWER_FIXED)
        return s->fixed_ms;
    return s->clock == ANSWER_CREATED && post->has_created ? post->created_ms : recorded_ms;
}

/* Can the record's time be that of the post, by the clock? That of a clock which stood still comes
   out when it is compared. */
static bool
may_be_at(const struct again *a, const weir_post *post, const struct entry *e, int64_t recorded_ms)
{
    if (post->query.at.p || a->stance.clock == ANSWER_FIXED)
        return true;
    return a->stance.clock == ANSWER_CREATED ? post->has_created
                                             : past_may_be_at(a->job->past, e->epoch, recorded_ms);
}

static bool
decide(struct again *a, const weir_ruleset *rs, weir_scratch *scratch, const weir_post *post,
       int64_t at_ms, weir_decision *d)
{
    weir_status st = weir_decide(rs, scratch, post, at_ms, d);

    if (st != WEIR_OK && st != WEIR_E_LIMIT)
        return false;
    a->made.len = 0;
    weir_record_write(d, &a->made);
    return !a->made.failed;
}

static bool
is_made_limited(const struct again *a)
{
    struct recorded m;

    return recorded_read((weir_span){a->made.p, a->made.len}, &m) && m.limited;
}

/*
 * A record that came out otherwise. A pattern that runs out here excuses it, as other builds count
 * otherwise; that one ran out there excuses it only if it was another version: else anything could
 * say so of itself.
 */
static enum again_result
excuse(const struct again *a, const struct entry *e, const struct recorded *r)
{
    if (is_made_limited(a))
        return AGAIN_LIMITED;
    if (!r->limited)
        return AGAIN_OTHER;
    return past_is_of_other(a->job->past, e->segment) ? AGAIN_LIMITED : AGAIN_UNLIMITED;
}

/* The record was read, and is whole. */
static enum again_result
decide_record(struct again *a, const weir_post *post, const struct entry *e,
              const struct recorded *r, weir_span record)
{
    const struct past *p = a->job->past;
    size_t named = past_find_set(p, r->ruleset), set = again_set_of(a->job, named);
    weir_decision d;

    a->made.len = 0;
    past_stance_at(p, &a->stance, e->epoch, r->at_ms);
    if (named == p->nsets || !a->stance.set_may[named] || !p->sets[set].rs)
        return AGAIN_OUT_OF_FORCE;
    if (!may_be_at(a, post, e, r->at_ms))
        return AGAIN_OUT_OF_TIME;
    struct again_set *s = set_of(a, set, r->traced);
    if (!s)
        return AGAIN_NOMEM;
    for (size_t i = 0; i < p->nrules; i++)
        tell(s, i, trip_of(a, s, i, record));
    if (!decide(a, again_rules(a->job, set), s->scratch, post, time_of(&a->stance, post, r->at_ms),
                &d))
        return AGAIN_NOMEM;
    return recorded_is(record, (weir_span){a->made.p, a->made.len}, a->job->any_rules)
               ? AGAIN_SAME
               : excuse(a, e, r);
}

static bool
read_record(struct again *a, const struct entry *e, struct recorded *r, weir_span *record)
{
    char file[ENTRY_FILE_MAX];

    a->why.len = 0;
    if (!entry_read(&a->reader, e, record, NULL, &a->why))
        return false;
    if (recorded_read(*record, r))
        return true;
    entry_file(e->segment, file);
    weir_buf_printf(&a->why, "%s/%s: it was changed while it was read", a->job->dir, file);
    return false;
}

enum again_result
again_record(struct again *a, const weir_post *post, const struct entry *e, weir_span *record)
{
    struct recorded r;

    return read_record(a, e, &r, record) ? decide_record(a, post, e, &r, *record) : AGAIN_UNREAD;
}

/* Queries ------------------------------------------------------------------------------------ */

/* What was asked, read as the line that asked it was. NULL: no memory. */
static const weir_item *
read_query(struct again *a, weir_span asked)
{
    const weir_item *items;
    size_t n;

    a->line.len = 0;
    weir_buf_puts(&a->line, "{\"query\":");
    weir_buf_put(&a->line, asked);
    weir_buf_puts(&a->line, "}");
    if (a->line.failed || (!a->lines && weir_reader_new(NULL, &a->lines) != WEIR_OK) ||
        weir_reader_read(a->lines, (weir_span){a->line.p, a->line.len}, a->line.len, &items, &n) !=
            WEIR_OK)
        return NULL;
    CHECK(n == 1);
    return items;
}

enum again_result
again_query(struct again *a, const struct entry *e, weir_span *record)
{
    struct recorded r;

    if (!read_record(a, e, &r, record))
        return AGAIN_UNREAD;
    const weir_item *item = read_query(a, r.key);
    if (!item)
        return AGAIN_NOMEM;
    if (item->kind == WEIR_ITEM_POST)
        return decide_record(a, item->post, e, &r, *record);
    a->made.len = 0; /* of a region that is none any more */
    weir_record_write_error(item, 1, WEIR_UNDECIDED_REPORT, &a->made);
    return a->made.failed ? AGAIN_NOMEM : AGAIN_OTHER;
}

/* Without a record --------------------------------------------------------------------------- */

enum due { DUE_NO, DUE_YES, DUE_UNSURE, DUE_NOMEM };

static bool
is_picked(const struct again_job *job, size_t set, const weir_decision *d)
{
    const struct pick *p = job->picks ? &job->picks[set] : NULL;

    return !p || (!pick_leaves_out(p, d) && pick_wants(p, d));
}

/* It is as due with a breaker that has tripped as without: what is only observed is recorded as
   well. */
static enum due
is_due_at(struct again *a, const weir_post *post, const struct again_point *at)
{
    bool has_time = post->has_created || post->query.at.p;
    struct again_set *s = set_of(a, at->set, false);
    weir_decision d;

    if (!s)
        return DUE_NOMEM;
    for (size_t i = 0; i < a->job->past->nrules; i++)
        tell(s, i, WEIR_TRIP_NONE);
    int64_t at_ms = at->clock != ANSWER_CREATED ? at->at_ms
                    : post->has_created         ? post->created_ms
                                                : 0; /* a query's own wins */
    if (at->clock == ANSWER_CREATED && !has_time)
        return DUE_UNSURE; /* it was an error then: see entries_finish */
    if (!decide(a, again_rules(a->job, at->set), s->scratch, post, at_ms, &d))
        return DUE_NOMEM;
    bool due = (at->all || due_for_journal(&d)) && is_picked(a->job, at->set, &d);
    return due ? DUE_YES : DUE_NO;
}

static void
swap(weir_buf *a, weir_buf *b)
{
    weir_buf t = *a;

    *a = *b;
    *b = t;
}

/* Nothing that may follow changes it. */
static bool
is_mixed(const size_t n[])
{
    return n[DUE_UNSURE] || (n[DUE_YES] && n[DUE_NO]);
}

/* Of several points, what came out at the first that asks for a record is kept. */
enum again_without
again_without(struct again *a, const weir_post *post)
{
    size_t n[DUE_NOMEM + 1] = {0};

    for (size_t i = 0; i < a->job->npoints && !n[DUE_NOMEM] && !is_mixed(n); i++) {
        enum due due = is_due_at(a, post, &a->job->points[i]);

        if (due == DUE_YES && !n[due])
            swap(&a->made, &a->first);
        n[due]++;
    }
    if (n[DUE_NOMEM])
        return WITHOUT_NOMEM;
    if (n[DUE_YES])
        swap(&a->made, &a->first);
    if (!n[DUE_YES] && !n[DUE_UNSURE])
        return WITHOUT_NONE;
    return n[DUE_YES] == a->job->npoints && !a->job->past->cut ? WITHOUT_ALL : WITHOUT_SOME;
}

enum again_without
again_query_without(struct again *a, const struct entry *e)
{
    struct recorded r;
    weir_span record;

    if (!read_record(a, e, &r, &record))
        return WITHOUT_SOME;
    const weir_item *item = read_query(a, r.key);
    if (!item)
        return WITHOUT_NOMEM;
    return item->kind == WEIR_ITEM_POST ? again_without(a, item->post) : WITHOUT_SOME;
}

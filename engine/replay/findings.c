/*
 * Taking decisions apart into effects. Rows are those of a headcount; what a post did in a row is
 * known when all its effects are, so those of one post are gathered before they are counted.
 */
#include "replay/findings.h"

#include "replay/findings_parts.h"

#include "flow/check.h"

#include <stdlib.h>
#include <string.h>

bool
findings_is_hidden(const weir_ruleset *rs, uint32_t rule)
{
    weir_rule_info info;
    weir_order_info order;

    weir_ruleset_rule(rs, rule, &info);
    if (info.order == WEIR_NONE)
        return false;
    weir_ruleset_order(rs, info.order, &order);
    return order.confidential;
}

struct findings *
findings_new(const struct findings_plan *p)
{
    struct findings *f = calloc(1, sizeof *f);

    if (!f)
        return NULL;
    *f = (struct findings){.magic = FINDINGS_MAGIC,
                           .plan = p,
                           .counts = headcount_new(),
                           .course = course_new(),
                           .from_ms = INT64_MAX,
                           .until_ms = INT64_MIN};
    if (f->counts && f->course)
        return f;
    findings_free(f);
    return NULL;
}

void
findings_free(struct findings *f)
{
    if (!f)
        return;
    CHECK_OBJ(f, FINDINGS_MAGIC);
    headcount_free(f->counts);
    course_free(f->course);
    free(f->touched);
    f->magic = 0;
    free(f);
}

/* One post ---------------------------------------------------------------------------------------
 */

struct taking {
    struct findings *f;
    const weir_decision *d;
    struct tops_noting tags;
    struct course_counts post; /* of all its effects */
    bool open;                 /* an effect is of no confidential order */
};

static bool
is_asked_for(const struct findings_plan *p, uint32_t rule)
{
    return !p->rules || p->rules[rule];
}

/* Of a row that is told by two numbers. */
static uint64_t
key_of(uint64_t kind, uint32_t what)
{
    return kind << 32 | what;
}

static void
count(const struct taking *t, enum findings_table table, uint64_t what, uint64_t whose,
      bool with_author)
{
    (void)headcount_count(t->f->counts, findings_key(table, what, whose), with_author);
}

/* The strictest that is done under an order so far. */
static void
touch_order(struct taking *t, uint32_t order, weir_action action, bool exempted)
{
    struct findings *f = t->f;
    size_t i = 0;

    while (i < f->ntouched && f->touched[i].order != order)
        i++;
    if (i == f->touched_cap) {
        size_t cap = f->touched_cap ? f->touched_cap * 2 : 16;
        struct findings_touched *v = reallocarray(f->touched, cap, sizeof *v);

        if (!v) {
            f->lost++;
            return;
        }
        f->touched = v;
        f->touched_cap = cap;
    }
    if (i == f->ntouched)
        f->touched[f->ntouched++] = (struct findings_touched){.order = order, .action = WEIR_ALLOW};
    if (action > f->touched[i].action)
        f->touched[i].action = action;
    f->touched[i].exempted |= exempted;
}

static void
take_act(struct taking *t, weir_action action, uint16_t region, const weir_act *act)
{
    const struct findings_plan *p = t->f->plan;
    weir_rule_info info;

    if (!is_asked_for(p, act->rule))
        return;
    weir_ruleset_rule(p->rs, act->rule, &info);
    count(t, OF_REGION, key_of(action, region), 0, false);
    count(t, OF_REGION_AUTHORS, region, 0, true);
    count(t, OF_RULE, key_of(action, act->rule), 0, true);
    touch_order(t, info.order, action, false);
    if (action == WEIR_WITHHOLD)
        t->post.withheld = 1;
    else
        t->post.downranked = 1;
    if (findings_is_hidden(p->rs, act->rule))
        return;
    t->open = true;
    tops_note_act(&t->tags, act);
}

static void
take_outcome(struct taking *t, uint16_t region, const weir_outcome *o)
{
    uint32_t wanted = t->f->plan->actions;

    if (o->action == WEIR_ALLOW || (wanted && !(wanted >> o->action & 1)))
        return;
    if (o->action == WEIR_WITHHOLD)
        take_act(t, o->action, region, &o->act);
    for (int s = 0; o->action == WEIR_DOWNRANK && s < WEIR_NSURFACES; s++)
        if (o->surfaces >> s & 1)
            take_act(t, o->action, region, &o->surface[s].act);
}

/* That something else than a confidential order's own count speaks of one would tell whom it is
   about: an exemption may be for a single account. */
static void
take_hidden_exemption(struct taking *t, uint32_t order, bool is_of_order)
{
    if (is_of_order)
        touch_order(t, order, WEIR_ALLOW, true);
    t->post.exempted = 1;
}

static void
take_exemption(struct taking *t, uint16_t region, const weir_exemption *e)
{
    const struct findings_plan *p = t->f->plan;
    bool hidden = findings_is_hidden(p->rs, e->rule);
    bool effect = weir_exemption_has_effect(t->d, region, e);
    weir_rule_info info;

    if (!is_asked_for(p, e->rule) && !is_asked_for(p, e->by))
        return;
    weir_ruleset_rule(p->rs, e->rule, &info);
    if (p->actions && !(p->actions >> info.action & 1))
        return;
    if (hidden || findings_is_hidden(p->rs, e->by)) {
        if (effect)
            take_hidden_exemption(t, info.order, hidden);
        return;
    }
    count(t, OF_BESIDE, key_of(effect ? FINDINGS_EXEMPTED : FINDINGS_IDLE, e->rule), 0, false);
    count(t, OF_BESIDE, key_of(effect ? FINDINGS_EXEMPTS : FINDINGS_IDLE, e->by), 0, false);
    if (!effect)
        return;
    count(t, OF_EXEMPTION, WEIR_REGION_NONE, (uint64_t)e->rule << 32 | e->by, true);
    count(t, OF_EXEMPTION, region, (uint64_t)e->rule << 32 | e->by, false);
    touch_order(t, info.order, WEIR_ALLOW, true);
    t->post.exempted = 1;
}

static void
take_exemptions(struct taking *t, uint16_t region)
{
    const weir_region_exemptions *x = weir_decision_exemptions(t->d, region);

    for (size_t i = 0; x && i < x->n; i++)
        take_exemption(t, region, &x->list[i]);
}

/* Where only an exemption names a region, its outcome is among those of XX. */
static void
take_regions(struct taking *t)
{
    const weir_decision *d = t->d;
    uint16_t only = t->f->plan->region;
    size_t i = 0, k = 0;

    if (only != WEIR_REGION_NONE) {
        take_outcome(t, only, weir_decision_outcome(d, only));
        take_exemptions(t, only);
        return;
    }
    while (i < d->nregions || k < d->nexempted) {
        uint16_t a = i < d->nregions ? d->regions[i].region : WEIR_REGION_NONE;
        uint16_t b = k < d->nexempted ? d->exempted[k].region : WEIR_REGION_NONE;

        if (a <= b)
            take_outcome(t, a, &d->regions[i++].outcome);
        k += b <= a;
        take_exemptions(t, a < b ? a : b);
    }
}

/* Of what is known of no region: can it be of one that is asked for, and of such an action? */
static bool
can_be_asked_for(const struct findings_plan *p, uint32_t rule)
{
    weir_rule_info info;

    if (!is_asked_for(p, rule))
        return false;
    weir_ruleset_rule(p->rs, rule, &info);
    if (p->actions && info.action != WEIR_ALLOW && !(p->actions >> info.action & 1))
        return false;
    return p->region == WEIR_REGION_NONE || weir_ruleset_rule_holds(p->rs, rule, p->region);
}

static void
take_list(const struct taking *t, enum findings_beside what, const uint32_t *rules, size_t n)
{
    const struct findings_plan *p = t->f->plan;

    for (size_t i = 0; i < n; i++) {
        if (!can_be_asked_for(p, rules[i]))
            continue;
        count(t, OF_BESIDE, key_of(what, rules[i]), 0, false);
        count(t, OF_POSTS_WITH, what, 0, false);
    }
}

static void
take_trace(const struct taking *t)
{
    const struct findings_plan *p = t->f->plan;

    bool open = findings_trace_is_open(t->d);

    for (size_t i = 0; i < t->d->ntrace; i++) {
        const weir_trace_entry *e = &t->d->trace[i];
        enum findings_beside what = e->state == WEIR_STATE_OUTRANKED  ? FINDINGS_OUTRANKED
                                    : e->state == WEIR_STATE_EXCEPTED ? FINDINGS_EXCEPTED
                                    : e->state == WEIR_STATE_MATCHED  ? FINDINGS_MATCHED
                                                                      : FINDINGS_NBESIDES;

        if (what == FINDINGS_OUTRANKED && !open)
            continue;
        if (what != FINDINGS_NBESIDES && can_be_asked_for(p, e->rule))
            count(t, OF_BESIDE, key_of(what, e->rule), 0, false);
    }
}

/* Counting it all --------------------------------------------------------------------------------
 */

static void
count_series(const struct taking *t, uint32_t series, const struct course_counts *n)
{
    const weir_post *post = t->d->post;

    course_count(t->f->course, series, post->has_created, post->created_ms, n);
}

static void
count_orders(const struct taking *t)
{
    struct findings *f = t->f;
    uint32_t own = weir_ruleset_norders(f->plan->rs);

    for (size_t i = 0; i < f->ntouched; i++) {
        const struct findings_touched *o = &f->touched[i];
        weir_order_info info = {.confidential = false};
        struct course_counts n = {.posts = o->action != WEIR_ALLOW,
                                  .withheld = o->action == WEIR_WITHHOLD,
                                  .downranked = o->action == WEIR_DOWNRANK,
                                  .exempted = o->exempted};

        if (o->action != WEIR_ALLOW) {
            count(t, OF_ORDER, key_of(o->action, o->order), 0, false);
            count(t, OF_ORDER_AUTHORS, o->order, 0, true);
        }
        if (o->exempted)
            count(t, OF_ORDER_EXEMPTED, o->order, 0, false);
        if (o->order != WEIR_NONE)
            weir_ruleset_order(f->plan->rs, o->order, &info);
        if (!info.confidential)
            count_series(t, FINDINGS_SERIES_ORDER(o->order == WEIR_NONE ? own : o->order), &n);
    }
}

static void
count_post(struct taking *t)
{
    struct course_counts n = t->post;
    const weir_decision *d = t->d;

    n.posts = 1;
    n.downranked = t->post.downranked && !t->post.withheld;
    if (n.withheld || n.downranked) {
        count(t, OF_ALL, n.withheld ? WEIR_WITHHOLD : WEIR_DOWNRANK, 0, false);
        count(t, OF_ALL_AUTHORS, 0, 0, true);
    }
    if (n.exempted)
        count(t, OF_POSTS_WITH, FINDINGS_EXEMPTED, 0, false);
    count_series(t, FINDINGS_SERIES_ALL, &n);
    count_orders(t);
    t->f->posts++;
    if (d->at_ms < t->f->from_ms)
        t->f->from_ms = d->at_ms;
    if (d->at_ms > t->f->until_ms)
        t->f->until_ms = d->at_ms;
}

/* Facts of a decision: how long the tags' are, these, then the account and its handle, each with
   its length. */
static void
note_text(weir_buf *facts, const weir_account *a, bool whole)
{
    size_t at = facts->len, len = 0;

    weir_buf_put(facts, (weir_span){(const char *)&len, sizeof len});
    if (whole)
        weir_record_author_text(a, facts);
    else if (a->id.len && a->handle.len)
        weir_buf_put(facts, a->handle);
    if (facts->failed)
        return;
    len = facts->len - at - sizeof len;
    memcpy(facts->p + at, &len, sizeof len);
}

void
findings_take(struct findings *f, const weir_decision *d, weir_buf *facts)
{
    struct taking t = {.f = f, .d = d, .tags = {.facts = facts}};
    size_t at = facts->len, len = 0;

    CHECK_OBJ(f, FINDINGS_MAGIC);
    headcount_begin(f->counts, &d->post->author);
    f->ntouched = 0;
    weir_buf_put(facts, (weir_span){(const char *)&len, sizeof len});
    t.tags.from = facts->len;
    take_regions(&t);
    take_list(&t, FINDINGS_OBSERVED, d->observed, d->nobserved);
    take_list(&t, FINDINGS_HELD_BACK, d->held_back, d->nheld_back);
    take_list(&t, FINDINGS_LIMIT, d->limit, d->nlimit);
    take_trace(&t);
    findings_take_quoted(f, d);
    count_post(&t);
    if (facts->failed)
        return;
    len = facts->len - t.tags.from;
    memcpy(facts->p + at, &len, sizeof len);
    if (!t.open) {
        facts->len = at;
        return;
    }
    note_text(facts, &d->post->author, true);
    note_text(facts, &d->post->author, false);
}

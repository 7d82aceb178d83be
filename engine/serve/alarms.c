/*
 * What somebody should know of: breakers that trip, and orders that time begins, ends or leaves
 * without their review.
 */
#include "serve/serving.h"

#include "flow/clock.h"
#include "flow/said.h"

#include <stdlib.h>
#include <string.h>

/* Breakers ----------------------------------------------------------------------------------- */

static struct server_trip *
find_trip(const struct server *s, const char *rule)
{
    for (size_t i = 0; i < s->ntrips; i++)
        if (strcmp(s->trips[i].rule, rule) == 0)
            return &s->trips[i];
    return NULL;
}

/* false: out of memory, which was said. */
static bool
keep_trip(struct server *s, const char *rule, weir_trip how)
{
    struct server_trip *trips = reallocarray(s->trips, s->ntrips + 1, sizeof *trips);
    char *name = strdup(rule);

    s->trips = trips ? trips : s->trips;
    if (!trips || !name) {
        free(name);
        server_say(s, true,
                   "out of memory: what follows is not shown by `tagweir ctl status`, and will be "
                   "forgotten by the next reload");
        return false;
    }
    s->trips[s->ntrips++] = (struct server_trip){name, how, clock_now_ms()};
    return true;
}

static void
tell_trip(const struct server *s, const struct breaker_trip *t, const char *rule)
{
    weir_buf caps = {0};

    if (t->caps.per_minute)
        weir_buf_printf(&caps, "per_minute: %u", t->caps.per_minute);
    if (t->caps.share_milli)
        weir_buf_printf(&caps, "%sshare: %u.%03u", caps.len ? ", " : "", t->caps.share_milli / 1000,
                        t->caps.share_milli % 1000);
    server_say(s, true, "breaker of %s%s has tripped: %u posts of %u in this minute (%s); %s",
               *rule ? "rule " : "the whole set", rule, t->acted, t->posts, said_text(&caps),
               t->how == WEIR_TRIP_OBSERVE
                   ? "it is only observed now, until `tagweir ctl reset`"
                   : "it goes on as before; `tagweir ctl reset` ends the alert");
    weir_buf_fini(&caps);
}

/* The number of a rule of that name; WEIR_NONE for the set's. false: there is none. */
static bool
find_rule(const weir_ruleset *rs, const char *id, uint32_t *rule)
{
    *rule = WEIR_NONE;
    if (!*id)
        return true;
    *rule = weir_ruleset_find_rule(rs, (weir_span){id, strlen(id)});
    return *rule != WEIR_NONE;
}

static bool
may_observe(const struct edition *e, uint32_t rule)
{
    weir_rule_info info = {0};

    if (rule != WEIR_NONE)
        weir_ruleset_rule(e->rs, rule, &info);
    return info.breaker.observe;
}

/*
 * What has tripped stays so under other rules, as far as they have it. false: it has ended, which
 * was said. A rule that has gone on under an alert, and may be observed from now on, counts anew:
 * it was never meant to be observed for what it did before.
 */
static bool
carry_trip(const struct server *s, struct server_trip *t, struct edition *e)
{
    const char *whose = *t->rule ? "rule " : "the whole set", *end = NULL;
    uint32_t rule;

    if (!find_rule(e->rs, t->rule, &rule))
        end = "the rules that are loaded now have no such rule";
    else if (t->how == WEIR_TRIP_ALERT && may_observe(e, rule))
        end = "by the rules that are loaded now it is to be observed when it trips; it counts anew";
    else if (breakers_set(e->breakers, rule, t->how))
        return true;
    else if (!breakers_set(e->breakers, rule, WEIR_TRIP_ALERT))
        end = "the rules that are loaded now have no such breaker";
    if (end) {
        server_record_reset(s, t->rule, end);
        server_say(s, true, "breaker of %s%s is no longer tripped: %s", whose, t->rule, end);
        return false;
    }
    t->how = WEIR_TRIP_ALERT;
    server_record_trip(s, t->rule, t->how, "the rules that are loaded now: it had been observed");
    server_say(
        s, true,
        "breaker of %s%s is still tripped, but the rules that are loaded now say that it goes "
        "on as before; `tagweir ctl reset` ends the alert",
        whose, t->rule);
    return true;
}

static void
forget_trip(struct server *s, struct server_trip *t)
{
    free(t->rule);
    *t = s->trips[--s->ntrips];
}

void
server_carry_trips(struct server *s, struct edition *e)
{
    breakers_carry(s->edition->breakers, e->breakers, clock_now_ms());
    for (size_t i = s->ntrips; i-- > 0;)
        if (!carry_trip(s, &s->trips[i], e))
            forget_trip(s, &s->trips[i]);
}

/* The last trip was in an edition that not everybody had left: it is in the one that they moved to
   as well. */
static void
hand_on(struct server *s)
{
    if (!carry_trip(s, &s->trips[s->ntrips - 1], s->edition))
        forget_trip(s, &s->trips[s->ntrips - 1]);
}

static void
take_trips(struct server *s, struct edition *e)
{
    struct breaker_trip t;
    uint32_t at = 0;

    while (breakers_take(e->breakers, &at, &t)) {
        weir_rule_info rule = {.id = ""};

        if (t.rule != WEIR_NONE)
            weir_ruleset_rule(e->rs, t.rule, &rule);
        if (find_trip(s, rule.id))
            continue; /* of both editions */
        s->sums.trips++;
        bool is_kept = keep_trip(s, rule.id, t.how);
        tell_trip(s, &t, rule.id);
        if (is_kept && s->edition && e != s->edition)
            hand_on(s);
    }
}

void
server_look_for_trips(struct server *s)
{
    if (s->edition)
        take_trips(s, s->edition);
}

void
server_take_breakers(struct server *s, struct edition *left)
{
    take_trips(s, left);
    if (s->edition && left != s->edition)
        breakers_carry(left->breakers, s->edition->breakers, clock_now_ms());
}

size_t
server_ntrips(const struct server *s)
{
    return s->ntrips;
}

const char *
server_trip(const struct server *s, size_t i, weir_trip *how, int64_t *at_ms)
{
    *how = s->trips[i].how;
    *at_ms = s->trips[i].at_ms;
    return s->trips[i].rule;
}

static bool
reset_one(struct server *s, uint32_t rule, const char *who)
{
    weir_rule_info info = {.id = ""};

    if (breakers_how(s->edition->breakers, rule) == WEIR_TRIP_NONE)
        return false;
    if (rule != WEIR_NONE)
        weir_ruleset_rule(s->edition->rs, rule, &info);
    server_record_reset(s, info.id, who);
    (void)breakers_set(s->edition->breakers, rule, WEIR_TRIP_NONE);
    struct server_trip *t = find_trip(s, info.id);
    if (t)
        forget_trip(s, t);
    server_say(s, false, "breaker of %s%s was reset by %s", *info.id ? "rule " : "the whole set",
               info.id, who);
    return true;
}

bool
server_reset(struct server *s, const char *rule, const char *who)
{
    uint32_t number;

    if (!s->edition)
        return false; /* the end: nobody decides any more */
    server_look_for_trips(s);
    if (strcmp(rule, "*") != 0)
        return find_rule(s->edition->rs, rule, &number) && reset_one(s, number, who);
    bool any = reset_one(s, WEIR_NONE, who);
    for (uint32_t i = 0; i < weir_ruleset_nrules(s->edition->rs); i++)
        any |= reset_one(s, i, who);
    return any;
}

void
server_free_trips(struct server *s)
{
    for (size_t i = 0; i < s->ntrips; i++)
        free(s->trips[i].rule);
    free(s->trips);
    s->trips = NULL;
    s->ntrips = 0;
}

/* Time --------------------------------------------------------------------------------------- */

/* The clock of the machine may be set: it is looked at this often in any case. */
#define LOOK_AGAIN_MS (60 * 1000)

static void
tell_rule(const struct server *s, const weir_change *c, const char *time)
{
    weir_rule_info rule;

    weir_ruleset_rule(s->rs, c->rule, &rule);
    if (c->with_order || rule.mode == WEIR_MODE_OFF)
        return; /* its order was told of; it does nothing */
    server_say(s, false, "rule %s %s (%s)", rule.id,
               c->kind != WEIR_CHANGE_BEGINS    ? "is no longer in force"
               : rule.mode == WEIR_MODE_OBSERVE ? "is observed from now on"
                                                : "is in force from now on",
               time);
}

static void
tell_order(const struct server *s, const weir_change *c, const char *time)
{
    static const char *const texts[] = {
        [WEIR_CHANGE_LAPSED] = "has lapsed: nobody confirmed it by its review_by",
        [WEIR_CHANGE_OVERDUE] = "goes on although its review is overdue: confirm or revoke it",
        [WEIR_CHANGE_CONFIRMED] = "is confirmed",
        [WEIR_CHANGE_REVOKED] = "is revoked",
        [WEIR_CHANGE_BEGINS] = "is in force from now on",
        [WEIR_CHANGE_ENDS] = "is no longer in force",
    };
    bool alarm = c->kind == WEIR_CHANGE_LAPSED || c->kind == WEIR_CHANGE_OVERDUE;
    weir_order_info order;

    weir_ruleset_order(s->rs, c->order, &order);
    server_say(s, alarm, "%s order %s %s (%s)", weir_kind_name(order.kind), order.id,
               texts[c->kind], time);
}

static void
tell_change(void *arg, const weir_change *c)
{
    char time[WEIR_TIME_MAX];

    (void)weir_time_format(c->at_ms, time);
    if (c->rule == WEIR_NONE)
        tell_order(arg, c, time);
    else
        tell_rule(arg, c, time);
}

/* What is overdue when rules begin to be served is news as well. */
static void
tell_overdue(const struct server *s, int64_t now_ms)
{
    for (uint32_t i = 0; i < weir_ruleset_norders(s->rs); i++) {
        weir_order_info order;

        if (weir_ruleset_order_review(s->rs, i, now_ms) != WEIR_REVIEW_OVERDUE)
            continue;
        weir_ruleset_order(s->rs, i, &order);
        server_say(s, true, "%s order %s is in force although its review is overdue",
                   weir_kind_name(order.kind), order.id);
    }
}

static void
look_again(struct server *s, int64_t now_ms)
{
    int64_t next = weir_ruleset_next_change(s->rs, now_ms);
    int64_t ms = next - now_ms < LOOK_AGAIN_MS ? next - now_ms : LOOK_AGAIN_MS;
    struct timeval in = {.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};

    (void)event_add(s->boundary, &in);
}

void
server_watch_time(struct server *s)
{
    int64_t now_ms = clock_now_ms();

    if (s->o.answer.clock != ANSWER_NOW)
        return;
    if (!s->told_overdue)
        tell_overdue(s, now_ms);
    else if (now_ms > s->looked_ms)
        weir_ruleset_changes(s->rs, s->looked_ms, now_ms, tell_change, s);
    s->told_overdue = true;
    s->looked_ms = now_ms;
    look_again(s, now_ms);
}

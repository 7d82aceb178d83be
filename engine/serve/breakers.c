/*
 * Counting by the minute: a counter holds its minute and its number in one word, so that the first
 * post of the next minute begins anew without anybody's help.
 */
#include "serve/breakers.h"

#include "flow/check.h"

#include <stdatomic.h>
#include <stdlib.h>

struct breaker {
    weir_breaker caps;
    _Atomic uint64_t acted; /* minute << 32 | posts */
    _Atomic uint8_t how;    /* weir_trip */
    _Atomic uint8_t taken;  /* its trip has been told of */
    _Atomic uint32_t acted_then, posts_then;
};

struct seat {
    uint8_t *told;  /* by rule: what the scratch knows */
    uint32_t *seen; /* by rule: the number of the decision that was counted last */
    uint32_t decision;
    uint32_t version;
};

struct breakers {
    uint32_t nrules;
    bool any;          /* has a cap at all */
    struct breaker *v; /* one more than rules: the set's */
    struct seat *seats;
    size_t nseats;
    _Atomic uint64_t posts; /* minute << 32 | posts */
    _Atomic uint32_t version;
};

/* Making ------------------------------------------------------------------------------------- */

static bool
has_cap(const weir_breaker *b)
{
    return b->per_minute || b->share_milli;
}

static bool
make_seats(struct breakers *b)
{
    b->seats = calloc(b->nseats, sizeof *b->seats);
    for (size_t i = 0; b->seats && i < b->nseats; i++) {
        b->seats[i].told = calloc(b->nrules + 1, sizeof *b->seats[i].told);
        b->seats[i].seen = calloc(b->nrules + 1, sizeof *b->seats[i].seen);
        if (!b->seats[i].told || !b->seats[i].seen)
            return false;
    }
    return b->seats != NULL;
}

static bool
make(struct breakers *b, const weir_ruleset *rs)
{
    weir_breaker set;

    weir_ruleset_breaker(rs, &set);
    b->any = has_cap(&set);
    b->v = calloc(b->nrules + 1, sizeof *b->v);
    if (!b->v)
        return false;
    b->v[b->nrules].caps = set;
    for (uint32_t i = 0; i < b->nrules; i++) {
        weir_rule_info rule;

        weir_ruleset_rule(rs, i, &rule);
        b->v[i].caps = rule.breaker;
        b->any |= has_cap(&rule.breaker);
    }
    return !b->any || make_seats(b);
}

struct breakers *
breakers_new(const weir_ruleset *rs, size_t nseats)
{
    struct breakers *b = calloc(1, sizeof *b);

    if (!b)
        return NULL;
    b->nrules = weir_ruleset_nrules(rs);
    b->nseats = nseats;
    if (make(b, rs))
        return b;
    breakers_free(b);
    return NULL;
}

void
breakers_free(struct breakers *b)
{
    if (!b)
        return;
    for (size_t i = 0; b->seats && i < b->nseats; i++) {
        free(b->seats[i].told);
        free(b->seats[i].seen);
    }
    free(b->seats);
    free(b->v);
    free(b);
}

/* Counting ----------------------------------------------------------------------------------- */

static uint32_t
minute_of(int64_t now_ms)
{
    return (uint32_t)(now_ms / 60000);
}

/* @return the posts of the minute, with these. */
static uint32_t
count_in(_Atomic uint64_t *counter, uint32_t minute, uint64_t n)
{
    uint64_t before = atomic_load_explicit(counter, memory_order_relaxed), after;

    do {
        uint64_t sum = (before >> 32 == minute ? before & UINT32_MAX : 0) + n;

        after = (uint64_t)minute << 32 | (sum < UINT32_MAX ? sum : UINT32_MAX);
    } while (!atomic_compare_exchange_weak_explicit(counter, &before, after, memory_order_relaxed,
                                                    memory_order_relaxed));
    return (uint32_t)after;
}

static uint32_t
posts_of(const struct breakers *b, uint32_t minute)
{
    uint64_t posts = atomic_load_explicit(&b->posts, memory_order_relaxed);

    return posts >> 32 == minute ? (uint32_t)posts : 0;
}

void
breakers_count_posts(struct breakers *b, uint64_t posts, int64_t now_ms)
{
    if (b->any && posts)
        (void)count_in(&b->posts, minute_of(now_ms), posts);
}

static bool
is_beyond(const weir_breaker *caps, uint32_t acted, uint32_t posts)
{
    bool share = caps->share_milli && posts >= BREAKERS_SHARE_FROM &&
                 (uint64_t)acted * 1000 > (uint64_t)posts * caps->share_milli;

    return (caps->per_minute && acted > caps->per_minute) || share;
}

/* Does it trip, here and now? */
static bool
count_one(struct breakers *b, uint32_t rule, uint32_t minute)
{
    struct breaker *at = &b->v[rule];
    uint8_t none = WEIR_TRIP_NONE;

    if (!has_cap(&at->caps))
        return false;
    uint32_t acted = count_in(&at->acted, minute, 1), posts = posts_of(b, minute);
    if (!is_beyond(&at->caps, acted, posts) || atomic_load(&at->how) != WEIR_TRIP_NONE)
        return false;
    atomic_store(&at->acted_then, acted);
    atomic_store(&at->posts_then, posts);
    if (!atomic_compare_exchange_strong(&at->how, &none,
                                        at->caps.observe ? WEIR_TRIP_OBSERVE : WEIR_TRIP_ALERT))
        return false; /* another worker was first */
    (void)atomic_fetch_add(&b->version, 1);
    return true;
}

/* A rule counts once, on however many regions and surfaces it acts. */
static bool
count_rule(struct breakers *b, struct seat *seat, uint32_t rule, uint32_t minute)
{
    if (seat->seen[rule] == seat->decision)
        return false;
    seat->seen[rule] = seat->decision;
    return count_one(b, rule, minute);
}

static bool
count_outcome(struct breakers *b, struct seat *seat, const weir_outcome *o, uint32_t minute)
{
    bool tripped = false;

    if (o->action == WEIR_WITHHOLD) { /* both are counted, whatever the first one says */
        tripped = count_rule(b, seat, o->act.rule, minute);
        tripped |= count_rule(b, seat, b->nrules, minute);
    }
    for (int s = 0; s < WEIR_NSURFACES && o->action == WEIR_DOWNRANK; s++)
        if (o->surfaces & 1u << s)
            tripped |= count_rule(b, seat, o->surface[s].act.rule, minute);
    return tripped;
}

static void
next_decision(struct breakers *b, struct seat *seat)
{
    if (++seat->decision != 0)
        return;
    for (uint32_t i = 0; i <= b->nrules; i++)
        seat->seen[i] = 0;
    seat->decision = 1;
}

bool
breakers_count(struct breakers *b, size_t seat, const weir_decision *d, int64_t now_ms)
{
    bool tripped = false;

    if (!b->any)
        return false;
    next_decision(b, &b->seats[seat]);
    for (; d; d = d->quoted)
        for (size_t i = 0; i < d->nregions; i++)
            tripped |= count_outcome(b, &b->seats[seat], &d->regions[i].outcome, minute_of(now_ms));
    return tripped;
}

void
breakers_tell(struct breakers *b, size_t seat, weir_scratch *s)
{
    if (!b->any)
        return;
    uint32_t version = atomic_load(&b->version);
    struct seat *at = &b->seats[seat];
    if (at->version == version)
        return;
    at->version = version;
    for (uint32_t i = 0; i <= b->nrules; i++) {
        uint8_t how = atomic_load(&b->v[i].how);

        if (how == at->told[i])
            continue;
        at->told[i] = how;
        (void)weir_scratch_trip(s, i == b->nrules ? WEIR_NONE : i, (weir_trip)how);
    }
}

/* Telling and resetting ---------------------------------------------------------------------- */

bool
breakers_take(struct breakers *b, uint32_t *at, struct breaker_trip *out)
{
    for (; b->any && *at <= b->nrules; ++*at) {
        struct breaker *one = &b->v[*at];
        uint8_t how = atomic_load(&one->how);

        if (how == WEIR_TRIP_NONE || atomic_exchange(&one->taken, 1))
            continue;
        *out = (struct breaker_trip){.rule = *at == b->nrules ? WEIR_NONE : *at,
                                     .how = (weir_trip)how,
                                     .caps = one->caps,
                                     .acted = atomic_load(&one->acted_then),
                                     .posts = atomic_load(&one->posts_then)};
        ++*at;
        return true;
    }
    return false;
}

static struct breaker *
find(const struct breakers *b, uint32_t rule)
{
    CHECK(rule == WEIR_NONE || rule < b->nrules);
    return &b->v[rule == WEIR_NONE ? b->nrules : rule];
}

bool
breakers_set(struct breakers *b, uint32_t rule, weir_trip how)
{
    struct breaker *at = find(b, rule);

    if (!b->any || !has_cap(&at->caps) || (how == WEIR_TRIP_OBSERVE && !at->caps.observe))
        return false;
    atomic_store(&at->acted, 0);
    atomic_store(&at->taken, how != WEIR_TRIP_NONE);
    atomic_store(&at->how, (uint8_t)how);
    (void)atomic_fetch_add(&b->version, 1);
    return true;
}

weir_trip
breakers_how(const struct breakers *b, uint32_t rule)
{
    return (weir_trip)atomic_load(&find(b, rule)->how);
}

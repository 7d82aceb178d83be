/*
 * Counting by the minute: a counter holds its minute and its number in one word, so that the first
 * post of the next minute begins anew without anybody's help.
 *
 * A share needs both of its numbers from the same moment: were posts counted by the batch, and what
 * rules do at once, each minute would begin with a share that is far too high. So each seat counts
 * its posts one by one, before what is done to them, in a counter that nobody else writes.
 */
#include "serve/breakers.h"

#include "flow/check.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct breaker {
    weir_breaker caps;
    _Atomic uint64_t acted;  /* minute << 32 | posts */
    _Atomic uint8_t claimed; /* somebody has tripped it, or is about to */
    _Atomic uint8_t how;     /* weir_trip */
    _Atomic uint8_t taken;   /* its trip has been told of */
    _Atomic uint32_t acted_then, posts_then;
    uint64_t carried; /* of `acted`, to later editions */
};

/* On lines of its own: others only read it where a share is at stake. */
struct seat {
    _Alignas(64) _Atomic uint64_t posts; /* minute << 32 | posts */
    uint64_t known;                      /* the same of all seats, or less */
    uint8_t *told;                       /* by rule: what the scratch knows */
    uint32_t *seen;                      /* by rule: the decision that was counted last */
    uint32_t decision;
    uint32_t version;
};

struct breakers {
    const weir_ruleset *rs;
    uint32_t nrules;
    bool any;                     /* has a cap at all */
    breakers_tripped_fn *tripped; /* may be NULL */
    void *tripped_arg;
    struct breaker *v; /* one more than rules: the set's */
    struct seat *seats;
    size_t nseats;
    _Atomic uint64_t before; /* posts of the minute that seats of earlier editions counted */
    uint64_t carried;        /* of these, and of our seats' own, to later editions */
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
    b->seats = aligned_alloc(_Alignof(struct seat), b->nseats * sizeof *b->seats);
    if (b->seats)
        memset(b->seats, 0, b->nseats * sizeof *b->seats);
    for (size_t i = 0; b->seats && i < b->nseats; i++) {
        b->seats[i].told = calloc(b->nrules + 1, sizeof *b->seats[i].told);
        b->seats[i].seen = calloc(b->nrules + 1, sizeof *b->seats[i].seen);
        if (!b->seats[i].told || !b->seats[i].seen)
            return false;
    }
    return b->seats != NULL;
}

static bool
make(struct breakers *b)
{
    weir_breaker set;

    weir_ruleset_breaker(b->rs, &set);
    b->any = has_cap(&set);
    b->v = calloc(b->nrules + 1, sizeof *b->v);
    if (!b->v)
        return false;
    b->v[b->nrules].caps = set;
    for (uint32_t i = 0; i < b->nrules; i++) {
        weir_rule_info rule;

        weir_ruleset_rule(b->rs, i, &rule);
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
    *b = (struct breakers){.rs = rs, .nrules = weir_ruleset_nrules(rs), .nseats = nseats};
    if (make(b))
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

void
breakers_hear(struct breakers *b, breakers_tripped_fn *fn, void *arg)
{
    b->tripped = fn;
    b->tripped_arg = arg;
}

/* Counting ----------------------------------------------------------------------------------- */

static uint32_t
minute_of(int64_t now_ms)
{
    return (uint32_t)(now_ms / 60000);
}

static uint32_t
minute_in(uint64_t word)
{
    return (uint32_t)(word >> 32);
}

/* The word with so many more of the minute. A worker may still be at its batch of the last minute
   when others have begun the next: what it counts goes to theirs. */
static uint64_t
with_more(uint64_t word, uint32_t minute, uint64_t n)
{
    bool goes_on = minute_in(word) == minute || minute_in(word) == minute + 1;
    uint64_t sum = (goes_on ? word & UINT32_MAX : 0) + n;

    return (uint64_t)(goes_on ? minute_in(word) : minute) << 32 |
           (sum < UINT32_MAX ? sum : UINT32_MAX);
}

/* Who sees it counted sees the posts as well that were counted before. @return the word then */
static uint64_t
count_in(_Atomic uint64_t *counter, uint32_t minute, uint64_t n)
{
    uint64_t before = atomic_load_explicit(counter, memory_order_relaxed), after;

    do
        after = with_more(before, minute, n);
    while (!atomic_compare_exchange_weak_explicit(counter, &before, after, memory_order_acq_rel,
                                                  memory_order_relaxed));
    return after;
}

static uint64_t
of_minute(const _Atomic uint64_t *counter, uint32_t minute)
{
    uint64_t word = atomic_load_explicit(counter, memory_order_relaxed);

    return minute_in(word) == minute ? word & UINT32_MAX : 0;
}

/* Posts that all seats have counted in a minute. */
static uint64_t
posts_of(const struct breakers *b, uint32_t minute)
{
    uint64_t sum = of_minute(&b->before, minute);

    for (size_t i = 0; i < b->nseats; i++)
        sum += of_minute(&b->seats[i].posts, minute);
    return sum < UINT32_MAX ? sum : UINT32_MAX;
}

static bool
is_share_above(const weir_breaker *caps, uint64_t acted, uint64_t posts)
{
    return acted * 1000 > posts * caps->share_milli;
}

/*
 * Beyond its share, by the posts of all seats? They are asked for their numbers where those that
 * were known last do not say no: known posts only become more within a minute.
 */
static bool
is_beyond_share(const struct breakers *b, struct seat *seat, const weir_breaker *caps,
                uint64_t acted)
{
    uint32_t minute = minute_in(acted), n = (uint32_t)acted;

    if (minute_in(seat->known) == minute && !is_share_above(caps, n, (uint32_t)seat->known))
        return false;
    seat->known = (uint64_t)minute << 32 | posts_of(b, minute);
    return (uint32_t)seat->known >= BREAKERS_SHARE_FROM &&
           is_share_above(caps, n, (uint32_t)seat->known);
}

static bool
is_beyond(const struct breakers *b, struct seat *seat, const weir_breaker *caps, uint64_t acted)
{
    return (caps->per_minute && (uint32_t)acted > caps->per_minute) ||
           (caps->share_milli && is_beyond_share(b, seat, caps, acted));
}

static struct breaker_trip
trip_of(const struct breakers *b, uint32_t rule, weir_trip how)
{
    const struct breaker *at = &b->v[rule];

    return (struct breaker_trip){.rule = rule == b->nrules ? WEIR_NONE : rule,
                                 .how = how,
                                 .caps = at->caps,
                                 .acted = atomic_load(&at->acted_then),
                                 .posts = atomic_load(&at->posts_then)};
}

/* Nobody decides by it before it was told of. */
static void
trip(struct breakers *b, uint32_t rule, uint64_t acted)
{
    struct breaker *at = &b->v[rule];
    weir_trip how = at->caps.observe ? WEIR_TRIP_OBSERVE : WEIR_TRIP_ALERT;

    atomic_store(&at->acted_then, (uint32_t)acted);
    atomic_store(&at->posts_then, (uint32_t)posts_of(b, minute_in(acted)));
    if (b->tripped) {
        struct breaker_trip t = trip_of(b, rule, how);

        b->tripped(b->tripped_arg, b->rs, &t);
    }
    atomic_store(&at->how, (uint8_t)how);
    (void)atomic_fetch_add(&b->version, 1);
}

/* Does it trip, here and now? */
static bool
count_one(struct breakers *b, struct seat *seat, uint32_t rule, uint32_t minute)
{
    struct breaker *at = &b->v[rule];

    if (!has_cap(&at->caps))
        return false;
    uint64_t acted = count_in(&at->acted, minute, 1);
    if (atomic_load(&at->claimed) || !is_beyond(b, seat, &at->caps, acted))
        return false;
    if (atomic_exchange(&at->claimed, 1))
        return false; /* another worker was first */
    trip(b, rule, acted);
    return true;
}

/* A rule counts once, on however many regions and surfaces it acts. */
static bool
count_rule(struct breakers *b, struct seat *seat, uint32_t rule, uint32_t minute)
{
    if (seat->seen[rule] == seat->decision)
        return false;
    seat->seen[rule] = seat->decision;
    return count_one(b, seat, rule, minute);
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

/* Nobody else writes it. */
static void
count_post(struct seat *seat, uint32_t minute)
{
    uint64_t posts = atomic_load_explicit(&seat->posts, memory_order_relaxed);

    atomic_store_explicit(&seat->posts, with_more(posts, minute, 1), memory_order_relaxed);
}

bool
breakers_count(struct breakers *b, size_t seat, const weir_decision *d, int64_t now_ms)
{
    bool tripped = false;

    if (!b->any || (d->post && d->post->query.kind != WEIR_QUERY_NONE))
        return false;
    count_post(&b->seats[seat], minute_of(now_ms));
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
        *out = trip_of(b, *at, (weir_trip)how);
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

/* The breaker in `to` of what is number i in `from`; NULL: there is none. */
static struct breaker *
same_in(const struct breakers *from, uint32_t i, struct breakers *to)
{
    weir_rule_info rule;
    uint32_t number = to->nrules;

    if (i < from->nrules) {
        weir_ruleset_rule(from->rs, i, &rule);
        number = weir_ruleset_find_rule(to->rs, (weir_span){rule.id, strlen(rule.id)});
    }
    return number == WEIR_NONE || !has_cap(&to->v[number].caps) ? NULL : &to->v[number];
}

/* To another counter what the word has, and had not when it was carried before. */
static void
carry(uint64_t word, uint64_t *carried, _Atomic uint64_t *to)
{
    uint64_t before = minute_in(*carried) == minute_in(word) ? *carried & UINT32_MAX : 0;
    uint64_t n = word & UINT32_MAX;

    *carried = word;
    if (n > before)
        (void)count_in(to, minute_in(word), n - before);
}

/* Posts first: nowhere is a rule seen to have acted on more than there are. */
void
breakers_carry(struct breakers *from, struct breakers *to, int64_t now_ms)
{
    uint32_t minute = minute_of(now_ms);

    if (!from->any || !to->any)
        return;
    carry((uint64_t)minute << 32 | posts_of(from, minute), &from->carried, &to->before);
    for (uint32_t i = 0; i <= from->nrules; i++) {
        uint64_t acted = atomic_load(&from->v[i].acted);
        struct breaker *there = minute_in(acted) == minute ? same_in(from, i, to) : NULL;

        if (there)
            carry(acted, &from->v[i].carried, &there->acted);
    }
}

bool
breakers_set(struct breakers *b, uint32_t rule, weir_trip how)
{
    struct breaker *at = find(b, rule);

    if (!b->any || !has_cap(&at->caps) || (how == WEIR_TRIP_OBSERVE && !at->caps.observe))
        return false;
    if (how != WEIR_TRIP_NONE)
        atomic_store(&at->claimed, 1);
    atomic_store(&at->acted, 0);
    atomic_store(&at->taken, how != WEIR_TRIP_NONE);
    atomic_store(&at->how, (uint8_t)how);
    if (how == WEIR_TRIP_NONE)
        atomic_store(&at->claimed, 0);
    (void)atomic_fetch_add(&b->version, 1);
    return true;
}

weir_trip
breakers_how(const struct breakers *b, uint32_t rule)
{
    return (weir_trip)atomic_load(&find(b, rule)->how);
}

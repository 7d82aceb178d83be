/*
 * Making states, finding them again, forgetting them.
 */
#include "regex/automaton_states.h"

#include <stdlib.h>

/* Work on new states, in items of lists followed (some nanoseconds each): what a subject earns, and
   what can be saved up, and is there at the beginning. */
#define WORK_EARNED 16
#define WORK_SAVED (4 << 20)
/* When so many of as many subjects ran out of states, the next ones do without. */
#define FALLS_MOST 256
#define WINDOW 1024
#define REST (16 * WINDOW)
/* Full, all states are forgotten after so many subjects; after twice as many the next time. */
#define PATIENCE_FIRST (1u << 16)
#define PATIENCE_MOST (1u << 24)

#define STATE_BYTES 256 /* at least, on average: for the table's size */

size_t
weir__group_numbers(const struct weir__group *g)
{
    return (size_t)g->nplaces + 2 * (size_t)g->npatterns;
}

weir_status
weir__states_init(struct weir__states *s, const struct weir__group *g, struct weir__making *making,
                  size_t bytes)
{
    size_t entries = 16;

    while (entries * STATE_BYTES < bytes)
        entries *= 2;
    *s = (struct weir__states){.g = g,
                               .making = making,
                               .nwords = bytes / sizeof *s->pool,
                               .used = 1, /* 0 is no state */
                               .mask = entries - 1,
                               .work_left = WORK_SAVED,
                               .patience = PATIENCE_FIRST};
    if (s->nwords > WEIR__LOOK - 1)
        s->nwords = WEIR__LOOK - 1;
    s->pool = calloc(s->nwords + 1, sizeof *s->pool);
    s->table = calloc(entries, sizeof *s->table);
    return s->pool && s->table ? WEIR_OK : WEIR_E_NOMEM;
}

void
weir__states_fini(struct weir__states *s)
{
    free(s->pool);
    free(s->table);
}

/* Finding and adding ----------------------------------------------------------------------- */

static uint32_t
hash_of(const struct weir__making *m)
{
    uint64_t h = 1;

    for (uint32_t i = 0; i < m->nlist; i++)
        h = (h ^ m->list[i]) * UINT64_C(0x9E3779B97F4A7C15);
    for (uint32_t i = 0; i < m->nmatched; i++)
        h = (h ^ m->matched[i]) * UINT64_C(0xD6E8FEB86659FD93);
    return (uint32_t)(h >> 32);
}

static bool
is_state(const struct weir__states *s, uint32_t state, uint32_t hash)
{
    const struct weir__making *m = s->making;
    const uint32_t *fixed = weir__state_fixed(s, state);
    const uint32_t *list = s->pool + state + s->g->nclasses;

    return fixed[WEIR__STATE_HASH] == hash &&
           fixed[WEIR__STATE_NPLACES] + fixed[WEIR__STATE_NENDS] == m->nlist &&
           fixed[WEIR__STATE_NMATCHED] == m->nmatched &&
           memcmp(list, m->list, m->nlist * sizeof *list) == 0 &&
           memcmp(list + m->nlist, m->matched, m->nmatched * sizeof *list) == 0;
}

/* Write down what is being made, behind all other states. */
static uint32_t
add_state(struct weir__states *s, uint32_t hash)
{
    const struct weir__making *m = s->making;
    uint32_t *fixed = s->pool + s->used, *row = fixed + WEIR__STATE_FIXED;
    uint32_t *list = row + s->g->nclasses, nends = 0;
    uint32_t state = (uint32_t)s->used + WEIR__STATE_FIXED;

    while (nends < m->nlist && m->list[m->nlist - 1 - nends] >= s->g->nplaces)
        nends++;
    fixed[WEIR__STATE_HASH] = hash;
    fixed[WEIR__STATE_NPLACES] = m->nlist - nends;
    fixed[WEIR__STATE_NENDS] = nends;
    fixed[WEIR__STATE_NMATCHED] = m->nmatched;
    memset(row, 0, s->g->nclasses * sizeof *row);
    memcpy(list, m->list, m->nlist * sizeof *list);
    memcpy(list + m->nlist, m->matched, m->nmatched * sizeof *list);
    bool look = m->nmatched > 0 || (s->g->mortal && m->nlist == 0);
    row[0] = state | (look ? WEIR__LOOK : 0); /* by bytes that are no symbols */
    if (look && m->nmatched == 0)
        s->dead = row[0];
    s->used += WEIR__STATE_FIXED + s->g->nclasses + m->nlist + m->nmatched;
    s->nstates++;
    return state;
}

/* Make room, if it has been long enough. */
static bool
forget(struct weir__states *s)
{
    if (s->full_since == 0)
        s->full_since = s->subjects;
    if (s->subjects - s->full_since < s->patience)
        return false;
    if (s->patience < PATIENCE_MOST)
        s->patience *= 2;
    memset(s->table, 0, (s->mask + 1) * sizeof *s->table);
    s->used = 1;
    s->nstates = 0;
    s->start = s->dead = 0;
    s->full_since = 0;
    return true;
}

/* The state that is being made, as rows have it. 0: there is no room.
 *forgotten: all states before it are gone. */
static uint32_t
made(struct weir__states *s, bool *forgotten)
{
    const struct weir__making *m = s->making;
    size_t words = WEIR__STATE_FIXED + s->g->nclasses + (size_t)m->nlist + m->nmatched;
    uint32_t hash = hash_of(m);
    size_t at = hash & s->mask;

    for (; s->table[at]; at = (at + 1) & s->mask)
        if (is_state(s, s->table[at], hash))
            return s->pool[s->table[at]]; /* row[0]: itself, with LOOK */
    if (s->used + words > s->nwords || s->nstates * 4 > s->mask * 3) {
        if (words + 1 > s->nwords || !forget(s))
            return 0;
        *forgotten = true;
        at = hash & s->mask;
    }
    s->table[at] = add_state(s, hash);
    return s->pool[s->table[at]];
}

/* Making ----------------------------------------------------------------------------------- */

static void
mark_all(struct weir__making *m, const uint32_t *items, uint32_t from, uint32_t end)
{
    for (uint32_t i = from; i < end; i++)
        m->marks[items[i] / 64] |= UINT64_C(1) << (items[i] % 64);
}

/* Has the pattern matched that a place, or an end, belongs to? */
static bool
is_settled(const struct weir__making *m, const struct weir__group *g, uint32_t number)
{
    uint32_t pattern = number < g->nplaces ? g->owner[number] : number - g->nplaces - g->npatterns;
    uint32_t matched = g->nplaces + pattern;

    return (m->marks[matched / 64] >> (matched % 64) & 1) != 0;
}

/* From marks to the lists, in ascending order. */
static void
gather(struct weir__making *m, const struct weir__group *g)
{
    size_t nwords = (weir__group_numbers(g) + 63) / 64;

    m->nlist = m->nmatched = 0;
    for (size_t w = 0; w < nwords; w++)
        for (uint64_t bits = m->marks[w]; bits; bits &= bits - 1) {
            uint32_t number = (uint32_t)(w * 64 + (size_t)__builtin_ctzll(bits));

            if (number >= g->nplaces && number < g->nplaces + g->npatterns)
                m->matched[m->nmatched++] = number - g->nplaces;
            else if (!is_settled(m, g, number))
                m->list[m->nlist++] = number;
        }
    memset(m->marks, 0, nwords * sizeof *m->marks);
}

/* Is there an allowance left? Subjects have earned some since it was last asked. */
static bool
may_work(struct weir__states *s)
{
    s->work_left += (int64_t)(s->subjects - s->work_as_of) * WORK_EARNED;
    if (s->work_left > WORK_SAVED)
        s->work_left = WORK_SAVED;
    s->work_as_of = s->subjects;
    return s->work_left > 0;
}

static void
make_next(struct weir__states *s, uint32_t state, uint32_t class)
{
    const struct weir__group *g = s->g;
    uint32_t n, nfresh = g->fresh_at[class + 1] - g->fresh_at[class];
    const uint32_t *places = weir__state_places(s, state, &n);
    size_t work = n + nfresh + weir__group_numbers(g) / 64 + g->nclasses / 8;

    for (uint32_t i = 0; i < n; i++) {
        uint32_t p = places[i], first = g->after_at[p];
        if (!weir__symbols_have(&g->sets[g->takes[p]], class))
            continue;
        mark_all(s->making, g->after, first, g->after_at[p + 1]);
        work += g->after_at[p + 1] - first;
    }
    mark_all(s->making, g->fresh, g->fresh_at[class], g->fresh_at[class + 1]);
    gather(s->making, g);
    s->work_left -= (int64_t)work;
}

/* A subject has run out of states. */
static uint32_t
fall(struct weir__states *s)
{
    if (s->subjects >= s->window_ends) {
        s->window_ends = s->subjects + WINDOW;
        s->falls = 0;
    }
    if (++s->falls > FALLS_MOST)
        s->rests_until = s->subjects + REST;
    return 0;
}

uint32_t
weir__states_next(struct weir__states *s, uint32_t state, uint32_t class)
{
    bool forgotten = false;

    if (!may_work(s))
        return fall(s);
    make_next(s, state, class);
    uint32_t next = made(s, &forgotten);
    if (next == 0)
        return fall(s);
    if (!forgotten)
        s->pool[state + class] = next;
    return next;
}

uint32_t
weir__states_start(struct weir__states *s)
{
    const struct weir__numbers *start = &s->g->start;
    bool forgotten = false;

    if (s->subjects < s->rests_until)
        return 0;
    if (s->start == 0) {
        s->making->nlist = (uint32_t)start->n;
        s->making->nmatched = 0;
        memcpy(s->making->list, start->items, start->n * sizeof *start->items);
        uint32_t state = made(s, &forgotten);
        s->start = state;
    }
    return s->start;
}

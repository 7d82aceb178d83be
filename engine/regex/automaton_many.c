/*
 * Many subjects at once, as far as states are known.
 *
 * A step waits for the one before it: one subject alone leaves a processor idle most of the time,
 * and makes it guess wrong when the walk ends. So all take their first step, then those that are
 * left their second, without a branch that depends on one of them.
 */
#include "base/span.h"
#include "regex/automaton_states.h"

#include "base/check.h"

/* Subjects on their way through one group: those left, in columns. As structs, rows were copied in
   other pieces than they had been written in, and each copy waited for that. */
struct walkers {
    const struct weir__states *s;
    const uint8_t *first[WEIR__AUTOMATON_MANY]; /* byte; by k, as is: */
    size_t len[WEIR__AUTOMATON_MANY];
    uint32_t k[WEIR__AUTOMATON_MANY]; /* of each row */
    uint32_t state[WEIR__AUTOMATON_MANY];
    uint32_t n;
    ptrdiff_t step;
    size_t shortest;
    uint64_t survive; /* by k: they need a look, and are not dead */
};

static void
line_up(struct walkers *w, const weir_span *subjects, uint64_t which, uint32_t start)
{
    w->n = 0;
    w->survive = 0;
    w->shortest = SIZE_MAX;
    w->step = w->s->g->backwards ? -1 : 1;
    for (uint64_t left = which; left; left &= left - 1) {
        uint32_t k = (uint32_t)__builtin_ctzll(left);
        const uint8_t *p = (const uint8_t *)subjects[k].p;
        size_t len = subjects[k].len;

        w->first[k] = w->step < 0 ? p + len - 1 : p;
        w->len[k] = len;
        w->shortest = len < w->shortest ? len : w->shortest;
        w->k[w->n] = k;
        w->state[w->n++] = start;
    }
}

/* All rows take the step of this number. They are written in any case, and kept where the next
   state is known and nothing has to be looked at. */
static void
step_all(struct walkers *w, size_t number)
{
    const uint32_t *pool = w->s->pool;
    const uint8_t *class_of = w->s->g->class_of;
    ptrdiff_t at = (ptrdiff_t)number * w->step;
    uint32_t dead = w->s->dead, kept = 0;
    uint64_t survive = w->survive;

    for (uint32_t i = 0; i < w->n; i++) {
        uint32_t k = w->k[i];
        uint32_t next = pool[w->state[i] + class_of[w->first[k][at]]];

        w->k[kept] = k;
        w->state[kept] = next;
        kept += (int32_t)next > 0;
        survive |= (uint64_t)((int32_t)next <= 0 && (next != dead || next == 0)) << k;
    }
    w->n = kept;
    w->survive = survive;
}

/* Rows whose subject has so many bytes go: does a pattern match where it ends? */
static void
end_some(struct walkers *w, size_t len)
{
    uint32_t kept = 0;

    w->shortest = SIZE_MAX;
    for (uint32_t i = 0; i < w->n; i++) {
        uint32_t k = w->k[i], state = w->state[i];

        if (w->len[k] == len) {
            bool ends = weir__state_fixed(w->s, state)[WEIR__STATE_NENDS] > 0;
            w->survive |= (uint64_t)ends << k;
            continue;
        }
        w->k[kept] = k;
        w->state[kept++] = state;
        w->shortest = w->len[k] < w->shortest ? w->len[k] : w->shortest;
    }
    w->n = kept;
}

/* Those of the subjects, none of them empty, that die in this group are left out. */
static uint64_t
walk(struct weir__states *s, const weir_span *subjects, uint64_t which)
{
    struct walkers w;
    uint32_t start = weir__states_start(s) & ~WEIR__LOOK;

    if (start == 0)
        return which;
    w.s = s;
    line_up(&w, subjects, which, start);
    for (size_t number = 0; w.n > 0; number++) {
        if (number == w.shortest)
            end_some(&w, number);
        step_all(&w, number);
    }
    return w.survive;
}

/* 1 or 0: kept as a number, so that nothing branches on it. */
static inline uint64_t
has_pair(const uint64_t *pairs, uint64_t pair)
{
    return pairs[pair / 64] >> pair % 64 & 1;
}

/* Eight bytes at the edge, of which a short subject has fewer. Its only byte is no pair; of few
   bytes, none is far; and far ones are asked only where all between are ASCII. */
static inline uint64_t
is_alive(const struct weir__group *g, uint64_t eight, size_t len)
{
    _Static_assert(WEIR__FAR == 3, "two bytes behind three others: five");
    uint64_t five = g->backwards ? eight >> 24 : eight & UINT64_C(0xffffffffff);
    uint64_t near = g->backwards ? eight >> 48 : eight & 0xffff;
    uint64_t far = eight >> (8 * WEIR__FAR) & 0xffff;
    uint64_t beyond = (five & UINT64_C(0x8080808080)) != 0;
    uint64_t goes_on = beyond ? (uint64_t)!g->ascii_at_edge : has_pair(g->far_pairs, far);

    return (has_pair(g->pairs, near) & (goes_on | (uint64_t)(len < 5))) | (uint64_t)(len == 1);
}

/* Those that some bytes near their edge do not say to be dead. */
static uint64_t
alive(const struct weir__group *g, const weir_span *subjects, uint64_t which)
{
    uint64_t alive = 0;

    if (!g->pairs)
        return which;
    for (uint64_t left = which; left; left &= left - 1) {
        uint32_t k = (uint32_t)__builtin_ctzll(left);
        weir_span s = subjects[k];
        const char *at = g->backwards ? s.p + s.len - 8 : s.p;

        alive |= is_alive(g, eight_at(at), s.len) << k;
    }
    return alive;
}

/* Those that hold what the group needs. Letters and others are seldom needed, and not asked for
   beforehand. */
static uint64_t
concerned(const struct weir__group *g, const struct weir__holders *holders,
          const weir_span *subjects, uint64_t which)
{
    uint64_t concerned = 0;

    if (g->needs == WEIR__KIND_ANY)
        return which;
    if (weir__holders_tell(g->needs))
        return which & ((g->needs & WEIR__KIND_DIGIT ? holders->digits : 0) |
                        (g->needs & WEIR__KIND_BEYOND ? holders->beyond : 0));
    for (uint64_t left = which; left; left &= left - 1) {
        uint32_t k = (uint32_t)__builtin_ctzll(left);

        concerned |= (uint64_t)((weir__kinds_in(subjects[k]) & g->needs) != 0) << k;
    }
    return concerned;
}

uint64_t
weir__automaton_survivors(const struct weir__automaton *a, struct weir__automaton_cache *c,
                          const weir_span *subjects, uint64_t which)
{
    CHECK_OBJ(c, WEIR__AUTOMATON_CACHE_MAGIC);
    CHECK(c->a == a);
    uint64_t survive = 0;
    struct weir__holders holders = {0, 0};
    if (a->always.n)
        return which;
    if (a->ask_holders)
        holders = weir__holders(subjects, which, c->vectors);
    for (size_t i = 0; i < a->ngroups; i++) {
        const struct weir__group *g = &a->groups[i];
        uint64_t left = concerned(g, &holders, subjects, which & ~survive);

        c->states[i].subjects = c->nsubjects;
        left = alive(g, subjects, left);
        if (left)
            survive |= walk(&c->states[i], subjects, left);
    }
    c->nsubjects += (uint64_t)__builtin_popcountll(which & ~survive);
    return survive;
}

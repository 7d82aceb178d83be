/*
 * Keys of the rows sort as the rows are to be read.
 */
#include "replay/reach.h"

#include "flow/check.h"

#include <tagweir/names.h>

#include <stdlib.h>

/* In the first byte of a key; contrast.c has others. */
#define REACH UINT64_C(16)

WEIR_NAMES(reach_effect_name, enum reach_effect, REACH_EFFECTS, WEIR_TEXT)

/* Counting ---------------------------------------------------------------------------------------
 */

struct reaching {
    struct headcount *h;
    enum reach_side side;
    const weir_ruleset *rs;
};

static struct headcount_key
key_of(enum reach_side side, enum reach_of of, uint32_t id, enum reach_effect effect,
       enum reach_about about, uint32_t which)
{
    return (struct headcount_key){.what =
                                      REACH << 56 | (uint64_t)side << 48 | (uint64_t)of << 40 | id,
                                  .whose = (uint64_t)effect << 56 | (uint64_t)about << 48 | which};
}

static void
count(const struct reaching *t, uint32_t rule, enum reach_effect effect, enum reach_about about,
      uint32_t which)
{
    weir_rule_info info;

    weir_ruleset_rule(t->rs, rule, &info);
    (void)headcount_count(t->h, key_of(t->side, REACH_RULE, rule, effect, about, which),
                          about == REACH_ALL);
    if (info.order != WEIR_NONE)
        (void)headcount_count(t->h, key_of(t->side, REACH_ORDER, info.order, effect, about, which),
                              about == REACH_ALL);
}

static void
count_in(const struct reaching *t, uint32_t rule, enum reach_effect effect, uint16_t region)
{
    count(t, rule, effect, REACH_ALL, 0);
    count(t, rule, effect, REACH_REGION, region);
}

static void
take_outcome(const struct reaching *t, uint16_t region, const weir_outcome *o)
{
    if (o->action == WEIR_WITHHOLD)
        count_in(t, o->act.rule, REACH_WITHHELD, region);
    for (uint32_t s = 0; o->action == WEIR_DOWNRANK && s < WEIR_NSURFACES; s++) {
        if (!(o->surfaces >> s & 1))
            continue;
        uint32_t rule = o->surface[s].act.rule;
        enum reach_effect e = o->surface[s].factor_milli ? REACH_DOWNRANKED : REACH_KEPT_OUT;

        count_in(t, rule, e, region);
        count(t, rule, e, REACH_SURFACE, s);
    }
}

static void
take_exemptions(const struct reaching *t, const weir_decision *d, uint16_t region)
{
    const weir_region_exemptions *x = weir_decision_exemptions(d, region);

    for (size_t i = 0; x && i < x->n; i++) {
        const weir_exemption *e = &x->list[i];

        if (!weir_exemption_has_effect(d, region, e))
            continue;
        count_in(t, e->rule, REACH_EXEMPT, region);
        count(t, e->rule, REACH_EXEMPT, REACH_BY, e->by);
        count_in(t, e->by, REACH_EXEMPTS, region);
    }
}

/* In a region whose outcome is its own, exemptions may be those of all, and have an effect there
   alone. What is counted twice for one post counts once. */
static void
take_all_exemptions(const struct reaching *t, const weir_decision *d)
{
    for (size_t i = 0; i < d->nexempted; i++)
        take_exemptions(t, d, d->exempted[i].region);
    for (size_t i = 0; d->nexempted && i < d->nregions; i++)
        take_exemptions(t, d, d->regions[i].region);
}

void
reach_take(struct headcount *h, enum reach_side side, const weir_decision *d, uint16_t region)
{
    const struct reaching t = {h, side, d->rs};

    if (region != WEIR_REGION_NONE) {
        take_outcome(&t, region, weir_decision_outcome(d, region));
        take_exemptions(&t, d, region);
    } else {
        for (size_t i = 0; i < d->nregions; i++)
            take_outcome(&t, d->regions[i].region, &d->regions[i].outcome);
        take_all_exemptions(&t, d);
    }
    for (size_t i = 0; i < d->nobserved; i++)
        count(&t, d->observed[i], REACH_OBSERVED, REACH_ALL, 0);
    for (size_t i = 0; i < d->nheld_back; i++)
        count(&t, d->held_back[i], REACH_HELD_BACK, REACH_ALL, 0);
}

/* Reading ----------------------------------------------------------------------------------------
 */

struct reach {
    uint64_t *keys; /* `what` of the rows' keys */
    struct reach_row *rows;
    size_t n;
};

struct entry {
    struct headcount_key key;
    struct headcount_row n;
};

struct entries {
    struct entry *v;
    size_t n, cap;
    bool failed;
};

static void
add_entry(void *arg, struct headcount_key key, struct headcount_row row)
{
    struct entries *e = arg;

    if (key.what >> 56 != REACH || e->failed)
        return;
    if (e->n == e->cap) {
        size_t cap = e->cap ? e->cap * 2 : 256;
        struct entry *v = reallocarray(e->v, cap, sizeof *v);

        if (!v) {
            e->failed = true;
            return;
        }
        e->v = v;
        e->cap = cap;
    }
    e->v[e->n++] = (struct entry){key, row};
}

static int
by_key(const void *a, const void *b)
{
    const struct headcount_key *x = &((const struct entry *)a)->key;
    const struct headcount_key *y = &((const struct entry *)b)->key;

    if (x->what != y->what)
        return x->what < y->what ? -1 : 1;
    return x->whose < y->whose ? -1 : x->whose > y->whose;
}

static bool
lay_out(struct reach *r, const struct entries *e)
{
    r->keys = calloc(e->n + 1, sizeof *r->keys);
    r->rows = calloc(e->n + 1, sizeof *r->rows);
    if (!r->keys || !r->rows)
        return false;
    for (r->n = 0; r->n < e->n; r->n++) {
        const struct entry *it = &e->v[r->n];

        r->keys[r->n] = it->key.what;
        r->rows[r->n] = (struct reach_row){.effect = (enum reach_effect)(it->key.whose >> 56),
                                           .about = (enum reach_about)(it->key.whose >> 48 & 0xFF),
                                           .which = (uint32_t)it->key.whose,
                                           .n = it->n};
    }
    return true;
}

struct reach *
reach_new(struct headcount *h)
{
    struct reach *r = calloc(1, sizeof *r);
    struct entries e = {.v = NULL};

    headcount_each(h, add_entry, &e);
    if (e.n)
        qsort(e.v, e.n, sizeof *e.v, by_key);
    if (r && (e.failed || !lay_out(r, &e))) {
        reach_free(r);
        r = NULL;
    }
    free(e.v);
    return r;
}

void
reach_free(struct reach *r)
{
    if (!r)
        return;
    free(r->keys);
    free(r->rows);
    free(r);
}

const struct reach_row *
reach_find(const struct reach *r, enum reach_side side, enum reach_of of, uint32_t id, size_t *n)
{
    uint64_t what = key_of(side, of, id, REACH_WITHHELD, REACH_ALL, 0).what;
    size_t low = 0, high = r->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (r->keys[middle] < what)
            low = middle + 1;
        else
            high = middle;
    }
    *n = 0;
    while (low + *n < r->n && r->keys[low + *n] == what)
        (*n)++;
    return r->rows + low;
}

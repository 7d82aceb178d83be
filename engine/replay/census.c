/*
 * Rows in a hash table; pairs of row and author in a flat one, which is thinned out when it is
 * full. A pair is kept if the author's hash has enough zeroes, whatever the row: so what is kept
 * after thinning is what would have been kept had it been thin from the beginning, and sets of
 * several threads can be joined.
 */
#include "replay/census.h"

#include "flow/check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#define CENSUS_MAGIC 0xCE4505u
#define FIRST_SLOTS ((size_t)1024)

struct row {
    uint64_t key;
    uint32_t number;
    uint64_t posts;
    uint64_t kept;  /* authors */
    uint64_t round; /* of the decision that counted last */
    UT_hash_handle hh;
};

struct pair {
    uint64_t author;
    uint32_t row; /* its number and 1; 0: the slot is free */
};

struct census {
    uint32_t magic;
    struct row *rows;
    struct row **by_number;
    uint32_t nrows, rows_cap;
    struct pair *slots;
    size_t nslots, npairs;
    unsigned level; /* zero bits that an author's hash must end in */
    uint64_t rounds, lost;
    uint64_t seed; /* of where slots are looked for: nobody may aim at one */
};

struct census *
census_new(void)
{
    struct census *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->magic = CENSUS_MAGIC;
    if (getrandom(&c->seed, sizeof c->seed, GRND_NONBLOCK) < 0)
        c->seed = (uintptr_t)c;
    return c;
}

void
census_free(struct census *c)
{
    struct row *r, *next;

    if (!c)
        return;
    CHECK_OBJ(c, CENSUS_MAGIC);
    HASH_ITER(hh, c->rows, r, next)
    {
        HASH_DEL(c->rows, r);
        free(r);
    }
    free(c->by_number);
    free(c->slots);
    c->magic = 0;
    free(c);
}

/* Authors
 * ------------------------------------------------------------------------------------------ */

static bool
is_kept(const struct census *c, uint64_t author)
{
    return (author & ((UINT64_C(1) << c->level) - 1)) == 0;
}

static struct pair *
slot_of(const struct census *c, struct pair *slots, size_t nslots, uint64_t author, uint32_t row)
{
    const struct {
        uint64_t author, row;
    } key = {author, row};
    size_t i = (size_t)XXH3_64bits_withSeed(&key, sizeof key, c->seed) & (nslots - 1);

    while (slots[i].row && (slots[i].row != row || slots[i].author != author))
        i = (i + 1) & (nslots - 1);
    return &slots[i];
}

/* The pairs that are kept into a table of so many slots. */
static bool
move_pairs(struct census *c, size_t nslots)
{
    struct pair *slots = calloc(nslots, sizeof *slots);

    if (!slots)
        return false;
    for (size_t i = 0; i < c->nslots; i++) {
        struct pair *p = &c->slots[i];

        if (!p->row)
            continue;
        if (is_kept(c, p->author)) {
            *slot_of(c, slots, nslots, p->author, p->row) = *p;
        } else {
            c->by_number[p->row - 1]->kept--;
            c->npairs--;
        }
    }
    free(c->slots);
    c->slots = slots;
    c->nslots = nslots;
    return true;
}

/* For one pair more, of the author, who may be among those that are kept no more. What is kept is
   then as much as there is room for, whoever was counted first. */
static bool
make_room(struct census *c, uint64_t author)
{
    if (c->npairs < c->nslots / 2)
        return true;
    if (c->npairs < CENSUS_EXACT)
        return move_pairs(c, c->nslots ? c->nslots * 2 : FIRST_SLOTS);
    while (c->npairs >= CENSUS_EXACT && is_kept(c, author)) {
        c->level++;
        if (!move_pairs(c, c->nslots))
            return false;
    }
    return true;
}

static bool
is_there(const struct census *c, uint64_t author, uint32_t row)
{
    return c->nslots && slot_of(c, c->slots, c->nslots, author, row)->row;
}

static void
add_author(struct census *c, struct row *r, uint64_t author)
{
    if (!is_kept(c, author) || is_there(c, author, r->number + 1))
        return;
    if (!make_room(c, author)) {
        c->lost++;
        return;
    }
    if (!is_kept(c, author))
        return;
    *slot_of(c, c->slots, c->nslots, author, r->number + 1) =
        (struct pair){.author = author, .row = r->number + 1};
    c->npairs++;
    r->kept++;
}

/* Rows
 * --------------------------------------------------------------------------------------------- */

static uint64_t
key_of(enum census_of of, uint32_t id, uint16_t region)
{
    return (uint64_t)of << 48 | (uint64_t)id << 16 | region;
}

static bool
number_row(struct census *c, struct row *r)
{
    if (c->nrows == c->rows_cap) {
        uint32_t cap = c->rows_cap ? c->rows_cap * 2 : 64;
        struct row **v = reallocarray(c->by_number, cap, sizeof *v);

        if (!v)
            return false;
        c->by_number = v;
        c->rows_cap = cap;
    }
    r->number = c->nrows;
    c->by_number[c->nrows] = r;
    return true;
}

static struct row *
row_of(struct census *c, uint64_t key)
{
    struct row *r;

    HASH_FIND(hh, c->rows, &key, sizeof key, r);
    if (r)
        return r;
    r = calloc(1, sizeof *r);
    if (r) {
        r->key = key;
        if (number_row(c, r))
            HASH_ADD(hh, c->rows, key, sizeof r->key, r);
        if (r->hh.tbl) {
            c->nrows++;
            return r;
        }
        free(r);
    }
    c->lost++;
    return NULL;
}

/* Decisions
 * ---------------------------------------------------------------------------------------- */

static void
count(struct census *c, uint64_t key, uint64_t author, bool has_author)
{
    struct row *r = row_of(c, key);

    if (!r || r->round == c->rounds)
        return;
    r->round = c->rounds;
    r->posts++;
    if (has_author)
        add_author(c, r, author);
}

struct taking {
    struct census *c;
    const weir_decision *d;
    uint64_t author;
    bool has_author;
};

static void
count_as(const struct taking *t, enum census_of of, uint32_t id, uint16_t region)
{
    count(t->c, key_of(of, id, region), t->author, t->has_author);
}

static void
count_act(const struct taking *t, uint32_t rule, uint16_t region)
{
    weir_rule_info info;

    count_as(t, CENSUS_RULE, rule, region);
    weir_ruleset_rule(t->d->rs, rule, &info);
    if (info.order != WEIR_NONE)
        count_as(t, CENSUS_ORDER, info.order, 0);
}

static void
take_outcome(const struct taking *t, const weir_region_outcome *r)
{
    const weir_outcome *o = &r->outcome;

    if (o->action == WEIR_ALLOW)
        return;
    count_as(t, CENSUS_ALL, 0, 0);
    count_as(t, CENSUS_REGION, 0, r->region);
    if (o->action == WEIR_WITHHOLD)
        count_act(t, o->act.rule, r->region);
    for (int s = 0; o->action == WEIR_DOWNRANK && s < WEIR_NSURFACES; s++)
        if (o->surfaces >> s & 1)
            count_act(t, o->surface[s].act.rule, r->region);
}

static uint64_t
author_of(const weir_account *a, bool *has)
{
    weir_span who = a->id.len ? a->id : a->handle;

    *has = who.len > 0;
    return *has ? XXH3_64bits_withSeed(who.p, who.len, a->id.len ? 1 : 2) : 0;
}

void
census_take(struct census *c, const weir_decision *d)
{
    struct taking t = {.c = c, .d = d};

    CHECK_OBJ(c, CENSUS_MAGIC);
    if (!d->nregions && !d->nexempted && !d->nobserved && !d->nheld_back)
        return;
    t.author = author_of(&d->post->author, &t.has_author);
    c->rounds++;
    for (size_t i = 0; i < d->nregions; i++)
        take_outcome(&t, &d->regions[i]);
    for (size_t i = 0; i < d->nexempted; i++)
        for (size_t k = 0; k < d->exempted[i].n; k++)
            count_as(&t, CENSUS_RULE, d->exempted[i].list[k].rule, d->exempted[i].region);
    for (size_t i = 0; i < d->nobserved; i++)
        count_as(&t, CENSUS_RULE, d->observed[i], WEIR_REGION_NONE);
    for (size_t i = 0; i < d->nheld_back; i++)
        count_as(&t, CENSUS_RULE, d->held_back[i], WEIR_REGION_NONE);
}

void
census_add(struct census *c, const struct census *other)
{
    CHECK_OBJ(c, CENSUS_MAGIC);
    c->lost += other->lost;
    if (other->level > c->level) {
        c->level = other->level;
        if (c->nslots && !move_pairs(c, c->nslots))
            c->lost++;
    }
    for (const struct row *r = other->rows; r; r = r->hh.next) {
        struct row *to = row_of(c, r->key);

        if (to)
            to->posts += r->posts;
    }
    for (size_t i = 0; i < other->nslots; i++) {
        const struct pair *p = &other->slots[i];
        struct row *to = p->row ? row_of(c, other->by_number[p->row - 1]->key) : NULL;

        if (to)
            add_author(c, to, p->author);
    }
}

struct census_row
census_find(const struct census *c, enum census_of of, uint32_t id, uint16_t region)
{
    uint64_t key = key_of(of, id, region);
    struct row *r;

    CHECK_OBJ(c, CENSUS_MAGIC);
    HASH_FIND(hh, c->rows, &key, sizeof key, r);
    return r ? (struct census_row){.posts = r->posts, .authors = r->kept << c->level}
             : (struct census_row){.posts = 0};
}

bool
census_is_estimate(const struct census *c)
{
    return c->level > 0;
}

uint64_t
census_lost(const struct census *c)
{
    return c->lost;
}

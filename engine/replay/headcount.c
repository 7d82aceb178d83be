/*
 * Rows in a hash table; pairs of row and author in a flat one, which is thinned out when it is
 * full. A pair is kept if the author's hash has enough zeroes, whatever the row: so what is kept
 * after thinning is what would have been kept had it been thin from the beginning, and sets of
 * several threads can be joined.
 */
#include "replay/headcount.h"

#include "flow/check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#define HEADCOUNT_MAGIC 0x4EADC0u
#define FIRST_SLOTS ((size_t)1024)

struct row {
    struct headcount_key key;
    uint32_t number;
    uint64_t posts;
    uint64_t kept;  /* authors */
    uint64_t round; /* of the post that counted last */
    UT_hash_handle hh;
};

struct pair {
    uint64_t author;
    uint32_t row; /* its number and 1; 0: the slot is free */
};

struct headcount {
    uint32_t magic;
    struct row *rows;
    struct row **by_number;
    uint32_t nrows, rows_cap;
    struct pair *slots;
    size_t nslots, npairs;
    unsigned level; /* zero bits that an author's hash must end in */
    uint64_t rounds, lost;
    uint64_t author; /* of the post that is counted */
    bool has_author;
    uint64_t seed; /* of where slots are looked for: nobody may aim at one */
};

struct headcount *
headcount_new(void)
{
    struct headcount *h = calloc(1, sizeof *h);

    if (!h)
        return NULL;
    h->magic = HEADCOUNT_MAGIC;
    if (getrandom(&h->seed, sizeof h->seed, GRND_NONBLOCK) < 0)
        h->seed = (uintptr_t)h;
    return h;
}

void
headcount_free(struct headcount *h)
{
    struct row *r, *next;

    if (!h)
        return;
    CHECK_OBJ(h, HEADCOUNT_MAGIC);
    HASH_ITER(hh, h->rows, r, next)
    {
        HASH_DEL(h->rows, r);
        free(r);
    }
    free(h->by_number);
    free(h->slots);
    h->magic = 0;
    free(h);
}

/* Authors
 * ------------------------------------------------------------------------------------------ */

static bool
is_kept(const struct headcount *h, uint64_t author)
{
    return (author & ((UINT64_C(1) << h->level) - 1)) == 0;
}

static struct pair *
slot_of(const struct headcount *h, struct pair *slots, size_t nslots, uint64_t author, uint32_t row)
{
    const struct {
        uint64_t author, row;
    } key = {author, row};
    size_t i = (size_t)XXH3_64bits_withSeed(&key, sizeof key, h->seed) & (nslots - 1);

    while (slots[i].row && (slots[i].row != row || slots[i].author != author))
        i = (i + 1) & (nslots - 1);
    return &slots[i];
}

/* The pairs that are kept into a table of so many slots. */
static bool
move_pairs(struct headcount *h, size_t nslots)
{
    struct pair *slots = calloc(nslots, sizeof *slots);

    if (!slots)
        return false;
    for (size_t i = 0; i < h->nslots; i++) {
        struct pair *p = &h->slots[i];

        if (!p->row)
            continue;
        if (is_kept(h, p->author)) {
            *slot_of(h, slots, nslots, p->author, p->row) = *p;
        } else {
            h->by_number[p->row - 1]->kept--;
            h->npairs--;
        }
    }
    free(h->slots);
    h->slots = slots;
    h->nslots = nslots;
    return true;
}

/* For a pair of the author, who may be among those that are kept no more then. */
static bool
make_room(struct headcount *h, uint64_t author)
{
    if (h->npairs < h->nslots / 2)
        return true;
    if (h->npairs < HEADCOUNT_EXACT)
        return move_pairs(h, h->nslots ? h->nslots * 2 : FIRST_SLOTS);
    while (h->npairs >= HEADCOUNT_EXACT && is_kept(h, author)) {
        h->level++;
        if (!move_pairs(h, h->nslots))
            return false;
    }
    return true;
}

/* Room is made for a pair that is new alone: when it is, then depends on the pairs, and not on who
   saw which of them how often. */
static void
add_author(struct headcount *h, struct row *r, uint64_t author)
{
    if (!is_kept(h, author) ||
        (h->nslots && slot_of(h, h->slots, h->nslots, author, r->number + 1)->row))
        return;
    if (!make_room(h, author)) {
        h->lost++;
        return;
    }
    if (!is_kept(h, author))
        return;
    *slot_of(h, h->slots, h->nslots, author, r->number + 1) =
        (struct pair){.author = author, .row = r->number + 1};
    h->npairs++;
    r->kept++;
}

/* Rows
 * --------------------------------------------------------------------------------------------- */

static bool
number_row(struct headcount *h, struct row *r)
{
    if (h->nrows == h->rows_cap) {
        uint32_t cap = h->rows_cap ? h->rows_cap * 2 : 64;
        struct row **v = reallocarray(h->by_number, cap, sizeof *v);

        if (!v)
            return false;
        h->by_number = v;
        h->rows_cap = cap;
    }
    r->number = h->nrows;
    h->by_number[h->nrows] = r;
    return true;
}

static struct row *
row_of(struct headcount *h, struct headcount_key key)
{
    struct row *r;

    HASH_FIND(hh, h->rows, &key, sizeof key, r);
    if (r)
        return r;
    r = calloc(1, sizeof *r);
    if (r) {
        r->key = key;
        if (number_row(h, r))
            HASH_ADD(hh, h->rows, key, sizeof r->key, r);
        if (r->hh.tbl) {
            h->nrows++;
            return r;
        }
        free(r);
    }
    h->lost++;
    return NULL;
}

/* Posts
 * ----------------------------------------------------------------------------------------- */

static uint64_t
author_of(const weir_account *a, bool *has)
{
    weir_span who = a->id.len ? a->id : a->handle;

    *has = who.len > 0;
    return *has ? XXH3_64bits_withSeed(who.p, who.len, a->id.len ? 1 : 2) : 0;
}

void
headcount_begin(struct headcount *h, const weir_account *author)
{
    CHECK_OBJ(h, HEADCOUNT_MAGIC);
    h->rounds++;
    h->author = author_of(author, &h->has_author);
}

uint64_t
headcount_count(struct headcount *h, struct headcount_key key, bool with_author)
{
    struct row *r = row_of(h, key);

    if (!r || r->round == h->rounds)
        return 0;
    r->round = h->rounds;
    r->posts++;
    if (with_author && h->has_author)
        add_author(h, r, h->author);
    return r->posts;
}

void
headcount_add(struct headcount *h, const struct headcount *other)
{
    CHECK_OBJ(h, HEADCOUNT_MAGIC);
    h->lost += other->lost;
    if (other->level > h->level) {
        h->level = other->level;
        if (h->nslots && !move_pairs(h, h->nslots))
            h->lost++;
    }
    for (const struct row *r = other->rows; r; r = r->hh.next) {
        struct row *to = row_of(h, r->key);

        if (to)
            to->posts += r->posts;
    }
    for (size_t i = 0; i < other->nslots; i++) {
        const struct pair *p = &other->slots[i];
        struct row *to = p->row ? row_of(h, other->by_number[p->row - 1]->key) : NULL;

        if (to)
            add_author(h, to, p->author);
    }
}

struct headcount_row
headcount_find(const struct headcount *h, struct headcount_key key)
{
    struct row *r;

    CHECK_OBJ(h, HEADCOUNT_MAGIC);
    HASH_FIND(hh, h->rows, &key, sizeof key, r);
    return r ? (struct headcount_row){.posts = r->posts, .authors = r->kept << h->level}
             : (struct headcount_row){.posts = 0};
}

void
headcount_each(const struct headcount *h, headcount_fn *fn, void *arg)
{
    CHECK_OBJ(h, HEADCOUNT_MAGIC);
    for (const struct row *r = h->rows; r; r = r->hh.next)
        fn(arg, r->key, (struct headcount_row){.posts = r->posts, .authors = r->kept << h->level});
}

bool
headcount_is_estimate(const struct headcount *h)
{
    return h->level > 0;
}

uint64_t
headcount_lost(const struct headcount *h)
{
    return h->lost;
}

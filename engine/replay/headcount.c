/*
 * Rows in a hash table; pairs of row and author in a flat one, which is thinned out when it is
 * full. A pair is kept if the author's hash has enough zeroes, whatever the row: so what is kept
 * after thinning is what would have been kept had it been thin from the beginning, and sets of
 * several threads can be joined.
 *
 * Where a pair stands, memory is mostly slow to say: pairs wait until there are some, and are added
 * in their order.
 */
#include "replay/headcount.h"

#include "flow/check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Keys are not chosen by those whose posts are counted. */
#define HASH_NONFATAL_OOM 1
#define HASH_FUNCTION(p, len, hash) (hash) = hash_of(p)
#include "flow/chains.h"
#define XXH_INLINE_ALL
#include <xxhash.h>

#define HEADCOUNT_MAGIC 0x4EADC0u
#define FIRST_SLOTS ((size_t)1024)
#define WAITING 16 /* pairs, at the most */

struct row {
    uint64_t kept;      /* authors */
    struct row *then;   /* which was counted in behind it, the last time; NULL: none was */
    uint64_t unused[2]; /* so that what is behind the handle's front begins a line */
    UT_hash_handle hh;
    struct headcount_key key;
    uint64_t posts;
    uint64_t round; /* of the post that counted last */
    uint32_t number;
};

CHAINS_LIE(offsetof(struct row, hh) + CHAINS_HANDLE_FRONT == CHAINS_LINE &&
               sizeof(struct row) == 2 * CHAINS_LINE,
           "what it is found by, and counts, is one line");

struct pair {
    uint64_t author;
    uint32_t row; /* its number and 1; 0: the slot is free */
};

struct waiting {
    uint64_t author;
    struct row *row;
};

struct headcount {
    uint32_t magic;
    struct row *rows;
    struct row *last; /* that was counted in; NULL: none of this post */
    struct row **by_number;
    uint32_t nrows, rows_cap;
    struct pair *slots;
    size_t nslots, npairs;
    struct waiting waiting[WAITING];
    size_t nwaiting;
    unsigned level; /* zero bits that an author's hash must end in */
    uint64_t rounds, lost;
    uint64_t author; /* of the post that is counted */
    bool has_author;
    uint64_t seed; /* of where slots are looked for: nobody may aim at one */
};

static unsigned
hash_of(const struct headcount_key *key)
{
    const uint64_t odd = UINT64_C(0x9E3779B97F4A7C15); /* of 2^64, the golden ratio's part */

    /* a product's bits know of none above them, and what rows are of stands uppermost in keys */
    uint64_t x = key->what * odd + key->whose;

    x = (x ^ x >> 32) * odd;
    x = (x ^ x >> 32) * odd;
    return (unsigned)(x >> 32);
}

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

/* Of its memory, only its own is left. */
static void
clear(struct headcount *h)
{
    struct row *r, *next;

    HASH_ITER(hh, h->rows, r, next)
    {
        HASH_DEL(h->rows, r);
        free(r);
    }
    free(h->by_number);
    free(h->slots);
    *h = (struct headcount){.magic = h->magic, .seed = h->seed};
}

void
headcount_free(struct headcount *h)
{
    if (!h)
        return;
    CHECK_OBJ(h, HEADCOUNT_MAGIC);
    clear(h);
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

/* The first slot in which a pair may stand. */
static size_t
home_of(const struct headcount *h, size_t nslots, uint64_t author, uint32_t row)
{
    const struct {
        uint64_t author, row;
    } key = {author, row};

    return (size_t)XXH3_64bits_withSeed(&key, sizeof key, h->seed) & (nslots - 1);
}

static struct pair *
slot_of(const struct headcount *h, struct pair *slots, size_t nslots, uint64_t author, uint32_t row)
{
    size_t i = home_of(h, nslots, author, row);

    while (slots[i].row && (slots[i].row != row || slots[i].author != author))
        i = (i + 1) & (nslots - 1);
    return &slots[i];
}

/* Written before it is read: a page that is read first is one that all share, and costs every core
   a pause when it is written to. NULL without memory. (malloc and memset are made into calloc,
   which does not write.) */
static struct pair *
no_pairs(size_t nslots)
{
    struct pair *slots = malloc(nslots * sizeof *slots);

    if (slots)
        explicit_bzero(slots, nslots * sizeof *slots);
    return slots;
}

/* The pairs that are kept into a table of so many slots. */
static bool
move_pairs(struct headcount *h, size_t nslots)
{
    struct pair *slots = no_pairs(nslots);

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

static void
add_waiting(struct headcount *h)
{
    for (size_t i = 0; i < h->nwaiting; i++)
        add_author(h, h->waiting[i].row, h->waiting[i].author);
    h->nwaiting = 0;
}

static void
let_wait(struct headcount *h, struct row *r, uint64_t author)
{
    if (!is_kept(h, author))
        return;
    if (h->nslots)
        __builtin_prefetch(&h->slots[home_of(h, h->nslots, author, r->number + 1)]);
    h->waiting[h->nwaiting++] = (struct waiting){.author = author, .row = r};
    if (h->nwaiting == WAITING)
        add_waiting(h);
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
    r = chains_new(sizeof *r);
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
    h->last = NULL;
    h->author = author_of(author, &h->has_author);
}

/* row_of, where a post is counted: mostly in the row that followed the last time, too. */
static struct row *
next_row(struct headcount *h, struct headcount_key key)
{
    struct row *r = h->last ? h->last->then : NULL;

    if (!r || r->key.what != key.what || r->key.whose != key.whose)
        r = row_of(h, key);
    if (r && h->last)
        h->last->then = r;
    h->last = r ? r : h->last;
    return r;
}

uint64_t
headcount_count(struct headcount *h, struct headcount_key key, bool with_author)
{
    struct row *r = next_row(h, key);

    if (!r || r->round == h->rounds)
        return 0;
    r->round = h->rounds;
    r->posts++;
    if (with_author && h->has_author)
        let_wait(h, r, h->author);
    return r->posts;
}

/* Of a thread whose rows are added to none, nothing has to be looked up. */
static void
take_over(struct headcount *h, struct headcount *other)
{
    struct headcount none = *h;

    *h = *other;
    h->lost += none.lost;
    h->last = NULL;
    *other = none;
    other->lost = 0;
}

/* Rows first, each of which then says where its authors go. */
static void
add_rows(struct headcount *h, struct headcount *other)
{
    for (struct row *r = other->rows; r; r = r->hh.next) {
        r->then = row_of(h, r->key);
        if (r->then)
            r->then->posts += r->posts;
    }
    for (size_t i = 0; i < other->nslots; i++) {
        const struct pair *p = &other->slots[i];
        struct row *to = p->row ? other->by_number[p->row - 1]->then : NULL;

        if (to)
            let_wait(h, to, p->author);
    }
    add_waiting(h);
}

void
headcount_add(struct headcount *h, struct headcount *other)
{
    CHECK_OBJ(h, HEADCOUNT_MAGIC);
    CHECK_OBJ(other, HEADCOUNT_MAGIC);
    add_waiting(h);
    add_waiting(other);
    if (!h->rows) {
        take_over(h, other);
        return;
    }
    h->lost += other->lost;
    if (other->level > h->level) {
        h->level = other->level;
        if (h->nslots && !move_pairs(h, h->nslots))
            h->lost++;
    }
    add_rows(h, other);
    clear(other);
}

struct headcount_row
headcount_find(struct headcount *h, struct headcount_key key)
{
    struct row *r;

    CHECK_OBJ(h, HEADCOUNT_MAGIC);
    add_waiting(h);
    HASH_FIND(hh, h->rows, &key, sizeof key, r);
    return r ? (struct headcount_row){.posts = r->posts, .authors = r->kept << h->level}
             : (struct headcount_row){.posts = 0};
}

void
headcount_each(struct headcount *h, headcount_fn *fn, void *arg)
{
    CHECK_OBJ(h, HEADCOUNT_MAGIC);
    add_waiting(h);
    for (const struct row *r = h->rows; r; r = r->hh.next)
        fn(arg, r->key, (struct headcount_row){.posts = r->posts, .authors = r->kept << h->level});
}

bool
headcount_is_estimate(struct headcount *h)
{
    add_waiting(h);
    return h->level > 0;
}

uint64_t
headcount_lost(struct headcount *h)
{
    add_waiting(h);
    return h->lost;
}

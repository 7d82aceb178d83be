/*
 * Laying claims, and sharing records out. That all can be satisfied that could be is a matter of
 * bipartite matching, by augmenting paths; nearly always there is one claim, and nothing to do.
 */
#include "replay/claims.h"

#include <stdlib.h>
#include <string.h>

#define INSIDE 64

void
claims_init(struct claims *c)
{
    *c = (struct claims){.n = 0};
    (void)pthread_mutex_init(&c->lock, NULL);
}

void
claims_fini(struct claims *c)
{
    for (size_t i = 0; i < c->n; i++)
        free(c->v[i].more);
    free(c->v);
    (void)pthread_mutex_destroy(&c->lock);
}

/* Laying ------------------------------------------------------------------------------------- */

static struct claim *
add(struct claims *c)
{
    if (c->n == c->cap) {
        size_t cap = c->cap ? c->cap + c->cap / 2 : 1024;
        struct claim *v = cap < CLAIMS_NONE ? reallocarray(c->v, cap, sizeof *v) : NULL;

        if (!v)
            return NULL;
        c->v = v;
        c->cap = cap;
    }
    return &c->v[c->n++];
}

static uint32_t
lay(struct claims *c, struct entry *first, uint64_t content, uint32_t *posts, bool *others)
{
    uint32_t at = first->claims;

    *others = false;
    while (at && c->v[at - 1].content != content) {
        *others = true;
        at = c->v[at - 1].next;
    }
    if (at) {
        *others |= c->v[at - 1].next != 0;
        *posts = ++c->v[at - 1].posts;
        return at - 1;
    }
    struct claim *new = add(c);
    if (!new)
        return CLAIMS_NONE;
    *new = (struct claim){.content = content, .next = first->claims, .posts = *posts = 1};
    first->claims = (uint32_t)c->n;
    return first->claims - 1;
}

uint32_t
claims_lay(struct claims *c, struct entry *first, uint64_t content, uint32_t *posts, bool *others)
{
    (void)pthread_mutex_lock(&c->lock);
    uint32_t number = lay(c, first, content, posts, others);
    (void)pthread_mutex_unlock(&c->lock);
    return number;
}

uint64_t *
claim_bits(size_t n, uint64_t *inside)
{
    *inside = 0;
    return n <= INSIDE ? inside : calloc((n + 63) / 64, sizeof *inside);
}

void
claims_set_equal(struct claims *c, uint32_t number, size_t n, uint64_t *bits)
{
    (void)pthread_mutex_lock(&c->lock);
    if (n <= INSIDE)
        c->v[number].equal = *bits;
    else
        c->v[number].more = bits;
    (void)pthread_mutex_unlock(&c->lock);
}

void
claims_set_without(struct claims *c, uint32_t number, enum again_without without)
{
    (void)pthread_mutex_lock(&c->lock);
    c->v[number].without = (uint8_t)without;
    c->v[number].has_without = true;
    (void)pthread_mutex_unlock(&c->lock);
}

bool
claim_is_equal(const struct claim *c, size_t i)
{
    return (c->more ? c->more[i / 64] : c->equal) >> i % 64 & 1;
}

/* Sharing out -------------------------------------------------------------------------------- */

/* First the one of which it is not known whether it could do without: it gives every record, and
   whoever has taken one keeps one. */
static int
by_content(const void *a, const void *b)
{
    const struct claim *const *x = a, *const *y = b;

    if ((*x)->has_without != (*y)->has_without)
        return (*x)->has_without ? 1 : -1;
    return (*x)->content < (*y)->content ? -1 : (*x)->content > (*y)->content;
}

/* Room for the search of a record for one more post. */
struct search {
    uint32_t *from;  /* by record: the claim that it was found for; CLAIMS_NONE: not found */
    uint32_t *via;   /* by claim: the record of its that it was asked to give up; NOT_ASKED */
    uint32_t *queue; /* claims that are asked */
};

#define NOT_ASKED UINT32_MAX

/* Each claim on the way gives up a record, and gets the one that was found for it. */
static void
move_along(struct claim_share *s, const struct search *f, uint32_t record, uint32_t claim)
{
    uint32_t taker;

    do {
        taker = f->from[record];
        s->taker[record] = taker;
        s->is_equal[record] = true;
        record = f->via[taker];
    } while (taker != claim);
}

/* A record for one more post of the claim, if others have to move to records that they give, too.
   The shortest way is looked for, as there may be thousands of either. */
static bool
find_one(struct claim_share *s, const struct search *f, uint32_t n, uint32_t claim)
{
    uint32_t asked = 0, nqueue = 0;

    memset(f->from, 0xff, n * sizeof *f->from);
    memset(f->via, 0xff, s->nclaims * sizeof *f->via);
    for (f->queue[nqueue++] = claim; asked < nqueue; asked++) {
        uint32_t c = f->queue[asked];

        for (uint32_t i = 0; i < n; i++) {
            uint32_t taker = s->taker[i];

            if (f->from[i] != CLAIMS_NONE || !claim_is_equal(s->claims[c], i))
                continue;
            f->from[i] = c;
            if (taker == CLAIMS_NONE) {
                move_along(s, f, i, claim);
                return true;
            }
            if (taker != claim && f->via[taker] == NOT_ASKED) {
                f->via[taker] = i;
                f->queue[nqueue++] = taker;
            }
        }
    }
    return false;
}

static void
share_alone(struct claim_share *s, size_t n)
{
    for (size_t i = 0; i < n && s->left[0]; i++)
        if (claim_is_equal(s->claims[0], i)) {
            s->taker[i] = 0;
            s->is_equal[i] = true;
            s->left[0]--;
        }
}

static bool
share_equal(struct claim_share *s, size_t n)
{
    struct search f = {.from = calloc(n, sizeof *f.from),
                       .via = calloc(s->nclaims + 1, sizeof *f.via),
                       .queue = calloc(s->nclaims + 1, sizeof *f.queue)};
    bool good = f.from && f.via && f.queue;

    for (uint32_t c = 0; good && c < s->nclaims; c++)
        while (s->left[c] && find_one(s, &f, (uint32_t)n, c))
            s->left[c]--;
    free(f.from);
    free(f.via);
    free(f.queue);
    return good;
}

static void
share_rest(struct claim_share *s, size_t n)
{
    uint32_t c = 0;

    for (size_t i = 0; i < n; i++) {
        while (c < s->nclaims && !s->left[c])
            c++;
        if (c == s->nclaims)
            return;
        if (s->taker[i] == CLAIMS_NONE) {
            s->taker[i] = c;
            s->left[c]--;
        }
    }
}

static bool
make(const struct claims *c, const struct entry *first, size_t n, struct claim_share *s)
{
    size_t i = 0;

    for (uint32_t at = first->claims; at; at = c->v[at - 1].next)
        s->nclaims++;
    s->claims = calloc(s->nclaims + 1, sizeof(struct claim *));
    s->left = calloc(s->nclaims + 1, sizeof *s->left);
    s->taker = calloc(n, sizeof *s->taker);
    s->is_equal = calloc(n, sizeof *s->is_equal);
    if (!s->claims || !s->left || !s->taker || !s->is_equal)
        return false;
    for (uint32_t at = first->claims; at; at = c->v[at - 1].next)
        s->claims[i++] = &c->v[at - 1];
    qsort(s->claims, s->nclaims, sizeof(struct claim *), by_content);
    for (i = 0; i < s->nclaims; i++)
        s->left[i] = s->claims[i]->posts;
    for (i = 0; i < n; i++)
        s->taker[i] = CLAIMS_NONE;
    return true;
}

bool
claims_share(const struct claims *c, const struct entry *first, size_t n, struct claim_share *out)
{
    *out = (struct claim_share){.nclaims = 0};
    if (!make(c, first, n, out))
        return false;
    if (out->nclaims == 1)
        share_alone(out, n);
    else if (!share_equal(out, n))
        return false;
    share_rest(out, n);
    return true;
}

void
claims_unshare(struct claim_share *s)
{
    free(s->claims);
    free(s->left);
    free(s->taker);
    free(s->is_equal);
}

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

static int
by_content(const void *a, const void *b)
{
    const struct claim *const *x = a, *const *y = b;

    return (*x)->content < (*y)->content ? -1 : (*x)->content > (*y)->content;
}

/* A record for one more post of the claim, if others have to move to records that they give, too.
   `seen`: claims that were asked already. */
static bool
find_one(struct claim_share *s, size_t n, uint32_t claim, bool *seen)
{
    seen[claim] = true;
    for (size_t i = 0; i < n; i++) {
        uint32_t taker = s->taker[i];

        if (!claim_is_equal(s->claims[claim], i) || (taker != CLAIMS_NONE && seen[taker]))
            continue;
        if (taker == CLAIMS_NONE || find_one(s, n, taker, seen)) {
            s->taker[i] = claim;
            s->is_equal[i] = true;
            return true;
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
    bool *seen = calloc(s->nclaims, sizeof *seen), goes_on;

    if (!seen)
        return false;
    for (uint32_t c = 0; c < s->nclaims; c++)
        do {
            memset(seen, 0, s->nclaims);
            goes_on = s->left[c] && find_one(s, n, c, seen);
            s->left[c] -= goes_on;
        } while (goes_on);
    free(seen);
    return true;
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

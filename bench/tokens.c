/*
 * Drawing streams.
 */
#include "tokens.h"

#include "random.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *about;
} streams[] = {
#define X(name, text, about) {text, about},
    STREAMS(X)
#undef X
};

const char *
stream_name(enum stream s)
{
    return s < NSTREAMS ? streams[s].name : "none";
}

const char *
stream_about(enum stream s)
{
    return streams[s].about;
}

/* From spans that lie anywhere to one block of them. */
static void
lay_out(struct tokens *t)
{
    size_t size = 1, at = 1;

    for (size_t i = 0; i < t->n; i++)
        size += t->v[i].len + 1;
    t->bytes = allocate(size, 1);
    t->bytes[0] = '\n';
    for (size_t i = 0; i < t->n; i++) {
        memcpy(t->bytes + at, t->v[i].p, t->v[i].len);
        t->v[i].p = t->bytes + at;
        at += t->v[i].len;
        t->bytes[at++] = '\n';
    }
}

static void
begin(struct tokens *t, size_t n, size_t nslices)
{
    *t = (struct tokens){.v = allocate(n, sizeof *t->v), .n = n, .nslices = nslices};
}

/* First i with sums[i] > x. */
static size_t
find(const double *sums, size_t n, double x)
{
    size_t low = 0, high = n - 1;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (sums[middle] > x)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

void
tokens_zipf(struct tokens *t, const struct language *l, size_t n, size_t nvocabulary, uint64_t seed)
{
    struct random r = random_named(seed, "zipf");
    double *sums = allocate(nvocabulary, sizeof *sums), sum = 0;

    for (size_t i = 0; i < nvocabulary; i++)
        sums[i] = sum += 1.0 / (double)(i + 1);
    begin(t, n, 1);
    for (size_t i = 0; i < n; i++)
        t->v[i] = language_tag(l, find(sums, nvocabulary, random_unit(&r) * sum));
    lay_out(t);
    free(sums);
}

void
tokens_unique(struct tokens *t, const struct language *l, size_t n, size_t nslices, uint64_t seed)
{
    struct random r = random_named(seed, "unique");
    size_t nmade = l->n - l->nreal;
    uint32_t *order = allocate(nmade, sizeof *order);

    if (n > nmade)
        n = nmade;
    for (size_t i = 0; i < nmade; i++)
        order[i] = (uint32_t)(l->nreal + i);
    random_shuffle(&r, order, nmade);
    begin(t, n, nslices);
    for (size_t i = 0; i < n; i++)
        t->v[i] = language_tag(l, order[i]);
    lay_out(t);
    free(order);
}

void
tokens_repeat(struct tokens *t, const weir_span *v, size_t nv, size_t n)
{
    begin(t, n, 1);
    for (size_t i = 0; i < n; i++)
        t->v[i] = v[i % nv];
    lay_out(t);
}

void
tokens_copy(struct tokens *t, const weir_span *v, size_t n)
{
    tokens_repeat(t, v, n ? n : 1, n);
}

void
tokens_fini(struct tokens *t)
{
    free(t->v);
    free(t->bytes);
    memset(t, 0, sizeof *t);
}

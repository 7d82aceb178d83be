/*
 * Sizes: a stream of n tags draws from n / 2 by Zipf; rules draw from 4 n, so that most of a cold
 * set is about tags that do not come; tags that never repeat are as many as rounds may need.
 */
#include "world.h"

#include "feeds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
world_init(struct world *w, uint64_t seed, size_t ntokens, unsigned nrounds)
{
    /* one more than rounds: the first slice is what engines are compared on */
    *w = (struct world){.seed = seed, .ntokens = ntokens, .nslices = nrounds + 1};
}

void
world_fini(struct world *w)
{
    language_fini(&w->made);
    language_fini(&w->unknown);
    language_fini(&w->real);
    for (size_t s = 0; s < NSTREAMS; s++)
        tokens_fini(&w->streams[s]);
}

const char *
world_feeds(void)
{
    static char path[4096];
    const char *data = getenv("TAGWEIR_DATA");

    snprintf(path, sizeof path, "%s/feeds", data ? data : BENCH_ROOT "/../shared/data");
    return path;
}

/* Enough for a list of a million even when streams are short. */
size_t
world_language_size(const struct world *w)
{
    size_t n = 4 * w->ntokens;

    return n > 100000 ? n : 100000;
}

/* Rules are written with these: letters, digits, `_`, other scripts. */
static bool
is_plain(weir_span tag)
{
    size_t letters = 0;

    for (size_t i = 0; i < tag.len; i++) {
        unsigned char c = (unsigned char)tag.p[i];
        bool letter = (c >= 'a' && c <= 'z') || c >= 0x80;

        if (!letter && !(c >= '0' && c <= '9') && c != '_')
            return false;
        letters += letter;
    }
    return letters > 0 && tag.len < 200;
}

static void
make_real(struct world *w)
{
    struct feeds f;

    feeds_read(&f, world_feeds());
    if (f.n > 0) {
        weir_span *plain = allocate(f.n, sizeof *plain);
        size_t n = 0;

        for (size_t i = 0; i < f.n; i++)
            if (is_plain(f.v[i]))
                plain[n++] = f.v[i];
        language_make(&w->real, world_language_size(w), w->seed, plain, n);
        tokens_repeat(&w->streams[STREAM_REAL], f.v, f.n, w->ntokens / 4);
        w->nreal = f.n;
        w->nreal_distinct = w->real.nreal;
        free(plain);
    }
    feeds_fini(&f);
}

const struct language *
world_language(struct world *w, enum stream s)
{
    if (s == STREAM_REAL) {
        (void)world_stream(w, s);
        return &w->real;
    }
    if (w->made.n == 0)
        language_make(&w->made, world_language_size(w), w->seed, NULL, 0);
    return &w->made;
}

const struct tokens *
world_stream(struct world *w, enum stream s)
{
    struct tokens *t = &w->streams[s];

    if (t->n > 0)
        return t;
    switch (s) {
    case STREAM_ZIPF:
        tokens_zipf(t, world_language(w, s), w->ntokens, w->ntokens / 2, w->seed);
        break;
    case STREAM_UNIQUE:
        tokens_unique(t, world_language(w, s), 3 * w->ntokens, w->nslices, w->seed);
        break;
    case STREAM_UNKNOWN:
        language_make(&w->unknown, 2 * w->ntokens, w->seed + 1, NULL, 0);
        tokens_unique(t, &w->unknown, 2 * w->ntokens, w->nslices, w->seed);
        break;
    default:
        make_real(w);
    }
    return t->n > 0 ? t : NULL;
}

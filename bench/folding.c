/*
 * Tags by kind: as keys are, and as people write them.
 */
#include "folding.h"

#include "engine.h"
#include "language.h"

#include <stdlib.h>
#include <string.h>

#define MOST_TAGS 100000

static const char *const kinds[NFOLDINGS] = {"ASCII, lower case", "ASCII, with # and capitals",
                                             "other scripts, as their keys are",
                                             "other scripts, full width number behind"};

static bool
is_ascii(weir_span s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.p[i] >= 0x80)
            return false;
    return true;
}

/* As people write it: the odd kinds get something to fold. */
static weir_span
written(struct text *text, weir_span tag, size_t kind)
{
    static const char nine[] = "\xEF\xBC\x99"; /* full width */
    char out[1024] = "#";

    if (kind % 2 == 0 || tag.len + 8 > sizeof out)
        return tag;
    memcpy(out + 1, tag.p, tag.len);
    if (kind == 3) {
        memcpy(out + 1 + tag.len, nine, sizeof nine - 1);
        return text_keep(text, (weir_span){out, tag.len + sizeof nine});
    }
    for (size_t i = 1; i <= tag.len; i += 5)
        if (out[i] >= 'a' && out[i] <= 'z')
            out[i] = (char)(out[i] - 'a' + 'A');
    return text_keep(text, (weir_span){out, tag.len + 1});
}

static double
time_folding(const weir_span *tags, size_t n, weir_buf *key)
{
    double start = thread_seconds();

    for (size_t i = 0; i < n; i++) {
        key->len = 0;
        weir_canonical_key(tags[i], key);
    }
    return (thread_seconds() - start) * 1e9 / (double)n;
}

static void
measure_kind(const struct tokens *t, size_t kind, unsigned nrounds, struct folding *out)
{
    weir_span *tags = allocate(MOST_TAGS, sizeof *tags);
    struct text text = {0};
    struct samples samples = {.n = 0};
    weir_buf key = {0};
    size_t n = 0;

    for (size_t i = 0; i < t->n && n < MOST_TAGS; i++)
        if (is_ascii(t->v[i]) == (kind < 2))
            tags[n++] = written(&text, t->v[i], kind);
    for (unsigned round = 0; round < nrounds && n > 0; round++)
        samples_add(&samples, time_folding(tags, n, &key));
    *out = (struct folding){kinds[kind], samples_spread(&samples), n};
    weir_buf_fini(&key);
    text_fini(&text);
    free(tags);
}

void
folding_measure(const struct tokens *t, unsigned nrounds, struct folding out[NFOLDINGS])
{
    for (size_t kind = 0; kind < NFOLDINGS; kind++)
        measure_kind(t, kind, nrounds, &out[kind]);
}

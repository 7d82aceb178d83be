/*
 * Adding up, by the library's reader.
 */
#include "race/sums.h"

#include <tagweir/names.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {SUMS(WEIR_TEXT)};

/* Adding up ---------------------------------------------------------------------------------- */

static void
add(struct sums *s, enum sum k, weir_span value)
{
    s->n[k] += value.len > 0;
    s->bytes[k] += value.len;
}

static void
add_post(struct sums *s, const weir_post *post)
{
    s->nposts++;
    add(s, SUM_IDS, post->id);
    add(s, SUM_AUTHOR_IDS, post->author.id);
    add(s, SUM_AUTHOR_HANDLES, post->author.handle);
    for (size_t i = 0; i < post->nhashtags; i++)
        add(s, SUM_HASHTAGS, post->hashtags[i]);
    for (size_t i = 0; i < post->nmentions; i++) {
        add(s, SUM_MENTION_IDS, post->mentions[i].id);
        add(s, SUM_MENTION_HANDLES, post->mentions[i].handle);
    }
    for (size_t i = 0; i < post->nlangs; i++)
        add(s, SUM_LANGS, post->langs[i]);
    s->n[SUM_TIMES] += post->has_created;
    if (post->repost_of)
        add_post(s, post->repost_of);
    if (post->quotes)
        add_post(s, post->quotes);
}

static void
add_lines(struct sums *s, const struct feed *f, size_t nlines)
{
    const weir_item *items;
    weir_reader *reader;
    size_t n;

    if (weir_reader_new(NULL, &reader) != WEIR_OK)
        die(EXIT_FAILED, "out of memory");
    for (size_t i = 0; i < nlines; i++) {
        weir_span line = {f->bytes.p + f->line_at[i], f->line_at[i + 1] - f->line_at[i] - 1};

        if (weir_reader_read(reader, line, line.len, &items, &n) != WEIR_OK)
            die(EXIT_FAILED, "out of memory");
        for (size_t k = 0; k < n; k++)
            if (items[k].kind == WEIR_ITEM_POST)
                add_post(s, items[k].post);
    }
    weir_reader_free(reader);
}

static void
add_times(struct sums *s, const struct sums *more, uint64_t times)
{
    s->nposts += times * more->nposts;
    for (int k = 0; k < NSUMS; k++) {
        s->n[k] += times * more->n[k];
        s->bytes[k] += times * more->bytes[k];
    }
}

void
sums_read(struct sums *s, const struct feed *f, uint64_t nlines)
{
    struct sums whole = {0};

    *s = (struct sums){.nlines = nlines};
    if (nlines >= f->nlines) {
        add_lines(&whole, f, f->nlines);
        add_times(s, &whole, nlines / f->nlines);
    }
    add_lines(s, f, (size_t)(nlines % f->nlines));
}

/* Comparing ---------------------------------------------------------------------------------- */

/* The number behind `"key":`, or behind its `[`, and the one behind that. */
static bool
find(const char *said, const char *key, uint64_t v[2])
{
    char quoted[64];
    const char *at;
    char *end;

    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    at = strstr(said, quoted);
    if (!at)
        return false;
    at += strlen(quoted);
    at += *at == '[';
    v[0] = strtoull(at, &end, 10);
    v[1] = *end == ',' ? strtoull(end + 1, NULL, 10) : 0;
    return end > at;
}

static bool
is_same(const char *said, const char *key, uint64_t n, const uint64_t *bytes, char *fault,
        size_t cap)
{
    uint64_t v[2];

    if (!find(said, key, v))
        snprintf(fault, cap, "it says nothing of %s, but %.200s", key, said);
    else if (v[0] != n)
        snprintf(fault, cap, "%s: it read %" PRIu64 ", Tagweir %" PRIu64, key, v[0], n);
    else if (bytes && v[1] != *bytes)
        snprintf(fault, cap, "%s: it read %" PRIu64 " bytes, Tagweir %" PRIu64, key, v[1], *bytes);
    else
        return true;
    return false;
}

bool
sums_agree(const struct sums *s, const char *said, char *fault, size_t cap)
{
    if (!is_same(said, "lines", s->nlines, NULL, fault, cap) ||
        !is_same(said, "posts", s->nposts, NULL, fault, cap))
        return false;
    for (int k = 0; k < NSUMS; k++)
        if (!is_same(said, names[k], s->n[k], k == SUM_TIMES ? NULL : &s->bytes[k], fault, cap))
            return false;
    return true;
}

/*
 * A fact is a head and three texts behind it. It is read where it was written, by the same program.
 */
#include "replay/samples.h"

#include "flow/check.h"

#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct fact {
    struct headcount_key key;
    uint32_t by;                  /* a weir_selector; WEIR_NSELECTORS: not known */
    uint32_t post, author, value; /* bytes of each */
};

struct kept {
    struct headcount_key key;
    size_t n;
    struct sample *list; /* room for `most` */
    UT_hash_handle hh;
};

struct samples {
    size_t most;
    struct kept *rows;
};

struct samples *
samples_new(size_t most)
{
    struct samples *s = calloc(1, sizeof *s);

    if (s)
        s->most = most;
    return s;
}

void
samples_free(struct samples *s)
{
    struct kept *k, *next;

    if (!s)
        return;
    HASH_ITER(hh, s->rows, k, next)
    {
        HASH_DEL(s->rows, k);
        for (size_t i = 0; i < k->n; i++)
            free((void *)(uintptr_t)k->list[i].post.p);
        free(k->list);
        free(k);
    }
    free(s);
}

void
samples_note(struct headcount_key key, const weir_post *post, const weir_act *act, weir_buf *facts)
{
    struct fact f = {.key = key,
                     .by = act ? (uint32_t)act->selector : WEIR_NSELECTORS,
                     .post = (uint32_t)post->id.len};
    size_t at = facts->len;

    weir_buf_put(facts, (weir_span){(const char *)&f, sizeof f});
    weir_buf_put(facts, post->id);
    size_t mark = facts->len;
    weir_record_author_text(&post->author, facts);
    f.author = (uint32_t)(facts->len - mark);
    mark = facts->len;
    if (act)
        weir_record_value_text(act, facts);
    f.value = (uint32_t)(facts->len - mark);
    if (!facts->failed)
        memcpy(facts->p + at, &f, sizeof f);
}

static struct kept *
row_of(struct samples *s, const struct headcount_key *key)
{
    struct kept *k;

    HASH_FIND(hh, s->rows, key, sizeof *key, k);
    if (k)
        return k;
    k = calloc(1, sizeof *k);
    struct sample *list = calloc(s->most, sizeof *list);
    if (k && list) {
        k->key = *key;
        k->list = list;
        HASH_ADD(hh, s->rows, key, sizeof k->key, k);
        if (k->hh.tbl)
            return k;
    }
    free(list);
    free(k);
    return NULL;
}

/* The texts of a fact, in memory of their own. */
static bool
keep(struct kept *k, const struct fact *f, const char *texts)
{
    size_t len = (size_t)f->post + f->author + f->value;
    char *own = malloc(len + 1);

    if (!own)
        return false;
    memcpy(own, texts, len);
    k->list[k->n++] = (struct sample){
        .post = {own, f->post},
        .author = {own + f->post, f->author},
        .by = f->by < WEIR_NSELECTORS ? weir_selector_name((weir_selector)f->by) : NULL,
        .value = {own + f->post + f->author, f->value}};
    return true;
}

bool
samples_take(struct samples *s, const weir_buf *facts)
{
    size_t at = 0;

    if (facts->failed)
        return false;
    while (s->most && at < facts->len) {
        struct fact f;

        CHECK(facts->len - at >= sizeof f);
        memcpy(&f, facts->p + at, sizeof f);
        at += sizeof f;
        struct kept *k = row_of(s, &f.key);
        if (!k || (k->n < s->most && !keep(k, &f, facts->p + at)))
            return false;
        at += (size_t)f.post + f.author + f.value;
        CHECK(at <= facts->len);
    }
    return true;
}

const struct sample *
samples_find(const struct samples *s, struct headcount_key key, size_t *n)
{
    struct kept *k;

    HASH_FIND(hh, s->rows, &key, sizeof key, k);
    *n = k ? k->n : 0;
    return k ? k->list : NULL;
}

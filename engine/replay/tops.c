/*
 * Counting texts. A note is the length of a text, as it lies in memory, and the text.
 */
#include "replay/tops.h"

#include "flow/check.h"
#include "replay/findings.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* Texts come from outside: nobody may aim at a bucket. `t` is the tops. */
#define HASH_NONFATAL_OOM 1
#define HASH_FUNCTION(p, len, hash) (hash) = (unsigned)XXH3_64bits_withSeed(p, len, t->seed)
#include "flow/chains.h"

struct entry {
    size_t label_len;
    uint64_t unused[3]; /* so that what is behind the handle's front begins a line */
    UT_hash_handle hh;
    size_t len;
    uint64_t n;
    char text[]; /* and the label behind it */
};

CHAINS_LIE(offsetof(struct entry, hh) + CHAINS_HANDLE_FRONT == CHAINS_LINE,
           "what it is found by, and a short text, is one line");

struct tops {
    struct entry *entries;
    size_t bytes; /* of their texts */
    uint64_t others;
    uint64_t seed;
};

struct tops *
tops_new(void)
{
    struct tops *t = calloc(1, sizeof *t);

    if (t && getrandom(&t->seed, sizeof t->seed, GRND_NONBLOCK) < 0)
        t->seed = (uintptr_t)t;
    return t;
}

void
tops_free(struct tops *t)
{
    struct entry *e, *next;

    if (!t)
        return;
    HASH_ITER(hh, t->entries, e, next)
    {
        HASH_DEL(t->entries, e);
        free(e);
    }
    free(t);
}

static struct entry *
add_entry(struct tops *t, weir_span text, weir_span label)
{
    struct entry *e = chains_new(sizeof *e + text.len + label.len);

    if (!e)
        return NULL;
    memcpy(e->text, text.p, text.len);
    e->len = text.len;
    if (label.len)
        memcpy(e->text + text.len, label.p, label.len);
    e->label_len = label.len;
    HASH_ADD_KEYPTR(hh, t->entries, e->text, e->len, e);
    if (e->hh.tbl)
        return e;
    free(e);
    return NULL;
}

void
tops_count(struct tops *t, weir_span text)
{
    tops_count_as(t, text, (weir_span){NULL, 0});
}

static unsigned
hash_of(const struct tops *t, weir_span text)
{
    unsigned hash;

    HASH_FUNCTION(text.p, text.len, hash);
    return hash;
}

static void
count_hashed(struct tops *t, weir_span text, weir_span label, unsigned hash)
{
    struct entry *e;

    HASH_FIND_BYHASHVALUE(hh, t->entries, text.p, text.len, hash, e);
    if (!e && HASH_COUNT(t->entries) < TOPS_DISTINCT &&
        text.len + label.len <= TOPS_BYTES - t->bytes)
        e = add_entry(t, text, label);
    if (!e) {
        t->others++;
        return;
    }
    t->bytes += e->n++ ? 0 : e->len + e->label_len;
}

void
tops_count_as(struct tops *t, weir_span text, weir_span label)
{
    count_hashed(t, text, label, hash_of(t, text));
}

uint64_t
tops_others(const struct tops *t)
{
    return t->others;
}

size_t
tops_distinct(const struct tops *t)
{
    return HASH_COUNT(t->entries);
}

static bool
is_before(const struct entry *a, const struct top *b)
{
    if (a->n != b->n)
        return a->n > b->n;
    size_t len = a->len < b->text.len ? a->len : b->text.len;
    int order = memcmp(a->text, b->text.p, len);
    return order ? order < 0 : a->len < b->text.len;
}

size_t
tops_first(const struct tops *t, struct top *out, size_t n)
{
    size_t found = 0;

    for (const struct entry *e = t->entries; e; e = e->hh.next) {
        size_t at = found;

        while (at > 0 && is_before(e, &out[at - 1]))
            at--;
        if (at == n)
            continue;
        if (found < n)
            found++;
        memmove(&out[at + 1], &out[at], (found - 1 - at) * sizeof *out);
        out[at] = (struct top){
            .text = {e->text, e->len}, .label = {e->text + e->len, e->label_len}, .n = e->n};
    }
    return found;
}

/* Notes ------------------------------------------------------------------------------------------
 */

/* The note at `at`; @return where the next one is. */
static size_t
read_note(const weir_buf *facts, size_t at, weir_span *text)
{
    memcpy(&text->len, facts->p + at, sizeof text->len);
    text->p = facts->p + at + sizeof text->len;
    return at + sizeof text->len + text->len;
}

static bool
is_noted(const weir_buf *facts, size_t from, size_t upto, weir_span key)
{
    weir_span other;

    while (from < upto) {
        from = read_note(facts, from, &other);
        if (other.len == key.len && memcmp(other.p, key.p, key.len) == 0)
            return true;
    }
    return false;
}

static void
note_text(struct tops_noting *x, weir_span tag)
{
    weir_buf *facts = x->facts;
    size_t at = facts->len, len = 0;
    weir_span key;

    weir_buf_put(facts, (weir_span){(const char *)&len, sizeof len});
    weir_canonical_key(tag, facts);
    if (facts->failed) {
        facts->len = at; /* what is there is whole */
        return;
    }
    len = facts->len - at - sizeof len;
    memcpy(facts->p + at, &len, sizeof len);
    (void)read_note(facts, at, &key);
    if (len == 0 || is_noted(facts, x->from, at, key))
        facts->len = at;
}

void
tops_note_act(struct tops_noting *x, const weir_act *act)
{
    if (act->selector != WEIR_SEL_HASHTAGS)
        return;
    weir_span tag = act->part->hashtags[act->value];
    for (size_t i = 0; i < x->n; i++)
        if (x->seen[i].len == tag.len && memcmp(x->seen[i].p, tag.p, tag.len) == 0)
            return;
    if (x->n == TOPS_TAGS_MOST)
        return;
    x->seen[x->n++] = tag;
    note_text(x, tag);
}

/* A tag that a confidential order's rule acted on is a target of that order. */
static void
note_open_act(struct tops_noting *x, const weir_decision *d, const weir_act *act)
{
    if (!findings_is_hidden(d->rs, act->rule))
        tops_note_act(x, act);
}

void
tops_note_tags(const weir_decision *d, weir_buf *facts)
{
    struct tops_noting x; /* most of it stays unset */

    if (!d->nregions)
        return;
    x.facts = facts;
    x.from = facts->len;
    x.n = 0;
    for (size_t i = 0; i < d->nregions; i++) {
        const weir_outcome *o = &d->regions[i].outcome;

        if (o->action == WEIR_WITHHOLD)
            note_open_act(&x, d, &o->act);
        for (int s = 0; o->action == WEIR_DOWNRANK && s < WEIR_NSURFACES; s++)
            if (o->surfaces >> s & 1)
                note_open_act(&x, d, &o->surface[s].act);
    }
}

/* Notes that are counted together, so that memory is waited for once. */
#define TOGETHER 16

void
tops_take(struct tops *tags, const weir_buf *facts)
{
    weir_span text[TOGETHER];
    unsigned hash[TOGETHER];

    for (size_t at = 0; at < facts->len;) {
        size_t n = 0;

        for (; n < TOGETHER && at < facts->len; n++) {
            at = read_note(facts, at, &text[n]);
            hash[n] = hash_of(tags, text[n]);
            chains_expect(tags->entries ? tags->entries->hh.tbl : NULL, hash[n]);
        }
        for (size_t i = 0; i < n; i++)
            count_hashed(tags, text[i], (weir_span){NULL, 0}, hash[i]);
    }
}

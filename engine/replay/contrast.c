/*
 * Differences (tagweir/diff.h) as rows of a headcount.
 */
#include "replay/contrast.h"

#include "flow/check.h"

#include <stdlib.h>

#define CONTRAST_MAGIC 0xC047A5u

/* In the first byte of a key; reach.c has another. */
enum table { OF_ALL = 1, OF_KIND, OF_REGION, OF_ROW };

struct contrast {
    uint32_t magic;
    const struct contrast_options *o;
    struct headcount *counts;
    struct contrast_sums sums;
};

struct contrast *
contrast_new(const struct contrast_options *o)
{
    struct contrast *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    *c = (struct contrast){.magic = CONTRAST_MAGIC, .o = o, .counts = headcount_new()};
    if (c->counts)
        return c;
    free(c);
    return NULL;
}

void
contrast_free(struct contrast *c)
{
    if (!c)
        return;
    CHECK_OBJ(c, CONTRAST_MAGIC);
    headcount_free(c->counts);
    c->magic = 0;
    free(c);
}

static struct headcount_key
key_in(enum table t, uint64_t what)
{
    return (struct headcount_key){.what = (uint64_t)t << 56 | what};
}

static struct headcount_key
key_of(const weir_difference *d)
{
    struct headcount_key key =
        key_in(OF_ROW, (uint64_t)d->kind << 48 | (uint64_t)d->region << 32 | d->by);

    key.whose = (uint64_t)d->before_rule << 32 | d->after_rule;
    return key;
}

/* Counting ---------------------------------------------------------------------------------------
 */

struct taking {
    struct contrast *c;
    const weir_decision *before;
    weir_buf *facts; /* NULL: it is in no row */
    bool changed;
};

static bool
is_asked_for(const struct contrast_options *o, const weir_difference *d)
{
    enum reach_side by_side = d->after_rule != WEIR_NONE ? REACH_AFTER : REACH_BEFORE;

    if (!o->rules[REACH_BEFORE])
        return true;
    return (d->before_rule != WEIR_NONE && o->rules[REACH_BEFORE][d->before_rule]) ||
           (d->after_rule != WEIR_NONE && o->rules[REACH_AFTER][d->after_rule]) ||
           (d->by != WEIR_NONE && o->rules[by_side][d->by]);
}

static void
take_difference(void *arg, const weir_difference *d)
{
    struct taking *t = arg;
    struct headcount *h = t->c->counts;

    if (!is_asked_for(t->c->o, d))
        return;
    t->changed = true;
    if (!t->facts)
        return;
    (void)headcount_count(h, key_in(OF_ALL, 0), true);
    (void)headcount_count(h, key_in(OF_KIND, (uint64_t)d->kind), true);
    if (d->region != WEIR_REGION_NONE)
        (void)headcount_count(h, key_in(OF_REGION, d->region), true);
    uint64_t nth = headcount_count(h, key_of(d), true);
    if (nth && nth <= t->c->o->samples)
        samples_note(key_of(d), t->before->post, d->after_act ? d->after_act : d->before_act,
                     t->facts);
}

/* What a post quotes, and what that does. */
static bool
quoted_changes(struct contrast *c, const weir_decision *before, const weir_decision *after)
{
    struct taking t = {.c = c};

    for (; !t.changed && before->quoted && after->quoted;
         before = before->quoted, after = after->quoted)
        weir_diff(before->quoted, after->quoted, c->o->region, take_difference, &t);
    return t.changed;
}

static bool
query_changes(struct contrast *c, const weir_decision *before, const weir_decision *after)
{
    struct taking t = {.c = c, .before = before};

    c->sums.queries++;
    weir_diff(before, after, c->o->region, take_difference, &t);
    c->sums.queries_changed += t.changed;
    return t.changed;
}

static bool
post_changes(struct contrast *c, const weir_decision *before, const weir_decision *after,
             weir_buf *facts)
{
    struct taking t = {.c = c, .before = before, .facts = facts};

    c->sums.posts++;
    headcount_begin(c->counts, &before->post->author);
    weir_diff(before, after, c->o->region, take_difference, &t);
    c->sums.changed += t.changed;
    reach_take(c->counts, REACH_BEFORE, before, c->o->region);
    reach_take(c->counts, REACH_AFTER, after, c->o->region);
    bool quoted = quoted_changes(c, before, after);
    c->sums.quoted_changed += quoted;
    return t.changed || quoted;
}

bool
contrast_take(struct contrast *c, const weir_decision *before, const weir_decision *after,
              weir_buf *facts)
{
    CHECK_OBJ(c, CONTRAST_MAGIC);
    CHECK(before->post == after->post && !before->quoted == !after->quoted);
    c->sums.limit += before->nlimit || after->nlimit;
    if (before->post->query.kind != WEIR_QUERY_NONE)
        return query_changes(c, before, after);
    return post_changes(c, before, after, facts);
}

void
contrast_add(struct contrast *c, struct contrast *other)
{
    CHECK_OBJ(c, CONTRAST_MAGIC);
    CHECK_OBJ(other, CONTRAST_MAGIC);
    headcount_add(c->counts, other->counts);
    c->sums.posts += other->sums.posts;
    c->sums.queries += other->sums.queries;
    c->sums.changed += other->sums.changed;
    c->sums.queries_changed += other->sums.queries_changed;
    c->sums.quoted_changed += other->sums.quoted_changed;
    c->sums.limit += other->sums.limit;
}

/* Reading ----------------------------------------------------------------------------------------
 */

const struct contrast_sums *
contrast_sums(const struct contrast *c)
{
    return &c->sums;
}

struct headcount_row
contrast_kind(const struct contrast *c, weir_difference_kind k)
{
    return headcount_find(c->counts, k == WEIR_NDIFFERENCES ? key_in(OF_ALL, 0)
                                                            : key_in(OF_KIND, (uint64_t)k));
}

struct headcount_row
contrast_region(const struct contrast *c, uint16_t region)
{
    return headcount_find(c->counts, key_in(OF_REGION, region));
}

bool
contrast_is_estimate(const struct contrast *c)
{
    return headcount_is_estimate(c->counts);
}

uint64_t
contrast_lost(const struct contrast *c)
{
    return headcount_lost(c->counts);
}

struct headcount *
contrast_counts(const struct contrast *c)
{
    return c->counts;
}

struct listing {
    struct contrast_row *rows;
    size_t n, cap;
    bool failed;
};

static void
add_row(void *arg, struct headcount_key key, struct headcount_row n)
{
    struct listing *l = arg;

    if (key.what >> 56 != OF_ROW || l->failed)
        return;
    if (l->n == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 64;
        struct contrast_row *v = reallocarray(l->rows, cap, sizeof *v);

        if (!v) {
            l->failed = true;
            return;
        }
        l->rows = v;
        l->cap = cap;
    }
    l->rows[l->n++] = (struct contrast_row){.kind = (weir_difference_kind)(key.what >> 48 & 0xFF),
                                            .region = (uint16_t)(key.what >> 32),
                                            .by = (uint32_t)key.what,
                                            .before_rule = (uint32_t)(key.whose >> 32),
                                            .after_rule = (uint32_t)key.whose,
                                            .n = n,
                                            .key = key};
}

static int
in_order(const void *a, const void *b)
{
    const struct contrast_row *x = a, *y = b;

    if (x->region != y->region)
        return x->region < y->region ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->key.whose != y->key.whose)
        return x->key.whose < y->key.whose ? -1 : 1;
    return x->by < y->by ? -1 : x->by > y->by;
}

struct contrast_row *
contrast_rows(const struct contrast *c, size_t *n)
{
    struct listing l = {.rows = NULL};

    CHECK_OBJ(c, CONTRAST_MAGIC);
    headcount_each(c->counts, add_row, &l);
    if (l.failed) {
        free(l.rows);
        l = (struct listing){.failed = true};
    }
    if (l.n)
        qsort(l.rows, l.n, sizeof *l.rows, in_order);
    *n = l.n;
    return l.rows;
}

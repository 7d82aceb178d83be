/*
 * Counting. The rows live in a hash table by rule and region: of all pairs only the few that act
 * are ever counted. Losing a row for want of memory must never cost an answer, so it is counted.
 */
#include "flow/tally.h"

#include "flow/check.h"

#include <stdlib.h>
#include <string.h>

/* Keys are rules and regions, which are not chosen by those whose posts are counted. */
#define HASH_NONFATAL_OOM 1
#define HASH_FUNCTION(p, len, hash) (hash) = hash_of(p)
#include "flow/chains.h"

struct tally_entry {
    struct tally_row row;
    UT_hash_handle hh;
    uint64_t key;
    struct tally_entry *then; /* which was counted in behind it, the last time; NULL: none was */
};

CHAINS_LIE(sizeof(struct tally_row) == CHAINS_LINE, "a row is one line of memory");
CHAINS_LIE(offsetof(struct tally_entry, then) == 2 * CHAINS_LINE, "what it is found by is another");

static unsigned
hash_of(const uint64_t *key)
{
    return (unsigned)(*key * UINT64_C(0x9E3779B97F4A7C15) >> 32); /* by the golden ratio */
}

void
tally_init(struct tally *t)
{
    *t = (struct tally){0};
}

static void
free_rows(struct tally *t)
{
    struct tally_entry *e, *next;

    t->last = NULL;
    HASH_ITER(hh, t->rows, e, next)
    {
        HASH_DEL(t->rows, e);
        free(e);
    }
}

void
tally_fini(struct tally *t)
{
    free_rows(t);
}

/* A row that nobody looks at, for when there is no memory. */
static struct tally_row *
lost_row(struct tally *t)
{
    static struct tally_row nowhere;

    t->rows_lost++;
    nowhere = (struct tally_row){0};
    return &nowhere;
}

/* @return NULL without memory. */
static struct tally_entry *
add_entry(struct tally *t, uint64_t key)
{
    struct tally_entry *e = chains_new(sizeof *e);

    if (!e)
        return NULL;
    e->key = key;
    e->row = (struct tally_row){.rule = (uint32_t)(key >> 16), .region = (uint16_t)key};
    HASH_ADD(hh, t->rows, key, sizeof e->key, e);
    if (e->hh.tbl)
        return e;
    free(e);
    return NULL;
}

static uint64_t
key_of(uint32_t rule, uint16_t region)
{
    return (uint64_t)rule << 16 | region;
}

/* A rule acts in the same regions again: mostly it is the row that followed the last time, too. */
static struct tally_row *
find_row(struct tally *t, uint32_t rule, uint16_t region)
{
    uint64_t key = key_of(rule, region);
    struct tally_entry *e = t->last ? t->last->then : NULL;

    if (!e || e->key != key)
        HASH_FIND(hh, t->rows, &key, sizeof key, e);
    if (!e && !(e = add_entry(t, key)))
        return lost_row(t);
    if (t->last)
        t->last->then = e;
    t->last = e;
    return &e->row;
}

static struct tally_row *
row_of(struct tally *t, uint32_t rule, uint16_t region, int64_t post_ms)
{
    struct tally_row *row = find_row(t, rule, region);

    row->last_ms = post_ms > row->last_ms ? post_ms : row->last_ms;
    return row;
}

/* A rule that downranks several surfaces of a region is counted there once. */
static void
tally_downrank(struct tally *t, uint16_t region, const weir_outcome *o, int64_t post_ms)
{
    bool is_first = true;

    for (int s = 0; s < WEIR_NSURFACES; s++) {
        bool counted = !(o->surfaces & 1u << s);

        for (int before = 0; before < s && !counted; before++)
            counted = (o->surfaces & 1u << before) &&
                      o->surface[before].act.rule == o->surface[s].act.rule;
        if (counted)
            continue;
        struct tally_row *row = row_of(t, o->surface[s].act.rule, region, post_ms);
        row->downranked++;
        row->first += is_first;
        is_first = false;
    }
}

static void
tally_exemptions(struct tally *t, const weir_region_exemptions *x, int64_t post_ms)
{
    for (size_t i = 0; i < x->n; i++)
        row_of(t, x->list[i].rule, x->region, post_ms)->exempted++;
}

static bool
has_exemption(const weir_decision *d)
{
    bool has = false;

    for (size_t i = 0; i < d->nexempted && !has; i++)
        has = d->exempted[i].n > 0;
    return has;
}

/* Nothing but its id, with which Bluesky gives the author. */
static bool
is_known_by_id(const weir_post *p)
{
    bool author = p->author.id.len || p->author.handle.len;

    return !p->nhashtags && !p->nmentions && !p->nlangs && !p->has_created &&
           (!author || p->source == WEIR_SOURCE_BLUESKY);
}

static bool
reposts_an_id(const weir_post *p)
{
    bool does = false;

    for (p = p->repost_of; p && !does; p = p->repost_of)
        does = is_known_by_id(p);
    return does;
}

/* Whoever asks may name any time, far in the future among them: only posts have one that counts. */
static void
tally_rules(struct tally *t, const weir_decision *d)
{
    int64_t post_ms = d->post->query.kind == WEIR_QUERY_NONE ? d->at_ms : 0;

    t->last = NULL;
    for (size_t i = 0; i < d->nregions; i++) {
        const weir_outcome *o = &d->regions[i].outcome;

        if (o->action == WEIR_WITHHOLD)
            row_of(t, o->act.rule, d->regions[i].region, post_ms)->withheld++;
        else if (o->action == WEIR_DOWNRANK)
            tally_downrank(t, d->regions[i].region, o, post_ms);
    }
    for (size_t i = 0; i < d->nexempted; i++)
        tally_exemptions(t, &d->exempted[i], post_ms);
    for (size_t i = 0; i < d->nobserved; i++)
        row_of(t, d->observed[i], WEIR_REGION_NONE, post_ms)->observed++;
    for (size_t i = 0; i < d->nheld_back; i++)
        row_of(t, d->held_back[i], WEIR_REGION_NONE, post_ms)->held_back++;
}

/* Most that act do in one region, or for all of them it is the row that follows. */
void
tally_expect(const struct tally *t, const weir_decision *d)
{
    if (!t->rows || !d->nregions || d->regions[0].outcome.action != WEIR_WITHHOLD)
        return;
    uint64_t key = key_of(d->regions[0].outcome.act.rule, d->regions[0].region);
    chains_expect(t->rows->hh.tbl, hash_of(&key));
}

void
tally_decision(struct tally *t, const weir_decision *d)
{
    if (d->post->query.kind == WEIR_QUERY_NONE)
        t->posts++;
    else
        t->queries++;
    t->action[d->action]++;
    t->observed += d->nobserved > 0;
    t->held_back += d->nheld_back > 0;
    t->limit += d->nlimit > 0 || d->limit_tags;
    t->limit_patterns += d->nlimit > 0;
    t->limit_tags += d->limit_tags;
    t->exempted += has_exemption(d);
    for (const weir_decision *q = d->quoted; q; q = q->quoted)
        t->quoted[q->action]++;
    t->by_id += reposts_an_id(d->post);
    tally_rules(t, d);
}

static void
add_skips(struct tally *t, const char *kind, uint64_t n)
{
    size_t i = 0;

    t->skips += n;
    while (i < t->nskip && strcmp(t->skip[i].kind, kind) != 0)
        i++;
    if (i == TALLY_SKIPS)
        i--; /* more kinds than there are */
    else if (i == t->nskip)
        t->skip[t->nskip++] = (struct tally_skip){.kind = i + 1 < TALLY_SKIPS ? kind : "other"};
    t->skip[i].n += n;
}

void
tally_skip(struct tally *t, const char *kind)
{
    add_skips(t, kind, 1);
}

void
tally_error(struct tally *t, weir_read_error e)
{
    CHECK(e < WEIR_NREAD_ERRORS);
    t->errors++;
    t->error[e]++;
}

void
tally_add(struct tally *t, const struct tally *other)
{
    t->items += other->items;
    t->posts += other->posts;
    t->queries += other->queries;
    t->errors += other->errors;
    t->left_out += other->left_out;
    t->abandoned += other->abandoned;
    t->made += other->made;
    for (int i = 0; i <= WEIR_WITHHOLD; i++) {
        t->action[i] += other->action[i];
        t->quoted[i] += other->quoted[i];
    }
    for (int i = 0; i < WEIR_NREAD_ERRORS; i++)
        t->error[i] += other->error[i];
    for (size_t i = 0; i < other->nskip; i++)
        add_skips(t, other->skip[i].kind, other->skip[i].n);
    t->exempted += other->exempted;
    t->observed += other->observed;
    t->held_back += other->held_back;
    t->limit += other->limit;
    t->limit_patterns += other->limit_patterns;
    t->limit_tags += other->limit_tags;
    t->by_id += other->by_id;
}

void
tally_row_add(struct tally_row *row, const struct tally_row *other)
{
    row->withheld += other->withheld;
    row->downranked += other->downranked;
    row->exempted += other->exempted;
    row->observed += other->observed;
    row->held_back += other->held_back;
    row->first += other->first;
    row->last_ms = other->last_ms > row->last_ms ? other->last_ms : row->last_ms;
}

void
tally_move_rows(struct tally *t, struct tally *from)
{
    t->rows_lost += from->rows_lost;
    from->rows_lost = 0;
    t->last = from->last = NULL;
    if (!t->rows) {
        t->rows = from->rows;
        from->rows = NULL;
        return;
    }
    for (const struct tally_entry *e = from->rows; e; e = e->hh.next)
        tally_row_add(find_row(t, e->row.rule, e->row.region), &e->row);
    free_rows(from);
}

static int
by_kind(const void *a, const void *b)
{
    const struct tally_skip *x = a, *y = b;

    return strcmp(x->kind, y->kind);
}

void
tally_skips(const struct tally *t, struct tally_skip *out)
{
    memcpy(out, t->skip, t->nskip * sizeof *out);
    if (t->nskip)
        qsort(out, t->nskip, sizeof *out, by_kind);
}

bool
tally_adds_up(const struct tally *t)
{
    uint64_t errors = 0, skips = 0, decided = 0;

    for (int i = 0; i < WEIR_NREAD_ERRORS; i++)
        errors += t->error[i];
    for (size_t i = 0; i < t->nskip; i++)
        skips += t->skip[i].n;
    for (int i = 0; i <= WEIR_WITHHOLD; i++)
        decided += t->action[i];
    return t->items == t->posts + t->queries + t->skips + t->errors + t->left_out + t->abandoned &&
           t->errors == errors && t->skips == skips &&
           (decided == 0 || decided == t->posts + t->queries);
}

static int
by_region(const void *a, const void *b)
{
    const struct tally_row *x = a, *y = b;

    if (x->region != y->region)
        return x->region < y->region ? -1 : 1;
    return x->rule < y->rule ? -1 : x->rule > y->rule;
}

struct tally_row *
tally_rows(const struct tally *t, size_t *n)
{
    size_t count = HASH_COUNT(t->rows), i = 0;
    struct tally_row *rows = count ? calloc(count, sizeof *rows) : NULL;

    *n = count;
    if (!rows)
        return NULL;
    for (struct tally_entry *e = t->rows; e; e = e->hh.next)
        rows[i++] = e->row;
    qsort(rows, count, sizeof *rows, by_region);
    return rows;
}

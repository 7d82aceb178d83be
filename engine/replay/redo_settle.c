/*
 * Settling: when the feed was read, each record is explained by something of it, or not; queries
 * are decided again, from what their records say was asked.
 */
#include "replay/redo_parts.h"

#include <stdlib.h>
#include <string.h>

struct settling {
    struct redo *redo;
    struct again again;
    uint32_t *by_entry; /* numbers of doubts, by entry and content */
    bool any_limited;
    bool failed; /* `why`, or no memory */
};

/* Samples ------------------------------------------------------------------------------------ */

static bool
is_before(const struct entry *a, const struct entry *b)
{
    return a->segment != b->segment ? a->segment < b->segment : a->offset < b->offset;
}

/* The first ones in the journal, behind `fixed` that keep their places. */
static void
add_sample(struct redo_samples *s, size_t fixed, const struct entry *e)
{
    size_t at = s->n;

    while (at > fixed && is_before(e, s->v[at - 1].entry))
        at--;
    if (at == REDO_SHOWN)
        return;
    s->n += s->n < REDO_SHOWN;
    memmove(&s->v[at + 1], &s->v[at], (s->n - at - 1) * sizeof s->v[0]);
    s->v[at] = (struct redo_sample){.entry = e};
}

/* Doubts ------------------------------------------------------------------------------------- */

static int
compare_doubts(const struct redo_doubt *a, uint64_t entry, uint64_t content)
{
    if (a->entry != entry)
        return a->entry < entry ? -1 : 1;
    return a->content < content ? -1 : a->content > content;
}

static int
by_entry(const void *a, const void *b, void *doubts)
{
    const struct redo_doubt *v = doubts, *y = &v[*(const uint32_t *)b];

    return compare_doubts(&v[*(const uint32_t *)a], y->entry, y->content);
}

static bool
sort_doubts(struct settling *s)
{
    struct redo *r = s->redo;

    s->by_entry = calloc(r->ndoubts + 1, sizeof *s->by_entry);
    for (size_t i = 0; s->by_entry && i < r->ndoubts; i++)
        s->by_entry[i] = (uint32_t)i;
    if (s->by_entry && r->ndoubts)
        qsort_r(s->by_entry, r->ndoubts, sizeof *s->by_entry, by_entry, r->doubts);
    return s->by_entry != NULL;
}

static struct redo_doubt *
find_doubt(const struct settling *s, uint64_t entry, uint64_t content)
{
    struct redo *r = s->redo;
    size_t from = 0, upto = r->ndoubts;

    while (from < upto) {
        size_t middle = from + (upto - from) / 2;

        if (compare_doubts(&r->doubts[s->by_entry[middle]], entry, content) < 0)
            from = middle + 1;
        else
            upto = middle;
    }
    struct redo_doubt *d = from < r->ndoubts ? &r->doubts[s->by_entry[from]] : NULL;
    return d && compare_doubts(d, entry, content) == 0 ? d : NULL;
}

static void
count_difference(struct redo_counts *n, uint32_t result)
{
    n->different++;
    n->out_of_force += result == AGAIN_OUT_OF_FORCE;
    n->out_of_time += result == AGAIN_OUT_OF_TIME;
    n->unlimited += result == AGAIN_UNLIMITED;
}

/* A post of that content took the record, and gave another. */
static void
count_different(struct settling *s, uint64_t entry, uint64_t content)
{
    struct redo *r = s->redo;
    struct redo_doubt *d = find_doubt(s, entry, content);

    if (!d)
        return; /* there is no memory for it, or what was recorded could not be read */
    d->holds = true;
    redo_count_rules(d->rules);
    count_difference(&r->counts, d->result);
}

/* The post gave it, or gave another because a pattern ran out. */
static void
count_same(struct settling *s, uint64_t entry, uint64_t content)
{
    struct redo_counts *counts = &s->redo->counts;
    const struct redo_doubt *d = s->any_limited ? find_doubt(s, entry, content) : NULL;

    counts->same += d == NULL;
    counts->limited += d != NULL;
}

/* In the order of the feed. */
static void
show_doubts(struct redo *r)
{
    for (size_t i = 0; i < r->ndoubts && r->different.n < REDO_SHOWN; i++) {
        if (!r->doubts[i].holds)
            continue;
        struct redo_sample *s = &r->different.v[r->different.n++];
        *s = (struct redo_sample){.entry = &r->entries.v[r->doubts[i].entry],
                                  .is_lost = i >= REDO_MADE};
        if (s->is_lost)
            continue;
        s->made = r->made[i];
        r->made[i] = (weir_buf){0};
    }
}

/* Posts -------------------------------------------------------------------------------------- */

static void
count_unrecorded(struct settling *s, const struct entry *first, uint32_t posts, bool is_missing)
{
    struct redo *r = s->redo;

    if (!posts)
        return;
    r->counts.missing += is_missing ? posts : 0;
    r->counts.untold += is_missing ? 0 : posts;
    if (is_missing)
        add_sample(&r->missing, r->nfed, first);
}

static void
settle_post(struct settling *s, const struct claim_share *share, size_t i, const struct entry *e)
{
    struct redo *r = s->redo;
    uint32_t taker = share->taker[i];
    uint64_t number = (uint64_t)(e - r->entries.v);

    if (taker == CLAIMS_NONE) {
        r->counts.unexplained++;
        add_sample(&r->unexplained, 0, e);
    } else if (share->is_equal[i]) {
        count_same(s, number, share->claims[taker]->content);
    } else {
        count_different(s, number, share->claims[taker]->content);
    }
}

static void
settle_posts(struct settling *s, const struct entry *first, size_t n)
{
    struct redo *r = s->redo;
    struct claim_share share;

    if (!claims_share(&r->claims, first, n, &share)) {
        s->failed = r->nomem = true;
        claims_unshare(&share);
        return;
    }
    for (size_t i = 0; i < n; i++)
        settle_post(s, &share, i, &first[i]);
    for (size_t c = 0; c < share.nclaims; c++) {
        const struct claim *claim = share.claims[c];

        if (!claim->has_without || claim->without != WITHOUT_NONE)
            count_unrecorded(s, first, share.left[c],
                             claim->has_without && claim->without == WITHOUT_ALL);
    }
    claims_unshare(&share);
}

/* Queries and errors ------------------------------------------------------------------------- */

static uint32_t
asked_for(const struct redo *r, const struct entry *first)
{
    return first->claims ? r->claims.v[first->claims - 1].posts : 0;
}

static void
fail(struct settling *s, enum again_result why)
{
    s->failed = true;
    s->redo->nomem |= why == AGAIN_NOMEM;
    if (why == AGAIN_UNREAD && !s->redo->why.len)
        weir_buf_put(&s->redo->why, (weir_span){s->again.why.p, s->again.why.len});
}

static void
settle_query(struct settling *s, const struct entry *e)
{
    struct redo *r = s->redo;
    weir_span record;
    enum again_result result = again_query(&s->again, e, &record);

    if (result == AGAIN_NOMEM || result == AGAIN_UNREAD) {
        fail(s, result);
        return;
    }
    r->counts.same += result == AGAIN_SAME;
    r->counts.limited += result == AGAIN_LIMITED;
    if (result == AGAIN_SAME || result == AGAIN_LIMITED)
        return;
    struct redo_list *rules = redo_list(r, record, (weir_span){s->again.made.p, s->again.made.len});
    if (!rules) {
        fail(s, AGAIN_NOMEM);
        return;
    }
    redo_count_rules(rules);
    count_difference(&r->counts, result);
    add_sample(&r->different, r->nposts_shown, e);
}

static void
settle_queries(struct settling *s, const struct entry *first, size_t n)
{
    uint32_t asked = asked_for(s->redo, first), more = asked > n ? asked - (uint32_t)n : 0;

    s->redo->counts.elsewhere += asked < n ? n - asked : 0;
    for (size_t i = 0; i < n && !s->failed; i++)
        settle_query(s, &first[i]);
    if (!more || s->failed)
        return;
    enum again_without without = again_query_without(&s->again, first);
    if (without == WITHOUT_NOMEM)
        fail(s, AGAIN_NOMEM);
    else if (without != WITHOUT_NONE)
        count_unrecorded(s, first, more, without == WITHOUT_ALL);
}

static void
settle_errors(struct settling *s, const struct entry *first, size_t n)
{
    struct redo *r = s->redo;
    uint32_t came = asked_for(r, first);
    size_t explained = came < n ? came : n;

    r->counts.same += explained;
    r->counts.unexplained += n - explained;
    for (size_t i = explained; i < n; i++)
        add_sample(&r->unexplained, 0, &first[i]);
    count_unrecorded(s, first, came - (uint32_t)explained, !r->past.cut);
}

/* All ---------------------------------------------------------------------------------------- */

static void
settle_all(struct settling *s, bool queries)
{
    struct redo *r = s->redo;

    for (size_t i = 0, n; i < r->entries.n && !s->failed; i += n) {
        const struct entry *first = &r->entries.v[i];
        enum recorded_kind kind = entry_kind(first);

        n = entries_alike(&r->entries, i);
        if (queries != (kind == RECORDED_QUERY))
            continue;
        if (kind == RECORDED_QUERY)
            settle_queries(s, first, n);
        else if (kind == RECORDED_POST)
            settle_posts(s, first, n);
        else
            settle_errors(s, first, n);
    }
}

/* Queries that differ are shown behind posts: only these have an order by the feed. */
static void
make_shown(struct settling *s)
{
    struct redo_samples *shown = &s->redo->different;
    weir_span record;

    for (size_t i = s->redo->nposts_shown; i < shown->n && !s->failed; i++) {
        struct redo_sample *sample = &shown->v[i];
        enum again_result result = again_query(&s->again, sample->entry, &record);

        if (result == AGAIN_NOMEM || result == AGAIN_UNREAD)
            fail(s, result);
        else
            weir_buf_put(&sample->made, (weir_span){s->again.made.p, s->again.made.len});
        if (sample->made.failed)
            fail(s, AGAIN_NOMEM);
    }
}

bool
redo_settle(struct redo *r)
{
    struct settling s = {.redo = r};

    r->nfed = r->missing.n;
    s.any_limited = r->counts.limited > 0;
    r->counts.limited = 0;
    bool good = !r->nomem && !r->why.len && again_init(&s.again, &r->job) && sort_doubts(&s);
    if (good) {
        settle_all(&s, false);
        show_doubts(r);
        r->nposts_shown = r->different.n;
        settle_all(&s, true);
        make_shown(&s);
        redo_sum_rules(r);
    } else {
        r->nomem |= !r->why.len;
    }
    again_fini(&s.again);
    free(s.by_entry);
    return good && !s.failed && !r->nomem;
}

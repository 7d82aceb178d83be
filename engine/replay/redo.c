/*
 * What threads do of redoing: find the records of what they read, decide it again, and note what
 * does not fit. A post that has no record is looked at as well: it may be that it should have one.
 */
#include "replay/redo_parts.h"

#include "flow/check.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

struct hand {
    struct redo *redo;
    struct again again;
    struct redo_counts counts;
    weir_buf text;
    bool gives_up; /* what was recorded cannot be read */
};

void
redo_init(struct redo *r, const char *dir)
{
    *r = (struct redo){.job = {.dir = dir}};
    r->job.past = &r->past;
    entries_init(&r->entries);
    claims_init(&r->claims);
    (void)pthread_mutex_init(&r->lock, NULL);
}

static void
free_samples(struct redo_samples *s)
{
    for (size_t i = 0; i < s->n; i++)
        weir_buf_fini(&s->v[i].made);
}

void
redo_fini(struct redo *r)
{
    for (size_t i = 0; r->made && i < REDO_MADE; i++)
        weir_buf_fini(&r->made[i]);
    free(r->made);
    free(r->doubts);
    free_samples(&r->different);
    free_samples(&r->unexplained);
    free_samples(&r->missing);
    free(r->rules);
    redo_free_lists(r);
    again_job_fini(&r->job);
    claims_fini(&r->claims);
    entries_fini(&r->entries);
    past_fini(&r->past);
    weir_buf_fini(&r->why);
    (void)pthread_mutex_destroy(&r->lock);
}

bool
redo_visit(const weir_journal_entry *entry, void *redo)
{
    struct redo *r = redo;

    entries_visit(&r->entries, &r->past, entry);
    return !r->past.nomem && !r->entries.nomem;
}

bool
redo_prepare(struct redo *r)
{
    if (r->past.nomem || r->entries.nomem)
        return false;
    past_finish(&r->past);
    entries_finish(&r->entries, &r->past);
    r->made = calloc(REDO_MADE, sizeof *r->made);
    return !r->past.nomem && r->made && again_job_init(&r->job);
}

/* Hands -------------------------------------------------------------------------------------- */

static void *
open_hand(void *arg)
{
    struct redo *r = arg;
    struct hand *h = calloc(1, sizeof *h);

    if (!h)
        return NULL;
    h->redo = r;
    if (again_init(&h->again, &r->job))
        return h;
    again_fini(&h->again);
    free(h);
    return NULL;
}

static void
add_counts(struct redo_counts *to, const struct redo_counts *from)
{
    to->posts += from->posts;
    to->queries += from->queries;
    to->errors += from->errors;
    to->missing += from->missing;
    to->untold += from->untold;
    to->limited += from->limited;
}

/* One after the other, when all have ended. */
static void
close_hand(void *arg, void *hand)
{
    struct redo *r = arg;
    struct hand *h = hand;

    add_counts(&r->counts, &h->counts);
    again_fini(&h->again);
    weir_buf_fini(&h->text);
    free(h);
}

static bool
put_fact(weir_buf *facts, struct fact f, const weir_buf *made)
{
    f.len = made->len;
    weir_buf_put(facts, (weir_span){(const char *)&f, sizeof f});
    weir_buf_put(facts, (weir_span){made->p, made->len});
    return !facts->failed;
}

void
redo_say_why(struct redo *r, const weir_buf *why)
{
    (void)pthread_mutex_lock(&r->lock);
    if (!r->why.len)
        weir_buf_put(&r->why, (weir_span){why->p, why->len});
    (void)pthread_mutex_unlock(&r->lock);
}

/* What was recorded cannot be read: this thread does no more. */
static bool
give_up(struct hand *h)
{
    redo_say_why(h->redo, &h->again.why);
    h->gives_up = true;
    return true;
}

/* Posts -------------------------------------------------------------------------------------- */

static bool
take_unrecorded(struct hand *h, const weir_post *post, weir_buf *facts)
{
    switch (again_without(&h->again, post)) {
    case WITHOUT_NONE:
        return true;
    case WITHOUT_SOME:
        h->counts.untold++;
        return true;
    case WITHOUT_ALL:
        h->counts.missing++;
        return put_fact(facts, (struct fact){.kind = FACT_MISSING}, &h->again.made);
    case WITHOUT_NOMEM:
        break;
    }
    return false;
}

/* One record. false: no memory. */
static bool
compare_one(struct hand *h, const weir_post *post, const struct entry *e, uint64_t content,
            bool *equal, weir_buf *facts)
{
    const struct entry *v = h->redo->entries.v;
    weir_span record;
    enum again_result result = again_record(&h->again, post, e, &record);

    h->counts.limited += result == AGAIN_LIMITED;
    *equal = result == AGAIN_SAME || result == AGAIN_LIMITED;
    if (result == AGAIN_SAME)
        return true;
    if (result == AGAIN_UNREAD)
        return give_up(h);
    const struct fact f = {.kind = FACT_DOUBT,
                           .result = (uint32_t)result,
                           .entry = (uint64_t)(e - v),
                           .content = content};
    return result != AGAIN_NOMEM && put_fact(facts, f, &h->again.made);
}

/* @param every  It gives each of them. */
static bool
compare_all(struct hand *h, const weir_post *post, const struct entry *first, size_t n,
            uint32_t claim, uint64_t content, bool *every, weir_buf *facts)
{
    uint64_t inside, *bits = claim_bits(n, &inside);
    bool good = bits != NULL;

    *every = true;
    for (size_t i = 0; good && i < n && !h->gives_up; i++) {
        bool equal = false;

        good = compare_one(h, post, &first[i], content, &equal, facts);
        bits[i / 64] |= (uint64_t)equal << i % 64;
        *every &= equal;
    }
    if (bits)
        claims_set_equal(&h->redo->claims, claim, n, bits);
    return good;
}

/* All that decisions depend on is in it. */
static bool
write_content(struct hand *h, const weir_post *post)
{
    h->text.len = 0;
    weir_record_write_post(post, &h->text);
    return !h->text.failed;
}

/*
 * A content that comes again, or another one of the same post, may be one more than there are
 * records of it: whether it should have one is asked while it is there. Of the content that came
 * first nobody knows whether others will; where it gives every record, one is kept for it.
 */
static bool
take_recorded(struct hand *h, const weir_post *post, struct entry *first, size_t n, weir_buf *facts)
{
    struct claims *claims = &h->redo->claims;
    uint32_t posts = 0;
    bool others = false, every = true;

    if (!write_content(h, post))
        return false;
    uint64_t content = XXH3_64bits(h->text.p, h->text.len);
    uint32_t claim = claims_lay(claims, first, content, &posts, &others);
    if (claim == CLAIMS_NONE ||
        (posts == 1 && !compare_all(h, post, first, n, claim, content, &every, facts)))
        return false;
    if (h->gives_up || (posts == 1 ? !others && every : posts > 2))
        return true;
    enum again_without without = again_without(&h->again, post);
    claims_set_without(claims, claim, without);
    return without != WITHOUT_NOMEM;
}

static bool
take_post(struct hand *h, const weir_post *post, weir_buf *facts)
{
    size_t n;

    h->counts.posts++;
    h->text.len = 0;
    weir_buf_put_json(&h->text, post->id);
    if (h->text.failed)
        return false;
    uint64_t key =
        entries_key(&h->redo->entries, RECORDED_POST, (weir_span){h->text.p, h->text.len});
    struct entry *first = entries_find(&h->redo->entries, key, &n);
    return first ? take_recorded(h, post, first, n, facts) : take_unrecorded(h, post, facts);
}

/* Queries and errors: those that are the same, are so in all ------------------------------------
 */

static bool
count_claim(struct hand *h, struct entry *first)
{
    uint32_t posts;
    bool others;

    return claims_lay(&h->redo->claims, first, 0, &posts, &others) != CLAIMS_NONE;
}

/* As records have it; see put_subject in audit/record.c. */
static bool
write_query(weir_buf *out, const weir_query *q)
{
    out->len = 0;
    weir_buf_puts(out, q->kind == WEIR_QUERY_HASHTAG ? "{\"hashtag\":" : "{\"account\":");
    weir_buf_put_json(out, q->value);
    if (q->region != WEIR_REGION_NONE)
        weir_buf_printf(out, ",\"region\":\"%s\"", weir_region_code(q->region));
    if (q->at.p) {
        weir_buf_puts(out, ",\"at\":");
        weir_buf_put_json(out, q->at);
    }
    weir_buf_puts(out, "}");
    return !out->failed;
}

static bool
take_query(struct hand *h, const weir_post *post, weir_buf *facts)
{
    size_t n;

    h->counts.queries++;
    if (!write_query(&h->text, &post->query))
        return false;
    uint64_t key =
        entries_key(&h->redo->entries, RECORDED_QUERY, (weir_span){h->text.p, h->text.len});
    struct entry *first = entries_find(&h->redo->entries, key, &n);
    return first ? count_claim(h, first) : take_unrecorded(h, post, facts);
}

static bool
take_error(struct hand *h, const weir_item *item, weir_buf *facts)
{
    weir_buf *made = &h->again.made;
    size_t n;

    h->counts.errors++;
    made->len = h->text.len = 0;
    weir_record_write_error(item, 1, WEIR_UNDECIDED_REPORT, made);
    recorded_error_key((weir_span){made->p, made->len}, &h->text);
    if (made->failed || h->text.failed)
        return false;
    uint64_t key =
        entries_key(&h->redo->entries, RECORDED_ERROR, (weir_span){h->text.p, h->text.len});
    struct entry *first = entries_find(&h->redo->entries, key, &n);
    if (first)
        return count_claim(h, first);
    h->counts.untold += h->redo->past.cut;
    h->counts.missing += !h->redo->past.cut;
    return h->redo->past.cut || put_fact(facts, (struct fact){.kind = FACT_MISSING}, made);
}

static bool
take(void *hand, const weir_item *item, weir_buf *facts)
{
    struct hand *h = hand;

    if (h->gives_up)
        return true;
    if (item->kind == WEIR_ITEM_ERROR)
        return take_error(h, item, facts);
    return item->post->query.kind == WEIR_QUERY_NONE ? take_post(h, item->post, facts)
                                                     : take_query(h, item->post, facts);
}

struct crew_notes
redo_notes(struct redo *r)
{
    return (struct crew_notes){.arg = r, .open = open_hand, .close = close_hand, .take = take};
}

/*
 * Tweets v2: pages of the API, single tweets of its streams, and lines that `twarc2 flatten`
 * wrote.
 *
 * A page's tweets point at users and other tweets by id; tables of both are sorted once a page. A
 * tweet that many others point at is read once a level, not once for each of them: a line may
 * hold thousands of references to one long tweet. It is decided for each of them, though, and so
 * what a page's posts may come to together is bounded.
 */
#include "post/read.h"

#include <stdlib.h>

/* A tweet of the page, as read for one level of nesting. */
struct reading_of {
    bool is_done;
    const weir_post *post;
    struct weir__fault fault;
    size_t size;
};

struct entry {
    weir_span id;
    size_t rank; /* among equal ids the first holds: includes before data */
    const struct weir__json *node;
    struct reading_of *levels; /* by level; NULL: not referred to yet */
};

struct table {
    struct entry *entries;
    size_t n;
};

struct weir__page {
    struct table users, tweets;
    size_t left; /* of the sizes that its posts may come to together */
};

/* ---- tables ---- */

static int
by_id(const void *va, const void *vb)
{
    const struct entry *a = va, *b = vb;
    int c = weir__span_cmp(a->id, b->id);

    return c ? c : (a->rank > b->rank) - (a->rank < b->rank);
}

/* Adds what has an id that can be read. No fault comes of the rest: it concerns nobody until
   somebody points at it, and then it is not found. */
static void
table_add(struct weir__reading *r, struct table *t, const struct weir__json *list, unsigned k_id)
{
    for (size_t i = 0; list && i < list->n; i++) {
        const struct weir__json *id = weir__json_get(&list->items[i], k_id);
        if (!id || (id->type != WEIR__STRING && id->type != WEIR__NUMBER))
            continue;
        t->entries[t->n] = (struct entry){weir__text_of(r, id), t->n, &list->items[i], NULL};
        t->n++;
    }
}

static void
table_make(struct weir__reading *r, struct table *t, const struct weir__json *first,
           const struct weir__json *second, unsigned k_id)
{
    t->entries = arena_array(r->arena, (first ? first->n : 0) + (second ? second->n : 0),
                             sizeof *t->entries);
    table_add(r, t, first, k_id);
    table_add(r, t, second, k_id);
    if (t->n)
        qsort(t->entries, t->n, sizeof *t->entries, by_id);
}

static struct entry *
table_find(const struct table *t, weir_span id)
{
    size_t from = 0, to = t->n;

    while (from < to) {
        size_t mid = from + (to - from) / 2;
        if (weir__span_cmp(t->entries[mid].id, id) < 0)
            from = mid + 1;
        else
            to = mid;
    }
    return from < t->n && span_eq(t->entries[from].id, id) ? &t->entries[from] : NULL;
}

/* ---- the tweet ---- */

static void
read_author(struct weir__draft *d)
{
    struct weir__reading *r = d->r;
    weir_account *author = &d->post->author;
    const struct weir__json *o = weir__get_object(r, d->node, WEIR__P_AUTHOR);

    *author = weir__account(weir__get_id(r, d->node, WEIR__P_AUTHOR_ID),
                            o ? weir__get_string(r, o, WEIR__W_USERNAME) : SPAN_NONE);
    if (author->handle.p || !author->id.len || !r->page)
        return;
    const struct entry *user = table_find(&r->page->users, author->id);
    if (user)
        author->handle = weir__bare_handle(weir__get_string(r, user->node, WEIR__W_USERNAME));
}

static weir_account
read_account(struct weir__reading *r, const struct weir__json *o)
{
    return weir__account(weir__get_id(r, o, WEIR__W_ID), weir__get_string(r, o, WEIR__W_USERNAME));
}

static void
read_entities(struct weir__draft *d, const struct weir__json *entities)
{
    weir__draft_tag_objects(d, entities, WEIR__E_HASHTAGS, WEIR__T_TAG);
    weir__draft_mention_objects(d, entities, WEIR__E_MENTIONS, read_account);
}

static void
read_tags(struct weir__draft *d)
{
    const struct weir__json *entities = weir__get_object(d->r, d->node, WEIR__P_ENTITIES);
    const struct weir__json *text = weir__get_unread(d->r, d->node, WEIR__P_TEXT);

    if (entities)
        read_entities(d, entities);
    if (text && weir__draft_wants_text(d, entities != NULL)) {
        weir_span said = weir__text_of(d->r, text);
        weir__draft_text_tags(d, said);
        weir__draft_text_mentions(d, said);
    }
}

static const weir_post *read_tweet(struct weir__reading *r, const struct weir__json *o, int level);

/* A tweet of the page that another one points at; read once for each level, faults included. */
static const weir_post *
read_entry(struct weir__reading *r, struct entry *e, int level)
{
    if (!e->levels)
        e->levels = arena_array(r->arena, WEIR__NESTED_MAX + 1, sizeof *e->levels);
    struct reading_of *done = &e->levels[level];
    if (!done->is_done) {
        struct weir__fault outer = r->fault;
        size_t outer_size = r->size;
        r->fault.is_set = false;
        r->size = 0;
        done->post = read_tweet(r, e->node, level);
        done->fault = r->fault;
        done->size = r->size;
        done->is_done = true;
        r->fault = outer;
        r->size = outer_size;
    }
    r->size += done->size;
    weir__fault_merge(r, &done->fault);
    return done->post;
}

/* Has `twarc2 flatten` merged the tweet itself into the reference to it? */
static bool
is_merged(const struct weir__json *ref)
{
    static const uint8_t keys[] = {WEIR__P_AUTHOR_ID, WEIR__P_AUTHOR,     WEIR__P_TEXT,
                                   WEIR__P_ENTITIES,  WEIR__P_CREATED_AT, WEIR__P_LANG};

    for (size_t i = 0; i < sizeof keys; i++)
        if (weir__has(ref, keys[i]))
            return true;
    return false;
}

static const weir_post *
read_reference(struct weir__draft *d, const struct weir__json *ref)
{
    struct weir__reading *r = d->r;

    if (is_merged(ref))
        return read_tweet(r, ref, d->level + 1);
    weir_span id = weir__get_id(r, ref, WEIR__P_ID);
    if (!id.len) {
        weir__fault(r, WEIR_READ_NO_ID, ref->at, "a referenced tweet has no id");
        return NULL;
    }
    struct entry *e = r->page ? table_find(&r->page->tweets, id) : NULL;
    return e ? read_entry(r, e, d->level + 1) : weir__post_of_id(r, WEIR_SOURCE_TWEET, id);
}

/* Of each kind the first counts: a tweet retweets one and quotes one. */
static void
read_references(struct weir__draft *d)
{
    struct weir__reading *r = d->r;
    const struct weir__json *refs =
        d->level < WEIR__NESTED_MAX ? weir__get_array(r, d->node, WEIR__P_REFERENCED) : NULL;

    for (size_t i = 0; refs && i < refs->n; i++) {
        const struct weir__json *ref = weir__item_object(r, d->node, WEIR__P_REFERENCED, i);
        weir_span type = ref ? weir__get_string(r, ref, WEIR__P_TYPE) : SPAN_NONE;
        if (span_is(type, "retweeted") && !d->post->repost_of)
            d->post->repost_of = read_reference(d, ref);
        else if (span_is(type, "quoted") && !d->post->quotes)
            d->post->quotes = read_reference(d, ref);
    }
}

static const weir_post *
read_tweet(struct weir__reading *r, const struct weir__json *o, int level)
{
    struct weir__draft d;

    weir__draft_begin(&d, r, WEIR_SOURCE_TWEET, o, level);
    d.post->id = weir__get_id(r, o, WEIR__P_ID);
    read_author(&d);
    read_tags(&d);
    weir__draft_lang(&d, weir__get_string(r, o, WEIR__P_LANG));
    weir__draft_created(&d, weir__get_string(r, o, WEIR__P_CREATED_AT));
    read_references(&d);
    return weir__draft_end(&d, "created_at");
}

/* ---- pages ---- */

static void
check_objects(struct weir__reading *r, const struct weir__json *o, unsigned k,
              const struct weir__json *list)
{
    for (size_t i = 0; list && i < list->n; i++)
        weir__item_object(r, o, k, i);
}

static void
read_includes(struct weir__reading *r, const struct weir__json *line, const struct weir__json *data,
              struct weir__page *page)
{
    const struct weir__json *includes = weir__get_object(r, line, WEIR__L_INCLUDES);
    const struct weir__json *users = NULL, *tweets = NULL;

    if (includes) {
        users = weir__get_array(r, includes, WEIR__I_USERS);
        tweets = weir__get_array(r, includes, WEIR__I_TWEETS);
        check_objects(r, includes, WEIR__I_USERS, users);
        check_objects(r, includes, WEIR__I_TWEETS, tweets);
    }
    table_make(r, &page->users, users, NULL, WEIR__W_ID);
    table_make(r, &page->tweets, tweets, data->type == WEIR__ARRAY ? data : NULL, WEIR__P_ID);
}

/* A post takes its share of what the page's posts may come to; one that has a fault takes none. */
static void
take_share(struct weir__reading *r, size_t at)
{
    struct weir__page *page = r->page;

    if (r->fault.is_set)
        return;
    if (r->size <= page->left)
        page->left -= r->size;
    else
        weir__fault(r, WEIR_READ_TOO_LONG, at,
                    "the posts of a page, each with those it refers to, may come to %zu bytes "
                    "together, and this one is more than is left: split the page",
                    WEIR_PAGE_SHARE * r->options->max_line);
}

/*
 * One answer for each of the page's tweets. What is wrong with the page itself (its includes, a
 * key of its own that came twice) is wrong with each of them.
 */
static void
read_data(struct weir__reading *r, const struct weir__json *line, const struct weir__json *data)
{
    struct weir__fault of_page = r->fault;

    for (size_t i = 0; i < data->n; i++) {
        const struct weir__json *o = weir__item_object(r, line, WEIR__L_DATA, i);
        const weir_post *post = o ? read_tweet(r, o, 0) : NULL;
        weir__fault_merge(r, &of_page);
        take_share(r, data->items[i].at);
        weir__emit_post(r, post);
    }
}

static void
read_page(struct weir__reading *r, const struct weir__json *line, const struct weir__json *data)
{
    struct weir__page page = {.left = WEIR_PAGE_SHARE * r->options->max_line};

    read_includes(r, line, data, &page);
    r->page = &page;
    if (data->type == WEIR__OBJECT)
        weir__emit_post(r, read_tweet(r, data, 0));
    else if (data->n == 0)
        weir__emit_skip(r, "empty_page");
    else
        read_data(r, line, data);
    r->page = NULL;
}

void
weir__read_tweets_v2(struct weir__reading *r, const struct weir__json *line)
{
    const struct weir__json *data = weir__get(r, line, WEIR__L_DATA);

    if (!data) {
        weir__emit_post(r, read_tweet(r, line, 0));
    } else if (data->type == WEIR__ARRAY && data->n > WEIR_PAGE_MAX) {
        weir__fault(r, WEIR_READ_TOO_LONG, data->at, "a page of %u posts, more than %d: split it",
                    (unsigned)data->n, WEIR_PAGE_MAX);
        weir__emit_post(r, NULL);
    } else if (data->type == WEIR__ARRAY || data->type == WEIR__OBJECT) {
        read_page(r, line, data);
    } else {
        weir__fault(r, WEIR_READ_BAD_TYPE, data->at,
                    "\"data\" must be a tweet or an array of tweets, found %s", weir__found(data));
        weir__emit_post(r, NULL);
    }
}

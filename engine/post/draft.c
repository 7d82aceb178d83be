/*
 * Posts in the making: lists that grow, what is taken from text, and the checks at the end.
 */
#include "post/read.h"

#include "text/hashtag.h"

/* What a value costs beside its bytes. */
#define VALUE_SIZE ((size_t)16)

void
weir__draft_begin(struct weir__draft *d, struct weir__reading *r, weir_source source,
                  const struct weir__json *node, int level)
{
    *d = (struct weir__draft){.r = r, .node = node, .level = level};
    d->post = arena_alloc(r->arena, sizeof *d->post);
    d->post->source = source;
    d->post->query.region = WEIR_REGION_NONE;
}

void
weir__draft_tag(struct weir__draft *d, weir_span tag)
{
    *ARENA_PUSH_UNSET(d->r->arena, d->tags, d->ntags, d->tags_cap) = tag;
}

/* An account of which nothing is known can match nothing, and is left out. */
void
weir__draft_mention(struct weir__draft *d, weir_account a)
{
    if (a.id.len || a.handle.len)
        *ARENA_PUSH_UNSET(d->r->arena, d->mentions, d->nmentions, d->mentions_cap) = a;
}

bool
weir__draft_tags(struct weir__draft *d, const struct weir__json *o, unsigned k)
{
    const struct weir__json *list = weir__get_array(d->r, o, k);

    if (!list)
        return false;
    if (d->tags_cap == 0 && list->n)
        ARENA_ROOM(d->r->arena, d->tags, d->tags_cap, list->n);
    for (size_t i = 0; i < list->n; i++) {
        weir_span tag = weir__item_string(d->r, o, k, i);
        if (tag.p)
            weir__draft_tag(d, tag);
    }
    return true;
}

bool
weir__draft_tag_objects(struct weir__draft *d, const struct weir__json *o, unsigned k,
                        unsigned k_tag)
{
    const struct weir__json *list = weir__get_array(d->r, o, k);

    for (size_t i = 0; list && i < list->n; i++) {
        const struct weir__json *item = weir__item_object(d->r, o, k, i);
        weir_span tag = item ? weir__get_string(d->r, item, k_tag) : SPAN_NONE;
        if (tag.p)
            weir__draft_tag(d, tag);
    }
    return list != NULL;
}

bool
weir__draft_mention_objects(struct weir__draft *d, const struct weir__json *o, unsigned k,
                            weir_account (*read)(struct weir__reading *, const struct weir__json *))
{
    const struct weir__json *list = weir__get_array(d->r, o, k);

    for (size_t i = 0; list && i < list->n; i++) {
        const struct weir__json *item = weir__item_object(d->r, o, k, i);
        if (item)
            weir__draft_mention(d, read(d->r, item));
    }
    return list != NULL;
}

void
weir__draft_lang(struct weir__draft *d, weir_span lang)
{
    if (!lang.p)
        return;
    if (d->langs_cap == 0) /* mostly there is one */
        ARENA_ROOM(d->r->arena, d->langs, d->langs_cap, 1);
    *ARENA_PUSH_UNSET(d->r->arena, d->langs, d->nlangs, d->langs_cap) = lang;
}

bool
weir__draft_wants_text(const struct weir__draft *d, bool structured)
{
    return !structured || d->r->options->tags == WEIR_TAGS_BOTH;
}

void
weir__draft_text_tags(struct weir__draft *d, weir_span text)
{
    struct weir__walk walk = {.text = text};
    weir_span tag;

    while (weir__next_hashtag(&walk, &tag))
        weir__draft_tag(d, tag);
}

void
weir__draft_text_mentions(struct weir__draft *d, weir_span text)
{
    struct weir__walk walk = {.text = text};
    weir_span handle;

    while (weir__next_mention(&walk, &handle))
        weir__draft_mention(d, (weir_account){SPAN_NONE, handle});
}

void
weir__draft_created(struct weir__draft *d, weir_span text)
{
    d->post->has_created = text.len && weir_time_parse(text, &d->post->created_ms);
}

static size_t
size_of(weir_span value)
{
    return value.p ? VALUE_SIZE + value.len : 0;
}

static size_t
size_of_account(const weir_account *a)
{
    return size_of(a->id) + size_of(a->handle);
}

void
weir__size_add(struct weir__reading *r, const weir_post *post)
{
    size_t size = size_of(post->id) + size_of_account(&post->author);

    for (size_t i = 0; i < post->nhashtags; i++)
        size += size_of(post->hashtags[i]);
    for (size_t i = 0; i < post->nmentions; i++)
        size += size_of_account(&post->mentions[i]);
    for (size_t i = 0; i < post->nlangs; i++)
        size += size_of(post->langs[i]);
    r->size += size;
}

const weir_post *
weir__draft_end(struct weir__draft *d, const char *time_key)
{
    weir_post *post = d->post;

    post->hashtags = d->tags;
    post->nhashtags = d->ntags;
    post->mentions = d->mentions;
    post->nmentions = d->nmentions;
    post->langs = d->langs;
    post->nlangs = d->nlangs;
    weir__size_add(d->r, post);
    if (!post->has_created)
        post->created_ms = 0;
    if (post->id.len == 0) {
        post->id = SPAN_NONE;
        weir__fault(d->r, WEIR_READ_NO_ID, d->node->at, "the post has no id");
    }
    if (d->level == 0 && !post->has_created && d->r->options->need_time)
        weir__fault(d->r, WEIR_READ_NO_TIME, d->node->at,
                    "the post has no time that can be read (\"%s\")", time_key);
    return post;
}

weir_post *
weir__post_of_id(struct weir__reading *r, weir_source source, weir_span id)
{
    weir_post *post = arena_alloc(r->arena, sizeof *post);

    post->source = source;
    post->id = id;
    post->query.region = WEIR_REGION_NONE;
    weir__size_add(r, post);
    return post;
}

weir_span
weir__bare_handle(weir_span handle)
{
    if (handle.len && handle.p[0] == '@')
        handle = span_skip(handle, 1);
    return handle.len ? handle : SPAN_NONE;
}

weir_account
weir__account(weir_span id, weir_span handle)
{
    return (weir_account){id.len ? id : SPAN_NONE, weir__bare_handle(handle)};
}

weir_account
weir__account_of(weir_span s)
{
    if (span_starts(s, "id:"))
        return weir__account(span_skip(s, 3), SPAN_NONE);
    if (span_starts(s, "did:"))
        return weir__account(s, SPAN_NONE);
    return weir__account(SPAN_NONE, s);
}

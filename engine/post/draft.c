/*
 * Posts in the making: lists that grow, what is taken from text, and the checks at the end.
 */
#include "post/read.h"

#include "text/hashtag.h"

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
    *ARENA_PUSH(d->r->arena, d->tags, d->ntags, d->tags_cap) = tag;
}

/* An account of which nothing is known can match nothing, and is left out. */
void
weir__draft_mention(struct weir__draft *d, weir_span id, weir_span handle)
{
    weir__draft_mentioned(d, (weir_account){id.len ? id : SPAN_NONE, weir__bare_handle(handle)});
}

void
weir__draft_mentioned(struct weir__draft *d, weir_account a)
{
    if (a.id.len || a.handle.len)
        *ARENA_PUSH(d->r->arena, d->mentions, d->nmentions, d->mentions_cap) = a;
}

void
weir__draft_lang(struct weir__draft *d, weir_span lang)
{
    if (lang.p)
        *ARENA_PUSH(d->r->arena, d->langs, d->nlangs, d->langs_cap) = lang;
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
        weir__draft_mention(d, SPAN_NONE, handle);
}

void
weir__draft_created(struct weir__draft *d, weir_span text)
{
    d->post->has_created = text.len && weir_time_parse(text, &d->post->created_ms);
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
weir__account_of(weir_span s)
{
    weir_account a = {SPAN_NONE, SPAN_NONE};

    if (span_starts(s, "id:"))
        a.id = span_skip(s, 3);
    else if (span_starts(s, "did:"))
        a.id = s;
    else
        a.handle = weir__bare_handle(s);
    if (a.id.len == 0)
        a.id = SPAN_NONE;
    return a;
}

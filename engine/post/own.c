/*
 * Tagweir's own dialect: what `tagweir posts` writes, and whoever has posts of another kind.
 *
 * `source` and `keys`, which `posts` writes, are not read: a post of this dialect is of source
 * `own`, and its keys are made from its tags.
 */
#include "post/read.h"

/* An account is an object {id, handle}, or a string that names one. */
static weir_account
read_account(struct weir__reading *r, const struct weir__json *v)
{
    if (v->type == WEIR__STRING)
        return weir__account_of(weir__text_of(r, v));
    return weir__account(weir__get_id(r, v, WEIR__W_ID), weir__get_string(r, v, WEIR__W_HANDLE));
}

static bool
is_account(struct weir__reading *r, const struct weir__json *v, const char *what)
{
    if (v->type == WEIR__STRING || v->type == WEIR__OBJECT)
        return true;
    weir__fault(r, WEIR_READ_BAD_TYPE, v->at,
                "%s must be an object with id and handle, or a string, found %s", what,
                weir__found(v));
    return false;
}

static void
read_tags(struct weir__draft *d)
{
    struct weir__reading *r = d->r;
    const struct weir__json *o = d->node;
    const struct weir__json *mentions = weir__get_array(r, o, WEIR__P_MENTIONS);
    const struct weir__json *text = weir__get_unread(r, o, WEIR__P_TEXT);
    bool has_tags = weir__draft_tags(d, o, WEIR__P_HASHTAGS);

    for (size_t i = 0; mentions && i < mentions->n; i++)
        if (is_account(r, &mentions->items[i], "each of \"mentions\""))
            weir__draft_mention(d, read_account(r, &mentions->items[i]));
    if (text && weir__draft_wants_text(d, has_tags))
        weir__draft_text_tags(d, weir__text_of(r, text));
    if (text && weir__draft_wants_text(d, mentions != NULL))
        weir__draft_text_mentions(d, weir__text_of(r, text));
}

static void
read_langs(struct weir__draft *d)
{
    const struct weir__json *v = weir__get(d->r, d->node, WEIR__P_LANG);

    if (!v)
        return;
    if (v->type == WEIR__STRING)
        weir__draft_lang(d, weir__text_of(d->r, v));
    else if (v->type == WEIR__ARRAY)
        for (size_t i = 0; i < v->n; i++)
            weir__draft_lang(d, weir__item_string(d->r, d->node, WEIR__P_LANG, i));
    else
        weir__fault(d->r, WEIR_READ_BAD_TYPE, v->at,
                    "\"lang\" must be a string or an array of strings, found %s", weir__found(v));
}

static const weir_post *read_post(struct weir__reading *r, const struct weir__json *o, int level);

/* An original is a post, or its id when no more of it is known. */
static const weir_post *
read_nested(struct weir__draft *d, unsigned k)
{
    const struct weir__json *v = d->level < WEIR__NESTED_MAX ? weir__get(d->r, d->node, k) : NULL;

    if (!v)
        return NULL;
    if (v->type == WEIR__OBJECT)
        return read_post(d->r, v, d->level + 1);
    if (v->type == WEIR__STRING || v->type == WEIR__NUMBER) {
        weir_span id = weir__text_of(d->r, v);
        return id.len ? weir__post_of_id(d->r, WEIR_SOURCE_OWN, id) : NULL;
    }
    weir__fault(d->r, WEIR_READ_BAD_TYPE, v->at, "\"%s\" must be a post or an id, found %s",
                weir__key_name(d->node->shape, k), weir__found(v));
    return NULL;
}

static const weir_post *
read_post(struct weir__reading *r, const struct weir__json *o, int level)
{
    struct weir__draft d;

    weir__draft_begin(&d, r, WEIR_SOURCE_OWN, o, level);
    d.post->id = weir__get_id(r, o, WEIR__P_ID);
    const struct weir__json *author = weir__get(r, o, WEIR__P_AUTHOR);
    if (author && is_account(r, author, "\"author\""))
        d.post->author = read_account(r, author);
    read_tags(&d);
    read_langs(&d);
    weir__draft_created(&d, weir__get_string(r, o, WEIR__P_CREATED_AT));
    d.post->repost_of = read_nested(&d, WEIR__P_REPOST_OF);
    d.post->quotes = read_nested(&d, WEIR__P_QUOTES);
    return weir__draft_end(&d, "created_at");
}

void
weir__read_own(struct weir__reading *r, const struct weir__json *line)
{
    weir__emit_post(r, read_post(r, line, 0));
}

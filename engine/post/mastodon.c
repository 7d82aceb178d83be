/*
 * Mastodon statuses, as its REST and streaming interfaces give them.
 */
#include "post/read.h"

static weir_account
read_account(struct weir__reading *r, const struct weir__json *o)
{
    return weir__account(weir__get_id(r, o, WEIR__W_ID), weir__get_string(r, o, WEIR__W_ACCT));
}

/* What a reader sees: `content` is HTML, `spoiler_text` plain. Each is a text of its own. */
static void
read_tags(struct weir__draft *d)
{
    struct weir__reading *r = d->r;
    const struct weir__json *o = d->node;
    weir_span content = weir__get_string(r, o, WEIR__P_CONTENT);
    weir_span spoiler = weir__get_string(r, o, WEIR__P_SPOILER);
    bool has_tags = weir__draft_tag_objects(d, o, WEIR__P_TAGS, WEIR__T_NAME);
    bool has_mentions = weir__draft_mention_objects(d, o, WEIR__P_MENTIONS, read_account);
    bool text_tags = weir__draft_wants_text(d, has_tags);
    bool text_mentions = weir__draft_wants_text(d, has_mentions);

    if (text_tags || text_mentions)
        content = weir__html_text(r->arena, content);
    if (text_tags) {
        weir__draft_text_tags(d, content);
        weir__draft_text_tags(d, spoiler);
    }
    if (text_mentions) {
        weir__draft_text_mentions(d, content);
        weir__draft_text_mentions(d, spoiler);
    }
}

static const weir_post *read_status(struct weir__reading *r, const struct weir__json *o, int level);

/*
 * `quote` is a status (as some servers have it), or an object that tells the quote's state and
 * holds the status in `quoted_status`, or no more than its id (a quote inside another status); a
 * quote that is not approved has neither, and quotes nothing that anybody sees.
 */
static const weir_post *
read_quote(struct weir__draft *d)
{
    struct weir__reading *r = d->r;
    const struct weir__json *quote = weir__get_object(r, d->node, WEIR__P_QUOTE);

    if (!quote)
        return NULL;
    const struct weir__json *held = weir__get_object(r, quote, WEIR__P_QUOTED);
    if (held)
        return read_status(r, held, d->level + 1);
    weir_span id = weir__get_id(r, quote, WEIR__P_QUOTED_ID);
    if (id.len)
        return weir__post_of_id(r, WEIR_SOURCE_MASTODON, id);
    return weir__has(quote, WEIR__P_ID) ? read_status(r, quote, d->level + 1) : NULL;
}

static const weir_post *
read_status(struct weir__reading *r, const struct weir__json *o, int level)
{
    struct weir__draft d;

    weir__draft_begin(&d, r, WEIR_SOURCE_MASTODON, o, level);
    d.post->id = weir__get_id(r, o, WEIR__P_ID);
    const struct weir__json *account = weir__get_object(r, o, WEIR__P_ACCOUNT);
    if (account)
        d.post->author = read_account(r, account);
    read_tags(&d);
    weir__draft_lang(&d, weir__get_string(r, o, WEIR__P_LANGUAGE));
    weir__draft_created(&d, weir__get_string(r, o, WEIR__P_CREATED_AT));
    if (level < WEIR__NESTED_MAX) {
        const struct weir__json *reblog = weir__get_object(r, o, WEIR__P_REBLOG);
        d.post->repost_of = reblog ? read_status(r, reblog, level + 1) : NULL;
        d.post->quotes = read_quote(&d);
    }
    return weir__draft_end(&d, "created_at");
}

void
weir__read_mastodon(struct weir__reading *r, const struct weir__json *line)
{
    weir__emit_post(r, read_status(r, line, 0));
}

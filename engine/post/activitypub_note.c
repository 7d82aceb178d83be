/*
 * ActivityPub's posts: notes, articles, questions and what else is shown as one.
 *
 * `tag` is authoritative where it is there. What has none (C2S clients, small servers) is read by
 * its texts, as they are shown.
 */
#include "post/activitypub.h"

#include <stdlib.h>

/* A post's texts: each as it is, or by languages. HTML, but for names. */
static const struct {
    uint8_t text, map;
    bool is_html;
} texts[] = {
    {WEIR__P_CONTENT, WEIR__P_CONTENT_MAP, true},
    {WEIR__P_SUMMARY, WEIR__P_SUMMARY_MAP, true},
    {WEIR__P_NAME, WEIR__P_NAME_MAP, false},
};

/* ---- maps from languages to texts ---- */

struct map_key {
    weir_span name;
    uint32_t at;
};

static int
compare_keys(const void *a, const void *b)
{
    const struct map_key *x = a, *y = b;
    size_t n = x->name.len < y->name.len ? x->name.len : y->name.len;
    int order = n ? memcmp(x->name.p, y->name.p, n) : 0;

    if (order == 0)
        order = (x->name.len > y->name.len) - (x->name.len < y->name.len);
    return order ? order : (x->at > y->at) - (x->at < y->at);
}

/* A line may have very many keys: they are sorted, not compared each with each. */
static void
check_keys(struct weir__reading *r, const struct weir__json *map)
{
    size_t n = map->n / 2;

    if (n < 2)
        return;
    struct map_key *keys = arena_array(r->arena, n, sizeof *keys);
    for (size_t i = 0; i < n; i++)
        keys[i] = (struct map_key){weir__text_of(r, &map->items[2 * i]), map->items[2 * i].at};
    qsort(keys, n, sizeof *keys, compare_keys);
    for (size_t i = 1; i < n; i++)
        if (span_eq(keys[i - 1].name, keys[i].name))
            weir__fault(r, WEIR_READ_DUPLICATE_KEY, keys[i].at,
                        "a language stands twice in one object: which text holds cannot be told");
}

static const struct weir__json *
get_map(struct weir__reading *r, const struct weir__json *o, unsigned k)
{
    const struct weir__json *map = weir__get_object(r, o, k);

    if (map)
        check_keys(r, map);
    return map && map->n ? map : NULL;
}

/* The languages of the content, else of what there is beside it. */
static void
read_langs(struct weir__draft *d)
{
    static const uint8_t maps[] = {WEIR__P_CONTENT_MAP, WEIR__P_NAME_MAP, WEIR__P_SUMMARY_MAP};
    const struct weir__json *map = NULL;

    for (size_t i = 0; !map && i < sizeof maps / sizeof *maps; i++)
        map = get_map(d->r, d->node, maps[i]);
    for (size_t i = 0; map && i < map->n; i += 2)
        weir__draft_lang(d, weir__text_of(d->r, &map->items[i]));
}

/* ---- tags ---- */

/* What links that stand for a quoted post are called (FEP-e232, and whose words it lends). */
static bool
is_quoting(struct weir__reading *r, const struct weir__json *tag)
{
    static const char *const rels[] = {
        "https://misskey-hub.net/ns#_misskey_quote", "https://w3id.org/fep/044f#quote",
        "http://fedibird.com/ns#quoteUri", "quoteUrl" /* of the common context */};
    bool quotes = false;

    for (size_t i = 0; i < sizeof rels / sizeof *rels; i++)
        quotes = quotes || weir__ap_has_type(r, tag, WEIR__AT_REL, rels[i]);
    return quotes;
}

/* A hashtag, a mention, or a link; *quoted: the first link to a post that is quoted. Hashtags may
   have no type: ActivityStreams' own example is `{"id": "…", "name": "#givingthanks"}`. */
static void
read_tag(struct weir__draft *d, const struct weir__json *tag, weir_span *quoted)
{
    struct weir__reading *r = d->r;
    bool is_untyped = !weir__has(tag, WEIR__AT_TYPE);

    if (is_untyped || weir__ap_has_type(r, tag, WEIR__AT_TYPE, "Hashtag")) {
        weir_span name = weir__get_string(r, tag, WEIR__AT_NAME);
        if (name.p && (!is_untyped || span_starts(name, "#")))
            weir__draft_tag(d, name);
    } else if (weir__ap_has_type(r, tag, WEIR__AT_TYPE, "Mention")) {
        weir__draft_mention(d, weir__ap_mentioned(r, tag));
    } else if (weir__ap_has_type(r, tag, WEIR__AT_TYPE, "Link") && is_quoting(r, tag)) {
        weir_span href = weir__get_string(r, tag, WEIR__AT_HREF);
        if (quoted->len == 0)
            *quoted = href;
    }
}

/* Items may be addresses, of which nothing is known. False: there is no `tag`. */
static bool
read_tag_list(struct weir__draft *d, weir_span *quoted)
{
    const struct weir__json *v = weir__get(d->r, d->node, WEIR__P_TAG);
    size_t n = !v ? 0 : v->type == WEIR__ARRAY ? v->n : 1;

    for (size_t i = 0; i < n; i++) {
        const struct weir__json *item = v->type == WEIR__ARRAY ? &v->items[i] : v;
        if (item->type == WEIR__OBJECT)
            read_tag(d, item, quoted);
        else if (item->type != WEIR__STRING)
            weir__fault(d->r, WEIR_READ_BAD_TYPE, item->at,
                        "\"tag\" must be objects or their addresses, found %s", weir__found(item));
    }
    return v;
}

static void
take_text(struct weir__draft *d, weir_span text, bool is_html)
{
    if (is_html)
        text = weir__html_text(d->r->arena, text);
    weir__draft_text_tags(d, text);
    weir__draft_text_mentions(d, text);
}

static void
take_map(struct weir__draft *d, const struct weir__json *map, bool is_html)
{
    for (size_t i = 1; i < map->n; i += 2) {
        const struct weir__json *v = &map->items[i];
        if (v->type == WEIR__STRING)
            take_text(d, weir__text_of(d->r, v), is_html);
        else
            weir__fault(d->r, WEIR_READ_BAD_TYPE, v->at,
                        "a text by languages must be strings, found %s", weir__found(v));
    }
}

static void
read_tags(struct weir__draft *d, weir_span *quoted)
{
    struct weir__reading *r = d->r;
    bool has_tags = read_tag_list(d, quoted);

    if (!weir__draft_wants_text(d, has_tags))
        return;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        weir_span text = weir__get_string(r, d->node, texts[i].text);
        const struct weir__json *map = text.len ? NULL : get_map(r, d->node, texts[i].map);
        if (text.len)
            take_text(d, text, texts[i].is_html);
        if (map)
            take_map(d, map, texts[i].is_html);
    }
}

/* ---- the post ---- */

/* `quote` (FEP-044f) may hold the post itself; the others name it. `linked`: what a tag names. */
static const weir_post *
read_quote(struct weir__draft *d, weir_span linked)
{
    static const uint8_t naming[] = {WEIR__P_MISSKEY_QUOTE, WEIR__P_QUOTE_URL, WEIR__P_QUOTE_URI};
    struct weir__reading *r = d->r;
    const char *name;
    const struct weir__json *v =
        weir__ap_first(r, d->node, WEIR__P_QUOTE, "the post that is quoted or its id");

    if (v && v->type == WEIR__OBJECT && weir__ap_kind_of(r, v, &name) == WEIR__AP_POST)
        return weir__ap_read_note(r, v, d->level + 1, NULL);
    const weir_post *post = v ? weir__ap_post_by_id(r, v) : NULL;
    for (size_t i = 0; !post && i < sizeof naming / sizeof *naming; i++) {
        weir_span id = weir__get_string(r, d->node, naming[i]);
        post = id.len ? weir__post_of_id(r, WEIR_SOURCE_ACTIVITYPUB, id) : NULL;
    }
    return post || linked.len == 0 ? post : weir__post_of_id(r, WEIR_SOURCE_ACTIVITYPUB, linked);
}

const weir_post *
weir__ap_read_note(struct weir__reading *r, const struct weir__json *o, int level,
                   const struct weir__json *activity)
{
    struct weir__draft d;
    weir_span linked = SPAN_NONE;

    weir__draft_begin(&d, r, WEIR_SOURCE_ACTIVITYPUB, o, level);
    d.post->id = weir__get_id(r, o, WEIR__P_ID);
    d.post->author = weir__ap_author(r, o, activity);
    read_tags(&d, &linked);
    read_langs(&d);
    weir_span published = weir__get_string(r, o, WEIR__P_PUBLISHED);
    if (!published.p && activity)
        published = weir__get_string(r, activity, WEIR__P_PUBLISHED);
    weir__draft_created(&d, published);
    if (level < WEIR__NESTED_MAX)
        d.post->quotes = read_quote(&d, linked);
    return weir__draft_end(&d, "published");
}

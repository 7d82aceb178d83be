/*
 * Withheld content as Twitter published it: messages about posts and accounts, or the fields of a
 * post, in the forms of v1.1 and v2 (FORMATS.md, "withheld content, as Twitter published it").
 *
 * A post's list is all that it is withheld in, by itself or by its author; an account's is what
 * holds for each of its posts. Each is said whole, whenever it differs from what was said before.
 */
#include "audit/exporting.h"

#include "base/check.h"

/* v1.1 has ids as numbers, of 63 bits. */
static bool
is_number(weir_span id)
{
    static const char most[] = "9223372036854775807";
    const size_t digits = sizeof most - 1;

    if (!span_is_digits(id) || (id.p[0] == '0' && id.len > 1) || id.len > digits)
        return false;
    return id.len < digits || memcmp(id.p, most, digits) <= 0;
}

static bool
is_v1(const weir_export *e)
{
    return e->kind == WEIR_EXPORT_TWITTER_V1 || e->kind == WEIR_EXPORT_TWITTER_FIELDS_V1;
}

static bool
are_fields(const weir_export *e)
{
    return e->kind == WEIR_EXPORT_TWITTER_FIELDS_V1 || e->kind == WEIR_EXPORT_TWITTER_FIELDS_V2;
}

/*
 * XX stands for all countries. Where it is withheld everywhere but in some, all others are named:
 * that viewers of unknown region do not see it either, a list cannot say then.
 */
static void
put_list(weir_buf *out, const struct weir__region_set *s)
{
    struct weir__region_set all;
    const char *before = "\"";

    weir__region_set_all(&all);
    if (memcmp(s, &all, sizeof all) == 0) {
        BUF_LIT(out, "[\"XX\"]");
        return;
    }
    BUF_LIT(out, "[");
    for (uint16_t r = weir__region_next(s, 1); r != WEIR_REGION_NONE;
         r = weir__region_next(s, (uint16_t)(r + 1))) {
        weir_buf_puts(out, before);
        weir_buf_puts(out, weir_region_code(r));
        BUF_LIT(out, "\"");
        before = ",\"";
    }
    BUF_LIT(out, "]");
}

/* With milliseconds always, as there. */
static void
put_event_at(weir_buf *out, int64_t at_ms)
{
    char at[WEIR_TIME_MAX];
    size_t n = weir_time_format(at_ms, at);

    BUF_LIT(out, ",\"event_at\":\"");
    weir_buf_put(out, (weir_span){at, n - 1});
    weir_buf_puts(out, at_ms % 1000 ? "Z\"" : ".000Z\"");
}

static void
put_user(const weir_export *e, weir_buf *out, weir_span id, const struct weir__region_set *list,
         int64_t at_ms)
{
    if (is_v1(e)) {
        BUF_LIT(out, "{\"user_withheld\":{\"id\":");
        weir_buf_put(out, id);
        BUF_LIT(out, ",\"withheld_in_countries\":");
        put_list(out, list);
        BUF_LIT(out, "}}\n");
        return;
    }
    BUF_LIT(out, "{\"data\":{\"user_withheld\":{\"user\":{\"id\":");
    weir_buf_put_json(out, id);
    BUF_LIT(out, "},\"withheld_in_countries\":");
    put_list(out, list);
    put_event_at(out, at_ms);
    BUF_LIT(out, "}}}\n");
}

static void
put_status(const weir_export *e, weir_buf *out, const weir_post *p,
           const struct weir__region_set *list, int64_t at_ms)
{
    if (is_v1(e)) {
        BUF_LIT(out, "{\"status_withheld\":{\"id\":");
        weir_buf_put(out, p->id);
        BUF_LIT(out, ",\"user_id\":");
        weir_buf_put(out, p->author.id);
        BUF_LIT(out, ",\"withheld_in_countries\":");
        put_list(out, list);
        BUF_LIT(out, "}}\n");
        return;
    }
    BUF_LIT(out, "{\"data\":{\"withheld\":{\"tweet\":{\"id\":");
    weir_buf_put_json(out, p->id);
    BUF_LIT(out, ",\"author_id\":");
    weir_buf_put_json(out, p->author.id);
    BUF_LIT(out, "},\"withheld_in_countries\":");
    put_list(out, list);
    put_event_at(out, at_ms);
    BUF_LIT(out, "}}}\n");
}

static void
put_fields(const weir_export *e, weir_buf *out, weir_span id, const struct weir__region_set *list,
           bool by_user)
{
    if (is_v1(e)) {
        BUF_LIT(out, "{\"id\":");
        weir_buf_put(out, id);
        BUF_LIT(out, ",\"id_str\":");
        weir_buf_put_json(out, id);
        BUF_LIT(out, ",\"withheld_in_countries\":");
        put_list(out, list);
        weir_buf_puts(out, by_user ? ",\"withheld_scope\":\"user\"}\n"
                                   : ",\"withheld_scope\":\"status\"}\n");
        return;
    }
    BUF_LIT(out, "{\"data\":{\"id\":");
    weir_buf_put_json(out, id);
    BUF_LIT(out, ",\"withheld\":{\"copyright\":false,\"country_codes\":");
    put_list(out, list);
    weir_buf_puts(out, by_user ? ",\"scope\":\"user\"}}}\n" : ",\"scope\":\"tweet\"}}}\n");
}

/* One side of a change. */
struct side {
    struct weir__region_set post;   /* where the post is withheld */
    struct weir__region_set author; /* of these, where its author is */
};

static bool
is_same(const struct weir__region_set *a, const struct weir__region_set *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static bool
is_within(const struct weir__region_set *a, const struct weir__region_set *b)
{
    for (int i = 0; i < WEIR_REGION_WORDS; i++)
        if (a->w[i] & ~b->w[i])
            return false;
    return true;
}

/* Where the author of a part of the decision's post is withheld. */
static weir_status
reach_account(weir_export_worker *w, const weir_decision *d, const weir_post *part,
              const struct weir__region_set *post, struct weir__region_set *out)
{
    *out = (struct weir__region_set){{0}};
    if (weir__region_set_is_empty(post))
        return WEIR_OK;
    weir_status st = weir__reach_of_account(w, d->rs, part, d->at_ms, out);
    if (st != WEIR_OK)
        return st;
    for (int i = 0; i < WEIR_REGION_WORDS; i++)
        out->w[i] &= post->w[i]; /* all of it, unless one region alone was decided */
    return WEIR_OK;
}

static weir_status
look_at(weir_export_worker *w, const weir_decision *d, struct side *out)
{
    struct weir__spread spread;

    *out = (struct side){0};
    if (!d)
        return WEIR_OK;
    weir__spread_decision(d, &spread);
    weir__reach_of(&spread, WEIR__BY_WITHHOLD, &out->post);
    return reach_account(w, d, d->post, &out->post, &out->author);
}

/* An account's message, where its list is another than before. */
static void
say_user(weir_export_worker *w, const weir_post *part, const struct weir__region_set *old,
         const struct weir__region_set *list, int64_t at_ms, weir_buf *out)
{
    weir_span id = part->author.id;

    if (is_same(old, list))
        return;
    if (!id.len || (is_v1(w->e) && !is_number(id))) {
        w->left_out[id.len ? WEIR_LEFT_OUT_NO_NUMBER : WEIR_LEFT_OUT_NO_AUTHOR]++;
        return;
    }
    size_t begin = weir__fragment_begin(out);
    put_user(w->e, out, id, list, at_ms);
    w->about.len = 0;
    weir_buf_puts(&w->about, "user");
    weir__about_add(&w->about, id);
    weir__fragment_end(w->e, out, begin, &w->about,
                       weir__hash_text(w->e, (weir_span){(const char *)list, sizeof *list}));
}

static bool
can_say_post(weir_export_worker *w, const weir_post *p)
{
    bool fields = are_fields(w->e);
    weir_left_out why = WEIR_NLEFT_OUT;

    if (!p->id.len)
        why = WEIR_LEFT_OUT_NO_ID;
    else if (w->by_id)
        why = WEIR_LEFT_OUT_BY_ID;
    else if (!fields && !p->author.id.len)
        why = WEIR_LEFT_OUT_NO_AUTHOR;
    else if (is_v1(w->e) && (!is_number(p->id) || (!fields && !is_number(p->author.id))))
        why = WEIR_LEFT_OUT_NO_NUMBER;
    if (why != WEIR_NLEFT_OUT)
        w->left_out[why]++;
    return why == WEIR_NLEFT_OUT;
}

static void
say_post(weir_export_worker *w, const weir_decision *d, const struct side *old,
         const struct side *now, weir_buf *out)
{
    bool by_user = !weir__region_set_is_empty(&now->post) && is_within(&now->post, &now->author);
    bool was_by_user =
        !weir__region_set_is_empty(&old->post) && is_within(&old->post, &old->author);
    bool fields = are_fields(w->e);

    if (is_same(&old->post, &now->post) && (!fields || by_user == was_by_user))
        return;
    if (!can_say_post(w, d->post))
        return;
    size_t begin = weir__fragment_begin(out);
    if (fields)
        put_fields(w->e, out, d->post->id, &now->post, by_user);
    else
        put_status(w->e, out, d->post, &now->post, d->at_ms);
    w->about.len = 0;
    weir_buf_puts(&w->about, "post");
    weir__about_add(&w->about, d->post->id);
    weir__fragment_end(
        w->e, out, begin, &w->about,
        weir__hash_text(w->e, (weir_span){(const char *)&now->post, sizeof now->post}) +
            (fields && by_user));
}

/* The authors of what a post reposts: they are told of as well, as it may have been withheld for
   what acts on them. */
static weir_status
say_originals(weir_export_worker *w, const weir_decision *old, const weir_decision *now,
              const struct side *before, const struct side *after, weir_buf *out)
{
    weir_status st = WEIR_OK;

    for (const weir_post *p = now->post->repost_of; p && st == WEIR_OK; p = p->repost_of) {
        struct weir__region_set was = {{0}}, is;
        if (!p->author.id.len)
            continue;
        st = reach_account(w, now, p, &after->post, &is);
        if (st == WEIR_OK && old)
            st = reach_account(w, old, p, &before->post, &was);
        if (st == WEIR_OK)
            say_user(w, p, &was, &is, now->at_ms, out);
    }
    return st;
}

weir_status
weir__export_twitter(weir_export_worker *w, const weir_decision *old, const weir_decision *now,
                     weir_buf *out)
{
    struct side before, after;
    weir_status st = look_at(w, old, &before);

    if (st == WEIR_OK)
        st = look_at(w, now, &after);
    if (st != WEIR_OK)
        return st;
    for (size_t i = 0; i < now->nregions; i++)
        if (now->regions[i].outcome.action == WEIR_DOWNRANK) {
            w->left_out[WEIR_LEFT_OUT_DOWNRANK]++;
            break;
        }
    say_post(w, now, &before, &after, out);
    if (are_fields(w->e))
        return WEIR_OK;
    say_user(w, now->post, &before.author, &after.author, now->at_ms, out);
    return say_originals(w, old, now, &before, &after, out);
}

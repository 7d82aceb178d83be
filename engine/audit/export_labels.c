/*
 * Labels of the AT Protocol (com.atproto.label.defs#label, FORMATS.md): unsigned, for a labeler to
 * sign and publish. Each country has a source of its own, and `xx` stands for everywhere.
 *
 * A withheld post is labelled `!hide`, one that is downranked `downrank-SURFACE`; by how much, a
 * label cannot say. What acts on an account by itself is a label of its DID and not of its posts.
 * What two decisions have in common is passed over: so a change is what one would say less what the
 * other would.
 */
#include "audit/exporting.h"

#include "base/check.h"

/* The times at which a label ends: any other number is one. */
#define NO_LABEL INT64_MAX
#define NO_END INT64_MIN

/* Ends of one post's labels that are looked at; labels with others say none. */
#define MOST_ENDS 8

static void
clear(struct weir__labels *l)
{
    for (int way = 0; way < WEIR__NWAYS; way++)
        for (int r = 0; r < WEIR_REGION_LIMIT; r++)
            l->end[way][r] = NO_LABEL;
}

/* When the acting rules end. */
static void
take_ends(const weir_decision *d, const struct weir__spread *s, struct weir__labels *out)
{
    uint32_t rule = WEIR_NONE;
    weir_interval held = {0};

    clear(out);
    for (int way = 0; way < WEIR__NWAYS; way++)
        for (uint16_t r = 0; r < weir_region_count(); r++) {
            if (!weir__does(s->at[r], way))
                continue;
            uint32_t acting = weir__act_of(s->at[r], way)->rule;
            if (acting != rule)
                weir_ruleset_rule_interval(d->rs, acting, d->at_ms, &held);
            rule = acting;
            out->end[way][r] = held.until_ms == WEIR_TIME_NONE ? NO_END : held.until_ms;
        }
}

/* The first end after `after`, or NO_LABEL. */
static int64_t
next_end(const struct weir__labels *l, int64_t after)
{
    int64_t next = NO_LABEL;

    for (int way = 0; way < WEIR__NWAYS; way++)
        for (int r = 0; r < WEIR_REGION_LIMIT; r++) {
            int64_t end = l->end[way][r];
            if (end != NO_END && end > after && end < next)
                next = end;
        }
    return next;
}

/* Where another rule does the same at that end, it is none. */
static void
drop_ends(struct weir__labels *l, int64_t end, const struct weir__spread *then)
{
    for (int way = 0; way < WEIR__NWAYS; way++)
        for (uint16_t r = 0; r < weir_region_count(); r++)
            if (l->end[way][r] == end && (!then || weir__does(then->at[r], way)))
                l->end[way][r] = NO_END;
}

static weir_status
confirm_ends(weir_export_worker *w, const weir_decision *d, bool account, struct weir__labels *l)
{
    struct weir__spread then;
    weir_decision later;
    weir_status st = WEIR_OK;
    int64_t end = next_end(l, d->at_ms);

    for (int n = 0; st == WEIR_OK && end != NO_LABEL; end = next_end(l, end), n++) {
        if (n >= MOST_ENDS) {
            drop_ends(l, end, NULL);
            continue;
        }
        if (account) {
            st = weir__spread_account(w, d->rs, d->post, end, &then);
        } else {
            st = weir__decide_again(w, d->rs, d->post, end, &later);
            weir__spread_decision(st == WEIR_OK ? &later : NULL, &then);
        }
        if (st == WEIR_OK)
            drop_ends(l, end, &then);
    }
    return st;
}

/* Labels of everywhere are one, of the source with index 0; that ends if all of them end then. */
static void
join(struct weir__labels *l)
{
    uint16_t n = weir_region_count();

    for (int way = 0; way < WEIR__NWAYS; way++) {
        int64_t *end = l->end[way];
        bool all = true, same = true;
        for (uint16_t r = 0; r < n; r++) {
            all = all && end[r] != NO_LABEL;
            same = same && end[r] == end[0];
        }
        end[0] = !all ? NO_LABEL : same ? end[0] : NO_END;
        for (uint16_t r = 1; all && r < n; r++)
            end[r] = NO_LABEL;
    }
}

static bool
has_did(const weir_post *p)
{
    return span_starts(p->author.id, "did:");
}

/* The labels of a decision's post and of its author. NULL: none. */
static weir_status
labels_of(weir_export_worker *w, const weir_decision *d, struct weir__labels *post,
          struct weir__labels *account)
{
    struct weir__spread spread, own;
    weir_status st = WEIR_OK;

    clear(post);
    clear(account);
    if (!d || d->action == WEIR_ALLOW)
        return WEIR_OK;
    weir__spread_decision(d, &spread);
    take_ends(d, &spread, post);
    if (has_did(d->post)) {
        st = weir__spread_account(w, d->rs, d->post, d->at_ms, &own);
        for (uint16_t r = 0; st == WEIR_OK && r < weir_region_count(); r++)
            if (!spread.at[r]) /* one region alone was decided */
                own.at[r] = NULL;
        if (st == WEIR_OK)
            take_ends(d, &own, account);
    }
    for (int way = 0; way < WEIR__NWAYS; way++)
        for (uint16_t r = 0; r < weir_region_count(); r++)
            if (account->end[way][r] != NO_LABEL)
                post->end[way][r] = NO_LABEL;
    if (st == WEIR_OK)
        st = confirm_ends(w, d, true, account);
    if (st == WEIR_OK)
        st = confirm_ends(w, d, false, post);
    join(post);
    join(account);
    return st;
}

static void
put_src(const weir_export *e, uint16_t region, weir_buf *out)
{
    const char *code = weir_region_code(region);

    weir_buf_puts(out, e->src_before);
    weir_buf_putc(out, ascii_lower(code[0]));
    weir_buf_putc(out, ascii_lower(code[1]));
    weir_buf_puts(out, e->src_behind);
}

static void
put_val(int way, weir_buf *out)
{
    if (way == WEIR__BY_WITHHOLD) {
        BUF_LIT(out, "!hide");
        return;
    }
    BUF_LIT(out, "downrank-");
    weir_buf_puts(out, weir_surface_name((weir_surface)(way - WEIR__BY_SURFACE)));
}

static void
put_time(const char *key, int64_t ms, weir_buf *out)
{
    char at[WEIR_TIME_MAX];
    size_t n = weir_time_format(ms, at);

    weir_buf_puts(out, key);
    weir_buf_put(out, (weir_span){at, n});
    BUF_LIT(out, "\"");
}

/* `end`: NO_LABEL negates. */
static void
say(weir_export_worker *w, weir_span uri, int way, uint16_t region, int64_t end, int64_t at_ms,
    weir_buf *out)
{
    size_t begin = weir__fragment_begin(out);

    BUF_LIT(out, "{\"ver\":1,\"src\":\"");
    put_src(w->e, region, out);
    BUF_LIT(out, "\",\"uri\":");
    weir_buf_put_json(out, uri);
    BUF_LIT(out, ",\"val\":\"");
    put_val(way, out);
    weir_buf_puts(out, end == NO_LABEL ? "\",\"neg\":true" : "\"");
    put_time(",\"cts\":\"", at_ms, out);
    if (end != NO_LABEL && end != NO_END)
        put_time(",\"exp\":\"", end, out);
    BUF_LIT(out, "}\n");
    w->about.len = 0;
    weir_buf_puts(&w->about, weir_region_code(region));
    weir_buf_putc(&w->about, (char)('0' + way));
    weir__about_add(&w->about, uri);
    weir__fragment_end(w->e, out, begin, &w->about, (uint64_t)end);
    if (w->by_id)
        weir__fragment_weaken(out, begin);
}

static void
say_changes(weir_export_worker *w, weir_span uri, const struct weir__labels *old,
            const struct weir__labels *now, int64_t at_ms, weir_buf *out)
{
    for (int way = 0; way < WEIR__NWAYS; way++)
        for (uint16_t r = 0; r < weir_region_count(); r++)
            if (old->end[way][r] != now->end[way][r])
                say(w, uri, way, r, now->end[way][r], at_ms, out);
}

weir_status
weir__export_labels(weir_export_worker *w, const weir_decision *old, const weir_decision *now,
                    weir_buf *out)
{
    if (!span_starts(now->post->id, "at://")) {
        w->left_out[WEIR_LEFT_OUT_NOT_BLUESKY]++;
        return WEIR_OK;
    }
    weir_status st = labels_of(w, old, &w->old, &w->before);
    if (st == WEIR_OK)
        st = labels_of(w, now, &w->now, &w->account);
    if (st != WEIR_OK)
        return st;
    say_changes(w, now->post->author.id, &w->before, &w->account, now->at_ms, out);
    if (w->by_id && w->e->changes)
        w->left_out[WEIR_LEFT_OUT_BY_ID]++;
    else
        say_changes(w, now->post->id, &w->old, &w->now, now->at_ms, out);
    return WEIR_OK;
}

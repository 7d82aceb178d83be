/*
 * Rows of CSV (RFC 4180, CRLF): one for each post, region and surface, as records name them; XX is
 * everywhere that has no row of its own. A region in which a post is allowed although it is not
 * everywhere has a row, too, that says so; so has, where XX changes, one that does not change.
 *
 * A field that a spreadsheet may take for a formula, as it begins with = + - @ or a blank that is
 * none of space, has a ' in front; so has one that begins with ', so that a program can take off
 * what was put there. Of confidential orders no target is shown: neither the value that matched,
 * nor the author of a rule about accounts, nor the id of one about posts. Rows of one post can be
 * put together, so what one of them must not show is in none of them.
 */
#include "audit/exporting.h"

#include "audit/values.h"
#include "base/check.h"
#include "decide/shown.h"

static const char columns[] =
    "at,post,author,region,action,surface,factor,rule,order,by,value,via,ruleset\r\n";

void
weir__put_csv_header(bool changes, weir_buf *out)
{
    weir_buf_puts(out, changes ? "change," : "");
    weir_buf_puts(out, columns);
}

/* Pieces that make up one field. */
static void
put_field(weir_buf *out, const weir_span *piece, size_t n)
{
    static const char *const formulas[] = {"=",  "+",  "-",  "@",  "'",  "\t",
                                           "\r", "\n", "＝", "＋", "－", "＠"};
    const char *quote = "";
    weir_span first = SPAN_NONE;

    for (size_t i = 0; i < n; i++) {
        first = first.len ? first : piece[i];
        for (size_t k = 0; k < piece[i].len; k++)
            if (strchr(",\"\r\n", piece[i].p[k]) && piece[i].p[k])
                quote = "\"";
    }
    weir_buf_puts(out, quote);
    for (size_t i = 0; i < sizeof formulas / sizeof *formulas; i++)
        if (span_starts(first, formulas[i]))
            weir_buf_putc(out, '\'');
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < piece[i].len; k++) {
            if (piece[i].p[k] == '"')
                weir_buf_putc(out, '"');
            weir_buf_putc(out, piece[i].p[k]);
        }
    weir_buf_puts(out, quote);
}

static void
put_next(weir_buf *out, weir_span field)
{
    BUF_LIT(out, ",");
    put_field(out, &field, 1);
}

static const struct weir_rule *
rule_at(const weir_decision *d, const weir_act *act)
{
    return act ? &d->rs->rules[act->rule] : NULL;
}

static bool
is_confidential(const weir_decision *d, const struct weir_rule *r)
{
    return r->order != WEIR_NONE && d->rs->orders[r->order].confidential;
}

/* Is it that post or its author which must not be shown? Bits of weir_selector. */
static uint32_t
hidden_by(const weir_decision *d)
{
    static const weir_selector naming[] = {WEIR_SEL_ACCOUNTS, WEIR_SEL_POSTS};
    uint32_t hidden = 0;

    for (size_t i = 0; d && i < d->nregions; i++)
        for (int way = 0; way < WEIR__NWAYS; way++) {
            const weir_outcome *o = &d->regions[i].outcome;
            const struct weir_rule *r =
                weir__does(o, way) ? rule_at(d, weir__act_of(o, way)) : NULL;
            if (!r || !is_confidential(d, r))
                continue;
            for (size_t k = 0; k < sizeof naming / sizeof *naming; k++)
                hidden |= (uint32_t)(r->selector[WEIR__MATCH][naming[k]] != WEIR_NONE) << naming[k];
        }
    return hidden;
}

static bool
hides(uint32_t hidden, weir_selector k)
{
    return hidden >> k & 1;
}

/* Ids of these dialects are addresses, which name the author. */
static bool
hides_id(uint32_t hidden, const weir_post *p)
{
    bool names_author = p->source == WEIR_SOURCE_ACTIVITYPUB || span_starts(p->id, "at://");

    return hides(hidden, WEIR_SEL_POSTS) || (names_author && hides(hidden, WEIR_SEL_ACCOUNTS));
}

static void
put_author(weir_buf *out, const weir_account *a)
{
    weir_span piece[2] = {SPAN_NONE, SPAN_NONE};

    if (a->id.len) {
        piece[0] = span_of(weir__shown_before_id(a->id));
        piece[1] = a->id;
    } else if (a->handle.len) {
        piece[0] = SPAN_LIT("@");
        piece[1] = a->handle;
    }
    put_field(out, piece, 2);
}

/* `rule` to `via`. */
static void
put_act(weir_buf *out, const weir_decision *d, const weir_act *act, uint32_t hidden)
{
    const struct weir_rule *r = rule_at(d, act);

    if (!r) {
        BUF_LIT(out, ",,,,,");
        return;
    }
    bool own = r->order == WEIR_NONE;
    put_next(out, r->id);
    put_next(out, own ? SPAN_NONE : d->rs->orders[r->order].id);
    put_next(out, span_of(weir_selector_name(act->selector)));
    BUF_LIT(out, ",");
    if (!is_confidential(d, r) && !hides(hidden, act->selector)) {
        struct weir__shown shown = weir__shown(act);
        weir_span piece[] = {span_of(shown.before), shown.value, span_of(shown.behind)};
        put_field(out, piece, 3);
    }
    put_next(out, act->via_repost ? SPAN_LIT("repost") : SPAN_NONE);
}

struct row {
    const weir_decision *d;
    const char *change; /* NULL: no such column */
    uint32_t hidden;
    int64_t at_ms;
    uint16_t region;
    const weir_outcome *o; /* NULL: allowed */
    int way;               /* of a restriction */
};

static void
put_row(weir_export_worker *w, const struct row *row, weir_buf *out)
{
    const weir_decision *d = row->d;
    const weir_act *act = row->o ? weir__act_of(row->o, row->way) : NULL;
    bool surface = act && row->way != WEIR__BY_WITHHOLD;
    int s = row->way - WEIR__BY_SURFACE;
    char at[WEIR_TIME_MAX];
    size_t n = weir_time_format(row->at_ms, at);
    size_t begin = weir__fragment_begin(out);

    if (row->change) {
        weir_buf_puts(out, row->change);
        BUF_LIT(out, ",");
    }
    weir_buf_put(out, (weir_span){at, n});
    put_next(out, hides_id(row->hidden, d->post) ? SPAN_NONE : d->post->id);
    BUF_LIT(out, ",");
    if (!hides(row->hidden, WEIR_SEL_ACCOUNTS))
        put_author(out, &d->post->author);
    put_next(out, span_of(weir_region_code(row->region)));
    put_next(out, span_of(weir_action_name(row->o ? row->o->action : WEIR_ALLOW)));
    put_next(out, surface ? span_of(weir_surface_name((weir_surface)s)) : SPAN_NONE);
    BUF_LIT(out, ",");
    if (surface)
        weir__put_factor(out, row->o->surface[s].factor_milli);
    put_act(out, d, act, row->hidden);
    put_next(out, (weir_span){d->rs->digest, 16});
    BUF_LIT(out, "\r\n");
    weir__fragment_end(w->e, out, begin, NULL, 0);
}

/* Is it the same restriction in two rule sets, by the names of its rule, and the same factor? */
static bool
is_same(const weir_decision *old, const weir_outcome *was, const weir_decision *now,
        const weir_outcome *is, int way)
{
    if (!weir__does(was, way) || !weir__does(is, way))
        return false;
    if (way != WEIR__BY_WITHHOLD && was->surface[way - WEIR__BY_SURFACE].factor_milli !=
                                        is->surface[way - WEIR__BY_SURFACE].factor_milli)
        return false;
    const weir_act *a = weir__act_of(was, way), *b = weir__act_of(is, way);
    return span_eq(rule_at(old, a)->id, rule_at(now, b)->id) && a->via_repost == b->via_repost &&
           weir__shown_same(a, b);
}

/* What has changed between two decisions of one post. */
struct change {
    const weir_decision *old, *now;
    struct weir__spread was, is;
    uint32_t hidden;
};

static void
put_side(weir_export_worker *w, const struct change *c, const char *change, uint16_t region,
         int way, weir_buf *out)
{
    bool lifted = change[0] == 'l';
    struct row row = {.d = lifted ? c->old : c->now,
                      .change = change,
                      .hidden = c->hidden,
                      .at_ms = c->now->at_ms,
                      .region = region,
                      .o = lifted ? c->was.at[region] : c->is.at[region],
                      .way = way};

    put_row(w, &row, out);
}

/* `all`: what has not changed, too. @return did anything change there? */
static bool
put_region(weir_export_worker *w, const struct change *c, uint16_t region, bool all, weir_buf *out)
{
    const weir_outcome *was = c->was.at[region], *is = c->is.at[region];
    bool changed = false;

    for (int way = 0; way < WEIR__NWAYS; way++) {
        if (is_same(c->old, was, c->now, is, way)) {
            if (all)
                put_side(w, c, "same", region, way, out);
            continue;
        }
        if (weir__does(was, way))
            put_side(w, c, "lifted", region, way, out);
        if (weir__does(is, way))
            put_side(w, c, "new", region, way, out);
        changed = changed || weir__does(was, way) || weir__does(is, way);
    }
    if (all && !was && !is)
        put_side(w, c, "same", region, WEIR__BY_WITHHOLD, out);
    return changed;
}

/* What changes for XX changes everywhere but in regions that have rows of their own: then they
   have, though nothing changes there. */
static void
put_changes(weir_export_worker *w, const weir_decision *old, const weir_decision *now,
            weir_buf *out)
{
    struct change c = {.old = old, .now = now, .hidden = hidden_by(old) | hidden_by(now)};
    struct weir__region_set named = {{0}};

    weir__spread_decision(old, &c.was);
    weir__spread_decision(now, &c.is);
    for (size_t i = 0; i < old->nregions; i++)
        weir__region_add(&named, old->regions[i].region);
    for (size_t i = 0; i < now->nregions; i++)
        weir__region_add(&named, now->regions[i].region);
    bool everywhere =
        weir__region_has(&named, WEIR_REGION_XX) && put_region(w, &c, WEIR_REGION_XX, false, out);
    for (uint16_t r = weir__region_next(&named, WEIR_REGION_XX + 1); r != WEIR_REGION_NONE;
         r = weir__region_next(&named, (uint16_t)(r + 1)))
        (void)put_region(w, &c, r, everywhere, out);
}

weir_status
weir__export_rows(weir_export_worker *w, const weir_decision *old, const weir_decision *now,
                  weir_buf *out)
{
    if (w->e->changes) {
        CHECK(old);
        put_changes(w, old, now, out);
        return WEIR_OK;
    }
    uint32_t hidden = hidden_by(now);
    for (size_t i = 0; i < now->nregions; i++) {
        const weir_outcome *o = &now->regions[i].outcome;
        struct row row = {.d = now,
                          .hidden = hidden,
                          .at_ms = now->at_ms,
                          .region = now->regions[i].region,
                          .o = o};
        if (o->action == WEIR_ALLOW) {
            row.o = NULL;
            put_row(w, &row, out);
        }
        for (row.way = 0; row.way < WEIR__NWAYS; row.way++)
            if (weir__does(o, row.way))
                put_row(w, &row, out);
    }
    return WEIR_OK;
}

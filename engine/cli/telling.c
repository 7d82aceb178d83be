/*
 * Telling. Sentences are made from the decision alone; particulars of a confidential order are
 * left out, as what is printed here ends in tickets and letters.
 */
#include "cli/telling.h"

#include "cli/ui.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
tell_account(const weir_account *a, weir_buf *out)
{
    if (a->handle.len) {
        weir_buf_putc(out, '@');
        tell_text(a->handle, out);
        return;
    }
    if (a->id.len < 4 || memcmp(a->id.p, "did:", 4) != 0)
        weir_buf_puts(out, "id:");
    tell_text(a->id, out);
}

static void
put_tag(weir_span tag, weir_buf *out)
{
    static const char wide[] = "\xEF\xBC\x83"; /* ＃ */
    size_t mark = tag.len >= 1 && tag.p[0] == '#'               ? 1
                  : tag.len >= 3 && memcmp(tag.p, wide, 3) == 0 ? 3
                                                                : 0;

    weir_buf_putc(out, '#');
    tell_text((weir_span){tag.p + mark, tag.len - mark}, out);
}

/* What of the post the rule matched. */
static void
put_cause(const weir_act *act, weir_buf *out)
{
    const weir_post *p = act->part;

    switch (act->selector) {
    case WEIR_SEL_ACCOUNTS:
        weir_buf_puts(out, p->query.kind == WEIR_QUERY_NONE ? "the author " : "the account ");
        tell_account(&p->author, out);
        break;
    case WEIR_SEL_MENTIONS:
        weir_buf_puts(out, "the mention of ");
        tell_account(&p->mentions[act->value], out);
        break;
    case WEIR_SEL_HASHTAGS:
        weir_buf_puts(out, "the hashtag ");
        put_tag(p->hashtags[act->value], out);
        break;
    case WEIR_SEL_POSTS:
        weir_buf_puts(out, "the post's id ");
        tell_text(p->id, out);
        break;
    case WEIR_SEL_LANGS:
        weir_buf_puts(out, "the language ");
        tell_text(p->langs[act->value], out);
        break;
    default:
        weir_buf_printf(out, "the dialect %s", weir_source_name(p->source));
    }
    if (act->via_repost)
        weir_buf_puts(out, ", in the post that it reposts");
}

void
tell_rule(const weir_ruleset *rs, uint32_t rule, weir_buf *out)
{
    weir_rule_info r;

    weir_ruleset_rule(rs, rule, &r);
    weir_buf_printf(out, "%s (%s:%" PRIu32 ")", r.id, r.file ? r.file : "?", r.line);
}

static const char *
kind_words(weir_kind k)
{
    static const char *const words[] = {[WEIR_KIND_EMERGENCY] = "an emergency order",
                                        [WEIR_KIND_LEGAL_DEMAND] = "a legal demand",
                                        [WEIR_KIND_COURT_ORDER] = "a court order",
                                        [WEIR_KIND_REPORT] = "a report",
                                        [WEIR_KIND_POLICY] = "a policy"};

    return words[k];
}

static void
put_particulars(const weir_order_info *o, const char *indent, weir_buf *out)
{
    if (!o->confidential && o->authority)
        weir_buf_printf(out, " of %s", o->authority);
    if (!o->confidential && o->reference)
        weir_buf_printf(out, ", reference %s", o->reference);
    if (o->served_ms != INT64_MIN)
        tell_time(", served ", o->served_ms, out);
    weir_buf_puts(out, o->confidential ? "; it is confidential\n" : "\n");
    if (o->confidential)
        return;
    if (o->basis)
        weir_buf_printf(out, "%son the basis of: %s\n", indent, o->basis);
    if (o->notice)
        weir_buf_printf(out, "%snotice to the public: %s\n", indent, o->notice);
}

static void
put_order(const weir_ruleset *rs, uint32_t rule, const char *indent, weir_buf *out)
{
    weir_rule_info r;
    weir_order_info o;

    weir_ruleset_rule(rs, rule, &r);
    if (r.order == WEIR_NONE) {
        weir_buf_printf(out, "%sunder the platform's own policy\n", indent);
        return;
    }
    weir_ruleset_order(rs, r.order, &o);
    weir_buf_printf(out, "%sunder %s, %s", indent, o.id, kind_words(o.kind));
    put_particulars(&o, indent, out);
}

static void
put_act(const struct telling *t, const weir_act *act, const char *indent)
{
    const weir_ruleset *rs = t->d->rs;
    weir_buf *out = t->out;
    char deeper[16];

    (void)snprintf(deeper, sizeof deeper, "%s  ", indent);
    weir_buf_printf(out, "%sby rule ", indent);
    tell_rule(rs, act->rule, out);
    weir_buf_puts(out, ", because of ");
    put_cause(act, out);
    weir_buf_putc(out, '\n');
    put_order(rs, act->rule, deeper, out);
    tell_when(t, act->rule, deeper);
    if (tell_terms(t->d, act->rule, deeper, out))
        weir_buf_putc(out, '\n');
}

static void
put_factor(uint32_t milli, weir_buf *out)
{
    char digits[8];

    (void)snprintf(digits, sizeof digits, "%03u", milli % 1000);
    size_t n = strlen(digits);
    while (n > 0 && digits[n - 1] == '0')
        n--;
    if (!milli)
        weir_buf_puts(out, "kept out of it (factor 0)");
    else
        weir_buf_printf(out, "ranked at %u.%.*s of its score", milli / 1000, (int)n, digits);
}

static bool
is_same_act(const weir_act *a, const weir_act *b)
{
    return a->rule == b->rule && a->via_repost == b->via_repost && a->part == b->part;
}

static bool
is_same_downrank(const weir_outcome *x, int a, const weir_outcome *y, int b)
{
    return (y->surfaces & 1u << b) && is_same_act(&x->surface[a].act, &y->surface[b].act) &&
           x->surface[a].factor_milli == y->surface[b].factor_milli;
}

static bool
is_same_outcome(const weir_outcome *x, const weir_outcome *y)
{
    bool same = x->action == y->action;

    if (!same || x->action == WEIR_ALLOW)
        return same;
    if (x->action == WEIR_WITHHOLD)
        return is_same_act(&x->act, &y->act);
    same = x->surfaces == y->surfaces;
    for (int s = 0; s < WEIR_NSURFACES && same; s++)
        same = !(x->surfaces & 1u << s) || is_same_downrank(x, s, y, s);
    return same;
}

/* Surfaces with the same factor by the same rule are told together. */
static void
put_surfaces(const struct telling *t, const weir_outcome *o)
{
    weir_buf *out = t->out;
    unsigned told = 0;

    for (int s = 0; s < WEIR_NSURFACES; s++) {
        const char *before = "  ";

        if (!(o->surfaces & 1u << s) || (told & 1u << s))
            continue;
        for (int same = s; same < WEIR_NSURFACES; same++) {
            if (!is_same_downrank(o, s, o, same))
                continue;
            weir_buf_printf(out, "%s%s", before, weir_surface_name((weir_surface)same));
            told |= 1u << same;
            before = ", ";
        }
        weir_buf_puts(out, ": ");
        put_factor(o->surface[s].factor_milli, out);
        weir_buf_putc(out, '\n');
        put_act(t, &o->surface[s].act, "    ");
    }
}

static void
put_outcome(const struct telling *t, const char *where, const weir_outcome *o)
{
    if (o->action == WEIR_WITHHOLD) {
        weir_buf_printf(t->out, "%s: withheld\n", where);
        put_act(t, &o->act, "  ");
    } else if (o->action == WEIR_DOWNRANK) {
        weir_buf_printf(t->out, "%s: shown, but downranked\n", where);
        put_surfaces(t, o);
    } else {
        weir_buf_printf(t->out, "%s: allowed\n", where);
    }
}

static const weir_outcome *
outcome_in(const weir_decision *d, uint16_t region)
{
    for (size_t i = 0; i < d->nregions; i++) {
        if (d->regions[i].region == region)
            return &d->regions[i].outcome;
    }
    return NULL;
}

/* Regions with the same outcome are told together, where the first of them stands. */
static void
put_regions(const struct telling *t)
{
    const weir_region_outcome *r = t->d->regions;
    size_t n = t->d->nregions;
    bool *told = ui_alloc(n, sizeof *told);
    weir_buf where = {0};

    for (size_t i = 0; i < n; i++) {
        if (told[i] || r[i].region == WEIR_REGION_XX)
            continue;
        where.len = 0;
        for (size_t j = i; j < n; j++) {
            if (r[j].region == WEIR_REGION_XX || !is_same_outcome(&r[i].outcome, &r[j].outcome))
                continue;
            told[j] = true;
            weir_buf_printf(&where, "%s%s", j > i ? ", " : "", weir_region_code(r[j].region));
        }
        weir_buf_putc(&where, '\0');
        if (where.failed)
            ui_no_memory();
        put_outcome(t, where.p, &r[i].outcome);
    }
    weir_buf_fini(&where);
    free(told);
}

static void
put_outcomes(const struct telling *t)
{
    static const weir_outcome allow = {.action = WEIR_ALLOW};
    const weir_decision *d = t->d;
    const weir_outcome *xx = outcome_in(d, WEIR_REGION_XX);
    size_t others = d->nregions - (xx != NULL);

    if (t->region != WEIR_REGION_NONE) {
        const weir_outcome *o = outcome_in(d, t->region);

        put_outcome(t,
                    t->region == WEIR_REGION_XX
                        ? "XX (viewers of unknown region, and countries that no rule names)"
                        : weir_region_code(t->region),
                    o ? o : &allow);
        return;
    }
    put_regions(t);
    put_outcome(t, others ? "everywhere else" : "everywhere", xx ? xx : &allow);
}

void
tell(const struct telling *t)
{
    if (t->d->limit_tags)
        weir_buf_printf(t->out, "Only the first %d of its hashtags were looked at.\n",
                        WEIR_MAX_TAGS);
    put_outcomes(t);
    tell_exemptions(t);
    tell_named(t);
    tell_partial(t);
    tell_near(t);
    tell_rest(t);
}

/*
 * Telling of rules that ask for more than a query has: a hashtag is withheld in posts of one
 * language, say. What they ask for besides is a matter of the rule alone.
 */
#include "cli/telling.h"

/* Entries and regions that a line names before it goes over to counting them. */
#define NAMED 8
#define EVERYONE 10000u /* a rollout, in hundredths of a percent */

/* What the one value of a query is matched with. */
static uint32_t
selector_asked(const weir_decision *d)
{
    return 1u << (d->post->query.kind == WEIR_QUERY_HASHTAG ? WEIR_SEL_HASHTAGS
                                                            : WEIR_SEL_ACCOUNTS);
}

bool
telling_asks_for_it(const weir_decision *d, uint32_t rule)
{
    weir_rule_info r;

    weir_ruleset_rule(d->rs, rule, &r);
    return d->post->query.kind == WEIR_QUERY_NONE || (r.match & selector_asked(d));
}

/* The targets of a confidential order are not named. */
static bool
is_secret(const weir_ruleset *rs, const weir_rule_info *r, weir_selector k)
{
    weir_order_info o;

    if (r->order == WEIR_NONE || k >= WEIR_SEL_LANGS)
        return false;
    weir_ruleset_order(rs, r->order, &o);
    return o.confidential;
}

static void
put_entries(const weir_ruleset *rs, uint32_t rule, bool in_except, weir_selector k, weir_buf *out)
{
    size_t mark = 0, n = 0;

    for (;; n++) {
        size_t before = out->len;

        weir_buf_puts(out, n ? ", " : "");
        if (!weir_ruleset_rule_entry(rs, rule, in_except, k, n, out)) {
            out->len = before;
            break;
        }
        if (n + 1 == NAMED)
            mark = out->len;
    }
    if (n > NAMED) {
        out->len = mark;
        weir_buf_printf(out, " or %zu others", n - NAMED);
    }
}

void
tell_selectors(const weir_ruleset *rs, uint32_t rule, bool in_except, uint32_t set,
               const char *between, weir_buf *out)
{
    static const char *const words[] = {
        [WEIR_SEL_ACCOUNTS] = "by ",   [WEIR_SEL_MENTIONS] = "that mention ",
        [WEIR_SEL_HASHTAGS] = "with ", [WEIR_SEL_POSTS] = "of the id ",
        [WEIR_SEL_LANGS] = "in ",      [WEIR_SEL_SOURCES] = "of the dialect "};
    weir_rule_info r;
    bool any = false;

    weir_ruleset_rule(rs, rule, &r);
    for (unsigned k = 0; k < WEIR_NSELECTORS; k++) {
        if (!(set & 1u << k))
            continue;
        weir_buf_printf(out, " %s%s", any ? between : "", words[k]);
        any = true;
        if (is_secret(rs, &r, (weir_selector)k))
            weir_buf_printf(out, "certain %s", weir_selector_name((weir_selector)k));
        else
            put_entries(rs, rule, in_except, (weir_selector)k, out);
    }
}

bool
tell_terms(const weir_decision *d, uint32_t rule, const char *before, weir_buf *out)
{
    weir_rule_info r;

    if (d->post->query.kind == WEIR_QUERY_NONE)
        return false;
    weir_ruleset_rule(d->rs, rule, &r);
    uint32_t more = r.match & ~selector_asked(d), except = r.except & ~selector_asked(d);
    if (!more && !except)
        return false;
    weir_buf_puts(out, before);
    if (more) {
        weir_buf_puts(out, "for posts");
        tell_selectors(d->rs, rule, false, more, "and ", out);
    }
    if (except) {
        weir_buf_puts(out, more ? ", but not for posts" : "not for posts");
        tell_selectors(d->rs, rule, true, except, "or ", out);
    }
    return true;
}

/* Of a hashtag that is asked about alone, nobody is the author yet. */
static bool
awaits_author(const weir_decision *d, const weir_trace_entry *e)
{
    return d->post->query.kind == WEIR_QUERY_HASHTAG && e->state == WEIR_STATE_HELD_BACK;
}

bool
telling_is_partial(const weir_decision *d, const weir_trace_entry *e)
{
    bool asks_more = e->state == WEIR_STATE_NO_MATCH && e->hits;

    return d->post->query.kind != WEIR_QUERY_NONE && (asks_more || awaits_author(d, e));
}

void
tell_where(const struct telling *t, uint32_t rule)
{
    bool everywhere = weir_ruleset_rule_holds(t->d->rs, rule, WEIR_REGION_XX);
    size_t n = 0;

    if (t->region != WEIR_REGION_NONE) {
        weir_buf_puts(t->out, weir_region_code(t->region));
        return;
    }
    if (everywhere)
        weir_buf_puts(t->out, "everywhere");
    for (uint16_t r = 0; r < weir_region_count(); r++) {
        if (r == WEIR_REGION_XX || weir_ruleset_rule_holds(t->d->rs, rule, r) == everywhere)
            continue;
        if (++n <= NAMED)
            weir_buf_printf(t->out, "%s%s",
                            n > 1        ? ", "
                            : everywhere ? " but in "
                                         : "",
                            weir_region_code(r));
    }
    if (n > NAMED)
        weir_buf_printf(t->out, " and %zu more", n - NAMED);
}

static const char *
consequence(const weir_rule_info *r)
{
    if (r->mode == WEIR_MODE_OBSERVE)
        return "only observed";
    return r->action == WEIR_WITHHOLD   ? "withheld"
           : r->action == WEIR_DOWNRANK ? "downranked"
                                        : "exempted";
}

void
tell_rollout(const weir_rule_info *r, weir_buf *out)
{
    unsigned whole = r->rollout_bp / 100, rest = r->rollout_bp % 100;

    weir_buf_printf(out, "%u", whole);
    if (rest % 10)
        weir_buf_printf(out, ".%02u", rest);
    else if (rest)
        weir_buf_printf(out, ".%u", rest / 10);
    weir_buf_puts(out, " % of authors (its rollout)");
}

/* What it asks for besides, its rollout included. */
static void
put_condition(const struct telling *t, uint32_t rule, const weir_rule_info *r)
{
    bool for_some = r->rollout_bp < EVERYONE;

    if (for_some) {
        weir_buf_puts(t->out, "for posts by ");
        tell_rollout(r, t->out);
    }
    (void)tell_terms(t->d, rule, for_some ? ", " : "", t->out);
}

static void
put_partial(const struct telling *t, const weir_trace_entry *e)
{
    uint32_t allow = telling_exemption_of(t, e->rule, e->part);
    weir_rule_info r;

    weir_ruleset_rule(t->d->rs, e->rule, &r);
    weir_buf_puts(t->out, "  ");
    tell_where(t, e->rule);
    weir_buf_printf(t->out, ": %s ", consequence(&r));
    put_condition(t, e->rule, &r);
    weir_buf_puts(t->out, ": rule ");
    tell_rule(t->d->rs, e->rule, t->out);
    weir_buf_putc(t->out, '\n');
    if (allow != WEIR_NONE) {
        weir_buf_puts(t->out, "    but exempted where this holds too: ");
        tell_rule(t->d->rs, allow, t->out);
        weir_buf_putc(t->out, '\n');
    }
    if (telling_has_when(t, e->rule))
        tell_when(t, e->rule, "    ");
}

void
tell_partial(const struct telling *t)
{
    bool headed = false;

    for (size_t i = 0; i < t->d->ntrace; i++) {
        const weir_trace_entry *e = &t->d->trace[i];

        if (!telling_is_partial(t->d, e) || !telling_concerns(t, e))
            continue;
        if (!headed)
            weir_buf_puts(t->out, "\nWhat depends on the rest of a post:\n");
        headed = true;
        put_partial(t, e);
    }
}

/*
 * Telling of the rules that did not act: those that came near, with the reason, and how many had
 * nothing to do with it.
 */
#include "cli/telling.h"

#include "cli/ui.h"

#include <stdlib.h>

/* Rules that a line names before it goes over to counting them. */
#define NAMED 8

/* The post names nobody whom a rollout could be asked about. */
static bool
has_no_author(const struct telling *t, const weir_trace_entry *e)
{
    const weir_post *p = t->d->post;

    for (unsigned i = 0; i < e->part && p->repost_of; i++)
        p = p->repost_of;
    return !p->author.id.len && !p->author.handle.len;
}

static void
put_held_back(const struct telling *t, const weir_trace_entry *e, weir_buf *out)
{
    weir_rule_info r;

    if (!has_no_author(t, e)) {
        weir_buf_puts(out, "matches, but its rollout has not reached this author");
        return;
    }
    weir_ruleset_rule(t->d->rs, e->rule, &r);
    weir_buf_puts(out, "matches, but acts only on posts by ");
    tell_rollout(&r, out);
    weir_buf_puts(out, ", and this post has no author to go by");
}

static void
put_reason(const struct telling *t, const weir_trace_entry *e, weir_buf *out)
{
    switch (e->state) {
    case WEIR_STATE_NOT_IN_FORCE:
        weir_buf_puts(out, "would match");
        (void)tell_terms(t->d, e->rule, " ", out);
        weir_buf_puts(out, ", but ");
        tell_absence(t, e->rule);
        break;
    case WEIR_STATE_LIMIT:
        weir_buf_puts(out,
                      "may match: a pattern of it ran out of its budget, which counts as none");
        break;
    case WEIR_STATE_EXCEPTED:
        weir_buf_puts(out, "matches, but so does its `except`");
        break;
    case WEIR_STATE_HELD_BACK:
        put_held_back(t, e, out);
        break;
    case WEIR_STATE_OBSERVED:
        weir_buf_puts(out, "matches, but only observes (mode: observe)");
        break;
    case WEIR_STATE_EXEMPTED:
        weir_buf_puts(out, "matches, but is exempted");
        break;
    case WEIR_STATE_OUTRANKED:
        weir_buf_puts(out, "matches, but another rule acts before it");
        break;
    default:
        weir_buf_printf(out, "%s", weir_state_name(e->state));
    }
}

bool
telling_concerns(const struct telling *t, const weir_trace_entry *e)
{
    return t->region == WEIR_REGION_NONE || weir_ruleset_rule_holds(t->d->rs, e->rule, t->region);
}

const char *
telling_part(const weir_trace_entry *e)
{
    static const char *const parts[] = {"", " on the post that it reposts",
                                        " on the innermost post"};

    return parts[e->part < 3 ? e->part : 2];
}

static void
put_near(const struct telling *t, const weir_trace_entry *e)
{
    weir_buf_puts(t->out, "  ");
    tell_rule(t->d->rs, e->rule, t->out);
    weir_buf_printf(t->out, "%s ", telling_part(e));
    put_reason(t, e, t->out);
    for (size_t i = 0; i < e->nregions && t->region == WEIR_REGION_NONE; i++)
        weir_buf_printf(t->out, "%s%s", i ? ", " : " in ", weir_region_code(e->regions[i]));
    weir_buf_putc(t->out, '\n');
    if (e->state != WEIR_STATE_NOT_IN_FORCE && tell_terms(t->d, e->rule, "    ", t->out))
        weir_buf_putc(t->out, '\n');
    if (e->state != WEIR_STATE_NOT_IN_FORCE && telling_has_when(t, e->rule))
        tell_when(t, e->rule, "    ");
}

/* Is it worth a line of its own? Not what acted, what does not match, or what nobody can say. */
static bool
is_near(const struct telling *t, size_t i)
{
    weir_state s = t->d->trace[i].state;

    if (s == WEIR_STATE_NOT_IN_FORCE)
        return t->near && t->near[i] == NEAR_MATCHES;
    return s != WEIR_STATE_MATCHED && s != WEIR_STATE_NO_MATCH && s != WEIR_STATE_OFF &&
           !telling_is_partial(t->d, &t->d->trace[i]);
}

bool
telling_is_named(const struct telling *t, size_t entry)
{
    return telling_concerns(t, &t->d->trace[entry]) &&
           (is_near(t, entry) || t->d->trace[entry].state == WEIR_STATE_MATCHED ||
            telling_is_partial(t->d, &t->d->trace[entry]));
}

void
tell_near(const struct telling *t)
{
    bool headed = false;

    for (size_t i = 0; i < t->d->ntrace; i++) {
        if (!telling_concerns(t, &t->d->trace[i]) || !is_near(t, i))
            continue;
        if (!headed)
            weir_buf_puts(t->out, "\nRules that came near:\n");
        headed = true;
        put_near(t, &t->d->trace[i]);
    }
}

/* One line for rules whose match nobody looked at: some names, and how many there are. */
static void
put_unasked(const struct telling *t, weir_state state, const char *what)
{
    size_t n = 0;

    for (size_t i = 0; i < t->d->ntrace; i++) {
        const weir_trace_entry *e = &t->d->trace[i];
        weir_rule_info r;

        if (e->state != state || !telling_concerns(t, e) || e->part != 0 ||
            (t->near && t->near[i] != NEAR_UNKNOWN))
            continue;
        weir_ruleset_rule(t->d->rs, e->rule, &r);
        if (n < NAMED)
            weir_buf_printf(t->out, "%s%s", n ? ", " : what, r.id);
        n++;
    }
    if (n > NAMED)
        weir_buf_printf(t->out, ", and %zu more", n - NAMED);
    if (n)
        weir_buf_putc(t->out, '\n');
}

/* Does this entry say that the rule has nothing to do with its part? */
static bool
differs(const struct telling *t, size_t i)
{
    weir_state s = t->d->trace[i].state;

    return (s == WEIR_STATE_NO_MATCH && !telling_is_partial(t->d, &t->d->trace[i]) &&
            !telling_is_passed_over(t->d, &t->d->trace[i])) ||
           (s == WEIR_STATE_NOT_IN_FORCE && t->near && t->near[i] == NEAR_DIFFERS);
}

/* Rules that have nothing to do with any part, of those that ask for such a thing or do not. */
static size_t
count_differing(const struct telling *t, bool asking)
{
    enum { NOT_ASKED, DIFFERS, CONCERNED };
    unsigned char *rules = ui_alloc(weir_ruleset_nrules(t->d->rs), 1);
    size_t n = 0;

    for (size_t i = 0; i < t->d->ntrace; i++) {
        unsigned char *r = &rules[t->d->trace[i].rule];

        if (!telling_concerns(t, &t->d->trace[i]))
            continue;
        if (!differs(t, i))
            *r = CONCERNED;
        else if (*r == NOT_ASKED)
            *r = DIFFERS;
    }
    for (uint32_t i = 0; i < weir_ruleset_nrules(t->d->rs); i++)
        n += rules[i] == DIFFERS && telling_asks_for_it(t->d, i) == asking;
    free(rules);
    return n;
}

/* Rules that were not looked at, as they say nothing of the region asked about. */
static void
put_elsewhere(const struct telling *t)
{
    uint32_t n = 0;

    if (t->region == WEIR_REGION_NONE)
        return;
    for (uint32_t i = 0; i < weir_ruleset_nrules(t->d->rs); i++)
        n += !weir_ruleset_rule_holds(t->d->rs, i, t->region);
    if (!n)
        return;
    ui_count(t->out, n, "rule holds", "rules hold");
    weir_buf_puts(t->out, " in other regions only.\n");
}

void
tell_rest(const struct telling *t)
{
    size_t before = t->out->len;

    weir_buf_putc(t->out, '\n');
    size_t start = t->out->len;
    put_unasked(t, WEIR_STATE_OFF, "Off, and not asked whether they match: ");
    put_unasked(t, WEIR_STATE_NOT_IN_FORCE, "Not in force, and not known whether they match: ");
    size_t differing = count_differing(t, true), unasking = count_differing(t, false);
    if (differing) {
        ui_count(t->out, differing, "rule does not match", "rules do not match");
        weir_buf_puts(t->out, ".\n");
    }
    if (unasking) {
        ui_count(t->out, unasking, "rule looks", "rules look");
        weir_buf_printf(t->out, " at other things than %s.\n",
                        t->d->post->query.kind == WEIR_QUERY_HASHTAG ? "hashtags" : "authors");
    }
    put_elsewhere(t);
    if (t->out->len == start)
        t->out->len = before;
}

/*
 * What orders and rules reach, in sentences: of those that are new, those that are gone, and those
 * that have a part in what changes; of the others that say something else now, their names.
 */
#include "cli/differences.h"

#include "cli/ui.h"

#include <inttypes.h>
#include <string.h>

/* Regions, and rules that exempt, that a sentence names; and names of what has no effect. */
#define NAMED 8
/* Sentences that a person is shown; --json has all. */
#define SAID 50

/* What a subject reaches on one side. */
struct reached {
    const struct reach_row *rows;
    size_t n;
};

static struct reached
reached_by(const struct differences *x, const struct subject *s, enum reach_side side)
{
    struct reached r = {.n = 0};

    if (s->number[side] != WEIR_NONE)
        r.rows = reach_find(x->reach, side, s->of, s->number[side], &r.n);
    return r;
}

static struct headcount_row
all_of(const struct reached *r, enum reach_effect e)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->rows[i].effect == e && r->rows[i].about == REACH_ALL)
            return r->rows[i].n;
    return (struct headcount_row){.posts = 0};
}

static void
put_posts(struct headcount_row n, weir_buf *out)
{
    ui_count(out, n.posts, "post of ", "posts of ");
    ui_count(out, n.authors, "author", "authors");
}

/* ` in IN, TR`; ` in 30 regions`; ` everywhere`; ` in XX and 30 regions`, as XX is more than one.
 */
static void
put_regions(const struct reached *r, enum reach_effect e, weir_buf *out)
{
    const char *before = " in ";
    size_t n = 0, everywhere = 0;

    for (size_t i = 0; i < r->n; i++) {
        bool is = r->rows[i].effect == e && r->rows[i].about == REACH_REGION;
        n += is;
        everywhere += is && r->rows[i].which == WEIR_REGION_XX;
    }
    if (n > NAMED) {
        weir_buf_printf(out, " in %s%zu regions", everywhere ? "XX and " : "", n - everywhere);
        return;
    }
    for (size_t i = 0; i < r->n; i++) {
        const struct reach_row *row = &r->rows[i];

        if (row->effect != e || row->about != REACH_REGION)
            continue;
        if (row->which == WEIR_REGION_XX && n == 1) {
            weir_buf_puts(out, " everywhere");
            return;
        }
        weir_buf_printf(out, "%s%s", before, weir_region_code((uint16_t)row->which));
        before = ", ";
    }
}

static void
put_surfaces(const struct reached *r, enum reach_effect e, weir_buf *out)
{
    const char *before = "";

    for (size_t i = 0; i < r->n; i++) {
        const struct reach_row *row = &r->rows[i];

        if (row->effect != e || row->about != REACH_SURFACE)
            continue;
        weir_buf_printf(out, "%s%s", before, weir_surface_name((weir_surface)row->which));
        before = ", ";
    }
}

/* ` (press-freedom 2, journalists 1)` */
static void
put_exempting(const struct reached *r, const weir_ruleset *rs, weir_buf *out)
{
    const char *before = " (";
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++) {
        const struct reach_row *row = &r->rows[i];
        weir_rule_info by;

        if (row->about != REACH_BY || n++ >= NAMED)
            continue;
        weir_ruleset_rule(rs, row->which, &by);
        weir_buf_printf(out, "%s%s %" PRIu64, before, by.id, row->n.posts);
        before = ", ";
    }
    if (n)
        weir_buf_puts(out, n > NAMED ? ", …)" : ")");
}

/* What its rules on trial would do, if they all do the same. */
static const char *
observed_verb(const struct differences *x, const struct subject *s, enum reach_side side)
{
    static const char *const verbs[] = {"act on", "downrank", "withhold"};
    const weir_ruleset *rs = differences_rules(x, side);
    weir_rule_info info;
    int action = -1;

    for (uint32_t i = 0; i < weir_ruleset_nrules(rs); i++) {
        weir_ruleset_rule(rs, i, &info);
        if (info.mode != WEIR_MODE_OBSERVE ||
            (s->of == REACH_RULE ? i : info.order) != s->number[side])
            continue;
        if (action >= 0 && action != (int)info.action)
            return verbs[0];
        action = (int)info.action;
    }
    return verbs[action < 0 ? 0 : action];
}

/* What stands in front of the posts. */
static void
put_verb(const struct differences *x, const struct subject *s, enum reach_side side,
         enum reach_effect e, weir_buf *out)
{
    static const char *const verbs[REACH_NEFFECTS][REACH_NSIDES] = {
        [REACH_WITHHELD] = {"withheld ", "would withhold "},
        [REACH_KEPT_OUT] = {"kept ", "would keep "},
        [REACH_DOWNRANKED] = {"downranked ", "would downrank "},
        [REACH_EXEMPT] = {"", ""},
        [REACH_EXEMPTS] = {"exempted ", "would exempt "},
        [REACH_HELD_BACK] = {"held back from ", "would hold back from "},
    };

    if (e == REACH_OBSERVED)
        weir_buf_printf(out, "on trial (mode: observe), would %s up to ",
                        observed_verb(x, s, side));
    else
        weir_buf_puts(out, verbs[e][side]);
}

/* `would withhold 3 posts of 2 authors in IN` and so on; what was done before, as done. */
static void
put_effect(const struct differences *x, const struct subject *s, const struct reached *r,
           enum reach_side side, enum reach_effect e, weir_buf *out)
{
    static const char *const are_exempt[2][REACH_NSIDES] = {{" were exempt", " are exempt"},
                                                            {" was exempt", " is exempt"}};
    struct headcount_row n = all_of(r, e);

    put_verb(x, s, side, e, out);
    put_posts(n, out);
    if (e == REACH_KEPT_OUT || e == REACH_DOWNRANKED) {
        weir_buf_puts(out, e == REACH_KEPT_OUT ? " out of " : " on ");
        put_surfaces(r, e, out);
    } else if (e == REACH_EXEMPT) {
        weir_buf_puts(out, are_exempt[n.posts == 1][side]);
    } else if (e == REACH_OBSERVED) {
        weir_buf_puts(out, " if enforced");
    }
    put_regions(r, e, out);
    if (e == REACH_EXEMPT)
        put_exempting(r, differences_rules(x, side), out);
}

/* How much it was before. */
static void
put_before(struct headcount_row was, struct headcount_row is, weir_buf *out)
{
    if (was.posts == is.posts && was.authors == is.authors) {
        weir_buf_puts(out, " (as many as before)");
        return;
    }
    weir_buf_puts(out, " (before: ");
    if (was.posts)
        put_posts(was, out);
    else
        weir_buf_puts(out, "none");
    weir_buf_putc(out, ')');
}

/* What it did and does no more is told as what it did. */
static void
put_effects(const struct differences *x, const struct subject *s, weir_buf *out)
{
    struct reached was = reached_by(x, s, REACH_BEFORE), is = reached_by(x, s, REACH_AFTER);
    bool is_both = s->standing == STANDING_SAME || s->standing == STANDING_CHANGED;
    const char *before = ": ";

    for (int e = 0; e < REACH_NEFFECTS; e++) {
        struct headcount_row a = all_of(&was, (enum reach_effect)e);
        struct headcount_row b = all_of(&is, (enum reach_effect)e);

        if (!a.posts && !b.posts)
            continue;
        weir_buf_puts(out, before);
        before = "; ";
        if (b.posts)
            put_effect(x, s, &is, REACH_AFTER, (enum reach_effect)e, out);
        else
            put_effect(x, s, &was, REACH_BEFORE, (enum reach_effect)e, out);
        if (is_both && b.posts)
            put_before(a, b, out);
        else if (is_both)
            weir_buf_puts(out, ", and none now");
    }
    if (*before == ':')
        weir_buf_puts(out, s->standing == STANDING_GONE ? ": acted on nothing here"
                                                        : ": would act on nothing here");
}

static void
put_subject(const struct differences *x, const struct subject *s, weir_buf *out)
{
    weir_buf_printf(out, "%s %s", s->of == REACH_ORDER ? "order" : "rule", subject_id(x, s));
    if (s->standing != STANDING_SAME)
        weir_buf_printf(out, " (%s)", standing_name(s->standing));
    put_effects(x, s, out);
    weir_buf_putc(out, '\n');
}

static bool
is_told(const struct subject *s)
{
    return s->touched || s->standing == STANDING_NEW || s->standing == STANDING_GONE;
}

/* Is what is to be told of a rule told of its order already? */
static bool
is_said_by_its_order(const struct differences *x, const struct subject *rule)
{
    const struct args *a = x->d->args;

    return rule->alone &&
           (!a->by_rule.n || differences_ask_for(&a->by_order, subject_order(x, rule)));
}

static void
put_unaffected(const struct differences *x, weir_buf *out)
{
    size_t n = 0;

    for (size_t i = 0; i < x->nsubjects; i++) {
        const struct subject *s = &x->subjects[i];

        if (is_told(s) || s->standing != STANDING_CHANGED)
            continue;
        if (n++ < NAMED)
            weir_buf_printf(out, "%s%s %s", n > 1 ? ", " : "\nchanged, without effect here: ",
                            s->of == REACH_ORDER ? "order" : "rule", subject_id(x, s));
    }
    if (n > NAMED)
        weir_buf_printf(out, " and %zu more", n - NAMED);
    if (n)
        weir_buf_putc(out, '\n');
}

void
differences_said(const struct differences *x, weir_buf *out)
{
    size_t n = 0, more = 0;

    for (size_t i = 0; i < x->nsubjects; i++) {
        const struct subject *s = &x->subjects[i];

        if (!is_told(s) || (s->of == REACH_RULE && is_said_by_its_order(x, s)))
            continue;
        if (n == SAID) {
            more++;
            continue;
        }
        weir_buf_puts(out, n++ ? "" : "\n");
        put_subject(x, s, out);
    }
    if (more)
        weir_buf_printf(out, "… and %zu orders and rules more (--json has them all)\n", more);
    put_unaffected(x, out);
}

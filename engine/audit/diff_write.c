/*
 * Differences as a line of JSON: as far as they go, what the records before and after say.
 */
#include <tagweir/diff.h>

#include "audit/record.h"
#include "audit/values.h"
#include "base/buf.h"
#include "model/ruleset.h"

struct writing {
    const weir_decision *before, *after;
    weir_buf *out;
    bool outcomes, exemptions; /* their member is open */
    uint16_t region;           /* that was written last in it */
    bool lists[2];             /* something differs among what is observed, held back */
};

static void
put_code(weir_buf *out, const char *before, uint16_t region)
{
    weir_buf_puts(out, before);
    weir_buf_puts(out, weir_region_code(region));
    BUF_LIT(out, "\":{");
}

static void
put_outcomes(struct writing *w, const weir_difference *d)
{
    if (w->outcomes && w->region == d->region)
        return;
    put_code(w->out, w->outcomes ? ",\"" : ",\"regions\":{\"", d->region);
    w->outcomes = true;
    w->region = d->region;
    BUF_LIT(w->out, "\"change\":\"");
    weir_buf_puts(w->out, weir_difference_name(d->kind));
    BUF_LIT(w->out, "\",\"before\":");
    weir__put_outcome(w->out, w->before->rs, d->before);
    BUF_LIT(w->out, ",\"after\":");
    weir__put_outcome(w->out, w->after->rs, d->after);
    BUF_LIT(w->out, "}");
}

static void
close_outcomes(struct writing *w)
{
    if (w->outcomes)
        BUF_LIT(w->out, "}");
    w->outcomes = false;
}

static void
put_exemptions(struct writing *w, const weir_difference *d)
{
    close_outcomes(w);
    if (w->exemptions && w->region == d->region)
        return;
    put_code(w->out, w->exemptions ? ",\"" : ",\"exempted\":{\"", d->region);
    w->exemptions = true;
    w->region = d->region;
    BUF_LIT(w->out, "\"before\":");
    weir__put_exemptions(w->out, w->before->rs, weir_decision_exemptions(w->before, d->region));
    BUF_LIT(w->out, ",\"after\":");
    weir__put_exemptions(w->out, w->after->rs, weir_decision_exemptions(w->after, d->region));
    BUF_LIT(w->out, "}");
}

static void
put_difference(void *arg, const weir_difference *d)
{
    struct writing *w = arg;

    if (d->before)
        put_outcomes(w, d);
    else if (d->region != WEIR_REGION_NONE)
        put_exemptions(w, d);
    else
        w->lists[d->kind >= WEIR_DIFFERENCE_HELD_BACK] = true;
}

static void
put_lists(struct writing *w)
{
    const weir_decision *b = w->before, *a = w->after;

    if (w->lists[0]) {
        BUF_LIT(w->out, ",\"observed\":{\"before\":");
        weir__put_rule_ids(w->out, b->rs, b->observed, b->nobserved);
        BUF_LIT(w->out, ",\"after\":");
        weir__put_rule_ids(w->out, a->rs, a->observed, a->nobserved);
        BUF_LIT(w->out, "}");
    }
    if (w->lists[1]) {
        BUF_LIT(w->out, ",\"held_back\":{\"before\":");
        weir__put_rule_ids(w->out, b->rs, b->held_back, b->nheld_back);
        BUF_LIT(w->out, ",\"after\":");
        weir__put_rule_ids(w->out, a->rs, a->held_back, a->nheld_back);
        BUF_LIT(w->out, "}");
    }
}

static void
put_tail(struct writing *w)
{
    char before[WEIR_TIME_MAX], after[WEIR_TIME_MAX];

    (void)weir_time_format(w->before->at_ms, before);
    (void)weir_time_format(w->after->at_ms, after);
    weir_buf_printf(w->out, ",\"at\":{\"before\":\"%s\",\"after\":\"%s\"}", before, after);
    weir_buf_printf(w->out, ",\"ruleset\":{\"before\":\"%.*s\",\"after\":\"%.*s\"}}",
                    WEIR__DIGEST_SHOWN, w->before->rs->digest, WEIR__DIGEST_SHOWN,
                    w->after->rs->digest);
}

/* @return whether anything differs; else nothing was written. */
static bool
put_post(const weir_decision *before, const weir_decision *after, uint16_t region, weir_buf *out)
{
    struct writing w = {.before = before, .after = after, .out = out};
    size_t begin = out->len;

    BUF_LIT(out, "{\"v\":1");
    weir__put_subject(out, before->post);
    weir_diff(before, after, region, put_difference, &w);
    bool differ = w.outcomes || w.exemptions || w.lists[0] || w.lists[1];
    close_outcomes(&w);
    if (w.exemptions)
        BUF_LIT(out, "}");
    put_lists(&w);
    size_t mark = out->len;
    if (before->quoted && after->quoted) {
        BUF_LIT(out, ",\"quoted\":");
        if (put_post(before->quoted, after->quoted, region, out))
            differ = true;
        else
            out->len = mark;
    }
    put_tail(&w);
    if (!differ)
        out->len = begin;
    return differ;
}

bool
weir_diff_write(const weir_decision *before, const weir_decision *after, uint16_t region,
                weir_buf *out)
{
    bool differ = put_post(before, after, region, out);

    if (differ)
        BUF_LIT(out, "\n");
    return differ;
}

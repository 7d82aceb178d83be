/*
 * What is shown of a value: a region and surface each repeat it, and its length is its author's
 * choice, so that a long one is cut between two code points, and the cut is shown.
 */
#include "decide/shown.h"

#include "base/check.h"
#include "text/fold.h"

#include <tagweir/audit.h>

#define ELLIPSIS "…"

static struct weir__shown
shortened(const char *before, weir_span value)
{
    size_t len = value.len;

    if (len <= WEIR_RECORD_VALUE_MAX)
        return (struct weir__shown){before, value, ""};
    for (len = WEIR_RECORD_VALUE_MAX; len > 0 && ((unsigned char)value.p[len] & 0xc0) == 0x80;)
        len--;
    return (struct weir__shown){before, {value.p, len}, ELLIPSIS};
}

static struct weir__shown
shown_account(const weir_account *a)
{
    if (a->handle.len)
        return shortened("@", a->handle);
    return shortened(weir__shown_before_id(a->id), a->id);
}

struct weir__shown
weir__shown(const weir_act *act)
{
    const weir_post *p = act->part;

    switch (act->selector) {
    case WEIR_SEL_ACCOUNTS:
        return shown_account(&p->author);
    case WEIR_SEL_MENTIONS:
        CHECK(act->value < p->nmentions);
        return shown_account(&p->mentions[act->value]);
    case WEIR_SEL_HASHTAGS:
        CHECK(act->value < p->nhashtags);
        return shortened("#", weir__tag_body(p->hashtags[act->value]));
    case WEIR_SEL_POSTS:
        return shortened("", p->id);
    case WEIR_SEL_LANGS:
        CHECK(act->value < p->nlangs);
        return shortened("", p->langs[act->value]);
    case WEIR_SEL_SOURCES:
        return shortened("", span_of(weir_source_name(p->source)));
    case WEIR_NSELECTORS:
        break;
    }
    weir_check_failed(__FILE__, __LINE__, "an act names a selector");
}

/* Is a value that was cut shown as one that was not, which ends in an ellipsis itself? */
static bool
same_as_whole(weir_span cut, weir_span whole)
{
    size_t tail = sizeof ELLIPSIS - 1;

    return whole.len == cut.len + tail && span_eq(span_head(whole, cut.len), cut) &&
           span_is(span_skip(whole, cut.len), ELLIPSIS);
}

bool
weir__shown_same(const weir_act *a, const weir_act *b)
{
    struct weir__shown x = weir__shown(a), y = weir__shown(b);

    if (strcmp(x.before, y.before) != 0) /* no value begins with what stands before another */
        return false;
    if (*x.behind && !*y.behind)
        return same_as_whole(x.value, y.value);
    if (*y.behind && !*x.behind)
        return same_as_whole(y.value, x.value);
    return span_eq(x.value, y.value);
}

/*
 * What a record shows of the value that a rule acted on. Deciding asks whether two regions would
 * show the same, writing records shows it: both mean this.
 */
#ifndef WEIR_DECIDE_SHOWN_H
#define WEIR_DECIDE_SHOWN_H

#include "base/span.h"

#include <tagweir/decide.h>

/* One text in three pieces. The first and the last are static, and hold nothing to be escaped. */
struct weir__shown {
    const char *before; /* `#`, `@`, `id:` or nothing */
    weir_span value;    /* of a long one its beginning, whole code points; the post's */
    const char *behind; /* an ellipsis where it was cut, or nothing */
};

struct weir__shown weir__shown(const weir_act *act);

/* Two acts of one rule: is the text the same? */
bool weir__shown_same(const weir_act *a, const weir_act *b);

/* In front of an account's id, unless it is a DID, which says by itself what it is. */
#define WEIR__BEFORE_ID "id:"

static inline bool
weir__shown_is_bare(weir_span id)
{
    return span_starts(id, "did:");
}

static inline const char *
weir__shown_before_id(weir_span id)
{
    return weir__shown_is_bare(id) ? "" : WEIR__BEFORE_ID;
}

#endif

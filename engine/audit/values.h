/*
 * How records write the values that posts are made of.
 */
#ifndef WEIR_AUDIT_VALUES_H
#define WEIR_AUDIT_VALUES_H

#include "base/buf.h"

#include <tagweir/decide.h>

/* `key`, with all that stands around it, and a JSON string behind it. Here, as keys are literals,
   whose length is then known. */
static inline void
weir__put_text(weir_buf *out, const char *key, weir_span text)
{
    weir__buf_add(out, span_of(key));
    weir_buf_put_json(out, text);
}

/* `,"author":…` as `id:…`, or the bare DID, else `@handle`; nothing when there is neither. */
void weir__put_author(weir_buf *out, const weir_account *a);
/* The value that a rule acted on, as a JSON string. */
void weir__put_value(weir_buf *out, const weir_act *act);
/* Thousandths as the shortest decimal: 0, 0.1, 0.125. */
void weir__put_factor(weir_buf *out, uint32_t milli);

#endif

/*
 * Between UTF-8, which the engine speaks, and UTF-16, which ICU's C interface speaks, without
 * allocating for what tags usually are. For the files of this room alone.
 */
#ifndef WEIR_TEXT_UTF16_H
#define WEIR_TEXT_UTF16_H

#include "base/buf.h"

#include <unicode/utypes.h>

/* Two rooms of `cap` units each; `a` holds `n` units when a fold begins. */
struct weir__rooms {
    UChar *a, *b;
    int32_t cap, n;
};

/* Folds what is in room a; the result is left in room b, its length in *nresult. Both rooms may be
   written. U_BUFFER_OVERFLOW_ERROR: called again from the start with larger rooms. */
typedef void (*weir__fold16)(const struct weir__rooms *r, int32_t *nresult, UErrorCode *err);

/* Append the fold of s. Malformed UTF-8 appends nothing; without memory out->failed is set.
   s must not lie in out. */
void weir__fold_by(weir__fold16 fold, weir_span s, weir_buf *out);

#endif

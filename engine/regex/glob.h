/*
 * Globs: anchored at both ends; `*` any run, `?` one code point, `\*` `\?` `\\` themselves.
 */
#ifndef WEIR_REGEX_GLOB_H
#define WEIR_REGEX_GLOB_H

#include "base/buf.h"

/* Does it have a `*`, `?` or `\`, and so is a glob and no literal? */
bool weir__is_glob(weir_span s);

typedef void (*weir__fold_fn)(weir_span run, weir_buf *out);

/*
 * Append the glob with each literal run folded by itself, wildcards kept, and what folding made
 * of literals escaped again; runs of `*` become one. NULL fold: runs as they are.
 * @return false for a `\` before anything else than * ? \, and for malformed UTF-8 (which, folded
 * to nothing, would match anything); its offset goes to *bad (may be NULL), out stays as it was.
 */
bool weir__glob_fold(weir_span glob, weir__fold_fn fold, weir_buf *out, size_t *bad);

/* Match a folded glob. Linear in practice: one point to come back to, the last `*`. */
bool weir__glob_match(weir_span folded, weir_span subject);

#endif

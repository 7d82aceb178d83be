/*
 * Image: a rule set as one run of bytes that can lie anywhere, made by walking its structs by
 * their layouts. Bytes that no field covers are 0, so that equal rule sets have equal images.
 */
#ifndef WEIR_COMPILE_IMAGE_H
#define WEIR_COMPILE_IMAGE_H

#include "compile/bundle.h"

struct weir__image {
    weir_buf part[WEIR__NPARTS]; /* as bundle.h says */
};

/* WEIR_E_NOMEM. Release with _fini in any case. */
weir_status weir__image_make(const struct weir_ruleset *rs, struct weir__image *out);
void weir__image_fini(struct weir__image *im);

#endif

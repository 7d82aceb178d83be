/*
 * Diagnostics: adding to the list that the public header reads from.
 */
#ifndef WEIR_BASE_ERROR_H
#define WEIR_BASE_ERROR_H

#include "base/span.h"

/* A place in a file. Owner of the strings: whoever made it; diags copy them. */
struct weir__place {
    const char *file;
    uint32_t line, column, width; /* as in weir_diag */
    weir_span source;             /* the line's text; {NULL, 0}: not to be had */
};

/* Add one. Without memory the error still counts, under a fixed message. */
void weir__diag_add(weir_diags *d, weir_severity s, const struct weir__place *at, const char *fmt,
                    ...) __attribute__((format(printf, 4, 5)));

#endif

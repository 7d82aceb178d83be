/*
 * What tests of messages share: files in a folder of their own, and what loading them told.
 */
#ifndef WEIR_TESTS_COMPILE_TOLD_H
#define WEIR_TESTS_COMPILE_TOLD_H

#include "unit/folder.h"
#include "unit/test.h"

#include "base/span.h"

#include <tagweir/ruleset.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Its path, which is good until the next call. */
static inline const char *
write_file(const char *name, const char *text)
{
    static char path[64];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
    return path;
}

/* Is there a message that begins so, behind the folder's and a file's name? */
static inline bool
is_told(const weir_diags *d, const char *file, const char *expected)
{
    for (size_t i = 0; i < weir_diags_count(d); i++) {
        weir_buf b = {0};
        weir_diag_format(weir_diags_at(d, i), false, &b);
        weir_buf_putc(&b, '\0');
        size_t at = strlen(folder) + 1 + strlen(file);
        bool found = b.len > at && strncmp(b.p + strlen(folder) + 1, file, strlen(file)) == 0 &&
                     strncmp(b.p + at, expected, strlen(expected)) == 0;
        weir_buf_fini(&b);
        if (found)
            return true;
    }
    return false;
}

static inline void
tell_all(const weir_diags *d)
{
    weir_buf b = {0};

    for (size_t i = 0; i < weir_diags_count(d); i++)
        weir_diag_format(weir_diags_at(d, i), false, &b);
    weir_buf_putc(&b, '\0');
    (void)fprintf(stderr, "%s", b.p);
    weir_buf_fini(&b);
}

#endif

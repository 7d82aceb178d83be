/*
 * The end of the line for a broken promise of our own.
 */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void
weir__check_failed(const char *file, int line, const char *what)
{
    (void)fprintf(stderr, "tagweir: %s:%d: this must hold and does not: %s\n", file, line, what);
    abort();
}

/*
 * The end of the line for a broken promise of our own.
 */
#include <tagweir/check.h>

#include <stdio.h>
#include <stdlib.h>

void
weir_check_failed(const char *file, int line, const char *what)
{
    (void)fprintf(stderr, "tagweir: %s:%d: this must hold and does not: %s\n", file, line, what);
    abort();
}

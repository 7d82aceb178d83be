/*
 * What every unit test includes: cmocka, after the headers that it needs to stand in front of it.
 * Programs print TAP when CMOCKA_MESSAGE_OUTPUT=TAP is set, as tests/run does.
 */
#ifndef WEIR_TESTS_TEST_H
#define WEIR_TESTS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The real feeds and lists, or NULL: TAGWEIR_DATA, else ../shared/data from the project's root
   (tests run there). A test that needs them says skip() without. */
static inline const char *
data_dir(void)
{
    extern char *getenv(const char *);
    extern int access(const char *, int);
    const char *dir = getenv("TAGWEIR_DATA");

    if (!dir)
        dir = "../shared/data";
    return access(dir, 4 /* R_OK */) == 0 ? dir : NULL;
}

#endif

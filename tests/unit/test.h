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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Where every code point, or day, is looked at: how many to go on by. Under Valgrind, which looks for
   other things, and is some thirty times as slow, only each n-th is. */
static inline unsigned
step_by(unsigned n)
{
    return getenv("WEIR_TEST_NO_JIT") ? n : 1;
}

/* cmocka's own line of a skipped test has no room for a reason, so the reason stands in front of
   it, where tests/tools/runner.py takes it from. There is no skipping without one. */
static inline void
skip_because(const char *why)
{
    print_message("# SKIP %s\n", why);
    skip();
}
#undef skip

/* A file of the real feeds and lists: below TAGWEIR_DATA, else ../shared/data from the project's
   root (tests run there). Without that folder the test is skipped: to be called before the test
   holds anything. */
static inline FILE *
open_data(const char *name)
{
    const char *dir = getenv("TAGWEIR_DATA");
    char path[4096];

    if (!dir)
        dir = "../shared/data";
    if (access(dir, R_OK) != 0)
        skip_because("the real feeds and lists are not here (TAGWEIR_DATA, or ../shared/data)");
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    return f;
}

#endif

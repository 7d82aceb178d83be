/*
 * Verifying a journal, and telling what came of it.
 */
#ifndef WEIR_CLI_VERIFYING_H
#define WEIR_CLI_VERIFYING_H

#include <tagweir/tagweir.h>

struct verifying {
    const char *dir;
    weir_journal_expect expect;
    bool json, quiet;
};

/* @return the exit code */
int verifying_run(const struct verifying *v);

#endif

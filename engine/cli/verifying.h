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
    /* What else is done with the journal; NULL: nothing. `visit` sees its entries as they are
       walked over. Where the chain holds, and after that was told, `then` goes on: it appends
       members to the object, for programs, and prints itself for people.
       @return an exit code; from EXIT_USAGE on, no object is printed. */
    weir_journal_visit visit;
    int (*then)(void *arg, const weir_journal_proof *p, weir_buf *json);
    void *arg;
};

/* @return the exit code */
int verifying_run(const struct verifying *v);

#endif

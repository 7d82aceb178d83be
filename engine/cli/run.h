/*
 * Reading feeds from files: what replay, posts and all that counts decisions share. Records go to
 * standard output or a file in input order, in large writes.
 */
#ifndef WEIR_CLI_RUN_H
#define WEIR_CLI_RUN_H

#include "cli/summary.h"

#include "replay/crew.h"

struct run {
    const char *command;
    const struct args *args;
    weir_ruleset *rs;      /* NULL: write posts as they were read */
    weir_handles *handles; /* NULL: none */
    int64_t now_ms; /* one time for the whole run; of a run that goes on, that of the first */
    struct crew_notes notes;
    /* Facts that were noted, in the order of the input, by one thread at a time; NULL: none are.
       @return false: it was said why it cannot go on. */
    bool (*on_facts)(void *arg, const weir_buf *facts);
    /* What threads write are no records, but what these lines are made of, in the order of the
       input: how many they are to *n. NULL: it is written as it is. Such a run cannot be gone on
       with. */
    bool (*collect)(void *arg, const weir_buf *parts, weir_buf *lines, uint64_t *n);
    /* When all feeds were read, what is to be written behind the last record; with `collect` also
       where it is stopped, and *n more of its lines. */
    bool (*finish)(void *arg, weir_buf *out, uint64_t *n);
    void *arg;                    /* of all three */
    const struct crew_sums *sums; /* what was read and decided; for `finish`, NULL where stopped */
    const struct strings *feeds;  /* the files that were read, for the same, */
    uint64_t lines;               /* and the lines in them */
    bool one_go;                  /* it cannot be gone on with where it was stopped */
    bool whole;                   /* all is written at the end, to a file that replaces the older */
    bool input_only;              /* what was decided is told elsewhere, and not in the summary */
    bool untold;                  /* no summary: what came of it is told elsewhere */
    struct headcount *census;     /* for the summary; NULL: none was made */
    const struct tops *tags;      /* the same */
    const uint64_t *for_quotes;   /* the same; records written only for what they quote */
    const weir_export *exported;  /* the same; NULL: records are written */
};

/*
 * Answer every feed of the arguments, then print the summary, unless --quiet.
 * @return an exit code; --strict is looked at.
 */
int run_feeds(struct run *r);

#endif

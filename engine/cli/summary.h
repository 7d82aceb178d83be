/*
 * What was done, for a person or (JSON) for a program; on standard error, as results have the
 * standard output for themselves.
 */
#ifndef WEIR_CLI_SUMMARY_H
#define WEIR_CLI_SUMMARY_H

#include "cli/args.h"

#include "flow/ledger.h"

#include "serve/server.h"

/* The first few places of every kind of error, and then the first of each further file. */
#define SUMMARY_FIRST 3
#define SUMMARY_PLACES 8

struct summary_places {
    const char *file; /* the one being read; outlives this */
    struct {
        const char *file;
        uint64_t line;
    } at[WEIR_NREAD_ERRORS][SUMMARY_PLACES];
    size_t n[WEIR_NREAD_ERRORS];
};

/* An answer_error_fn; the argument is a struct summary_places. */
void summary_place(void *places, uint64_t line, const weir_item *item);

struct summary {
    const char *command;
    const struct args *args;
    const weir_ruleset *rs; /* NULL: nothing was decided */
    const struct tally *tally;
    const struct ledger *ledger;         /* NULL: nothing was decided */
    int64_t now_ms;                      /* ANSWER_NOW of a replay; else unused */
    const struct summary_places *places; /* NULL: none are known */
    const struct server_sums *served;    /* NULL: no connections */
    uint64_t files, lines;               /* of a replay */
};

void summary_print(const struct summary *s);

/* `now`, `created`, a time: the clock as a person is told of it. */
void summary_clock(const struct answer_options *o, weir_buf *out);

#endif

/*
 * What was done, for a person or (JSON) for a program; on standard error, as results have the
 * standard output for themselves.
 */
#ifndef WEIR_CLI_SUMMARY_H
#define WEIR_CLI_SUMMARY_H

#include "cli/args.h"

#include "flow/ledger.h"

#include "replay/census.h"
#include "replay/places.h"
#include "replay/tops.h"
#include "serve/server.h"

struct summary {
    const char *command;
    const struct args *args;
    const weir_ruleset *rs; /* NULL: nothing was decided */
    const struct tally *tally;
    const struct ledger *ledger;      /* NULL: nothing was decided */
    int64_t now_ms;                   /* ANSWER_NOW of a replay; else unused */
    const struct places *places;      /* NULL: none are known */
    const struct strings *feeds;      /* that they are in */
    const struct server_sums *served; /* NULL: no connections */
    uint64_t files, lines;            /* of a replay */
    uint64_t written;                 /* its records, */
    uint64_t for_quotes;              /* and of these, those written only for what they quote */
    bool input_only;                  /* what was decided is told elsewhere */
    bool resumed;                     /* it went on from an earlier run, */
    uint64_t before;                  /* which had written so many records */
    struct headcount *census;         /* NULL: there is none */
    const struct tops *tags;          /* that rules acted on; NULL: the same */
    const weir_export *exported;      /* in place of records; NULL: these */
};

void summary_print(const struct summary *s);

/* Authors of the posts that a row counts. */
uint64_t summary_authors(const struct summary *s, const struct ledger_row *r);

/* `now`, `created`, a time: the clock as a person is told of it. */
void summary_clock(const struct answer_options *o, weir_buf *out);

#endif

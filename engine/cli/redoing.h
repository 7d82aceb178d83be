/*
 * verify --redo: what a journal recorded, decided again and compared.
 */
#ifndef WEIR_CLI_REDOING_H
#define WEIR_CLI_REDOING_H

#include "cli/args.h"
#include "cli/verifying.h"

#include "replay/redo.h"

struct redoing {
    const struct args *args;
    struct redo redo;
    const weir_ruleset *rs; /* --rules: one for all; NULL: each record's own */
    struct pick *picks;     /* by rule set: the filters of a replay; NULL: there were none */
    bool **named;           /* rules that they name */
};

/* Refuses what does not go together. EXIT_DONE: redoing_end is due. */
int redoing_begin(struct redoing *r, const struct args *a, struct verifying *v);
void redoing_end(struct redoing *r);

/* redoing_text.c, redoing_json.c */

/* Which versions wrote the journal, and which rules are used, where these are others. */
void redoing_put_versions(const struct redoing *r, weir_buf *out);
void redoing_put_rules(const struct redoing *r, weir_buf *out);
/* What came of it. false: what is shown could not be read, and was said. */
bool redoing_put(const struct redoing *r, const weir_journal_proof *p, weir_buf *out);
/* The same as a member of an object. */
bool redoing_put_json(const struct redoing *r, weir_buf *out);

/* A record that is shown, and its number. false: it was said why it cannot be read. */
bool redoing_read(struct entry_reader *reader, const struct entry *e, weir_span *record,
                  uint64_t *seq);
/* Something is not as it was recorded. */
bool redoing_differs(const struct redoing *r);

#endif

/*
 * Exporting: what --emit asks for, in place of lines of our own.
 */
#ifndef WEIR_CLI_EXPORTING_H
#define WEIR_CLI_EXPORTING_H

#include "cli/run.h"

/*
 * What the arguments say of an export; the run, which has its rules, collects its lines then.
 * @param old  The export is of changes from these; NULL: of decisions.
 * @param out  NULL where none was asked for; to be freed when the run is done.
 * @return an exit code; it was said what is wrong.
 */
int exporting_begin(struct run *r, weir_ruleset *rs, weir_ruleset *old, weir_export **out);
/* Fragments to lines, so many to *n, and what is kept of them at the end. @return false without
   memory, which was said. */
bool exporting_collect(weir_export *e, const weir_buf *parts, weir_buf *lines, uint64_t *n);
bool exporting_finish(weir_export *e, weir_buf *lines, uint64_t *n);

#endif

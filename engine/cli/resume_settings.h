/*
 * What a run was given, as the file beside its output keeps it: to go on with it, all of that must
 * be the same.
 */
#ifndef WEIR_CLI_RESUME_SETTINGS_H
#define WEIR_CLI_RESUME_SETTINGS_H

#include "cli/args.h"

struct run;

/* Append the lines. Files count with their size and time, but for those that are no regular ones.
 */
void resume_put_settings(const struct run *r, const struct strings *files, weir_buf *out);

/*
 * Append the first thing in which settings differ, as a part of a sentence about the run that they
 * `was` of and the one that they `is` of. A NUL stands behind both texts.
 */
void resume_put_difference(const weir_buf *was, const weir_buf *is, weir_buf *out);

#endif

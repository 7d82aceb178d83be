/*
 * The files of a run: what its output may be called, and that nothing is written that is read.
 */
#ifndef WEIR_CLI_RUN_FILES_H
#define WEIR_CLI_RUN_FILES_H

#include "cli/args.h"

struct run;

/* May an output be called so? It is packed as by the end of its name: one that stands for another
   packing would say what it is not. false: `why` says so. */
bool run_output_named(const char *value, weir_buf *why);

/* The file that records, or what is in their place, go to. NULL: standard output. */
const char *run_output(const struct args *a);

/*
 * Before anything is opened to be written. @param resumes  How far it is will be kept beside.
 * @return an exit code; it was said what is in whose way.
 */
int run_files_check(const struct run *r, const struct strings *feeds, bool resumes);

#endif

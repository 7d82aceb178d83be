/*
 * What a command is given to work with: rules, handles, and the files that feeds stand for.
 */
#ifndef WEIR_CLI_INPUTS_H
#define WEIR_CLI_INPUTS_H

#include "cli/args.h"

/*
 * Load the rules and run their tests; what is wrong is said on standard error.
 * @return EXIT_DONE with *out, or an exit code.
 */
int inputs_rules(const struct args *a, const char *command, weir_ruleset **out);

/* The handles, NULL where none are named. The same return. */
int inputs_handles(const struct args *a, weir_handles **out);

/*
 * The files that paths stand for: a file itself (`-` for standard input), a folder every regular
 * file below it, in byte order of the path, ending in `suffix` where that is not NULL. Each can be
 * opened at this moment. What is wrong is said. @return EXIT_DONE or EXIT_IO.
 */
int inputs_files(const struct strings *paths, const char *suffix, struct strings *out);
void inputs_files_free(struct strings *files);

/* Processors that this process may run on. */
size_t inputs_cores(void);

/* A whole file (`-`: standard input) into a buffer. false: it was said why not. */
bool inputs_read(const char *path, weir_buf *out);

#endif

/*
 * What a command is given to work with: rules, handles, and the files that feeds stand for.
 */
#ifndef WEIR_CLI_INPUTS_H
#define WEIR_CLI_INPUTS_H

#include "cli/args.h"

#include "feed/source.h"

/*
 * Load the rules and run their tests; what is wrong is said on standard error. With --store, those
 * of a command that decides feeds by them are kept there.
 * @return EXIT_DONE with *out, or an exit code.
 */
int inputs_rules(const struct args *a, const char *command, weir_ruleset **out);

/*
 * The paths of rules that the command line names: with --store, a digest stands for a file there.
 * What is wrong is said. @return EXIT_DONE with *out, for inputs_files_free, or an exit code.
 */
int inputs_rule_paths(const struct args *a, const char *command, struct strings *out);

/* For weir_load_options.on_file: takes the file down, for touched_check. */
void inputs_on_rule_file(void *touched, const char *path, weir_file_kind kind);

/* The handles, NULL where none are named. The same return. */
int inputs_handles(const struct args *a, weir_handles **out);

/*
 * The files that paths stand for: a file itself (`-` for standard input), a folder every regular
 * file below it, in byte order of the path, ending in `suffix` where that is not NULL. Each can be
 * opened at this moment. What is wrong is said; with `tell` also what a folder holds that is
 * neither a file nor a folder. @return EXIT_DONE or EXIT_IO.
 */
int inputs_files(const struct strings *paths, const char *suffix, bool tell, struct strings *out);
void inputs_files_free(struct strings *files);

/*
 * How feeds are to be opened, as the arguments have it. `command`: whose arguments they are.
 * @return EXIT_DONE, or EXIT_USAGE where what is wrong was said.
 */
int inputs_sources(const struct args *a, const char *command, struct source_options *out);

/* Processors that this process may run on. */
size_t inputs_cores(void);

/* A whole file (`-`: standard input) into a buffer. false: it was said why not. */
bool inputs_read(const char *path, weir_buf *out);

#endif

/*
 * Feeds that the command line names, looked at before anything is decided or written: what is no
 * feed, or would count twice, is refused then.
 */
#ifndef WEIR_CLI_FEEDS_H
#define WEIR_CLI_FEEDS_H

#include "cli/args.h"

#include "feed/source.h"

/*
 * The files that the arguments stand for, each once, and at least one that may hold posts. What is
 * wrong is said; what is odd too, unless --quiet.
 * @param so   How they will be opened.
 * @param out  For inputs_files_free, also where it fails.
 * @return EXIT_DONE, EXIT_USAGE where a file is named twice, or EXIT_IO.
 */
int feeds_find(const struct args *a, const struct source_options *so, struct strings *out);

/* None of so many files held posts, which a pipe shows only when it was read. @return EXIT_IO. */
int feeds_none(uint64_t nfiles);

#endif

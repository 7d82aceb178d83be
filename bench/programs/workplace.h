/*
 * A private folder for sockets, rule files, feeds and logs, gone when the program ends.
 */
#ifndef BENCH_PROGRAMS_WORKPLACE_H
#define BENCH_PROGRAMS_WORKPLACE_H

#include "util.h"

#define WORKPLACE_PATH_MAX (TEMPORARY_MAX + 80)

/* A path in it; the folder is made when it is first asked for. */
void workplace_path(char out[WORKPLACE_PATH_MAX], const char *name);
/* Make a folder in it. */
void workplace_folder(char out[WORKPLACE_PATH_MAX], const char *name);

#endif

/*
 * Rule files of rules that were drawn, as a user of Tagweir would have written them.
 */
#ifndef BENCH_RULE_FILES_H
#define BENCH_RULE_FILES_H

#include "rules.h"

/* Into a folder that is there. */
void rule_files_write(const char *folder, const struct rules *rules);
/* These files, and the folder if nothing else is in it. */
void rule_files_remove(const char *folder);

#endif

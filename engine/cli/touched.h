/*
 * What a run reads, and what it writes: nothing may be both, and nothing be written twice. Files
 * are the same by device and inode, whatever they are called; one that is not there yet, by its
 * folder and name. Whoever opens a file for a run says so here, and before the first one is opened
 * for writing all is compared.
 *
 * Only regular files count: a terminal or a socket may well be both ends of a run.
 */
#ifndef WEIR_CLI_TOUCHED_H
#define WEIR_CLI_TOUCHED_H

#include <stdbool.h>

struct touched;

/* Never NULL; NULL may be freed. */
struct touched *touched_new(void);
void touched_free(struct touched *t);

/*
 * A file that is read (`-`: standard input). @param as  What for, as `the run reads it as …` goes
 * on: "handles"; static storage.
 */
void touched_read(struct touched *t, const char *path, const char *as);
/* Every file in a folder, but for those in folders below it. */
void touched_read_in(struct touched *t, const char *folder, const char *as);
/* A folder that stands for all files below it, feeds; what is no folder is left out. */
void touched_read_feeds(struct touched *t, const char *folder);

/* `as` of a compiled rule set. Where one is written, it takes the name of the older one in one
   step, which whoever uses that does not notice: it may be what was read. */
extern const char touched_compiled[];

/*
 * A file that is written (`-`: standard output). @param by  The option that names it, or what else
 * is to stand before the path in a message: "--out"; static storage.
 */
void touched_write(struct touched *t, const char *path, const char *by);
/* The same of a compiled rule set. */
void touched_write_compiled(struct touched *t, const char *path, const char *by);
/* The same of the file that is called so with this behind its name. */
void touched_write_beside(struct touched *t, const char *path, const char *suffix, const char *by);
/* The folder of a journal, which belongs to it alone. */
void touched_write_journal(struct touched *t, const char *folder);

/* @return EXIT_DONE; or EXIT_IO, and it was said what is in whose way. */
int touched_check(const struct touched *t);

#endif

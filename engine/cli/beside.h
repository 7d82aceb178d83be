/*
 * A file that is written whole or not at all: beside the one that is asked for, whose name it takes
 * when it is done. Whatever ends the run before leaves the older one as it was.
 */
#ifndef WEIR_CLI_BESIDE_H
#define WEIR_CLI_BESIDE_H

#include <tagweir/common.h>

/* Zero-initialise. */
struct beside {
    char *target; /* NULL: it is no regular file, and is written as it is */
    char *path;   /* the new file, which is there and empty */
};

/*
 * Make the new file. Where `path` is a symbolic link, the file that it leads to is to be replaced.
 * @param why  Where it cannot, a whole sentence is appended. @return false then.
 */
bool beside_begin(struct beside *b, const char *path, weir_buf *why);
/* What is to be written to. */
const char *beside_name(const struct beside *b, const char *path);
/* It is written, and on the disk: it takes the name. @return false: errno says why not. */
bool beside_done(struct beside *b);
/* Where it is not done, the new file goes. */
void beside_fini(struct beside *b);

#endif

/*
 * Which file a path stands for, whatever it is called: by device and inode; one that is not there
 * yet, by those of its folder, and its name.
 */
#ifndef WEIR_CLI_IDENTITY_H
#define WEIR_CLI_IDENTITY_H

#include <stdbool.h>
#include <sys/stat.h>

struct identity {
    enum { ID_NONE, ID_THERE, ID_ABSENT } kind;
    dev_t dev; /* of the file; where it is absent, of the folder that it would be in, */
    ino_t ino;
    char *name; /* and its name there; owned */
};

/*
 * Regular files have one, and with `folders` folders; all else, and what cannot be looked at, has
 * none. A link that leads to nothing is what it leads to. @param standard  The descriptor that `-`
 * stands for.
 */
struct identity identity_of(const char *path, int standard, bool folders);
struct identity identity_there(const struct stat *st);
void identity_fini(struct identity *id);
/* What has none is the same as nothing. */
bool identity_same(const struct identity *a, const struct identity *b);

/* The folder that a path is in, as it is written; `out` has room for the path, and a byte. */
void identity_folder(const char *path, char *out);

#endif

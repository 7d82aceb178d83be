/*
 * The folder in $TMPDIR.
 */
#include "programs/workplace.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static char folder[TEMPORARY_MAX];

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    (void)remove(path);
    return 0;
}

static void
remove_all(void)
{
    (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void
workplace_path(char out[WORKPLACE_PATH_MAX], const char *name)
{
    if (!folder[0]) {
        temporary_name(folder);
        if (!mkdtemp(folder)) {
            folder[0] = '\0';
            die(EXIT_FAILED, "no private folder could be made: %m");
        }
        (void)atexit(remove_all);
    }
    (void)snprintf(out, WORKPLACE_PATH_MAX, "%s/%.70s", folder, name);
}

void
workplace_folder(char out[WORKPLACE_PATH_MAX], const char *name)
{
    workplace_path(out, name);
    if (mkdir(out, 0700) != 0 && errno != EEXIST)
        die(EXIT_FAILED, "%s: %m", out);
}

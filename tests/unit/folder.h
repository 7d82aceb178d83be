/*
 * A folder of the test program's own, without others in it.
 */
#ifndef WEIR_TESTS_FOLDER_H
#define WEIR_TESTS_FOLDER_H

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* Made and removed with the test program. */
static char folder[] = "/tmp/tagweir-test-XXXXXX";

static inline int
make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static inline int
remove_folder(void **state)
{
    DIR *d = opendir(folder);

    (void)state;
    for (struct dirent *e; d && (e = readdir(d)) != NULL;)
        (void)unlinkat(dirfd(d), e->d_name, 0); /* not `.` and `..`, which are folders */
    if (d)
        (void)closedir(d);
    return rmdir(folder);
}

#endif

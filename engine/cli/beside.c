/*
 * As weir_ruleset_save does it, for what the program itself writes.
 */
#include "cli/beside.h"

#include "cli/ui.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Names that are tried: those that crashes left behind are passed over. */
#define NAMES_TRIED 100

static bool
open_new(struct beside *b)
{
    size_t size = strlen(b->target) + sizeof ".new" + 8;
    int fd = -1;

    b->path = ui_alloc(size, 1);
    errno = EEXIST;
    for (int i = 0; fd < 0 && errno == EEXIST && i < NAMES_TRIED; i++) {
        (void)snprintf(b->path, size, "%s.new%d", b->target, i);
        fd = open(b->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    }
    return fd >= 0 && close(fd) == 0;
}

bool
beside_begin(struct beside *b, const char *path, weir_buf *why)
{
    char real[PATH_MAX];
    struct stat st;
    bool there = stat(path, &st) == 0;

    if (there && !S_ISREG(st.st_mode))
        return true;
    b->target = strdup(realpath(path, real) ? real : path);
    if (!b->target)
        ui_no_memory();
    if (open_new(b))
        return true;
    weir_buf_printf(why, "%s: a new file cannot be made beside it, which would take its name: %s",
                    path, strerror(errno));
    free(b->path);
    b->path = NULL;
    return false;
}

const char *
beside_name(const struct beside *b, const char *path)
{
    return b->path ? b->path : path;
}

bool
beside_done(struct beside *b)
{
    if (!b->path)
        return true;
    if (rename(b->path, b->target) < 0)
        return false;
    free(b->path);
    b->path = NULL;
    return true;
}

void
beside_fini(struct beside *b)
{
    if (b->path)
        (void)unlink(b->path);
    free(b->path);
    free(b->target);
    *b = (struct beside){NULL, NULL};
}

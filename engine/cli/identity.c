/*
 * Links are followed as opening a file to be written would follow them.
 */
#include "cli/identity.h"

#include "cli/ui.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_LINKS 40 /* on the way to one file, as the system has it */

struct identity
identity_there(const struct stat *st)
{
    return (struct identity){.kind = ID_THERE, .dev = st->st_dev, .ino = st->st_ino};
}

void
identity_folder(const char *path, char *out)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        (void)strcpy(out, ".");
    else if (slash == path)
        (void)strcpy(out, "/");
    else {
        memcpy(out, path, (size_t)(slash - path));
        out[slash - path] = '\0';
    }
}

/* A link that leads to nothing is written through, to where it leads. false: it is none. */
static bool
follow(char path[PATH_MAX])
{
    char target[PATH_MAX], folder[PATH_MAX + 2];
    ssize_t n = readlink(path, target, sizeof target - 1);

    if (n <= 0)
        return false;
    target[n] = '\0';
    identity_folder(path, folder);
    if (target[0] == '/')
        (void)strcpy(path, target);
    else if (strlen(folder) + 1 + (size_t)n < PATH_MAX) {
        (void)strcat(strcat(folder, "/"), target);
        (void)strcpy(path, folder);
    } else
        return false;
    return true;
}

static char *
name_of(const char *text)
{
    char *p = strdup(text);

    if (!p)
        ui_no_memory();
    return p;
}

static struct identity
identity_absent(const char *path)
{
    char at[PATH_MAX], folder[PATH_MAX + 2];
    size_t len = strlen(path);
    struct stat st;

    if (len >= PATH_MAX)
        return (struct identity){.kind = ID_NONE};
    (void)strcpy(at, path);
    for (int links = 0; links < MAX_LINKS && follow(at);)
        links++;
    len = strlen(at);
    while (len > 1 && at[len - 1] == '/') /* a folder's name may end so */
        at[--len] = '\0';
    identity_folder(at, folder);
    if (stat(folder, &st) < 0)
        return (struct identity){.kind = ID_NONE}; /* opening it says why */
    const char *slash = strrchr(at, '/');
    return (struct identity){.kind = ID_ABSENT,
                             .dev = st.st_dev,
                             .ino = st.st_ino,
                             .name = name_of(slash ? slash + 1 : at)};
}

struct identity
identity_of(const char *path, int standard, bool folders)
{
    struct stat st;
    int got = strcmp(path, "-") == 0 ? fstat(standard, &st) : stat(path, &st);

    if (got < 0)
        return errno == ENOENT ? identity_absent(path) : (struct identity){.kind = ID_NONE};
    return S_ISREG(st.st_mode) || (folders && S_ISDIR(st.st_mode))
               ? identity_there(&st)
               : (struct identity){.kind = ID_NONE};
}

bool
identity_same(const struct identity *a, const struct identity *b)
{
    return a->kind != ID_NONE && a->kind == b->kind && a->dev == b->dev && a->ino == b->ino &&
           (a->kind == ID_THERE || strcmp(a->name, b->name) == 0);
}

void
identity_fini(struct identity *id)
{
    free(id->name);
    *id = (struct identity){.kind = ID_NONE};
}

/*
 * Watching by inotify. Which folders there are is looked up anew after each change, before rules
 * are loaded: what changes from then on is heard, what changed before is loaded.
 */
#include "serve/watch.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define CHANGES                                                                                    \
    (IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM |              \
     IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF)

/* Folders in which only one name matters. */
struct parent {
    int number;       /* inotify's */
    const char *name; /* NULL: all do, it is among the folders of another path */
};

struct watch {
    struct event_base *base;
    const char *const *paths;
    size_t n;
    struct timeval settle;
    void (*changed)(void *arg);
    void *arg;
    struct parent *parents; /* by path */
    struct event *event, *settled;
    int fd;
};

static bool
add_folder(int fd, const char *path, struct parent *parents, size_t n)
{
    int number = inotify_add_watch(fd, path, CHANGES | IN_ONLYDIR | IN_MASK_ADD);

    for (size_t i = 0; i < n; i++)
        if (parents[i].number == number)
            parents[i].name = NULL;
    return number >= 0 || errno == ENOENT || errno == ENOTDIR; /* it has gone meanwhile */
}

/* All folders at and below the path. */
static bool
add_tree(int fd, const char *path, struct parent *parents, size_t n)
{
    char *const roots[] = {(char *)path, NULL};
    FTS *tree = fts_open(roots, FTS_COMFOLLOW | FTS_PHYSICAL | FTS_NOSTAT | FTS_NOCHDIR, NULL);
    bool good = tree != NULL;
    const FTSENT *e;

    while (good && (e = fts_read(tree)))
        if (e->fts_info == FTS_D)
            good = add_folder(fd, e->fts_accpath, parents, n);
    int error = errno;
    if (tree)
        (void)fts_close(tree);
    errno = error;
    return good;
}

/* The folder that the path is in, for the path's own name. */
static bool
add_parent(int fd, const char *path, struct parent *out)
{
    const char *slash = strrchr(path, '/');
    char *folder = !slash          ? strdup(".")
                   : slash == path ? strdup("/")
                                   : strndup(path, (size_t)(slash - path));

    if (!folder)
        return false;
    out->name = slash ? slash + 1 : path;
    out->number = inotify_add_watch(fd, folder, CHANGES | IN_ONLYDIR | IN_MASK_ADD);
    int error = errno;
    free(folder);
    errno = error;
    return out->number >= 0;
}

static void on_event(evutil_socket_t fd, short what, void *arg);

/* false: errno; what was watched before still is. */
static bool
look_up(struct watch *w)
{
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    struct parent *parents = calloc(w->n, sizeof *parents);
    bool good = fd >= 0 && parents;

    for (size_t i = 0; i < w->n && good; i++)
        good = add_parent(fd, w->paths[i], &parents[i]);
    for (size_t i = 0; i < w->n && good; i++)
        good = add_tree(fd, w->paths[i], parents, w->n);
    struct event *event = good ? event_new(w->base, fd, EV_READ | EV_PERSIST, on_event, w) : NULL;
    if (!event || event_add(event, NULL) < 0) {
        int error = errno;

        free(parents);
        if (event)
            event_free(event);
        if (fd >= 0)
            (void)close(fd);
        errno = error;
        return false;
    }
    if (w->event)
        event_free(w->event);
    if (w->fd >= 0)
        (void)close(w->fd);
    free(w->parents);
    w->fd = fd;
    w->event = event;
    w->parents = parents;
    return true;
}

/* Of a folder that is watched for one name, and for nothing else, others do not matter. */
static bool
matters(const struct watch *w, const struct inotify_event *e)
{
    bool is_parent = false;

    if (e->mask & IN_IGNORED)
        return false;
    for (size_t i = 0; i < w->n; i++) {
        if (w->parents[i].number != e->wd)
            continue;
        is_parent = true;
        if (!w->parents[i].name || (e->len && strcmp(e->name, w->parents[i].name) == 0))
            return true;
    }
    return !is_parent;
}

static void
on_event(evutil_socket_t fd, short what, void *arg)
{
    struct watch *w = arg;
    _Alignas(struct inotify_event) char events[16 * 1024];
    bool changed = false;
    ssize_t n;

    (void)what;
    while ((n = read(fd, events, sizeof events)) > 0)
        for (ssize_t at = 0; at < n;) {
            const struct inotify_event *e = (const void *)(events + at);

            changed |= matters(w, e);
            at += (ssize_t)(sizeof *e + e->len);
        }
    if (changed)
        (void)event_add(w->settled, &w->settle);
}

static void
on_settled(evutil_socket_t fd, short what, void *arg)
{
    struct watch *w = arg;

    (void)fd;
    (void)what;
    (void)look_up(w); /* else what was watched before still is */
    w->changed(w->arg);
}

struct watch *
watch_new(struct event_base *base, const char *const *paths, size_t n, unsigned settle_ms,
          void (*changed)(void *arg), void *arg)
{
    struct watch *w = calloc(1, sizeof *w);

    if (!w)
        return NULL;
    *w = (struct watch){
        .base = base,
        .paths = paths,
        .n = n,
        .settle = {.tv_sec = settle_ms / 1000, .tv_usec = (suseconds_t)(settle_ms % 1000) * 1000},
        .changed = changed,
        .arg = arg,
        .fd = -1};
    w->settled = evtimer_new(base, on_settled, w);
    if (w->settled && look_up(w))
        return w;
    int error = errno;
    watch_free(w);
    errno = error;
    return NULL;
}

void
watch_free(struct watch *w)
{
    if (!w)
        return;
    if (w->settled)
        event_free(w->settled);
    if (w->event)
        event_free(w->event);
    if (w->fd >= 0)
        (void)close(w->fd);
    free(w->parents);
    free(w);
}

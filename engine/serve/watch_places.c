/*
 * Which folders are to be watched: those that rules are read in, and each folder on the way to
 * what is read, for the next name on that way. Symbolic links are followed one at a time, so that
 * any of them can be swung; folders are walked as the compiler walks them.
 */
#include "serve/watch_parts.h"

#include <errno.h>
#include <fts.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of names; on a way to somewhere, what is written into other files need not wake us up. */
#define COMINGS                                                                                    \
    (IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF |            \
     IN_MOVE_SELF)
#define CHANGES (COMINGS | IN_CLOSE_WRITE | IN_MODIFY)

#define MAX_LINKS 40 /* on one way, as the system has it */

struct look {
    int fd;
    const struct places *before;
    struct places *out;
    bool no_memory;
};

struct place *
places_find(const struct places *p, int number)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->items[i].number == number)
            return &p->items[i];
    return NULL;
}

bool
place_names(const struct place *p, const char *name)
{
    for (size_t i = 0; i < p->nnames; i++)
        if (strcmp(p->names[i], name) == 0)
            return true;
    return false;
}

void
places_free(struct places *p)
{
    for (size_t i = 0; i < p->n; i++) {
        for (size_t k = 0; k < p->items[i].nnames; k++)
            free(p->items[i].names[k]);
        free(p->items[i].names);
    }
    free(p->items);
    free(p->where);
    *p = (struct places){.items = NULL};
}

bool
watch_is_rule_file(const char *name)
{
    size_t n = strlen(name);

    return n > 5 && strcmp(name + n - 5, ".yaml") == 0;
}

static void
mix(struct look *l, uint64_t x)
{
    l->out->print = (l->out->print ^ x) * 0x100000001b3u;
}

/* Of what is read, or what is in it. */
static void
mix_content(struct look *l, const struct stat *st)
{
    int64_t changed_ms = (int64_t)st->st_ctim.tv_sec * 1000 + st->st_ctim.tv_nsec / 1000000;

    if (changed_ms > l->out->newest_ms)
        l->out->newest_ms = changed_ms;
    mix(l, (uint64_t)st->st_size);
    mix(l, (uint64_t)st->st_mtim.tv_sec * 1000000000u + (uint64_t)st->st_mtim.tv_nsec);
    mix(l, (uint64_t)st->st_ctim.tv_sec * 1000000000u + (uint64_t)st->st_ctim.tv_nsec);
}

static void
mix_identity(struct look *l, const struct stat *st)
{
    mix(l, st->st_dev);
    mix(l, st->st_ino);
}

/* What went, or leads nowhere, is heard of when it comes: by the folder that it would be in. */
static void
fail_at(struct look *l, const char *path, int error)
{
    if (error == ENOENT || error == ENOTDIR || error == ELOOP || error == ENAMETOOLONG)
        return;
    if (l->out->error)
        return;
    l->out->error = error;
    l->out->where = strdup(path);
}

/* Room for one more. false: no memory. */
static bool
grow(void *items, size_t n, size_t *cap, size_t size)
{
    void **at = items;

    if (n < *cap)
        return true;
    size_t more = *cap ? *cap * 2 : 8;
    void *p = reallocarray(*at, more, size);
    if (!p)
        return false;
    *at = p;
    *cap = more;
    return true;
}

static bool
add_name(struct place *p, const char *name)
{
    if (place_names(p, name))
        return true;
    if (!grow(&p->names, p->nnames, &p->cap, sizeof *p->names))
        return false;
    p->names[p->nnames] = strdup(name);
    return p->names[p->nnames] && ++p->nnames;
}

static struct place *
place_of(struct look *l, int number, const char *path)
{
    struct places *out = l->out;
    struct place *p = places_find(out, number);
    struct stat st = {.st_ino = 0};

    if (p)
        return p;
    if (!grow(&out->items, out->n, &out->cap, sizeof *out->items))
        return NULL;
    (void)stat(path, &st); /* it may have gone: then no folder is like it */
    out->items[out->n] = (struct place){.number = number, .dev = st.st_dev, .ino = st.st_ino};
    return &out->items[out->n++];
}

/* A folder that may not be read any more, but is watched, since others could read it. */
static int
number_before(const struct look *l, const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return -1;
    for (size_t i = 0; i < l->before->n; i++) {
        const struct place *p = &l->before->items[i];
        if (p->number >= 0 && p->dev == st.st_dev && p->ino == st.st_ino)
            return p->number;
    }
    errno = EACCES;
    return -1;
}

/* @param name  What matters in it; NULL: all. */
static void
add_folder(struct look *l, const char *path, const char *name, uint32_t what)
{
    int number = inotify_add_watch(l->fd, path, what | IN_ONLYDIR | IN_MASK_ADD);

    if (number < 0 && errno == EACCES)
        number = number_before(l, path);
    if (number < 0) {
        fail_at(l, path, errno);
        return;
    }
    struct place *p = place_of(l, number, path);
    if (p && !name)
        p->is_whole = true;
    if (!p || (name && !add_name(p, name)))
        l->no_memory = true;
}

/* Ways ---------------------------------------------------------------------------------------- */

struct way {
    char at[PATH_MAX];   /* a folder without links below where the way began */
    char rest[PATH_MAX]; /* of the way from there */
    unsigned links;
};

/* false: too long, which is what reading the rules says. */
static bool
join(char *to, const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    bool slash = n && a[n - 1] != '/';

    if (n + slash + m >= PATH_MAX)
        return false;
    memmove(to + n + slash, b, m + 1);
    memmove(to, a, n);
    if (slash)
        to[n] = '/';
    return true;
}

/* The next name of the rest. false: there is none, or it is too long. */
static bool
take_name(char *rest, char *name)
{
    size_t skip = strspn(rest, "/"), n = strcspn(rest + skip, "/");

    if (!n || n > NAME_MAX)
        return false;
    memcpy(name, rest + skip, n);
    name[n] = '\0';
    memmove(rest, rest + skip + n, strlen(rest + skip + n) + 1);
    return true;
}

/* @param len  Of `at` without the link's own name. */
static bool
turn(struct way *w, size_t len)
{
    char target[PATH_MAX];
    ssize_t n = readlink(w->at, target, sizeof target - 1);

    if (n <= 0 || ++w->links > MAX_LINKS)
        return false;
    target[n] = '\0';
    w->at[len] = '\0';
    if (target[0] == '/')
        (void)join(w->at, "/", "");
    return join(w->rest, target, w->rest);
}

static bool
take_step(struct look *l, struct way *w)
{
    char name[NAME_MAX + 1];
    size_t len = strlen(w->at);
    struct stat st;

    if (!take_name(w->rest, name))
        return false;
    if (strcmp(name, ".") == 0)
        return true;
    if (strcmp(name, "..") == 0)
        return join(w->at, w->at, name);
    add_folder(l, w->at, name, w->rest[strspn(w->rest, "/")] ? COMINGS : CHANGES);
    if (!join(w->at, w->at, name))
        return false;
    if (lstat(w->at, &st) != 0) {
        mix(l, (uint64_t)errno);
        fail_at(l, w->at, errno);
        return false;
    }
    mix_identity(l, &st);
    if (S_ISDIR(st.st_mode))
        return true;
    mix_content(l, &st);
    return S_ISLNK(st.st_mode) && turn(w, len);
}

/* Watch each folder on the way to a path, `from` a folder that is watched, if it is not absolute.
 */
static void
follow(struct look *l, const char *from, const char *path)
{
    struct way w = {.links = 0};

    if (join(w.at, path[0] == '/' ? "/" : from, "") && join(w.rest, path, ""))
        while (take_step(l, &w))
            continue;
}

/* What is read ------------------------------------------------------------------------------- */

struct naming {
    struct look *look;
    char folder[PATH_MAX]; /* of the rule file that names */
};

static void
on_list(void *arg, const char *list)
{
    const struct naming *n = arg;

    follow(n->look, n->folder, list);
}

/* false: too long. */
static bool
folder_of(const char *path, char *out)
{
    const char *slash = strrchr(path, '/');
    size_t n = slash == path ? 1 : slash ? (size_t)(slash - path) : 0;

    if (n >= PATH_MAX)
        return false;
    memcpy(out, path, n);
    out[n] = '\0';
    return n || join(out, ".", "");
}

static void
add_lists(struct look *l, const char *rule_file)
{
    struct naming n = {.look = l};

    if (folder_of(rule_file, n.folder) && !watch_lists_of(rule_file, on_list, &n))
        l->no_memory = true;
}

static void
follow_link(struct look *l, const char *path)
{
    char folder[PATH_MAX], byte;

    if (readlink(path, &byte, 1) > 0 && folder_of(path, folder))
        follow(l, folder, strrchr(path, '/') + 1);
}

/* The compiler reads nothing whose name begins with a dot, unless it was given, or is led to. */
static void
add_entry(struct look *l, FTS *tree, FTSENT *e)
{
    bool is_root = e->fts_level == FTS_ROOTLEVEL;

    if (e->fts_info == FTS_DP)
        return;
    if (!is_root && e->fts_name[0] == '.') {
        (void)fts_set(tree, e, FTS_SKIP);
        return;
    }
    if (!is_root)
        follow_link(l, e->fts_path);
    if (e->fts_info == FTS_D)
        add_folder(l, e->fts_path, NULL, CHANGES);
    if (e->fts_info == FTS_F && watch_is_rule_file(e->fts_name))
        add_lists(l, e->fts_path);
    if (e->fts_info == FTS_D || e->fts_info == FTS_F) {
        mix_identity(l, e->fts_statp);
        mix_content(l, e->fts_statp);
    }
    if (e->fts_info == FTS_DNR || e->fts_info == FTS_ERR || e->fts_info == FTS_NS)
        fail_at(l, e->fts_path, e->fts_errno);
}

static void
add_tree(struct look *l, const char *path)
{
    char *roots[] = {(char *)(uintptr_t)path, NULL}; /* fts takes no const and changes nothing */
    FTS *tree = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, NULL);
    FTSENT *e;

    while (tree && (e = fts_read(tree)))
        add_entry(l, tree, e);
    if (errno == ENOMEM)
        l->no_memory = true;
    else if (errno)
        fail_at(l, path, errno);
    if (tree)
        (void)fts_close(tree);
}

bool
places_look(int fd, const char *const *paths, size_t n, const struct places *before,
            struct places *out)
{
    struct look l = {.fd = fd, .before = before, .out = out};
    struct stat st;

    *out = (struct places){.items = NULL};
    for (size_t i = 0; i < n; i++) {
        follow(&l, ".", paths[i]);
        if (stat(paths[i], &st) != 0)
            continue; /* the folders on the way to it are watched */
        if (S_ISDIR(st.st_mode))
            add_tree(&l, paths[i]);
        else
            add_lists(&l, paths[i]);
    }
    return !l.no_memory;
}

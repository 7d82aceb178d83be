/*
 * Two lists, and each of the one compared with each of the other: a run may read thousands of
 * files, but writes a handful.
 */
#include "cli/touched.h"

#include "cli/identity.h"
#include "cli/ui.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char touched_compiled[] = "a compiled rule set";

struct touch {
    char *path;
    const char *why; /* `as` or `by` */
    struct identity id;
    bool is_folder;   /* of feeds, or of a journal */
    bool is_compiled; /* it is a compiled rule set that is written */
};

struct touches {
    struct touch *v;
    size_t n, cap;
};

struct touched {
    struct touches reads, writes;
};

static char *
copy(const char *text)
{
    char *p = strdup(text);

    if (!p)
        ui_no_memory();
    return p;
}

struct touched *
touched_new(void)
{
    return ui_alloc(1, sizeof(struct touched));
}

static void
free_touches(struct touches *t)
{
    for (size_t i = 0; i < t->n; i++) {
        free(t->v[i].path);
        identity_fini(&t->v[i].id);
    }
    free(t->v);
}

void
touched_free(struct touched *t)
{
    if (!t)
        return;
    free_touches(&t->reads);
    free_touches(&t->writes);
    free(t);
}

/* Taking down -----------------------------------------------------------------------------------
 */

static struct touch *
add(struct touches *to, const char *path, const char *why, struct identity id)
{
    if (to->n == to->cap) {
        to->cap = to->cap ? to->cap * 2 : 16;
        to->v = ui_grow(to->v, to->cap, sizeof *to->v);
    }
    to->v[to->n] = (struct touch){.path = copy(path), .why = why, .id = id};
    return &to->v[to->n++];
}

void
touched_read(struct touched *t, const char *path, const char *as)
{
    (void)add(&t->reads, path, as, identity_of(path, STDIN_FILENO, false));
}

void
touched_read_in(struct touched *t, const char *folder, const char *as)
{
    DIR *d = opendir(folder);
    const struct dirent *e;
    struct stat st;

    while (d && (e = readdir(d)))
        if (fstatat(dirfd(d), e->d_name, &st, 0) == 0 && S_ISREG(st.st_mode))
            (void)add(&t->reads, folder, as, identity_there(&st));
    if (d)
        (void)closedir(d);
}

void
touched_read_feeds(struct touched *t, const char *folder)
{
    struct stat st;

    if (strcmp(folder, "-") != 0 && stat(folder, &st) == 0 && S_ISDIR(st.st_mode))
        add(&t->reads, folder, "feeds", identity_there(&st))->is_folder = true;
}

void
touched_write(struct touched *t, const char *path, const char *by)
{
    bool is_stdout = strcmp(path, "-") == 0;

    for (size_t i = 0; i < t->writes.n && is_stdout; i++) /* several may say so */
        if (strcmp(t->writes.v[i].path, path) == 0)
            return;
    (void)add(&t->writes, path, by, identity_of(path, STDOUT_FILENO, true));
}

void
touched_write_compiled(struct touched *t, const char *path, const char *by)
{
    add(&t->writes, path, by, identity_of(path, -1, true))->is_compiled = true;
}

void
touched_write_beside(struct touched *t, const char *path, const char *suffix, const char *by)
{
    char *beside = ui_alloc(strlen(path) + strlen(suffix) + 1, 1);

    (void)strcat(strcpy(beside, path), suffix);
    touched_write(t, beside, by);
    free(beside);
}

void
touched_write_journal(struct touched *t, const char *folder)
{
    char *path = copy(folder);
    size_t n = strlen(path);

    while (n > 1 && path[n - 1] == '/')
        path[--n] = '\0';
    add(&t->writes, path, "--journal", identity_of(path, -1, true))->is_folder = true;
    free(path);
}

/* Comparing -------------------------------------------------------------------------------------
 */

/* `--out x`, `standard output` */
static void
put_name(const struct touch *w, weir_buf *out)
{
    if (strcmp(w->path, "-") == 0)
        weir_buf_puts(out, "standard output");
    else
        weir_buf_printf(out, "%s %s", w->why, w->path);
}

static int
refuse(weir_buf *said)
{
    weir_buf_putc(said, '\0');
    if (said->failed)
        ui_no_memory();
    ui_say("%s", said->p);
    weir_buf_fini(said);
    return EXIT_IO;
}

static int
refuse_read(const struct touch *w, const struct touch *r)
{
    weir_buf said = {0};

    put_name(w, &said);
    weir_buf_printf(&said, ": the run reads this file, as %s", r->why);
    if (strcmp(r->path, w->path) != 0)
        weir_buf_printf(&said, " (%s)", strcmp(r->path, "-") == 0 ? "standard input" : r->path);
    weir_buf_puts(&said, "; write to another one");
    return refuse(&said);
}

/* A segment that is read. */
static int
refuse_segment(const struct touch *journal, const char *name, const struct touch *r)
{
    weir_buf said = {0};

    weir_buf_printf(&said,
                    "--journal %s: the run reads a file of this journal, %s, as %s; name another "
                    "folder",
                    journal->path, name, r->why);
    return refuse(&said);
}

static int
refuse_write(const struct touch *a, const struct touch *b)
{
    weir_buf said = {0};

    put_name(a, &said);
    weir_buf_puts(&said, " and ");
    put_name(b, &said);
    weir_buf_puts(&said, " are the same: each needs a place of its own");
    return refuse(&said);
}

static int
refuse_in_journal(const struct touch *w, const struct touch *journal)
{
    weir_buf said = {0};

    put_name(w, &said);
    weir_buf_printf(&said,
                    ": it is in %s, the journal's folder, which belongs to the journal "
                    "alone; write to another one",
                    journal->path);
    return refuse(&said);
}

static int
compare_files(const struct touched *t, const struct touch *w, size_t others)
{
    for (size_t i = 0; i < t->reads.n; i++) {
        const struct touch *r = &t->reads.v[i];

        if (!r->is_folder && !(w->is_compiled && r->why == touched_compiled) &&
            identity_same(&w->id, &r->id))
            return refuse_read(w, r);
    }
    for (size_t i = 0; i < others; i++)
        if (identity_same(&w->id, &t->writes.v[i].id))
            return refuse_write(&t->writes.v[i], w);
    return EXIT_DONE;
}

static bool
is_in(const char *path, const struct identity *folder)
{
    char in[PATH_MAX + 2];

    if (strcmp(path, "-") == 0 || strlen(path) >= PATH_MAX)
        return false;
    identity_folder(path, in);
    struct identity id = identity_of(in, -1, true);
    bool is = identity_same(&id, folder);
    identity_fini(&id);
    return is;
}

static bool
ends_in(const char *name, const char *suffix)
{
    size_t n = strlen(name), m = strlen(suffix);

    return n >= m && strcmp(name + n - m, suffix) == 0;
}

/* A file of the journal that is there already: a segment may not be read, and none be written to.
 */
static int
compare_entry(const struct touched *t, const struct touch *journal, const char *name,
              const struct identity *id)
{
    for (size_t i = 0; i < t->reads.n && ends_in(name, ".ndjson"); i++)
        if (!t->reads.v[i].is_folder && identity_same(&t->reads.v[i].id, id))
            return refuse_segment(journal, name, &t->reads.v[i]);
    for (size_t i = 0; i < t->writes.n; i++)
        if (!t->writes.v[i].is_folder && identity_same(&t->writes.v[i].id, id))
            return refuse_in_journal(&t->writes.v[i], journal);
    return EXIT_DONE;
}

static int
compare_entries(const struct touched *t, const struct touch *journal)
{
    DIR *d = opendir(journal->path);
    const struct dirent *e;
    int rc = EXIT_DONE;
    struct stat st;

    while (d && rc == EXIT_DONE && (e = readdir(d)))
        if (fstatat(dirfd(d), e->d_name, &st, 0) == 0 && S_ISREG(st.st_mode)) {
            struct identity id = identity_there(&st);

            rc = compare_entry(t, journal, e->d_name, &id);
        }
    if (d)
        (void)closedir(d);
    return rc;
}

/* From the folder up to the root, by what `..` is in each, so that links cannot mislead. */
static const struct touch *
feeds_above(const struct touched *t, const char *folder)
{
    char at[PATH_MAX + 2];
    struct stat st, above;

    if (strlen(folder) >= PATH_MAX)
        return NULL;
    (void)strcpy(at, folder);
    if (stat(at, &st) < 0) {
        identity_folder(folder, at);
        if (stat(at, &st) < 0)
            return NULL;
    }
    for (;;) {
        struct identity id = identity_there(&st);

        for (size_t i = 0; i < t->reads.n; i++)
            if (t->reads.v[i].is_folder && identity_same(&t->reads.v[i].id, &id))
                return &t->reads.v[i];
        if (strlen(at) + sizeof "/.." > sizeof at || stat(strcat(at, "/.."), &above) < 0 ||
            (above.st_dev == st.st_dev && above.st_ino == st.st_ino))
            return NULL;
        st = above;
    }
}

static int
compare_journal(const struct touched *t, const struct touch *journal)
{
    const struct touch *feeds = feeds_above(t, journal->path);
    weir_buf said = {0};

    if (feeds) {
        weir_buf_printf(&said,
                        "--journal %s: it would be among the feeds (%s), and be read as one; name "
                        "a folder that is elsewhere",
                        journal->path, feeds->path);
        return refuse(&said);
    }
    for (size_t i = 0; i < t->writes.n; i++)
        if (!t->writes.v[i].is_folder && is_in(t->writes.v[i].path, &journal->id))
            return refuse_in_journal(&t->writes.v[i], journal);
    return compare_entries(t, journal);
}

int
touched_check(const struct touched *t)
{
    int rc = EXIT_DONE;

    for (size_t i = 0; i < t->writes.n && rc == EXIT_DONE; i++) {
        const struct touch *w = &t->writes.v[i];

        rc = compare_files(t, w, i);
        if (rc == EXIT_DONE && w->is_folder)
            rc = compare_journal(t, w);
    }
    return rc;
}

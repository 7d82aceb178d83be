/*
 * Paths to trees: which files a rule set is made of, their bytes, and their places for messages.
 */
#include "compile/load.h"

#include "compile/yaml.h"
#include "text/fold.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_RULE_FILE ((size_t)64 << 20) /* bytes: beyond that entries belong in list files */

struct names {
    const char **items;
    size_t n, cap;
};

static bool
fail_file(const char *path, const char *why, weir_diags *diags)
{
    weir__diag_add(diags, WEIR_ERROR, &(struct weir__place){.file = path}, "%s", why);
    return false;
}

static bool
read_bytes(struct arena *work, int fd, size_t size, weir_span *out)
{
    char *p = arena_alloc(work, size + 1);
    size_t got = 0;

    while (got < size) {
        ssize_t n = read(fd, p + got, size - got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        if (n == 0)
            break; /* it shrank meanwhile: what is there is what there is */
        got += (size_t)n;
    }
    *out = (weir_span){p, got};
    return true;
}

bool
weir__read_file(struct arena *work, const char *path, size_t max, weir_span *out, const char **why)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    *why = NULL;
    if (fd < 0 || fstat(fd, &st) != 0)
        *why = arena_printf(work, "cannot be read: %s", strerror(errno));
    else if (S_ISDIR(st.st_mode))
        *why = "is a folder, where a file is expected";
    else if (!S_ISREG(st.st_mode))
        *why = "is no ordinary file";
    else if ((size_t)st.st_size > max)
        *why = arena_printf(work, "is larger than %zu MiB", max >> 20);
    if (!*why) {
        /* an arena that jumps must not take the descriptor with it */
        jmp_buf *outer = work->on_oom, here;
        work->on_oom = &here;
        if (setjmp(here) != 0) {
            (void)close(fd);
            work->on_oom = outer;
            longjmp(*outer, 1);
        }
        if (!read_bytes(work, fd, (size_t)st.st_size, out))
            *why = arena_printf(work, "cannot be read: %s", strerror(errno));
        work->on_oom = outer;
    }
    if (fd >= 0)
        (void)close(fd);
    return *why == NULL;
}

struct source_file *
weir__add_file(struct arena *work, struct forest *f, const char *path, weir_span text)
{
    struct source_file *file = arena_alloc(work, sizeof *file);

    file->path = path;
    file->text = text;
    file->index = (uint32_t)f->nfiles;
    *ARENA_PUSH(work, f->files, f->nfiles, f->files_cap) = file;
    return file;
}

bool
weir__check_text(const struct source_file *file, weir_diags *diags)
{
    size_t bad = 0;
    bool nul = memchr(file->text.p, '\0', file->text.len) != NULL;

    if (weir__is_utf8(file->text, &bad) && !nul)
        return true;
    if (nul)
        bad = span_find(file->text, '\0');
    struct weir__place at = {.file = file->path, .line = 1, .column = 1, .width = 1};
    size_t from = 0;
    for (size_t i = 0; i < bad; i++)
        if (file->text.p[i] == '\n') {
            at.line++;
            from = i + 1;
        }
    at.column += weir__span_width((weir_span){file->text.p + from, bad - from});
    weir__diag_add(diags, WEIR_ERROR, &at, "%s",
                   nul ? "a NUL byte stands here: this is no text file"
                       : "this byte is no UTF-8: save the file as UTF-8");
    return false;
}

/* A file that is there twice, under whatever name, would define everything twice. */
static bool
is_new(const struct names *files, const char *path, weir_diags *diags)
{
    struct stat a, b;

    if (stat(path, &a) != 0)
        return true; /* reading it says why */
    for (size_t i = 0; i < files->n; i++)
        if (stat(files->items[i], &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino) {
            weir__diag_add(diags, WEIR_ERROR, &(struct weir__place){.file = path},
                           "given twice: it is the same file as %s", files->items[i]);
            return false;
        }
    return true;
}

static int
compare_paths(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool
is_rule_file(weir_span name)
{
    return name.len > 5 && span_is(span_skip(name, name.len - 5), ".yaml");
}

/* Meant for a rule file, and named otherwise. */
static bool
is_misnamed(weir_span name)
{
    static const char *const ends[] = {".yaml", ".yml", ".yaml.txt", ".yml.txt"};

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t n = strlen(ends[i]);
        if (name.len > n && weir__span_eq_nocase(span_skip(name, name.len - n), span_of(ends[i])))
            return !is_rule_file(name);
    }
    return false;
}

/* Paths of files below a folder, malloc'd, so that no jump can lose the walk. */
struct walked {
    char **paths;
    size_t n, cap;
};

/* What a folder holds. */
struct found {
    struct walked rules, misnamed;
};

static bool
add_walked(struct walked *w, const char *path)
{
    if (w->n == w->cap) {
        size_t cap = w->cap ? w->cap * 2 : 16;
        char **more = realloc(w->paths, cap * sizeof *more);
        if (!more)
            return false;
        w->paths = more;
        w->cap = cap;
    }
    if ((w->paths[w->n] = strdup(path)) == NULL)
        return false;
    w->n++;
    return true;
}

/* false: out of memory. */
static bool
add_entry(struct found *found, const FTSENT *e)
{
    weir_span name = {e->fts_name, e->fts_namelen};

    if ((e->fts_info != FTS_F && e->fts_info != FTS_SL) || name.p[0] == '.')
        return true;
    if (is_rule_file(name))
        return add_walked(&found->rules, e->fts_path);
    return !is_misnamed(name) || add_walked(&found->misnamed, e->fts_path);
}

/* false: out of memory. */
static bool
walk_folder(const char *folder, struct found *found)
{
    char *roots[] = {(char *)(uintptr_t)folder, NULL}; /* fts takes no const and changes nothing */
    FTS *walk = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, NULL);
    bool ok = walk != NULL || errno != ENOMEM;

    for (FTSENT *e; ok && walk && (e = fts_read(walk)) != NULL;)
        ok = add_entry(found, e);
    if (walk)
        (void)fts_close(walk);
    return ok;
}

/* Enters the paths; false when memory ran out, so that the caller can free them and jump on. */
static bool
add_found(struct arena *work, char *const *found, size_t n, struct names *files, weir_diags *diags)
{
    jmp_buf *outer = work->on_oom, here;
    bool ok = setjmp(here) == 0;

    work->on_oom = ok ? &here : outer;
    for (size_t i = 0; ok && i < n; i++) {
        const char *path = arena_cstr(work, span_of(found[i]));
        if (is_new(files, path, diags))
            *ARENA_PUSH(work, files->items, files->n, files->cap) = path;
    }
    work->on_oom = outer;
    return ok;
}

/* One prefix: their order is that of the paths relative to the folder. */
static void
sort_walked(struct walked *w)
{
    if (w->n)
        qsort(w->paths, w->n, sizeof *w->paths, compare_paths);
}

static void
free_walked(struct walked *w)
{
    for (size_t i = 0; i < w->n; i++)
        free(w->paths[i]);
    free(w->paths);
}

static void
warn_of_misnamed(const struct walked *w, weir_diags *diags)
{
    for (size_t i = 0; i < w->n; i++)
        weir__diag_add(diags, WEIR_WARNING, &(struct weir__place){.file = w->paths[i]},
                       "this file is not read: rule files in a folder end in .yaml; rename it");
}

static bool
add_folder(struct arena *work, const char *folder, struct names *files, weir_diags *diags)
{
    struct found found = {.rules.n = 0};
    bool ok = walk_folder(folder, &found);

    sort_walked(&found.rules);
    sort_walked(&found.misnamed);
    ok = ok && add_found(work, found.rules.paths, found.rules.n, files, diags);
    if (ok)
        warn_of_misnamed(&found.misnamed, diags);
    free_walked(&found.rules);
    free_walked(&found.misnamed);
    if (!ok)
        longjmp(*work->on_oom, 1);
    if (found.rules.n)
        return true;
    return fail_file(folder,
                     found.misnamed.n ? "the folder has no rule files (*.yaml) in it, only files "
                                        "whose names end otherwise: rename them"
                                      : "the folder has no rule files (*.yaml) in it",
                     diags);
}

static bool
add_path(struct arena *work, const char *path, struct names *files, weir_diags *diags)
{
    struct stat st;

    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        weir_span s = span_of(path);
        while (s.len > 1 && s.p[s.len - 1] == '/')
            s.len--;
        return add_folder(work, arena_cstr(work, s), files, diags);
    }
    if (is_new(files, path, diags))
        *ARENA_PUSH(work, files->items, files->n, files->cap) = arena_cstr(work, span_of(path));
    return true;
}

static bool
read_tree(struct arena *work, const char *path, struct forest *f, struct tree *out,
          weir_diags *diags)
{
    weir_span text;
    const char *why;

    if (!weir__read_file(work, path, MAX_RULE_FILE, &text, &why))
        return fail_file(path, why, diags);
    struct source_file *file = weir__add_file(work, f, path, span_without_bom(text));
    out->file = file;
    if (weir__check_text(file, diags) && !weir__refuse_list(file, diags))
        out->top = weir__yaml_read(work, file, diags);
    return true;
}

weir_status
weir__load(struct arena *work, const char *const *paths, size_t npaths, struct forest *out,
           weir_diags *diags)
{
    struct names files = {0};
    bool readable = true;

    CHECK(work->on_oom != NULL);
    *out = (struct forest){0};
    for (size_t i = 0; i < npaths; i++)
        readable &= add_path(work, paths[i], &files, diags);
    out->trees = arena_array(work, files.n, sizeof *out->trees);
    for (size_t i = 0; i < files.n; i++)
        if (read_tree(work, files.items[i], out, &out->trees[out->ntrees], diags))
            out->ntrees++;
        else
            readable = false;
    if (!readable)
        return WEIR_E_IO;
    return weir_diags_errors(diags) ? WEIR_E_RULES : WEIR_OK;
}

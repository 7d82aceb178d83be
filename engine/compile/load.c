/*
 * Paths to trees: which files a rule set is made of, their bytes, and their places for messages.
 */
#include "compile/load.h"

#include "compile/bundle.h"
#include "compile/yaml.h"
#include "text/fold.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_RULE_FILE ((size_t)64 << 20) /* bytes: beyond that entries belong in list files */

/* A rule file on its way in. */
struct rule_file {
    const char *path;                  /* as messages name it */
    const char *name;                  /* as source_file has it */
    const char *disk;                  /* what it is read from */
    const struct weir_ruleset *within; /* `disk` is this compiled rule set; NULL: it is the file */
    uint32_t number;                   /* among the sources of that */
};

struct rule_files {
    struct rule_file *items;
    size_t n, cap;
};

/* The paths given, and what they lead to. */
struct gathering {
    struct arena *work;
    struct weir__naming naming;
    struct rule_files files;
    struct forest *forest;
    weir_diags *diags;
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

static void
find_lines(struct arena *work, struct source_file *file)
{
    weir_span text = file->text;
    size_t *lines, n = 1;

    for (size_t i = 0; i < text.len; i++)
        n += text.p[i] == '\n';
    lines = arena_array(work, n, sizeof *lines);
    lines[0] = 0;
    for (size_t i = 0, line = 1; line < n; i++)
        if (text.p[i] == '\n')
            lines[line++] = i + 1;
    file->lines = lines;
    file->nlines = n;
}

struct source_file *
weir__add_file(struct arena *work, struct forest *f, const char *path, weir_span text)
{
    struct source_file *file = arena_alloc(work, sizeof *file);

    file->path = path;
    file->text = text;
    find_lines(work, file);
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
is_new(const struct gathering *g, const char *path)
{
    const struct rule_files *files = &g->files;
    struct stat a, b;

    if (stat(path, &a) != 0)
        return true; /* reading it says why */
    for (size_t i = 0; i < files->n; i++)
        if (stat(files->items[i].disk, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino) {
            weir__diag_add(g->diags, WEIR_ERROR, &(struct weir__place){.file = path},
                           "given twice: it is the same file as %s", files->items[i].disk);
            return false;
        }
    return true;
}

/* A file that stands at `rest` below the i-th of what was given. */
static void
add_file(struct gathering *g, size_t i, const char *path, const char *rest)
{
    if (is_new(g, path))
        *ARENA_PUSH(g->work, g->files.items, g->files.n, g->files.cap) = (struct rule_file){
            .path = path, .name = weir__naming_of(g->work, &g->naming, i, rest), .disk = path};
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

/* Meant for a rule file, and named otherwise; or a compiled rule set. */
static bool
is_misnamed(weir_span name)
{
    static const char *const ends[] = {".yaml", ".yml", ".yaml.txt", ".yml.txt", ".tws"};

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
    weir_diags *diags;
    bool unreadable; /* some of it, as `diags` says */
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

/* What cannot be looked into may hold rules, without which less is withheld than was meant. */
static bool
is_unreadable(const FTSENT *e)
{
    return e->fts_info == FTS_DNR || e->fts_info == FTS_NS || e->fts_info == FTS_ERR;
}

static void
tell_unreadable(struct found *found, const FTSENT *e)
{
    found->unreadable = true;
    weir__diag_add(found->diags, WEIR_ERROR, &(struct weir__place){.file = e->fts_path},
                   "cannot be read: %s%s",
                   e->fts_info == FTS_SLNONE ? "a link to a file that is not there"
                                             : strerror(e->fts_errno),
                   e->fts_errno == EACCES ? ": let the user who runs tagweir read and enter the "
                                            "folder, or take it out of the rules"
                                          : "");
}

/* false: out of memory. */
static bool
add_entry(struct found *found, const FTSENT *e)
{
    if (is_unreadable(e)) {
        tell_unreadable(found, e);
        return true;
    }
    weir_span name = {e->fts_name, e->fts_namelen};

    if (e->fts_info == FTS_SLNONE && is_rule_file(name)) {
        tell_unreadable(found, e);
        return true;
    }
    if (e->fts_info != FTS_F && e->fts_info != FTS_SL)
        return true;
    if (is_rule_file(name))
        return add_walked(&found->rules, e->fts_path);
    return !is_misnamed(name) || add_walked(&found->misnamed, e->fts_path);
}

/* The same return. */
static bool
end_early(struct found *found, const char *folder, int error)
{
    found->unreadable = true;
    weir__diag_add(found->diags, WEIR_ERROR, &(struct weir__place){.file = folder},
                   "cannot be read to its end: %s", strerror(error));
    return error != ENOMEM;
}

/* false: out of memory. */
static bool
walk_folder(const char *folder, struct found *found)
{
    char *roots[] = {(char *)(uintptr_t)folder, NULL}; /* fts takes no const and changes nothing */
    FTS *walk = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, NULL);
    bool ok = walk != NULL || errno != ENOMEM;

    errno = 0;
    for (FTSENT *e; ok && walk && (e = fts_read(walk)) != NULL; errno = 0)
        if (e->fts_level > FTS_ROOTLEVEL && e->fts_name[0] == '.')
            (void)fts_set(walk, e, FTS_SKIP); /* what tools keep, such as .git and ..data */
        else
            ok = add_entry(found, e);
    if (ok && walk && errno) /* it ended before its end */
        ok = end_early(found, folder, errno);
    if (walk)
        (void)fts_close(walk);
    return ok;
}

/* Enters the paths; false when memory ran out, so that the caller can free them and jump on. */
static bool
add_found(struct gathering *g, size_t given, size_t folder_len, char *const *found, size_t n)
{
    jmp_buf *outer = g->work->on_oom, here;
    bool ok = setjmp(here) == 0;

    g->work->on_oom = ok ? &here : outer;
    for (size_t i = 0; ok && i < n; i++) {
        const char *path = arena_cstr(g->work, span_of(found[i]));
        add_file(g, given, path, path + folder_len + 1);
    }
    g->work->on_oom = outer;
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
        weir__diag_add(
            diags, WEIR_WARNING, &(struct weir__place){.file = w->paths[i]},
            weir__bundle_is(w->paths[i])
                ? "this compiled rule set is not read in a folder: name it by itself"
                : "this file is not read: rule files in a folder end in .yaml; rename it");
}

static bool
add_folder(struct gathering *g, size_t given, const char *folder)
{
    struct found found = {.diags = g->diags};
    size_t len = strlen(folder);
    bool ok = walk_folder(folder, &found);

    sort_walked(&found.rules);
    sort_walked(&found.misnamed);
    ok = ok && add_found(g, given, len && folder[len - 1] == '/' ? len - 1 : len, found.rules.paths,
                         found.rules.n);
    if (ok)
        warn_of_misnamed(&found.misnamed, g->diags);
    free_walked(&found.rules);
    free_walked(&found.misnamed);
    if (!ok)
        longjmp(*g->work->on_oom, 1);
    if (found.unreadable)
        return false;
    if (found.rules.n)
        return true;
    return fail_file(folder,
                     found.misnamed.n ? "the folder has no rule files (*.yaml) in it, only files "
                                        "that are not read there"
                                      : "the folder has no rule files (*.yaml) in it",
                     g->diags);
}

/* The rule files that a compiled rule set was made of. false: it cannot be read. */
static bool
add_bundle(struct gathering *g, size_t given, const char *path)
{
    struct forest *f = g->forest;
    bool alone = g->naming.n == 1;

    if (!is_new(g, path))
        return true;
    struct weir__bundle *b = ARENA_PUSH(g->work, f->bundles, f->nbundles, f->bundles_cap);
    weir__tell_file(&f->hook, path, WEIR_FILE_COMPILED);
    weir_status st = weir__bundle_open(path, b, g->diags);
    if (st == WEIR_E_NOMEM)
        longjmp(*g->work->on_oom, 1);
    if (st != WEIR_OK)
        return st != WEIR_E_IO;
    if (!alone)
        weir__diag_add(g->diags, WEIR_WARNING, &(struct weir__place){.file = path},
                       "a compiled rule set loads at once only where it is given alone: its "
                       "sources are compiled again, with the others (`tagweir compile` makes one "
                       "of all)");
    for (uint32_t i = 0; i < b->rules->nfiles; i++) {
        const struct weir__source *s = &b->rules->sources[i];
        if (s->of != WEIR_NONE)
            continue;
        *ARENA_PUSH(g->work, g->files.items, g->files.n, g->files.cap) = (struct rule_file){
            .path = alone ? s->name.p : arena_printf(g->work, "%s/%s", path, s->name.p),
            .name = weir__naming_of(g->work, &g->naming, given, s->name.p),
            .disk = path,
            .within = b->rules,
            .number = i};
    }
    return true;
}

static bool
add_path(struct gathering *g, size_t given, const char *path)
{
    const char *slash = strrchr(path, '/');
    struct stat st;

    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        weir_span s = span_of(path);
        while (s.len > 1 && s.p[s.len - 1] == '/')
            s.len--;
        return add_folder(g, given, arena_cstr(g->work, s));
    }
    if (weir__bundle_is(path))
        return add_bundle(g, given, path);
    add_file(g, given, arena_cstr(g->work, span_of(path)), slash ? slash + 1 : path);
    return true;
}

static bool
read_tree(struct arena *work, const struct rule_file *rules, struct forest *f, struct tree *out,
          weir_diags *diags)
{
    weir_span text;
    const char *why;

    if (!rules->within)
        weir__tell_file(&f->hook, rules->path, WEIR_FILE_RULES);
    if (rules->within)
        text = rules->within->sources[rules->number].text;
    else if (!weir__read_file(work, rules->path, MAX_RULE_FILE, &text, &why))
        return fail_file(rules->path, why, diags);
    struct source_file *file = weir__add_file(work, f, rules->path, span_without_bom(text));
    file->name = rules->name;
    file->within = rules->within;
    file->number = rules->number;
    out->file = file;
    if (weir__check_text(file, diags) && !weir__refuse_list(file, diags))
        out->top = weir__yaml_read(work, file, diags);
    return true;
}

weir_status
weir__load(struct arena *work, const char *const *paths, size_t npaths, struct forest *out,
           weir_diags *diags)
{
    struct gathering g = {.work = work, .forest = out, .diags = diags};
    bool readable = true;

    CHECK(work->on_oom != NULL);
    *out = (struct forest){.hook = out->hook};
    weir__naming_init(work, paths, npaths, &g.naming);
    for (size_t i = 0; i < npaths; i++)
        readable &= add_path(&g, i, paths[i]);
    out->trees = arena_array(work, g.files.n, sizeof *out->trees);
    for (size_t i = 0; i < g.files.n; i++)
        if (read_tree(work, &g.files.items[i], out, &out->trees[out->ntrees], diags))
            out->ntrees++;
        else
            readable = false;
    if (!readable)
        return WEIR_E_IO;
    return weir_diags_errors(diags) ? WEIR_E_RULES : WEIR_OK;
}

void
weir__forest_fini(struct forest *f)
{
    for (size_t i = 0; i < f->nbundles; i++)
        weir__bundle_close(&f->bundles[i]);
    *f = (struct forest){0};
}

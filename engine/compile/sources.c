/*
 * Sources: what files are called in a compiled rule set, wherever it is compiled, and how they are
 * kept in it.
 */
#include "compile/bundle.h"
#include "compile/compiling.h"
#include "compile/load.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

static const char *
without_slashes(struct arena *work, const char *path)
{
    weir_span s = span_of(path);

    while (s.len && s.p[s.len - 1] == '/')
        s.len--;
    return arena_cstr(work, s);
}

/* The folder without symbolic links; as it is where that cannot be told, which reading will say. */
static const char *
real_folder(struct arena *work, const char *folder)
{
    char real[PATH_MAX];

    return without_slashes(work, realpath(*folder ? folder : "/", real) ? real : folder);
}

/* A compiled rule set is taken for a folder that has its sources in it. */
static const char *
folder_of(struct arena *work, const char *path)
{
    const char *slash = strrchr(path, '/');
    struct stat st;

    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return real_folder(work, path);
    const char *folder =
        real_folder(work, slash ? arena_printf(work, "%.*s", (int)(slash - path), path) : ".");
    if (!weir__bundle_is(path))
        return folder;
    return arena_printf(work, "%s/%s", folder, slash ? slash + 1 : path);
}

/* Bytes that both paths have in common, in whole parts. */
static size_t
common_folder(const char *a, const char *b)
{
    size_t n = 0;

    while (a[n] && a[n] == b[n])
        n++;
    if ((a[n] == '\0' || a[n] == '/') && (b[n] == '\0' || b[n] == '/'))
        return n;
    while (n > 0 && a[n] != '/')
        n--;
    return n;
}

void
weir__naming_init(struct arena *work, const char *const *paths, size_t npaths,
                  struct weir__naming *out)
{
    *out = (struct weir__naming){.folders = arena_array(work, npaths, sizeof *out->folders),
                                 .n = npaths};
    for (size_t i = 0; i < npaths; i++) {
        out->folders[i] = folder_of(work, paths[i]);
        size_t common = common_folder(out->folders[0], out->folders[i]);
        if (i == 0 || common < out->common)
            out->common = common;
    }
}

const char *
weir__naming_of(struct arena *work, const struct weir__naming *n, size_t i, const char *rest)
{
    const char *below = n->folders[i] + n->common;

    while (*below == '/')
        below++;
    return *below ? arena_printf(work, "%s/%s", below, rest) : arena_cstr(work, span_of(rest));
}

bool
weir__find_list(const struct weir_ruleset *rs, uint32_t rule_file, const char *as, weir_span *text)
{
    for (uint32_t i = 0; i < rs->nfiles; i++) {
        const struct weir__source *s = &rs->sources[i];
        if (s->of == rule_file && span_is(s->as, as)) {
            *text = s->text;
            return true;
        }
    }
    return false;
}

/* The same text of another file, which then is kept once: several rule files may name one list. */
static const struct weir__source *
find_same(const struct weir__source *sources, uint32_t n, weir_span text)
{
    for (uint32_t i = 0; i < n; i++)
        if (span_eq(sources[i].text, text))
            return &sources[i];
    return NULL;
}

void
weir__keep_sources(struct compiling *c)
{
    uint32_t n = c->rs->nfiles;
    struct weir__source *sources = arena_array(c->into, n, sizeof *sources);

    for (uint32_t i = 0; i < n; i++) {
        const struct source_file *f = c->forest.files[i];
        const struct weir__source *same = find_same(sources, i, f->text);
        sources[i] = (struct weir__source){
            .name = arena_copy(c->into, span_of(f->name)),
            .text = same ? same->text : arena_copy(c->into, f->text),
            .of = f->of ? f->of->index : WEIR_NONE,
            .as = f->as ? arena_copy(c->into, span_of(f->as)) : SPAN_NONE,
        };
    }
    c->rs->sources = sources;
}
